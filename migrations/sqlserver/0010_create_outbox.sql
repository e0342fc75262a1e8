-- What is to be told to the world outside: written in one transaction with what it tells of, sent afterwards.
CREATE TABLE dbo.outbox (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    -- It stays the same over all attempts, and is what a receiver can tell a repetition by.
    id              UNIQUEIDENTIFIER NOT NULL,
    -- How it goes, such as 'mail', and what it is, such as 'verify_email'.
    channel         NVARCHAR(20)     NOT NULL,
    topic           NVARCHAR(64)     NOT NULL,
    -- Whom it concerns. Without a reference: a message may be the last thing that is left of an account.
    user_id         UNIQUEIDENTIFIER NULL,
    recipient       NVARCHAR(400)    NOT NULL,
    language        NVARCHAR(35)     NOT NULL,
    -- What it says, encrypted, and which secret's key did it. Both go when the message has been sent.
    kid             NVARCHAR(64)     NULL,
    parameters      VARBINARY(MAX)   NULL,
    created_at      DATETIME2(3)     NOT NULL,
    -- When it has lost its worth, if ever.
    expires_at      DATETIME2(3)     NULL,
    -- From when on an instance may take it. Whoever takes it moves this to the end of the lease, so that another takes
    -- it up should that instance die. Null once it was sent or given up.
    next_attempt_at DATETIME2(3)     NULL,
    attempts        BIGINT           NOT NULL CONSTRAINT df_outbox_attempts DEFAULT 0,
    -- Who has it now: a new id for each time that somebody takes some.
    lease_id        UNIQUEIDENTIFIER NULL,
    sent_at         DATETIME2(3)     NULL,
    dead_at         DATETIME2(3)     NULL,
    last_error      NVARCHAR(500)    NULL,
    -- From when on the row may go.
    purge_at        DATETIME2(3)     NULL,
    CONSTRAINT pk_outbox PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_outbox_id UNIQUE NONCLUSTERED (id)
);

CREATE INDEX ix_outbox_next_attempt_at ON dbo.outbox (channel, next_attempt_at);
CREATE INDEX ix_outbox_dead_at ON dbo.outbox (channel, dead_at);
CREATE INDEX ix_outbox_purge_at ON dbo.outbox (purge_at);

-- As in 0008: all who insert meet at the end of this key.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_outbox ON dbo.outbox SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

-- One form for all spellings of a mailbox (NFC, lower case, the domain as A-labels), which no SQL can make: instances fill
-- it in at their start, and later for what instances of earlier versions add. Those write and compare email_key alone.
ALTER TABLE dbo.users ADD email_canonical NVARCHAR(400) COLLATE Latin1_General_BIN2 NULL;

-- Of those that are filled in, since to SQL Server two empty values are equal. Online, where the edition can, as in 0006.
DECLARE @canonical_index NVARCHAR(400) = N'CREATE UNIQUE INDEX uq_users_email_canonical ON dbo.users (email_canonical)'
    + N' WHERE email_canonical IS NOT NULL'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@canonical_index);

-- Accounts whose address is another spelling of one that another account has. A person has to decide about them.
CREATE TABLE dbo.address_collisions (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    user_id         UNIQUEIDENTIFIER NOT NULL,
    email_canonical NVARCHAR(400)    COLLATE Latin1_General_BIN2 NOT NULL,
    found_at        DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_address_collisions PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_address_collisions_user_id UNIQUE NONCLUSTERED (user_id),
    CONSTRAINT fk_address_collisions_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

-- What is left to be forgiven of wrong guesses, by what was guessed at and by whom.
CREATE TABLE dbo.guesses (
    seq        BIGINT        NOT NULL IDENTITY (1, 1),
    -- SHA-256 over the purpose and the account, address or device.
    guess_key  VARBINARY(32) NOT NULL,
    -- When the last of them is forgiven.
    owed_until DATETIME2(3)  NOT NULL,
    failed_at  DATETIME2(3)  NOT NULL,
    CONSTRAINT pk_guesses PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_guesses_guess_key UNIQUE NONCLUSTERED (guess_key)
);

CREATE INDEX ix_guesses_owed_until ON dbo.guesses (owed_until);

IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
    EXEC (N'ALTER INDEX pk_guesses ON dbo.guesses SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');

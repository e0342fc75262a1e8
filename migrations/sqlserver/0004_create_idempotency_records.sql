-- What makes a request repeatable: kept in one transaction with the request's effect.
CREATE TABLE dbo.idempotency_records (
    seq        BIGINT         NOT NULL IDENTITY (1, 1),
    -- SHA-256 over who asks, method, path and key.
    scope      VARBINARY(32)  NOT NULL,
    -- Which secret's keys made the next two.
    kid        NVARCHAR(64)   NOT NULL,
    body_hash  VARBINARY(32)  NOT NULL,
    answer     VARBINARY(MAX) NOT NULL,
    created_at DATETIME2(3)   NOT NULL,
    expires_at DATETIME2(3)   NOT NULL,
    CONSTRAINT pk_idempotency_records PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_idempotency_records_scope UNIQUE NONCLUSTERED (scope)
);

CREATE INDEX ix_idempotency_records_expires_at ON dbo.idempotency_records (expires_at);

-- Every table is clustered on a number that only grows: SQL Server orders UNIQUEIDENTIFIER by its last six bytes, so
-- that clustering on a UUIDv7 would scatter every insert. Times are in UTC, in whole milliseconds.
CREATE TABLE dbo.users (
    seq           BIGINT           NOT NULL IDENTITY (1, 1),
    id            UNIQUEIDENTIFIER NOT NULL,
    email         NVARCHAR(254)    NOT NULL,
    -- The address in lower case: what makes it unique. Compared bit by bit, whatever the database's collation is.
    email_key     NVARCHAR(254)    COLLATE Latin1_General_BIN2 NOT NULL,
    full_name     NVARCHAR(400)    NOT NULL,
    role          NVARCHAR(20)     NOT NULL,
    password_hash NVARCHAR(255)    NOT NULL,
    created_at    DATETIME2(3)     NOT NULL,
    updated_at    DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_users_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_users_email_key UNIQUE NONCLUSTERED (email_key),
    CONSTRAINT ck_users_role CHECK (role IN (N'user', N'admin'))
);

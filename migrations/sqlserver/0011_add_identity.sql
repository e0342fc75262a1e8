-- What a person may change about the account, and what its state is. Instances of earlier versions leave all of it empty.
-- Adding the columns touches no row where the edition allows (Enterprise, Developer, Azure SQL).
ALTER TABLE dbo.users ADD email_verified_at DATETIME2(3) NULL;
-- A BCP 47 tag; empty where the person has chosen none.
ALTER TABLE dbo.users ADD language NVARCHAR(35) NULL;
ALTER TABLE dbo.users ADD theme NVARCHAR(10) NOT NULL CONSTRAINT df_users_theme DEFAULT N'system';
-- Since when nobody may log in.
ALTER TABLE dbo.users ADD suspended_at DATETIME2(3) NULL;
-- When the grace ends and the account is deleted; empty for an account that stays.
ALTER TABLE dbo.users ADD closing_at DATETIME2(3) NULL;
-- The name in lower case: what a search by prefix compares, bit by bit. The purge fills it in for the rows that are
-- there and for those of instances of earlier versions, a few at a time.
ALTER TABLE dbo.users ADD name_key NVARCHAR(400) COLLATE Latin1_General_BIN2 NULL;

-- By their names in texts, and online, where the edition can, as in 0006.
DECLARE @identity_online NVARCHAR(40) =
    CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
DECLARE @name_index NVARCHAR(400) = N'CREATE INDEX ix_users_name_key ON dbo.users (name_key)' + @identity_online;
EXEC (@name_index);
DECLARE @closing_index NVARCHAR(400) = N'CREATE INDEX ix_users_closing_at ON dbo.users (closing_at)' + @identity_online;
EXEC (@closing_index);

-- What is mailed to a person to prove that they read the mail: six digits, and the token of a link. Good for one use.
CREATE TABLE dbo.one_time_codes (
    seq           BIGINT           NOT NULL IDENTITY (1, 1),
    id            UNIQUEIDENTIFIER NOT NULL,
    user_id       UNIQUEIDENTIFIER NOT NULL,
    purpose       NVARCHAR(20)     NOT NULL,
    -- The address that it was sent to.
    email         NVARCHAR(254)    NOT NULL,
    -- Which secret's key made code_hash: six digits are guessed from a hash without a key.
    kid           NVARCHAR(64)     NOT NULL,
    -- Empty where the mail has no digits.
    code_hash     VARBINARY(32)    NULL,
    -- SHA-256 of the link's token, which is long and random.
    token_hash    VARBINARY(32)    NOT NULL,
    created_at    DATETIME2(3)     NOT NULL,
    expires_at    DATETIME2(3)     NOT NULL,
    -- How often other digits were given.
    attempts      INT              NOT NULL CONSTRAINT df_one_time_codes_attempts DEFAULT 0,
    used_at       DATETIME2(3)     NULL,
    -- When a newer one took its place.
    superseded_at DATETIME2(3)     NULL,
    CONSTRAINT pk_one_time_codes PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_one_time_codes_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_one_time_codes_token_hash UNIQUE NONCLUSTERED (token_hash),
    CONSTRAINT fk_one_time_codes_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE,
    CONSTRAINT ck_one_time_codes_purpose CHECK (purpose IN (N'verify_email', N'change_email', N'reset_password'))
);

CREATE INDEX ix_one_time_codes_user_id ON dbo.one_time_codes (user_id, purpose, created_at);
CREATE INDEX ix_one_time_codes_expires_at ON dbo.one_time_codes (expires_at);

-- These grow at their end, as in 0008: accounts close in the order in which they were closed.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX ix_users_closing_at ON dbo.users SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_one_time_codes ON dbo.one_time_codes SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_one_time_codes_expires_at ON dbo.one_time_codes SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

-- What the log-in of a session was finished with: password, totp, recovery_code, oidc, passkey. Empty in sessions of instances
-- of earlier versions. Adding it touches no row.
ALTER TABLE dbo.sessions ADD method NVARCHAR(20) NULL;

-- Keys in people's authenticators that open their accounts (WebAuthn).
CREATE TABLE dbo.passkeys (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    id              UNIQUEIDENTIFIER NOT NULL,
    user_id         UNIQUEIDENTIFIER NOT NULL,
    -- SHA-256 of the credential's id, which may have 1023 bytes.
    credential_hash VARBINARY(32)    NOT NULL,
    -- The public key and what else it takes to verify a signature, as JSON.
    credential      NVARCHAR(MAX)    NOT NULL,
    name            NVARCHAR(60)     NOT NULL,
    -- How often it was used. A use counts at the number that it saw, so that of two at once one looks again.
    uses            BIGINT           NOT NULL CONSTRAINT df_passkeys_uses DEFAULT 0,
    created_at      DATETIME2(3)     NOT NULL,
    last_used_at    DATETIME2(3)     NULL,
    -- When its signature counter went backwards: there may be a copy of it, and it opens nothing any more.
    disabled_at     DATETIME2(3)     NULL,
    CONSTRAINT pk_passkeys PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_passkeys_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_passkeys_credential_hash UNIQUE NONCLUSTERED (credential_hash),
    CONSTRAINT fk_passkeys_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_passkeys_user_id ON dbo.passkeys (user_id);

-- Challenges that were answered. Those that wait for an answer are in no table: the client has them, encrypted.
CREATE TABLE dbo.passkey_challenges (
    seq            BIGINT        NOT NULL IDENTITY (1, 1),
    -- SHA-256 of the challenge.
    challenge_hash VARBINARY(32) NOT NULL,
    expires_at     DATETIME2(3)  NOT NULL,
    CONSTRAINT pk_passkey_challenges PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_passkey_challenges_challenge_hash UNIQUE NONCLUSTERED (challenge_hash)
);

CREATE INDEX ix_passkey_challenges_expires_at ON dbo.passkey_challenges (expires_at);

-- These grow at their end only, as those of 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_passkeys ON dbo.passkeys SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_passkey_challenges ON dbo.passkey_challenges SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_passkey_challenges_expires_at ON dbo.passkey_challenges SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

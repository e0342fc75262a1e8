-- When the person of a session last proved to be the one, and how surely (aal1, aal2: NIST SP 800-63B). Empty in sessions of
-- instances of earlier versions: then it was when the session began, by the password alone. Adding them touches no row.
ALTER TABLE dbo.sessions ADD authenticated_at DATETIME2(3) NULL;
ALTER TABLE dbo.sessions ADD acr NVARCHAR(10) NULL;

-- Authenticator apps (RFC 6238): of each person one whose codes are accepted, and one that has not given a code yet.
CREATE TABLE dbo.totp_factors (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    id           UNIQUEIDENTIFIER NOT NULL,
    user_id      UNIQUEIDENTIFIER NOT NULL,
    -- Which secret's key sealed secret.
    kid          NVARCHAR(64)     COLLATE Latin1_General_BIN2 NOT NULL,
    secret       VARBINARY(256)   NOT NULL,
    is_confirmed BIT              NOT NULL CONSTRAINT df_totp_factors_is_confirmed DEFAULT 0,
    created_at   DATETIME2(3)     NOT NULL,
    confirmed_at DATETIME2(3)     NULL,
    -- The time step of the last code that was accepted.
    last_step    BIGINT           NOT NULL CONSTRAINT df_totp_factors_last_step DEFAULT 0,
    CONSTRAINT pk_totp_factors PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_totp_factors_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_totp_factors_user_id UNIQUE NONCLUSTERED (user_id, is_confirmed),
    CONSTRAINT fk_totp_factors_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_totp_factors_kid ON dbo.totp_factors (kid);

-- What is left when the authenticator app is lost. Each is good for one use.
CREATE TABLE dbo.recovery_codes (
    seq        BIGINT           NOT NULL IDENTITY (1, 1),
    -- SHA-256 of the code, which is long and random.
    code_hash  VARBINARY(32)    NOT NULL,
    user_id    UNIQUEIDENTIFIER NOT NULL,
    created_at DATETIME2(3)     NOT NULL,
    used_at    DATETIME2(3)     NULL,
    CONSTRAINT pk_recovery_codes PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_recovery_codes_code_hash UNIQUE NONCLUSTERED (code_hash),
    CONSTRAINT fk_recovery_codes_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_recovery_codes_user_id ON dbo.recovery_codes (user_id);

-- Devices where the password alone logs in, for a while. Which device it is, its signed token says.
CREATE TABLE dbo.remembered_devices (
    seq        BIGINT           NOT NULL IDENTITY (1, 1),
    user_id    UNIQUEIDENTIFIER NOT NULL,
    device_id  UNIQUEIDENTIFIER NOT NULL,
    created_at DATETIME2(3)     NOT NULL,
    expires_at DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_remembered_devices PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_remembered_devices_user_id UNIQUE NONCLUSTERED (user_id, device_id),
    CONSTRAINT fk_remembered_devices_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_remembered_devices_expires_at ON dbo.remembered_devices (expires_at);

-- These grow at their end, as in 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_totp_factors ON dbo.totp_factors SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_recovery_codes ON dbo.recovery_codes SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_remembered_devices ON dbo.remembered_devices SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_remembered_devices_expires_at ON dbo.remembered_devices SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

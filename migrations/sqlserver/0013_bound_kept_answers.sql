-- Whose record it is, as a keyed hash: by this, live records are counted. Empty where nobody counts them. Adding it
-- touches no row.
ALTER TABLE dbo.idempotency_records ADD asker VARBINARY(16) NULL;

-- Online, where the edition can, as in 0006.
DECLARE @asker_index NVARCHAR(400) =
    N'CREATE INDEX ix_idempotency_records_asker ON dbo.idempotency_records (asker, expires_at)'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@asker_index);

-- The onboarding's version that made the step what it is. Empty where an instance of an earlier version saved it.
ALTER TABLE dbo.onboarding_steps ADD version BIGINT NULL;

-- What steps were before they were changed, for as long as answers are kept: a kept answer names the version of the
-- onboarding that it told, and is made anew from this.
CREATE TABLE dbo.onboarding_step_versions (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    user_id      UNIQUEIDENTIFIER NOT NULL,
    step         NVARCHAR(32)     NOT NULL,
    version      BIGINT           NOT NULL,
    status       NVARCHAR(20)     NOT NULL,
    data         NVARCHAR(MAX)    NOT NULL,
    completed_at DATETIME2(3)     NULL,
    expires_at   DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_onboarding_step_versions PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_onboarding_step_versions_user_id_step_version UNIQUE NONCLUSTERED (user_id, step, version),
    CONSTRAINT fk_onboarding_step_versions_onboarding FOREIGN KEY (user_id)
        REFERENCES dbo.onboarding (user_id) ON DELETE CASCADE
);

CREATE INDEX ix_onboarding_step_versions_expires_at ON dbo.onboarding_step_versions (expires_at);

-- These grow at their end only, as those of 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_onboarding_step_versions ON dbo.onboarding_step_versions SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_onboarding_step_versions_expires_at ON dbo.onboarding_step_versions SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

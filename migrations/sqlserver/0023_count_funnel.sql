-- Whose onboarding was changed since the last count. Online, where the edition can, as in 0006.
DECLARE @updated_index NVARCHAR(400) = N'CREATE INDEX ix_onboarding_updated_at ON dbo.onboarding (updated_at)'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@updated_index);

-- One row: how many counts there were, and up to when whatever was changed is counted.
CREATE TABLE dbo.funnel_state (
    id         TINYINT      NOT NULL,
    counts     BIGINT       NOT NULL,
    counted_to DATETIME2(3) NOT NULL,
    CONSTRAINT pk_funnel_state PRIMARY KEY CLUSTERED (id)
);
INSERT INTO dbo.funnel_state (id, counts, counted_to) VALUES (1, 0, '1970-01-01T00:00:00');

-- What each person is counted as, so that it can be taken out of the sums again. Without a reference: whoever is gone has
-- to be taken out, too.
CREATE TABLE dbo.funnel_people (
    seq     BIGINT           NOT NULL IDENTITY (1, 1),
    user_id UNIQUEIDENTIFIER NOT NULL,
    -- The version of the onboarding that was counted.
    version BIGINT           NOT NULL,
    counted VARBINARY(MAX)   NOT NULL,
    -- When the person has to be counted anew although nothing has changed: they will be stuck. Empty where time changes nothing.
    due_at  DATETIME2(3)     NULL,
    CONSTRAINT pk_funnel_people PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_funnel_people_user_id UNIQUE NONCLUSTERED (user_id)
);

CREATE INDEX ix_funnel_people_due_at ON dbo.funnel_people (due_at);

-- Whose account is gone and has to be taken out of the sums.
CREATE TABLE dbo.funnel_gone (
    seq     BIGINT           NOT NULL IDENTITY (1, 1),
    user_id UNIQUEIDENTIFIER NOT NULL,
    CONSTRAINT pk_funnel_gone PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_funnel_gone_user_id UNIQUE NONCLUSTERED (user_id)
);

-- The sums: for each group of people, the whole (step '') and each step.
CREATE TABLE dbo.funnel_cells (
    dimension   NVARCHAR(20)   COLLATE Latin1_General_BIN2 NOT NULL,
    value       NVARCHAR(100)  COLLATE Latin1_General_BIN2 NOT NULL,
    step        NVARCHAR(64)   COLLATE Latin1_General_BIN2 NOT NULL,
    reached     BIGINT         NOT NULL,
    completed   BIGINT         NOT NULL,
    skipped     BIGINT         NOT NULL,
    in_progress BIGINT         NOT NULL,
    stuck       BIGINT         NOT NULL,
    -- How many took how long.
    times       VARBINARY(MAX) NOT NULL,
    CONSTRAINT pk_funnel_cells PRIMARY KEY CLUSTERED (dimension, value, step)
);

-- These grow at their end, as in 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX ix_onboarding_updated_at ON dbo.onboarding SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_funnel_people ON dbo.funnel_people SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

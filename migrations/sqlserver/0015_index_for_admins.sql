-- What admins look for among all accounts. The row's number, which the tables are clustered on, ends each index, so that
-- it gives the order, too. Online, where the edition can, as in 0006.
DECLARE @admin_online NVARCHAR(40) =
    CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
DECLARE @by_role NVARCHAR(400) = N'CREATE INDEX ix_users_role ON dbo.users (role)' + @admin_online;
DECLARE @by_verified NVARCHAR(400) =
    N'CREATE INDEX ix_users_email_verified_at ON dbo.users (email_verified_at)' + @admin_online;
DECLARE @by_suspended NVARCHAR(400) =
    N'CREATE INDEX ix_users_suspended_at ON dbo.users (suspended_at)' + @admin_online;
DECLARE @by_completed NVARCHAR(400) =
    N'CREATE INDEX ix_onboarding_completed_at ON dbo.onboarding (completed_at)' + @admin_online;
EXEC (@by_role);
EXEC (@by_verified);
EXEC (@by_suspended);
EXEC (@by_completed);

-- How many accounts have which status in which step is counted in this index alone.
DECLARE @by_status NVARCHAR(400) =
    N'CREATE INDEX ix_onboarding_steps_step_status ON dbo.onboarding_steps (step, status)' + @admin_online;
EXEC (@by_status);

-- Changes that could take the last admin away come one after the other: each changes this row first, and so sees what
-- the one before it has done.
CREATE TABLE dbo.admin_changes (
    id      TINYINT NOT NULL,
    changes BIGINT  NOT NULL,
    CONSTRAINT pk_admin_changes PRIMARY KEY CLUSTERED (id)
);
INSERT INTO dbo.admin_changes (id, changes) VALUES (1, 0);

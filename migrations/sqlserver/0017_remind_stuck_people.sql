-- When the onboarding was completed for the first time: it stays when the onboarding is reopened. Empty as long as an
-- instance of an earlier version alone has completed it; completed_at says it then. Adding the columns touches no row.
ALTER TABLE dbo.onboarding ADD activated_at DATETIME2(3) NULL;
-- The number of the last reminder that was written, and when; empty where none was.
ALTER TABLE dbo.onboarding ADD reminded BIGINT NULL;
ALTER TABLE dbo.onboarding ADD reminded_at DATETIME2(3) NULL;
-- Since when the person wants no reminders; empty where they may come.
ALTER TABLE dbo.users ADD reminders_off_at DATETIME2(3) NULL;

-- Who may have to be reminded: open onboardings by how often they were, and by their last change. Online, where the
-- edition can, as in 0006.
DECLARE @reminders_online NVARCHAR(40) =
    CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
DECLARE @reminded_index NVARCHAR(400) = N'CREATE INDEX ix_onboarding_reminded ON dbo.onboarding (reminded, updated_at)'
    + N' WHERE completed_at IS NULL' + @reminders_online;
EXEC (@reminded_index);

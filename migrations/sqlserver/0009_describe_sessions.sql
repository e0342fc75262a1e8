-- What the person is shown of a session: who used it last, as far as that is known. Empty where an instance of an earlier
-- version made it. Adding these touches no row.
ALTER TABLE dbo.sessions ADD user_agent NVARCHAR(255) NULL;
ALTER TABLE dbo.sessions ADD address NVARCHAR(45) NULL;

-- Which secret's key derived the token that replaced this one; empty where an instance of an earlier version drew it at
-- random.
ALTER TABLE dbo.refresh_tokens ADD successor_kid NVARCHAR(64) NULL;

-- Every instance asks every few seconds which sessions were ended lately. Online, where the edition can, as in 0006.
DECLARE @revoked_index NVARCHAR(400) = N'CREATE INDEX ix_sessions_revoked_at ON dbo.sessions (revoked_at, id)'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@revoked_index);

-- It grows at its end only, as those of 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
    EXEC (N'ALTER INDEX ix_sessions_revoked_at ON dbo.sessions SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');

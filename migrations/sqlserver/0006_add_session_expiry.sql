-- When the session's last refresh token expires: what sessions are purged by. It is empty where an instance of an
-- earlier version made the session; the purge fills it in. Adding it touches no row.
ALTER TABLE dbo.sessions ADD expires_at DATETIME2(3) NULL;

-- By its name in a text: a batch is compiled before its first statement runs. Online, where the edition can
-- (3: Enterprise and Developer, 5 and 8: Azure SQL), so that instances go on writing.
DECLARE @sessions_index NVARCHAR(400) = N'CREATE INDEX ix_sessions_expires_at ON dbo.sessions (expires_at)'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@sessions_index);

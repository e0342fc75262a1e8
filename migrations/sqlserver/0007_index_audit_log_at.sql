-- Old rows are found by their time. Online, where the edition can, as in 0006.
DECLARE @audit_index NVARCHAR(400) = N'CREATE INDEX ix_audit_log_at ON dbo.audit_log (at)'
    + CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
EXEC (@audit_index);

-- These indexes grow at their end only, so that all who insert meet on one page. SQL Server 2019 and Azure SQL let them
-- pass one after the other at full speed where that is asked for; older servers do not know the option, nor the column
-- that tells of it. The statements are texts, since an older server refuses a whole batch for a word it does not know.
-- Tables are in the order in which transactions lock them, so that nobody waits in a circle.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_idempotency_records ON dbo.idempotency_records SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_idempotency_records_expires_at ON dbo.idempotency_records SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_users ON dbo.users SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_onboarding ON dbo.onboarding SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_onboarding_steps ON dbo.onboarding_steps SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_sessions ON dbo.sessions SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_sessions_expires_at ON dbo.sessions SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_refresh_tokens ON dbo.refresh_tokens SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_refresh_tokens_expires_at ON dbo.refresh_tokens SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_audit_log ON dbo.audit_log SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_audit_log_at ON dbo.audit_log SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

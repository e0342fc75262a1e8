-- Who did it (empty for the person themself, all zeros for whoever has the command line), why, in their own words, and
-- from which IP address. Adding them touches no row.
ALTER TABLE dbo.audit_log ADD actor_id UNIQUEIDENTIFIER NULL;
ALTER TABLE dbo.audit_log ADD reason NVARCHAR(500) NULL;
ALTER TABLE dbo.audit_log ADD address NVARCHAR(45) NULL;

-- The log is read from its newest row on: all of it, of one person, of one actor, of one kind. The row's number, which
-- the table is clustered on, ends each index, so that it gives the order, too. The first one is there already
-- (ix_audit_log_at). Online, where the edition can, as in 0006.
DECLARE @online NVARCHAR(40) =
    CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
DECLARE @by_user NVARCHAR(400) = N'CREATE INDEX ix_audit_log_user_id_at ON dbo.audit_log (user_id, at)' + @online;
DECLARE @by_actor NVARCHAR(400) = N'CREATE INDEX ix_audit_log_actor_id_at ON dbo.audit_log (actor_id, at)' + @online;
DECLARE @by_action NVARCHAR(400) = N'CREATE INDEX ix_audit_log_action_at ON dbo.audit_log (action, at)' + @online;
EXEC (@by_user);
EXEC (@by_actor);
EXEC (@by_action);

-- Nothing but the log itself has read by it.
DROP INDEX ix_audit_log_user_id ON dbo.audit_log;

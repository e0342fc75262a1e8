-- The names are padded with blanks. Those that end in "/sec" count from the server's start.
SELECT c.metric, c.label AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, CAST(p.cntr_value AS FLOAT) * c.factor AS value
FROM (VALUES
    (N'Locks', N'Number of Deadlocks/sec', N'_Total', N'db_server_deadlocks_total', NULL, 1),
    (N'Locks', N'Lock Timeouts (timeout > 0)/sec', N'_Total', N'db_server_lock_timeouts_total', NULL, 1),
    (N'SQL Statistics', N'Batch Requests/sec', N'', N'db_server_batches_total', NULL, 1),
    (N'SQL Statistics', N'SQL Compilations/sec', N'', N'db_server_compilations_total', NULL, 1),
    (N'Databases', N'Transactions/sec', DB_NAME(), N'db_server_transactions_total', NULL, 1),
    (N'General Statistics', N'User Connections', N'', N'db_server_connections', NULL, 1),
    (N'Buffer Manager', N'Page life expectancy', N'', N'db_server_page_life_expectancy_seconds', NULL, 1),
    (N'Memory Manager', N'Total Server Memory (KB)', N'', N'db_server_memory_bytes', N'total', 1024),
    (N'Memory Manager', N'Target Server Memory (KB)', N'', N'db_server_memory_bytes', N'target', 1024),
    (N'Memory Manager', N'Memory Grants Pending', N'', N'db_server_memory_grants_pending', NULL, 1)
) c (object, counter, instance, metric, label, factor)
JOIN sys.dm_os_performance_counters p
    ON RTRIM(p.counter_name) COLLATE DATABASE_DEFAULT = c.counter
    AND RTRIM(p.instance_name) COLLATE DATABASE_DEFAULT = c.instance
    AND RTRIM(p.object_name) COLLATE DATABASE_DEFAULT LIKE N'%:' + c.object;

-- On the primary: every secondary of the availability group. Nothing where there is none.
SELECT v.metric, a.replica_server_name AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM sys.dm_hadr_database_replica_states r
JOIN sys.availability_replicas a ON a.replica_id = r.replica_id
JOIN sys.databases d ON d.group_database_id = r.group_database_id
CROSS APPLY (VALUES (N'db_server_replica_lag_seconds', CAST(r.secondary_lag_seconds AS FLOAT)),
                    (N'db_server_replica_send_queue_bytes', CAST(r.log_send_queue_size AS FLOAT) * 1024),
                    (N'db_server_replica_redo_queue_bytes', CAST(r.redo_queue_size AS FLOAT) * 1024),
                    (N'db_server_replica_healthy', CAST(CASE r.synchronization_health WHEN 2 THEN 1 ELSE 0 END AS FLOAT))) v (metric, value)
WHERE d.database_id = DB_ID() AND r.is_primary_replica = 0 AND v.value IS NOT NULL;

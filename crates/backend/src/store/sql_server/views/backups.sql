-- msdb keeps the server's local time, and its time zone of that day in quarters of an hour (127: not known). Log backups are only missed where there may be some.
SELECT N'db_server_last_backup_timestamp_seconds' AS metric, k.kind AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2,
       COALESCE(MAX(CAST(DATEDIFF_BIG(SECOND, '19700101', DATEADD(MINUTE, CASE WHEN b.time_zone BETWEEN -48 AND 56 THEN -15 * b.time_zone ELSE DATEDIFF(MINUTE, GETDATE(), GETUTCDATE()) END, b.backup_finish_date)) AS FLOAT)), 0) AS value
FROM (VALUES ('D', N'full'), ('L', N'log')) k (type, kind)
JOIN sys.databases d ON d.database_id = DB_ID() AND (k.type = 'D' OR d.recovery_model_desc <> N'SIMPLE')
LEFT JOIN msdb.dbo.backupset b
    ON b.database_name COLLATE DATABASE_DEFAULT = d.name COLLATE DATABASE_DEFAULT AND b.type COLLATE DATABASE_DEFAULT = k.type
GROUP BY k.kind;

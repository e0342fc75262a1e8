SELECT N'db_server_sessions' AS metric, LOWER(CAST(s.status AS NVARCHAR(60))) COLLATE DATABASE_DEFAULT AS label_1,
       CAST(NULL AS NVARCHAR(60)) AS label_2, CAST(COUNT(*) AS FLOAT) AS value
FROM sys.dm_exec_sessions s
WHERE s.is_user_process = 1
GROUP BY s.status;

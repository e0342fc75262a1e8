-- 0 is no limit of its own, so that the server's own holds.
SELECT N'db_server_sessions_limit' AS metric, CAST(NULL AS NVARCHAR(60)) AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2,
       CAST(CASE WHEN CAST(c.value_in_use AS INT) = 0 THEN @@MAX_CONNECTIONS ELSE CAST(c.value_in_use AS INT) END AS FLOAT) AS value
FROM sys.configurations c
WHERE c.name = N'user connections';

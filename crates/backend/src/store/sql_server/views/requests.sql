WITH requests AS (
    SELECT r.status, r.wait_type, r.wait_time, r.blocking_session_id
    FROM sys.dm_exec_requests r
    JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
    WHERE s.is_user_process = 1 AND r.session_id <> @@SPID
)
SELECT N'db_server_requests' AS metric, LOWER(CAST(r.status AS NVARCHAR(60))) COLLATE DATABASE_DEFAULT AS label_1,
       CAST(NULL AS NVARCHAR(60)) AS label_2, CAST(COUNT(*) AS FLOAT) AS value
FROM requests r
GROUP BY r.status
UNION ALL
SELECT N'db_server_requests_waiting', c.class, NULL, CAST(COUNT(*) AS FLOAT)
FROM requests w
CROSS APPLY (SELECT {wait_class} AS class) c
WHERE c.class IS NOT NULL
GROUP BY c.class
UNION ALL
SELECT N'db_server_requests_blocked', NULL, NULL, CAST(COUNT(*) AS FLOAT)
FROM requests r
WHERE r.blocking_session_id <> 0
UNION ALL
SELECT N'db_server_blocked_seconds', NULL, NULL, COALESCE(MAX(CAST(r.wait_time AS FLOAT)) / 1000, 0)
FROM requests r
WHERE r.blocking_session_id <> 0;

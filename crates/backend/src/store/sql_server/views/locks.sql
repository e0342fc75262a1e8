-- Without the lock that every session has on its database, and with zeros, so that there is always an answer.
SELECT N'db_server_locks' AS metric, l.mode AS label_1, l.status AS label_2, CAST(SUM(l.locks) AS FLOAT) AS value
FROM (SELECT CAST(request_mode AS NVARCHAR(60)) COLLATE DATABASE_DEFAULT AS mode, LOWER(CAST(request_status AS NVARCHAR(60))) COLLATE DATABASE_DEFAULT AS status,
             1 AS locks
      FROM sys.dm_tran_locks
      WHERE resource_database_id = DB_ID() AND resource_type <> N'DATABASE' AND request_session_id <> @@SPID
      UNION ALL SELECT N'X', N'grant', 0
      UNION ALL SELECT N'X', N'wait', 0) l
GROUP BY l.mode, l.status;

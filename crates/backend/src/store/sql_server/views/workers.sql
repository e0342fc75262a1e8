SELECT v.metric, CAST(NULL AS NVARCHAR(60)) AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM (SELECT SUM(s.current_workers_count) AS workers, SUM(s.work_queue_count) AS queue
      FROM sys.dm_os_schedulers s
      WHERE s.status = N'VISIBLE ONLINE') s
CROSS JOIN sys.dm_os_sys_info i
CROSS APPLY (VALUES (N'db_server_workers', CAST(s.workers AS FLOAT)),
                    (N'db_server_workers_limit', CAST(i.max_workers_count AS FLOAT)),
                    (N'db_server_work_queue', CAST(s.queue AS FLOAT))) v (metric, value);

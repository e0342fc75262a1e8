SELECT v.metric, t.class AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM (SELECT c.class, SUM(CAST(w.waiting_tasks_count AS FLOAT)) AS waits, SUM(CAST(w.wait_time_ms AS FLOAT)) / 1000 AS seconds
      FROM sys.dm_os_wait_stats w
      CROSS APPLY (SELECT {wait_class} AS class) c
      WHERE c.class IS NOT NULL
      GROUP BY c.class) t
CROSS APPLY (VALUES (N'db_server_waits_total', t.waits), (N'db_server_wait_seconds_total', t.seconds)) v (metric, value);

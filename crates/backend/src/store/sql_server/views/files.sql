-- Sizes are in pages of 8 KiB. Growth 0: it may not grow; limit -1: until the disk is full.
SELECT v.metric, f.kind AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM (SELECT d.kind, SUM(d.size) * 8192 AS bytes, SUM(d.used) * 8192 AS used,
             CASE WHEN COUNT(*) = COUNT(d.most) THEN SUM(d.most) * 8192 END AS most
      FROM (SELECT CASE type WHEN 1 THEN N'log' ELSE N'data' END AS kind, CAST(size AS FLOAT) AS size,
                   CAST(FILEPROPERTY(name, N'SpaceUsed') AS FLOAT) AS used,
                   CAST(CASE WHEN growth = 0 OR max_size = 0 THEN size WHEN max_size > 0 THEN max_size END AS FLOAT) AS most
            FROM sys.database_files
            WHERE type IN (0, 1)) d
      GROUP BY d.kind) f
CROSS APPLY (VALUES (N'db_server_file_bytes', f.bytes), (N'db_server_file_used_bytes', f.used),
                    (N'db_server_file_limit_bytes', f.most)) v (metric, value)
WHERE v.value IS NOT NULL;

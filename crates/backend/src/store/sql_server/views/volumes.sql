-- Each file tells of its volume, at its own moment: one row for each volume all the same.
SELECT v.metric, s.volume_mount_point AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM (SELECT s.volume_mount_point, MAX(s.total_bytes) AS total_bytes, MIN(s.available_bytes) AS available_bytes
      FROM sys.database_files f
      CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.file_id) s
      GROUP BY s.volume_mount_point) s
CROSS APPLY (VALUES (N'db_server_volume_bytes', CAST(s.total_bytes AS FLOAT)),
                    (N'db_server_volume_available_bytes', CAST(s.available_bytes AS FLOAT))) v (metric, value);

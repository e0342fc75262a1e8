SELECT N'db_server_info' AS metric, N'sql_server' AS label_1,
       CAST(SERVERPROPERTY(N'ProductVersion') AS NVARCHAR(128)) AS label_2, CAST(1 AS FLOAT) AS value;

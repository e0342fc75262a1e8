SELECT v.metric, CAST(NULL AS NVARCHAR(60)) AS label_1, CAST(NULL AS NVARCHAR(60)) AS label_2, v.value
FROM (SELECT CAST(COUNT(*) AS FLOAT) AS open_transactions,
             COALESCE(MAX(CAST(DATEDIFF(SECOND, a.transaction_begin_time, GETDATE()) AS FLOAT)), 0) AS oldest
      FROM sys.dm_tran_session_transactions t
      JOIN sys.dm_tran_active_transactions a ON a.transaction_id = t.transaction_id
      WHERE t.is_user_transaction = 1) t
CROSS APPLY (VALUES (N'db_server_open_transactions', t.open_transactions),
                    (N'db_server_oldest_transaction_seconds', t.oldest)) v (metric, value);

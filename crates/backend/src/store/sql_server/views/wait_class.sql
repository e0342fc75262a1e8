-- The wait categories of sys.query_store_wait_stats, as far as they cost a user time. Idle waits have none.
CASE
    WHEN w.wait_type LIKE N'LCK[_]M[_]%' THEN N'lock'
    WHEN w.wait_type LIKE N'PAGEIOLATCH[_]%' THEN N'buffer_io'
    WHEN w.wait_type LIKE N'PAGELATCH[_]%' THEN N'buffer_latch'
    WHEN w.wait_type LIKE N'LATCH[_]%' THEN N'latch'
    WHEN w.wait_type IN (N'WRITELOG', N'LOGBUFFER', N'LOGMGR', N'LOGMGR_RESERVE_APPEND', N'LOGMGR_FLUSH') THEN N'log_io'
    WHEN w.wait_type IN (N'ASYNC_IO_COMPLETION', N'IO_COMPLETION', N'WRITE_COMPLETION', N'BACKUPIO') THEN N'other_io'
    WHEN w.wait_type = N'SOS_SCHEDULER_YIELD' THEN N'cpu'
    WHEN w.wait_type = N'THREADPOOL' THEN N'worker_thread'
    WHEN w.wait_type IN (N'ASYNC_NETWORK_IO', N'NET_WAITFOR_PACKET') THEN N'network'
    WHEN w.wait_type IN (N'RESOURCE_SEMAPHORE', N'CMEMTHREAD', N'MEMORY_ALLOCATION_EXT') THEN N'memory'
    WHEN w.wait_type = N'RESOURCE_SEMAPHORE_QUERY_COMPILE' THEN N'compilation'
    WHEN w.wait_type IN (N'CXPACKET', N'CXCONSUMER', N'EXCHANGE') THEN N'parallelism'
    WHEN w.wait_type IN (N'HADR_SYNC_COMMIT', N'HADR_THROTTLE_LOG_RATE_GOVERNOR') THEN N'replication'
END

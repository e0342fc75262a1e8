-- A login without the permission sees its own session alone in the next view, and hears no error.
IF COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE'),
            HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE')) = 0
    THROW 50000, N'the login may not read it: GRANT VIEW SERVER PERFORMANCE STATE TO it (before SQL Server 2022: VIEW SERVER STATE)', 1;

-- What a person recognizes a remembered device by: when and from where it last logged in. Empty in rows of instances of
-- earlier versions: then it was last used when it was remembered. Adding them touches no row.
ALTER TABLE dbo.remembered_devices ADD last_used_at DATETIME2(3) NULL;
ALTER TABLE dbo.remembered_devices ADD user_agent NVARCHAR(255) NULL;
ALTER TABLE dbo.remembered_devices ADD address NVARCHAR(45) NULL;

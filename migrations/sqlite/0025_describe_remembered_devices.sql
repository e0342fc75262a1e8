-- What a person recognizes a remembered device by: when and from where it last logged in. Empty in rows of instances of
-- earlier versions: then it was last used when it was remembered.
ALTER TABLE remembered_devices ADD COLUMN last_used_at INTEGER;
ALTER TABLE remembered_devices ADD COLUMN user_agent TEXT;
ALTER TABLE remembered_devices ADD COLUMN address TEXT;

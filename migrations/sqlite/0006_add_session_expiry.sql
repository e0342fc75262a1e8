-- When the session's last refresh token expires: what sessions are purged by. It is empty where an instance of an
-- earlier version made the session; the purge fills it in.
ALTER TABLE sessions ADD COLUMN expires_at INTEGER;

CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

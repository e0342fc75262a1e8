-- What the person is shown of a session: who used it last, as far as that is known. Empty where an instance of an earlier
-- version made it.
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
ALTER TABLE sessions ADD COLUMN address TEXT;

-- Which secret's key derived the token that replaced this one; empty where an instance of an earlier version drew it at
-- random.
ALTER TABLE refresh_tokens ADD COLUMN successor_kid TEXT;

-- Every instance asks every few seconds which sessions were ended lately.
CREATE INDEX ix_sessions_revoked_at ON sessions (revoked_at, id) WHERE revoked_at IS NOT NULL;

-- When the person of a session last proved to be the one, and how surely (aal1, aal2: NIST SP 800-63B). Empty in sessions of
-- instances of earlier versions: then it was when the session began, by the password alone.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER;
ALTER TABLE sessions ADD COLUMN acr TEXT;

-- Authenticator apps (RFC 6238): of each person one whose codes are accepted, and one that has not given a code yet.
CREATE TABLE totp_factors (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Which secret's key sealed `secret`.
    kid          TEXT    NOT NULL,
    secret       BLOB    NOT NULL,
    is_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (is_confirmed IN (0, 1)),
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER,
    -- The time step of the last code that was accepted.
    last_step    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uq_totp_factors_user_id ON totp_factors (user_id, is_confirmed);
CREATE INDEX ix_totp_factors_kid ON totp_factors (kid);

-- What is left when the authenticator app is lost. Each is good for one use.
CREATE TABLE recovery_codes (
    -- SHA-256 of the code, which is long and random.
    code_hash  BLOB    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_recovery_codes_user_id ON recovery_codes (user_id);

-- Devices where the password alone logs in, for a while. Which device it is, its signed token says.
CREATE TABLE remembered_devices (
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_id  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_remembered_devices_expires_at ON remembered_devices (expires_at);

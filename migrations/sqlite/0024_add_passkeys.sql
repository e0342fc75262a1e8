-- What the log-in of a session was finished with: password, totp, recovery_code, oidc, passkey. Empty in sessions of instances
-- of earlier versions.
ALTER TABLE sessions ADD COLUMN method TEXT;

-- Keys in people's authenticators that open their accounts (WebAuthn).
CREATE TABLE passkeys (
    id              TEXT    NOT NULL PRIMARY KEY,
    user_id         TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the credential's id, which may have 1023 bytes.
    credential_hash BLOB    NOT NULL,
    -- The public key and what else it takes to verify a signature, as JSON.
    credential      TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    -- How often it was used. A use counts at the number that it saw, so that of two at once one looks again.
    uses            INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER,
    -- When its signature counter went backwards: there may be a copy of it, and it opens nothing any more.
    disabled_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uq_passkeys_credential_hash ON passkeys (credential_hash);
CREATE INDEX ix_passkeys_user_id ON passkeys (user_id);

-- Challenges that were answered. Those that wait for an answer are in no table: the client has them, encrypted.
CREATE TABLE passkey_challenges (
    -- SHA-256 of the challenge.
    challenge_hash BLOB    NOT NULL PRIMARY KEY,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_passkey_challenges_expires_at ON passkey_challenges (expires_at);

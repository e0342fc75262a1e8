-- A session is a family of refresh tokens; each use of one replaces it by a new one.
CREATE TABLE sessions (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token.
    hash        BLOB    NOT NULL PRIMARY KEY,
    session_id  TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- The token that this one replaced; kept without a reference, since the parent is purged first.
    parent      BLOB,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    replaced_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX ix_refresh_tokens_parent ON refresh_tokens (parent);
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);

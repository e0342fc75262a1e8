-- A session is a family of refresh tokens; each use of one replaces it by a new one.
CREATE TABLE dbo.sessions (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    id           UNIQUEIDENTIFIER NOT NULL,
    user_id      UNIQUEIDENTIFIER NOT NULL,
    version      BIGINT           NOT NULL,
    created_at   DATETIME2(3)     NOT NULL,
    last_used_at DATETIME2(3)     NOT NULL,
    revoked_at   DATETIME2(3)     NULL,
    CONSTRAINT pk_sessions PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_sessions_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT fk_sessions_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_user_id ON dbo.sessions (user_id);

CREATE TABLE dbo.refresh_tokens (
    seq         BIGINT           NOT NULL IDENTITY (1, 1),
    -- SHA-256 of the token.
    hash        VARBINARY(32)    NOT NULL,
    session_id  UNIQUEIDENTIFIER NOT NULL,
    -- The token that this one replaced; kept without a reference, since the parent is purged first.
    parent      VARBINARY(32)    NULL,
    issued_at   DATETIME2(3)     NOT NULL,
    expires_at  DATETIME2(3)     NOT NULL,
    replaced_at DATETIME2(3)     NULL,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_refresh_tokens_hash UNIQUE NONCLUSTERED (hash),
    CONSTRAINT fk_refresh_tokens_sessions FOREIGN KEY (session_id) REFERENCES dbo.sessions (id) ON DELETE CASCADE
);

CREATE INDEX ix_refresh_tokens_session_id ON dbo.refresh_tokens (session_id);
CREATE INDEX ix_refresh_tokens_parent ON dbo.refresh_tokens (parent);
CREATE INDEX ix_refresh_tokens_expires_at ON dbo.refresh_tokens (expires_at);

-- Who somebody is to an OpenID Connect provider: issuer and subject name a person for good, an address does not. Both are
-- compared bit by bit, as the standard wants.
CREATE TABLE dbo.oidc_identities (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    id           UNIQUEIDENTIFIER NOT NULL,
    user_id      UNIQUEIDENTIFIER NOT NULL,
    issuer       NVARCHAR(255)    COLLATE Latin1_General_BIN2 NOT NULL,
    subject      NVARCHAR(255)    COLLATE Latin1_General_BIN2 NOT NULL,
    -- The address that the provider told when the identity was linked; empty where it told none.
    email        NVARCHAR(254)    NULL,
    created_at   DATETIME2(3)     NOT NULL,
    last_used_at DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_oidc_identities PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_oidc_identities_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_oidc_identities_issuer_subject UNIQUE NONCLUSTERED (issuer, subject),
    CONSTRAINT fk_oidc_identities_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_oidc_identities_user_id ON dbo.oidc_identities (user_id);

-- Log-ins at a provider that have begun. Nonce and PKCE verifier are derived from the state, of which only the hash is
-- kept.
CREATE TABLE dbo.oidc_flows (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    -- SHA-256 of the state.
    state_hash   VARBINARY(32)    NOT NULL,
    -- Which secret's key derives nonce and verifier.
    kid          NVARCHAR(64)     NOT NULL,
    -- SHA-256 of the cookie that the browser was given.
    browser_hash VARBINARY(32)    NOT NULL,
    provider     NVARCHAR(32)     NOT NULL,
    -- Whose account the identity is for; empty for a log-in.
    user_id      UNIQUEIDENTIFIER NULL,
    created_at   DATETIME2(3)     NOT NULL,
    expires_at   DATETIME2(3)     NOT NULL,
    used_at      DATETIME2(3)     NULL,
    CONSTRAINT pk_oidc_flows PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_oidc_flows_state_hash UNIQUE NONCLUSTERED (state_hash),
    CONSTRAINT fk_oidc_flows_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_oidc_flows_expires_at ON dbo.oidc_flows (expires_at);
CREATE INDEX ix_oidc_flows_user_id ON dbo.oidc_flows (user_id);

-- These grow at their end only, as those of 0008.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_oidc_identities ON dbo.oidc_identities SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_oidc_flows ON dbo.oidc_flows SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_oidc_flows_expires_at ON dbo.oidc_flows SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

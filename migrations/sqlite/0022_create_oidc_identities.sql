-- Who somebody is to an OpenID Connect provider: issuer and subject name a person for good, an address does not.
CREATE TABLE oidc_identities (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    -- The address that the provider told when the identity was linked; empty where it told none.
    email        TEXT,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uq_oidc_identities_issuer_subject ON oidc_identities (issuer, subject);
CREATE INDEX ix_oidc_identities_user_id ON oidc_identities (user_id);

-- Log-ins at a provider that have begun. Nonce and PKCE verifier are derived from the state, of which only the hash is
-- kept.
CREATE TABLE oidc_flows (
    -- SHA-256 of the state.
    state_hash   BLOB    NOT NULL PRIMARY KEY,
    -- Which secret's key derives nonce and verifier.
    kid          TEXT    NOT NULL,
    -- SHA-256 of the cookie that the browser was given.
    browser_hash BLOB    NOT NULL,
    provider     TEXT    NOT NULL,
    -- Whose account the identity is for; empty for a log-in.
    user_id      TEXT    REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_oidc_flows_expires_at ON oidc_flows (expires_at);
CREATE INDEX ix_oidc_flows_user_id ON oidc_flows (user_id) WHERE user_id IS NOT NULL;

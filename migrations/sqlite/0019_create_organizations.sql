-- Organizations, their members, who is invited to them, and the mail domains that are their own.
CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    size       TEXT,
    website    TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A person belongs to one organization at most.
CREATE TABLE organization_members (
    user_id         TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role            TEXT    NOT NULL CHECK (role IN ('member', 'owner')),
    joined_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_organization_members_organization_id ON organization_members (organization_id, user_id);

CREATE TABLE invitations (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Nobody needs to have an account with it.
    email           TEXT    NOT NULL,
    email_canonical TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('member', 'owner')),
    -- Without a reference: an invitation may outlive the account of whoever made it.
    invited_by      TEXT    NOT NULL,
    -- SHA-256 of the link's token, which is long and random.
    token_hash      BLOB    NOT NULL,
    created_at      INTEGER NOT NULL,
    -- When its last mail was written, and how many there were.
    sent_at         INTEGER NOT NULL,
    sends           INTEGER NOT NULL DEFAULT 1,
    expires_at      INTEGER NOT NULL,
    accepted_at     INTEGER,
    accepted_by     TEXT,
    revoked_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uq_invitations_token_hash ON invitations (token_hash);
CREATE INDEX ix_invitations_organization_id ON invitations (organization_id, id);
CREATE INDEX ix_invitations_email_canonical ON invitations (email_canonical);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);

-- How many mails with invitations an organization, or a person, has sent in a window of time. Without references: whoever
-- dissolves an organization and founds another one goes on to count.
CREATE TABLE invitation_quotas (
    subject    TEXT    NOT NULL PRIMARY KEY,
    began_at   INTEGER NOT NULL,
    mails      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_invitation_quotas_began_at ON invitation_quotas (began_at);

-- Claimed by an owner with a verified address there, verified by an admin.
CREATE TABLE organization_domains (
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- As A-labels in lower case.
    domain          TEXT    NOT NULL,
    claimed_by      TEXT    NOT NULL,
    claimed_at      INTEGER NOT NULL,
    verified_at     INTEGER,
    PRIMARY KEY (organization_id, domain)
) STRICT, WITHOUT ROWID;

-- Many may claim a domain, and one has it.
CREATE UNIQUE INDEX uq_organization_domains_verified ON organization_domains (domain) WHERE verified_at IS NOT NULL;
CREATE INDEX ix_organization_domains_waiting ON organization_domains (claimed_at) WHERE verified_at IS NULL;

-- Organizations, their members, who is invited to them, and the mail domains that are their own.
CREATE TABLE dbo.organizations (
    seq        BIGINT           NOT NULL IDENTITY (1, 1),
    id         UNIQUEIDENTIFIER NOT NULL,
    name       NVARCHAR(400)    NOT NULL,
    size       NVARCHAR(200)    NULL,
    website    NVARCHAR(2048)   NULL,
    created_at DATETIME2(3)     NOT NULL,
    updated_at DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_organizations_id UNIQUE NONCLUSTERED (id)
);

-- A person belongs to one organization at most.
CREATE TABLE dbo.organization_members (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    user_id         UNIQUEIDENTIFIER NOT NULL,
    organization_id UNIQUEIDENTIFIER NOT NULL,
    role            NVARCHAR(10)     NOT NULL,
    joined_at       DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_organization_members PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_organization_members_user_id UNIQUE NONCLUSTERED (user_id),
    CONSTRAINT fk_organization_members_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE,
    CONSTRAINT fk_organization_members_organizations FOREIGN KEY (organization_id)
        REFERENCES dbo.organizations (id) ON DELETE CASCADE,
    CONSTRAINT ck_organization_members_role CHECK (role IN (N'member', N'owner'))
);

CREATE INDEX ix_organization_members_organization_id ON dbo.organization_members (organization_id, user_id);

CREATE TABLE dbo.invitations (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    id              UNIQUEIDENTIFIER NOT NULL,
    organization_id UNIQUEIDENTIFIER NOT NULL,
    -- Nobody needs to have an account with it.
    email           NVARCHAR(254)    NOT NULL,
    email_canonical NVARCHAR(400)    COLLATE Latin1_General_BIN2 NOT NULL,
    role            NVARCHAR(10)     NOT NULL,
    -- Without a reference: an invitation may outlive the account of whoever made it.
    invited_by      UNIQUEIDENTIFIER NOT NULL,
    -- SHA-256 of the link's token, which is long and random.
    token_hash      VARBINARY(32)    NOT NULL,
    created_at      DATETIME2(3)     NOT NULL,
    -- When its last mail was written, and how many there were.
    sent_at         DATETIME2(3)     NOT NULL,
    sends           BIGINT           NOT NULL CONSTRAINT df_invitations_sends DEFAULT 1,
    expires_at      DATETIME2(3)     NOT NULL,
    accepted_at     DATETIME2(3)     NULL,
    accepted_by     UNIQUEIDENTIFIER NULL,
    revoked_at      DATETIME2(3)     NULL,
    CONSTRAINT pk_invitations PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_invitations_id UNIQUE NONCLUSTERED (id),
    CONSTRAINT uq_invitations_token_hash UNIQUE NONCLUSTERED (token_hash),
    CONSTRAINT fk_invitations_organizations FOREIGN KEY (organization_id)
        REFERENCES dbo.organizations (id) ON DELETE CASCADE,
    CONSTRAINT ck_invitations_role CHECK (role IN (N'member', N'owner'))
);

CREATE INDEX ix_invitations_organization_id ON dbo.invitations (organization_id, id);
CREATE INDEX ix_invitations_email_canonical ON dbo.invitations (email_canonical);
CREATE INDEX ix_invitations_expires_at ON dbo.invitations (expires_at);

-- How many mails with invitations an organization, or a person, has sent in a window of time. Without references: whoever
-- dissolves an organization and founds another one goes on to count.
CREATE TABLE dbo.invitation_quotas (
    seq        BIGINT           NOT NULL IDENTITY (1, 1),
    subject    UNIQUEIDENTIFIER NOT NULL,
    began_at   DATETIME2(3)     NOT NULL,
    mails      BIGINT           NOT NULL,
    CONSTRAINT pk_invitation_quotas PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_invitation_quotas_subject UNIQUE NONCLUSTERED (subject)
);

CREATE INDEX ix_invitation_quotas_began_at ON dbo.invitation_quotas (began_at);

-- Claimed by an owner with a verified address there, verified by an admin.
CREATE TABLE dbo.organization_domains (
    seq             BIGINT           NOT NULL IDENTITY (1, 1),
    organization_id UNIQUEIDENTIFIER NOT NULL,
    -- As A-labels in lower case.
    domain          NVARCHAR(254)    COLLATE Latin1_General_BIN2 NOT NULL,
    claimed_by      UNIQUEIDENTIFIER NOT NULL,
    claimed_at      DATETIME2(3)     NOT NULL,
    verified_at     DATETIME2(3)     NULL,
    CONSTRAINT pk_organization_domains PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_organization_domains_claim UNIQUE NONCLUSTERED (organization_id, domain),
    CONSTRAINT fk_organization_domains_organizations FOREIGN KEY (organization_id)
        REFERENCES dbo.organizations (id) ON DELETE CASCADE
);

-- Many may claim a domain, and one has it.
CREATE UNIQUE INDEX uq_organization_domains_verified ON dbo.organization_domains (domain) WHERE verified_at IS NOT NULL;
CREATE INDEX ix_organization_domains_waiting ON dbo.organization_domains (claimed_at) WHERE verified_at IS NULL;

-- As in 0008: all who insert meet at the end of these keys.
IF EXISTS (SELECT 1 FROM sys.all_columns
           WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key')
BEGIN
    EXEC (N'ALTER INDEX pk_organizations ON dbo.organizations SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_organization_members ON dbo.organization_members SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX pk_invitations ON dbo.invitations SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
    EXEC (N'ALTER INDEX ix_invitations_expires_at ON dbo.invitations SET (OPTIMIZE_FOR_SEQUENTIAL_KEY = ON)');
END;

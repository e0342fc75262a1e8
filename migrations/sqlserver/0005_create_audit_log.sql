CREATE TABLE dbo.audit_log (
    id          BIGINT           NOT NULL IDENTITY (1, 1),
    at          DATETIME2(3)     NOT NULL,
    action      NVARCHAR(64)     NOT NULL,
    -- Without a reference: what was done stays known when the account is gone.
    user_id     UNIQUEIDENTIFIER NOT NULL,
    subject     NVARCHAR(100)    NULL,
    request_id  NVARCHAR(128)    NOT NULL,
    instance_id NVARCHAR(255)    NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY CLUSTERED (id)
);

CREATE INDEX ix_audit_log_user_id ON dbo.audit_log (user_id, id);

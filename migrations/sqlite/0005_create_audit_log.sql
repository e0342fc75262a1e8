CREATE TABLE audit_log (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    action      TEXT    NOT NULL,
    -- Without a reference: what was done stays known when the account is gone.
    user_id     TEXT    NOT NULL,
    subject     TEXT,
    request_id  TEXT    NOT NULL,
    instance_id TEXT    NOT NULL
) STRICT;

CREATE INDEX ix_audit_log_user_id ON audit_log (user_id, id);

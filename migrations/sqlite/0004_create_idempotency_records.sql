-- What makes a request repeatable: kept in one transaction with the request's effect.
CREATE TABLE idempotency_records (
    -- SHA-256 over who asks, method, path and key.
    scope      BLOB    NOT NULL PRIMARY KEY,
    -- Which secret's keys made the next two.
    kid        TEXT    NOT NULL,
    body_hash  BLOB    NOT NULL,
    answer     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX ix_idempotency_records_expires_at ON idempotency_records (expires_at);

-- What is to be told to the world outside: written in one transaction with what it tells of, sent afterwards.
-- Times are milliseconds since 1970-01-01T00:00:00Z, ids are UUIDs in lower-case text.
CREATE TABLE outbox (
    -- It stays the same over all attempts, and is what a receiver can tell a repetition by.
    id              TEXT    NOT NULL PRIMARY KEY,
    -- How it goes, such as 'mail', and what it is, such as 'verify_email'.
    channel         TEXT    NOT NULL,
    topic           TEXT    NOT NULL,
    -- Whom it concerns. Without a reference: a message may be the last thing that is left of an account.
    user_id         TEXT,
    recipient       TEXT    NOT NULL,
    language        TEXT    NOT NULL,
    -- What it says, encrypted, and which secret's key did it. Both go when the message has been sent.
    kid             TEXT,
    parameters      BLOB,
    created_at      INTEGER NOT NULL,
    -- When it has lost its worth, if ever.
    expires_at      INTEGER,
    -- From when on an instance may take it. Whoever takes it moves this to the end of the lease, so that another takes
    -- it up should that instance die. Null once it was sent or given up.
    next_attempt_at INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- Who has it now: a new id for each time that somebody takes some.
    lease_id        TEXT,
    sent_at         INTEGER,
    dead_at         INTEGER,
    last_error      TEXT,
    -- From when on the row may go.
    purge_at        INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_outbox_next_attempt_at ON outbox (channel, next_attempt_at);
CREATE INDEX ix_outbox_dead_at ON outbox (channel, dead_at);
CREATE INDEX ix_outbox_purge_at ON outbox (purge_at);

-- One form for all spellings of a mailbox (NFC, lower case, the domain as A-labels), which no SQL can make: instances fill
-- it in at their start, and later for what instances of earlier versions add. Those write and compare email_key alone.
ALTER TABLE users ADD COLUMN email_canonical TEXT;

CREATE UNIQUE INDEX uq_users_email_canonical ON users (email_canonical);

-- Accounts whose address is another spelling of one that another account has. A person has to decide about them.
CREATE TABLE address_collisions (
    user_id         TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email_canonical TEXT    NOT NULL,
    found_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is left to be forgiven of wrong guesses, by what was guessed at and by whom.
CREATE TABLE guesses (
    -- SHA-256 over the purpose and the account, address or device.
    guess_key  BLOB    NOT NULL PRIMARY KEY,
    -- When the last of them is forgiven.
    owed_until INTEGER NOT NULL,
    failed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_guesses_owed_until ON guesses (owed_until);

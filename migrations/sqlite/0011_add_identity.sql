-- What a person may change about the account, and what its state is. Instances of earlier versions leave all of it empty.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;
-- A BCP 47 tag; empty where the person has chosen none.
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));
-- Since when nobody may log in.
ALTER TABLE users ADD COLUMN suspended_at INTEGER;
-- When the grace ends and the account is deleted; empty for an account that stays.
ALTER TABLE users ADD COLUMN closing_at INTEGER;
-- The name in lower case: what a search by prefix compares. SQLite lowers ASCII alone; the rest, and the rows of
-- instances of earlier versions, are filled in by the purge.
ALTER TABLE users ADD COLUMN name_key TEXT;
UPDATE users SET name_key = lower(full_name) WHERE full_name NOT GLOB '*[^ -~]*';

CREATE INDEX ix_users_name_key ON users (name_key);
CREATE INDEX ix_users_closing_at ON users (closing_at) WHERE closing_at IS NOT NULL;

-- What is mailed to a person to prove that they read the mail: six digits, and the token of a link. Good for one use.
CREATE TABLE one_time_codes (
    id            TEXT    NOT NULL PRIMARY KEY,
    user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose       TEXT    NOT NULL CHECK (purpose IN ('verify_email', 'change_email', 'reset_password')),
    -- The address that it was sent to.
    email         TEXT    NOT NULL,
    -- Which secret's key made `code_hash`: six digits are guessed from a hash without a key.
    kid           TEXT    NOT NULL,
    -- Empty where the mail has no digits.
    code_hash     BLOB,
    -- SHA-256 of the link's token, which is long and random.
    token_hash    BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    -- How often other digits were given.
    attempts      INTEGER NOT NULL DEFAULT 0,
    used_at       INTEGER,
    -- When a newer one took its place.
    superseded_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uq_one_time_codes_token_hash ON one_time_codes (token_hash);
CREATE INDEX ix_one_time_codes_user_id ON one_time_codes (user_id, purpose, created_at);
CREATE INDEX ix_one_time_codes_expires_at ON one_time_codes (expires_at);

-- Whose record it is, as a keyed hash: by this, live records are counted. Empty where nobody counts them.
ALTER TABLE idempotency_records ADD COLUMN asker BLOB;

CREATE INDEX ix_idempotency_records_asker ON idempotency_records (asker, expires_at);

-- The onboarding's version that made the step what it is. Empty where an instance of an earlier version saved it.
ALTER TABLE onboarding_steps ADD COLUMN version INTEGER;

-- What steps were before they were changed, for as long as answers are kept: a kept answer names the version of the
-- onboarding that it told, and is made anew from this.
CREATE TABLE onboarding_step_versions (
    seq          INTEGER NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES onboarding (user_id) ON DELETE CASCADE,
    step         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    status       TEXT    NOT NULL,
    data         TEXT    NOT NULL,
    completed_at INTEGER,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX uq_onboarding_step_versions_user_id_step_version
    ON onboarding_step_versions (user_id, step, version);
CREATE INDEX ix_onboarding_step_versions_expires_at ON onboarding_step_versions (expires_at);

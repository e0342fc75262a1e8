CREATE TABLE onboarding (
    user_id      TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Grows by one with each change: the ETag of the state.
    version      INTEGER NOT NULL,
    completed_at INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Only the steps that a person has touched.
CREATE TABLE onboarding_steps (
    user_id      TEXT    NOT NULL REFERENCES onboarding (user_id) ON DELETE CASCADE,
    step         TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('in_progress', 'completed', 'skipped')),
    -- A JSON object that the client owns.
    data         TEXT    NOT NULL,
    completed_at INTEGER,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, step)
) STRICT, WITHOUT ROWID;

-- Whose onboarding was changed since the last count.
CREATE INDEX ix_onboarding_updated_at ON onboarding (updated_at);

-- One row: how many counts there were, and up to when whatever was changed is counted.
CREATE TABLE funnel_state (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    counts     INTEGER NOT NULL,
    counted_to INTEGER NOT NULL
) STRICT;
INSERT INTO funnel_state (id, counts, counted_to) VALUES (1, 0, 0);

-- What each person is counted as, so that it can be taken out of the sums again. Without a reference: whoever is gone has
-- to be taken out, too.
CREATE TABLE funnel_people (
    user_id TEXT    NOT NULL PRIMARY KEY,
    -- The version of the onboarding that was counted.
    version INTEGER NOT NULL,
    counted BLOB    NOT NULL,
    -- When the person has to be counted anew although nothing has changed: they will be stuck. Empty where time changes nothing.
    due_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_funnel_people_due_at ON funnel_people (due_at) WHERE due_at IS NOT NULL;

-- Whose account is gone and has to be taken out of the sums.
CREATE TABLE funnel_gone (
    user_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The sums: for each group of people, the whole (step '') and each step.
CREATE TABLE funnel_cells (
    dimension   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    step        TEXT    NOT NULL,
    reached     INTEGER NOT NULL,
    completed   INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    in_progress INTEGER NOT NULL,
    stuck       INTEGER NOT NULL,
    -- How many took how long.
    times       BLOB    NOT NULL,
    PRIMARY KEY (dimension, value, step)
) STRICT, WITHOUT ROWID;

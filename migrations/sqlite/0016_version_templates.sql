-- What a person's onboarding is an instance of. Empty where an instance of an earlier version made it: then it is version
-- 1 of the template that is built in.
ALTER TABLE onboarding ADD COLUMN template TEXT;
ALTER TABLE onboarding ADD COLUMN template_version INTEGER;
-- What the person has reached in percent, where that is more than the steps say.
ALTER TABLE onboarding ADD COLUMN progress_floor INTEGER;

-- Answers to what is asked no more: a JSON object by where they were given. Empty where there are none.
ALTER TABLE onboarding_steps ADD COLUMN set_aside TEXT;

-- The texts of all templates that instances have brought, so that each of them can serve people on any.
CREATE TABLE onboarding_templates (
    template      TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (template, version)
) STRICT, WITHOUT ROWID;

-- When the onboarding was completed for the first time: it stays when the onboarding is reopened. Empty as long as an
-- instance of an earlier version alone has completed it; completed_at says it then.
ALTER TABLE onboarding ADD COLUMN activated_at INTEGER;
-- The number of the last reminder that was written, and when; empty where none was.
ALTER TABLE onboarding ADD COLUMN reminded INTEGER;
ALTER TABLE onboarding ADD COLUMN reminded_at INTEGER;
-- Since when the person wants no reminders; empty where they may come.
ALTER TABLE users ADD COLUMN reminders_off_at INTEGER;

-- Who may have to be reminded: open onboardings by how often they were, and by their last change.
CREATE INDEX ix_onboarding_reminded ON onboarding (reminded, updated_at) WHERE completed_at IS NULL;

-- What admins look for among all accounts. The id, which begins with the time of registration, ends each index, so that
-- it gives the order, too.
CREATE INDEX ix_users_role ON users (role);
CREATE INDEX ix_users_email_verified_at ON users (email_verified_at);
CREATE INDEX ix_users_suspended_at ON users (suspended_at) WHERE suspended_at IS NOT NULL;
CREATE INDEX ix_onboarding_completed_at ON onboarding (completed_at);

-- How many accounts have which status in which step is counted in this index alone.
CREATE INDEX ix_onboarding_steps_step_status ON onboarding_steps (step, status);

-- Who did it: empty for the person themself, all zeros for whoever has the command line.
ALTER TABLE audit_log ADD COLUMN actor_id TEXT;
-- Why, in the words of whoever did it.
ALTER TABLE audit_log ADD COLUMN reason TEXT;
-- From where: an IP address.
ALTER TABLE audit_log ADD COLUMN address TEXT;

-- The log is read from its newest row on: all of it, of one person, of one actor, of one kind. Each index ends with the
-- row's number, so that it gives the order, too. The first one is there already (ix_audit_log_at).
DROP INDEX ix_audit_log_user_id;
CREATE INDEX ix_audit_log_user_id_at ON audit_log (user_id, at);
CREATE INDEX ix_audit_log_actor_id_at ON audit_log (actor_id, at);
CREATE INDEX ix_audit_log_action_at ON audit_log (action, at);

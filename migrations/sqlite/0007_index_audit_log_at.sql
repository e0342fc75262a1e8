-- Old rows are found by their time.
CREATE INDEX ix_audit_log_at ON audit_log (at);

-- Messages that are told one after the other: each person has a stream of them in each channel that has an order.
-- The place of a message in its stream, from 1; null where it waits for no other.
ALTER TABLE outbox ADD COLUMN stream_position INTEGER;
-- Since when it waits, where somebody has asked to send it again; null: since it was written.
ALTER TABLE outbox ADD COLUMN queued_at INTEGER;

-- Who changes what waits in a stream changes its row first, so that this is done one after the other. Without a
-- reference, as the outbox itself.
CREATE TABLE outbox_streams (
    channel       TEXT    NOT NULL,
    user_id       TEXT    NOT NULL,
    last_position INTEGER NOT NULL,
    CONSTRAINT pk_outbox_streams PRIMARY KEY (channel, user_id)
) STRICT, WITHOUT ROWID;

-- The messages of a person in their order; what waits (its purge_at is null), counted in the index alone; and all of a
-- channel from the newest on.
CREATE INDEX ix_outbox_user_id ON outbox (user_id, channel, stream_position);
CREATE INDEX ix_outbox_open ON outbox (channel, purge_at, created_at, lease_id, queued_at);
CREATE INDEX ix_outbox_created_at ON outbox (channel, created_at);

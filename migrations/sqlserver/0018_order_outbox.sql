-- Messages that are told one after the other: each person has a stream of them in each channel that has an order.
-- The place of a message in its stream, from 1; null where it waits for no other. Adding it touches no row.
ALTER TABLE dbo.outbox ADD stream_position BIGINT NULL;
-- Since when it waits, where somebody has asked to send it again; null: since it was written.
ALTER TABLE dbo.outbox ADD queued_at DATETIME2(3) NULL;

-- Who changes what waits in a stream changes its row first, so that this is done one after the other. Without a
-- reference, as the outbox itself.
CREATE TABLE dbo.outbox_streams (
    channel       NVARCHAR(20)     NOT NULL,
    user_id       UNIQUEIDENTIFIER NOT NULL,
    last_position BIGINT           NOT NULL,
    CONSTRAINT pk_outbox_streams PRIMARY KEY CLUSTERED (channel, user_id)
);

-- The messages of a person in their order; what waits (its purge_at is null), counted in the index alone; and all of a
-- channel from the newest on. Online, where the edition can, as in 0006.
DECLARE @outbox_online NVARCHAR(40) =
    CASE WHEN CAST(SERVERPROPERTY(N'EngineEdition') AS INT) IN (3, 5, 8) THEN N' WITH (ONLINE = ON)' ELSE N'' END;
DECLARE @outbox_by_user NVARCHAR(400) =
    N'CREATE INDEX ix_outbox_user_id ON dbo.outbox (user_id, channel, stream_position)' + @outbox_online;
DECLARE @outbox_open NVARCHAR(400) =
    N'CREATE INDEX ix_outbox_open ON dbo.outbox (channel, purge_at, created_at, lease_id, queued_at)' + @outbox_online;
DECLARE @outbox_by_time NVARCHAR(400) =
    N'CREATE INDEX ix_outbox_created_at ON dbo.outbox (channel, created_at)' + @outbox_online;
EXEC (@outbox_by_user);
EXEC (@outbox_open);
EXEC (@outbox_by_time);

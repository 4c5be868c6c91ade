-- SPDX-License-Identifier: Apache-2.0
-- How far each projection has come. A checkpoint moves in the transaction that writes its rows, and
-- only from the position and epoch that its owner remembers.

create table projection.checkpoints (
    projection text not null,
    shard smallint not null default 0,
    position bigint not null default 0 check (position >= 0),
    epoch bigint not null default 0,
    incarnation uuid not null,
    updated_at timestamptz not null default now(),
    primary key (projection, shard)
) with (fillfactor = 50);
comment on column projection.checkpoints.epoch is
    'counted up by whoever takes over: an earlier owner''s write then fails';
comment on column projection.checkpoints.incarnation is
    'of the store the position belongs to';

grant select, insert, update on projection.checkpoints to order_projector;
grant select on projection.checkpoints to order_command, order_reader;

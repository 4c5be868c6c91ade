-- SPDX-License-Identifier: Apache-2.0
-- How far the projection $1 is, measured against the real head; who holds its lock; how long its
-- oldest unapplied event has waited. One row, also when the projection has never run.
select coalesce(c.position, 0), h.position, coalesce(c.epoch, 0),
    coalesce(c.incarnation = i.incarnation, true),
    (extract(epoch from clock_timestamp() - e.recorded_at) * 1000000)::bigint,
    (select l.pid from pg_locks l
     where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and l.classid = hashtext('order projection')::oid and l.objid = hashtext($1::text)::oid)
from store.head h
    cross join store.identity i
    left join projection.checkpoints c on c.projection = $1::text and c.shard = h.shard
    left join store.events e on e.position = coalesce(c.position, 0) + 1
where h.shard = 0

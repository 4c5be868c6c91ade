-- SPDX-License-Identifier: Apache-2.0
-- Everything known about command $2 of tenant $1: its outcome, its place in a queue, why it was given
-- up. One row, with nulls where there is nothing.
select c.outcome, c.code, c.category, c.stream_id, c.version, c.event_count, c.recorded_at, c.actor,
    c.trace, q.category, q.stream_id, q.parked_at, q.place, d.category, d.stream_id, d.incident,
    d.code, d.attempts, d.topic, d.partition, d."offset", d.at, p.state, p.incident, p.since
from (select) as always
left join store.commands c on c.command_id = $2::uuid and c.tenant_id = $1::integer
left join lateral (
    select w.category, w.stream_id, w.parked_at, (
        select count(*) from store.parked_commands b
        where b.stream_id = w.stream_id and b.tenant_id = w.tenant_id and b.category = w.category
            and b.sequence <= w.sequence) as place
    from store.parked_commands w
    where w.command_id = $2::uuid and w.tenant_id = $1::integer) q on true
left join lateral (
    select l.* from store.dead_letters l
    where l.command_id = $2::uuid and l.tenant_id = $1::integer
    order by l.at desc limit 1) d on true
left join store.parked_streams p on p.tenant_id = $1::integer
    and p.stream_id = coalesce(c.stream_id, q.stream_id, d.stream_id)
    and p.category = coalesce(c.category, q.category, d.category)

-- SPDX-License-Identifier: Apache-2.0
-- Parked streams, the oldest first: of tenant $1 (null: all), of stream or incident $2 (null: all), of
-- category $3 (0: all), with what waits for them.
select p.stream_id, p.category, p.state, p.partition, p.incident, p.since, p.released_at, p.topic,
    p.code, t.name, p.tenant_id, q.commands, q.oldest
from store.parked_streams p
join store.tenants t using (tenant_id)
cross join lateral (
    select count(*) as commands, min(c.parked_at) as oldest
    from store.parked_commands c
    where c.stream_id = p.stream_id and c.tenant_id = p.tenant_id and c.category = p.category
) q
where ($1::text is null or t.name = $1::text)
    and ($2::uuid is null or $2::uuid in (p.stream_id, p.incident))
    and ($3::smallint = 0 or p.category = $3::smallint)
order by p.since, p.stream_id

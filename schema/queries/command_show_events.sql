-- SPDX-License-Identifier: Apache-2.0
-- The events of command $2 of tenant $1, in order.
select e.position, e.version, e.type, e.schema_version, e.occurred_at, e.payload,
    e.sealed is not null, e.correlation_id, e.causation_id
from store.commands c
join store.streams s on s.stream_id = c.stream_id and s.tenant_id = c.tenant_id
    and s.category = c.category
join store.events e on e.stream_number = s.stream_number and e.position > s.after_position
    and e.version > c.version - c.event_count and e.version <= c.version
where c.command_id = $2::uuid and c.tenant_id = $1::integer
order by e.version

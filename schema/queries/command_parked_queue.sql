-- SPDX-License-Identifier: Apache-2.0
-- What waits for stream $1 of tenant $2 and category $3, in order; the first $4.
select c.command_id, c.partition, c."offset", c.parked_at, c.headers,
    coalesce(octet_length(c.value), 0), exists (
        select from store.dead_letters d
        where d.topic = c.topic and d.partition = c.partition and d."offset" = c."offset")
from store.parked_commands c
where c.stream_id = $1::uuid and c.tenant_id = $2::integer and c.category = $3::smallint
order by c.sequence
limit $4::integer

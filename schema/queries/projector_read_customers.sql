-- SPDX-License-Identifier: Apache-2.0
-- Older customers that the batch changes: place in the arrays, and their sealed data if the batch
-- brings more.
select c.place, case when c.wants_sealed <> 0 then s.sealed end
from unnest($1::integer[], $2::uuid[], $3::integer[], $4::smallint[]) with ordinality
        as c (tenant_id, customer_id, version_before, wants_sealed, place)
    join read.customers s on s.tenant_id = c.tenant_id and s.customer_id = c.customer_id
        and s.stream_version = c.version_before

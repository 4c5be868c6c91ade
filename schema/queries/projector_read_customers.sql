-- SPDX-License-Identifier: Apache-2.0
-- What older customers hold that are about to be touched: place in the arrays, no number, sealed data.
select c.place, 0::bigint, s.sealed
from unnest($1::integer[], $2::uuid[], $3::integer[]) with ordinality
        as c (tenant_id, customer_id, version_before, place)
    join read.customers s on s.tenant_id = c.tenant_id and s.customer_id = c.customer_id
        and s.stream_version = c.version_before

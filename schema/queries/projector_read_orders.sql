-- SPDX-License-Identifier: Apache-2.0
-- What older orders hold that are about to be touched: place in the arrays, number, sealed data.
select c.place, s.order_number, s.sealed
from unnest($1::integer[], $2::uuid[], $3::integer[]) with ordinality
        as c (tenant_id, order_id, version_before, place)
    join read.order_summary s on s.tenant_id = c.tenant_id and s.order_id = c.order_id
        and s.stream_version = c.version_before

-- SPDX-License-Identifier: Apache-2.0
-- Older customers. Without another status or other sealed data these stay as they are.
update read.customers s
set stream_version = c.version, position = c.position, updated_at = c.updated_at,
    status = coalesce(c.status, s.status), sealed = coalesce(c.sealed, s.sealed)
from unnest($1::integer[], $2::uuid[], $3::integer[], $4::integer[], $5::bigint[],
        $6::timestamptz[], $7::smallint[], $8::bytea[])
    as c (tenant_id, customer_id, version_before, version, position, updated_at, status, sealed)
where s.tenant_id = c.tenant_id and s.customer_id = c.customer_id
    and s.stream_version = c.version_before

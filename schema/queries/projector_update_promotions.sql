-- SPDX-License-Identifier: Apache-2.0
-- Older promotions. One that was deactivated stays so.
update read.promotions p
set stream_version = c.version, position = c.position, updated_at = c.updated_at, uses = c.uses,
    active = p.active and c.active <> 0
from unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::timestamptz[],
        $6::integer[], $7::smallint[])
    as c (promotion_number, version_before, version, position, updated_at, uses, active)
where p.promotion_number = c.promotion_number and p.stream_version = c.version_before

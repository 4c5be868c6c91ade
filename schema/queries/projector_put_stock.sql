-- SPDX-License-Identifier: Apache-2.0
-- Stock items as the newest event left them; a row that is further already stays.
insert into read.stock as s
    (item_number, position, updated_at, on_hand, reserved, tenant_id, location, sku)
select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[],
    $6::integer[], $7::text[], $8::text[])
on conflict (tenant_id, location, sku) do update
set position = excluded.position, updated_at = excluded.updated_at, on_hand = excluded.on_hand,
    reserved = excluded.reserved
where excluded.position > s.position

-- SPDX-License-Identifier: Apache-2.0
-- Older reservations: those without units go, the others change. A row for each that was there.
with change as materialized (
    select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[],
            $6::integer[])
        as c (item_number, order_id, qty, position, expires_at, tenant_id)
), closed as (
    delete from read.stock_reservations r
    using change c
    where c.qty = 0 and r.item_number = c.item_number and r.order_id = c.order_id
        and r.tenant_id = c.tenant_id
    returning 1
), changed as (
    update read.stock_reservations r
    set qty = c.qty, position = c.position, expires_at = coalesce(c.expires_at, r.expires_at)
    from change c
    where c.qty <> 0 and r.item_number = c.item_number and r.order_id = c.order_id
        and r.tenant_id = c.tenant_id
    returning 1
)
select 1 from closed union all select 1 from changed

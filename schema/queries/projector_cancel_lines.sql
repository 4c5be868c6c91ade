-- SPDX-License-Identifier: Apache-2.0
-- Lines of older orders of which units were cancelled; the orders stay open. What was found comes
-- back, a row per order and a row per line, so that nothing is missed and the sales can be changed.
with changed_orders as (
    update read.order_summary s
    set cancelled_amount = c.cancelled_amount, updated_at = c.updated_at,
        stream_version = c.version, position = c.position
    from unnest($1::integer[], $2::uuid[], $3::bigint[], $4::integer[], $5::integer[],
            $6::bigint[], $7::bigint[], $8::timestamptz[])
        as c (tenant_id, order_id, order_number, version_before, version, position,
            cancelled_amount, updated_at)
    where s.tenant_id = c.tenant_id and s.order_id = c.order_id
        and s.order_number = c.order_number and s.stream_version = c.version_before
    returning s.order_number, s.placed_at, s.currency
), changed_lines as (
    update read.order_lines l
    set cancelled = l.cancelled + c.units, cancelled_amount = l.cancelled_amount + c.amount
    from unnest($9::bigint[], $10::integer[], $11::integer[], $12::bigint[])
        as c (order_number, line_no, units, amount)
    where l.order_number = c.order_number and l.line_no = c.line_no
    returning l.order_number, l.sku, c.units, c.amount
)
select order_number, placed_at, currency, null::text as sku, 0 as units, 0::bigint as amount
from changed_orders
union all
select order_number, null, null, sku, units, amount
from changed_lines

-- SPDX-License-Identifier: Apache-2.0
-- Older orders that were cancelled as a whole: whatever is open of their lines goes. What was found
-- comes back, a row per order and a row per line that had open units.
with changed_orders as (
    update read.order_summary s
    set status = $9::smallint, cancelled_amount = c.cancelled_amount, updated_at = c.updated_at,
        stream_version = c.version, position = c.position
    from unnest($1::integer[], $2::uuid[], $3::bigint[], $4::integer[], $5::integer[],
            $6::bigint[], $7::bigint[], $8::timestamptz[])
        as c (tenant_id, order_id, order_number, version_before, version, position,
            cancelled_amount, updated_at)
    where s.tenant_id = c.tenant_id and s.order_id = c.order_id
        and s.order_number = c.order_number and s.stream_version = c.version_before
    returning s.order_number, s.placed_at, s.currency
), open_lines as materialized ( -- as they are before the update below
    select l.order_number, l.line_no, l.sku, l.qty - l.cancelled as units,
        l.line_total - l.cancelled_amount as amount
    from changed_orders join read.order_lines l using (order_number)
    where l.cancelled < l.qty
), changed_lines as (
    update read.order_lines l
    set cancelled = l.qty, cancelled_amount = l.line_total
    from open_lines p
    where l.order_number = p.order_number and l.line_no = p.line_no
)
select order_number, placed_at, currency, null::text as sku, 0 as units, 0::bigint as amount
from changed_orders
union all
select order_number, null, null, sku, units, amount
from open_lines

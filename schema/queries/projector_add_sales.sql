-- SPDX-License-Identifier: Apache-2.0
-- Adds a batch's changes to the sales. No join, so that no plan made while the
-- table was small can become a bad one later. A sum that does not fit stays at the most
-- that does.
insert into read.sku_sales as s
    (tenant_id, month, sku, currency, orders, units, revenue, cancelled_units, cancelled_revenue)
select c.tenant_id, date '1970-01-01' + c.month, c.sku, c.currency, c.orders, c.units, c.revenue,
    c.cancelled_units, c.cancelled_revenue
from unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[])
    as c (tenant_id, month, sku, currency, orders, units, revenue, cancelled_units,
        cancelled_revenue)
on conflict (tenant_id, month, sku, currency) do update
set orders = s.orders + excluded.orders,
    units = s.units + least(excluded.units, 9223372036854775807 - s.units),
    revenue = s.revenue + least(excluded.revenue, 9223372036854775807 - s.revenue),
    cancelled_units = s.cancelled_units
        + least(excluded.cancelled_units, 9223372036854775807 - s.cancelled_units),
    cancelled_revenue = s.cancelled_revenue
        + least(excluded.cancelled_revenue, 9223372036854775807 - s.cancelled_revenue)

-- SPDX-License-Identifier: Apache-2.0
-- Lines of the new orders of a small batch. Columns in the order in which projector/rows_orders.c
-- writes them.
insert into read.order_lines
    (order_number, unit_price, discount, line_net, line_tax, line_total, line_no, tenant_id, qty,
     sku, title, seller_id, cancelled_amount, cancelled, reserved, shipped, delivered, returned)
select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::integer[], $8::integer[], $9::integer[], $10::text[], $11::text[], $12::text[],
    $13::bigint[], $14::integer[], $15::integer[], $16::integer[], $17::integer[],
    $18::integer[])

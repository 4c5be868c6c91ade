-- SPDX-License-Identifier: Apache-2.0
-- Lines of the new orders of a small batch. Columns in the order in which projector/rows.c writes
-- them.
insert into read.order_lines
    (order_number, unit_price, line_net, line_tax, line_total, cancelled_amount, line_no,
     tenant_id, qty, cancelled, sku, title, seller_id)
select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
    $6::bigint[], $7::integer[], $8::integer[], $9::integer[], $10::integer[], $11::text[],
    $12::text[], $13::text[])

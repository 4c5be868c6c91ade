-- SPDX-License-Identifier: Apache-2.0
-- New orders of a small batch. Columns in the order in which projector/rows.c writes them.
insert into read.order_summary
    (order_number, position, placed_at, updated_at, units, subtotal, tax, shipping, total,
     cancelled_amount, order_id, customer_id, tenant_id, line_count, stream_version, channel,
     status, currency, ship_country, sealed)
select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
    $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
    $11::uuid[], $12::uuid[], $13::integer[], $14::integer[], $15::integer[], $16::smallint[],
    $17::smallint[], $18::text[], $19::text[], $20::bytea[])

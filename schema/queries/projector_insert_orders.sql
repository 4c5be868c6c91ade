-- SPDX-License-Identifier: Apache-2.0
-- New orders of a small batch. Columns in the order in which projector/rows_orders.c writes them.
insert into read.order_summary
    (order_number, position, placed_at, updated_at, units, subtotal, discount, tax, shipping,
     total, cancelled_amount, authorised, voided, captured, refunded, refund_pending, reserved, cancelled,
     shipped, delivered, return_requested, returned, declines,
     order_id, customer_id, tenant_id, line_count, stream_version, channel, status, payment, goods,
     returns, hold_reason, currency, ship_country, sealed)
select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::bigint[],
    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
    $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::integer[], $19::integer[], $20::integer[],
    $21::integer[], $22::integer[], $23::integer[], $24::uuid[], $25::uuid[],
    $26::integer[], $27::integer[], $28::integer[], $29::smallint[], $30::smallint[],
    $31::smallint[], $32::smallint[], $33::smallint[], $34::smallint[], $35::text[],
    $36::text[], $37::bytea[])

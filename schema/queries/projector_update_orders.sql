-- SPDX-License-Identifier: Apache-2.0
-- Older orders, as the batch leaves them.
update read.order_summary s
set stream_version = c.version, position = c.position, updated_at = c.updated_at,
    cancelled_amount = c.cancelled_amount, authorised = c.authorised, voided = c.voided,
    captured = c.captured, refunded = c.refunded, refund_pending = c.refund_pending,
    reserved = c.reserved, cancelled = c.cancelled, shipped = c.shipped, delivered = c.delivered,
    return_requested = c.return_requested, returned = c.returned, declines = c.declines,
    status = c.status, payment = c.payment, goods = c.goods, returns = c.returns,
    hold_reason = c.hold_reason, sealed = coalesce(c.sealed, s.sealed)
from unnest($1::integer[], $2::uuid[], $3::integer[], $4::integer[], $5::bigint[],
        $6::timestamptz[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
        $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[], $15::integer[],
        $16::integer[], $17::integer[], $18::integer[], $19::integer[], $20::smallint[],
        $21::smallint[], $22::smallint[], $23::smallint[], $24::smallint[], $25::bytea[])
    as c (tenant_id, order_id, version_before, version, position, updated_at, cancelled_amount,
        authorised, voided, captured, refunded, refund_pending, reserved, cancelled, shipped,
        delivered, return_requested, returned, declines, status, payment, goods, returns,
        hold_reason, sealed)
where s.tenant_id = c.tenant_id and s.order_id = c.order_id
    and s.stream_version = c.version_before

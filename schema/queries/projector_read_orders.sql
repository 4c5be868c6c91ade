-- SPDX-License-Identifier: Apache-2.0
-- What older orders hold that the batch changes: place in the arrays, then the row as the events before
-- left it; its sealed data only if the batch brings more.
select c.place, s.order_number, s.status, s.hold_reason, s.placed_at, s.currency, s.units, s.total,
    s.cancelled_amount, s.authorised, s.voided, s.captured, s.refunded, s.refund_pending,
    s.reserved, s.cancelled, s.shipped, s.delivered, s.return_requested, s.returned, s.declines,
    case when c.wants_sealed <> 0 then s.sealed end
from unnest($1::integer[], $2::uuid[], $3::integer[], $4::smallint[]) with ordinality
        as c (tenant_id, order_id, version_before, wants_sealed, place)
    join read.order_summary s on s.tenant_id = c.tenant_id and s.order_id = c.order_id
        and s.stream_version = c.version_before

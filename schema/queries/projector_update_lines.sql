-- SPDX-License-Identifier: Apache-2.0
-- Lines of older orders, as the batch leaves them.
update read.order_lines l
set cancelled_amount = c.cancelled_amount, cancelled = c.cancelled, reserved = c.reserved,
    shipped = c.shipped, delivered = c.delivered, returned = c.returned
from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[],
        $6::integer[], $7::integer[], $8::integer[])
    as c (order_number, line_no, cancelled_amount, cancelled, reserved, shipped, delivered, returned)
where l.order_number = c.order_number and l.line_no = c.line_no

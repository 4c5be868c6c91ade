-- SPDX-License-Identifier: Apache-2.0
-- All lines of older orders whose lines the batch changes.
select l.order_number, l.line_no, l.qty, l.line_total, l.sku, l.cancelled_amount, l.cancelled,
    l.reserved, l.shipped, l.delivered, l.returned
from unnest($1::bigint[]) as c (order_number)
    join read.order_lines l on l.order_number = c.order_number

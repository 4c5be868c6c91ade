-- SPDX-License-Identifier: Apache-2.0
-- Units of older reservations that the batch changes, with their place in the arrays.
select c.place, r.qty
from unnest($1::bigint[], $2::uuid[]) with ordinality as c (item_number, order_id, place)
    join read.stock_reservations r on r.item_number = c.item_number and r.order_id = c.order_id

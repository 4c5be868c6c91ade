-- SPDX-License-Identifier: Apache-2.0
-- New reservations that are still open at the end of the batch.
insert into read.stock_reservations
    (item_number, order_id, qty, position, expires_at, tenant_id)
select * from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[],
    $6::integer[])

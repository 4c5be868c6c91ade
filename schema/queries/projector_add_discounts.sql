-- SPDX-License-Identifier: Apache-2.0
-- Adds what promotions granted within a batch. A sum that does not fit stays at the most that
-- does.
insert into read.promotion_discounts as d
    (redemptions, discount, promotion_number, tenant_id, currency)
select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[])
on conflict (promotion_number, currency) do update
set redemptions = d.redemptions + excluded.redemptions,
    discount = d.discount + least(excluded.discount, 9223372036854775807 - d.discount)

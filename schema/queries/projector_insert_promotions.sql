-- SPDX-License-Identifier: Apache-2.0
-- New promotions. Columns in the order in which projector/rows_others.c writes them.
insert into read.promotions
    (promotion_number, position, valid_from, valid_until, updated_at, amount, min_purchase,
     tenant_id, stream_version, bps, max_uses, per_customer, uses, kind, active, code, currency,
     seller_id)
select promotion_number, position, valid_from, valid_until, updated_at, amount, min_purchase,
    tenant_id, stream_version, bps, max_uses, per_customer, uses, kind, active <> 0, code,
    currency, seller_id
from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
        $5::timestamptz[], $6::bigint[], $7::bigint[], $8::integer[], $9::integer[],
        $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::smallint[],
        $15::smallint[], $16::text[], $17::text[], $18::text[])
    as c (promotion_number, position, valid_from, valid_until, updated_at, amount, min_purchase,
        tenant_id, stream_version, bps, max_uses, per_customer, uses, kind, active, code, currency,
        seller_id)

-- SPDX-License-Identifier: Apache-2.0
-- New customers. Columns in the order in which projector/rows_others.c writes them.
insert into read.customers
    (position, registered_at, updated_at, customer_id, tenant_id, stream_version, status, region,
     locale, sealed)
select * from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::integer[],
    $6::integer[], $7::smallint[], $8::text[], $9::text[], $10::bytea[])

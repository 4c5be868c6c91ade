-- SPDX-License-Identifier: Apache-2.0
-- Adds to the counts of minute $1: who $2 got the key of whom $4, for what $3, how often $5.
insert into erasure.key_access as k (minute, instance, purpose, pseudonym, leases)
    select $1::timestamptz, * from unnest($2::text[], $3::smallint[], $4::bytea[], $5::bigint[])
on conflict (minute, instance, purpose, pseudonym) do update
    set leases = k.leases + excluded.leases

-- SPDX-License-Identifier: Apache-2.0
-- Adds to the counts of minute $1: who $2 got the key of whom $4, for what $3, how often $5. Those who
-- have no pseudonym (any more) are one row.
insert into erasure.key_access as k (minute, instance, purpose, pseudonym, leases)
    select $1::timestamptz, a.instance, a.purpose, a.pseudonym, sum(a.leases)::bigint
    from unnest($2::text[], $3::smallint[], $4::bytea[], $5::bigint[])
        as a (instance, purpose, pseudonym, leases)
    group by a.instance, a.purpose, a.pseudonym
on conflict (minute, instance, purpose, pseudonym) do update
    set leases = k.leases + excluded.leases

-- SPDX-License-Identifier: Apache-2.0
-- Which vault belongs to this database and how far it is: id $1, generation $2, reserved numbers $3,
-- ledger record $4, command epoch $5 since $6, leases $7 seconds.
insert into erasure.vault_state as v
    (vault_id, generation, reserved, ledger, epoch, epoch_at, lease_seconds)
    values ($1::uuid, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::timestamptz, $7::integer)
on conflict (only_row) do update set generation = excluded.generation,
    reserved = excluded.reserved, ledger = excluded.ledger, epoch = excluded.epoch,
    epoch_at = excluded.epoch_at, lease_seconds = excluded.lease_seconds, updated_at = now()

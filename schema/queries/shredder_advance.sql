-- SPDX-License-Identifier: Apache-2.0
-- The rows of requests $1 about subjects $2 are in state $3 now; what is known of them besides: fence
-- $4, lease holders acknowledged $5 and run out $6, vault generation $7, command epoch $8. Never back.
update erasure.requests r
set state = $3::smallint,
    fence = coalesce($4::bigint, r.fence),
    acked = coalesce($5::integer, r.acked),
    expired = coalesce($6::integer, r.expired),
    generation = coalesce($7::bigint, r.generation),
    epoch = coalesce($8::bigint, r.epoch),
    fenced_at = case when $3::smallint = 2 then now() else r.fenced_at end,
    punctured_at = case when $3::smallint = 4 then now() else r.punctured_at end,
    live_at = case when $3::smallint = 5 then coalesce(r.live_at, now()) else r.live_at end
from unnest($1::uuid[], $2::uuid[]) as a (request_id, subject_id)
where r.request_id = a.request_id and r.subject_id = a.subject_id and r.state <= $3::smallint

-- SPDX-License-Identifier: Apache-2.0
-- Records erasure request $1 of tenant $2: classes $3 of subjects $4, asked for by $5. What is there
-- already stays. How many rows were added; how many the request has with other classes or of another
-- tenant: then it is another request, and nothing must be done.
with added as (
    insert into erasure.requests (request_id, subject_id, tenant_id, classes, state)
        select $1::uuid, subject_id, $2::integer, $3::smallint, 1
        from unnest($4::uuid[]) as a (subject_id)
    on conflict do nothing
    returning 1
), audited as (
    insert into ops.audit (actor, act, target, reason)
        select $5::text, 'erase', 'erasure request ' || $1::uuid, 'classes ' || $3::smallint::integer::bit(8)::text
            || ', ' || count(*) || ' subjects'
        from added having count(*) > 0
)
select (select count(*) from added), count(*) from erasure.requests
where request_id = $1::uuid and (tenant_id, classes) <> ($2::integer, $3::smallint)

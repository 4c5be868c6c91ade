-- SPDX-License-Identifier: Apache-2.0
-- Gives subjects $1 of tenants $2 the leaves from $3 on; one that has leaves already keeps them. One
-- row per subject, as it is now: what is new, and what was there before this statement.
with asked as (
    select * from unnest($1::uuid[], $2::integer[], $3::bigint[])
        as a (subject_id, tenant_id, leaf_base)
), added as (
    insert into erasure.subjects as s (subject_id, tenant_id, leaf_base, tree)
        select subject_id, tenant_id, leaf_base, 1 from asked
    on conflict (subject_id, tenant_id) do nothing
    returning s.subject_id, s.tenant_id, s.leaf_base, s.state, s.erased_classes
)
select * from added
union all
select s.subject_id, s.tenant_id, s.leaf_base, s.state, s.erased_classes
from asked join erasure.subjects s using (subject_id, tenant_id)

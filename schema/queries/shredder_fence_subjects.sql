-- SPDX-License-Identifier: Apache-2.0
-- From here on subjects $1 of tenants $2 get no keys of classes $3; all eight mean the whole person. A
-- subject may be named by several requests.
update erasure.subjects s
set erased_classes = s.erased_classes | f.classes,
    state = case when s.erased_classes | f.classes = 255 then greatest(s.state, 2) else s.state end
from (
    select subject_id, tenant_id, bit_or(classes) as classes
    from unnest($1::uuid[], $2::integer[], $3::smallint[]) as a (subject_id, tenant_id, classes)
    group by subject_id, tenant_id
) f
where s.subject_id = f.subject_id and s.tenant_id = f.tenant_id

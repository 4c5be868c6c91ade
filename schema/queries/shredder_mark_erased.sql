-- SPDX-License-Identifier: Apache-2.0
-- The vault has forgotten classes $3 of subjects $1 of tenants $2, whatever stood here.
update erasure.subjects s
set erased_classes = s.erased_classes | e.classes,
    state = case when e.classes = 255 then 3 else s.state end
from unnest($1::uuid[], $2::integer[], $3::smallint[]) as e (subject_id, tenant_id, classes)
where s.subject_id = e.subject_id and s.tenant_id = e.tenant_id

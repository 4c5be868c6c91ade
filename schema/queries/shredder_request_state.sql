-- SPDX-License-Identifier: Apache-2.0
-- How far request $1 is: the state of the subject that is behind, the newest generation of the vault it
-- needs, lease holders acknowledged and run out, number of subjects.
select coalesce(min(r.state), 0::smallint), coalesce(max(r.generation), 0), coalesce(max(r.acked), 0),
    coalesce(max(r.expired), 0), count(*)
from erasure.requests r
where r.request_id = $1::uuid

-- SPDX-License-Identifier: Apache-2.0
-- What an earlier life of the engine left to do, oldest first. A live request with an epoch only waits
-- for others.
select r.request_id, r.subject_id, r.tenant_id, r.classes, r.state
from erasure.requests r
where r.state < 5 or (r.state = 5 and r.epoch is null)
order by r.requested_at, r.request_id, r.subject_id

-- SPDX-License-Identifier: Apache-2.0
-- Erasures are final once every holder has the vault of their generation or a later one ($2) and the
-- command epochs before theirs are gone ($1 is the oldest there is). How many became final, and how
-- many are still live only.
with finished as (
    update erasure.requests set state = 6, final_at = now()
    where state = 5 and epoch <= $1::bigint and generation <= $2::bigint
    returning 1
), open as (
    select count(*) as rows from erasure.requests where state = 5
)
select (select count(*) from finished), open.rows - (select count(*) from finished) from open

# SPDX-License-Identifier: Apache-2.0
"""What the store holds."""

from lib.checks import equal

OUTCOMES = {"1": "accepted", "2": "rejected", "3": "conflict"}


def stored_commands(database):
    """Command id: (outcome, code, stream, version, number of events)."""
    rows = database.rows("select command_id, outcome, code, stream_id, version, event_count"
                         " from store.commands")
    return {row[0]: (OUTCOMES[row[1]], row[2] or None, row[3], int(row[4]), int(row[5]))
            for row in rows}


def check_log(database):
    """Positions 1..head without a hole, versions of each stream 1..n, all events of a command of
    one transaction and in a row. Returns how many events there are."""
    count, least, most, head = database.rows(
        "select count(*), coalesce(min(position), 1), coalesce(max(position), 0),"
        " (select position from store.head) from store.events")[0]
    equal((int(count), int(least), int(most)), (int(head), 1, int(head)),
          "number of events, first and last position")
    equal(database.number(
        "select count(*) from (select stream_number, count(*) as n, min(version) as a,"
        " max(version) as z from store.events group by 1) s where a <> 1 or z <> n"), 0,
        "streams with a hole in their versions")
    equal(database.number(
        "select count(*) from (select command_id, count(*) as n, max(version) - min(version) + 1"
        " as v, max(position) - min(position) + 1 as p, count(distinct xmin::text) as x"
        " from store.events group by 1) e left join store.commands c using (command_id)"
        " where c.event_count is distinct from e.n or e.v <> e.n or e.p <> e.n or e.x <> 1"), 0,
        "commands whose events do not fit their outcome")
    return int(count)

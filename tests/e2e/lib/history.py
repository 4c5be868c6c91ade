# SPDX-License-Identifier: Apache-2.0
"""What the client was told against what the store holds."""

import json

from lib.checks import check, equal

OUTCOMES = {"1": "accepted", "2": "rejected", "3": "conflict"}


def read_journal(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def stored_commands(database):
    """Command id: (outcome, code, stream, version, number of events)."""
    rows = database.rows("select command_id, outcome, code, stream_id, version, event_count"
                         " from store.commands")
    return {row[0]: (OUTCOMES[row[1]], row[2] or None, row[3], int(row[4]), int(row[5]))
            for row in rows}


def stored_positions(database):
    """Command id: position of its last event."""
    return dict(database.rows("select command_id, max(position) from store.events group by 1"))


def check_journal(journal, commands, positions):
    """One outcome per command, the same as stored, its position that of its last event."""
    seen = set()
    for row in journal:
        check(row["id"] not in seen, f"command {row['id']} stands twice in the journal")
        seen.add(row["id"])
        check(row["outcome"] is not None, f"command {row['id']} has no outcome")
        check(row["id"] in commands, f"acknowledged command {row['id']} is not in the store")
        outcome, code, stream, version, _ = commands[row["id"]]
        equal((row["outcome"], row["code"], row["stream"], row["version"]),
              (outcome, code, stream, version), f"command {row['id']}, as told and as stored")
        equal(row["position"], int(positions.get(row["id"], 0)), f"position of {row['id']}")


def check_log(database):
    """Positions 1..head without a hole, versions of each stream 1..n, events per command."""
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


def check_journals(database, paths):
    """All journals against one reading of the store; returns the number of commands in them."""
    commands, positions = stored_commands(database), stored_positions(database)
    count = 0
    for path in paths:
        journal = read_journal(path)
        check_journal(journal, commands, positions)
        count += len(journal)
    return count

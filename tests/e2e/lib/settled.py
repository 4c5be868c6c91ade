# SPDX-License-Identifier: Apache-2.0
"""A topic of commands that is consumed to its end: what it held, and what was answered."""

import collections

from lib.checks import equal, fired, wait_for
from lib.kafka import Reader
from lib.replies import caused_by, header, read

# What only the first answer to a command knows.
FIRST_ONLY = ("replayed", "field", "detail")


def wait_consumed(service, group=None):
    """Until everything in the topic is decided and answered: the offset is committed behind that."""
    def done():
        ends = service.kafka.fetch(
            service.topic, {number: 0 for number in range(service.partitions)}, 0)[1]
        committed = service.kafka.committed(
            group or service.group, service.topic, service.partitions)
        return all(end == 0 or committed[number] == end for number, end in ends.items())
    wait_for("the topic is consumed", done)


def commands_of(service):
    """Records of the topic in the order in which they are decided, by stream: ids, copies too."""
    found = collections.defaultdict(list)
    for record in Reader(service.kafka, service.topic, service.partitions).to_end():
        found[record.key.decode()].append(header(record, "ce_id"))
    return dict(found)


def once_each(ids):
    """The first of each."""
    return list(dict.fromkeys(ids))


def answer(record):
    """The answer without what differs when it is told again, as something to compare."""
    body = read(record)
    return sorted((name, value) for name, value in body.items() if name not in FIRST_ONLY)


def answers_of(records):
    """Command id: its replies (answer, id of the reply, replayed), in the order in which they came."""
    found = collections.defaultdict(list)
    for record in records:
        found[caused_by(record)].append(
            (answer(record), header(record, "ce_id"), read(record)["replayed"]))
    return dict(found)


def check_alike(answers):
    """Each command has one answer, however often it is told, and it is decided once."""
    unlike = [command for command, told in answers.items()
              if any(one[:2] != told[0][:2] for one in told)]
    equal(unlike, [], "commands with several answers")
    fresh = [command for command, told in answers.items()
             if sum(not replayed for _, _, replayed in told) != 1]
    equal(fresh, [], "commands that were not decided exactly once")


def forget_a_receipt(service):
    """What a second effect would look like: the outcome of one ReceiveStock is lost, its event stays.
    Returns the command's id: consumed again, it takes the goods in again."""
    rows = service.database.rows(
        "delete from store.commands where command_id = (select min(command_id::text)::uuid"
        " from store.events where type = 'StockReceived') returning command_id")
    equal(len(rows), 1, "outcomes that were deleted")
    fired(True, f"the outcome of {rows[0][0]} is lost")
    return rows[0][0]

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One message in a hundred is poison, of every kind: each is a dead letter with its reason, and nothing
else is. How long the others wait meanwhile is a figure of the bench (latency.poison)."""

import collections
import signal

from poison_kinds import CARD, KINDS, Sender
from lib import runner
from lib.checks import check, equal, fired
from lib.history import check_log
from lib.kafka import Reader
from lib.replies import caused_by, header, read
from lib.service import Service

RATE = 500  # good commands a second
SHARE = 100  # of which one more is poison
EACH = 3  # of every kind


def place_of(record):
    return tuple(int(header(record, f"dead_letter_{name}")) for name in ("partition", "offset"))


def check_dead_letters(service, sender):
    """Exactly what was injected, each with its reason."""
    wanted = {(partition, offset): (name, reason)
              for partition, offset, name, reason, _ in sender.sent}
    records = Reader(service.kafka, service.dead_letters).until(
        "the dead letters", lambda found: len(found) >= len(wanted))
    equal(len(records), len(wanted), "dead letters and poisonous messages")
    for record in records:
        name, reason = wanted.pop(place_of(record))
        equal(header(record, "dead_letter_reason"), reason, f"reason of: {name}")
        check(CARD.encode() not in (record.value or b""), f"a card number is kept of: {name}")
    equal(wanted, {}, "poisonous messages without a dead letter")


def check_answers(service, sender):
    """Whoever can be told is told, with the same reason."""
    answers = {caused_by(one): read(one)
               for one in Reader(service.kafka, service.replies, service.partitions).to_end()}
    nameless = ("no id", "a header twice")
    for _, _, name, reason, command_id in sender.sent:
        if name not in nameless:
            equal((answers[command_id]["outcome"], answers[command_id]["code"]),
                  ("invalid", reason), f"answer to: {name}")


def every_kind_is_a_dead_letter(setting):
    """Among good commands, all of which are decided as if nothing had been."""
    service = Service(setting)
    command, projector = service.start_command(), service.start_projector()
    command.wait_event("partitions_claimed")
    load = service.start_load("generate", "--seconds", "1000", "--rate", str(RATE))
    service.wait_decided(RATE)
    sender = Sender(service.environment.brokers, service.topic, service.replies,
                    service.partitions, RATE / SHARE, EACH * len(KINDS))
    sender.start()
    sender.join()
    load.send(signal.SIGTERM)
    result = service.finish_load(load)
    sender.finish()
    check_dead_letters(service, sender)
    check_answers(service, sender)
    equal(service.decided(), result["commands"], "decided commands and good ones")
    equal(service.database.number("select count(*) from store.parked_streams"), 0,
          "streams parked over it")
    check_log(service.database)
    counts = collections.Counter(reason for _, _, _, reason, _ in sender.sent)
    fired(len(sender.sent) == EACH * len(KINDS),
          f"{len(sender.sent)} of {len(KINDS)} kinds among {result['commands']} good ones: "
          f"{dict(counts)}")
    command.stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(every_kind_is_a_dead_letter)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole topic a second time from its beginning: not one new event, and every command gets the
answer it got before."""

from lib import runner
from lib.checks import equal, fired
from lib.kafka import Reader
from lib.orders import CANCEL, Command, place_order
from lib.replies import caused_by, header, read
from lib.service import Service

ORDERS = 600


def send_exceptions(service):
    """Commands of every outcome; the sixth is malformed."""
    order = Command(place_order())
    sent = [
        order, Command({"reason": "customer"}, CANCEL), Command(place_order(), stream=order.stream),
        Command({"reason": "staff"}, CANCEL, stream=order.stream).add("ce_expectedversion", "7"),
        Command(place_order(2), command_id=order.id), Command(place_order(colour="red")),
        Command({"reason": "staff"}, CANCEL, stream=order.stream)]
    for command in sent:
        command.add("reply_topic", service.replies)
        service.kafka.send(service.topic, command.key, command.value, command.headers)
    return sent


def answers(records):
    """(command id, body without what only a first answer knows) of each reply, sorted: a reply has
    the same id every time."""
    found = []
    for record in records:
        body = read(record)
        for name in ("replayed", "field", "detail"):
            body.pop(name, None)
        found.append((caused_by(record), header(record, "ce_id"), sorted(body.items())))
    return sorted(found)


def consumed_again_from_the_beginning(setting):
    service = Service(setting, partitions=2)
    command, projector = service.start_command(), service.start_projector()
    reader = Reader(service.kafka, service.replies, service.partitions)
    load = service.start_load("generate", "--orders", str(ORDERS))
    result = service.finish_load(load)
    exceptions = send_exceptions(service)
    wanted = result["commands"] + len(exceptions)
    first = reader.until("all first answers", lambda found: len(found) >= wanted)
    command.stop()
    head, decided = service.head(), service.decided()

    again = service.start_command("command-again", group=f"{service.group}-again")
    second = reader.until("all second answers", lambda found: len(found) >= wanted)
    again.stop()
    equal(reader.to_end(), [], "answers too many")
    equal((service.head(), service.decided()), (head, decided), "events and outcomes afterwards")
    equal([read(record)["replayed"] for record in first].count(True), 0, "first answers replayed")
    fresh = [read(record) for record in second if not read(record)["replayed"]]
    equal(sorted(body["code"] for body in fresh), ["bad_field", "command_id_reused"],
          "second answers that are not replayed: what is never stored")
    equal(answers(second), answers(first), "answers the second time and the first")
    dead = Reader(service.kafka, service.dead_letters).to_end()
    equal([caused_by(record) or header(record, "ce_id") for record in dead],
          [exceptions[5].id] * 2, "dead letters, one each time")
    fired(decided > ORDERS, f"{wanted} commands consumed twice: {head} events before and after")
    service.check_all(load)
    projector.stop()


if __name__ == "__main__":
    runner.main(consumed_again_from_the_beginning)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the service sends is what its schemas say: replies, dead letters and epochs as they come out of
a real broker, checked by python3-jsonschema."""

import json

from lib import orders, runner
from lib.checks import Skipped, equal, wait_for
from lib.environment import ROOT
from lib.kafka import Reader
from lib.msgpack import pack
from lib.replies import header, read
from lib.service import Service
from lib.shop import Shop

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None


def schema_named(name):
    return json.loads((ROOT / "schema" / "json" / f"{name}.json").read_text(encoding="utf-8"))


def faults(name, value):
    if Draft202012Validator is None:
        raise Skipped("install python3-jsonschema")
    found = Draft202012Validator(schema_named(name)).iter_errors(value)
    return [error.message for error in found]


def check_valid(name, value):
    equal(faults(name, value), [], f"faults of {value} by {name}")


def unknown(name, record):
    """Headers of a record that a schema does not speak of."""
    return set(headers_of(record)) - set(schema_named(name)["properties"])


def headers_of(record):
    """Those that are text."""
    return {name.decode(): value.decode() for name, value in record.headers}


def sent(service):
    """Commands of each fate that can be had in one go."""
    good = orders.Command(orders.place_order(2))
    packed = orders.Command(
        command_type=orders.PLACE, content=orders.MSGPACK, value=pack(orders.place_order(1)))
    commands = [
        good, orders.Command(orders.place_order(declared_total="1.00")), packed,
        orders.Command({"reason": "staff"}, orders.CANCEL, stream=good.stream).add(
            "ce_expectedversion", "7"),
        orders.Command(orders.without(orders.place_order(), "lines")),
        orders.Command({}, "order.command.no-such-thing.v1"),
        orders.Command(orders.place_order()).add(
            "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").add(
            "ce_correlationid", orders.new_id())]
    for command in commands:
        command.add("reply_topic", service.replies)
        service.kafka.send(service.topic, command.key, command.value, command.headers)
    return commands


def replies_and_dead_letters_are_valid_by_their_schemas(setting):
    service = Service(setting, partitions=1)
    commands = sent(service)
    service.start_command()
    replies = Reader(service.kafka, service.replies).until(
        "a reply to each", lambda found: len(found) >= len(commands))
    outcomes = set()
    for record in replies:
        reply = read(record)
        outcomes.add(reply["outcome"])
        check_valid("order.reply.v1", reply)
        check_valid("headers.reply", headers_of(record))
        equal(unknown("headers.reply", record), set(), "unknown headers of a reply")
    equal(outcomes, {"accepted", "rejected", "conflict", "invalid"}, "outcomes")
    equal({header(record, "content-type") for record in replies}, {orders.JSON, orders.MSGPACK},
          "formats of replies")
    came = {name for command in commands for name, _ in command.headers}
    dead = Reader(service.kafka, service.dead_letters).until(
        "dead letters", lambda found: len(found) >= 2)
    for record in dead:
        check_valid("headers.dead-letter", headers_of(record))
        equal(unknown("headers.dead-letter", record) - came, set(), "unknown headers of a dead letter")


def commands_of_the_tests_are_valid_by_their_schemas(setting):
    """Headers that the service takes are valid headers; controls."""
    service = Service(setting, partitions=1)
    for command in sent(service):
        check_valid("headers.command", dict(command.headers))
    for wrong in (("ce_id", "1"), ("ce_specversion", "2"), ("ce_expectedversion", "-2"),
                  ("reply_topic", ".."), ("content-type", "text/plain"), ("ce_time", "today")):
        headers = dict(orders.Command({}).headers) | dict([wrong])
        equal(len(faults("headers.command", headers)), 1, f"faults of {wrong}")


def epochs_are_valid_by_their_schema(setting):
    shop = Shop(setting)
    shop.serve()
    reader = Reader(shop.kafka, shop.epochs)
    found = []
    wait_for("an epoch", lambda: found.extend(reader.poll()) or found)
    for record in found:
        check_valid("order.epoch.v1", json.loads(record.value))
        equal(record.key.decode(), str(json.loads(record.value)["epoch"]), "key of the epoch")


if __name__ == "__main__":
    runner.main(
        replies_and_dead_letters_are_valid_by_their_schemas,
        commands_of_the_tests_are_valid_by_their_schemas, epochs_are_valid_by_their_schema)

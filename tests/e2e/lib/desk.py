# SPDX-License-Identifier: Apache-2.0
"""A service with one client, who knows each reply it got; and orders whose events go missing."""

import json

from lib import programs
from lib.checks import equal, wait_for
from lib.kafka import Reader
from lib.orders import CANCEL_LINES, Command, place_order
from lib.replies import caused_by, read
from lib.service import Service

REASON = "ticket 4711: looked at"
ATTEMPTS = 3


class Desk:
    """A service, its commands and its replies."""

    def __init__(self, setting, partitions=1):
        self.service = Service(setting, partitions=partitions)
        self.reader = Reader(self.service.kafka, self.service.replies)
        self.replies = []

    def start(self, **changes):
        command = self.service.start_command(**changes)
        command.wait_event("partitions_claimed")
        return command

    def send(self, *commands, partition=0):
        for command in commands:
            if "reply_topic" not in dict(command.headers):
                command.add("reply_topic", self.service.replies).add("reply_partition", "0")
            self.service.kafka.send(
                self.service.topic, command.key, command.value, command.headers, partition)

    def answers(self, command, count=1):
        """The first `count` replies to a command, in the order they came."""
        def probe():
            self.replies += self.reader.poll()
            found = [read(one) for one in self.replies if caused_by(one) == command.id]
            return found if len(found) >= count else None
        return wait_for(f"{count} replies to {command.id}", probe)

    def outcomes(self, command, count=1):
        return [(one["outcome"], one.get("code")) for one in self.answers(command, count)]

    def dead_letters(self):
        return Reader(self.service.kafka, self.service.dead_letters).to_end()

    def run(self, *words, code=0, database=None):
        """A verb of order-command: its output."""
        where = database or self.service.database.conninfo("order_command")
        done = programs.run(
            [self.service.environment.program("order-command"), *words, "--database", where],
            self.service.variables)
        equal(done.code, code, f"exit code of {' '.join(words)} ({done.text.strip()})")
        return done.out if code == 0 else done.err

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def parked(self):
        return self.json("parked", "list")["streams"]

    def queue(self, order):
        return [one["command_id"] for one in self.json("parked", "show", order.stream)["queue"]]

    def count(self, table, where="true"):
        return self.service.database.number(f"select count(*) from {table} where {where}")

    def wait_free(self):
        wait_for("no stream is parked", lambda: self.count("store.parked_streams") == 0)


def cancel(order, number):
    """One piece of the line of this number."""
    return Command({"lines": [{"line_no": number, "qty": 1}], "reason": "customer"}, CANCEL_LINES,
                   stream=order.stream)


def placed_order(desk):
    """An order of three lines, in the store; the program that placed it has stopped."""
    order = Command(place_order(3))
    command = desk.start()
    desk.send(order)
    equal(desk.outcomes(order), [("accepted", None)], "the order")
    command.stop()
    return order


def damage(desk, order):
    """Its only event is gone, as after a repair by hand that went wrong."""
    desk.service.database.rows(
        "set session_replication_role = replica;"
        f" create table public.saved as select * from store.events where stream_id = '{order.stream}';"
        f" delete from store.events where stream_id = '{order.stream}'")


def repair(desk):
    desk.service.database.rows("insert into store.events select * from public.saved")

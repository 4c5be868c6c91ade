#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole topic a second time from its beginning: not one new event, and every command gets the
answer it got before."""

import csv
import signal

from lib import history, runner
from lib.checks import check, equal, fired
from lib.kafka import Reader
from lib.orders import CANCEL, Command, place_order
from lib.replies import caused_by, header, read
from lib.service import Service
from lib.settled import answers_of, check_alike, commands_of, forget_a_receipt, wait_consumed
from lib.town import Town, said

ORDERS = 600
MIXED = 1500    # commands
DAY = 24        # orders that live a whole life
ARTICLES = 12
TOO_MUCH, PARTLY = 13, 7  # numbers of orders
MOST_QTY = 600_000        # of a line; there are 1,000,000 of an article


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


def write_day(setting):
    """A retail file of one small day: some orders hold an article twice. One of them wants more of it
    than there is, and another nothing but that: the warehouse has room for either line of both."""
    path = setting.folder / "day.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate",
                       "UnitPrice", "CustomerID", "Country"])
        for number in range(DAY):
            for line in range(1 + number % 4):
                article = 0 if number == TOO_MUCH else number * 5 + line // 2
                code = f"2{article % ARTICLES:04}"
                qty = MOST_QTY if number in (TOO_MUCH, PARTLY) else 1 + (number + line) % 5
                rows.writerow([str(536365 + number), code, "MUG", str(qty), "2010-12-01 08:26:00",
                               "2.55", str(17850 + number % 5) + ".0", "United Kingdom"])
    return path


def live(town, setting):
    """A mixed load and whole lives at the same time; the load's journal."""
    sides = town.start_sides()
    shop = town.start("shop", write_day(setting), "--close-after", "3")
    load = town.start_load("mixed", "--commands", str(MIXED))
    result = town.service.finish_load(load)
    equal(result["unexpected"], 0, "unexpected answers")
    equal(shop.wait(100), 0, f"exit code of the shop: {shop.log()[-1500:]}")
    for side in sides:
        side.stop(signal.SIGTERM)
    ends = said(shop)["ends"]
    check(ends.get("closed", 0) > 0 and any("return" in end for end in ends), f"how they ended: {ends}")
    fired(any(end.startswith("cancelled") for end in ends), f"{MIXED} commands of a mix, and {ends}")
    return load


class Repetition:
    """The topic, consumed by one group after the other; the replies of each."""

    def __init__(self, town):
        self.town = town
        self.service = town.service
        topics = [self.service.replies, *(f"{self.service.replies}.{name}" for name in town.producers)]
        self.readers = [
            Reader(self.service.kafka, topic, self.service.partitions if number == 0 else 1)
            for number, topic in enumerate(topics)]

    def replies(self):
        return [record for reader in self.readers for record in reader.to_end()]

    def consume(self, name):
        """By a group of this name: answers by command."""
        group = f"{self.service.group}-{name}"
        worker = self.town.work(f"command-{name}", group=group)
        wait_consumed(self.service, group)
        worker.stop()
        return answers_of(self.replies())


def stored(service):
    return history.stored_commands(service.database)


def fresh(answers):
    return [command for command, told in answers.items()
            if not all(replayed for _, _, replayed in told)]


def whole_lives_consumed_again(setting):
    """Producers that sign, several reply topics, deadlines that are over by now. In the end one outcome
    is lost: the test would see a second effect."""
    town = Town(setting, partitions=2)
    projector = town.service.start_projector()
    worker = town.work("command")
    load = live(town, setting)
    wait_consumed(town.service)
    worker.stop()
    again = Repetition(town)
    first = answers_of(again.replies())
    check_alike(first)
    sent = {command for ids in commands_of(town.service).values() for command in ids}
    equal(set(first), sent, "commands with a reply")
    before = town.service.head(), stored(town.service)
    town.service.check_all(load)

    second = again.consume("again")
    equal((town.service.head(), stored(town.service)), before, "events and outcomes afterwards")
    equal(fresh(second), [], "answers of the second time that are not replayed")
    equal({command: told[0][:2] for command, told in second.items()},
          {command: told[0][:2] for command, told in first.items()}, "answers")
    equal(Reader(town.service.kafka, town.service.dead_letters).to_end(), [], "dead letters")
    fired(len(sent) > MIXED, f"{len(sent)} commands consumed twice: {before[0]} events both times")
    projector.stop()

    lost = forget_a_receipt(town.service)
    third = again.consume("with-a-loss")
    equal(town.service.head(), before[0] + 1, "events after one outcome was lost")
    equal(fresh(third), [lost], "commands that were decided again")


if __name__ == "__main__":
    runner.main(consumed_again_from_the_beginning, whole_lives_consumed_again)

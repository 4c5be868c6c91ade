#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nobody is sold what is not there: an order that holds an article in two lines, of which there is enough
for one; and many orders that want the same article at the same moment, through two workers that do not
know of each other. Everything goes by commands, as warehouse, shop and payment provider would send
them."""

import signal
import sys

from lib import environment, runner
from lib.checks import check, equal, fired, wait_for
from lib.kafka import Reader
from lib.orders import Command, line, new_id, place_order, stock_stream
from lib.replies import caused_by, read
from lib.service import Service

sys.path.insert(1, str(environment.ROOT / "tests" / "checker"))
import event_read  # noqa: E402  pylint: disable=wrong-import-position,import-error

ACCEPTED = ("accepted", None)
SHORT = ("rejected", "insufficient_stock")
QTY = 2  # of each of the two lines of an order
ORDERS, BATCH = 200, 2


class Counter:
    """Somebody who sends commands and keeps the answers."""

    def __init__(self, service):
        self.service = service
        self.reader = Reader(service.kafka, service.replies, service.partitions)
        self.told = {}
        self.sent = {}

    def send(self, kind, stream, body, partition=None):
        family = "stock" if kind in ("receive-stock", "reserve-stock") else "order"
        command = Command(body, f"{family}.command.{kind}.v1", stream)
        command.add("reply_topic", self.service.replies)
        if partition is None:
            partition = sum(command.key) % self.service.partitions
        self.sent[command.id] = (command.key, command.value, command.headers, partition)
        self._put(command.id)
        return command.id

    def _put(self, command):
        self.service.kafka.send(self.service.topic, *self.sent[command])

    def answers(self, ids):
        """(outcome, code) of each. Who is told to come again does so, with the same id."""
        def all_there():
            for record in self.reader.poll(50):
                body = read(record)
                if body["outcome"] == "unavailable":
                    self._put(caused_by(record))
                else:
                    self.told[caused_by(record)] = (body["outcome"], body.get("code"))
            return all(command in self.told for command in ids)
        wait_for(f"replies to {len(ids)} commands", all_there)
        return [self.told[command] for command in ids]

    # ---- what the sides say ----

    def place(self, sku, *quantities):
        """An order that holds the article in several lines; its id."""
        order = new_id()
        total = sum(quantities) * 150
        body = place_order(lines=[line(number, sku=sku, qty=qty)
                                  for number, qty in enumerate(quantities, 1)],
                           declared_total=f"{total // 100}.{total % 100:02}")
        return self.send("place-order", order, body), order

    def receive(self, sku, qty):
        return self.send("receive-stock", stock_stream(sku),
                         {"sku": sku, "qty": qty, "cause": "purchase"})

    def reserve(self, sku, order, qty, partition=None):
        return self.send("reserve-stock", stock_stream(sku),
                         {"sku": sku, "order_id": order, "qty": qty, "ttl": 3600}, partition)

    def record(self, sku, order, qty, answer):
        body = {"sku": sku, "qty": qty, "outcome": "reserved" if answer == ACCEPTED else "refused"}
        if answer != ACCEPTED:
            body["code"] = answer[1]
        return self.send("record-reservation", order, body)

    def pay(self, order, amount):
        return self.send("record-payment-result", order, {
            "payment_id": new_id(), "op": "authorize", "outcome": "ok", "amount": amount,
            "currency": "GBP", "provider": "e2e", "provider_ref": new_id()})

    def ship(self, order, *quantities):
        return self.send("ship-lines", order, {
            "shipment_id": new_id(), "carrier": "e2e", "shipped_at": "2025-01-03T03:04:05Z",
            "lines": [{"line_no": n, "qty": qty} for n, qty in enumerate(quantities, 1)]})

    def wants(self, command, answer, what):
        equal(self.answers([command])[0], answer, what)


def types(service, stream):
    return [row[0] for row in service.database.rows(
        f"select type from store.events where stream_id = '{stream}' order by version")]


def read_stock(service, sku):
    """Every event of the article: at each of them, what is reserved is there. The units reserved for
    each order."""
    rows = service.database.rows(
        "select type, schema_version, encode(payload, 'hex') from store.events"
        f" where stream_id = '{stock_stream(sku)}' order by version")
    on_hand = reserved = 0
    orders = {}
    for kind, version, payload in rows:
        fields = event_read.decode(event_read.Event(
            *[None] * 6, kind, int(version), None, None, bytes.fromhex(payload), b"", ""))
        if kind == "StockReceived":
            on_hand += fields["qty"]
        else:
            equal(kind, "StockReserved", "an event of the article")
            reserved += fields["qty"]
            order = fields["order_id"].hex()
            check(order not in orders, f"order {order} has two reservations")
            orders[order] = fields["qty"]
        equal((fields["on_hand"], fields["reserved"]), (on_hand, reserved), "sums that an event says")
        check(0 <= reserved <= on_hand, f"{reserved} reserved of {on_hand}")
    return orders


def begin(setting, partitions=1):
    service = Service(setting, partitions=partitions)
    return service, service.start_projector(), Counter(service)


def stock_for_one_of_two_lines(setting):
    """Asked for with the sum of both lines: refused as a whole, until the order wants less."""
    service, projector, counter = begin(setting)
    worker = service.start_command()
    counter.wants(counter.receive("TWICE", QTY), ACCEPTED, "goods")
    placed, order = counter.place("TWICE", QTY, QTY)
    counter.wants(placed, ACCEPTED, "the order")
    counter.wants(counter.reserve("TWICE", order, 2 * QTY), SHORT, "units for both lines")
    counter.wants(counter.record("TWICE", order, 2 * QTY, SHORT), ACCEPTED, "the refusal")
    counter.wants(counter.pay(order, "6.00"), ACCEPTED, "money for both lines")
    equal(types(service, order), ["OrderPlaced", "LineReservationRefused", "PaymentAuthorized"],
          "events of the order: it is not confirmed")
    equal(counter.answers([counter.ship(order, QTY)])[0][0], "rejected", "a shipment")

    cancel = counter.send("cancel-lines", order, {
        "lines": [{"line_no": 2, "qty": QTY}], "reason": "inventory"})
    counter.wants(cancel, ACCEPTED, "one line less")
    answer = counter.answers([counter.reserve("TWICE", order, QTY)])[0]
    equal(answer, ACCEPTED, "units for the line that is left")
    counter.wants(counter.record("TWICE", order, QTY, answer), ACCEPTED, "the reservation")
    equal(types(service, order)[-3:], ["LinesCancelled", "LineReserved", "OrderConfirmed"],
          "last events of the order")
    counter.wants(counter.reserve("TWICE", new_id(), 1), SHORT, "a unit for somebody else")
    equal(read_stock(service, "TWICE"), {order.replace("-", ""): QTY}, "units reserved")
    fired(True, f"{QTY} units, wanted by both lines of an order")
    service.check_all()
    equal(service.database.rows(
        "select on_hand, reserved, available from read_v1.stock where sku = 'TWICE'"),
        [[str(QTY), str(QTY), "0"]], "stock in the read model")
    worker.stop()
    projector.stop()


def asked_for_line_by_line(setting):
    """The trap: the second line is told of the reservation of the first, which looks like a second one.
    The order does not take it for that: it is neither reserved nor confirmed nor shipped."""
    service, projector, counter = begin(setting)
    worker = service.start_command()
    counter.wants(counter.receive("TRAP", QTY), ACCEPTED, "goods")
    placed, order = counter.place("TRAP", QTY, QTY)
    counter.wants(placed, ACCEPTED, "the order")
    both = counter.answers([counter.reserve("TRAP", order, QTY) for _ in (1, 2)])
    fired(both == [ACCEPTED, ACCEPTED], f"two lines were told that {QTY} of {QTY} units are theirs")
    for number in (1, 2):
        counter.wants(counter.record("TRAP", order, QTY, ACCEPTED), SHORT, f"line {number} reserved")
    counter.wants(counter.pay(order, "6.00"), ACCEPTED, "money for both lines")
    equal(counter.answers([counter.ship(order, QTY, QTY)])[0][0], "rejected", "a shipment")
    equal(types(service, order), ["OrderPlaced", "PaymentAuthorized"], "events of the order")
    equal(read_stock(service, "TRAP"), {order.replace("-", ""): QTY}, "units reserved")
    counter.wants(counter.reserve("TRAP", order, QTY + 1), ("rejected", "already_exists"),
                  "another number of units for the same order")
    service.check_all()
    worker.stop()
    projector.stop()


# ---- many orders, one article, two workers ----


def start_two(service):
    """Workers that have a partition each."""
    workers = [service.start_command(name, batch=str(BATCH)) for name in ("one", "other")]

    def owners():
        return service.database.number(
            "select count(distinct owner) from store.claims where not clean")
    wait_for("both workers have a partition", lambda: owners() == 2)
    return workers


def race(service, counter, workers, orders):
    """All reservations are there before anybody looks, half of them in the partition of the other
    worker: two writers of one stream. Returns the answers."""
    for worker in workers:
        worker.send(signal.SIGSTOP)
    ids = [counter.reserve("RACE", order, sum(quantities), number % 2)
           for number, (order, quantities) in enumerate(orders.items())]
    for worker in workers:
        worker.send(signal.SIGCONT)
    return dict(zip(orders, counter.answers(ids)))


def by_both(service, orders):
    """How often the next reservation was not the same worker's."""
    partition = {order.replace("-", ""): number % 2 for number, order in enumerate(orders)}
    turns = [partition[order] for order in read_stock(service, "RACE")]
    return sum(a != b for a, b in zip(turns, turns[1:]))


def many_orders_for_one_article(setting):
    service, projector, counter = begin(setting, partitions=2)
    workers = start_two(service)
    quantities = [(setting.random.randint(1, 3), setting.random.randint(1, 3))
                  for _ in range(ORDERS)]
    stock = sum(map(sum, quantities)) // 2
    placed = [counter.place("RACE", *both) for both in quantities]
    ids = [command for command, _ in placed] + [counter.receive("RACE", stock)]
    equal(set(counter.answers(ids)), {ACCEPTED}, "orders and goods")
    orders = dict(zip((order for _, order in placed), quantities))
    answers = race(service, counter, workers, orders)

    equal(set(answers.values()), {ACCEPTED, SHORT}, "answers to the reservations")
    won = {order: sum(orders[order]) for order, answer in answers.items() if answer == ACCEPTED}
    left = stock - sum(won.values())
    check(left >= 0, f"{-left} units are sold that are not there")
    unjust = [order for order in orders if order not in won and sum(orders[order]) <= left]
    equal(unjust, [], "orders that were refused although there was enough")
    equal(read_stock(service, "RACE"), {order.replace("-", ""): qty for order, qty in won.items()},
          "units reserved, by the log")
    turns = by_both(service, orders)
    fired(turns > 1, f"{len(won)} of {ORDERS} orders got {stock - left} of {stock} units, the workers "
                     f"took turns {turns} times")

    told = [counter.record("RACE", order, sum(orders[order]), answer)
            for order, answer in answers.items()]
    told += [counter.pay(order, f"{sum(both) * 3 / 2:.2f}") for order, both in orders.items()]
    equal(set(counter.answers(told)), {ACCEPTED}, "what became of the reservations, and payments")
    confirmed = service.database.rows(
        "select stream_id from store.events where type = 'OrderConfirmed'")
    equal(sorted(row[0] for row in confirmed), sorted(won), "orders that are confirmed")
    service.check_all()
    for worker in workers:
        worker.stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(stock_for_one_of_two_lines, asked_for_line_by_line, many_orders_for_one_article)

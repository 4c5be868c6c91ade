#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A shop by script: orders go through their whole life, together with warehouse.py and payments.py.
The three are programs of their own that talk Kafka only; start the other two first.

An order is placed, its goods are reserved, its money is authorised; what cannot be had is cancelled.
Then it is shipped, paid, delivered, some units come back and are refunded, and it is closed. Prints how
the orders ended (JSON).

Exit status: 0 each order came to an end that its script allows, 1 one did not, 2 wrong usage, 4 Kafka
does not answer.
"""
import collections
import json
import pathlib
import sys
import time

import bus
import orders
import simulator

RETURNED = 10        # percent of delivered orders
MOST_ATTEMPTS = 3    # to pay
IN_HAND = 40         # orders under way at once
PATIENCE = 120       # seconds without any progress
CLOSE_AGAIN = 0.5    # seconds, while the time for returns is not over
FINE = ("closed", "cancelled", "never delivered")  # how an end may begin


class Shop:
    """Leads each order through its life: what comes next is decided when the last step was told."""

    def __init__(self, connection, wanted, close_after):
        self.bus = connection
        self.waiting = collections.deque(wanted)
        self.orders = {}
        self.closing = collections.deque()
        self.close_after = close_after
        self.progress = time.monotonic()
        for kind in ("reserve_done", "authorise_done", "capture_done", "refund_done",
                     "shipped", "ship_failed", "delivered", "lost", "took_back"):
            connection.on(kind, lambda m, k=kind: self.step(k, m))

    def step(self, kind, message):
        self.progress = time.monotonic()
        getattr(self, kind)(self.orders[message["order"]], message)

    def under_way(self):
        return sum(order.end is None for order in self.orders.values())

    def command(self, kind, order, body, what, then):
        def answered(reply):
            self.progress = time.monotonic()
            if reply["outcome"] == "accepted":
                then(reply)
            else:
                self.finish(order, f"{kind}: {reply.get('code', reply['outcome'])}")
        self.bus.command(kind, order.id, body, what, answered)

    def finish(self, order, how):
        order.end = how

    # ---- placing ----

    def place_next(self):
        while self.waiting and self.under_way() - len(self.closing) < IN_HAND:
            order = self.waiting.popleft()
            self.orders[order.id] = order
            self.command("place-order", order, order.body(), "", lambda _, o=order: self.placed(o))

    def placed(self, order):
        self.bus.post("warehouse", kind="reserve", order=order.id, items=order.items())

    def reserve_done(self, order, message):
        order.refused = set(message["refused"])
        order.reserved = {s: q for s, q in order.items().items() if s not in order.refused}
        if not order.refused:
            self.authorise(order)
        elif order.reserved:
            lines = [{"line_no": n, "qty": q} for n, s, q, _ in order.lines if s in order.refused]
            self.command("cancel-lines", order, {"lines": lines, "reason": "inventory"}, "refused",
                         lambda _: self.authorise(order))
        else:
            self.cancel(order, "inventory")

    def authorise(self, order, attempt=1):
        self.pay(order, "authorise", order.due(), attempt=attempt)

    def pay(self, order, kind, amount, **more):
        self.bus.post("payments", kind=kind, order=order.id, amount=str(amount), currency="GBP",
                      answer_to="shop", **more)

    def authorise_done(self, order, message):
        if message["outcome"] == "ok":
            lines = [(n, s, q) for n, s, q, _ in order.kept_lines()]
            self.bus.post("warehouse", kind="ship", order=order.id, lines=lines)
        elif message["attempt"] < MOST_ATTEMPTS:
            self.authorise(order, message["attempt"] + 1)
        else:
            self.cancel(order, "declined")

    def cancel(self, order, reason):
        def done(_):
            if order.reserved:
                self.bus.post("warehouse", kind="release", order=order.id, items=order.reserved,
                              cause="cancelled")
            self.finish(order, f"cancelled: {reason}")
        self.command("cancel-order", order, {"reason": reason}, reason, done)

    # ---- after confirmation ----

    def shipped(self, order, _message):
        """The whole amount is taken when the first part leaves."""
        if not order.shipped:
            order.shipped = True
            self.pay(order, "capture", order.due())

    def ship_failed(self, order, message):
        self.finish(order, f"not shipped: {message['code']}")

    def capture_done(self, order, message):
        if message["outcome"] != "ok":
            self.finish(order, f"not captured: {message['outcome']}")

    def lost(self, order, _message):
        self.finish(order, "never delivered")

    def delivered(self, order, _message):
        if simulator.percent("return", order.id) < RETURNED:
            self.request_return(order)
        else:
            self.close_later(order, self.close_after)

    def request_return(self, order):
        number, sku, qty, _ = order.kept_lines()[0]
        order.returned = (number, sku, (qty + 1) // 2)
        return_id = bus.derived("return", order.id)
        self.command(
            "request-return", order,
            {"return_id": return_id,
             "lines": [{"line_no": number, "qty": order.returned[2], "reason": "unwanted"}]}, "",
            lambda _: self.bus.post(
                "warehouse", kind="take_back", order=order.id, line_no=number, sku=sku,
                qty=order.returned[2], **{"return": return_id}))

    def took_back(self, order, message):
        if not message["ok"]:
            self.finish(order, "not taken back")
            return
        number, _, qty = order.returned
        price = next(p for n, _, _, p in order.lines if n == number)
        refund_id = bus.derived("refund", order.id)
        self.command(
            "request-refund", order,
            {"refund_id": refund_id, "lines": [{"line_no": number, "qty": qty}],
             "reason": "returned"}, "",
            lambda _: self.pay(order, "refund", price * qty, refund=refund_id))
        order.refunded = price * qty

    def refund_done(self, order, message):
        if message["outcome"] == "ok":
            self.close_later(order, self.close_after)
        else:
            self.finish(order, f"not refunded: {message['outcome']}")

    # ---- closing: when the time for returns is over ----

    def close_later(self, order, seconds, attempt=1):
        self.closing.append((time.monotonic() + seconds, order, attempt))

    def close_due(self):
        for _ in range(len(self.closing)):
            when, order, attempt = self.closing.popleft()
            if when <= time.monotonic():
                self.close(order, attempt)
            else:
                self.closing.append((when, order, attempt))

    def close(self, order, attempt):
        """The service knows best whether the time is over: another command asks again."""
        def answered(reply):
            self.progress = time.monotonic()
            if reply["outcome"] == "accepted":
                self.finish(order, "closed, with a return" if order.returned else "closed")
            elif reply.get("code") == "deadline_not_reached" and attempt * CLOSE_AGAIN < PATIENCE:
                self.close_later(order, CLOSE_AGAIN, attempt + 1)
            else:
                self.finish(order, f"close-order: {reply.get('code', reply['outcome'])}")
        self.bus.command("close-order", order.id, {}, str(attempt), answered)

    # ---- all of it ----

    def run(self, show):
        """Until each order has ended; False: nothing has moved for too long."""
        while self.waiting or self.under_way():
            self.place_next()
            self.close_due()
            self.bus.poll()
            show(self)
            if self.closing:
                self.progress = time.monotonic()
            if time.monotonic() - self.progress > PATIENCE:
                return False
        return True

    def ends(self):
        return collections.Counter(order.end or "unfinished" for order in self.orders.values())

    def stages(self):
        """How many orders have come how far, in few words."""
        placed = list(self.orders.values())
        return (f"{len(placed)} placed, {sum(o.shipped for o in placed)} shipped,"
                f" {sum(o.end is not None for o in placed)} ended")


def parse():
    parser = simulator.parser()
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", metavar="FILE.csv[.xz]",
                        help="real orders, as docs/retail-data.md describes them")
    source.add_argument("--made-up", type=int, metavar="N", help="N orders of the same shape")
    parser.add_argument("--days", type=int, default=1, metavar="N",
                        help="of the file, from its first one (default 1)")
    parser.add_argument("--close-after", type=float, default=3.0, metavar="SECONDS",
                        help="after the last delivery or refund (default 3): the tenant's"
                        " return-window must be over then, or soon")
    parser.add_argument("--progress", action="store_true", help="say on stderr how far it is")
    parser.add_argument("--json", metavar="FILE", help="write how each order ended to FILE")
    return simulator.read(parser)


def wanted_orders(found):
    if found.made_up is not None:
        return list(orders.made_up(found.made_up))
    try:
        return list(orders.of_file(found.file, found.days))
    except (OSError, ValueError, EOFError, StopIteration) as problem:
        raise simulator.Usage(f"{found.file}: {problem or 'not a file of orders'}") from problem


def work(found):
    wanted = wanted_orders(found)
    if not wanted:
        raise simulator.Usage("there is no order to place")
    connection = simulator.connect("shop", found)
    shop = Shop(connection, wanted, found.close_after)
    began = time.monotonic()
    finished = shop.run(simulator.Progress(found.progress, len(wanted)))
    connection.drain()  # a release may be under way
    ends = shop.ends()
    simulator.print_counts("shop", connection)
    result = {"orders": len(shop.orders), "ends": dict(sorted(ends.items())),
              "seconds": round(time.monotonic() - began, 2)}
    print(json.dumps(result), flush=True)
    if found.json:
        result["books"] = [order.books() for order in shop.orders.values()]
        pathlib.Path(found.json).write_text(json.dumps(result) + "\n", encoding="utf-8")
    connection.close()
    return 0 if finished and all(end.startswith(FINE) for end in ends) else 1


if __name__ == "__main__":
    sys.exit(simulator.main("shop", work, parse()))

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A shop by script: real orders of a retail file go through their whole life, together with
warehouse.py and payments.py. The three are programs of their own that talk Kafka only.

usage: shop.py FILE.csv[.xz] [--days N] [--close-after SECONDS] --brokers HOST:PORT
       [--producer NAME --producer-key FILE] [--topic NAME]

An order is placed, its goods are reserved, its money is authorised; what cannot be had is cancelled.
Then it is shipped, paid, delivered, some units come back and are refunded, and it is closed. Prints how
the orders ended (JSON). Exit status 0: each came to an end that its script allows.
"""
import argparse
import collections
import json
import pathlib
import signal
import sys
import time
from decimal import Decimal

import bus
import simulator

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "checker"))
import retail_expect as retail  # noqa: E402  pylint: disable=wrong-import-position

RETURNED = 10        # percent of delivered orders
MOST_ATTEMPTS = 3    # to pay
IN_HAND = 40         # orders under way at once
PATIENCE = 120       # seconds without any progress
VAT = 200_000


class Order:
    """One order and where it stands."""

    def __init__(self, invoice, rows):
        products = [r for r in rows if retail.kind_of_code(r.code) == "product"]
        self.id = bus.derived("order", "lifecycle", invoice)
        self.invoice = invoice
        self.lines = [(n, r.code, r.qty, r.price) for n, r in enumerate(products, 1)]
        self.shipping = sum(
            (r.price * r.qty for r in rows if retail.kind_of_code(r.code) == "shipping"), Decimal(0))
        self.customer = bus.derived("customer", rows[0].customer or f"guest {invoice}")
        self.country = retail.COUNTRIES[rows[0].country]
        self.placed_at = rows[0].time.replace(" ", "T") + "Z"
        self.end = None
        self.refused = set()
        self.reserved = {}
        self.shipped = False
        self.returned = None

    def items(self, skus=None):
        """Units per article, over all lines."""
        found = collections.Counter()
        for _, sku, qty, _ in self.lines:
            if skus is None or sku in skus:
                found[sku] += qty
        return dict(found)

    def body(self):
        tax = VAT if self.country == "GB" else 0
        total = self.shipping + sum(q * p for _, _, q, p in self.lines)
        body = {
            "customer_id": self.customer, "channel": "web", "currency": "GBP",
            "prices_include_tax": True, "ship_country": self.country,
            "lines": [{"line_no": n, "sku": s, "qty": q, "unit_price": str(p), "tax_ppm": tax}
                      for n, s, q, p in self.lines],
            "declared_total": str(total), "placed_at": self.placed_at, "source_ref": self.invoice}
        if self.shipping:
            body["shipping"] = {"method": "post", "amount": str(self.shipping), "tax_ppm": tax}
        return body

    def kept_lines(self):
        return [line for line in self.lines if line[1] not in self.refused]

    def due(self):
        return self.shipping + sum(q * p for _, _, q, p in self.kept_lines())


class Shop:
    """Leads each order through its life: what comes next is decided when the last step was told."""

    def __init__(self, connection, orders, close_after):
        self.bus = connection
        self.waiting = collections.deque(orders)
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
            self.close_later(order)

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

    def took_back(self, order, _message):
        number, _, qty = order.returned
        price = next(p for n, _, _, p in order.lines if n == number)
        refund_id = bus.derived("refund", order.id)
        self.command(
            "request-refund", order,
            {"refund_id": refund_id, "lines": [{"line_no": number, "qty": qty}],
             "reason": "returned"}, "",
            lambda _: self.pay(order, "refund", price * qty, refund=refund_id))

    def refund_done(self, order, message):
        if message["outcome"] == "ok":
            self.close_later(order)
        else:
            self.finish(order, f"not refunded: {message['outcome']}")

    # ---- closing: when the time for returns is over ----

    def close_later(self, order):
        self.closing.append((time.monotonic() + self.close_after, order))

    def close_due(self):
        while self.closing and self.closing[0][0] <= time.monotonic():
            _, order = self.closing.popleft()
            how = "closed, with a return" if order.returned else "closed"
            self.command("close-order", order, {}, "", lambda _, o=order, h=how: self.finish(o, h))

    def run(self):
        while self.waiting or self.closing or self.under_way():
            self.place_next()
            self.close_due()
            self.bus.poll()
            if self.closing:
                self.progress = time.monotonic()
            if time.monotonic() - self.progress > PATIENCE:
                return False
        while self.bus.waiting:  # a release may be under way
            self.bus.poll()
        return True


def read_orders(path, days):
    """Goods orders of the file: with product lines, and a price on each."""
    for invoice, rows in retail.invoices(retail.read_rows(path, days)).items():
        products = [r for r in rows if retail.kind_of_code(r.code) == "product"]
        if products and all(r.qty > 0 and r.price > 0 and r.price.as_tuple().exponent >= -2
                            for r in products) and invoice.isdigit():
            yield Order(invoice, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--close-after", type=float, default=3.0)
    found = simulator.options(parser)
    signal.signal(signal.SIGTERM, simulator.stop)
    connection = simulator.connect("shop", found)
    shop = Shop(connection, read_orders(found.file, found.days), found.close_after)
    finished = shop.run()
    ends = collections.Counter(order.end or "unfinished" for order in shop.orders.values())
    simulator.print_counts("shop", connection)
    print(json.dumps({"orders": len(shop.orders), "ends": dict(sorted(ends.items()))}), flush=True)
    connection.close()
    expected = ("closed", "cancelled", "never delivered")
    return 0 if finished and all(end.startswith(expected) for end in ends) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A warehouse by script: takes goods in, reserves them for orders, ships, delivers, takes returns.

Runs until it is told to stop (SIGTERM); then prints what it did.
"""
import sys

import bus
import simulator

SCARCE = 3          # percent of articles of which there are but a few
SCARCE_QTY, AMPLE_QTY = 40, 1_000_000
IN_TWO_PARTS = 20   # percent of orders
NEVER_DELIVERED = 2
TTL = 3600


def stock_stream(sku):
    return bus.derived("main", sku)


class Warehouse:
    """kind reserve, release, ship, take_back: {order, …} from the shop. Each article is one stream,
    each order another: what the one answers is told to the other."""

    def __init__(self, connection):
        self.bus = connection
        self.known = set()   # articles that have come in
        self.pending = {}    # order: replies that are still to come, and what they said
        for kind in ("reserve", "release", "ship", "take_back"):
            connection.on(kind, getattr(self, kind))

    def tell(self, kind, order, **more):
        self.bus.post("shop", kind=kind, order=order, **more)

    # ---- reservations: the sum of an order's lines per article, never line by line ----

    def reserve(self, message):
        order = message["order"]
        self.pending[order] = {"left": len(message["items"]), "refused": []}
        for sku, qty in message["items"].items():
            self.receive_once(sku)
            self.bus.command(
                "stock:reserve-stock", stock_stream(sku),
                {"sku": sku, "order_id": order, "qty": qty, "ttl": TTL}, order,
                lambda reply, s=sku, q=qty: self.reserved(order, s, q, reply))

    def receive_once(self, sku):
        if sku in self.known:
            return
        self.known.add(sku)
        scarce = simulator.percent("stock", sku) < SCARCE
        self.bus.command(
            "stock:receive-stock", stock_stream(sku),
            {"sku": sku, "qty": SCARCE_QTY if scarce else AMPLE_QTY, "cause": "purchase"}, "first",
            lambda reply: None)

    def reserved(self, order, sku, qty, reply):
        ok = reply["outcome"] == "accepted"
        body = {"sku": sku, "outcome": "reserved" if ok else "refused", "qty": qty}
        if not ok:
            body["code"] = reply["code"]
            self.pending[order]["refused"].append(sku)
        self.bus.command(
            "record-reservation", order, body, sku, lambda _: self.count_reserved(order))

    def count_reserved(self, order):
        pending = self.pending[order]
        pending["left"] -= 1
        if pending["left"] == 0:
            self.tell("reserve_done", order, refused=pending["refused"])

    def release(self, message):
        """Of an order that will not be."""
        for sku, qty in message["items"].items():
            self.bus.command(
                "stock:release-reservation", stock_stream(sku),
                {"sku": sku, "order_id": message["order"], "qty": qty, "cause": message["cause"]},
                message["order"], lambda reply: None)

    # ---- shipments ----

    def ship(self, message):
        order, lines = message["order"], message["lines"]
        parts = [lines]
        if len(lines) > 1 and simulator.percent("parts", order) < IN_TWO_PARTS:
            parts = [lines[:len(lines) // 2], lines[len(lines) // 2:]]
        self.pending[order] = {"left": len(parts)}
        for number, part in enumerate(parts):
            shipment = bus.derived("shipment", order, str(number))
            self.bus.command(
                "ship-lines", order,
                {"shipment_id": shipment, "carrier": "scripted",
                 "lines": [{"line_no": n, "qty": q} for n, _, q in part],
                 "shipped_at": bus.now()}, shipment,
                lambda reply, s=shipment, p=part: self.shipped(order, s, p, reply))

    def shipped(self, order, shipment, lines, reply):
        if reply["outcome"] != "accepted":
            self.tell("ship_failed", order, code=reply.get("code"))
            return
        self.tell("shipped", order)
        items = {}
        for _, sku, qty in lines:
            items[sku] = items.get(sku, 0) + qty
        for sku, qty in items.items():
            self.bus.command(
                "stock:commit-reservation", stock_stream(sku),
                {"sku": sku, "order_id": order, "shipment_id": shipment, "qty": qty}, shipment,
                lambda reply: None)
        if simulator.percent("lost", shipment) < NEVER_DELIVERED:
            self.tell("lost", order)
            return
        self.bus.command(
            "record-delivery", order, {"shipment_id": shipment, "delivered_at": bus.now()},
            shipment, lambda _: self.delivered(order))

    def delivered(self, order):
        self.pending[order]["left"] -= 1
        if self.pending[order]["left"] == 0:
            self.tell("delivered", order)

    # ---- returns ----

    def take_back(self, message):
        """Two thirds can be sold again."""
        order, sku, qty = message["order"], message["sku"], message["qty"]
        restock = qty * 2 // 3
        self.bus.command(
            "receive-return", order,
            {"return_id": message["return"], "lines": [
                {"line_no": message["line_no"], "accepted": qty, "rejected": 0,
                 "restock": restock}]}, message["return"],
            lambda reply: self.tell("took_back", order, ok=reply["outcome"] == "accepted"))
        if restock > 0:
            self.bus.command(
                "stock:receive-stock", stock_stream(sku),
                {"sku": sku, "qty": restock, "cause": "return"}, message["return"],
                lambda reply: None)


if __name__ == "__main__":
    sys.exit(simulator.serve("warehouse", Warehouse))

# SPDX-License-Identifier: Apache-2.0
"""Folds events to what the read models must show, and checks what events say about themselves.

Independent of the service: field order, rounding, sums and rules are stated here anew.
"""
import collections
import datetime
import uuid

import order_fold
from amounts import MOST
from event_read import (CUSTOMER, KEPT, ORDER, PROMOTION, STOCK, Copy, Leaves, decode, parts_of,
                        require)
from other_folds import Customer, Item, Promotion

# Events that change what sums_of says.
COUNTED = {"OrderPlaced", "LinesCancelled", "OrderCancelled", "OrderExpired"}
# The event that begins a stream, and what is made of it.
BIRTHS = {ORDER: ("OrderPlaced", order_fold.place), STOCK: ("StockReceived", Item),
          CUSTOMER: ("CustomerRegistered", Customer), PROMOTION: ("PromotionDefined", Promotion)}


class Fold:
    """All orders, customers, stock items and promotions, event by event."""

    def __init__(self):
        self.streams = {ORDER: {}, STOCK: {}, CUSTOMER: {}, PROMOTION: {}}  # by stream number
        self.leaves = Leaves()
        self.sums = collections.Counter()  # of the events of chosen commands
        self.types = collections.Counter()

    @property
    def orders(self):
        return self.streams[ORDER]

    @property
    def customers(self):
        return self.streams[CUSTOMER]

    @property
    def stock(self):
        return self.streams[STOCK]

    @property
    def promotions(self):
        return self.streams[PROMOTION]

    def apply(self, event, counted=False):
        """counted: the event's command is of the journal that is looked at."""
        fields = decode(event)
        parts = parts_of(event)
        require(event.category in self.streams, "an event of an unknown category")
        streams = self.streams[event.category]
        birth, begin = BIRTHS[event.category]
        shown = streams.get(event.stream_number)
        before = sums_of(shown) if counted and event.type in COUNTED else {}
        if shown is None:
            require(event.type == birth, f"{event.type} without what it is of")
            shown = streams[event.stream_number] = begin(event, fields)
            if event.category == STOCK:
                shown.on_StockReceived(fields)
        else:
            on_event = getattr(shown, "on_" + event.type, None)
            require(on_event is not None, f"{event.type} of another category, or a second one")
            shown.moved(event)
            on_event(fields)
        self.take_parts(event, shown, parts)
        if counted:
            self.types[event.type] += 1
        if counted and event.type in COUNTED:
            self.sums.update({name: count - before.get(name, 0)
                              for name, count in sums_of(shown).items()
                              if count != before.get(name, 0)})

    def take_parts(self, event, shown, parts):
        for kind, envelope in parts:
            self.leaves.check((event.tenant, shown.customer), kind, envelope)
            if event.type in KEPT:
                shown.sealed[kind] = Copy(kind, event.version, uuid.UUID(event.command).bytes,
                                          event.type, event.schema_version, envelope)

    # ---- rows of the read models, as text in the columns' order

    def summaries(self):
        for order in self.orders.values():
            yield (str(order.tenant), order.order_id), (*order.row(), sealed_text(order))

    def customer_rows(self):
        for one in self.customers.values():
            yield (str(one.tenant), one.customer), (*one.row(), sealed_text(one))

    def lines(self):
        for order in self.orders.values():
            yield from order.line_rows()

    def stock_rows(self):
        for item in self.stock.values():
            yield (item.tenant, item.location, item.sku), item.row()

    def reservations(self):
        for item in self.stock.values():
            for order, (qty, expires, position) in item.reservations.items():
                yield (item.number, order), (qty, position, expires, item.tenant)

    def promotion_rows(self):
        for one in self.promotions.values():
            yield (one.tenant, one.terms["code"]), one.row()

    def discounts(self):
        for one in self.promotions.values():
            for currency, (redemptions, discount) in one.granted.items():
                yield (one.number, currency), (redemptions, min(discount, MOST), one.tenant)

    def sales(self):
        rows = {}
        for order in self.orders.values():
            month = month_of(order.placed_us)
            sold = set()
            for line in order.lines.values():
                key = (str(order.tenant), month, line.sku, order.currency)
                row = rows.setdefault(key, [0, 0, 0, 0, 0])
                row[0] += key not in sold
                sold.add(key)
                row[1] += line.qty
                row[2] += line.total
                row[3] += line.cancelled
                row[4] += line.amount
        return {key: [min(amount, MOST) for amount in row] for key, row in rows.items()}


def sums_of(order):
    """What an order adds to the sums of a journal."""
    if not isinstance(order, order_fold.Order):
        return {}
    return {"orders": 1, "lines": len(order.lines), "units": order.over_lines("qty"),
            "subtotal": order.subtotal, "shipping": order.shipping, "tax": order.tax,
            "total": order.total, "cancelled_units": order.over_lines("cancelled"),
            "cancelled_amount": order.cancelled_amount,
            "cancelled_orders": int(order.status == order_fold.CANCELLED)}


def sealed_text(shown):
    copies = [copy for _, copy in sorted(shown.sealed.items())]
    return str(copies) if copies else ""


def month_of(microseconds):
    day = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=microseconds)
    return f"{day.year:04d}-{day.month:02d}-01"

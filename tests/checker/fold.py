# SPDX-License-Identifier: Apache-2.0
"""Folds events to what the read models must show, and checks what events say about themselves.

Independent of the service: field order, rounding and sums are stated here anew.
"""
import collections
import datetime
import uuid
from fractions import Fraction

import msgpack_read

ORDER, STOCK = 1, 2

# Field names in stored order, by (type, schema version).
FIELDS = {
    ("OrderPlaced", 3): (
        "customer_id", "channel", "currency", "prices_include_tax", "rounding", "ship_country",
        "lines", "shipping_method", "shipping", "shipping_tax_ppm", "shipping_tax", "subtotal",
        "tax", "total", "placed_at", "source_ref"),
    ("LinesCancelled", 1): ("lines", "reason", "amount", "cancelled_amount"),
    ("OrderCancelled", 2): ("reason", "amount", "cancelled_amount"),
    ("StockReceived", 1): ("sku", "location", "qty", "cause", "ref", "on_hand", "reserved"),
    ("StockAdjusted", 1): ("sku", "location", "delta", "reason", "on_hand", "reserved"),
}
PLACED_LINE = ("line_no", "sku", "seller_id", "location", "title", "qty", "unit_price", "tax_ppm",
               "commission_bps", "line_net", "line_tax", "line_total")
CANCELLED_LINE = ("line_no", "qty", "amount")
PLACED, CANCELLED = 1, 7
HALF_EVEN, HALF_UP = 0, 1
MILLION = 1_000_000

Event = collections.namedtuple(
    "Event", "position stream_number tenant category stream version type schema_version"
             " occurred_us command payload sealed chain")


class Contradiction(Exception):
    """An event that cannot follow from what was before it."""


def decode(event):
    """The fields of an event by name."""
    names = FIELDS.get((event.type, event.schema_version))
    if names is None:
        raise Contradiction(f"unknown event {event.type}.{event.schema_version}")
    try:
        values = msgpack_read.read(event.payload)
    except msgpack_read.Malformed as problem:
        raise Contradiction(f"payload: {problem}") from problem
    return named(names, values)


def named(names, values):
    if not isinstance(values, list) or len(values) != len(names):
        raise Contradiction("payload: another number of fields")
    return dict(zip(names, values))


def rounded(value, mode):
    """A Fraction of at least zero to an integer."""
    if mode == HALF_EVEN:
        return round(value)
    return int(value + Fraction(1, 2))


def net_of(amount, ppm, included, mode):
    """(net, tax) of an amount that has its tax inside or not."""
    if included:
        net = rounded(Fraction(amount * MILLION, MILLION + ppm), mode)
        return net, amount - net
    return amount, rounded(Fraction(amount * ppm, MILLION), mode)


def share(total, count, before, after, mode):
    """What units before+1..after of count cost when all of them cost total."""
    return (rounded(Fraction(total * after, count), mode)
            - rounded(Fraction(total * before, count), mode))


class Line:
    __slots__ = ("sku", "title", "seller_id", "qty", "unit_price", "net", "tax", "total",
                 "cancelled", "amount")

    def __init__(self, fields):
        self.sku = fields["sku"]
        self.title = fields["title"]
        self.seller_id = fields["seller_id"]
        self.qty = fields["qty"]
        self.unit_price = fields["unit_price"]
        self.net = fields["line_net"]
        self.tax = fields["line_tax"]
        self.total = fields["line_total"]
        self.cancelled = 0
        self.amount = 0


class Order:
    __slots__ = ("tenant", "number", "order_id", "customer", "channel", "currency", "country",
                 "rounding", "placed_us", "subtotal", "tax", "shipping", "total", "cancelled",
                 "status", "lines", "version", "position", "updated_us", "open")


def require(condition, why):
    if not condition:
        raise Contradiction(why)


class Fold:
    """All orders and stock items, event by event."""

    def __init__(self):
        self.orders = {}  # stream number -> Order
        self.stock = {}  # stream number -> on hand
        self.sums = collections.Counter()  # of the events of chosen commands
        self.types = collections.Counter()

    def apply(self, event, counted=False):
        """counted: the event's command is of the journal that is looked at."""
        fields = decode(event)
        before = collections.Counter() if counted else None
        getattr(self, "on_" + event.type)(event, fields, before)
        if counted:
            self.types[event.type] += 1
            self.sums.update(before)

    # ---- orders

    def on_OrderPlaced(self, event, fields, sums):
        require(event.category == ORDER and event.version == 1, "OrderPlaced is not the first")
        order = self.placed(event, fields)
        lines = [named(PLACED_LINE, line) for line in fields["lines"]]
        require(lines, "an order without lines")
        for line in lines:
            self.check_line(fields, line)
            require(line["line_no"] not in order.lines, "a line number is given twice")
            order.lines[line["line_no"]] = Line(line)
        self.check_totals(fields, lines)
        order.open = sum(line.qty for line in order.lines.values())
        self.orders[event.stream_number] = order
        if sums is not None:
            sums.update(orders=1, lines=len(lines), units=order.open, subtotal=order.subtotal,
                        shipping=order.shipping, tax=order.tax, total=order.total)

    @staticmethod
    def placed(event, fields):
        order = Order()
        order.tenant, order.number, order.order_id = event.tenant, event.stream_number, event.stream
        order.customer = str(uuid.UUID(bytes=bytes(fields["customer_id"])))
        order.channel, order.currency = fields["channel"], fields["currency"]
        order.country, order.rounding = fields["ship_country"], fields["rounding"]
        order.placed_us = fields["placed_at"]
        order.subtotal, order.tax = fields["subtotal"], fields["tax"]
        order.shipping, order.total = fields["shipping"], fields["total"]
        order.cancelled, order.status, order.lines = 0, PLACED, {}
        order.version, order.position = event.version, event.position
        order.updated_us = event.occurred_us
        return order

    @staticmethod
    def check_line(fields, line):
        amount = line["qty"] * line["unit_price"]
        net, tax = net_of(amount, line["tax_ppm"], fields["prices_include_tax"],
                          fields["rounding"])
        require((line["line_net"], line["line_tax"], line["line_total"]) == (net, tax, net + tax),
                f"amounts of line {line['line_no']}")

    @staticmethod
    def check_totals(fields, lines):
        require(fields["subtotal"] == sum(line["line_net"] for line in lines), "subtotal")
        tax = sum(line["line_tax"] for line in lines) + fields["shipping_tax"]
        require(fields["tax"] == tax, "tax")
        require(fields["total"] == fields["subtotal"] + fields["shipping"] + fields["tax"], "total")
        charged = fields["shipping"]
        if fields["prices_include_tax"]:
            charged += fields["shipping_tax"]
        parts = net_of(charged, fields["shipping_tax_ppm"], fields["prices_include_tax"],
                       fields["rounding"])
        require((fields["shipping"], fields["shipping_tax"]) == parts, "shipping")

    def order_of(self, event):
        order = self.orders.get(event.stream_number)
        require(order is not None, f"{event.type} without an order")
        require(order.status == PLACED, f"{event.type} after the end of the order")
        order.version, order.position = event.version, event.position
        order.updated_us = event.occurred_us
        return order

    def on_LinesCancelled(self, event, fields, sums):
        order = self.order_of(event)
        lines = [named(CANCELLED_LINE, line) for line in fields["lines"]]
        for cancelled in lines:
            line = order.lines.get(cancelled["line_no"])
            require(line is not None, "a line that the order does not have is cancelled")
            after = line.cancelled + cancelled["qty"]
            require(0 < cancelled["qty"] and after <= line.qty, "more is cancelled than open")
            amount = share(line.total, line.qty, line.cancelled, after, order.rounding)
            require(cancelled["amount"] == amount, "amount of a cancelled line")
            line.cancelled, line.amount = after, line.amount + amount
            order.open -= cancelled["qty"]
        amount = sum(line["amount"] for line in lines)
        require(fields["amount"] == amount, "amount of the cancelled lines")
        order.cancelled += amount
        require(fields["cancelled_amount"] == order.cancelled, "cancelled amount of the order")
        if sums is not None:
            sums.update(cancelled_units=sum(line["qty"] for line in lines),
                        cancelled_amount=amount)

    def on_OrderCancelled(self, event, fields, sums):
        order = self.order_of(event)
        require(fields["amount"] == order.total - order.cancelled, "amount of the cancelled order")
        require(fields["cancelled_amount"] == order.total, "cancelled amount of the order")
        if sums is not None:
            sums.update(cancelled_orders=1, cancelled_units=order.open,
                        cancelled_amount=fields["amount"])
        for line in order.lines.values():
            line.cancelled, line.amount = line.qty, line.total
        order.open, order.cancelled, order.status = 0, order.total, CANCELLED

    # ---- stock

    def on_StockReceived(self, event, fields, _):
        require(event.category == STOCK, "StockReceived of no stock item")
        self.move(event, fields, fields["qty"])

    def on_StockAdjusted(self, event, fields, _):
        require(event.stream_number in self.stock, "an item is adjusted that was never received")
        self.move(event, fields, fields["delta"])

    def move(self, event, fields, units):
        on_hand = self.stock.get(event.stream_number, 0) + units
        require(fields["on_hand"] == on_hand, "on hand")
        require(0 <= fields["reserved"] <= on_hand, "reserved")
        self.stock[event.stream_number] = on_hand

    # ---- rows of the read models, as text in the columns' order

    def summaries(self):
        for order in self.orders.values():
            yield (str(order.tenant), order.order_id), (
                order.number, order.position, order.placed_us, order.updated_us,
                sum(line.qty for line in order.lines.values()), order.subtotal, order.tax,
                order.shipping, order.total, order.cancelled, order.customer, len(order.lines),
                order.version, order.channel, order.status, order.currency, order.country)

    def lines(self):
        for order in self.orders.values():
            for line_no, line in order.lines.items():
                yield (order.number, line_no), (
                    line.unit_price, line.net, line.tax, line.total, line.amount, order.tenant,
                    line.qty, line.cancelled, line.sku, line.title or "", line.seller_id or "")

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
        return rows


def month_of(microseconds):
    day = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=microseconds)
    return f"{day.year:04d}-{day.month:02d}-01"

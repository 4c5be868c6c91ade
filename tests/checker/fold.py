# SPDX-License-Identifier: Apache-2.0
"""Folds events to what the read models must show, and checks what events say about themselves.

Independent of the service: field order, rounding and sums are stated here anew.
"""
import collections
import datetime
import uuid
from fractions import Fraction

import msgpack_read

ORDER, STOCK, CUSTOMER = 1, 2, 3
CONTACT, DELIVERY, INVOICE = 1, 2, 3

# Names of the clear fields in stored order, by (type, schema version).
FIELDS = {
    ("OrderPlaced", 3): (
        "customer_id", "channel", "currency", "prices_include_tax", "rounding", "ship_country",
        "lines", "shipping_method", "shipping", "shipping_tax_ppm", "shipping_tax", "subtotal",
        "tax", "total", "placed_at", "source_ref"),
    ("LinesCancelled", 1): ("lines", "reason", "amount", "cancelled_amount"),
    ("OrderCancelled", 2): ("reason", "amount", "cancelled_amount"),
    ("ShippingAddressChanged", 2): ("country",),
    ("CustomerRegistered", 2): ("region", "locale"),
    ("CustomerContactChanged", 1): (),
    ("StockReceived", 1): ("sku", "location", "qty", "cause", "ref", "on_hand", "reserved"),
    ("StockAdjusted", 1): ("sku", "location", "delta", "reason", "on_hand", "reserved"),
}
# Classes of the sealed parts: those that must be there, those that may.
SEALED = {
    "OrderPlaced": ((), (CONTACT, DELIVERY, INVOICE)),
    "ShippingAddressChanged": ((DELIVERY,), ()),
    "CustomerRegistered": ((CONTACT,), ()),
    "CustomerContactChanged": ((CONTACT,), ()),
}
PLACED_LINE = ("line_no", "sku", "seller_id", "location", "title", "qty", "unit_price", "tax_ppm",
               "commission_bps", "line_net", "line_tax", "line_total")
CANCELLED_LINE = ("line_no", "qty", "amount")
PLACED, CANCELLED = 1, 7
ACTIVE = 1
HALF_EVEN, HALF_UP = 0, 1
MILLION = 1_000_000

Event = collections.namedtuple(
    "Event", "position stream_number tenant category stream version type schema_version"
             " occurred_us command payload sealed chain")


class Contradiction(Exception):
    """An event that cannot follow from what was before it."""


def require(condition, why):
    if not condition:
        raise Contradiction(why)


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


def read_sealed(data, what):
    """The elements of one of the containers of sealed data."""
    try:
        values = msgpack_read.read(data)
    except msgpack_read.Malformed as problem:
        raise Contradiction(f"{what}: {problem}") from problem
    require(isinstance(values, list) and len(values) == 1 and values[0], f"{what}: no list")
    classes = [value[0] for value in values[0]]
    require(classes == sorted(set(classes)), f"{what}: classes do not ascend")
    return values[0]


class Copy(collections.namedtuple("Copy", "kind version event type schema_version envelope")):
    """A sealed part as a row of a read model holds it."""


def copies_text(data):
    """The copies of a row, as text to compare."""
    if not data:
        return ""
    return str([Copy(*value) for value in read_sealed(data, "copies")])


class Leaves:
    """Keys that envelopes name: eight leaves a subject, one for each class, nobody else's."""

    def __init__(self):
        self.of_subject = {}
        self.subject_of = {}

    def check(self, subject, kind, envelope):
        require(len(envelope) >= 132 and (len(envelope) - 68) % 64 == 0, "size of an envelope")
        require(envelope[:4] == b"\1\1\0\1", "head of an envelope")
        leaf = int.from_bytes(envelope[4:12], "big")
        require(leaf % 8 == kind - 1, "an envelope of another class")
        require(self.of_subject.setdefault(subject, leaf // 8) == leaf // 8,
                "two sets of keys for one subject")
        require(self.subject_of.setdefault(leaf // 8, subject) == subject,
                "one set of keys for two subjects")


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
                 "status", "lines", "version", "position", "updated_us", "open", "sealed")


class Customer:
    __slots__ = ("tenant", "customer_id", "region", "locale", "registered_us", "version",
                 "position", "updated_us", "sealed")


class Fold:
    """All orders, customers and stock items, event by event."""

    def __init__(self):
        self.orders = {}  # stream number -> Order
        self.customers = {}  # stream number -> Customer
        self.stock = {}  # stream number -> on hand
        self.leaves = Leaves()
        self.sums = collections.Counter()  # of the events of chosen commands
        self.types = collections.Counter()

    def apply(self, event, counted=False):
        """counted: the event's command is of the journal that is looked at."""
        fields = decode(event)
        before = collections.Counter() if counted else None
        parts = self.parts_of(event)
        shown = getattr(self, "on_" + event.type)(event, fields, before)
        for kind, envelope in parts:
            subject = shown.customer if isinstance(shown, Order) else shown.customer_id
            self.leaves.check((event.tenant, subject), kind, envelope)
            shown.sealed[kind] = Copy(kind, event.version, uuid.UUID(event.command).bytes,
                                      event.type, event.schema_version, envelope)
        if counted:
            self.types[event.type] += 1
            self.sums.update(before)

    @staticmethod
    def parts_of(event):
        parts = read_sealed(event.sealed, "sealed parts") if event.sealed else []
        require(all(len(part) == 2 for part in parts), "sealed parts: another number of fields")
        must, may = SEALED.get(event.type, ((), ()))
        found = {kind for kind, _ in parts}
        require(set(must) <= found <= set(must) | set(may), f"sealed parts of {event.type}")
        return parts

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
        return order

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
        order.updated_us, order.sealed = event.occurred_us, {}
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
        return order

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
        return order

    def on_ShippingAddressChanged(self, event, fields, _):
        order = self.order_of(event)
        require(fields["country"] == order.country, "country of another order")
        return order

    # ---- customers

    def on_CustomerRegistered(self, event, fields, _):
        require(event.category == CUSTOMER and event.version == 1,
                "CustomerRegistered is not the first")
        customer = Customer()
        customer.tenant, customer.customer_id = event.tenant, event.stream
        customer.region, customer.locale = fields["region"], fields["locale"]
        customer.registered_us, customer.sealed = event.occurred_us, {}
        self.customers[event.stream_number] = customer
        return self.customer_of(event)

    def on_CustomerContactChanged(self, event, _, __):
        return self.customer_of(event)

    def customer_of(self, event):
        customer = self.customers.get(event.stream_number)
        require(customer is not None, f"{event.type} without a customer")
        customer.version, customer.position = event.version, event.position
        customer.updated_us = event.occurred_us
        return customer

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
                order.version, order.channel, order.status, order.currency, order.country,
                sealed_text(order))

    def customer_rows(self):
        for one in self.customers.values():
            yield (str(one.tenant), one.customer_id), (
                one.position, one.registered_us, one.updated_us, one.version, ACTIVE, one.region,
                one.locale or "", sealed_text(one))

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


def sealed_text(shown):
    copies = [copy for _, copy in sorted(shown.sealed.items())]
    return str(copies) if copies else ""


def month_of(microseconds):
    day = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=microseconds)
    return f"{day.year:04d}-{day.month:02d}-01"

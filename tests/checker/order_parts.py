# SPDX-License-Identifier: Apache-2.0
"""What an order consists of: lines, payments, refunds; and what its sums say about it."""
import collections


class Line:
    __slots__ = ("line_no", "sku", "location", "title", "seller_id", "qty", "unit_price",
                 "discount", "net", "tax", "total", "cancelled", "amount", "reserved", "shipped",
                 "delivered", "requested", "returned", "accepted", "refunded", "refunded_amount")

    def __init__(self, fields):
        self.line_no, self.sku = fields["line_no"], fields["sku"]
        self.location = fields["location"] or "main"
        self.title, self.seller_id = fields["title"], fields["seller_id"]
        self.qty, self.unit_price = fields["qty"], fields["unit_price"]
        self.discount, self.net = fields["discount"], fields["line_net"]
        self.tax, self.total = fields["line_tax"], fields["line_total"]
        self.cancelled = self.amount = self.reserved = self.shipped = self.delivered = 0
        self.requested = self.returned = self.accepted = 0
        self.refunded = self.refunded_amount = 0

    @property
    def open(self):
        return self.qty - self.cancelled


class Payment:
    __slots__ = ("authorised", "voided", "captured", "refunded", "attempts", "until")

    def __init__(self):
        self.authorised = self.voided = self.captured = self.refunded = 0
        self.until = None  # as the newest authorisation said
        self.attempts = collections.Counter()

    def funds(self, now):
        """What was taken, and what can still be: a provider may take more than was authorised."""
        if self.until is not None and self.until <= now:
            return self.captured
        return max(self.captured, self.authorised - self.voided)


class Refund:
    __slots__ = ("left", "failed", "failures", "request")

    def __init__(self, request):
        self.left, self.failed, self.failures, self.request = request["amount"], 0, set(), request


class Facets:
    """Of an order: how its money, goods and returns stand, as the numbers in its row."""

    def payment_facet(self):
        authorised, voided, captured, refunded = map(
            self.over_payments, ("authorised", "voided", "captured", "refunded"))
        if captured == 0:
            if authorised > voided:
                return 1
            if authorised > 0:
                return 6
            return 7 if self.declines else 0
        kept = captured - refunded
        if kept <= 0:
            return 5
        if kept > self.due:
            return 8
        if refunded:
            return 4
        return 2 if captured < self.due else 3

    def goods_facet(self):
        left = self.over_lines("open")
        shipped, delivered = self.over_lines("shipped"), self.over_lines("delivered")
        if delivered:
            return 5 if delivered < left else 6
        if shipped:
            return 3 if shipped < left else 4
        if self.reserved == 0 or left == 0:
            return 0
        return 1 if self.reserved < left else 2

    def returns_facet(self):
        returned = self.over_lines("returned")
        if returned:
            return 2 if returned < self.over_lines("open") else 3
        return 1 if self.over_lines("requested") else 0

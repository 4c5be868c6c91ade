# SPDX-License-Identifier: Apache-2.0
"""An order from its events: sums, status, lines, payments and refunds, each event checked against
what was before it."""
import collections
import uuid

from amounts import dealt, net_of, share
from event_read import ORDER, require
from order_parts import Facets, Line, Payment, Refund

(PLACED, CONFIRMED, PART_SHIPPED, SHIPPED, DELIVERED, CLOSED, CANCELLED, EXPIRED) = range(1, 9)
OVER = (CLOSED, CANCELLED, EXPIRED)
AUTHORIZE = 0


class Order(Facets):
    """Its attributes are the columns of the row, by nearly the same names."""

    def __init__(self, event, fields):
        self.tenant, self.number, self.order_id = event.tenant, event.stream_number, event.stream
        self.customer = str(uuid.UUID(bytes=bytes(fields["customer_id"])))
        self.channel, self.currency = fields["channel"], fields["currency"]
        self.country, self.rounding = fields["ship_country"], fields["rounding"]
        self.placed_us, self.complete_by = fields["placed_at"], fields["complete_by"]
        self.subtotal, self.tax, self.discount = (
            fields["subtotal"], fields["tax"], fields["discount"])
        self.shipping, self.total = fields["shipping"], fields["total"]
        self.shipping_gross = fields["shipping"] + fields["shipping_tax"]
        self.promo_code, self.promo_settled = fields["promo_code"], fields["promo_code"] is None
        self.status, self.hold_reason, self.lines, self.sealed = PLACED, None, {}, {}
        self.cancelled_amount = self.reserved = self.declines = self.refund_pending = 0
        self.payments = collections.defaultdict(Payment)
        self.shipments, self.returns, self.refunds = {}, {}, {}
        self.refunded_shipping = 0
        self.said = set()  # (operation, reference of the provider)
        self.reserved_articles = set()
        self.moved(event)
        self.check_lines(fields)
        self.check_totals(fields)

    def moved(self, event):
        self.version, self.position = event.version, event.position
        self.updated_us = event.occurred_us

    # ---- sums

    def over_lines(self, name):
        return sum(getattr(line, name) for line in self.lines.values())

    @property
    def due(self):
        return self.total - self.cancelled_amount

    def over_payments(self, name):
        return sum(getattr(payment, name) for payment in self.payments.values())

    # ---- OrderPlaced

    def check_lines(self, fields):
        require(fields["lines"], "an order without lines")
        for line in fields["lines"]:
            gross = line["qty"] * line["unit_price"]
            require(0 <= line["discount"] <= gross, f"discount of line {line['line_no']}")
            net, tax = net_of(gross - line["discount"], line["tax_ppm"],
                              fields["prices_include_tax"], fields["rounding"])
            require((line["line_net"], line["line_tax"], line["line_total"])
                    == (net, tax, net + tax), f"amounts of line {line['line_no']}")
            require(line["line_no"] not in self.lines, "a line number is given twice")
            self.lines[line["line_no"]] = Line(line)
        lines = sorted(fields["lines"], key=lambda line: line["line_no"])
        require([line["discount"] for line in lines]
                == dealt(fields["discount"], [line["qty"] * line["unit_price"] for line in lines]),
                "the discount is dealt out otherwise")

    @staticmethod
    def check_totals(fields):
        lines = fields["lines"]
        require(fields["subtotal"] == sum(line["line_net"] for line in lines), "subtotal")
        require(fields["discount"] == sum(line["discount"] for line in lines), "discount")
        require(fields["promo_code"] is not None or fields["discount"] == 0,
                "a discount without a promotion")
        tax = sum(line["line_tax"] for line in lines) + fields["shipping_tax"]
        require(fields["tax"] == tax, "tax")
        require(fields["total"] == fields["subtotal"] + fields["shipping"] + fields["tax"], "total")
        charged = fields["shipping"]
        if fields["prices_include_tax"]:
            charged += fields["shipping_tax"]
        parts = net_of(charged, fields["shipping_tax_ppm"], fields["prices_include_tax"],
                       fields["rounding"])
        require((fields["shipping"], fields["shipping_tax"]) == parts, "shipping")

    # ---- goods

    def line(self, fields):
        line = self.lines.get(fields["line_no"])
        require(line is not None, "a line that the order does not have")
        return line

    def article(self, fields):
        lines = [line for line in self.lines.values()
                 if (line.sku, line.location) == (fields["sku"], fields["location"])]
        require(lines, "an article that the order does not have")
        return lines

    def on_LineReserved(self, fields):
        lines = self.article(fields)
        article = (fields["sku"], fields["location"])
        require(article not in self.reserved_articles, "an article is reserved twice")
        self.reserved_articles.add(article)
        left = {line.line_no: line.open for line in lines if line.open}
        told = {line["line_no"]: line["qty"] for line in fields["lines"]}
        require(told == left and len(told) == len(fields["lines"]), "lines of a reservation")
        require(not left or fields["qty"] == sum(left.values()), "units of a reservation")
        for line_no, qty in told.items():
            self.lines[line_no].reserved += qty
        self.reserved += fields["qty"]

    def on_LineReservationRefused(self, fields):
        self.article(fields)
        require(self.status == PLACED, "stock is refused after the order was confirmed")

    def on_PromotionApplied(self, fields):
        require(fields["code"] == self.promo_code and fields["discount"] == self.discount,
                "another promotion than was claimed")
        require({one["line_no"]: one["amount"] for one in fields["allocation"] if one["amount"]}
                == {line.line_no: line.discount for line in self.lines.values() if line.discount},
                "allocation of the discount")
        self.promo_settled = True

    def on_PromotionRefused(self, fields):
        require(fields["code"] == self.promo_code, "another promotion than was claimed")

    def on_OrderConfirmed(self, fields):
        require(self.status == PLACED and self.hold_reason is None, "confirmed at this time")
        require(self.promo_settled, "confirmed without its promotion")
        require(all(line.reserved >= line.open for line in self.lines.values()),
                "confirmed without its goods")
        require(fields["total"] == self.due, "total of the confirmation")
        funds = sum(one.funds(fields["confirmed_at"]) for one in self.payments.values())
        require(funds >= self.due, "confirmed without its money")
        self.status = CONFIRMED

    def on_ShippingAddressChanged(self, fields):
        require(self.status in (PLACED, CONFIRMED), "an address is changed at this time")
        require(fields["country"] == self.country, "country of another order")

    def on_LinesCancelled(self, fields):
        require(self.status in (PLACED, CONFIRMED, PART_SHIPPED), "lines cancelled at this time")
        for told in fields["lines"]:
            line = self.line(told)
            after = line.cancelled + told["qty"]
            require(0 < told["qty"] and after <= line.qty - line.shipped,
                    "more is cancelled than open")
            amount = share(line.total, line.qty, line.cancelled, after, self.rounding)
            require(told["amount"] == amount, "amount of a cancelled line")
            line.cancelled, line.amount = after, line.amount + amount
            line.reserved = min(line.reserved, line.open)
        amount = sum(line["amount"] for line in fields["lines"])
        require(fields["amount"] == amount, "amount of the cancelled lines")
        self.cancelled_amount += amount
        require(fields["cancelled_amount"] == self.cancelled_amount, "cancelled amount")
        self.finish_shipping()

    def cancel_rest(self, fields, status):
        require(fields["amount"] == self.due, "amount of the cancelled order")
        require(fields["cancelled_amount"] == self.total, "cancelled amount of the order")
        require(self.over_lines("shipped") == 0, "an order is cancelled that was shipped")
        for line in self.lines.values():
            line.cancelled, line.amount, line.reserved = line.qty, line.total, 0
        self.cancelled_amount, self.status = self.total, status

    def on_OrderCancelled(self, fields):
        require(self.status in (PLACED, CONFIRMED), "cancelled at this time")
        self.cancel_rest(fields, CANCELLED)

    def on_OrderExpired(self, fields):
        require(self.status == PLACED, "expired at this time")
        require(fields["due_at"] <= self.updated_us, "expired before its time")
        self.cancel_rest(fields, EXPIRED)

    def finish_shipping(self):
        if self.status not in (PART_SHIPPED, SHIPPED):
            return
        left = self.over_lines("open")
        if self.over_lines("shipped") < left:
            self.status = PART_SHIPPED
        else:
            self.status = SHIPPED if self.over_lines("delivered") < left else DELIVERED

    def on_ShipmentDispatched(self, fields):
        require(self.status in (CONFIRMED, PART_SHIPPED) and self.hold_reason is None,
                "shipped at this time")
        require(fields["shipment_id"] not in self.shipments, "a shipment leaves twice")
        for told in fields["lines"]:
            line = self.line(told)
            end = line.qty - line.shipped  # cancelled units are the first ones, shipped the last
            require(0 < told["qty"] <= min(line.reserved, line.open) - line.shipped,
                    "more is shipped than reserved")
            require(told["amount"] == share(line.total, line.qty, end - told["qty"], end,
                                            self.rounding), "amount of a shipped line")
            line.shipped += told["qty"]
        require(fields["amount"] == sum(line["amount"] for line in fields["lines"]),
                "amount of a shipment")
        self.shipments[fields["shipment_id"]] = [
            (line["line_no"], line["qty"]) for line in fields["lines"]]
        self.status = PART_SHIPPED
        self.finish_shipping()

    def on_ShipmentDelivered(self, fields):
        require(self.status in (PART_SHIPPED, SHIPPED), "delivered at this time")
        lines = [(line["line_no"], line["qty"]) for line in fields["lines"]]
        require(self.shipments.get(fields["shipment_id"]) == lines,
                "a shipment arrives that did not leave like this, or twice")
        self.shipments[fields["shipment_id"]] = None
        for line_no, qty in lines:
            self.lines[line_no].delivered += qty
        self.finish_shipping()

    def on_ReturnRequested(self, fields):
        require(self.status in (PART_SHIPPED, SHIPPED, DELIVERED), "a return at this time")
        require(fields["return_id"] not in self.returns, "a return is requested twice")
        left = collections.Counter()
        for told in fields["lines"]:
            line = self.line(told)
            require(0 < told["qty"] <= line.delivered - line.returned - line.requested,
                    "more comes back than was delivered")
            line.requested += told["qty"]
            left[line.line_no] += told["qty"]
        self.returns[fields["return_id"]] = left

    def on_ReturnReceived(self, fields):
        left = self.returns.get(fields["return_id"])
        require(left is not None, "a return is received that was not requested, or twice")
        for told in fields["lines"]:
            line, units = self.line(told), told["accepted"] + told["rejected"]
            # 0 of 0: nothing of the line came, and nothing will.
            require(0 <= units <= left[line.line_no], "more comes back than was requested")
            require(told["restock"] <= told["accepted"], "more is restocked than accepted")
            left[line.line_no] -= units
            line.requested -= units
            line.returned += units
            line.accepted += told["accepted"]
        require(fields["missing"] == sum(left.values()), "another number of units is missing")
        for line_no, units in left.items():
            self.lines[line_no].requested -= units
        self.returns[fields["return_id"]] = None  # it comes once

    # ---- money

    def on_PaymentAuthorized(self, fields):
        self.say(AUTHORIZE, fields)
        payment = self.payments[fields["payment_id"]]
        payment.authorised += fields["amount"]
        payment.until = fields["expires_at"]

    def say(self, operation, fields):
        require(fields["amount"] > 0, "an amount of nothing")
        require(fields.get("currency", self.currency) == self.currency, "another currency")
        said = (operation, fields["provider_ref"])
        require(said not in self.said, "a provider's word is recorded twice")
        self.said.add(said)

    def on_PaymentDeclined(self, fields):
        attempts = self.payments[fields["payment_id"]].attempts
        attempts[fields["op"]] += 1
        require(fields["attempt"] == attempts[fields["op"]], "number of the attempt")
        self.declines += fields["op"] == AUTHORIZE

    def on_PaymentCaptured(self, fields):
        self.say(1, fields)
        self.payments[fields["payment_id"]].captured += fields["amount"]

    def on_PaymentVoided(self, fields):
        self.say(2, fields)
        payment = self.payments[fields["payment_id"]]
        payment.voided += fields["amount"]
        require(payment.voided + payment.captured <= payment.authorised,
                "more is voided than authorised")

    def on_RefundRequested(self, fields):
        require(fields["refund_id"] not in self.refunds, "a refund is requested twice")
        for told in fields["lines"]:
            line = self.line(told)
            line.refunded += told["qty"]
            line.refunded_amount += told["amount"]
            require(line.refunded <= line.cancelled + line.accepted
                    and line.refunded_amount <= line.total, "more is refunded than came back")
        self.refunded_shipping += fields["shipping"]
        require(self.refunded_shipping <= self.shipping_gross, "more shipping than was charged")
        parts = sum(line["amount"] for line in fields["lines"])
        require(fields["amount"] == parts + fields["shipping"] + fields["goodwill"] > 0,
                "amount of the refund")
        self.refund_pending += fields["amount"]
        require(self.over_payments("refunded") + self.refund_pending
                <= self.over_payments("captured"), "more is refunded than captured")
        self.refunds[fields["refund_id"]] = Refund(fields)

    def end_refund(self, fields):
        refund = self.refunds.get(fields["refund_id"])
        require(refund is not None, "a refund that was not requested")
        require(0 < fields["amount"] <= refund.left, "more is refunded than requested")
        refund.left -= fields["amount"]
        self.refund_pending -= fields["amount"]
        return refund

    def on_RefundSettled(self, fields):
        self.say(3, fields)
        self.end_refund(fields)
        payment = self.payments[fields["payment_id"]]
        payment.refunded += fields["amount"]
        require(payment.refunded <= payment.captured, "more goes back than was captured")

    def on_RefundFailed(self, fields):
        refund = self.end_refund(fields)
        require(fields["provider_ref"] not in refund.failures, "a failure is recorded twice")
        refund.failures.add(fields["provider_ref"])
        refund.failed += fields["amount"]
        request = refund.request
        if refund.failed == request["amount"]:  # as if never requested, in pieces or not
            for told in request["lines"]:
                line = self.line(told)
                line.refunded -= told["qty"]
                line.refunded_amount -= told["amount"]
            self.refunded_shipping -= request["shipping"]

    # ---- the rest

    def on_OrderHeld(self, fields):
        require(self.hold_reason is None and self.status not in OVER, "held at this time")
        self.hold_reason = fields["reason"]

    def on_OrderReleased(self, fields):
        require(self.hold_reason == fields["reason"], "released from another hold")
        self.hold_reason = None

    def on_NoteAdded(self, _):
        pass

    def on_OrderClosed(self, fields):
        require(self.status == DELIVERED, "closed at this time")
        require(fields["balance"] == 0, "closed with a balance")
        require(self.over_lines("delivered") == self.over_lines("open")
                and self.over_lines("requested") == 0 and self.refund_pending == 0,
                "closed while something is open")
        self.status = CLOSED

    # ---- rows, in the columns' order

    def row(self):
        return (self.number, self.position, self.placed_us, self.updated_us,
                self.over_lines("qty"), self.subtotal, self.discount, self.tax, self.shipping,
                self.total, self.cancelled_amount, self.over_payments("authorised"),
                self.over_payments("voided"), self.over_payments("captured"),
                self.over_payments("refunded"), self.refund_pending, self.reserved,
                self.over_lines("cancelled"), self.over_lines("shipped"),
                self.over_lines("delivered"), self.over_lines("requested"),
                self.over_lines("returned"), self.declines, self.customer, len(self.lines),
                self.version, self.channel, self.status, self.payment_facet(), self.goods_facet(),
                self.returns_facet(), "" if self.hold_reason is None else self.hold_reason,
                self.currency, self.country)

    def line_rows(self):
        for line in self.lines.values():
            yield (self.number, line.line_no), (
                line.unit_price, line.discount, line.net, line.tax, line.total, line.amount,
                self.tenant, line.qty, line.cancelled, line.reserved, line.shipped, line.delivered,
                line.returned, line.sku, line.title or "", line.seller_id or "")


def place(event, fields):
    require(event.category == ORDER and event.version == 1, "OrderPlaced is not the first")
    return Order(event, fields)

# SPDX-License-Identifier: Apache-2.0
"""Customers, stock items and promotions from their events."""
import collections
import uuid
from fractions import Fraction

from amounts import rounded
from event_read import CUSTOMER, PROMOTION, STOCK, require

ACTIVE, ERASING, ERASED = 1, 2, 3
PERCENT, FIXED = 0, 1


def id_text(value):
    return str(uuid.UUID(bytes=bytes(value)))


class Customer:
    def __init__(self, event, fields):
        require(event.category == CUSTOMER and event.version == 1,
                "CustomerRegistered is not the first")
        self.tenant, self.customer = event.tenant, event.stream
        self.region, self.locale = fields["region"], fields["locale"]
        self.registered_us, self.sealed, self.status = event.occurred_us, {}, ACTIVE
        self.moved(event)

    def moved(self, event):
        self.version, self.position = event.version, event.position
        self.updated_us = event.occurred_us

    def on_CustomerContactChanged(self, _):
        require(self.status == ACTIVE, "a contact is changed of somebody who is being erased")

    def on_ErasureRequested(self, _):
        require(self.status == ACTIVE, "an erasure is requested twice")
        self.status = ERASING

    def on_CustomerErased(self, _):
        require(self.status in (ERASING, ERASED), "erased without a request")
        self.status = ERASED

    def row(self):
        return (self.position, self.registered_us, self.updated_us, self.version, self.status,
                self.region, self.locale or "")


class Item:
    """A stock item. Events say how many units are there and reserved after them."""

    def __init__(self, event, fields):
        require(event.category == STOCK and event.version == 1, "StockReceived of no stock item")
        self.tenant, self.number = event.tenant, event.stream_number
        self.location, self.sku = fields["location"], fields["sku"]
        self.on_hand = self.reserved = 0
        self.reservations = {}  # order -> [units, expiry, position]
        self.moved(event)

    def moved(self, event):
        self.position, self.updated_us = event.position, event.occurred_us

    def move(self, fields, on_hand, reserved):
        self.on_hand += on_hand
        self.reserved += reserved
        require((fields["sku"], fields["location"]) == (self.sku, self.location),
                "an event of another article")
        require(fields["on_hand"] == self.on_hand, "on hand")
        require(fields["reserved"] == self.reserved, "reserved")
        require(0 <= self.reserved <= self.on_hand, "more is reserved than there is")

    def on_StockReceived(self, fields):
        require(fields["qty"] > 0, "nothing is received")
        self.move(fields, fields["qty"], 0)

    def on_StockAdjusted(self, fields):
        self.move(fields, fields["delta"], 0)

    def on_StockReserved(self, fields):
        order = id_text(fields["order_id"])
        require(fields["qty"] > 0 and order not in self.reservations, "reserved twice")
        self.reservations[order] = [fields["qty"], fields["expires_at"], self.position]
        self.move(fields, 0, fields["qty"])

    def take(self, fields, leaves):
        order = id_text(fields["order_id"])
        one = self.reservations.get(order)
        require(one is not None and 0 < fields["qty"] <= one[0], "more goes than is reserved")
        one[0] -= fields["qty"]
        one[2] = self.position
        if one[0] == 0:
            del self.reservations[order]
        self.move(fields, -fields["qty"] if leaves else 0, -fields["qty"])

    def on_ReservationReleased(self, fields):
        self.take(fields, False)

    def on_ReservationCommitted(self, fields):
        self.take(fields, True)

    def row(self):
        return (self.number, self.position, self.updated_us, self.on_hand, self.reserved,
                self.on_hand - self.reserved)


class Promotion:
    def __init__(self, event, fields):
        require(event.category == PROMOTION and event.version == 1,
                "PromotionDefined is not the first")
        self.tenant, self.number, self.terms = event.tenant, event.stream_number, fields
        require(fields["valid_from"] < fields["valid_until"], "a promotion that is never valid")
        self.active = True
        self.redemptions = {}  # order -> customer
        self.uses = collections.Counter()  # by customer
        self.granted = {}  # currency -> [redemptions, discount]
        self.moved(event)

    def moved(self, event):
        self.version, self.position = event.version, event.position
        self.updated_us = event.occurred_us

    def counted(self, fields):
        require(fields["code"] == self.terms["code"], "an event of another promotion")
        require(fields["uses_after"] == len(self.redemptions), "uses")

    def discount_of(self, subtotal):
        if self.terms["kind"] == FIXED:
            return [min(self.terms["amount"], subtotal)]
        return [rounded(Fraction(subtotal * self.terms["bps"], 10000), mode) for mode in (0, 1)]

    def on_PromotionRedeemed(self, fields):
        terms, order = self.terms, id_text(fields["order_id"])
        customer = bytes(fields["customer_id"])
        require(self.active and order not in self.redemptions, "redeemed twice, or too late")
        require(terms["valid_from"] <= fields["at"] < terms["valid_until"], "redeemed out of time")
        require(fields["subtotal"] >= terms["min_purchase"], "redeemed for too little")
        require(terms["currency"] in (None, fields["currency"]), "redeemed in another currency")
        require(fields["discount"] in self.discount_of(fields["subtotal"]), "discount")
        self.redemptions[order] = customer
        self.uses[customer] += 1
        require(terms["max_uses"] is None or len(self.redemptions) <= terms["max_uses"],
                "redeemed more often than may be")
        require(self.uses[customer] <= terms["per_customer"],
                "redeemed by a customer more often than may be")
        granted = self.granted.setdefault(fields["currency"], [0, 0])
        granted[0] += 1
        granted[1] += fields["discount"]
        self.counted(fields)

    def on_RedemptionReleased(self, fields):
        order = id_text(fields["order_id"])
        customer = bytes(fields["customer_id"])
        require(self.redemptions.pop(order, None) == customer,
                "a redemption is released that is not there")
        self.uses[customer] -= 1
        self.counted(fields)

    def on_PromotionDeactivated(self, fields):
        require(self.active, "deactivated twice")
        self.active = False
        self.counted(fields)

    def row(self):
        terms = self.terms
        return (self.number, self.position, terms["valid_from"], terms["valid_until"],
                self.updated_us, blank(terms["amount"]), terms["min_purchase"], self.version,
                blank(terms["bps"]), blank(terms["max_uses"]), terms["per_customer"],
                len(self.redemptions), terms["kind"], "t" if self.active else "f",
                blank(terms["currency"]), blank(terms["seller_id"]))


def blank(value):
    return "" if value is None else value

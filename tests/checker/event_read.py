# SPDX-License-Identifier: Apache-2.0
"""Stored events by the names of their fields, and what is sealed of them.

Independent of the service: the order of the fields is stated here anew.
"""
import collections

import msgpack_read

ORDER, STOCK, CUSTOMER, PROMOTION = 1, 2, 3, 4
CONTACT, DELIVERY, INVOICE, PAYMENT = 1, 2, 3, 4

# Names of the clear fields in stored order, by (type, schema version). A field that is a list of
# records has their fields' names as LISTS[its name] or LISTS[(type, its name)].
FIELDS = {
    ("OrderPlaced", 3): (
        "customer_id channel currency prices_include_tax rounding ship_country lines"
        " shipping_method shipping shipping_tax_ppm shipping_tax subtotal promo_code discount tax"
        " total placed_at complete_by bill_country source_ref"),
    ("LineReserved", 1): "sku location qty lines expires_at",
    ("LineReservationRefused", 1): "sku location requested available reason",
    ("PromotionApplied", 1): "promotion_id code discount allocation",
    ("PromotionRefused", 1): "code reason",
    ("OrderConfirmed", 1): "confirmed_at total",
    ("PaymentAuthorized", 1): "payment_id provider provider_ref amount currency expires_at",
    ("PaymentDeclined", 1): "payment_id op provider provider_ref code attempt",
    ("PaymentCaptured", 1): "payment_id capture_id provider provider_ref amount currency",
    ("PaymentVoided", 1): "payment_id provider_ref amount cause",
    ("OrderHeld", 1): "reason",
    ("OrderReleased", 1): "reason",
    ("ShippingAddressChanged", 2): "country",
    ("LinesCancelled", 1): "lines reason amount cancelled_amount",
    ("OrderCancelled", 2): "reason amount cancelled_amount",
    ("OrderExpired", 1): "deadline due_at amount cancelled_amount",
    ("ShipmentDispatched", 2): "shipment_id carrier lines shipped_at amount",
    ("ShipmentDelivered", 1): "shipment_id lines delivered_at",
    ("ReturnRequested", 1): "return_id lines",
    ("ReturnReceived", 1): "return_id lines missing",
    ("RefundRequested", 1): "refund_id lines shipping goodwill amount reason",
    ("RefundSettled", 2): "refund_id payment_id provider_ref amount currency",
    ("RefundFailed", 1): "refund_id payment_id provider_ref amount code",
    ("NoteAdded", 1): "visibility",
    ("OrderClosed", 1): "closed_at balance ref",
    ("StockReceived", 1): "sku location qty cause ref on_hand reserved",
    ("StockAdjusted", 1): "sku location delta reason on_hand reserved",
    ("StockReserved", 2): "sku location order_id qty expires_at on_hand reserved",
    ("ReservationReleased", 1): "sku location order_id qty cause on_hand reserved",
    ("ReservationCommitted", 1): "sku location order_id shipment_id qty on_hand reserved",
    ("PromotionDefined", 1): (
        "code kind bps amount currency min_purchase max_uses per_customer valid_from valid_until"
        " seller_id"),
    ("PromotionRedeemed", 1): (
        "code order_id customer_id currency subtotal discount at uses_after"),
    ("RedemptionReleased", 1): "code order_id customer_id cause uses_after",
    ("PromotionDeactivated", 1): "code reason uses_after",
    ("CustomerRegistered", 2): "region locale",
    ("CustomerContactChanged", 1): "",
    ("ErasureRequested", 1): "request_ref legal_basis not_before",
    ("CustomerErased", 1): (
        "key_fingerprint destroyed_at streams events snapshots classes retained"),
}
UNITS, PRICED = "line_no qty", "line_no qty amount"
LISTS = {
    ("OrderPlaced", "lines"): (
        "line_no sku seller_id location title qty unit_price tax_ppm commission_bps discount"
        " line_net line_tax line_total"),
    ("LineReserved", "lines"): UNITS,
    ("PromotionApplied", "allocation"): "line_no amount",
    ("LinesCancelled", "lines"): PRICED,
    ("ShipmentDispatched", "lines"): PRICED,
    ("ShipmentDelivered", "lines"): UNITS,
    ("ReturnRequested", "lines"): "line_no qty reason",
    ("ReturnReceived", "lines"): "line_no accepted rejected restock",
    ("RefundRequested", "lines"): PRICED,
    ("CustomerErased", "classes"): "class_name",
    ("CustomerErased", "retained"): "class_name basis until",
}
# Classes of the sealed parts: those that must be there, those that may. Facts about persons that are
# erased come without.
SEALED = {
    "OrderPlaced": ((), (CONTACT, DELIVERY, INVOICE)),
    "ShippingAddressChanged": ((DELIVERY,), ()),
    "PaymentAuthorized": ((), (PAYMENT,)),
    "OrderHeld": ((), (CONTACT,)),
    "OrderReleased": ((), (CONTACT,)),
    "OrderCancelled": ((), (CONTACT,)),
    "ShipmentDispatched": ((), (DELIVERY,)),
    "ShipmentDelivered": ((), (DELIVERY,)),
    "ReturnRequested": ((), (CONTACT,)),
    "NoteAdded": ((CONTACT,), ()),
    "CustomerRegistered": ((CONTACT,), ()),
    "CustomerContactChanged": ((CONTACT,), ()),
}
# Events whose envelopes the read models keep: they describe the order or the customer as a whole.
KEPT = {"OrderPlaced", "ShippingAddressChanged", "PaymentAuthorized", "CustomerRegistered",
        "CustomerContactChanged"}

Event = collections.namedtuple(
    "Event", "position stream_number tenant category stream version type schema_version"
             " occurred_us command payload sealed chain")


class Contradiction(Exception):
    """An event that cannot follow from what was before it."""


def require(condition, why):
    if not condition:
        raise Contradiction(why)


def named(names, values):
    names = names.split()
    if not isinstance(values, list) or len(values) != len(names):
        raise Contradiction("payload: another number of fields")
    return dict(zip(names, values))


def decode(event):
    """The fields of an event by name; records of lists too, an absent list is empty."""
    names = FIELDS.get((event.type, event.schema_version))
    if names is None:
        raise Contradiction(f"unknown event {event.type}.{event.schema_version}")
    try:
        values = msgpack_read.read(event.payload)
    except msgpack_read.Malformed as problem:
        raise Contradiction(f"payload: {problem}") from problem
    fields = named(names, values)
    for name in fields:
        if (event.type, name) in LISTS:
            fields[name] = [named(LISTS[event.type, name], one) for one in fields[name] or []]
    return fields


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


def parts_of(event):
    """The sealed parts of an event: [class, envelope] each."""
    parts = read_sealed(event.sealed, "sealed parts") if event.sealed else []
    require(all(len(part) == 2 for part in parts), "sealed parts: another number of fields")
    must, may = SEALED.get(event.type, ((), ()))
    found = {kind for kind, _ in parts}
    require(set(must) <= found <= set(must) | set(may), f"sealed parts of {event.type}")
    return parts


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

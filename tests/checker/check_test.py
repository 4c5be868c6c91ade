#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Negative controls of the checker: on a small consistent history it finds nothing; with one thing
changed it finds exactly that. A checker that cannot fail proves nothing."""
import copy
import hashlib
import json
import struct
import sys
import unittest
import uuid

import amounts
import check
import event_read
import msgpack_read
import order_fold

INCARNATION = "11111111-2222-4333-8444-555555555555"
CUSTOMER = uuid.UUID("aaaaaaaa-0000-4000-8000-000000000001")
DAY_US = 1291191960000000  # 2010-12-01 08:26


def pack(value):
    """MessagePack, just enough for events."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    if isinstance(value, str):
        data = value.encode()
        return b"\xd9" + bytes([len(data)]) + data
    return b"\xdc" + struct.pack(">H", len(value)) + b"".join(pack(part) for part in value)


def uid(number):
    return str(uuid.UUID(int=number))


def envelope(kind, subject=7, fill=b"x"):
    """Has the head and the size of one."""
    return b"\1\1\0\1" + (8 * subject + kind - 1).to_bytes(8, "big") + 120 * fill


def sealed(*parts):
    return pack([[list(part) for part in parts]]).hex()


def copy_of(kind, version, command, event_type, schema_version, data):
    return [kind, version, uuid.UUID(int=command).bytes, event_type, schema_version, data]


SHOPPER = uuid.UUID("bbbbbbbb-0000-4000-8000-000000000002")


def raw(number):
    return uuid.UUID(int=number).bytes


class History:
    """What the database holds, as the checker's queries would show it. Changed by the tests."""

    def __init__(self):
        self.commands, self.events, self.streams, self.journal = [], [], [], []
        self.command("receive", 901, 2, 1, "accepted", [
            ("StockReceived", 1, ["A1", "main", 10, 0, None, 10, 0])])
        line_1 = [1, "A1", None, None, "MUG", 3, 255, 200000, None, 0, 638, 127, 765]
        line_2 = [2, "A1", None, None, None, 1, 100, 200000, None, 0, 83, 17, 100]
        self.command("place", 101, 1, 2, "accepted", [
            ("OrderPlaced", 3, [CUSTOMER.bytes, 0, "GBP", True, 0, "GB", [line_1, line_2], "post",
                                100, 200000, 20, 721, None, 0, 164, 985, DAY_US, DAY_US + 900,
                                None, "536365"])],
                     parts=[(1, envelope(1)), (2, envelope(2))])
        self.command("adjust", 901, 2, 3, "accepted", [
            ("StockAdjusted", 1, ["A1", "main", -4, 0, 6, 0])])
        self.command("cancel-1", 101, 1, 4, "accepted", [
            ("LinesCancelled", 1, [[[1, 1, 255]], 0, 255, 255])])
        self.command("change-address", 101, 1, 10, "accepted",
                     [("ShippingAddressChanged", 2, ["GB"])], parts=[(2, envelope(2, 7, b"y"))])
        self.command("too-many", 101, 1, 5, "rejected", [], "quantity_exceeds_open")
        self.command("cancel-rest", 101, 1, 6, "accepted", [
            ("LinesCancelled", 1, [[[2, 1, 100], [1, 2, 510]], 0, 610, 865]),
            ("OrderCancelled", 2, [0, 120, 985])])
        self.command("register", 301, 3, 8, "accepted", [("CustomerRegistered", 2, ["eu", None])],
                     parts=[(1, envelope(1, 9))])
        self.command("change-contact", 301, 3, 9, "accepted", [("CustomerContactChanged", 1, [])],
                     parts=[(1, envelope(1, 9, b"y"))])
        self.journal.append({"id": uid(7007), "type": "order.command.place-order.v1",
                             "stream": uid(102), "outcome": "invalid", "code": "bad_field",
                             "version": 0, "position": 0})
        self.live()
        self.end()
        self.summaries = [
            ["1", uid(101), "2", "7", str(DAY_US), "1007000", "4", "721", "0", "164", "100", "985",
             "985", "0", "0", "0", "0", "0", "0", "4", "0", "0", "0", "0", "0", str(CUSTOMER), "2",
             "5", "0", "7", "0", "0", "0", "", "GBP", "GB", sealed(
                 copy_of(1, 1, 7002, "OrderPlaced", 3, envelope(1)),
                 copy_of(2, 3, 7010, "ShippingAddressChanged", 2, envelope(2, 7, b"y")))],
            ["1", uid(103), "5", "35", str(DAY_US), "1035000", "3", "2700", "300", "0", "0", "2700",
             "0", "3000", "300", "2700", "1700", "0", "3", "0", "3", "3", "0", "2", "1",
             str(SHOPPER), "1", "22", "0", "6", "4", "6", "2", "", "EUR", "DE", sealed(
                 copy_of(2, 1, 7020, "OrderPlaced", 3, envelope(2, 8)),
                 copy_of(4, 6, 7027, "PaymentAuthorized", 1, envelope(4, 8)))],
            ["1", uid(104), "6", "37", str(DAY_US), "1037000", "1", "500", "0", "0", "0", "500",
             "500", "0", "0", "0", "0", "0", "0", "1", "0", "0", "0", "0", "0", str(SHOPPER), "1",
             "2", "0", "8", "0", "0", "0", "", "EUR", "DE", ""]]
        self.customers = [
            ["1", uid(301), "39", "1008000", "1039000", "4", "3", "eu", "", sealed(
                copy_of(1, 2, 7009, "CustomerContactChanged", 1, envelope(1, 9, b"y")))]]
        self.lines = [
            ["2", "1", "255", "0", "638", "127", "765", "765", "1", "3", "3", "0", "0", "0", "0",
             "A1", "MUG", ""],
            ["2", "2", "100", "0", "83", "17", "100", "100", "1", "1", "1", "0", "0", "0", "0",
             "A1", "", ""],
            ["5", "1", "1000", "300", "2700", "0", "2700", "0", "1", "3", "0", "3", "3", "3", "2",
             "A1", "", ""],
            ["6", "1", "500", "0", "500", "0", "500", "500", "1", "1", "1", "0", "0", "0", "0",
             "B2", "", ""]]
        self.sales = [["1", "2010-12-01", "A1", "GBP", "1", "4", "865", "4", "865"],
                      ["1", "2010-12-01", "A1", "EUR", "1", "3", "2700", "0", "0"],
                      ["1", "2010-12-01", "B2", "EUR", "1", "1", "500", "1", "500"]]
        self.stock = [["1", "main", "A1", "1", "42", "1042000", "3", "1", "2"]]
        self.reservations = [["1", uid(105), "1", "42", str(DAY_US), "1"]]
        self.promotions = [["1", "TEN", "4", "43", "0", str(DAY_US + 1), "1043000", "", "100", "4",
                            "1000", "5", "1", "0", "0", "f", "EUR", ""]]
        self.discounts = [["4", "EUR", "1", "300", "1"]]
        self.checkpoint = len(self.events)
        self.head = None

    def live(self):
        """An order from its promotion to its end: positions 10 to 35."""
        pay, refund = raw(501), [raw(601), raw(602), raw(603)]
        line = [1, "A1", None, None, None, 3, 1000, 0, None, 300, 2700, 0, 2700]
        self.command("define", 401, 4, 18, "accepted", [
            ("PromotionDefined", 1, ["TEN", 0, 1000, None, "EUR", 100, 5, 1, 0, DAY_US + 1, None])])
        self.command("redeem", 401, 4, 19, "accepted", [
            ("PromotionRedeemed", 1, ["TEN", raw(103), SHOPPER.bytes, "EUR", 3000, 300, DAY_US,
                                      1])])
        self.command("place", 103, 1, 20, "accepted", [
            ("OrderPlaced", 3, [SHOPPER.bytes, 0, "EUR", False, 0, "DE", [line], None, 0, 0, 0, 2700,
                                "TEN", 300, 0, 2700, DAY_US, DAY_US + 900, None, None])],
                     parts=[(2, envelope(2, 8))])
        self.command("reserve", 901, 2, 21, "accepted", [
            ("StockReserved", 2, ["A1", "main", raw(103), 3, DAY_US, 6, 3])])
        more = iter(range(22, 60))
        for name, kind, version, fields, parts in (
                ("reserved", "LineReserved", 1, ["A1", "main", 3, [[1, 3]], None], ()),
                ("redeemed", "PromotionApplied", 1, [raw(401), "TEN", 300, [[1, 300]]], ()),
                ("pay", "PaymentDeclined", 1, [pay, 0, "bank", "d1", None, 1], ()),
                ("hold", "OrderHeld", 1, [1], [(1, envelope(1, 8))])):
            self.command(name, 103, 1, next(more), "accepted", [(kind, version, fields)],
                         parts=parts)
        next(more)
        self.command("pay", 103, 1, next(more), "accepted", [
            ("PaymentAuthorized", 1, [pay, "bank", "a1", 3000, "EUR", None])],
                     parts=[(4, envelope(4, 8))])
        self.command("release", 103, 1, next(more), "accepted", [
            ("OrderReleased", 1, [1]), ("OrderConfirmed", 1, [DAY_US, 2700])])
        self.command("ship", 103, 1, next(more), "accepted", [
            ("ShipmentDispatched", 2, [raw(701), "post", [[1, 2, 1800]], DAY_US, 1800])],
                     parts=[(2, envelope(2, 8, b"t"))])
        self.command("commit", 901, 2, next(more), "accepted", [
            ("ReservationCommitted", 1, ["A1", "main", raw(103), raw(701), 2, 4, 1])])
        for name, kind, version, fields, parts in (
                ("pay", "PaymentCaptured", 1, [pay, raw(801), "bank", "c1", 2700, "EUR"], ()),
                ("pay", "PaymentVoided", 1, [pay, "v1", 300, 2], ()),
                ("delivery", "ShipmentDelivered", 1, [raw(701), [[1, 2]], DAY_US],
                 [(2, envelope(2, 8, b"r"))]),
                ("ship", "ShipmentDispatched", 2, [raw(702), "post", [[1, 1, 900]], DAY_US, 900], ()),
                ("delivery", "ShipmentDelivered", 1, [raw(702), [[1, 1]], DAY_US], ()),
                ("return", "ReturnRequested", 1, [raw(711), [[1, 2, 0]]], ()),
                ("returned", "ReturnReceived", 1, [raw(711), [[1, 1, 1, 1]], 0], ()),
                ("refund", "RefundRequested", 1, [refund[0], [[1, 1, 900]], 0, 0, 900, 1], ()),
                ("pay", "RefundFailed", 1, [refund[0], pay, "f1", 900, None], ()),
                ("refund", "RefundRequested", 1, [refund[1], [[1, 1, 900]], 0, 800, 1700, 1], ()),
                ("pay", "RefundSettled", 2, [refund[1], pay, "r1", 1700, "EUR"], ())):
            self.command(name, 103, 1, next(more), "accepted", [(kind, version, fields)],
                         parts=parts)
        self.command("note", 103, 1, next(more), "accepted", [("NoteAdded", 1, [0])],
                     parts=[(1, envelope(1, 8, b"n"))])
        self.command("close", 103, 1, next(more), "accepted", [
            ("OrderClosed", 1, [DAY_US, 0, None])])

    def end(self):
        """An order that expires, an erasure, reservations and a promotion that end."""
        line = [1, "B2", None, None, None, 1, 500, 0, None, 0, 500, 0, 500]
        self.command("place", 104, 1, 60, "accepted", [
            ("OrderPlaced", 3, [SHOPPER.bytes, 0, "EUR", False, 0, "DE", [line], None, 0, 0, 0, 500,
                                None, 0, 0, 500, DAY_US, 1, None, None])])
        self.command("expire", 104, 1, 61, "accepted", [("OrderExpired", 1, [1, 1, 500, 500])])
        self.command("forget", 301, 3, 62, "accepted", [("ErasureRequested", 1, ["r", 0, None])])
        self.command("erased", 301, 3, 63, "accepted", [
            ("CustomerErased", 1, [bytes(16), DAY_US, 1, 2, 0, [[0]], None])])
        self.command("commit", 901, 2, 64, "accepted", [
            ("ReservationCommitted", 1, ["A1", "main", raw(103), raw(702), 1, 3, 0])])
        self.command("redeemed-not", 401, 4, 65, "accepted", [
            ("RedemptionReleased", 1, ["TEN", raw(103), SHOPPER.bytes, 0, 0])])
        self.command("reserve", 901, 2, 66, "accepted", [
            ("StockReserved", 2, ["A1", "main", raw(105), 1, DAY_US, 3, 1])])
        self.command("stop", 401, 4, 67, "accepted", [("PromotionDeactivated", 1, ["TEN", 0, 0])])

    TYPES = {"receive": "stock.command.receive-stock.v1", "adjust": "stock.command.adjust-stock.v1",
             "place": "order.command.place-order.v1",
             "change-address": "order.command.change-shipping-address.v1",
             "register": "customer.command.register-customer.v1",
             "change-contact": "customer.command.change-contact.v1",
             "forget": "customer.command.request-erasure.v1",
             "erased": "customer.command.confirm-erasure.v1",
             "reserve": "stock.command.reserve-stock.v1",
             "commit": "stock.command.commit-reservation.v1",
             "define": "promotion.command.define-promotion.v1",
             "redeem": "promotion.command.redeem-promotion.v1",
             "redeemed-not": "promotion.command.release-redemption.v1",
             "stop": "promotion.command.deactivate-promotion.v1",
             "reserved": "order.command.record-reservation.v1",
             "redeemed": "order.command.record-redemption.v1",
             "pay": "order.command.record-payment-result.v1",
             "hold": "order.command.hold-order.v1", "release": "order.command.release-hold.v1",
             "ship": "order.command.ship-lines.v1",
             "delivery": "order.command.record-delivery.v1",
             "return": "order.command.request-return.v1",
             "returned": "order.command.receive-return.v1",
             "refund": "order.command.request-refund.v1", "note": "order.command.add-note.v1",
             "close": "order.command.close-order.v1", "expire": "order.command.expire-order.v1"}

    def command(self, name, stream, category, number, outcome, events, code="", parts=()):
        known = {row[3]: row for row in self.streams}
        if uid(stream) not in known:
            self.streams.append([str(len(self.streams) + 1), "1", str(category), uid(stream), "0"])
            known = {row[3]: row for row in self.streams}
        row = known[uid(stream)]
        for kind, schema_version, fields in events:
            row[4] = str(int(row[4]) + 1)
            position = len(self.events) + 1
            self.events.append([str(position), row[0], "1", str(category), uid(stream), row[4],
                                kind, str(schema_version), str(1000000 + 1000 * position),
                                uid(7000 + number), pack(fields).hex(),
                                sealed(*parts) if parts else "", ""])
        self.commands.append([uid(7000 + number), "1", str(category),
                              str(check.STORED[outcome]), uid(stream), row[4], str(len(events)),
                              code])
        self.journal.append({
            "id": uid(7000 + number), "stream": uid(stream), "outcome": outcome,
            "type": self.TYPES.get(name, "order.command.cancel-lines.v1"), "code": code or None,
            "version": int(row[4]), "position": len(self.events) if events else 0})

    def link(self):
        """Makes the hash chain, a batch for every two events."""
        chain, start = hashlib.sha256(uuid.UUID(INCARNATION).bytes).digest(), 0
        batch = hashlib.sha256()
        for row in self.events:
            batch.update(check.event_digest(check.read_event(row)))
            position = int(row[0])
            if position % 2 and position != len(self.events):
                continue
            chain = hashlib.sha256(chain + start.to_bytes(8, "big")
                                   + (position - start).to_bytes(4, "big")
                                   + batch.digest()).digest()
            row[12], start, batch = chain.hex(), position, hashlib.sha256()
        self.head = [str(len(self.events)), chain.hex(), INCARNATION]

    def rows(self, sql):
        known = check.Database
        return iter(copy.deepcopy({
            known.COMMANDS: self.commands, known.EVENTS: self.events, known.STREAMS: self.streams,
            known.HEAD: [self.head], known.CHECKPOINT: [[str(self.checkpoint)]],
            known.SUMMARIES: self.summaries, known.LINES: self.lines,
            known.CUSTOMERS: self.customers, known.STOCK: self.stock,
            known.RESERVATIONS: self.reservations, known.PROMOTIONS: self.promotions,
            known.DISCOUNTS: self.discounts,
            known.SALES: self.sales}[sql]))

    def one(self, sql):
        return next(self.rows(sql), None)


EXPECTED = {
    "commands": {
        "add_note": 1, "adjust_stock": 1, "cancel_lines": 3, "change_contact": 1,
        "change_shipping_address": 1, "close_order": 1, "commit_reservation": 2,
        "confirm_erasure": 1, "deactivate_promotion": 1, "define_promotion": 1, "expire_order": 1,
        "hold_order": 1, "place_order": 4, "receive_return": 1, "receive_stock": 1,
        "record_delivery": 2, "record_payment_result": 6, "record_redemption": 1,
        "record_reservation": 1, "redeem_promotion": 1, "register_customer": 1, "release_hold": 1,
        "release_redemption": 1, "request_erasure": 1, "request_refund": 2, "request_return": 1,
        "reserve_stock": 2, "ship_lines": 2},
    "outcomes": {"accepted": 41, "rejected": 1, "malformed": 1},
    "rejections": {"quantity_exceeds_open": 1, "bad_field": 1},
    "events": {
        "CustomerContactChanged": 1, "CustomerErased": 1, "CustomerRegistered": 1,
        "ErasureRequested": 1, "LineReserved": 1, "LinesCancelled": 2, "NoteAdded": 1,
        "OrderCancelled": 1, "OrderClosed": 1, "OrderConfirmed": 1, "OrderExpired": 1,
        "OrderHeld": 1, "OrderPlaced": 3, "OrderReleased": 1, "PaymentAuthorized": 1,
        "PaymentCaptured": 1, "PaymentDeclined": 1, "PaymentVoided": 1, "PromotionApplied": 1,
        "PromotionDeactivated": 1, "PromotionDefined": 1, "PromotionRedeemed": 1,
        "RedemptionReleased": 1, "RefundFailed": 1, "RefundRequested": 2, "RefundSettled": 1,
        "ReservationCommitted": 2, "ReturnReceived": 1, "ReturnRequested": 1,
        "ShipmentDelivered": 2, "ShipmentDispatched": 2, "ShippingAddressChanged": 1,
        "StockAdjusted": 1, "StockReceived": 1, "StockReserved": 2},
    "accepted": {"orders": 3, "lines": 4, "units": 8, "subtotal": 3921, "shipping": 100,
                 "tax": 164, "total": 4185, "cancelled_units": 5, "cancelled_amount": 1485,
                 "cancelled_orders": 1},
}


def kinds_found(change=lambda history: None, relink=False, expected=None):
    history = History()
    history.link()
    change(history)
    if relink:
        history.link()
    journal = [json.dumps(record) for record in history.journal]
    return set(check.check(history, journal, expected or EXPECTED, wait=0)["differences"])


def set_cell(table, row, column, value):
    def change(history):
        getattr(history, table)[row][column] = value
    return change


def set_payload(row, fields):
    return set_cell("events", row, 10, pack(fields).hex())


def delete(table, row):
    return lambda history: getattr(history, table).pop(row)


def set_journal(row, **values):
    return lambda history: history.journal[row].update(values)


def contradicting(what, row, fields):
    """A planted event whose fields are its own no more."""
    return what, set_payload(row, fields), True, "event contradicts those before it"


# (what was planted, the change, whether the chain is made again over it, kinds that must be found)
PLANTED = [
    ("another outcome", set_cell("commands", 1, 3, "2"), False, "answer is not what is stored"),
    ("another code", set_cell("commands", 5, 7, "unknown_line"), False,
     "answer is not what is stored"),
    ("a lost outcome", delete("commands", 5), False, "answered command without a row"),
    ("a lost command", delete("commands", 1), False, "event without an accepted command"),
    ("a doubled command", lambda h: h.commands.append(list(h.commands[0])), False,
     "two rows for one command"),
    ("a malformed command that was stored",
     lambda h: h.commands.append([uid(7007), "1", "1", "2", uid(102), "0", "0", "bad_field"]),
     False, "row for a command that was answered as malformed"),
    ("another version told", set_journal(1, version=9), False, "answer names another version"),
    ("another position told", set_journal(1, position=9), False, "answer names another position"),
    ("no answer", set_journal(1, outcome=None), False, "command without an answer"),
    ("two answers", lambda h: h.journal.append(h.journal[1] | {"outcome": "rejected"}), False,
     "two answers to one command"),
    ("a lost event", delete("events", 3), True, "hole in the log"),
    ("a lost last event", delete("events", -1), False, "head is not the last event"),
    ("a changed payload",
     set_payload(2, ["A1", "main", -4, 1, 6, 0]), False, "hash chain broken"),
    ("sealed parts added", set_cell("events", 3, 11, "91"), False, "hash chain broken"),
    ("a changed time", set_cell("events", 0, 8, "5"), False, "hash chain broken"),
    ("a chain cut short", set_cell("events", -1, 12, ""), False,
     "head does not end the hash chain"),
    ("a stock item of another size",
     set_payload(2, ["A1", "main", -4, 0, 7, 0]), True, "event contradicts those before it"),
    ("an amount that is not its share",
     set_payload(3, [[[1, 1, 256]], 0, 256, 256]), True, "event contradicts those before it"),
    ("an event of a rejected command", set_cell("commands", 3, 3, "2"), False,
     "event without an accepted command"),
    ("a command with more events", set_cell("commands", 3, 6, "2"), False,
     "command with another number of events"),
    ("a stream that lags", set_cell("streams", 1, 4, "3"), False,
     "stream at another version than its events"),
    ("a version given twice", set_cell("events", 3, 5, "1"), True, "hole in a stream"),
    ("sealed parts where nothing is personal", set_cell("events", 3, 11, sealed((1, envelope(1)))),
     True, "event contradicts those before it"),
    ("a contact that is missing", set_cell("events", 7, 11, ""), True,
     "event contradicts those before it"),
    ("a class twice", set_cell("events", 1, 11, sealed((1, envelope(1)), (1, envelope(1)))), True,
     "event contradicts those before it"),
    ("an envelope of another class", set_cell("events", 4, 11, sealed((2, envelope(1)))), True,
     "event contradicts those before it"),
    ("keys of another subject", set_cell("events", 8, 11, sealed((1, envelope(1, 7)))), True,
     "event contradicts those before it"),
    ("an envelope of another size", set_cell("events", 4, 11, sealed((2, envelope(2)[:-1]))), True,
     "event contradicts those before it"),
    ("an older envelope in the read model",
     lambda h: h.customers[0].__setitem__(9, sealed(
         copy_of(1, 1, 7008, "CustomerRegistered", 2, envelope(1, 9)))), False,
     "read.customers: row differs"),
    ("an envelope that is gone", set_cell("summaries", 0, 19, ""), False,
     "read.order_summary: row differs"),
    ("copies that are none", set_cell("summaries", 0, 19, "91"), False,
     "read.order_summary: row differs"),
    ("a lost customer", delete("customers", 0), False, "read.customers: row missing"),
    ("a wrong total in the read model", set_cell("summaries", 0, 10, "986"), False,
     "read.order_summary: row differs"),
    ("a wrong status in the read model", set_cell("summaries", 0, 16, "1"), False,
     "read.order_summary: row differs"),
    ("a lost order in the read model", delete("summaries", 0), False,
     "read.order_summary: row missing"),
    ("a lost line in the read model", delete("lines", 1), False, "read.order_lines: row missing"),
    ("a line left over", lambda h: h.lines.append(["9"] + h.lines[0][1:]), False,
     "read.order_lines: row left over"),
    ("sales counted twice", set_cell("sales", 0, 5, "8"), False, "read.sku_sales: row differs"),
    ("sales left over", lambda h: h.sales.append(["1", "2011-01-01", *h.sales[0][2:]]), False,
     "read.sku_sales: row left over"),
    contradicting("fewer units reserved than open", 13, ["A1", "main", 2, [[1, 2]], None]),
    contradicting("an article reserved that is not ordered", 13, ["A9", "main", 3, [[1, 3]], None]),
    contradicting("another discount applied", 14, [raw(401), "TEN", 299, [[1, 299]]]),
    contradicting("another allocation", 14, [raw(401), "TEN", 300, [[1, 299]]]),
    contradicting("an attempt left out", 15, [raw(501), 0, "bank", "d1", None, 2]),
    contradicting("too little authorised to confirm", 17,
                  [raw(501), "bank", "a1", 2699, "EUR", None]),
    contradicting("authorised in another currency", 17, [raw(501), "bank", "a1", 3000, "USD", None]),
    contradicting("released from another hold", 18, [2]),
    contradicting("confirmed for another total", 19, [DAY_US, 3000]),
    contradicting("more shipped than reserved", 20,
                  [raw(701), "post", [[1, 4, 3600]], DAY_US, 3600]),
    contradicting("another amount shipped", 20, [raw(701), "post", [[1, 2, 1799]], DAY_US, 1799]),
    contradicting("confirmed with what had lapsed", 17,
                  [raw(501), "bank", "a1", 3000, "EUR", DAY_US]),
    contradicting("voided after more was captured", 22,
                  [raw(501), raw(801), "bank", "c1", 2701, "EUR"]),
    contradicting("more voided than is open", 23, [raw(501), "v1", 301, 2]),
    contradicting("a delivery of other units", 24, [raw(701), [[1, 1]], DAY_US]),
    contradicting("a delivery of no shipment", 26, [raw(709), [[1, 1]], DAY_US]),
    contradicting("more announced than delivered", 27, [raw(711), [[1, 4, 0]]]),
    contradicting("more returned than announced", 28, [raw(711), [[1, 2, 1, 1]], 0]),
    contradicting("more missing than announced", 28, [raw(711), [[1, 1, 1, 1]], 1]),
    contradicting("more refunded than came back", 29, [raw(601), [[1, 2, 1800]], 0, 0, 1800, 1]),
    contradicting("parts of a refund that do not add up", 29,
                  [raw(601), [[1, 1, 900]], 0, 1, 900, 1]),
    contradicting("another refund fails", 30, [raw(602), raw(501), "f1", 900, None]),
    contradicting("more settled than requested", 32, [raw(602), raw(501), "r1", 1701, "EUR"]),
    contradicting("nothing settled", 32, [raw(602), raw(501), "r1", 0, "EUR"]),
    contradicting("closed with a balance", 34, [DAY_US, 1, None]),
    contradicting("expired for another amount", 36, [1, 1, 499, 500]),
    contradicting("expired before its time", 36, [1, 2**50, 500, 500]),
    contradicting("a discount that is not the promotion's", 10,
                  ["TEN", raw(103), SHOPPER.bytes, "EUR", 3000, 301, DAY_US, 1]),
    contradicting("redeemed when it was over", 10,
                  ["TEN", raw(103), SHOPPER.bytes, "EUR", 3000, 300, DAY_US + 1, 1]),
    contradicting("uses that are not counted", 10,
                  ["TEN", raw(103), SHOPPER.bytes, "EUR", 3000, 300, DAY_US, 2]),
    contradicting("a redemption of another order released", 40,
                  ["TEN", raw(104), SHOPPER.bytes, 0, 0]),
    contradicting("more reserved than there is", 12,
                  ["A1", "main", raw(103), 7, DAY_US, 6, 7]),
    contradicting("reserved twice", 41, ["A1", "main", raw(103), 1, DAY_US, 4, 2]),
    contradicting("more committed than reserved", 39,
                  ["A1", "main", raw(103), raw(702), 2, 2, -1]),
    ("an erasure nobody asked for", lambda h: h.events.pop(37), True,
     "event contradicts those before it"),
    ("a note without a text", set_cell("events", 33, 11, ""), True,
     "event contradicts those before it"),
    ("a tracking number in place of the address",
     lambda h: h.summaries[1].__setitem__(36, sealed(
         copy_of(2, 9, 7029, "ShipmentDispatched", 2, envelope(2, 8, b"t")),
         copy_of(4, 6, 7027, "PaymentAuthorized", 1, envelope(4, 8)))), False,
     "read.order_summary: row differs"),
    ("money that was not captured", set_cell("summaries", 1, 15, "2699"), False,
     "read.order_summary: row differs"),
    ("another payment facet", set_cell("summaries", 1, 30, "3"), False,
     "read.order_summary: row differs"),
    ("a hold that is over", set_cell("summaries", 1, 33, "1"), False,
     "read.order_summary: row differs"),
    ("a line that did not come back", set_cell("lines", 2, 14, "0"), False,
     "read.order_lines: row differs"),
    ("a customer who is not forgotten", set_cell("customers", 0, 6, "2"), False,
     "read.customers: row differs"),
    ("stock that is gone", set_cell("stock", 0, 6, "2"), False, "read.stock: row differs"),
    ("stock that is lost", delete("stock", 0), False, "read.stock: row missing"),
    ("a reservation that is closed",
     lambda h: h.reservations.append(["1", uid(103), "1", "13", str(DAY_US), "1"]), False,
     "read.stock_reservations: row left over"),
    ("a reservation that is lost", delete("reservations", 0), False,
     "read.stock_reservations: row missing"),
    ("a promotion that goes on", set_cell("promotions", 0, 15, "t"), False,
     "read.promotions: row differs"),
    ("uses in the read model", set_cell("promotions", 0, 13, "1"), False,
     "read.promotions: row differs"),
    ("a discount granted twice", set_cell("discounts", 0, 3, "600"), False,
     "read.promotion_discounts: row differs"),
    ("a projection that is behind", lambda h: setattr(h, "checkpoint", 5), False,
     "read models are behind"),
]


class PlantedDifferences(unittest.TestCase):
    def test_a_consistent_history_has_none(self):
        self.assertEqual(kinds_found(), set())

    def test_each_planted_difference_is_found(self):
        for what, change, relink, kind in PLANTED:
            with self.subTest(what):
                self.assertIn(kind, kinds_found(change, relink))

    def test_another_expectation_is_found(self):
        for part in EXPECTED:
            for name in EXPECTED[part]:
                with self.subTest(f"{part}.{name}"):
                    expected = copy.deepcopy(EXPECTED)
                    expected[part][name] += 1
                    self.assertEqual(kinds_found(expected=expected), {"not as expected"})


class Orders(unittest.TestCase):
    """One order, event by event."""

    def setUp(self):
        line = [1, "A1", None, None, None, 3, 300, 0, None, 0, 900, 0, 900]
        event = self.event("OrderPlaced", 3, [
            CUSTOMER.bytes, 0, "EUR", False, 0, "DE", [line], None, 0, 0, 0, 900, None, 0, 0, 900,
            DAY_US, DAY_US, None, None])
        self.order = order_fold.Order(event, event_read.decode(event))
        self.told("LineReserved", 1, ["A1", "main", 3, [[1, 3]], None])
        self.told("PaymentCaptured", 1, ["p", raw(1), "bank", "c1", 900, "EUR"])
        self.told("OrderConfirmed", 1, [DAY_US, 900])
        self.told("ShipmentDispatched", 2, ["s", "post", [[1, 3, 900]], DAY_US, 900])
        self.told("ShipmentDelivered", 1, ["s", [[1, 3]], DAY_US])

    @staticmethod
    def event(kind, version, fields):
        return event_read.Event(1, 1, "1", 1, uid(1), 1, kind, version, 1, uid(2), pack(fields),
                                b"", None)

    def told(self, kind, version, fields):
        fields = event_read.decode(self.event(kind, version, fields))
        getattr(self.order, "on_" + kind)(fields)

    def refused(self, kind, version, fields):
        with self.assertRaises(event_read.Contradiction):
            self.told(kind, version, fields)

    def come_back(self):
        self.told("ReturnRequested", 1, ["r1", [[1, 2, 0]]])
        self.told("ReturnReceived", 1, ["r1", [[1, 2, 0, 2]], 0])

    def test_a_return_that_never_came_ends(self):
        self.told("ReturnRequested", 1, ["r1", [[1, 2, 0]]])
        self.told("ReturnReceived", 1, ["r1", [[1, 0, 0, 0]], 2])
        self.assertEqual(self.order.lines[1].requested, 0)
        self.told("ReturnRequested", 1, ["r2", [[1, 3, 0]]])
        self.refused("ReturnReceived", 1, ["r2", [[1, 0, -1, 0]], 4])

    def test_a_failure_is_recorded_once(self):
        self.come_back()
        self.told("RefundRequested", 1, ["f1", [[1, 2, 600]], 0, 0, 600, 1])
        self.told("RefundFailed", 1, ["f1", "p", "x1", 200, None])
        self.refused("RefundFailed", 1, ["f1", "p", "x1", 200, None])

    def test_the_last_piece_gives_the_units_back(self):
        self.come_back()
        self.told("RefundRequested", 1, ["f1", [[1, 2, 600]], 0, 0, 600, 1])
        self.told("RefundFailed", 1, ["f1", "p", "x1", 200, None])
        self.told("RefundFailed", 1, ["f1", "p", "x2", 400, None])
        self.assertEqual(self.order.lines[1].refunded, 0)
        self.told("RefundRequested", 1, ["f2", [[1, 2, 600]], 0, 0, 600, 1])

    def test_a_refund_that_went_in_part_keeps_its_units(self):
        self.come_back()
        self.told("RefundRequested", 1, ["f1", [[1, 2, 600]], 0, 0, 600, 1])
        self.told("RefundSettled", 2, ["f1", "p", "x0", 200, "EUR"])
        self.told("RefundFailed", 1, ["f1", "p", "x2", 400, None])
        self.refused("RefundRequested", 1, ["f2", [[1, 2, 600]], 0, 0, 600, 1])


class Arithmetic(unittest.TestCase):
    def test_discounts_are_dealt_by_largest_remainder(self):
        self.assertEqual(amounts.dealt(100, [1, 1, 1]), [34, 33, 33])
        self.assertEqual(amounts.dealt(1000, [1999, 2999, 1]), [400, 600, 0])
        self.assertEqual(amounts.dealt(1, [0, 5, 5]), [0, 1, 0])
        self.assertEqual(amounts.dealt(0, [0, 0]), [0, 0])

    def test_tax_inside_and_on_top(self):
        self.assertEqual(amounts.net_of(17925, 200000, True, amounts.HALF_EVEN), (14938, 2987))
        self.assertEqual(amounts.net_of(324, 190000, False, amounts.HALF_EVEN), (324, 62))
        self.assertEqual(amounts.net_of(1000, 88750, False, amounts.HALF_EVEN), (1000, 89))

    def test_rounding(self):
        halves = [amounts.Fraction(5, 2), amounts.Fraction(7, 2), amounts.Fraction(9, 2)]
        self.assertEqual([amounts.rounded(value, amounts.HALF_EVEN) for value in halves], [2, 4, 4])
        self.assertEqual([amounts.rounded(value, amounts.HALF_UP) for value in halves], [3, 4, 5])

    def test_shares_add_up(self):
        parts = [amounts.share(17925, 10, n, n + 1, amounts.HALF_EVEN) for n in range(10)]
        self.assertEqual(
            parts, [1792, 1793, 1793, 1792, 1792, 1793, 1793, 1792, 1792, 1793])
        self.assertEqual(
            [amounts.share(1000, 3, n, n + 1, amounts.HALF_EVEN) for n in range(3)], [333, 334, 333])


class Reading(unittest.TestCase):
    def test_values_come_back(self):
        value = [None, True, False, 5, -7, 2**40, -(2**40), "é", b"\x00\xff", ["x", [1]]]
        self.assertEqual(msgpack_read.read(pack(value)), value)
        self.assertEqual(msgpack_read.read(b"\x82\xa1a\x01\xa1b\x93\x01\xff\xe0"),
                         {"a": 1, "b": [1, -1, -32]})

    def test_what_is_no_value_is_refused(self):
        for data in (b"", b"\xc1", b"\x92\x01", b"\xa2a", b"\x01\x02", b"\xcb" + bytes(8),
                     b"\xa1\xff"):
            with self.subTest(data.hex()), self.assertRaises(msgpack_read.Malformed):
                msgpack_read.read(data)


if __name__ == "__main__":
    sys.exit(unittest.main())

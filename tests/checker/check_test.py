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

import check
import fold
import msgpack_read

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


class History:
    """What the database holds, as the checker's queries would show it. Changed by the tests."""

    def __init__(self):
        self.commands, self.events, self.streams, self.journal = [], [], [], []
        self.command("receive", 901, 2, 1, "accepted", [
            ("StockReceived", 1, ["A1", "main", 10, 0, None, 10, 0])])
        line_1 = [1, "A1", None, None, "MUG", 3, 255, 200000, None, 638, 127, 765]
        line_2 = [2, "A1", None, None, None, 1, 100, 200000, None, 83, 17, 100]
        self.command("place", 101, 1, 2, "accepted", [
            ("OrderPlaced", 3, [CUSTOMER.bytes, 0, "GBP", True, 0, "GB", [line_1, line_2], "post",
                                100, 200000, 20, 721, 164, 985, DAY_US, "536365"])],
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
        self.summaries = [
            ["1", uid(101), "2", "7", str(DAY_US), "1007000", "4", "721", "164", "100", "985",
             "985", str(CUSTOMER), "2", "5", "0", "7", "GBP", "GB", sealed(
                 copy_of(1, 1, 7002, "OrderPlaced", 3, envelope(1)),
                 copy_of(2, 3, 7010, "ShippingAddressChanged", 2, envelope(2, 7, b"y")))]]
        self.customers = [
            ["1", uid(301), "9", "1008000", "1009000", "2", "1", "eu", "", sealed(
                copy_of(1, 2, 7009, "CustomerContactChanged", 1, envelope(1, 9, b"y")))]]
        self.lines = [
            ["2", "1", "255", "638", "127", "765", "765", "1", "3", "3", "A1", "MUG", ""],
            ["2", "2", "100", "83", "17", "100", "100", "1", "1", "1", "A1", "", ""]]
        self.sales = [["1", "2010-12-01", "A1", "GBP", "1", "4", "865", "4", "865"]]
        self.checkpoint = 9
        self.head = None

    TYPES = {"receive": "stock.command.receive-stock.v1", "adjust": "stock.command.adjust-stock.v1",
             "place": "order.command.place-order.v1",
             "change-address": "order.command.change-shipping-address.v1",
             "register": "customer.command.register-customer.v1",
             "change-contact": "customer.command.change-contact.v1"}

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
            known.CUSTOMERS: self.customers,
            known.SALES: self.sales}[sql]))

    def one(self, sql):
        return next(self.rows(sql), None)


EXPECTED = {
    "commands": {"receive_stock": 1, "place_order": 2, "adjust_stock": 1, "cancel_lines": 3,
                 "change_shipping_address": 1, "register_customer": 1, "change_contact": 1},
    "outcomes": {"accepted": 8, "rejected": 1, "malformed": 1},
    "rejections": {"quantity_exceeds_open": 1, "bad_field": 1},
    "events": {"StockReceived": 1, "OrderPlaced": 1, "StockAdjusted": 1, "LinesCancelled": 2,
               "OrderCancelled": 1, "ShippingAddressChanged": 1, "CustomerRegistered": 1,
               "CustomerContactChanged": 1},
    "accepted": {"orders": 1, "lines": 2, "units": 4, "subtotal": 721, "shipping": 100, "tax": 164,
                 "total": 985, "cancelled_units": 4, "cancelled_amount": 985,
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


class Arithmetic(unittest.TestCase):
    def test_tax_inside_and_on_top(self):
        self.assertEqual(fold.net_of(17925, 200000, True, fold.HALF_EVEN), (14938, 2987))
        self.assertEqual(fold.net_of(324, 190000, False, fold.HALF_EVEN), (324, 62))
        self.assertEqual(fold.net_of(1000, 88750, False, fold.HALF_EVEN), (1000, 89))

    def test_rounding(self):
        halves = [fold.Fraction(5, 2), fold.Fraction(7, 2), fold.Fraction(9, 2)]
        self.assertEqual([fold.rounded(value, fold.HALF_EVEN) for value in halves], [2, 4, 4])
        self.assertEqual([fold.rounded(value, fold.HALF_UP) for value in halves], [3, 4, 5])

    def test_shares_add_up(self):
        parts = [fold.share(17925, 10, n, n + 1, fold.HALF_EVEN) for n in range(10)]
        self.assertEqual(
            parts, [1792, 1793, 1793, 1792, 1792, 1793, 1793, 1792, 1792, 1793])
        self.assertEqual(
            [fold.share(1000, 3, n, n + 1, fold.HALF_EVEN) for n in range(3)], [333, 334, 333])


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

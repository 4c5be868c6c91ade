# SPDX-License-Identifier: Apache-2.0
"""The cases of bad_input_test.py: what is sent, and what has to become of it."""

import dataclasses
import json
import typing

from lib import orders
from lib.msgpack import Pairs, Raw, pack
from lib.orders import CANCEL, JSON, MSGPACK, Command, line, place_order, to_json, without

BODY_LIMIT = 512 * 1024


@dataclasses.dataclass
class Case:
    """outcome, code, field: of the reply; outcome None: no reply may be sent. dead: reason of the
    dead letter, None: there is none. kept: its body is in there. stored: outcome in the store,
    None: nothing is stored."""
    name: str
    command: Command
    outcome: typing.Optional[str]
    code: typing.Optional[str] = None
    field: typing.Optional[str] = None
    dead: typing.Optional[str] = None
    kept: bool = True
    stored: typing.Optional[str] = None
    version: typing.Optional[int] = None
    replayed: bool = False
    duplicate: bool = False  # the same command id as an earlier case


def malformed(name, command, code, field=None, answered=True, kept=False):
    """The body of an order is kept only when it could be read to its end: nobody knows otherwise what
    is in it."""
    return Case(name, command, "invalid" if answered else None, code, field, dead=code, kept=kept)


def rejected(name, command, code, field=None):
    return Case(name, command, "rejected", code, field, stored="rejected")


def accepted(name, command, version=1, answered=True):
    return Case(name, command, "accepted" if answered else None, stored="accepted", version=version)


def raw(value, content=MSGPACK):
    return Command(value=value, content=content)


def packed(body):
    return raw(pack(body))


def text(body):
    return raw(body.encode() if isinstance(body, str) else body, JSON)


def nested(depth):
    """Maps within a map, `depth` of them."""
    body = 1
    for _ in range(depth):
        body = {"a": body}
    return body


def order_with_line(**changes):
    return place_order(lines=[line(1, **changes)], declared_total="3.00")


def json_with(old, new):
    """A good order as JSON text with one piece of it replaced."""
    good = json.dumps(order_with_line())
    assert old in good
    return text(good.replace(old, new))


def encodings():
    """Bytes that are not what the content type says, or over a limit of reading."""
    yield malformed("garbage as MessagePack", raw(b"\xc1\x00garbage\xff\xfe"), "bad_encoding")
    yield malformed("garbage as JSON", text(b"\x00\x9f\x92garbage"), "bad_encoding")
    yield malformed("JSON cut off", text(to_json(place_order())[:-9]), "bad_encoding")
    yield malformed("JSON, then more", text(to_json(place_order()) + b"{}"), "bad_encoding")
    yield malformed("MessagePack, then more", raw(pack(place_order()) + b"\xc0"), "bad_encoding")
    yield malformed("MessagePack cut off", raw(pack(place_order())[:-3]), "bad_encoding")
    yield malformed("empty body as MessagePack", raw(b""), "bad_encoding")
    yield malformed("empty body as JSON", text(b""), "bad_encoding")
    yield malformed("no body at all", null_value(), "bad_encoding")
    yield malformed("a text instead of an object", text('"hello"'), "bad_encoding")
    yield malformed("an array instead of an object", text("[]"), "bad_field")
    for name, head, code in (
            ("array32", b"\xdd", "bad_encoding"), ("map32", b"\xdf", "bad_encoding"),
            ("str32", b"\xdb", "too_large"), ("bin32", b"\xc6", "too_large"),
            ("ext32", b"\xc9", "bad_encoding")):
        yield malformed(f"{name} of 2^32 - 1 in 5 bytes", raw(head + b"\xff" * 4), code)
    yield malformed("a bomb in a field", packed(
        place_order(lines=Raw(b"\xdd\xff\xff\xff\xff"))), "bad_encoding")
    yield malformed("depth 9 as MessagePack", packed(nested(9)), "bad_encoding")
    yield malformed("depth 9 as JSON", text(to_json(nested(9))), "bad_encoding")
    yield malformed("depth 8 can be read", text(to_json(nested(8))), "bad_field")
    yield malformed("JSON nested 100,000 deep", text("[" * 100000), "bad_encoding")
    for name, bad in (
            ("a byte that begins nothing", b"\xff"), ("a slash of two bytes", b"\xc0\xaf"),
            ("half a surrogate", b"\xed\xa0\x80"), ("a cut sequence", b"\xe2\x82")):
        yield malformed(f"UTF-8: {name}, MessagePack", packed(order_with_line(
            sku=Raw(b"\xdb\0\0\0" + bytes([len(bad)]) + bad))), "bad_encoding")
        yield malformed(f"UTF-8: {name}, JSON", text(
            to_json(order_with_line(sku="@@")).replace(b"@@", bad)), "bad_encoding")
    yield malformed("a NUL in a text", text(to_json(order_with_line(sku="a\0b"))), "bad_encoding")
    yield malformed("a control character in a text", text(
        to_json(order_with_line(sku="a\tb"))), "bad_field", "sku")
    yield malformed("a text over 4 KiB", text(
        to_json(order_with_line(sku="x" * 4097))), "too_large")
    yield malformed("over 65,536 values", text(
        to_json(place_order(lines=[0] * 65536))), "too_large")
    too_long = to_json(place_order())
    too_long += b" " * (BODY_LIMIT + 1 - len(too_long))
    yield malformed("body of 512 KiB and a byte", text(too_long), "too_large")
    yield accepted("body of 512 KiB", text(too_long[:-1]))
    yield malformed("a float as MessagePack", packed(order_with_line(qty=2.0)), "bad_encoding")
    yield malformed("a float as JSON", text(to_json(order_with_line(qty=2.0))), "bad_encoding")
    yield malformed("2^63 as JSON", json_with('"qty": 2', f'"qty": {2**63}'), "bad_encoding")
    yield malformed("2^63 as MessagePack", packed(order_with_line(qty=2**63)), "bad_encoding")
    yield malformed("a key that is no text", packed(
        Pairs([(1, 2), *place_order().items()])), "bad_encoding")


def null_value():
    command = raw(b"")
    command.value = None
    return command


def fields():
    """Readable, but not the command."""
    yield malformed("unknown field", text(to_json(place_order(colour="red"))), "bad_field")
    yield malformed("unknown field of a line", text(
        to_json(order_with_line(colour=1))), "bad_field")
    yield malformed("missing field", text(
        to_json(without(place_order(), "customer_id"))), "missing_field", "customer_id")
    yield malformed("missing field of a line", text(
        to_json(place_order(lines=[without(line(1), "qty")]))), "missing_field", "qty")
    yield malformed("the same key twice, JSON", json_with('"qty": 2', '"qty": 2, "qty": 3'),
                    "bad_field")
    yield malformed("the same key twice, MessagePack", packed(
        Pairs([*place_order().items(), ("channel", "web")])), "bad_field", "channel")
    for name, changes, field in (
            ("quantity 0", {"qty": 0}, "qty"), ("quantity -1", {"qty": -1}, "qty"),
            ("quantity over the limit", {"qty": 1000001}, "qty"),
            ("line number 0", {"line_no": 0}, "line_no"),
            ("tax over 100 %", {"tax_ppm": 1000001}, "tax_ppm"),
            ("a text for a number", {"qty": "2"}, "qty"),
            ("a number for a text", {"sku": 5}, "sku"),
            ("an empty text", {"sku": ""}, "sku"),
            ("a text over the field's limit", {"sku": "x" * 65}, "sku"),
            ("null", {"sku": None}, "sku"),
            ("a price that is a number", {"unit_price": 2}, "unit_price"),
            ("a price in words", {"unit_price": "two"}, "unit_price"),
            ("a price with an exponent", {"unit_price": "1e2"}, "unit_price")):
        yield malformed(name, text(to_json(order_with_line(**changes))), "bad_field", field)
    for name, changes, field in (
            ("no lines", {"lines": []}, "lines"),
            ("5,001 lines", {"lines": [line(n) for n in range(1, 5002)]}, "lines"),
            ("unknown channel", {"channel": "telepathy"}, "channel"),
            ("customer is no UUID", {"customer_id": "me"}, "customer_id"),
            ("a day that never was", {"placed_at": "2025-02-30T00:00:00Z"}, "placed_at"),
            ("a time without a zone", {"placed_at": "2025-02-03T00:00:00"}, "placed_at"),
            ("currency of four letters", {"currency": "EURO"}, "currency")):
        yield malformed(name, text(to_json(place_order(**changes))), "bad_field", field)
    yield malformed("unknown reason", Command({"reason": "boredom"}, CANCEL), "bad_field", "reason")
    yield malformed("unknown deadline, nothing personal can be there",
                    Command({"deadline": "noon"}, "order.command.expire-order.v1"), "bad_field",
                    "deadline", kept=True)


def headers():
    """Faults of the message around the body."""
    def good():
        return Command(place_order())

    def wrong(*arguments, kept=True, **more):
        return malformed(*arguments, kept=kept, **more)
    yield wrong("unknown type", good().put("ce_type", "order.command.paint-order.v1"),
                "unknown_type", "ce_type", kept=False)
    yield wrong("unsupported version", good().put("ce_type", "order.command.place-order.v9"),
                "unsupported_version", "ce_type", kept=False)
    yield wrong("no ce_id", good().drop("ce_id"), "missing_field", "ce_id", answered=False)
    yield wrong("ce_id is no UUID", good().put("ce_id", "seven"), "bad_field", "ce_id",
                answered=False)
    yield wrong("an empty ce_id", good().put("ce_id", ""), "bad_field", "ce_id", answered=False)
    yield wrong("ce_id twice", good().add("ce_id", orders.new_id()), "bad_field", "ce_id")
    for name in ("ce_type", "ce_specversion", "content-type"):
        yield wrong(f"no {name}", good().drop(name), "missing_field", name,
                    kept=name != "ce_type")
        yield wrong(f"{name} twice", good().add(name, dict(good().headers)[name]),
                    "bad_field", name)
    yield wrong("ce_specversion 0.3", good().put("ce_specversion", "0.3"), "bad_field",
                "ce_specversion")
    yield wrong("content type text/plain", good().put("content-type", "text/plain"),
                "bad_field", "content-type")
    yield accepted("content type with a charset", good().put(
        "content-type", "Application/JSON; charset=utf-8"))
    for name, value in (("ce_time", "yesterday"), ("ce_expectedversion", "abc"),
                        ("ce_expectedversion", "-2"), ("ce_correlationid", "x"),
                        ("ce_causationid", "x"), ("reply_partition", "x"),
                        ("ce_source", b"\xff"), ("ce_subject", "x")):
        command = good() if name != "ce_source" else good().drop("ce_source")
        yield wrong(f"{name} {value!r}", command.add(name, value), "bad_field", name)
    yield accepted("a malformed traceparent is ignored", good().add("traceparent", "x"))
    yield accepted("foreign headers are ignored", good().add("b3", "0").add("b3", "0"))
    yield wrong("a header over 1 KiB", good().add("b3", "x" * 1100), "too_large")
    many = good()
    for number in range(65):
        many.add(f"x-{number}", "1")
    yield wrong("70 headers", many, "too_large")
    yield wrong("key is no UUID", good().with_key(b"order-7"), "bad_field", "key")
    yield wrong("empty key", good().with_key(b""), "missing_field", "key")
    yield wrong("no key", good().with_key(None), "missing_field", "key")
    yield wrong("ce_subject is not the key", good().add("ce_subject", orders.new_id()),
                "bad_field", "ce_subject")
    same = good()
    yield accepted("ce_subject is the key", same.add("ce_subject", same.stream))


def rules():
    """Commands that are understood and refused, or just accepted."""
    yield rejected("line number twice", Command(place_order(
        lines=[line(1), line(1)], declared_total="6.00")), "duplicate_line", "line_no")
    yield rejected("price with three decimals", Command(order_with_line(unit_price="1.505")),
                   "price_precision", "unit_price")
    yield rejected("negative price", Command(order_with_line(unit_price="-1.50")), "bad_field",
                   "unit_price")
    yield rejected("price of zero", Command(order_with_line(unit_price="0.00")), "not_permitted",
                   "unit_price")
    yield rejected("wrong total", Command(place_order(declared_total="3.01")), "total_mismatch",
                   "declared_total")
    yield rejected("unknown currency", Command(place_order(currency="XQZ")), "unknown_currency",
                   "currency")
    yield rejected("2,001 lines", Command(place_order(2001)), "too_many_lines", "lines")
    yield accepted("2,000 lines", Command(place_order(2000)))
    yield rejected("unknown order", Command({"reason": "customer"}, CANCEL), "not_found")
    yield accepted("MessagePack", packed(place_order()))


def repeats():
    """Ids, versions and streams that were there before: each case leans on those above it."""
    first = Command(place_order())
    yield accepted("first", first)
    yield dataclasses.replace(accepted("the same command again", first), replayed=True,
                              duplicate=True)
    reused = Case("its id with another body", Command(
        place_order(2), stream=first.stream, command_id=first.id), "invalid", "command_id_reused",
        "ce_id", duplicate=True)
    yield reused
    yield dataclasses.replace(reused, name="its id for another order", command=Command(
        json.loads(first.value), command_id=first.id))
    yield rejected("the order exists", Command(place_order(), stream=first.stream),
                   "already_exists")

    def cancel(expected, **changes):
        return Command({"lines": [{"line_no": 1, "qty": 1, **changes}], "reason": "customer"},
                       orders.CANCEL_LINES, stream=first.stream).add("ce_expectedversion", expected)
    yield rejected("more than was ordered", cancel("1", qty=3), "quantity_exceeds_open", "qty")
    yield rejected("a line it does not have", cancel("1", line_no=2), "unknown_line", "line_no")
    wrong = Case("expected version 7 of 1", cancel("7"), "conflict", "version_conflict",
                 stored="conflict", version=1)
    yield wrong
    yield dataclasses.replace(wrong, name="the same again", replayed=True, duplicate=True)
    yield dataclasses.replace(wrong, name="expected version 0 of 1", command=cancel("0"))
    yield accepted("expected version 1 of 1", cancel("1"), version=2)
    yield accepted("expected version -1: any", cancel("-1"), version=4)
    yield accepted("expected version 0, a new order",
                   Command(place_order()).add("ce_expectedversion", "0"))
    yield accepted("nothing is left to cancel: so it is", cancel("4"), version=4)


def all_cases():
    for part in (encodings, fields, headers, rules, repeats):
        yield from part()

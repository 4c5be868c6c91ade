# SPDX-License-Identifier: Apache-2.0
"""Every kind of poison there is on the command topic, and who sends it, for poison_test.py and the bench."""

import itertools
import threading

import bad_input_cases as cases
from lib import people
from lib.kafka import Kafka
from lib.msgpack import Pairs, Raw
from lib.orders import Command, line, new_id, place_order, to_json, without

CARD = "4111111111111111"


def headers(change):
    """A good command with another header."""
    return lambda: change(Command(place_order()))


def claims(head):
    """Five bytes that claim four gigabytes."""
    return lambda: cases.raw(head + b"\xff" * 4)


def with_card():
    person = people.Person()
    command = people.place(person)
    command.value = command.value.replace(person.mark.encode() + b"g", CARD.encode())
    return command


# Name, how one is made, the reason of its dead letter.
KINDS = (
    ("MessagePack that is garbage", lambda: cases.raw(b"\xc1\x00garbage\xff\xfe"), "bad_encoding"),
    ("MessagePack cut off", lambda: cases.raw(cases.pack(place_order())[:-3]), "bad_encoding"),
    ("JSON that is garbage", lambda: cases.text(b"\x00\x9f\x92garbage"), "bad_encoding"),
    ("JSON cut off", lambda: cases.text(to_json(place_order())[:-9]), "bad_encoding"),
    ("no body", cases.null_value, "bad_encoding"),
    ("an empty body", lambda: cases.raw(b""), "bad_encoding"),
    ("bad UTF-8 in MessagePack", lambda: cases.packed(
        cases.order_with_line(sku=Raw(b"\xdb\0\0\0\x01\xff"))), "bad_encoding"),
    ("bad UTF-8 in JSON", lambda: cases.text(
        to_json(cases.order_with_line(sku="@@")).replace(b"@@", b"\xc0\xaf")), "bad_encoding"),
    ("a NUL in a text", lambda: cases.text(to_json(cases.order_with_line(sku="a\0b"))),
     "bad_encoding"),
    ("an array of 2^32 - 1 in 5 bytes", claims(b"\xdd"), "bad_encoding"),
    ("a map of 2^32 - 1 in 5 bytes", claims(b"\xdf"), "bad_encoding"),
    ("a text of 2^32 - 1 in 5 bytes", claims(b"\xdb"), "too_large"),
    ("an ext of 2^32 - 1 in 5 bytes", claims(b"\xc9"), "bad_encoding"),
    ("a bomb in a field", lambda: cases.packed(
        place_order(lines=Raw(b"\xdd\xff\xff\xff\xff"))), "bad_encoding"),
    ("MessagePack nested 33 deep", lambda: cases.packed(cases.nested(33)), "bad_encoding"),
    ("JSON nested 100,000 deep", lambda: cases.text("[" * 100000), "bad_encoding"),
    ("over 65,536 values", lambda: cases.text(to_json(place_order(lines=[0] * 65536))),
     "too_large"),
    ("over 512 KiB", lambda: cases.text(
        to_json(place_order()) + b" " * (cases.BODY_LIMIT + 1)), "too_large"),
    ("a text over 4 KiB", lambda: cases.text(
        to_json(cases.order_with_line(sku="x" * 4097))), "too_large"),
    ("the same key twice in JSON", lambda: cases.json_with('"qty": 2', '"qty": 2, "qty": 3'),
     "bad_field"),
    ("the same key twice in MessagePack", lambda: cases.packed(
        Pairs([*place_order().items(), ("channel", "web")])), "bad_field"),
    ("a field nobody knows", lambda: cases.text(to_json(place_order(colour="red"))), "bad_field"),
    ("a field that is missing", lambda: cases.text(
        to_json(without(place_order(), "customer_id"))), "missing_field"),
    ("a floating-point number", lambda: cases.text(to_json(cases.order_with_line(qty=2.0))),
     "bad_encoding"),
    ("2^63", lambda: cases.packed(cases.order_with_line(qty=2**63)), "bad_encoding"),
    ("5,001 lines", lambda: cases.text(
        to_json(place_order(lines=[line(n) for n in range(1, 5002)]))), "bad_field"),
    ("a type nobody knows", headers(
        lambda c: c.put("ce_type", "order.command.paint-order.v1")), "unknown_type"),
    ("a version of the future", headers(
        lambda c: c.put("ce_type", "order.command.place-order.v9")), "unsupported_version"),
    ("a key that is no id", headers(lambda c: c.with_key(b"order-7")), "bad_field"),
    ("no key", headers(lambda c: c.with_key(None)), "missing_field"),
    ("a key that is not the subject", headers(lambda c: c.add("ce_subject", new_id())),
     "bad_field"),
    ("an empty header", headers(lambda c: c.add("ce_correlationid", "")), "bad_field"),
    ("a header twice", headers(lambda c: c.add("ce_id", new_id())), "bad_field"),
    ("no content type", headers(lambda c: c.drop("content-type")), "missing_field"),
    ("a header over 1 KiB", headers(lambda c: c.add("b3", "x" * 1100)), "too_large"),
    ("no id", headers(lambda c: c.drop("ce_id")), "missing_field"),
    ("personal data in plain", lambda: people.place(people.Person()),
     "plain_personal_data"),
    ("a card number in plain", with_card, "plain_personal_data"),
)


class Sender(threading.Thread):
    """Sends poisonous messages, round and round through the kinds, until it has sent `most` or is
    finished."""

    def __init__(self, brokers, topic, reply_topic, partitions, per_second, most=None):
        super().__init__(daemon=True)
        self.brokers = brokers
        self.topic = topic
        self.reply_topic = reply_topic
        self.partitions = partitions
        self.pause = 1 / per_second
        self.most = most
        self.sent = []  # (partition, offset, name, reason, id of the command)
        self.error = None
        self.over = threading.Event()

    def run(self):
        kafka = Kafka(self.brokers)
        try:
            for number, (name, make, reason) in enumerate(itertools.cycle(KINDS)):
                if self.over.wait(self.pause) or number == self.most:
                    break
                command = make().add("reply_topic", self.reply_topic)
                partition = number % self.partitions
                offset = kafka.send(
                    self.topic, command.key, command.value, command.headers, partition)
                self.sent.append((partition, offset, name, reason, command.id))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            kafka.close()

    def finish(self):
        self.over.set()
        self.join()
        if self.error:
            raise self.error

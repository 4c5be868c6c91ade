#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Places one order with personal data and waits for the answer.

usage: send_order.py VAULT_KEY [BROKERS]

VAULT_KEY is the file with the vault's public key (signing.pub): without it anybody who can write to
the topic of epochs could have the data sealed to himself. Needs python3-nacl, python3-kafka and
python3-msgpack of Debian.
"""
import json
import pathlib
import sys
import time
import uuid

import msgpack
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from nacl.public import Box, PrivateKey, PublicKey
from nacl.signing import VerifyKey

SECONDS = 30


def tail(brokers, topic, from_beginning):
    """A consumer of all partitions of a topic, from its beginning or from where it ends now."""
    consumer = KafkaConsumer(bootstrap_servers=brokers, consumer_timeout_ms=3000)
    partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
    if not partitions:
        sys.exit(f"there is no topic {topic}")
    consumer.assign(partitions)
    (consumer.seek_to_beginning if from_beginning else consumer.seek_to_end)(*partitions)
    for partition in partitions:
        consumer.position(partition)  # asked for now, not at the first poll
    return consumer


def current_epoch(brokers, topic, vault_key):
    """(number, public key) of the newest command epoch that the vault has signed."""
    newest = max((json.loads(record.value) for record in tail(brokers, topic, True) if record.value),
                 key=lambda epoch: epoch["epoch"], default=None)
    if newest is None:
        sys.exit(f"{topic} holds no epoch: is order-shredder running?")
    public_key = bytes.fromhex(newest["public_key"])
    signed = b"order-epoch-v1" + newest["epoch"].to_bytes(8, "big") + public_key
    VerifyKey(vault_key).verify(signed, bytes.fromhex(newest["signature"]))  # raises when forged
    return newest["epoch"], PublicKey(public_key)


def seal(epoch, command_id, personal):
    """The personal part of a command as its field `sealed`. The box is bound to the command id."""
    number, public_key = epoch
    sender = PrivateKey.generate()  # one per process and epoch is enough
    box = Box(sender, public_key).encrypt(command_id.bytes + msgpack.packb(personal))
    return {"epoch": number, "sender": bytes(sender.public_key), "box": bytes(box)}


def main(vault_key_file, brokers="127.0.0.1:9092", prefix="order"):
    vault_key = pathlib.Path(vault_key_file).read_bytes()
    command_id, order_id = uuid.uuid4(), uuid.uuid4()
    personal = {
        "contact": {"name": "Zoë Example", "email": "zoe@example.org", "phone": "+447700900123"},
        "delivery": {"ship_to": {"name": "Zoë Example", "line1": "1 High Street", "city": "Leeds",
                                 "postal_code": "LS1 1AA", "country": "GB"}}}
    order = {
        "customer_id": str(uuid.uuid4()), "channel": "web", "currency": "GBP",
        "prices_include_tax": True, "ship_country": "GB", "declared_total": "12.50",
        "placed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "lines": [{"line_no": 1, "sku": "85123A", "qty": 5, "unit_price": "2.50",
                   "tax_ppm": 200000}],
        "sealed": seal(current_epoch(brokers, f"{prefix}.epochs", vault_key), command_id, personal)}
    headers = {"ce_specversion": "1.0", "ce_type": "order.command.place-order.v1",
               "ce_id": str(command_id), "ce_source": "send_order.py",
               "content-type": "application/msgpack", "reply_topic": f"{prefix}.replies"}
    replies = tail(brokers, f"{prefix}.replies", False)
    producer = KafkaProducer(bootstrap_servers=brokers)
    producer.send(f"{prefix}.commands", key=str(order_id).encode(), value=msgpack.packb(order),
                  headers=[(name, value.encode()) for name, value in headers.items()])
    producer.flush()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for record in replies:
            if (b"ce_causationid", str(command_id).encode()) in [
                    (name.encode(), value) for name, value in record.headers]:
                answer = json.loads(record.value) if record.value[:1] == b"{" \
                    else msgpack.unpackb(record.value)
                print(f"order {order_id}: {answer['outcome']} {answer.get('code') or ''}".rstrip())
                return 0 if answer["outcome"] == "accepted" else 1
    print("no answer", file=sys.stderr)
    return 4


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

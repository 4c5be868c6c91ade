#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Places an order, the same once more, and one whose total is wrong; says what became of each.

usage: place_order.py [BROKERS [PREFIX [ORDER_ID]]]

PREFIX of the topics is `order`. Needs python3-confluent-kafka of Debian. An order with a person in
it: send_order.py. A service that sends all day waits for many replies at a time.
"""
import json
import random
import sys
import time
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

PATIENCE = 3  # seconds without a reply until a command is sent again
TRIES = 20

# What to do about an outcome; the exit code of this program.
ADVICE = {
    "accepted": (0, ""),
    "rejected": (1, "the shop says no: do something else"),
    "conflict": (1, "the order has changed: look at it again and decide anew, with a new id"),
    "expired": (1, "it came too late: decide again"),
    "invalid": (2, "it can never work as it is: repair the sender"),
    "denied": (2, "this sender may not do it: ask for the right"),
    "unavailable": (4, "not now: the same command with the same id, later"),
    "internal": (5, "a fault of the service: its operator knows, and will repeat it"),
}

ORDER = {
    "customer_id": "0f3c9a52-6c1d-4c1e-9a77-3d1b0c6d2a10", "channel": "web", "currency": "GBP",
    "prices_include_tax": True, "ship_country": "GB", "declared_total": "12.50",
    "placed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    "lines": [{"line_no": 1, "sku": "85123A", "qty": 5, "unit_price": "2.50", "tax_ppm": 200000}]}


class Sender:
    """Sends commands and waits for their replies, one at a time."""

    def __init__(self, brokers, prefix):
        self.commands, self.replies = f"{prefix}.commands", f"{prefix}.replies"
        self.producer = Producer({
            "bootstrap.servers": brokers,
            "enable.idempotence": True,  # in order and once, although sending is tried again
            # As clients in Java and Node do: else the commands of one order are in two partitions.
            "partitioner": "murmur2_random"})
        self.consumer = Consumer({"bootstrap.servers": brokers, "group.id": "no group is joined",
                                  "enable.auto.commit": False})
        # One partition of the replies is ours. Others may have picked it too: the ids tell.
        topic = self.consumer.list_topics(self.replies, 10).topics[self.replies]
        self.partition = random.choice(list(topic.partitions))
        here = TopicPartition(self.replies, self.partition)
        end = self.consumer.get_watermark_offsets(here, 10)[1]
        self.consumer.assign([TopicPartition(self.replies, self.partition, end)])

    def send(self, kind, stream_id, body, command_id, correlation_id):
        headers = {
            "ce_specversion": "1.0", "ce_type": f"order.command.{kind}.v1",
            "ce_id": str(command_id), "ce_source": "place_order.py",
            "ce_correlationid": str(correlation_id), "content-type": "application/json",
            "reply_topic": self.replies, "reply_partition": str(self.partition)}
        self.producer.produce(self.commands, key=str(stream_id), value=json.dumps(body),
                              headers=list(headers.items()))
        self.producer.flush(PATIENCE)  # Kafka having it promises nothing: the reply counts

    def reply_to(self, command_id):
        """The reply, or None after a while without one."""
        until = time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0:
            record = self.consumer.poll(left)
            if record is None:
                continue
            if record.error():
                raise KafkaException(record.error())
            if dict(record.headers() or ()).get("ce_causationid") == str(command_id).encode():
                return json.loads(record.value())
        return None

    def ask(self, kind, stream_id, body, command_id, correlation_id):
        """Sends until there is an answer. One id has one outcome, however often it is sent."""
        reply = None
        for _ in range(TRIES):
            self.send(kind, stream_id, body, command_id, correlation_id)
            reply = self.reply_to(command_id)
            if reply is not None and reply["outcome"] != "unavailable":
                return reply
            if reply is not None:
                time.sleep(reply.get("retry_after_ms", 1000) / 1000)
        return reply


def tell(what, reply):
    """Prints a reply; returns the exit code for it."""
    if reply is None:
        print(f"{what}: no answer")
        return 4
    code, advice = ADVICE[reply["outcome"]]
    words = [reply["outcome"], reply.get("code"), reply.get("field"),
             "replayed" if reply["replayed"] else "", advice]
    print(f"{what}: {', '.join(word for word in words if word)}")
    return code


def main(brokers="127.0.0.1:9092", prefix="order", order_id=None):
    order_id = order_id or uuid.uuid4()
    command_id, checkout = uuid.uuid4(), uuid.uuid4()  # the checkout is what all of this is about
    sender = Sender(brokers, prefix)
    placed = sender.ask("place-order", order_id, ORDER, command_id, checkout)
    code = tell(f"order {order_id}", placed)
    tell("the same", sender.ask("place-order", order_id, ORDER, command_id, checkout))
    wrong = {**ORDER, "declared_total": "1.00"}
    tell("a wrong total", sender.ask("place-order", uuid.uuid4(), wrong, uuid.uuid4(), checkout))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

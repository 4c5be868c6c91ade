# SPDX-License-Identifier: Apache-2.0
"""What the simulators share: commands with one reply each, and messages among themselves. Kafka only.

A command's id follows from what it is about: asked twice for the same, a simulator has the same answer.
"""
import dataclasses
import datetime
import hashlib
import json
import pathlib
import struct
import sys
import time
import uuid

try:
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError as missing:
    raise SystemExit(f"{missing}: install python3-confluent-kafka, and use /usr/bin/python3") from None

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from lib import signing  # noqa: E402  pylint: disable=wrong-import-position

TENANT = uuid.UUID("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01")
AGAIN_AFTER = 10  # seconds without a reply; then the same command again
KAFKA_PATIENCE = 15  # seconds for the broker to answer at all


def derived(*parts):
    """UUIDv5 in the tenant's namespace over parts, each behind its length."""
    name = b"".join(struct.pack(">I", len(p.encode())) + p.encode() for p in parts)
    digest = bytearray(hashlib.sha1(TENANT.bytes + name).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def text_of(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now():
    return text_of(datetime.datetime.now(datetime.timezone.utc))


@dataclasses.dataclass
class Waiting:
    """A command without its reply."""
    record: dict
    then: object
    sent: float


class Party:
    """Who may send: a name and a key, for one tenant. Without a key nothing is signed."""

    def __init__(self, name="", key_file=None, tenant="default"):
        self.name = name
        self.key = pathlib.Path(key_file).read_bytes() if key_file else None
        self.tenant = tenant

    def sign(self, topic, key, value, headers):
        """Adds who sends, and the MAC over all of it (docs/tenants.md)."""
        if self.key is None:
            return headers
        headers = headers + [("order_tenant", self.tenant), ("order_producer", self.name)]
        return headers + [("order_mac", signing.mac(self.key, topic, key, headers, value))]


class Bus:
    """One simulator's connection: its own reply topic (below the service's), its own inbox."""

    def __init__(self, brokers, name, party, topic, replies):
        self.name = name
        self.party = party
        self.topic = topic
        self.waiting = {}
        self.counts = {}
        self.handlers = {}
        self.replies = f"{replies}.{name}"
        self.inbox = self._inbox_of(name)
        self.admin = AdminClient({"bootstrap.servers": brokers})
        self._make_topics()
        # murmur2, as every other client: all commands of a key go through one partition.
        self.producer = Producer({
            "bootstrap.servers": brokers, "enable.idempotence": True, "linger.ms": 2,
            "partitioner": "murmur2_random"})
        self.consumer = Consumer({
            "bootstrap.servers": brokers, "group.id": self.inbox, "enable.auto.commit": False,
            "fetch.wait.max.ms": 10})
        self.consumer.assign([TopicPartition(t, 0, self._end(t))
                              for t in (self.replies, self.inbox)])

    def _make_topics(self):
        wanted = [NewTopic(t, 1, 1) for t in (self.replies, self.inbox)]
        for future in self.admin.create_topics(wanted, request_timeout=KAFKA_PATIENCE).values():
            try:
                future.result()
            except KafkaException as problem:
                if problem.args[0].name() != "TOPIC_ALREADY_EXISTS":
                    raise

    def _end(self, topic):
        until = time.monotonic() + KAFKA_PATIENCE
        while True:
            try:
                return self.consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
            except KafkaException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)  # the topic is new: its leader is not known yet

    def _inbox_of(self, name):
        return f"{self.topic}.simulator-{name}"

    # ---- sending ----

    def command(self, kind, stream, body, what, then):
        """Sends a command; then(reply) is called once. what: text that tells it from other commands
        of its kind and stream."""
        command_id = derived("command", kind, stream, what)
        family = {"stock": "stock", "promotion": "promotion"}.get(kind.split(":")[0], "order")
        kind = kind.rsplit(":", 1)[-1]
        value = json.dumps(body).encode()
        headers = [
            ("ce_specversion", "1.0"), ("ce_type", f"{family}.command.{kind}.v1"),
            ("ce_id", command_id), ("ce_source", f"simulator/{self.name}"),
            ("content-type", "application/json"), ("reply_topic", self.replies)]
        record = {"topic": self.topic, "key": stream, "value": value,
                  "headers": self.party.sign(self.topic, stream, value, headers)}
        self.waiting[command_id] = Waiting(record, then, time.monotonic())
        self._produce(record)

    def post(self, to, **message):
        """A message to another simulator."""
        self._produce({"topic": self._inbox_of(to), "key": message["order"],
                       "value": json.dumps(message).encode(), "headers": []})

    def _produce(self, record):
        while True:
            try:
                self.producer.produce(**record)
                return
            except BufferError:
                self.producer.poll(0.1)
            except KafkaException as problem:
                raise SystemExit(f"{record['topic']}: {problem.args[0].str()}") from problem

    # ---- receiving ----

    def on(self, kind, handler):
        """handler(message) for messages of other simulators."""
        self.handlers[kind] = handler

    def poll(self, seconds=0.02):
        """Handles what comes within that time; how much it was."""
        self.producer.poll(0)
        records = [record for record in self.consumer.consume(500, seconds) if not record.error()]
        for record in records:
            if record.topic() == self.replies:
                self._answered(json.loads(record.value()))
            else:
                message = json.loads(record.value())
                self.handlers[message["kind"]](message)
        self._send_again()
        return len(records)

    def drain(self, seconds=10):
        """Until nothing comes any more and every command has its reply; not for ever."""
        until = time.monotonic() + seconds
        while (self.poll(0.2) or self.waiting) and time.monotonic() < until:
            pass

    def _answered(self, reply):
        waiting = self.waiting.get(reply["command_id"])
        if waiting is None:
            return  # a second reply to the same command
        if reply["outcome"] in ("unavailable", "conflict") and reply["retryable"]:
            waiting.sent = time.monotonic() - AGAIN_AFTER + 0.2
            return
        del self.waiting[reply["command_id"]]
        kind = dict(waiting.record["headers"])["ce_type"].split(".")[2]
        outcome = reply["outcome"] if reply["outcome"] == "accepted" else reply.get("code")
        self.counts[kind, outcome] = self.counts.get((kind, outcome), 0) + 1
        waiting.then(reply)

    def _send_again(self):
        late = time.monotonic() - AGAIN_AFTER
        for waiting in self.waiting.values():
            if waiting.sent < late:
                waiting.sent = time.monotonic()
                self._produce(waiting.record)

    def close(self):
        self.producer.flush(10)
        self.consumer.close()

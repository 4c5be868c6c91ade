# SPDX-License-Identifier: Apache-2.0
"""A small Kafka client of our own, for one broker: it sends what a well-behaved client never would,
and it shares nothing with the client library of the service."""

import socket
import struct
import time

from lib.checks import PATIENCE, Failed, wait_for
from lib.kafka_bytes import Cursor, array, blob, read_batches, record_batch, text

PRODUCE, FETCH, METADATA, OFFSET_FETCH = 0, 1, 3, 9
LEAVE_GROUP, DESCRIBE_GROUPS, CREATE_TOPICS = 13, 15, 19
ANSWER_SECONDS = 60
PAGE_BYTES = 4 * 1024 * 1024


class Kafka:
    """Connects when it must; every error of the broker is an exception."""

    def __init__(self, brokers):
        host, port = brokers.rsplit(":", 1)
        self.address = (host, int(port))
        self.socket = None
        self.correlation = 0

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _receive(self, size):
        parts = []
        while size > 0:
            part = self.socket.recv(min(size, 1 << 20))
            if not part:
                raise ConnectionError("closed by the broker")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _ask(self, api, version, body):
        self.correlation += 1
        request = struct.pack(">hhi", api, version, self.correlation) + text("e2e") + body
        try:
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=ANSWER_SECONDS)
            self.socket.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", self._receive(4))
            answer = Cursor(self._receive(size))
        except OSError:
            self.close()
            raise
        if answer.number(4) != self.correlation:
            raise Failed("an answer to another request")
        return answer

    # ---- topics ----

    def create_topics(self, partitions, more=None):
        """partitions: name of a topic to its number of partitions; more: further settings. Returns
        when all can be used."""
        def topic(name, count):
            pairs = {"max.message.bytes": "2097152", **(more or {})}
            settings = [text(setting) + text(value) for setting, value in pairs.items()]
            return text(name) + struct.pack(">ih", count, 1) + array([]) + array(settings)
        topics = [topic(name, count) for name, count in partitions.items()]
        answer = self._ask(CREATE_TOPICS, 2, array(topics) + struct.pack(">i?", 30000, False))
        answer.number(4)
        for name, code, reason in answer.array(lambda a: (a.text(), a.number(2), a.text())):
            if code != 0:
                raise Failed(f"topic {name}: error {code} of the broker: {reason}")
        for name, count in partitions.items():
            wait_for(f"topic {name}", lambda n=name, c=count: self._is_ready(n, c))

    def _is_ready(self, topic, count):
        """The metadata names a leader a little before the leader knows it is one."""
        if self.partitions(topic) != count:
            return False
        try:
            self.fetch(topic, {partition: 0 for partition in range(count)}, 0)
        except Failed:
            return False
        return True

    def partitions(self, topic):
        """How many partitions have a leader; 0: there is no such topic."""
        def partition(answer):
            code, _, leader = answer.number(2), answer.number(4), answer.number(4)
            answer.array(lambda a: a.number(4))
            answer.array(lambda a: a.number(4))
            return code == 0 and leader >= 0

        def row(answer):
            code, _, _ = answer.number(2), answer.text(), answer.number(1)
            return sum(answer.array(partition)) if code == 0 else 0
        answer = self._ask(METADATA, 1, array([text(topic)]))
        answer.array(lambda a: (a.number(4), a.text(), a.number(4), a.text()))
        answer.number(4)
        return answer.array(row)[0]

    # ---- records ----

    def send(self, topic, key, value, headers, partition=0):
        """Appends one record and returns its offset. key, value: bytes or None; headers: a list of
        pairs (name, value) of texts or bytes."""
        def as_bytes(part):
            return part.encode() if isinstance(part, str) else part
        pairs = [(as_bytes(name), as_bytes(data)) for name, data in headers]
        batch = record_batch(key, value, pairs, int(time.time() * 1000))
        body = text(None) + struct.pack(">hi", -1, 30000)
        body += array([text(topic) + array([struct.pack(">i", partition) + blob(batch)])])
        answer = self._ask(PRODUCE, 3, body)
        answer.number(4)
        answer.text()
        answer.number(4)
        _, code, offset = answer.number(4), answer.number(2), answer.number(8)
        if code != 0:
            raise Failed(f"record for {topic}: error {code} of the broker")
        return offset

    def fetch(self, topic, offsets, wait_ms):
        """Records from the offsets (partition: offset), and the end of each partition."""
        parts = [struct.pack(">iqi", partition, offset, PAGE_BYTES)
                 for partition, offset in offsets.items()]
        body = struct.pack(">iiiib", -1, wait_ms, 1, PAGE_BYTES, 0)
        answer = self._ask(FETCH, 4, body + array([text(topic) + array(parts)]))
        records, ends = [], {}

        def partition(answer):
            number, code, end = answer.number(4), answer.number(2), answer.number(8)
            answer.number(8)
            answer.array(lambda a: a.take(16))
            data = answer.blob() or b""
            if code != 0:
                raise Failed(f"fetch of {topic}/{number}: error {code} of the broker")
            ends[number] = end
            records.extend(r for r in read_batches(data, number) if r.offset >= offsets[number])
        answer.number(4)
        answer.array(lambda a: (a.text(), a.array(partition)))
        return records, ends

    # ---- groups ----

    def members(self, group):
        """Ids of the members of a consumer group."""
        answer = self._ask(DESCRIBE_GROUPS, 0, array([text(group)]))

        def member(answer):
            name = answer.text()
            answer.text(), answer.text(), answer.blob(), answer.blob()
            return name

        def row(answer):
            code = answer.number(2)
            answer.text(), answer.text(), answer.text(), answer.text()
            return answer.array(member) if code == 0 else []
        return answer.array(row)[0]

    def committed(self, group, topic, partitions):
        """The committed offset of each partition; -1: none."""
        numbers = array(struct.pack(">i", number) for number in range(partitions))
        answer = self._ask(OFFSET_FETCH, 1, text(group) + array([text(topic) + numbers]))

        def partition(answer):
            number, offset = answer.number(4), answer.number(8)
            answer.text()
            return number, offset if answer.number(2) == 0 else None
        return dict(answer.array(lambda a: (a.text(), a.array(partition)))[0][1])

    def dismiss(self, group, member):
        """What the broker itself would do when a dead member's session has timed out (6 s)."""
        return self._ask(LEAVE_GROUP, 0, text(group) + text(member)).number(2)


class Reader:
    """Reads a topic from its beginning."""

    def __init__(self, kafka, topic, partitions=1):
        self.kafka = kafka
        self.topic = topic
        self.offsets = {partition: 0 for partition in range(partitions)}

    def poll(self, wait_ms=200):
        records, _ = self.kafka.fetch(self.topic, self.offsets, wait_ms)
        for record in records:
            self.offsets[record.partition] = record.offset + 1
        return records

    def to_end(self):
        """Everything up to where the topic ends now."""
        found = []
        while True:
            records, ends = self.kafka.fetch(self.topic, self.offsets, 0)
            for record in records:
                self.offsets[record.partition] = record.offset + 1
            found += records
            if all(self.offsets[partition] >= end for partition, end in ends.items()):
                return found

    def until(self, what, done, seconds=PATIENCE):
        """Reads until done(all records so far) holds; returns them."""
        found = []

        def probe():
            found.extend(self.poll())
            return done(found)
        wait_for(what, probe, seconds)
        return found

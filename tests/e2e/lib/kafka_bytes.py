# SPDX-License-Identifier: Apache-2.0
"""Bytes of Kafka's protocol: numbers, texts, arrays, and record batches of format 2
(kafka.apache.org/protocol, kafka.apache.org/documentation/#recordbatch)."""

import collections
import struct

Record = collections.namedtuple("Record", "partition offset key value headers")

BATCH_HEAD = struct.Struct(">qiibI")  # base offset, length, leader epoch, magic, crc
BATCH_REST = struct.Struct(">hiqqqhii")
CRC_FROM = 21


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# ---- writing -------------------------------------------------------------------------------


def text(value):
    """A string; None is null."""
    if value is None:
        return struct.pack(">h", -1)
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def blob(value):
    return struct.pack(">i", len(value)) + value


def array(parts):
    parts = list(parts)
    return struct.pack(">i", len(parts)) + b"".join(parts)


def varint(value):
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value & ~0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sized(value):
    return varint(-1) if value is None else varint(len(value)) + value


def record_batch(key, value, headers, time_ms):
    """A batch of one record. key and value: bytes or None; headers: pairs of bytes."""
    body = b"\0" + varint(0) + varint(0) + _sized(key) + _sized(value) + varint(len(headers))
    body += b"".join(_sized(name) + _sized(data) for name, data in headers)
    rest = BATCH_REST.pack(0, 0, time_ms, time_ms, -1, -1, -1, 1) + varint(len(body)) + body
    return BATCH_HEAD.pack(0, len(rest) + 9, -1, 2, crc32c(rest)) + rest


# ---- reading -------------------------------------------------------------------------------


class Cursor:
    """Reads an answer from its beginning on."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise ValueError("an answer of the broker ends early")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big", signed=True)

    def text(self):
        size = self.number(2)
        return None if size < 0 else self.take(size).decode()

    def blob(self):
        size = self.number(4)
        return None if size < 0 else self.take(size)

    def array(self, read):
        return [read(self) for _ in range(max(0, self.number(4)))]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)

    def sized(self):
        size = self.varint()
        return None if size < 0 else self.take(size)


def _read_record(cursor, partition, base_offset):
    cursor.varint()  # length
    cursor.take(1)
    cursor.varint()  # time
    offset = base_offset + cursor.varint()
    key, value = cursor.sized(), cursor.sized()
    headers = [(cursor.sized(), cursor.sized()) for _ in range(cursor.varint())]
    return Record(partition, offset, key, value, headers)


def read_batches(data, partition):
    """The records of whole batches; what is cut off at the end comes with the next fetch."""
    records = []
    at = 0
    while at + BATCH_HEAD.size <= len(data):
        base_offset, length, _, magic, crc = BATCH_HEAD.unpack_from(data, at)
        end = at + 12 + length
        if end > len(data):
            break
        rest = data[at + CRC_FROM:end]
        if magic != 2 or crc32c(rest) != crc:
            raise ValueError(f"a damaged batch at offset {base_offset}")
        attributes, _, _, _, _, _, _, count = BATCH_REST.unpack_from(rest)
        if attributes & 7:
            raise ValueError(f"a compressed batch at offset {base_offset}")
        cursor = Cursor(rest)
        cursor.take(BATCH_REST.size)
        if not attributes & 0x20:
            records += [_read_record(cursor, partition, base_offset) for _ in range(count)]
        at = end
    return records

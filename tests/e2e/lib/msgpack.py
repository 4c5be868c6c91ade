# SPDX-License-Identifier: Apache-2.0
"""Writes MessagePack, also what no encoder would: Raw bytes go in as they are."""

import struct


class Raw(bytes):
    """Bytes that are MessagePack already, or pretend to be."""


class Pairs(list):
    """A map from a list of pairs, so that a key can come twice."""


def pack(value):
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _pack_int(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"\xdb" + struct.pack(">I", len(data)) + data
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        body = b"".join(pack(key) + pack(item) for key, item in value)
        return b"\xdf" + struct.pack(">I", len(value)) + body
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))


def _pack_int(value):
    if 0 <= value < 128:
        return bytes([value])
    if value >= 2**63:
        return b"\xcf" + struct.pack(">Q", value)
    return b"\xd3" + struct.pack(">q", value)

# SPDX-License-Identifier: Apache-2.0
"""Sealed contact data as order-command stores it, made without any of its code (lib/vault/seal.h), and
put into the event table by a superuser."""

import hashlib
import os
import struct
import uuid

from lib import msgpack, sodium
from lib.broker import CONTACT, DEFAULT_TENANT

CUSTOMER = 3
EVENT, SCHEMA = "CustomerContactChanged", 1


def seal(key, leaf, place, plain):
    """The envelope of a plaintext; leaf: (tree, number); place: fields of the associated data."""
    header = struct.pack(">BBHQ", 1, 1, *leaf)
    nonce = os.urandom(24)
    associated = b"SHRD1" + header + b"".join(
        struct.pack(">H", len(field)) + field for field in place)
    keys = hashlib.blake2b(nonce + associated, key=key, digest_size=64).digest()
    padded = plain + b"\x80" + bytes(-(len(plain) + 1) % 64)
    return header + nonce + keys[32:48] + sodium.encrypt(keys[:32], nonce, padded, associated)


def contact_event(customer, version, lease, email):
    """(command id, sealed bytes) of an event that gives the customer an address."""
    command = uuid.uuid4()
    _, leaf, key = lease
    place = (DEFAULT_TENANT.bytes, b"customer", customer.bytes, struct.pack(">Q", version),
             command.bytes, EVENT.encode(), struct.pack(">I", SCHEMA), bytes([CONTACT]))
    record = msgpack.pack(["Alice", "Example", email, None])
    return command, msgpack.pack([[[CONTACT + 1, seal(key, leaf, place, record)]]])


def append_contact(database, customer, version, lease, email):
    """Appends it as the newest event of the log."""
    command, sealed = contact_event(customer, version, lease, email)
    database.rows(f"""
        with head as (update store.head set position = position + 1 returning position)
        insert into store.events (position, stream_number, occurred_at, recorded_at, stream_id,
            command_id, tenant_id, version, category, bucket, schema_version, type, payload, sealed)
        select position, position, now(), now(), '{customer}', '{command}', 1, {version},
            {CUSTOMER}, 0, {SCHEMA}, '{EVENT}', '\\x90', '\\x{sealed.hex()}' from head""")

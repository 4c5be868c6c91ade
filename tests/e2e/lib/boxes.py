# SPDX-License-Identifier: Apache-2.0
"""The personal part of a command, sealed as any sender would (docs/commands.md), with libsodium
itself: nothing of the service's code."""

import base64
import ctypes
import json
import os
import uuid

from lib.checks import wait_for
from lib.kafka import Reader
from lib.msgpack import pack

_sodium = ctypes.CDLL("libsodium.so.23")
KEY, NONCE, MAC = 32, 24, 16


def epoch_of(service, topic, number=None):
    """(number, public key) of the newest epoch in the topic, or of a given one."""
    reader = Reader(service.kafka, topic, 1)

    def found():
        records = {int(record.key): json.loads(record.value) for record in reader.to_end()
                   if record.value}
        reader.offsets = {0: 0}
        wanted = number or max(records, default=None)
        return records.get(wanted)
    value = wait_for("the epoch is published", found)
    return value["epoch"], bytes.fromhex(value["public_key"])


class Sender:
    """One sender with a key pair of its own for one epoch."""

    def __init__(self, epoch):
        self.epoch, public_key = epoch
        secret = ctypes.create_string_buffer(KEY)
        public = ctypes.create_string_buffer(KEY)
        self.shared = ctypes.create_string_buffer(KEY)
        assert _sodium.crypto_box_keypair(public, secret) == 0
        assert _sodium.crypto_box_beforenm(self.shared, public_key, secret) == 0
        self.public_key = public.raw

    def box_bytes(self, command_id, plain):
        """A box around any bytes, for a command."""
        data = uuid.UUID(command_id).bytes + plain
        nonce = os.urandom(NONCE)
        out = ctypes.create_string_buffer(len(data) + MAC)
        assert _sodium.crypto_box_easy_afternm(
            out, data, ctypes.c_ulonglong(len(data)), nonce, self.shared) == 0
        return nonce + out.raw

    def seal(self, command_id, personal):
        """The value of a command's field `sealed`, in JSON's spelling."""
        return self.spell(self.box_bytes(command_id, pack(personal)))

    def spell(self, box):
        return {"epoch": self.epoch, "sender": base64.b64encode(self.public_key).decode(),
                "box": base64.b64encode(box).decode()}

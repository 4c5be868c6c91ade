# SPDX-License-Identifier: Apache-2.0
"""Tenants and signed records, by the documents (docs/tenants.md) and hashlib: nothing of the service's
code."""

import hashlib
import os
import struct

PREFIXES = ("ce_", "order_", "reply_")
NAMES = ("content-type", "traceparent")


def _sized(data):
    return struct.pack(">I", len(data)) + data


def _bytes(part):
    return part.encode() if isinstance(part, str) else part or b""


def mac(key, topic, record_key, headers, value):
    signed = [(_bytes(name), _bytes(data)) for name, data in headers
              if name != "order_mac" and (name in NAMES or name.startswith(PREFIXES))]
    made = hashlib.blake2b(key=key, digest_size=32)
    made.update(b"order-command-mac-v1" + _sized(_bytes(topic)) + _sized(_bytes(record_key)))
    made.update(struct.pack(">I", len(signed)))
    for name, data in signed:
        made.update(_sized(name) + _sized(data))
    made.update(_sized(_bytes(value)))
    return made.digest()


class Producer:
    """Somebody who sends for one or more tenants."""

    def __init__(self, folder, name, *tenants, erasure=False):
        self.name = name
        self.tenants = tenants
        self.erasure = erasure
        self.key = os.urandom(32)
        self.key_file = folder / f"{name}.key"
        self.key_file.write_bytes(self.key)
        self.key_file.chmod(0o600)

    def section(self):
        lines = [f"[producer {self.name}]", f"tenants = {','.join(self.tenants)}",
                 f"key-file = {self.key_file.name}"]
        return lines + (["erasure = yes"] if self.erasure else [])

    def sign(self, command, topic, tenant=None):
        """Adds who sent it, and the proof: behind all other headers."""
        if tenant is not None:
            command.add("order_tenant", tenant)
        command.add("order_producer", self.name)
        return command.add("order_mac",
                           mac(self.key, topic, command.key, command.headers, command.value))


def write_tenants(folder, tenants, producers, name="tenants.ini"):
    """tenants: name to settings. Returns the path of the file."""
    lines = []
    for tenant, settings in tenants.items():
        lines += [f"[tenant {tenant}]", *(f"{key} = {value}" for key, value in settings.items())]
    for producer in producers:
        lines += producer.section()
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

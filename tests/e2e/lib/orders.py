# SPDX-License-Identifier: Apache-2.0
"""Commands as another service would write them: bodies as dicts, headers as pairs."""

import json
import uuid

PLACE = "order.command.place-order.v1"
CANCEL_LINES = "order.command.cancel-lines.v1"
CANCEL = "order.command.cancel-order.v1"
RECEIVE = "order.command.receive-stock.v1"
TENANT = uuid.UUID("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01")
JSON = "application/json"
MSGPACK = "application/msgpack"


def new_id():
    return str(uuid.uuid4())


def stock_stream(sku, location="main"):
    """The id of a stock item's stream: of location and SKU, each behind its length in four bytes."""
    name = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in (location, sku))
    return str(uuid.uuid5(TENANT, name.decode()))


def line(number, **changes):
    return {"line_no": number, "sku": f"SKU-{number}", "qty": 2, "unit_price": "1.50",
            "tax_ppm": 0, **changes}


def place_order(count=1, **changes):
    """A valid order of `count` lines, 3.00 each; changes replace fields."""
    return {
        "customer_id": new_id(), "channel": "web", "currency": "GBP", "prices_include_tax": True,
        "ship_country": "GB", "lines": [line(number) for number in range(1, count + 1)],
        "declared_total": f"{3 * count}.00", "placed_at": "2025-01-02T03:04:05Z", **changes}


def without(body, field):
    return {name: value for name, value in body.items() if name != field}


def to_json(body):
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


class Command:
    """One command message; fields may be changed before it is sent."""

    def __init__(self, body=None, command_type=PLACE, stream=None, command_id=None,
                 content=JSON, value=None):
        self.id = command_id or new_id()
        self.stream = stream or new_id()
        self.key = self.stream.encode()
        self.value = value if value is not None else to_json(body)
        self.headers = [
            ("ce_specversion", "1.0"), ("ce_type", command_type), ("ce_id", self.id),
            ("ce_source", "e2e"), ("content-type", content)]

    def add(self, name, value):
        """Also makes a header come twice."""
        self.headers.append((name, value))
        return self

    def drop(self, name):
        self.headers = [pair for pair in self.headers if pair[0] != name]
        return self

    def put(self, name, value):
        self.headers = [(n, value if n == name else v) for n, v in self.headers]
        return self

    def with_key(self, key):
        self.key = key
        return self

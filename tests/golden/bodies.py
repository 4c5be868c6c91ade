# SPDX-License-Identifier: Apache-2.0
"""Bodies made from a JSON Schema: the smallest, a full one, and copies with one value changed. Knows
the names that the schemas give to kinds of values ($defs), and nothing about a message."""

import base64
import copy

TEXT_LETTERS = 4096  # that a program takes in one text, and so in one base64 text of JSON
UUID = "0190a5c0-7e1f-7abc-8def-0123456789ab"
TIME = "2010-12-01T08:26:00Z"

GOOD = {
    "uuid": [UUID.upper()],
    "time": ["0001-01-01T00:00:00Z", "9999-12-31t23:59:59.999999z", "2011-02-28T10:00:00.5+05:30"],
    "decimal": ["0", "-1", "19.90", "0.000000001", "9223372036854775807", "0" * 22 + "1"],
}
BAD = {
    "uuid": ["", UUID[:-1], UUID + "0", UUID.replace("-", ""), UUID + "\n", f"{{{UUID}}}",
             UUID.replace("a", "g"), 7, None],
    "time": ["", "2010-12-01", "2010-12-01T08:26Z", "2010-12-01T08:26:00", "2010-13-01T08:26:00Z",
             "2010-12-00T08:26:00Z", "2010-12-32T08:26:00Z", "2010-12-01T24:00:00Z",
             "2010-12-01T08:60:00Z", "2010-12-01T08:26:60Z", "2010-12-01T08:26:00.Z",
             "2010-12-01T08:26:00.1234567Z", "2010-12-01T08:26:00+2:00", "2010-12-01T08:26:00+24:00",
             "0000-12-01T08:26:00Z", TIME + "\n", " " + TIME, 1291191960, None],
    "decimal": ["", "-", ".5", "1.", "1.0000000001", "1e3", "+1", " 1", "1\n", "1,5", "0x1",
                "0" * 24, 1, 1.5, None],
}


class Place:
    """A value in a body, and the schema it is to follow."""

    def __init__(self, path, kind, schema):
        self.path = path
        self.kind = kind  # name in $defs, or None
        self.schema = schema


class Bodies:
    """Of one schema."""

    def __init__(self, schema):
        self.root = schema
        self.box = "sealed" in schema["properties"]

    def kind_of(self, schema):
        return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None

    def resolve(self, schema):
        """The schema with what it refers to."""
        kind = self.kind_of(schema)
        return {**self.root["$defs"][kind], **schema} if kind else schema

    def make(self, schema, full):
        kind, schema = self.kind_of(schema), self.resolve(schema)
        if kind in ("uuid", "time", "decimal"):
            return {"uuid": UUID, "time": TIME, "decimal": "2.50"}[kind]
        if kind == "text":
            return "t" * schema["x-maxBytes" if full else "x-minBytes"]
        if kind == "base64":
            size = min(schema["x-maxBytes" if full else "x-minBytes"], TEXT_LETTERS // 4 * 3)
            return base64.b64encode(b"\xff" * size).decode()
        if "enum" in schema:
            return schema["enum"][-1 if full else 0]
        if schema["type"] == "boolean":
            return full
        if schema["type"] == "integer":
            return schema["maximum" if full else "minimum"]
        if schema["type"] == "array":
            return [self.make(schema["items"], full)] * (2 if full else schema["minItems"])
        return {name: self.make(part, full) for name, part in schema["properties"].items()
                if full or name in schema.get("required", ())}

    def personal(self):
        return [name for name, part in self.root["properties"].items() if "x-personal" in part]

    def without(self, names):
        body = self.make(self.root, full=True)
        return {name: value for name, value in body.items() if name not in names}

    def full(self):
        """All fields; where a box can be, once with it and once with what would be in it."""
        if not self.box:
            return [self.without(())]
        return [self.without(self.personal()), self.without(["sealed"])]

    def least(self):
        body = self.make(self.root, full=False)
        if not self.box:
            return [body]
        plain = {name: self.make(self.root["properties"][name], full=False)
                 for name in self.root["else"].get("required", ())}
        box = {"sealed": self.make(self.root["properties"]["sealed"], full=False)}
        return [{**body, **plain}, {**body, **box}]

    def places(self, body, schema=None, path=()):
        """Every value of a body, of lists those of the first element."""
        schema = self.root if schema is None else schema
        kind, schema = self.kind_of(schema), self.resolve(schema)
        yield Place(path, kind, schema)
        if isinstance(body, dict):
            for name, value in body.items():
                yield from self.places(value, schema["properties"][name], (*path, name))
        elif isinstance(body, list):
            yield from self.places(body[0], schema["items"], (*path, 0))

    def good_values(self, place):
        schema = place.schema
        if place.kind in GOOD:
            return GOOD[place.kind]
        if place.kind == "text":
            sizes = {schema["x-minBytes"], schema["x-maxBytes"]}
            halves = "ä" * (schema["x-maxBytes"] // 2) + "x" * (schema["x-maxBytes"] % 2)
            return ["x" * size for size in sizes] + [halves]
        if "enum" in schema:
            return schema["enum"]
        if schema["type"] == "integer":
            return [schema["minimum"], schema["maximum"]]
        if schema["type"] == "array":
            return [[self.make(schema["items"], full=False)] * schema["maxItems"]]
        return []

    def bad_values(self, place):
        schema = place.schema
        if place.kind in BAD:
            return BAD[place.kind]
        if place.kind == "text":
            long = "x" * (schema["x-maxBytes"] + 1)
            short = [""] if schema["minLength"] > 0 else []
            return [long, *short, "a\x00b", "a\nb", "ab\n", "a\x1fb", "a\x7fb", 5, None, ["a"]]
        if place.kind == "base64":
            size = schema["x-maxBytes"]
            fixed = [base64.b64encode(b"x" * (size - 1)).decode()] \
                if schema["x-minBytes"] == size else []
            return ["", "!" * schema["minLength"], "AB" * (schema["minLength"] // 2) + "=", *fixed,
                    base64.b64encode(b"x" * (size + 3)).decode(), 5, None]
        if "enum" in schema:
            return ["nobody", "", schema["enum"][0] + "\n", 0, None]
        if schema["type"] == "boolean":
            return ["true", 1, None]
        if schema["type"] == "integer":
            return [schema["minimum"] - 1, schema["maximum"] + 1, 1.5, str(schema["minimum"]), True,
                    None]
        if schema["type"] == "array":
            over = [self.make(schema["items"], full=False)] * (schema["maxItems"] + 1)
            return [over, {}, [None], None] + ([[]] if schema["minItems"] else [])
        return [[], None, "x"]

    def changed(self, body, place, value):
        if not place.path:
            return value
        body = copy.deepcopy(body)
        holder = body
        for step in place.path[:-1]:
            holder = holder[step]
        holder[place.path[-1]] = value
        return body

    def good(self):
        """Bodies at the bounds."""
        yield from self.full()
        yield from self.least()
        for body in self.full():
            for place in self.places(body):
                for value in self.good_values(place):
                    yield self.changed(body, place, value)

    def bad(self):
        """(what is wrong, body)"""
        for body in self.full():
            for place in self.places(body):
                for value in self.bad_values(place):
                    yield f"{place.path} = {str(value)[:60]!r}", self.changed(body, place, value)
                yield from self.bad_members(body, place)
        if self.box and self.personal():
            yield "a record beside the box", self.without(self.personal()[1:])
        for name in self.root.get("else", {}).get("required", ()):
            yield f"neither {name} nor a box", self.without([name, "sealed"])

    def bad_members(self, body, place):
        if place.schema.get("type") != "object":
            return
        found = body
        for step in place.path:
            found = found[step]
        yield f"{place.path}: one too many", self.changed(body, place, {**found, "surplus": 1})
        for name in place.schema.get("required", ()):
            rest = {key: value for key, value in found.items() if key != name}
            yield f"{place.path}: no {name}", self.changed(body, place, rest)

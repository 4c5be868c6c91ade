#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schemas_test.py BIN: the JSON Schemas say what the programs do. What is frozen is valid; what is at
the bounds is taken by schema and program, what is beyond is refused by both. The validator is
python3-jsonschema, not one of ours."""

import base64
import json
import pathlib
import re
import subprocess
import sys
import unittest

try:
    from jsonschema import Draft202012Validator
except ImportError as missing:
    print(f"skipped: {missing}: install python3-jsonschema")
    sys.exit(103)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "checker"))

import msgpack_read  # noqa: E402
from bodies import TEXT_LETTERS, UUID, Bodies  # noqa: E402

BIN = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".")
SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8"))
           for path in sorted((ROOT / "schema" / "json").glob("*.json"))}
COMMANDS = {name: schema for name, schema in SCHEMAS.items()
            if re.search(r"\.command\.[a-z-]+\.v[0-9]+$", name)}


def as_json(value):
    """Bytes as base64, the spelling of JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    return [as_json(part) for part in value] if isinstance(value, list) else value


def fixtures(suffix):
    """(name of the message, file, value)"""
    for path in sorted(HERE.glob(f"*.{suffix}.hex")):
        message = re.match(r"[a-z0-9_]+?_v[0-9]+", path.name)[0].replace("_", "-")
        value = msgpack_read.read(bytes.fromhex("".join(path.read_text().split())))
        yield message.replace("-v", ".v"), path.name, as_json(value)


def schema_of(message, suffix=""):
    """The schema of the command "place-order.v1"; None when it is none."""
    found = [name for name in SCHEMAS if name.endswith(f".command.{message}{suffix}")]
    return SCHEMAS[found[0]] if found else None


def validate(commands):
    """What `order-command validate` says of (type, body): None for each it takes, else why not."""
    lines = [json.dumps({"type": kind, "stream_id": UUID, "id": UUID, "body": body})
             for kind, body in commands]
    done = subprocess.run([BIN / "order-command", "validate", "-"], input="\n".join(lines) + "\n",
                          text=True, capture_output=True, check=False)
    said = dict(re.findall(r"^line (\d+): (.*)$", done.stdout, re.M))
    if done.returncode not in (0, 3) or len(said) != len(lines):
        raise AssertionError(f"validate ended with {done.returncode} after {len(said)} of "
                             f"{len(lines)} lines: {done.stderr[-500:]}")
    found = [said[str(number)] for number in range(1, len(lines) + 1)]
    return [None if text.startswith("ok ") else text for text in found]


class Schemas(unittest.TestCase):
    def test_there_are_schemas_and_they_are_schemas(self):
        self.assertGreater(len(COMMANDS), 5)
        for name in ("order.reply.v1", "order.epoch.v1", "headers.command", "headers.reply",
                     "headers.dead-letter"):
            self.assertIn(name, SCHEMAS)
        for name, schema in SCHEMAS.items():
            with self.subTest(name):
                self.assertEqual(schema["$schema"], Draft202012Validator.META_SCHEMA["$id"])
                Draft202012Validator.check_schema(schema)

    def test_frozen_commands_are_valid(self):
        seen = set()
        for suffix, end in (("contract", ""), ("personal", ".personal")):
            for message, file, value in fixtures(suffix):
                schema = schema_of(message, end)
                if schema is None:
                    self.assertTrue(message.startswith("sample"), f"{file} has no schema")
                    continue
                with self.subTest(file):
                    Draft202012Validator(schema).validate(value)
                seen.add(message + end)
        known = {name.partition(".command.")[2] for name in SCHEMAS if ".command." in name}
        self.assertEqual(known - seen, set(), "no frozen bytes of these")

    def test_schema_and_program_take_what_is_at_the_bounds(self):
        for name, schema in COMMANDS.items():
            bodies = list(Bodies(schema).good())
            validator = Draft202012Validator(schema)
            for body, refused in zip(bodies, validate([(name, body) for body in bodies])):
                with self.subTest(name):
                    self.assertIsNone(refused, json.dumps(body)[:2000])
                    self.assertTrue(validator.is_valid(body), json.dumps(body)[:2000])

    def test_schema_and_program_refuse_what_is_beyond_them(self):
        count = 0
        for name, schema in COMMANDS.items():
            wrong = list(Bodies(schema).bad())
            validator = Draft202012Validator(schema)
            count += len(wrong)
            answers = validate([(name, body) for _, body in wrong])
            for (what, body), refused in zip(wrong, answers):
                with self.subTest(name, what=what):
                    self.assertIsNotNone(refused, "the program takes it")
                    self.assertFalse(validator.is_valid(body), "the schema takes it")
        print(f"{len(COMMANDS)} commands, {count} wrong bodies", file=sys.stderr)
        self.assertGreater(count, 1000)

    def test_a_schema_knows_less_only_where_it_says_so(self):
        """Bounds in bytes, 64 bits, the calendar, boxes as long text: refused by the program alone."""
        name = "order.command.place-order.v1"
        bodies = Bodies(SCHEMAS[name])
        body = bodies.without(bodies.personal())
        for field, value in (("source_ref", "ä" * 33), ("declared_total", "9223372036854775808"),
                             ("placed_at", "2011-02-29T00:00:00Z"), ("currency", "EU")):
            with self.subTest(field):
                wrong = {**body, field: value}
                self.assertIsNotNone(validate([(name, wrong)])[0])
                self.assertTrue(Draft202012Validator(SCHEMAS[name]).is_valid(wrong))
        for letters, taken in ((TEXT_LETTERS, True), (TEXT_LETTERS + 4, False)):
            body["sealed"] = {**body["sealed"], "box": "A" * letters}
            self.assertEqual(validate([(name, body)])[0] is None, taken, letters)
            self.assertTrue(Draft202012Validator(SCHEMAS[name]).is_valid(body))

    def test_a_schema_that_knows_nothing_is_noticed(self):
        """Negative control: without its bounds a schema takes what it must not."""
        name = "order.command.cancel-order.v1"
        schema = json.loads(json.dumps(SCHEMAS[name]))
        schema["additionalProperties"] = True
        taken = [what for what, body in Bodies(SCHEMAS[name]).bad()
                 if Draft202012Validator(schema).is_valid(body)]
        self.assertEqual(set(taken), {"(): one too many"})


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""asyncapi_test.py FOLDER: docs/reference/asyncapi.yaml is an AsyncAPI 3 document by the official JSON
Schema (npm package @asyncapi/specs, in FOLDER), what it refers to exists, and it speaks of all there
is. Controls: documents with one thing wrong."""

import copy
import json
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".")
SPECIFICATION = FOLDER / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.1.0.json"

try:
    import yaml
    from jsonschema import Draft7Validator
except ImportError as missing:
    print(f"skipped: {missing}: install python3-jsonschema and python3-yaml")
    sys.exit(103)
if not SPECIFICATION.exists():
    print(f"skipped: no {SPECIFICATION}: ./run test fetches it")
    sys.exit(103)

PATH = ROOT / "docs" / "reference" / "asyncapi.yaml"
DOCUMENT = yaml.safe_load(PATH.read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(json.loads(SPECIFICATION.read_text(encoding="utf-8")))


def references(value):
    """Every $ref below."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from references(part)


def follow(document, reference):
    """What a reference into the document leads to; None: nowhere."""
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) \
            if isinstance(found, dict) else None
    return found


def header_of(location):
    return re.fullmatch(r"\$message\.header#/([a-z_-]+)", location)[1]


def headers_of(message):
    """The schema of a message's headers."""
    path = PATH.parent / message["headers"]["schema"]["$ref"]
    return json.loads(path.read_text(encoding="utf-8"))["properties"]


def faults(document):
    """What is wrong beyond what the JSON Schema of AsyncAPI can see."""
    for reference in references(document):
        if reference.startswith("#/"):
            if follow(document, reference) is None:
                yield f"{reference} leads nowhere"
        elif not (PATH.parent / reference).is_file():
            yield f"there is no {reference}"
    messages = document["components"]["messages"]
    for name, message in messages.items():
        location = message.get("correlationId", {}).get("location")
        if location and header_of(location) not in headers_of(message):
            yield f"{name}: no header {location}"
    for name, operation in document["operations"].items():
        reply = operation.get("reply")
        if reply is None:
            continue
        channel = follow(document, reply["channel"]["$ref"])
        if channel["address"] is not None:
            yield f"{name}: the address of the reply is said twice"
        for asked in follow(document, operation["channel"]["$ref"])["messages"].values():
            if header_of(reply["address"]["location"]) not in \
                    headers_of(follow(document, asked["$ref"])):
                yield f"{name}: no header names the address of the reply"
        for message in reply["messages"]:
            if not message["$ref"].startswith(reply["channel"]["$ref"]):
                yield f"{name}: {message['$ref']} is not of the channel of replies"


class AsyncApi(unittest.TestCase):
    def test_it_is_valid(self):
        self.assertEqual([error.message for error in VALIDATOR.iter_errors(DOCUMENT)], [])
        self.assertEqual(list(faults(DOCUMENT)), [])

    def test_it_speaks_of_every_schema_and_topic(self):
        bodies = {path.stem for path in (ROOT / "schema" / "json").glob("*.v[0-9].json")}
        self.assertLessEqual(bodies, set(DOCUMENT["components"]["messages"]))
        commands = DOCUMENT["channels"]["commands"]["messages"]
        self.assertEqual(set(commands), {name for name in bodies if ".command." in name})
        topics = {channel["bindings"]["kafka"]["topic"]
                  for channel in DOCUMENT["channels"].values()}
        self.assertEqual(topics, {"order.commands", "order.replies", "order.dead-letters",
                                  "order.epochs"})

    def test_what_is_wrong_by_the_official_schema_is_seen(self):
        def changed(change):
            document = copy.deepcopy(DOCUMENT)
            change(document)
            return document
        for what, change in (
                ("no version", lambda d: d.pop("asyncapi")),
                ("no title", lambda d: d["info"].pop("title")),
                ("an action of AsyncAPI 2",
                 lambda d: d["operations"]["decide"].update(action="publish")),
                ("an unknown member", lambda d: d["channels"]["commands"].update(adress="x")),
                ("no expression",
                 lambda d: d["operations"]["decide"]["reply"]["address"].update(location="x")),
                ("an unknown binding",
                 lambda d: d["components"]["messages"]["order.reply.v1"]["bindings"]["kafka"].update(
                     keys=1)),
                ("messages inside operations",
                 lambda d: d["operations"]["refuse"].update(messages=[{"name": "x"}]))):
            with self.subTest(what):
                self.assertFalse(VALIDATOR.is_valid(changed(change)))

    def test_what_leads_nowhere_is_seen(self):
        text = PATH.read_text(encoding="utf-8")
        for old, new, part in (
                ("messages/order.reply.v1\"", "messages/order.reply.v2\"", "leads nowhere"),
                ("order.reply.v1.json", "order.reply.v9.json", "there is no"),
                ("header#/ce_causationid", "header#/ce_cause", "no header $message"),
                ("header#/reply_topic", "header#/answer_topic", "names the address"),
                ("address: null", "address: order.replies", "said twice")):
            with self.subTest(new):
                self.assertIn(old, text)
                found = list(faults(yaml.safe_load(text.replace(old, new))))
                self.assertTrue(any(part in fault for fault in found), found)


if __name__ == "__main__":
    unittest.main()

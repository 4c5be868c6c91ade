# SPDX-License-Identifier: Apache-2.0
"""Replies as dicts, whatever they are written in."""

import json
import sys

from lib import environment

sys.path.insert(1, str(environment.ROOT / "tests" / "checker"))
import msgpack_read  # noqa: E402  pylint: disable=wrong-import-position,import-error


def header(record, name):
    """The value of a header as text; None: it is not there."""
    return next((value.decode() for key, value in record.headers if key.decode() == name), None)


def caused_by(record):
    """The id of the command that a reply answers."""
    return header(record, "ce_causationid")


def read(record):
    """The body of a reply."""
    if header(record, "content-type") == "application/json":
        return json.loads(record.value)
    return msgpack_read.read(record.value)

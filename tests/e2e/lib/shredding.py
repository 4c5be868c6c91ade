# SPDX-License-Identifier: Apache-2.0
"""What the tests of order-shredder share."""

import uuid

from lib import programs
from lib.broker import Broker, Refusal
from lib.checks import Failed, contains, equal
from lib.database import Database


def new_database(setting):
    database = Database(setting.environment, setting.unique("shredder").replace("-", "_"))
    database.make()
    setting.stack.callback(database.drop)
    database.apply_schema()
    return database


def new_broker(setting, **more):
    """A database and a vault of the test's own; nobody serves them yet."""
    return Broker(setting, new_database(setting), **more).init()


def subjects(count):
    return [uuid.uuid4() for _ in range(count)]


def refused(kind, act, *arguments, **more):
    """The act is answered by REFUSED of this kind; its text."""
    try:
        act(*arguments, **more)
    except Refusal as refusal:
        equal(refusal.kind, kind, f"kind of refusal ({refusal.text})")
        return refusal.text
    raise Failed(f"not refused: {kind}")


def refuses_to_start(broker, code, *texts, line=None):
    """`serve` ends with this exit code and says these texts."""
    done = programs.run(line or broker.line(), broker.variables())
    equal(done.code, code, f"exit code ({done.text[-1200:]})")
    for text in texts:
        contains(done.text, text, "what it says")

# SPDX-License-Identifier: Apache-2.0
"""Personal data as a person with a reason is shown it."""

import json

from lib import programs
from lib.checks import check

REASON = "a test: what can be opened"


def reveal(environment, database, broker, row_id, *more):
    """{class: state} of an order or a customer, all opened as far as can be."""
    done = programs.run(
        [environment.program("order-projector"), "show", row_id, "--reveal", "--reason", REASON,
         "--json", "--allow-unlocked", "--shredder-socket", broker.socket, "--database",
         database.conninfo("order_projector"), *more], environment.variables)
    check(done.code in (0, 3), f"exit code of show {row_id}: {done.code} ({done.text[-600:]})")
    return {part["class"]: part["state"] for part in json.loads(done.out)["personal"]}

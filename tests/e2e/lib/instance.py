# SPDX-License-Identifier: Apache-2.0
"""Servers of a test's own, for tests that kill them."""

from lib import environment
from lib.checks import Failed


class Instance:
    """One PostgreSQL and one Kafka. The data survives stops and kills, remove() ends it all."""

    def __init__(self, name, programs, kafka=None):
        self.name = name
        self.programs = programs
        more = ["--kafka", kafka] if kafka else []
        exports = self.act("up", "--fresh", *more)
        self.environment = environment.from_exports(exports, programs)

    def act(self, action, *more):
        """./run instance ACTION: its stdout. Raises when it fails."""
        code, out, err = environment.run_script("instance", action, self.name, *more)
        if code != 0:
            raise Failed(f"./run instance {action} {self.name}: exit {code}: {err[-1500:]}")
        return out

    def remove(self):
        self.act("remove")

    def log(self, server):
        """What a server has logged: 'postgres' or 'kafka-server'."""
        path = f"{self.environment['ORDER_RUN']}/log/{server}.log"
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

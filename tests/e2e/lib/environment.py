# SPDX-License-Identifier: Apache-2.0
"""Where the servers and the programs are, as variables for child processes."""

import os
import pathlib
import shlex
import subprocess

from lib.checks import Failed

ROOT = pathlib.Path(__file__).resolve().parents[3]
REQUIRED = ("PGHOST", "PGPORT", "PGPASSFILE", "PGDATABASE", "PGUSER", "ORDER_BROKERS",
            "ORDER_FINGERPRINT_KEY_FILE", "ORDER_BIN", "ORDER_RUN", "ORDER_INSTANCE")


class Environment:
    """One set of servers. Children get `variables`."""

    def __init__(self, variables):
        self.variables = dict(variables)
        missing = [name for name in REQUIRED if name not in self.variables]
        if missing:
            raise Failed(f"{', '.join(missing)} not set: run the tests through ./run test")

    def __getitem__(self, name):
        return self.variables[name]

    @property
    def brokers(self):
        return self["ORDER_BROKERS"]

    def program(self, name):
        return os.path.join(self["ORDER_BIN"], name)

    def changed(self, **variables):
        """A copy with other values; None removes a variable."""
        new = {**self.variables, **variables}
        return {name: value for name, value in new.items() if value is not None}


def given():
    """The servers `./run test` has started."""
    return Environment(os.environ)


def run_script(*arguments, seconds=300, variables=None):
    """./run with these arguments: (exit code, stdout, stderr)."""
    done = subprocess.run(
        ["./run", *arguments], cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=seconds)
    return done.returncode, done.stdout, done.stderr


def from_exports(text, programs):
    """An environment from the lines `./run instance env` prints; programs are those of ours."""
    variables = dict(os.environ)
    for line in text.splitlines():
        words = shlex.split(line)
        if len(words) == 2 and words[0] == "export":
            name, _, value = words[1].partition("=")
            variables[name] = value
    variables["ORDER_BIN"] = programs
    return Environment(variables)

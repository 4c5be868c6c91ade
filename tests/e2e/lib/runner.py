# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a file one after the other: FILE [NAME…]. Exit code 1 when one failed, 103
when all that were chosen were skipped."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import sys
import time
import traceback

from lib import environment
from lib.checks import Failed, Skipped, check
from lib.instance import Instance
from lib.programs import Program

EXIT_FAILED, EXIT_SKIPPED = 1, 103


class Setting:
    """What a test gets: servers, a folder, chance, and clean-ups that happen in any case."""

    def __init__(self, file, test, folder):
        self.file = file
        self.test = test
        self.folder = folder
        self.stack = contextlib.ExitStack()
        self.programs = []
        self.names = 0
        self.random = random.Random(f"{file.seed} {test}")

    @property
    def environment(self):
        return self.file.environment

    @property
    def seed(self):
        """Of `random`: ORDER_SEED repeats it."""
        return self.file.seed

    def unique(self, word):
        """A name nobody else uses on these servers."""
        self.names += 1
        return f"e2e-{os.getpid()}-{self.file.tests}-{self.names}-{word}"

    def instance(self, name, kafka=None):
        """Servers of the file's own; started by the first test that asks."""
        return self.file.instance(name, kafka)

    def start(self, name, command, variables, stderr=None):
        number = len(self.programs) + 1
        program = Program(name, command, variables, self.folder / f"{number:02}-{name}.log", stderr)
        self.programs.append(program)
        self.stack.callback(program.end)
        return program

    def damage(self):
        """What sanitizers and assertions have said, one line per program."""
        lines = ((program, program.damage()) for program in self.programs)
        return [f"{program.name} ({program.log_path}): {line}" for program, line in lines if line]


class File:
    """The tests of one file and what they share."""

    def __init__(self):
        self.environment = environment.given()
        self.seed = os.environ.get("ORDER_SEED") or str(random.SystemRandom().randrange(10**9))
        self.stack = contextlib.ExitStack()
        self.instances = {}
        self.tests = 0
        name = pathlib.Path(sys.argv[0]).stem
        self.folder = pathlib.Path(self.environment["ORDER_RUN"]) / f"{name}-{os.getpid()}"

    def instance(self, name, kafka):
        if name not in self.instances:
            began = time.monotonic()
            made = Instance(name, self.environment["ORDER_BIN"], kafka)
            self.instances[name] = made
            self.stack.callback(made.remove)
            print(f"    servers of instance {name} ({time.monotonic() - began:.1f} s)", flush=True)
        return self.instances[name]


def _run_one(file, test):
    """'ok', 'failed' or 'skipped'."""
    folder = file.folder / test.__name__
    folder.mkdir(parents=True)
    file.tests += 1
    setting = Setting(file, test.__name__, folder)
    began = time.monotonic()
    print(f"{test.__name__}", flush=True)
    verdict = "ok"
    try:
        with setting.stack:
            test(setting)
        check(not setting.damage(), "a program is damaged")
    except Skipped as reason:
        verdict = "skipped"
        print(f"    skipped: {reason}")
    except Exception as error:  # pylint: disable=broad-except
        verdict = "failed"
        if not isinstance(error, Failed):
            traceback.print_exc(file=sys.stdout)
        else:
            line = traceback.extract_tb(error.__traceback__)[1].lineno
            print(f"    {type(error).__name__.lower()} (line {line}): {error}")
        for line in setting.damage():
            print(f"    {line}")
        print(f"    logs: {folder}; to repeat its chances: ORDER_SEED={file.seed}")
    print(f"  {verdict}: {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
    return verdict


def _on_term(number, _frame):
    raise SystemExit(128 + number)


def main(*tests):
    signal.signal(signal.SIGTERM, _on_term)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs inherit "ignore"
    chosen = [test for test in tests if not sys.argv[1:] or test.__name__ in sys.argv[1:]]
    if not chosen:
        sys.exit(f"no such test; there are: {', '.join(test.__name__ for test in tests)}")
    try:
        file = File()
    except Failed as error:
        sys.exit(str(error))
    with file.stack:
        verdicts = [_run_one(file, test) for test in chosen]
    if "failed" in verdicts:
        sys.exit(EXIT_FAILED)
    shutil.rmtree(file.folder, ignore_errors=True)
    if set(verdicts) == {"skipped"}:
        sys.exit(EXIT_SKIPPED)

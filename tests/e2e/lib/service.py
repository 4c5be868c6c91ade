# SPDX-License-Identifier: Apache-2.0
"""The service of one test: a database and topics of its own, workers, load, and the final check."""

import json
import pathlib

from lib import environment as environments
from lib import history, programs
from lib.checks import PATIENCE, check, equal, wait_for
from lib.database import Database
from lib.kafka import Kafka

CHECKER = environments.ROOT / "tests" / "checker" / "check.py"


class Service:
    """Workers are started by the test, because tests differ in which and when."""

    def __init__(self, setting, servers=None, partitions=4, schema=True):
        self.setting = setting
        self.environment = servers or setting.environment
        self.variables = self.environment.variables
        prefix = setting.unique("service")
        self.topic = f"{prefix}.commands"
        self.replies = f"{prefix}.replies"
        self.dead_letters = f"{prefix}.dead-letters"
        self.group = f"{prefix}.group"
        self.partitions = partitions
        self.database = Database(self.environment, prefix.replace("-", "_"))
        self.database.make()
        setting.stack.callback(self.drop)
        if schema:
            self.database.apply_schema()
        self.kafka = Kafka(self.environment.brokers)
        self.kafka.create_topics(
            {self.topic: partitions, self.replies: partitions, self.dead_letters: 1})
        setting.stack.callback(self.kafka.close)

    def drop(self):
        """After the programs are gone; a server that a failed test has left killed keeps it."""
        try:
            self.database.drop()
        except Exception as error:  # pylint: disable=broad-except
            print(f"    the database stays: {error}")

    # ---- programs ----

    def command_line(self, **changes):
        options = {
            "database": self.database.conninfo("order_command"),
            "brokers": self.environment.brokers,
            "fingerprint-key-file": self.environment["ORDER_FINGERPRINT_KEY_FILE"],
            "topic": self.topic, "group": self.group, "reply-topics": self.replies,
            "dead-letter-topic": self.dead_letters}
        options.update({name.replace("_", "-"): value for name, value in changes.items()})
        words = [self.environment.program("order-command"), "run"]
        for name, value in options.items():
            if value is True:
                words.append(f"--{name}")
            elif value is not None:
                words += [f"--{name}", value]
        return words

    def start_command(self, name="command", variables=None, stderr=None, **changes):
        return self.setting.start(
            name, self.command_line(**changes), variables or self.variables, stderr)

    def projector_line(self, verb, *more):
        return [self.environment.program("order-projector"), verb, "--database",
                self.database.conninfo("order_projector"), *more]

    def start_projector(self, name="projector", variables=None, stderr=None):
        return self.setting.start(
            name, self.projector_line("run"), variables or self.variables, stderr)

    def start_load(self, verb, *more, name="load"):
        """order-load, with its journal and its result in files beside its log. It never sends a
        command again on its own: one that the service loses must not be healed by that."""
        files = {"--journal": self.setting.folder / f"{name}.journal",
                 "--json": self.setting.folder / f"{name}.json"}
        words = [self.environment.program("order-load"), verb,
                 "--brokers", self.environment.brokers, "--topic", self.topic,
                 "--reply-topic", self.replies, "--resend-after", "1000", *more]
        if "--personal" not in more:
            words += ["--personal", "none"]  # without a vault of the test's own
        for option, path in files.items():
            if option not in more:
                words += [option, path]
        program = self.setting.start(name, words, self.variables)
        program.journal, program.result = files["--journal"], files["--json"]
        return program

    def finish_load(self, load, seconds=120):
        """Waits for its end, wants one expected outcome per command; returns its result."""
        code = load.wait(seconds)
        equal(code, 0, f"exit code of order-load: {load.log()[-1500:]}")
        result = json.loads(pathlib.Path(load.result).read_text(encoding="utf-8"))
        equal(result["answered"], result["commands"], "commands with an outcome")
        return result

    # ---- state ----

    def decided(self):
        """How many commands have a stored outcome."""
        return self.database.number("select count(*) from store.commands")

    def head(self):
        return self.database.number("select position from store.head")

    def wait_decided(self, count, seconds=PATIENCE):
        wait_for(f"{count} decided commands", lambda: self.decided() >= count, seconds)

    def projected(self):
        """Position of the read models."""
        return self.database.number(
            "select coalesce(max(position), 0) from projection.checkpoints")

    def wait_projected(self, seconds=PATIENCE):
        """Until the read models have every event there is now."""
        head = self.head()
        wait_for(f"the read models are at {head}", lambda: self.projected() >= head, seconds)

    # ---- the final check ----

    def check_all(self, *loads, expect=None):
        """Every journalled command has its outcome in the store, the log has no hole, the read
        models are the fold of the events: three judges, two of which share no code with C.
        expect: a file of retail_expect.py, which then has to be met."""
        self.wait_projected()
        done = programs.run(self.projector_line("verify", "--quiet"), self.variables,
                            seconds=2 * PATIENCE)
        equal(done.code, 0, f"exit code of order-projector verify ({done.text[-1500:]})")
        journals = [load.journal for load in loads]
        history.check_log(self.database)
        report = self._run_checker(loads, ["--expect", expect] if expect else [])
        check(report["events"] > 0, "there are no events at all")
        print(f"    check: {report['journalled_commands']} commands as told, {report['events']} "
              f"events, {report['orders']} orders; verify without a difference", flush=True)

    def _run_checker(self, loads, more):
        """tests/checker/check.py, the independent judge: its report."""
        done = programs.run(
            ["/usr/bin/python3", "-B", CHECKER, *(load.journal for load in loads), *more],
            self.environment.changed(PGDATABASE=self.database.name), seconds=2 * PATIENCE)
        equal(done.code, 0, f"exit code of check.py ({done.text[-2500:]})")
        return json.loads(done.out)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./run as a new user meets it: in a second clone, in a private folder whose name holds a space."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from lib import environment, runner
from lib.checks import check, contains, equal, fired, wait_for

BUILD_SECONDS = 900
USAGE, NOT_RUNNING, INTERRUPTED = 2, 3, 130


class Clone:
    """The tree as it stands, elsewhere. What was downloaded is shared, what is built is not."""

    def __init__(self, setting):
        self.root = setting.folder / "a clone" / "order"
        self.root.mkdir(parents=True)
        self.root.parent.chmod(0o700)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=environment.ROOT, check=True, capture_output=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (environment.ROOT / name).exists():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(environment.ROOT / name, self.root / name)
        (self.root / ".local").mkdir()
        shutil.copytree(environment.ROOT / ".local" / "kafka", self.root / ".local" / "kafka")
        # Nothing of the servers this test itself was given.
        self.variables = {name: value for name, value in os.environ.items()
                          if not name.startswith(("ORDER_", "PG"))}
        setting.stack.callback(self.run, "clean")

    def command(self, *arguments, **options):
        return subprocess.Popen(
            ["./run", *arguments], cwd=self.root, env=self.variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)

    def run(self, *arguments):
        """(exit code, what it said)."""
        with self.command(*arguments) as process:
            said, _ = process.communicate(timeout=BUILD_SECONDS)
        return process.returncode, said

    def expect(self, code, *arguments):
        found, said = self.run(*arguments)
        check(found == code,
              f"./run {' '.join(arguments)}: exit {found}, wanted {code}: {said[-1500:]}")
        return said

    def processes(self):
        """Command lines of what runs in or from this clone."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                places = [os.readlink(process / "cwd"), os.readlink(process / "exe")]
                if any(place.startswith(str(self.root)) for place in places):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it ended, or is not ours to look at
        return found

    def wait_silent(self):
        wait_for("nothing of the clone runs", lambda: not self.processes())


def up_status_env_down(setting):
    """Start, look, use, start again, stop; beside the servers of this very test."""
    clone = Clone(setting)
    contains(clone.expect(NOT_RUNNING, "status"), "nothing", "status before")
    clone.expect(0, "up", "--no-install")
    pids = re.findall(r"\b\d{2,}\b", clone.expect(0, "status"))
    exports = clone.expect(0, "env")
    programs = environment.from_exports(exports, clone.root)
    check(programs["ORDER_BROKERS"] != setting.environment["ORDER_BROKERS"], "own ports")
    rows = subprocess.run(
        ["psql", "-X", "-A", "-t", "-c", "select position from store.head"],
        env=programs.variables, text=True, capture_output=True, check=True).stdout
    equal(rows.strip(), "0", "head of the new store")
    clone.expect(0, "up", "--no-install")
    equal(re.findall(r"\b\d{2,}\b", clone.expect(0, "status")), pids, "pids and ports, started twice")
    clone.expect(0, "down")
    clone.wait_silent()
    clone.expect(NOT_RUNNING, "status")
    clone.expect(NOT_RUNNING, "env")


def interrupt_demo(clone, words):
    """Ctrl-C when the demo says these words."""
    with clone.command("demo", "--no-install", start_new_session=True) as demo:
        said = []
        for line in demo.stdout:
            said.append(line)
            if words in line:
                break
        fired(clone.processes(), f"servers were running when Ctrl-C came: {''.join(said)[-200:]!r}")
        os.killpg(demo.pid, signal.SIGINT)
        demo.stdout.read()
        equal(demo.wait(60), INTERRUPTED, f"exit code after Ctrl-C at '{words}'")
    clone.wait_silent()


def ctrl_c_in_the_middle_of_a_demo(setting):
    """Everything it started is gone, and the next demo works."""
    clone = Clone(setting)
    interrupt_demo(clone, "placed")
    interrupt_demo(clone, "Orders go out")
    said = clone.expect(0, "demo", "--no-install", "--json", "demo.json")
    contains(said, "check: ok", "the demo's last words")
    result = json.loads((clone.root / "demo.json").read_text(encoding="utf-8"))
    lives = result["lifecycle"]
    check(lives["check"]["ok"] and lives["events"]["OrderClosed"] > 0
          and lives["ends"]["closed, with a return"] > 0, f"whole lives of orders: {lives}")
    check(result["commands"] > 0 and result["check"]["ok"], "the main job")
    clone.wait_silent()


def wrong_usage(setting):
    """Refused before anything is started, with the option's name."""
    clone = Clone(setting)
    for named, arguments in (("--bogus", ["demo", "--bogus"]), ("--days", ["demo", "--days", "2"]),
                             ("nonsense", ["nonsense"]),
                             ("absent.csv", ["demo", "--orders", "absent.csv"]),
                             ("../x", ["up", "--instance", "../x"])):
        contains(clone.expect(USAGE, *arguments), named, "what was wrong")
    equal(clone.processes(), [], "processes after wrong usage")


if __name__ == "__main__":
    runner.main(wrong_usage, up_status_env_down, ctrl_c_in_the_middle_of_a_demo)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""order-command and order-projector are killed with SIGKILL at 20 random moments each, while real
orders come in. Afterwards everything is exact: the outcomes are those an independent count of the
file expects, whatever was repeated after each death. ORDER_SEED repeats the moments."""

import signal
import subprocess
import sys
import time

from lib import environment, runner
from lib.checks import Skipped, check, equal, fired, wait_for
from lib.service import Service

KILLS = 20  # of each program
DAYS = 40
RATE = 80  # commands per second while programs are killed; afterwards as fast as can be
LONGEST_LIFE = 0.25  # seconds between the first work of a life and its end
BY_TIMEOUT = 1  # kills after which the broker itself has to find out, which takes 6 s
ORDERS_FILE = environment.ROOT.parent / "shared" / "data" / "online-retail.csv.xz"
EXPECT = environment.ROOT / "tests" / "checker" / "retail_expect.py"


class Victim:
    """A program with many lives."""

    def __init__(self, name, start, progress):
        self.name = name
        self._start = start
        self.progress = progress
        self.life = None
        self.begun_at = 0
        self.deaths = 0

    def start(self):
        self.begun_at = self.progress()
        self.life = self._start(f"{self.name}-{self.deaths + 1}")

    def kill_at_work(self, pause):
        """Lets this life do something, waits a little, kills it."""
        wait_for(f"life {self.deaths + 1} of {self.name} works",
                 lambda: self.progress() > self.begun_at)
        time.sleep(pause)
        check(self.life.is_running(), f"{self.name} ended by itself: {self.life.log()[-1500:]}")
        equal(self.life.kill(), -9, f"exit code of {self.name}")
        self.deaths += 1


def expected_outcomes(setting):
    """A file with the outcomes of the orders, counted without any code of the service."""
    path = setting.folder / "expected.json"
    with open(path, "wb") as out:
        subprocess.run(
            [sys.executable, "-B", EXPECT, ORDERS_FILE, "--days", str(DAYS), "--gifts", "on"],
            stdout=out, check=True)
    return path


def bury(service, by_timeout):
    """The broker notices a dead member after its session has timed out; usually we say it now."""
    if by_timeout:
        return
    for member in service.kafka.members(service.group):
        service.kafka.dismiss(service.group, member)


def start_replay(service, name, *more):
    """The same ids each time: what was decided before is answered as before."""
    return service.start_load("retail", ORDERS_FILE, "--days", str(DAYS), *more, name=name)


def killed_at_random_moments(setting):
    if not ORDERS_FILE.exists():
        raise Skipped(f"there is no {ORDERS_FILE}")
    service = Service(setting)
    command = Victim("command", lambda name: service.start_command(name, gifts=True),
                     service.decided)
    projector = Victim("projector", service.start_projector, service.projected)
    command.start()
    projector.start()
    slow = start_replay(service, "slow", "--rate", str(RATE))
    order = [command, projector] * KILLS
    setting.random.shuffle(order)
    for victim in order:
        victim.kill_at_work(setting.random.uniform(0, LONGEST_LIFE))
        check(slow.is_running(), "the load was over before the last kill")
        if victim is command:
            bury(service, command.deaths <= BY_TIMEOUT)
        victim.start()
    fired(command.deaths == KILLS and projector.deaths == KILLS and slow.is_running(),
          f"{KILLS} kills of each program at work, orders still coming in; "
          f"ORDER_SEED={setting.seed}")
    slow.send(signal.SIGTERM)
    first = service.finish_load(slow)
    whole = start_replay(service, "whole")
    result = service.finish_load(whole)
    service.check_all(slow, whole, expect=expected_outcomes(setting))
    print(f"    {first['commands']} commands during the kills, {first['duplicates']} replies more "
          f"than once; then all {result['commands']}, {result['replayed']} answered as before",
          flush=True)
    command.life.stop()
    projector.life.stop()


if __name__ == "__main__":
    runner.main(killed_at_random_moments)

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
LONGEST_LIFE = 0.6  # seconds between the first work of a life and its end
BY_TIMEOUT = 1  # kills after which the broker itself has to find out, which takes 6 s
ORDERS_FILE = environment.ROOT.parent / "shared" / "data" / "online-retail.csv.xz"
EXPECT = environment.ROOT / "tests" / "checker" / "retail_expect.py"

# A slow store and small batches: there is always something read and not decided, decided and not
# answered, when a life ends. The window is what the load waits for at most.
BATCH, WINDOW = 4, 60
SLOW = """
create function public.slow() returns trigger language plpgsql as $$
begin
    perform pg_sleep(0.015);
    return null;
end $$;
create trigger slow before insert on store.commands for each statement
    execute function public.slow();
"""


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

    def wait_work(self):
        wait_for(f"life {self.deaths + 1} of {self.name} works",
                 lambda: self.progress() > self.begun_at)

    def kill(self):
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


def wait_commit(service):
    """Until the broker has stored another offset of the group: what was committed too early is lost
    with the life that ends now."""
    def committed():
        return service.kafka.committed(service.group, service.topic, service.partitions)
    before = committed()
    wait_for("an offset commit", lambda: committed() != before)


def bury(service, by_timeout):
    """The broker notices a dead member after its session has timed out; usually we say it now."""
    if by_timeout:
        return
    for member in service.kafka.members(service.group):
        service.kafka.dismiss(service.group, member)


def start_replay(service, name, *more):
    """The same ids each time: what was decided before is answered as before."""
    return service.start_load("retail", ORDERS_FILE, "--days", str(DAYS), *more, name=name)


def kill_all(setting, service, command, projector, load):
    """Every second death of order-command comes right after a commit, all others at random."""
    order = [command, projector] * KILLS
    setting.random.shuffle(order)
    for victim in order:
        victim.wait_work()
        if victim is command and command.deaths % 2:
            wait_commit(service)
        else:
            time.sleep(setting.random.uniform(0, LONGEST_LIFE))
        check(load.is_running(), "the load was over before the last kill")
        victim.kill()
        if victim is command:
            bury(service, command.deaths <= BY_TIMEOUT)
        victim.start()


def killed_at_random_moments(setting):
    if not ORDERS_FILE.exists():
        raise Skipped(f"there is no {ORDERS_FILE}")
    service = Service(setting)
    service.database.rows(SLOW)
    command = Victim(
        "command", lambda name: service.start_command(name, gifts=True, batch=str(BATCH)),
        service.decided)
    projector = Victim("projector", service.start_projector, service.projected)
    command.start()
    projector.start()
    slow = start_replay(service, "slow", "--window", str(WINDOW))
    kill_all(setting, service, command, projector, slow)
    fired(command.deaths == KILLS and projector.deaths == KILLS and slow.is_running(),
          f"{KILLS} kills of each program at work, orders still coming in; "
          f"ORDER_SEED={setting.seed}")
    service.database.rows("drop function public.slow cascade")
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

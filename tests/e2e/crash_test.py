#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that die under load: whatever was acknowledged or seen is still there afterwards, each
command gets exactly one outcome, and the read models are exact."""

import os
import signal
import subprocess
import time

from lib import runner
from lib.checks import PATIENCE, check, equal, fired, wait_for
from lib.database import psql_command
from lib.history import stored_commands
from lib.kafka import Reader
from lib.replies import caused_by
from lib.service import Service

INSTANCE = "e2e-crash"
RATE = 200
SESSION = 6  # seconds, of a member of the group
SOME = 200  # commands to be decided before and after a fault


def begin(setting):
    """Workers, and load that goes on until end()."""
    servers = setting.instance(INSTANCE)
    service = Service(setting, servers.environment)
    command, projector = service.start_command(), service.start_projector()
    projector.wait_event("following")
    load = service.start_load("generate", "--seconds", "1000", "--rate", str(RATE))
    service.wait_decided(SOME)
    return servers, service, command, projector, load


def end(service, command, projector, load):
    check(load.is_running(), f"the load ended by itself: {load.log()[-1500:]}")
    load.send(signal.SIGTERM)
    service.finish_load(load)
    service.check_all(load)
    command.stop()
    projector.stop()


def recoveries(servers):
    return servers.log("postgres").count("automatic recovery in progress")


def postgres_is_killed(setting):
    """SIGKILL to PostgreSQL and all its children while commands come in."""
    servers, service, command, projector, load = begin(setting)
    before = recoveries(servers)
    servers.act("postgres-kill")
    for program in (command, projector):
        program.wait_event("postgres_unavailable")
    servers.act("postgres-start")
    fired(recoveries(servers) == before + 1, "PostgreSQL was killed under load and recovered")
    service.wait_decided(service.decided() + SOME)
    end(service, command, projector, load)


def an_outage_longer_than_the_session(setting):
    """PostgreSQL is away for longer than Kafka would wait for a silent member: the worker holds its
    commands back and stays in the group."""
    servers, service, command, projector, load = begin(setting)
    members = service.kafka.members(service.group)
    assigned = len(command.events("partitions_assigned"))
    servers.act("postgres-stop")
    command.wait_event("postgres_unavailable")
    since = time.monotonic()

    def session_would_be_over():
        equal(service.kafka.members(service.group), members, "members of the group in an outage")
        return time.monotonic() - since > 1.5 * SESSION
    wait_for("a session's time", session_would_be_over)
    servers.act("postgres-start")
    service.wait_decided(service.decided() + SOME)
    equal(len(command.events("partitions_assigned")), assigned, "assignments, after the outage")
    fired(len(members) == 1, f"PostgreSQL was away for {time.monotonic() - since:.0f} s under load")
    end(service, command, projector, load)


def unclean_starts(servers):
    return servers.log("kafka-server").count("no clean shutdown file was found")


def the_broker_is_killed(setting):
    """SIGKILL to Kafka while commands come in and replies go out."""
    servers, service, command, projector, load = begin(setting)
    before = unclean_starts(servers)
    servers.act("kafka-kill")
    service.kafka.close()
    command.wait_event("kafka_trouble")
    servers.act("kafka-start")
    fired(unclean_starts(servers) == before + 1, "Kafka was killed under load and recovered")
    end(service, command, projector, load)


SIGHTS = """select (select count(*) from read.order_summary),
(select position from projection.checkpoints), (select max(position) from read.order_summary)"""


class Watcher:
    """Reads what the read models show, all the time, until the server is gone."""

    def __init__(self, setting, service):
        self.path = setting.folder / "watcher.out"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(
                [*psql_command(service.database.name), "-A", "-t", "-P", "pager=off"],
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL,
                env=service.variables)
        setting.stack.callback(self.process.wait)
        setting.stack.callback(self.process.kill)
        self.process.stdin.write(f"{SIGHTS} \\watch 0.01\n".encode())
        self.process.stdin.flush()

    def seen(self):
        """(orders, checkpoint, newest position) of each look."""
        rows = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            words = line.split("|")
            if len(words) == 3 and all(words):
                rows.append(tuple(map(int, words)))
        return rows


def postmaster(service):
    """Its pid: the parent of every server process."""
    child = service.database.number(
        "select pid from pg_stat_activity where backend_type = 'checkpointer'")
    with open(f"/proc/{child}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(") ", 1)[1].split()[1])


def what_was_seen_survives_an_immediate_shutdown(setting):
    """Nothing that a reader has seen in the read models, and no reply, is taken back by a crash."""
    servers, service, command, projector, load = begin(setting)
    watcher = Watcher(setting, service)
    wait_for("the watcher has seen orders", lambda: len(watcher.seen()) > 20)
    before, pid = recoveries(servers), postmaster(service)
    os.kill(pid, signal.SIGQUIT)
    watcher.process.wait(PATIENCE)
    wait_for("PostgreSQL is gone", lambda: not os.path.exists(f"/proc/{pid}/cwd"))
    replies = Reader(service.kafka, service.replies, service.partitions).to_end()
    acknowledged = set(map(caused_by, replies))
    servers.act("postgres-start")
    after = tuple(map(int, service.database.rows(SIGHTS)[0]))
    last = watcher.seen()[-1]
    fired(recoveries(servers) == before + 1 and last[0] > 0,
          f"immediate shutdown; {len(watcher.seen())} looks, the last one {last}, "
          f"{len(acknowledged)} commands acknowledged")
    check(all(now >= then for now, then in zip(after, last)),
          f"orders, checkpoint, newest position after the crash {after}, seen before {last}")
    missing = acknowledged - stored_commands(service.database).keys()
    equal(missing, set(), "acknowledged commands that are not stored after the crash")
    end(service, command, projector, load)


if __name__ == "__main__":
    runner.main(postgres_is_killed, an_outage_longer_than_the_session, the_broker_is_killed,
                what_was_seen_survives_an_immediate_shutdown)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The key broker begins and ends: what it refuses to start with, what it waits for, how it stops."""

import os
import shutil
import signal
import time
import uuid

from lib import runner
from lib.broker import CONTACT, ERASED, INVOICE, LIVE, UNKNOWN, Broker, Refusal
from lib.checks import check, contains, equal, fired, wait_for
from lib.database import Database
from lib.shredding import new_broker, new_database, refused, refuses_to_start, subjects

# Runs a command as it would be without the right to lock memory, and with a small limit.
LIMITED = """
import ctypes, os, resource, sys
PR_CAPBSET_DROP, CAP_IPC_LOCK = 24, 14
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (64 * 1024, 64 * 1024))
os.execv(sys.argv[1], sys.argv[1:])
"""
LIMIT = ["/usr/bin/python3", "-c", LIMITED]


def replaced(line, option, value):
    line = list(line)
    line[line.index(option) + 1] = value
    return line


def settings_that_never_work(setting):
    broker = new_broker(setting)
    line = broker.line()
    refuses_to_start(broker, 2, "--roles", "boss", line=broker.line(roles="boss=0"))
    for seconds in (0, 601):
        refuses_to_start(broker, 2, "--lease-seconds", line=broker.line(lease_seconds=seconds))
    refuses_to_start(broker, 2, "--socket", line=replaced(line, "--socket", "/" + "x" * 120))
    refuses_to_start(broker, 3, "order-shredder init",
                     line=replaced(line, "--vault", broker.folder / "absent"))


def a_file_in_the_way(setting):
    """What is no socket is not touched; a socket that a dead process left is replaced."""
    broker = new_broker(setting)
    precious = broker.short / "precious"  # a socket's path is at most 107 bytes
    precious.write_text("keep me")
    refuses_to_start(broker, 2, "no socket", line=replaced(broker.line(), "--socket", precious))
    equal(precious.read_text(), "keep me", "the file")
    program = broker.serve()
    program.kill()
    check(os.path.exists(broker.socket), "a dead process leaves its socket")
    broker.serve()
    broker.client("status").status()


def memory_that_may_not_be_locked(setting):
    """The limit of locked memory is too low: it does not start, and says how to raise it."""
    broker = new_broker(setting)
    line = [word for word in broker.line() if word != "--allow-unlocked"]
    refuses_to_start(broker, 6, "RLIMIT_MEMLOCK is 64 KiB", "ulimit -l", "LimitMEMLOCK",
                     line=[*LIMIT, *line])
    program = setting.start("unlocked", [*LIMIT, *line, "--allow-unlocked"], broker.variables())
    program.wait_event("memory_unlocked")
    program.wait_event("started")
    program.stop()


def a_vault_of_another_database(setting):
    """Its keys would open nothing, and must not be taken for erased."""
    broker = new_broker(setting)
    broker.serve().stop()
    stranger = Broker(setting, broker.database, name="stranger").init()
    refuses_to_start(stranger, 4, "this is vault", "sealed with vault", "--vault")


def a_vault_that_was_rolled_back(setting):
    """An old copy of the vault would bring erased keys back: exit 8, and nothing is served."""
    broker = new_broker(setting)
    program = broker.serve()
    one = uuid.uuid4()
    with broker.client() as client:
        client.lease(one)
    program.stop()
    old = broker.folder / "old"
    old.mkdir()
    for folder in (broker.vault, *broker.holders):
        shutil.copytree(folder, old / folder.name)
    program = broker.serve()
    broker.client("erase").erase(one)
    program.stop()
    for folder in (broker.vault, *broker.holders):
        shutil.rmtree(folder)
        shutil.copytree(old / folder.name, folder)
    refuses_to_start(broker, 8, "old copy", "Remedy", "holder")
    # even where the database has forgotten how far the vault was
    broker.database.rows("update erasure.vault_state set generation = 1")
    refuses_to_start(broker, 8, "old copy", "still has its keys")


def a_database_that_is_older(setting):
    """Restored from a backup: what the tree has forgotten stays forgotten, and rows are told."""
    broker = new_broker(setting)
    program = broker.serve()
    whole, part, other = subjects(3)
    with broker.client() as client:
        before = client.lease(whole, part, other, classes=(CONTACT, INVOICE))
    with broker.client("erase") as eraser:
        eraser.erase(whole)
        eraser.erase(part, classes=1 << CONTACT)
    program.stop()
    broker.database.rows(
        "update erasure.subjects set state = 1, erased_classes = 0;"
        " delete from erasure.requests; update erasure.vault_state set generation = 2")
    program = broker.serve()
    said = program.events("database_older")
    fired(len(said) == 1 and said[0]["marked_erased"] == 2, "the database is older than the vault")
    found = broker.client().lease(whole, part, other, classes=(CONTACT, INVOICE))
    equal([state for state, _, _ in found], [ERASED, ERASED, ERASED, LIVE, LIVE, LIVE], "states")
    equal(found[3:], before[3:], "keys of the others")
    rows = broker.database.rows(
        "select state, erased_classes from erasure.subjects order by leaf_base")
    equal(rows, [["3", "255"], ["1", "1"], ["1", "0"]], "rows of the subjects")


def two_brokers(setting):
    """One vault has one broker, and so has one database."""
    broker = new_broker(setting)
    broker.serve()
    refuses_to_start(broker, 5, "vault")
    other = Broker(setting, broker.database, name="other").init()
    refuses_to_start(other, 5, "another order-shredder serves this database")
    broker.client("status").status()


def a_holder_that_is_missing(setting):
    """It starts and erases, but nothing is final until the holder has followed."""
    broker = new_broker(setting, holders=2)
    broker.serve().stop()
    away = broker.folder / "away"
    os.rename(broker.holders[1], away)
    broker.serve()
    one = uuid.uuid4()
    command = broker.client()
    command.lease(one)
    command.close()
    state = broker.client("erase").erase(one)
    equal((state[0], state[3]), ("live", 2), "state and number of holders")
    broker.client().retire_epoch(1)
    done = broker.ask("erase", "--final", "--timeout", "3", str(one))
    equal(done.code, 7, f"exit code of an erasure that is not final ({done.text})")
    contains(broker.ask("status").out, str(broker.holders[1]), "status")
    os.rename(away, broker.holders[1])
    broker.wait_final(2)


def the_database_goes_away(setting):
    """Keys of known people are given meanwhile; new ones wait; then all goes on by itself."""
    servers = setting.instance("e2e-shredder", "none")
    database = Database(servers.environment, "shredder")
    database.make()
    database.apply_schema()
    broker = Broker(setting, database, environment=servers.environment).init()
    program = broker.serve()
    client = broker.client()
    one, other = subjects(2)
    before = client.lease(one)
    servers.act("postgres-kill")
    wait_for("a new subject is refused", lambda: is_not_ready(client, other))
    fired(True, "PostgreSQL is killed")
    equal(client.lease(one), before, "key of a known person")
    contains(refused("not ready", broker.client("erase").erase, one), "PostgreSQL", "refusal")
    servers.act("postgres-start")
    wait_for("a new subject has leaves", lambda: not is_not_ready(client, other))
    program.wait_event("postgres_connected")
    equal(client.lease(one), before, "key of a known person")
    broker.client("erase").begin_erase([one])
    client.ack(client.wait_revoke()[0])
    wait_for("erased", lambda: client.lease(one)[0][0] == ERASED)
    client.close()
    program.stop()


def is_not_ready(client, subject):
    try:
        client.lease(subject)
    except Refusal as refusal:
        equal(refusal.kind, "not ready", f"kind of refusal ({refusal.text})")
        return True
    return False


def stops_in_order(setting):
    """SIGTERM: leases are called back, and the next life need not wait for them."""
    broker = new_broker(setting)
    program = broker.serve(lease_seconds=60)
    client = broker.client()
    one = uuid.uuid4()
    client.lease(one)
    program.send(signal.SIGTERM)
    number, _, state, spans = client.wait_revoke()
    equal((state, len(spans)), (UNKNOWN, 2), "everything is called back")
    client.ack(number)
    equal(program.wait(), 0, "exit code")
    check(not os.path.exists(broker.socket), "the socket is gone")
    began = time.monotonic()
    program = broker.serve(lease_seconds=60)
    equal(program.events("leases_unknown"), [], "leases nobody knows of")
    equal(broker.client("erase").erase(one)[0], "live", "state")
    check(time.monotonic() - began < 50, "no lease was waited for")


if __name__ == "__main__":
    runner.main(settings_that_never_work, a_file_in_the_way, memory_that_may_not_be_locked,
                a_vault_of_another_database, a_vault_that_was_rolled_back,
                a_database_that_is_older, two_brokers, a_holder_that_is_missing,
                the_database_goes_away, stops_in_order)

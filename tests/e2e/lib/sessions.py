# SPDX-License-Identifier: Apache-2.0
"""Trouble between sessions of a database: locks, servers that do not answer."""

import contextlib
import os
import signal
import subprocess

from lib.checks import check, wait_for
from lib.database import psql_command

QUICK = 3  # seconds


@contextlib.contextmanager
def locked_table(database, table):
    """Nobody can read or write the table meanwhile."""
    with subprocess.Popen(
            psql_command(database.name), stdin=subprocess.PIPE, text=True,
            stdout=subprocess.DEVNULL, env=database.environment.variables) as session:
        session.stdin.write(f"begin; lock table {table} in access exclusive mode;\n")
        session.stdin.flush()
        wait_for(f"{table} is locked", lambda: database.number(
            "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted"
            f" and relation = '{table}'::regclass"))
        try:
            yield
        finally:
            session.stdin.close()


def wait_stuck(database, role):
    """Until a session of the role waits for a lock."""
    wait_for(f"{role} waits for a lock", lambda: database.number(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        f" and usename = '{role}' and datname = current_database()"))


def stop_between_calls(database, pids):
    """Stops server processes while they wait for their client or for a row or table; False when one of
    them is at work. It may then hold a latch of the whole server, such as the one on the log: nobody
    could write, and even this question may find no answer."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    with contextlib.suppress(subprocess.TimeoutExpired):
        listed = ",".join(map(str, pids))
        waiting = database.rows(
            "select pid from pg_stat_activity where wait_event_type in ('Client', 'Lock')"
            f" and pid in ({listed})", seconds=QUICK)
        if len(waiting) == len(pids):
            return True
    resume(pids)
    return False


def resume(pids):
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def frozen(database, role):
    """The server processes of a role never answer. What they are sent meanwhile they do later."""
    pids = [int(row[0]) for row in database.rows(
        f"select pid from pg_stat_activity where usename = '{role}'"
        " and datname = current_database()")]
    check(pids, f"{role} has no session")
    wait_for(f"{role} waits for its client", lambda: stop_between_calls(database, pids))
    try:
        yield
    finally:
        resume(pids)

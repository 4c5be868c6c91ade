# SPDX-License-Identifier: Apache-2.0
"""Trouble between sessions of a database: locks, servers that do not answer."""

import contextlib
import os
import signal
import subprocess

from lib.checks import check, wait_for
from lib.database import psql_command


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


@contextlib.contextmanager
def frozen(database, role):
    """The server processes of a role never answer."""
    pids = [int(row[0]) for row in database.rows(
        f"select pid from pg_stat_activity where usename = '{role}'"
        " and datname = current_database()")]
    check(pids, f"{role} has no session")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

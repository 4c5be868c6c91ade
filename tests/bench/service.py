# SPDX-License-Identifier: Apache-2.0
"""A fresh service on the servers of the bench: database, topics, workers; and what they cost."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

BIN = pathlib.Path(os.environ.get("ORDER_BIN", "."))
BENCH = BIN.parent / "bench"
ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = pathlib.Path(os.environ.get("ORDER_RUN", ".")) / "log"
TICKS = os.sysconf("SC_CLK_TCK")


def psql(sql, database=None):
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]
    if database:
        command += ["-d", database]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def fresh_database():
    """An empty database with the schema, and the append's twin beside it."""
    psql("drop database if exists orders with (force)", "postgres")
    psql("create database orders owner order_schema", "postgres")
    run([BIN / "order-schema", "apply", "--database", "user=order_schema"])
    subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f",
         str(ROOT / "tests" / "bench" / "twin.sql")],
        check=True, capture_output=True)
    psql("checkpoint")


def run(command, **environment):
    """Runs a program to its end; its output, or an exception that shows what it said."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True,
        env={**os.environ, **environment})
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def start_broker():
    """order-shredder serve, with the instance's vault, once senders can seal."""
    unsafe = ["--accept-cow", "--allow-unlocked"]
    if not (pathlib.Path(os.environ["ORDER_VAULT"]) / "ledger").exists():
        run([BIN / "order-shredder", "init", *unsafe])
    log = LOGS / "bench-shredder.log"
    seen = log.stat().st_size if log.exists() else 0
    broker = start(
        "shredder", [BIN / "order-shredder", "serve", "--database", "user=order_shredder", *unsafe])
    while b'"event":"epoch_published"' not in log.read_bytes()[seen:]:
        if broker.poll() is not None:
            raise SystemExit(f"order-shredder ended with {broker.returncode}: see {log}")
        time.sleep(0.05)
    return broker


@contextlib.contextmanager
def workers(commands=2, sealed=False):
    """Two order-command and one order-projector on a fresh database; yields name -> process. sealed: a
    key broker beside them."""
    fresh_database()
    run([BIN / "order-command", "topics", "apply"])
    started = {}
    try:
        if sealed:
            started["shredder"] = start_broker()
        for number in range(commands):
            started[f"command-{number + 1}"] = start_command(number + 1)
        started["projector"] = start(
            "projector", [BIN / "order-projector", "run", "--database", "user=order_projector"])
        await_group()
        yield started
    finally:
        for process in reversed(started.values()):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(name, command):
    with open(LOGS / f"bench-{name}.log", "ab") as log:
        return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)


def start_command(number):
    return start(
        f"command-{number}",
        [BIN / "order-command", "run", "--database", "user=order_command", "--gifts"])


def start_client(command):
    """A program that works while something else is done; finish_client has its output."""
    return subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_client(client):
    out, err = client.communicate()
    if client.returncode != 0:
        raise SystemExit(f"{client.args[0]} ended with {client.returncode}:\n{out}{err}")
    return out


def await_group():
    """Until every worker has partitions: one small order is answered, and says that all is up."""
    run([BIN / "order-load", "generate", "--personal", "none", "--orders", "200",
         "--run-id", f"warm-{time.time_ns()}"])


def head():
    return int(psql("select position from store.head"))


def applied():
    return int(psql("select position from projection.checkpoints where projection = 'orders'"))


def await_applied(deadline=120):
    """Waits until the read model holds everything; returns when that was, monotonic."""
    target = head()
    until = time.monotonic() + deadline
    while applied() < target:
        if time.monotonic() > until:
            raise SystemExit("the projector did not catch up")
        time.sleep(0.05)
    return time.monotonic()


def cpu_seconds(pid):
    """User and system time of a process and of its children, living and ended."""
    total = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().rsplit(")", 1)
        except OSError:
            continue
        fields = rest.split()
        own = int(fields[11]) + int(fields[12])
        if int(path.parent.name) == pid:
            total += own + int(fields[13]) + int(fields[14])
        elif int(fields[1]) == pid:
            total += own
    return total / TICKS


def server_pids():
    """Of PostgreSQL and the broker, from the pid files of the instance."""
    folder = pathlib.Path(os.environ["ORDER_RUN"]) / "pid"
    return {name: int((folder / name).read_text().split()[0]) for name in ("postgres", "kafka")}


def peak_resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0

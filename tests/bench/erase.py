# SPDX-License-Identifier: Apache-2.0
"""The key broker: round trips of leases, erasures until no process can open what was sealed, a batch of
them, and a start with a million subjects. The client is the tests' own, in Python."""
import contextlib
import json
import os
import pathlib
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import service

sys.path.insert(0, str(service.ROOT / "tests" / "e2e"))

from lib import broker as protocol  # noqa: E402
from lib.checks import wait_for  # noqa: E402

ROUND_TRIPS = 5000
KEYS = 256
BATCH = 10_000
LOAD_SECONDS = 10
MILLION = 1_000_000
HOLDERS = 2
LIMIT_LIVE_MS = 2000
EMPTY = "a round trip without keys (EPOCHS)"


class Served:
    """A broker on a fresh database, with a vault of its own on the disk of the instance."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.socket = pathlib.Path(tempfile.gettempdir()) / f"order-bench-{os.getpid()}.sock"
        self.options = [
            "--vault", self.folder / "vault",
            "--holders", ",".join(str(self.folder / f"holder-{n}") for n in range(HOLDERS)),
            "--accept-cow", "--allow-unlocked"]
        self.process = None
        service.run([service.BIN / "order-shredder", "init", *self.options])

    def start(self):
        roles = ",".join(f"{role}={os.getuid()}" for role in protocol.ROLES)
        environment = {name: value for name, value in os.environ.items() if name != "ORDER_BROKERS"}
        with open(service.LOGS / "bench-shredder.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in (
                    service.BIN / "order-shredder", "serve", *self.options, "--socket", self.socket,
                    "--roles", roles, "--database", "user=order_shredder")],
                stdout=log, stderr=log, env=environment)
        wait_for("the broker answers", self.answers)

    def answers(self):
        try:
            self.client("status").close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def client(self, role="command"):
        return protocol.Client(self.socket, role)

    def status(self):
        with self.client("status") as client:
            return json.loads(client.status())


@contextlib.contextmanager
def served():
    service.fresh_database()
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORDER_RUN")) as folder:
        made = Served(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def people(count):
    return [uuid.uuid4() for _ in range(count)]


def allocate(client, subjects):
    for first in range(0, len(subjects), 250):
        client.lease(*subjects[first:first + 250])


@contextlib.contextmanager
def acknowledging(made, subjects):
    """A client that holds the keys of these and gives them back at once when it is asked to."""
    with made.client() as client:
        allocate(client, subjects)

        def run():
            with contextlib.suppress(protocol.Gone, OSError):
                while True:
                    client.ack(client.wait_revoke()[0])
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield


# ---- leases ----

def micros(client, kind, body):
    """Round trips of one frame, sorted."""
    taken = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        client.receive(client.send(kind, body))
        taken.append((time.perf_counter() - began) * 1e6)
    return sorted(taken)


def lease_body(subjects):
    wishes = b"".join(protocol.wish(subject) for subject in subjects)
    return struct.pack(">BH", 0, len(subjects)) + wishes


def lease(figure, runs):
    """One key and 256 keys that are not cached by anybody, beside a round trip without any."""
    found = {"empty": [], "one": [], "many": []}
    with served() as made, made.client() as client:
        subjects = people(KEYS)
        client.lease(*subjects)
        for _ in range(runs):
            found["empty"].append(micros(client, protocol.EPOCHS, b""))
            found["one"].append(micros(client, protocol.LEASE, lease_body(subjects[:1])))
            found["many"].append(micros(client, protocol.LEASE, lease_body(subjects)))

    def percentile(name, share):
        return [taken[int(share * len(taken))] for taken in found[name]]
    for name, label in (("one", "1_key"), ("many", f"{KEYS}_keys")):
        for share, word in ((0.5, "p50"), (0.99, "p99")):
            yield figure(f"lease.{label}.{word}", percentile(name, share), "us", EMPTY,
                         percentile("empty", share), f"{ROUND_TRIPS} times LEASE", 1)
    rates = [KEYS * 1e6 / statistics.median(taken) for taken in found["many"]]
    yield figure("lease.keys", rates, "keys/s", "one key at a time",
                 [1e6 / statistics.median(taken) for taken in found["one"]],
                 f"{ROUND_TRIPS} times LEASE")


# ---- erasures ----

def erased_ms(made, subjects):
    """From the request until its client hears that no process can open anything."""
    with made.client("erase") as client:
        began = time.perf_counter()
        state = client.erase(*subjects)
        taken = (time.perf_counter() - began) * 1000
    if state[0] != "live" or state[5] != 0:
        raise SystemExit(f"an erasure ended as {state}")
    return taken


def one(figure, runs):
    """A single person, whose keys are held by somebody who gives them back at once."""
    with served() as made:
        subjects = people(10 * runs)
        with acknowledging(made, subjects):
            taken = [[erased_ms(made, [subjects[10 * run + n]]) for n in range(10)]
                     for run in range(runs)]
        yield figure("erase.one", [statistics.median(ten) for ten in taken], "ms", "limit",
                     [LIMIT_LIVE_MS] * runs, "ERASE of one subject, 10 times", 1)
        yield figure("erase.one.slowest", [max(ten) for ten in taken], "ms", "limit",
                     [LIMIT_LIVE_MS] * runs, "ERASE of one subject, 10 times", 1)


def batch(figure, runs):
    """Ten thousand at once, every second subject, so that the tree has to be cut everywhere."""
    taken, alone = [], []
    with served() as made:
        for _ in range(runs):
            everybody = people(2 * BATCH + 2)
            with acknowledging(made, everybody):
                alone.append(erased_ms(made, everybody[:1]))
                taken.append(erased_ms(made, everybody[2::2]))
    yield figure(f"erase.batch{BATCH}", taken, "ms", "one alone, in the same broker", alone,
                 f"ERASE of {BATCH} subjects", 1)


class Beside:
    """The broker that runs beside the workers."""

    def client(self, role="command"):
        return protocol.Client(os.environ["ORDER_SHREDDER_SOCKET"], role)


def rate_of(command, meanwhile=None):
    """Commands per second of one run of order-load; `meanwhile` happens in the middle of it."""
    with subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True) as load:
        if meanwhile:
            time.sleep(LOAD_SECONDS / 2)  # its middle is what is wanted, not a condition
            meanwhile()
        out, _ = load.communicate()
    return json.loads(out[out.index("{"):])["commands_per_second"]


def batch_under_load(figure, runs):
    """Ten thousand at once while orders with persons come as fast as they are taken: how long it takes,
    and what the orders notice, beside the same load without."""
    taken, disturbed, alone = [], [], []
    load = [service.BIN / "order-load", "generate", "--personal", "sealed", "--seconds",
            LOAD_SECONDS, "--json", "-", "--run-id"]
    for number in range(runs):
        with service.workers(sealed=True):
            subjects = people(2 * BATCH)
            with Beside().client() as client:
                allocate(client, subjects)
            rate_of([*load, f"warm-{number}"])
            alone.append(rate_of([*load, f"alone-{number}"]))
            disturbed.append(rate_of(
                [*load, f"erasing-{number}"],
                lambda: taken.append(erased_ms(Beside(), subjects[::2]))))
    command = f"ERASE of {BATCH} subjects during order-load generate --personal sealed"
    yield figure(f"erase.batch{BATCH}_under_load", taken, "ms", "limit", [LIMIT_LIVE_MS] * runs,
                 command, 1)
    yield figure(f"erase.batch{BATCH}_under_load.commands", disturbed, "commands/s",
                 "the same load without", alone, command)


# ---- start ----

def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def million(figure, runs):
    """A million subjects: how fast they get leaves, a start with them, and memory. The reference is the
    same broker while it has none."""
    seconds, memory, empty = [], [], []
    with served() as made:
        empty_mb = resident_mb(made.process.pid)
        with made.client() as client:
            client.socket.settimeout(None)
            began = time.monotonic()
            for _ in range(0, MILLION, KEYS):
                client.receive(client.send(protocol.LEASE, lease_body(people(KEYS))))
            rate = MILLION / (time.monotonic() - began)
        for _ in range(runs):
            made.stop()
            began = time.monotonic()
            made.start()
            seconds.append(time.monotonic() - began)
            memory.append(resident_mb(made.process.pid))
            empty.append(empty_mb)
    yield figure("broker.allocate", [rate], "subjects/s", "needed at 2,000 new customers/s", [2000],
                 f"LEASE of {KEYS} new subjects, {MILLION // KEYS} times")
    yield figure("broker.start", seconds, "s", "limit", [5] * runs, "order-shredder serve", 2)
    yield figure("broker.memory", memory, "MB", "with no subject", empty, "order-shredder serve", 1)

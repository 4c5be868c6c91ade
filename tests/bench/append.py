# SPDX-License-Identifier: Apache-2.0
"""The append against its twin: same rows and indexes, no order, no check (twin.sql)."""
import contextlib
import json
import os
import subprocess

import service

SECONDS = 5
TWIN = "twin without head row and version check"


def once(mode, connections, batch):
    out = service.run(
        [service.BENCH / "append_bench", mode, connections, batch, SECONDS],
        ORDER_DATABASE="user=order_command")
    return json.loads(out)["per_second"]


def compare(name, connections, batch, figure, runs, mode="store", other="twin", beside=TWIN):
    service.fresh_database()
    measured, reference = [], []
    once(mode, connections, batch)
    once(other, connections, batch)
    for number in range(runs):
        # Who goes first changes, so that neither always finds the warmer machine.
        for turn in (mode, other) if number % 2 == 0 else (other, mode):
            (measured if turn == mode else reference).append(once(turn, connections, batch))
    yield figure(
        name, measured, "commands/s", beside, reference,
        f"append_bench {mode}|{other} {connections} {batch} {SECONDS}")


@contextlib.contextmanager
def slow_sync():
    """PostgreSQL with 2 ms more for each sync."""
    name = os.environ["ORDER_INSTANCE"]
    restart(name, "--preload", str(service.BENCH / "slow_sync.so"))
    try:
        yield
    finally:
        restart(name)


def restart(name, *options):
    for action in (["postgres-stop", name], ["postgres-start", name, *options]):
        subprocess.run(
            [str(service.ROOT / "run"), "instance", *action], check=True, capture_output=True)


def batch64(figure, runs):
    yield from compare("append.batch64", 4, 64, figure, runs)


def batch64_2ms(figure, runs):
    with slow_sync():
        yield from compare("append.batch64_2ms", 4, 64, figure, runs)


def claimed(figure, runs):
    """With the claim of a partition in each append, as order-command sends them."""
    yield from compare(
        "append.claimed", 4, 64, figure, runs, "claimed", "store", "the same without a claim")


def single(figure, runs):
    yield from compare("append.single", 16, 1, figure, runs)

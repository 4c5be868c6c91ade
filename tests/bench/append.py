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


def compare(name, connections, batch, figure, runs):
    service.fresh_database()
    store, twin = [], []
    once("store", connections, batch)
    once("twin", connections, batch)
    for number in range(runs):
        # Who goes first changes, so that neither always finds the warmer machine.
        for mode in ("store", "twin") if number % 2 == 0 else ("twin", "store"):
            (store if mode == "store" else twin).append(once(mode, connections, batch))
    yield figure(
        name, store, "commands/s", TWIN, twin,
        f"append_bench store|twin {connections} {batch} {SECONDS}")


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


def single(figure, runs):
    yield from compare("append.single", 16, 1, figure, runs)

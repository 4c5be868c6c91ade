# SPDX-License-Identifier: Apache-2.0
"""The whole way: Kafka in, decided, durable, replied, and in the read model."""
import json
import os
import pathlib
import signal
import time

import service

LIMIT = 25000
SECONDS = int(os.environ.get("ORDER_BENCH_SECONDS", "60"))
RETAIL = service.ROOT / ".." / "shared" / "data" / "online-retail.csv.xz"


def measure(load, sealed=False):
    """One run of order-load on a fresh service: its result, with seconds until all was visible,
    CPU per command of every part, and the resident memory of ours."""
    load = [*load, "--personal", "sealed" if sealed else "none"]
    with service.workers(sealed=sealed) as workers:
        pids = service.server_pids() | {n: p.pid for n, p in workers.items()}
        before = {name: service.cpu_seconds(pid) for name, pid in pids.items()}
        started = time.monotonic()
        out = service.run([service.BIN / "order-load", *load, "--json", "-"])
        visible = service.await_applied() - started
        result = json.loads(out[out.index("{"):])
        commands = result["commands"]
        result["visible_seconds"] = visible
        result["cpu_us"] = {
            name: (service.cpu_seconds(pid) - before[name]) / commands * 1e6
            for name, pid in pids.items()}
        result["cpu_us"]["load client"] = result["cpu_us_per_command"]
        result["resident_mb"] = {
            name: service.peak_resident_mb(process.pid) for name, process in workers.items()
        } | {"load client": result["resident_mb"]}
        return result


def figures(name, results, limit, figure, command):
    rates = [r["commands"] / r["visible_seconds"] for r in results]
    beside, references = limit or (
        "replied, not yet visible", [r["commands_per_second"] for r in results])
    yield figure(name, rates, "commands/s", beside, references, command)
    for part in results[0]["cpu_us"]:
        spent = [r["cpu_us"][part] for r in results]
        whole = [sum(r["cpu_us"].values()) for r in results]
        yield figure(
            f"{name}.cpu.{part}", spent, "us per command", "all parts", whole, command, 1)
    for part in results[0]["resident_mb"]:
        yield figure(
            f"{name}.resident.{part}", [r["resident_mb"][part] for r in results], "MB", "limit",
            [128.0] * len(results), command, 1)


def small_orders(figure, runs):
    load = ["generate", "--seconds", str(SECONDS)]
    measure(load)  # the broker compiles its code while it runs
    results = [measure(load) for _ in range(runs)]
    yield from figures(
        "pipeline.small_orders", results, ("aim", [LIMIT] * runs), figure,
        "order-load " + " ".join(load))


def mixed(figure, runs):
    """Orders, payments, cancellations, stock: 45 % placed, 43 % paid, the rest spread."""
    load = ["mixed", "--seconds", str(SECONDS)]
    measure(load)
    results = [measure(load) for _ in range(runs)]
    yield from figures(
        "pipeline.mixed", results, ("aim", [LIMIT] * runs), figure, "order-load " + " ".join(load))


HOT = ["hot", "--orders", "200000", "--stock", "200000", "--personal", "none"]
HOT_LIMIT = 10000


def check_not_oversold():
    """What the events say of the article in the end; order-load has checked every answer."""
    service.await_applied()
    on_hand, reserved = service.psql(
        "select on_hand, reserved from read.stock where sku = 'HOT'").split("|")
    if not 0 <= int(reserved) <= int(on_hand):
        raise SystemExit(f"oversold: {reserved} of {on_hand} units are reserved")


def sell_out(figure, name, results, runs, command):
    yield figure(
        name, [r["commands_per_second"] for r in results], "decisions/s", "aim",
        [HOT_LIMIT] * runs, command)
    yield figure(
        f"{name}.refused", [r["codes"].get("rejected/insufficient_stock", 0) for r in results], "refusals",
        "all decisions", [r["commands"] for r in results], command)


def hot_sku(figure, runs):
    """Everybody wants one article: one stream, one partition, decided in memory in order."""
    results = []
    for number in range(runs + 1):
        with service.workers():
            out = service.run([service.BIN / "order-load", *HOT, "--json", "-"])
            check_not_oversold()
        if number > 0:  # the first run warms the broker
            results.append(json.loads(out[out.index("{"):]))
    yield from sell_out(figure, "pipeline.hot_sku", results, runs, "order-load " + " ".join(HOT))


def hot_sku_rebalance(figure, runs):
    """The same while a second worker joins, and then the first one leaves."""
    results = []
    for _ in range(runs):
        with service.workers(1) as workers:
            load = service.start_client([service.BIN / "order-load", *HOT, "--json", "-"])
            time.sleep(2)
            workers["command-2"] = service.start_command(2)
            time.sleep(3)
            workers["command-1"].send_signal(signal.SIGTERM)
            out = service.finish_client(load)
            check_not_oversold()
        results.append(json.loads(out[out.index("{"):]))
    yield from sell_out(
        figure, "pipeline.hot_sku_rebalance", results, runs,
        "order-load " + " ".join(HOT) + " while a worker joins and another leaves")


def sealed(figure, runs):
    """The same orders with their persons, sealed by the sender and again for the store; a run without
    stands beside each, because the machine's speed changes."""
    load = ["generate", "--seconds", str(SECONDS)]
    measure(load)
    results, without = [], []
    for number in range(runs):
        # Who goes first changes, so that neither always finds the warmer machine.
        for kind in (True, False) if number % 2 == 0 else (False, True):
            (results if kind else without).append(measure(load, kind))
    command = "order-load " + " ".join(load) + " --personal sealed"
    rates = [r["commands"] / r["visible_seconds"] for r in without]
    yield from figures("pipeline.sealed", results, ("the same without persons", rates), figure, command)


def retail_year(figure, runs):
    path = pathlib.Path(RETAIL)
    if not path.exists():
        print("pipeline.retail_year skipped: ../shared/data/online-retail.csv.xz is absent")
        return
    load = ["retail", str(path), "--all"]
    results = [measure(load) for _ in range(runs)]
    command = "order-load retail online-retail.csv.xz --all"
    yield from figures("pipeline.retail_year", results, None, figure, command)
    for name, key, unit, scale in (
            ("lines", "lines", "lines/s", 1), ("bytes", "bytes", "MB/s", 1e6)):
        rates = [r[key] / r["visible_seconds"] / scale for r in results]
        yield figure(
            f"pipeline.retail_year.{name}", rates, unit, "replied, not yet visible",
            [r[key] / r["seconds"] / scale for r in results], command, 1)

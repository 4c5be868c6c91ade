# SPDX-License-Identifier: Apache-2.0
"""How long one waits: append to row, command to reply, command to row."""
import json
import os
import sys

import service

sys.path.insert(0, str(service.ROOT / "tests" / "e2e"))

from poison_kinds import Sender  # noqa: E402

SECONDS = 20
POISON_RATE, POISON_SECONDS = 1000, 10


def append_to_row(figure, runs):
    """200 appends a second straight through the store, until the row can be read."""
    command = ["visible_bench", "200", str(SECONDS)]
    results = []
    with service.workers(1):
        for _ in range(runs):
            out = service.run(
                [service.BENCH / command[0], *command[1:]],
                ORDER_DATABASE="user=order_command", ORDER_READ_DATABASE="user=order_projector")
            results.append(json.loads(out))
    for since in ("from_return_ms", "from_start_ms"):
        for share, limit in (("p50", 2.0), ("p99", 5.0)):
            yield figure(
                f"latency.append_to_row.{since[:-3]}.{share}", [r[since][share] for r in results],
                "ms", "limit", [limit] * runs, " ".join(command), 2)


def command(figure, runs):
    """1,000 commands a second, open loop, from the moment each was meant to be sent."""
    load = ["generate", "--personal", "none", "--rate", "1000", "--seconds", str(SECONDS),
            "--visible", "user=order_projector"]
    results = []
    with service.workers():
        for number in range(runs):
            out = service.run(
                [service.BIN / "order-load", *load, "--run-id", f"latency-{number}", "--json", "-"])
            results.append(json.loads(out[out.index("{"):]))
    text = "order-load " + " ".join(load)
    for name, key, limits in (
            ("reply", "latency_ms", (("p50", 5.0), ("p99", 20.0))),
            ("row", "visible_ms", (("p50", 25.0), ("p99", 25.0)))):
        for share, limit in limits:
            yield figure(
                f"latency.command_to_{name}.{share}", [r[key][share] for r in results], "ms",
                "limit", [limit] * runs, text, 2)


def mixed(figure, runs):
    """The mix of commands at two offered rates, open loop."""
    for rate in (1000, 5000):
        load = ["mixed", "--personal", "none", "--rate", str(rate), "--seconds", str(SECONDS)]
        results = []
        with service.workers():
            for number in range(runs):
                out = service.run(
                    [service.BIN / "order-load", *load, "--run-id", f"mixed-{number}", "--json", "-"])
                results.append(json.loads(out[out.index("{"):]))
        for share, limit in (("p50", 5.0), ("p99", 20.0)):
            yield figure(
                f"latency.mixed_{rate}.reply.{share}", [r["latency_ms"][share] for r in results],
                "ms", "limit", [limit] * runs, "order-load " + " ".join(load), 2)


def poison(figure, runs):
    """What one percent of poison of every kind does to the good commands, open loop: a run with it and
    one without, in turns."""
    load = ["generate", "--personal", "none", "--rate", str(POISON_RATE), "--seconds",
            str(POISON_SECONDS)]
    shares = ("p50", "p99")
    found = {True: [], False: []}
    with service.workers(1):
        for number in range(runs + 1):  # the first pair is to warm up
            for poisoned in (bool(number % 2), not number % 2):
                sender = Sender(os.environ["ORDER_BROKERS"], "order.commands", "order.replies", 8,
                                POISON_RATE / 100)
                if poisoned:
                    sender.start()
                out = service.run(
                    [service.BIN / "order-load", *load, "--run-id", f"poison-{number}-{poisoned}",
                     "--json", "-"])
                if poisoned:
                    sender.finish()
                found[poisoned].append(json.loads(out[out.index("{"):])["latency_ms"])
    for share in shares:
        yield figure(
            f"latency.poison.{share}", [run[share] for run in found[True][1:]], "ms",
            "without poison", [run[share] for run in found[False][1:]],
            "order-load " + " ".join(load) + " beside 1 % of poison_kinds.py", 2)

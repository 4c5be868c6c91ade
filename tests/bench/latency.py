# SPDX-License-Identifier: Apache-2.0
"""How long one waits: append to row, command to reply, command to row."""
import json

import service

SECONDS = 20


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

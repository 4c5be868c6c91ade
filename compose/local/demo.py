#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What came of the orders: shown from the running databases, then checked in one line.

LOAD.json is the result of order-load, JOURNAL what it kept of every command, LOAD_STATUS its exit
status. Exit status 0 only if the check holds.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import demo_privacy
from demo_show import await_read_models, query, table

BIN = pathlib.Path(os.environ["ORDER_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"


def show_outcomes(load):
    rows = [[kind, code, f"{count:,}"] for (kind, code), count in counted(load)]
    table("Outcomes of the commands", ["outcome", "code", "commands"], rows, right=(2,))


def counted(load):
    """(kind, code) with their counts: what a code accounts for is not counted twice."""
    out = []
    for kind, count in sorted(load["outcomes"].items()):
        coded = {c: n for c, n in load["codes"].items() if c.startswith(f"{kind}/")}
        out += [((kind, code.split("/", 1)[1]), n) for code, n in sorted(coded.items())]
        rest = count - sum(coded.values())
        if rest:
            out.append(((kind, ""), rest))
    return out


def show_history():
    customer = query(
        "select customer_id from read_v1.orders group by 1 order by count(*) desc, 1 limit 1")
    if not customer:
        return
    rows = query(
        "select to_char(placed_at, 'YYYY-MM-DD HH24:MI'), order_id, status, line_count,"
        " to_char(due / 100.0, 'FM999,999,990.00'), currency from read_v1.customer_orders"
        f" where tenant_id = 1 and customer_id = '{customer[0][0]}'"
        " order by placed_at desc, order_id desc limit 5")
    table(f"Newest orders of customer {customer[0][0]}",
          ["placed", "order", "status", "lines", "due", ""], rows, right=(3, 4))


def show_best_sellers():
    rows = query(
        "select b.sku, coalesce((select title from read_v1.order_lines l where l.sku = b.sku"
        " and title is not null limit 1), ''), to_char(b.units, 'FM999,999,990'),"
        " to_char(b.orders, 'FM999,999,990'), to_char(b.revenue / 100.0, 'FM999,999,990.00'),"
        " b.currency from read_v1.best_sellers b order by b.units desc, b.sku limit 8")
    table("Best-selling products", ["article", "title", "units", "orders", "revenue", ""], rows,
          right=(2, 3, 4))


def run_check(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = {}
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode == 0, result


def check(load, arguments):
    """Every command one outcome; every row the fold of its events, by the service's own verify and
    by a second reader that shares no code with it; and outcomes as an independent count has them."""
    expect = ["--expect", arguments.expect] if arguments.expect else []
    answered, _ = run_check([PYTHON, ROOT / "tests/checker/check.py", arguments.journal, *expect])
    folded, verify = run_check(
        [BIN / "order-projector", "verify", "--json", "--quiet",
         "--database", "user=order_projector"])
    once = (arguments.load_status == 0 and load["missing"] == 0
            and load["answered"] == load["commands"])
    return once and answered, folded, verify


class Verdict:
    """What the demo comes to."""

    def __init__(self, load, arguments, caught_up):
        self.erased = demo_privacy.erase(query)
        self.scanned = demo_privacy.scan(arguments.needles, arguments.scan)
        # Checked after the erasure: it leaves every fold as it was.
        self.once, folded, self.verify = check(load, arguments)
        self.folded = folded and caught_up
        self.lives = json.loads(pathlib.Path(arguments.lives).read_text())
        # Of the main job alone.
        self.events = (int(query("select position from store.head", "order_projector")[0][0])
                       - sum(self.lives["events"].values()))
        self.held = (self.once and self.folded and self.erased["ok"] and self.scanned["ok"]
                     and self.lives["check"]["ok"])


def print_result(load, verdict, expected):
    print(f"\n{load['commands']:,} commands with {load['lines']:,} order lines in"
          f" {load['seconds']:.1f} s: {load['commands_per_second']:,.0f} commands/s,"
          f" {verdict.events:,} events")
    print(f"privacy: {'ok' if verdict.erased['ok'] and verdict.scanned['ok'] else 'FAILED'}:"
          f" {'what was erased stays closed' if verdict.erased['ok'] else 'NOT as it should be'},"
          f" everybody else as before;"
          f" {'nothing personal' if verdict.scanned['ok'] else 'SOMETHING PERSONAL'} in the open")
    print(f"check: {'ok' if verdict.held else 'FAILED'}:"
          f" {'every' if verdict.once else 'NOT every'} command got exactly one outcome"
          f"{' (as counted independently from the file)' if expected and verdict.once else ''},"
          f" {'every' if verdict.folded else 'NOT every'} read-model row equals the fold of its"
          " events, whole lives of orders"
          f" {'came out' if verdict.lives['check']['ok'] else 'did NOT come out'} as they should")


def write_result(path, load, verdict):
    result = {
        "commands": load["commands"],
        "outcomes": [{"outcome": kind, "code": code or None, "commands": count}
                     for (kind, code), count in counted(load)],
        "events": verdict.events,
        "lines": load["lines"],
        "seconds": load["seconds"],
        "commands_per_second": load["commands_per_second"],
        "personal": load["personal"],
        "sealed": load["sealed"],
        "lifecycle": verdict.lives,
        "erasure": verdict.erased,
        "scan": verdict.scanned,
        "check": {"one_outcome_each": verdict.once, "rows_equal_fold": verdict.folded,
                  "ok": verdict.held, "verify": verdict.verify},
    }
    pathlib.Path(path).write_text(json.dumps(result, indent=1) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("load", metavar="LOAD.json")
    parser.add_argument("journal", metavar="JOURNAL")
    parser.add_argument("load_status", metavar="LOAD_STATUS", type=int)
    parser.add_argument("--expect", metavar="FILE", help="outcomes counted from the input")
    parser.add_argument("--lives", metavar="FILE", required=True, help="what demo_lives.py found")
    parser.add_argument("--needles", metavar="FILE", required=True, help="what was planted")
    parser.add_argument("--scan", metavar="FOLDER", nargs="+", required=True,
                        help="where nothing of it may be found")
    parser.add_argument("--json", metavar="FILE", help="write the result for programs")
    return parser.parse_args()


def main():
    arguments = parse()
    load = json.loads(pathlib.Path(arguments.load).read_text())
    caught_up = await_read_models()
    show_outcomes(load)
    show_history()
    show_best_sellers()
    verdict = Verdict(load, arguments, caught_up)
    print_result(load, verdict, arguments.expect)
    if arguments.json:
        write_result(arguments.json, load, verdict)
    sys.exit(0 if verdict.held else 1)


if __name__ == "__main__":
    main()

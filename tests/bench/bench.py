#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what the design promises; `./run bench [NAME…] [--json FILE]` calls it with servers up.

Every figure is the median of several runs (ORDER_BENCH_RUNS, 5 unless set) with its spread, and
stands beside a reference from the same run or beside the limit that was set for it. Nothing here
passes or fails.
"""
import argparse
import hashlib
import json
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import latency  # noqa: E402
import append  # noqa: E402
import erase  # noqa: E402
import pipeline  # noqa: E402
import seal  # noqa: E402
import tree  # noqa: E402
import vault  # noqa: E402

BENCHES = {
    "append.batch64": append.batch64,
    "append.batch64_2ms": append.batch64_2ms,
    "append.single": append.single,
    "append.claimed": append.claimed,
    "pipeline.small_orders": pipeline.small_orders,
    "pipeline.mixed": pipeline.mixed,
    "pipeline.hot_sku": pipeline.hot_sku,
    "pipeline.hot_sku_rebalance": pipeline.hot_sku_rebalance,
    "pipeline.sealed": pipeline.sealed,
    "pipeline.retail_year": pipeline.retail_year,
    "latency.append": latency.append_to_row,
    "latency.command": latency.command,
    "latency.mixed": latency.mixed,
    "latency.poison": latency.poison,
    "seal.cost": seal.cost,
    "lease": erase.lease,
    "erase.one": erase.one,
    "erase.batch": erase.batch,
    "erase.under_load": erase.batch_under_load,
    "broker.million": erase.million,
    "tree.derive": tree.derive,
    "tree.erase": tree.erase,
    "vault.commit": vault.commit,
}


def figure(name, values, unit, reference, reference_values, command, digits=0):
    """One row of the result. The ratio is the median of the runs' own ratios."""
    ratios = [v / r for v, r in zip(values, reference_values) if r]
    return {
        "name": name,
        "value": round(statistics.median(values), digits),
        "unit": unit,
        "reference": reference,
        "reference_value": round(statistics.median(reference_values), digits),
        "ratio": round(statistics.median(ratios), 3) if ratios else None,
        "ratio_min": round(min(ratios), 3) if ratios else None,
        "ratio_max": round(max(ratios), 3) if ratios else None,
        "min": round(min(values), digits),
        "max": round(max(values), digits),
        "runs": len(values),
        "command": command,
    }


def show(row):
    ratio = "" if row["ratio"] is None else (
        f"  ratio {row['ratio']:.3f} ({row['ratio_min']:.3f}..{row['ratio_max']:.3f})")
    print(
        f"{row['name']:34} {row['value']:>12,} {row['unit']:16}"
        f" [{row['min']:,}..{row['max']:,}, {row['runs']} runs]"
        f"{ratio}  beside {row['reference']}: {row['reference_value']:,}",
        flush=True)


def processor_speeds():
    """MB/s of one processor hashing, five times: what else runs on the machine or its host shows."""
    block = bytes(1 << 20)
    speeds = []
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(100):
            hashlib.blake2b(block).digest()
        speeds.append(100 / (time.perf_counter() - started))
    return speeds


def main():
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="names: " + ", ".join(BENCHES))
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE as well")
    arguments = parser.parse_args()
    unknown = [n for n in arguments.names if n not in BENCHES]
    if unknown:
        parser.error(f"there is no bench '{unknown[0]}'; names: {', '.join(BENCHES)}")
    for name in ("PGHOST", "PGPORT", "ORDER_BROKERS", "ORDER_BIN", "ORDER_INSTANCE"):
        if name not in os.environ:
            parser.error(f"{name} is not set: start this by ./run bench")
    runs = int(os.environ.get("ORDER_BENCH_RUNS", "5"))
    rows = []
    for name in arguments.names or BENCHES:
        print(f"-- {name}, {runs} runs, {os.cpu_count()} processors", flush=True)
        before = processor_speeds()
        measured = list(BENCHES[name](figure, runs))
        after = processor_speeds()
        measured.append(figure(
            f"{name}.processor", after, "MB/s hashed", "before the runs", before, "bench.py"))
        for row in measured:
            show(row)
        rows += measured
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The key tree: keys derived, and what is kept after erasures of a million subjects."""
import json
import math

import service

SUBJECTS = 1_000_000
ERASED = (100, 10_000, 50_000)
DEPTHS = (22, 27, 32)
BARE = "its crypto_kdf calls alone"


def once(*arguments):
    return json.loads(service.run([service.BENCH / "tree_bench", *arguments]))


def derive(figure, runs):
    for depth in DEPTHS:
        command = ["derive", depth, 100_000]
        results = [once(*command) for _ in range(runs)]
        yield figure(
            f"tree.derive.depth{depth}", [r["keys_per_second"] for r in results], "keys/s",
            BARE, [r["bare_per_second"] for r in results],
            " ".join(map(str, ["tree_bench", *command])))


def erase(figure, runs):
    for erased in ERASED:
        command = f"tree_bench erase {erased} SEED"
        results = [once("erase", erased, seed + 1) for seed in range(runs)]
        expected = 41 * erased * math.log2(SUBJECTS / erased)
        yield figure(
            f"tree.erase{erased}.state", [r["bytes"] for r in results], "bytes",
            "41 k log2(N/k)", [expected] * runs, command)
        yield figure(
            f"tree.erase{erased}.batch", [r["batch_ms"] for r in results], "ms",
            BARE, [r["bare_ms"] for r in results], command, 2)
        yield figure(
            f"tree.erase{erased}.one_more", [r["one_more_ms"] for r in results], "ms",
            "copying the nodes", [r["copy_ms"] for r in results], command, 3)
        yield figure(
            f"tree.erase{erased}.derive", [r["keys_per_second"] for r in results], "keys/s",
            "before the erasures", [r["fresh_keys_per_second"] for r in results], command)

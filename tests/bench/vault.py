# SPDX-License-Identifier: Apache-2.0
"""The vault: what a change costs and how large its file is, after erasures of a million subjects."""
import json
import os
import tempfile

import service

ERASED = (100, 10_000, 50_000)
HOLDERS = 2
BARE = "the same bytes and syncs alone"


def once(erased, seed):
    """On the disk of the instance, which is where a vault would be."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORDER_RUN")) as folder:
        return json.loads(service.run(
            [service.BENCH / "vault_bench", folder, erased, HOLDERS, seed]))


def commit(figure, runs):
    for erased in ERASED:
        command = f"vault_bench FOLDER {erased} {HOLDERS} SEED"
        results = [once(erased, seed + 1) for seed in range(runs)]
        bare = [r["bare_ms"] for r in results]
        yield figure(
            f"vault.erase{erased}.one_more", [r["single_ms"] for r in results], "ms",
            BARE, bare, command, 2)
        yield figure(
            f"vault.erase{erased}.batch", [r["batch_ms"] for r in results], "ms",
            BARE + ", of the file after it", bare, command, 2)
        yield figure(
            f"vault.erase{erased}.file", [r["bytes"] for r in results], "bytes",
            "41 bytes per erased subject", [41 * erased] * runs, command)
        yield figure(
            f"vault.erase{erased}.open", [r["open_ms"] for r in results], "ms",
            BARE, bare, command, 2)

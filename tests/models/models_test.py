#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the Spin models: models_test.py --build FOLDER [VARIANT…]

The built design is searched exhaustively and has to hold in every state. Each weaker variant has to
fail, by the assertion it is expected to break: else the model would not see what it is for. And
states the proof is about have to be reached. Prints the number of states of each search.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
BUILT = "BUILT"

# How an assertion is printed by the search.
AFTER_LIVE = "!(live)"
AFTER_FENCE = "!(fenced)"
KEY_AFTER_FENCE = "(fenced==0)"
ONE_ROOT = "((slot[0]==0)!=(slot[1]==0))"
ROOT_LOST = "((loaded!=0)&&file[loaded])"
REACHED = "!="

# A search that gave up says so in passing, finds no error and ends with 0.
CUT_SHORT = re.compile(r"max search depth too small|not completed|MEMLIM|out of memory")

ONE_CLIENT = {"OPENS": 0}

# Name of the variant, how much happens in it, the assertion that has to fail (None: none may).
ERASE = [
    (BUILT, {}, None),
    (BUILT, {"MOST_CRASHES": 3, **ONE_CLIENT}, None),
    (BUILT, {"MOST_CRASHES": 0, "OPENS": 2, "COMMANDS": 2}, None),
    ("NO_DRAIN", {}, AFTER_LIVE),
    ("NO_FENCE_CHECK", {}, AFTER_FENCE),
    ("PLAIN_READ", {}, AFTER_FENCE),
    ("ACK_IN_FLIGHT", {}, AFTER_LIVE),
    ("OLD_ROOT_KEPT", ONE_CLIENT, ONE_ROOT),
    ("ERASED_FORGOTTEN", {}, KEY_AFTER_FENCE),
    ("NO_REFUSAL", {}, KEY_AFTER_FENCE),
    ("STALE_USE", {}, AFTER_LIVE),
    ("COUNT_FROM_ANSWER", {}, AFTER_LIVE),
    ("NO_RESTART_WAIT", ONE_CLIENT, AFTER_LIVE),
    ("TREE_LAST", ONE_CLIENT, ROOT_LOST),
    ("SCRUB_FIRST", ONE_CLIENT, ROOT_LOST),
    ("REACH_STOPPED", {}, REACHED),
    ("REACH_TWO_ROOTS", ONE_CLIENT, REACHED),
    ("REACH_REFUSED", {}, REACHED),
    ("REACH_LATE", ONE_CLIENT, REACHED),
    ("REACH_ORPHANED", {}, REACHED),
]
MODELS = {"erase.pml": ERASE}


class Search:
    """One variant of one model: generated, compiled, searched."""

    def __init__(self, model, variant, bounds, expected):
        self.model, self.variant, self.expected = model, variant, expected
        self.defines = {"VARIANT": variant, **bounds}
        self.name = " ".join([variant, *(f"{key}={value}" for key, value in bounds.items())])

    def run(self, build):
        started = time.monotonic()
        folder = build / pathlib.Path(self.model).stem / re.sub(r"\W+", "-", self.name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        defines = [f"-D{key}={value}" for key, value in self.defines.items()]
        self.call(folder, ["spin", *defines, "-a", str(FOLDER / self.model)])
        # A search that ends early takes less time than the optimiser.
        optimise = "-O0" if self.expected else "-O2"
        # COLLAPSE: a quarter of the memory. MEMLIM: megabytes; beyond them the search is not complete.
        self.call(folder, ["cc", optimise, "-w", "-DSAFETY", "-DNOFAIR", "-DCOLLAPSE", "-DMEMLIM=1500",
                           "-o", "pan", "pan.c"])
        # -E: processes that serve for ever may stop anywhere; `finally` says how it all has to end.
        output = self.call(folder, ["./pan", "-E", "-m100000", "-w23"])
        shutil.rmtree(folder)
        self.seconds = time.monotonic() - started
        return self.judge(output)

    def call(self, folder, command):
        done = subprocess.run(command, cwd=folder, text=True, capture_output=True)
        output = done.stdout + done.stderr
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
        return output

    def judge(self, output):
        """What is wrong with the result; None: it is as expected."""
        states = re.search(r"(\d+) states, stored", output)
        self.states = int(states[1]) if states else 0
        failed = re.search(r"pan:\d+: (.*) \(at depth (\d+)\)", output)
        self.found = failed[1] if failed else "holds"
        if self.expected:
            if failed and failed[1].startswith("assertion violated") and self.expected in failed[1]:
                return None
            return f"expected to break {self.expected}, but: {self.found}"
        if "errors: 0" in output and self.states > 0 and not CUT_SHORT.search(output):
            return None
        return f"expected to hold, but: {self.found}, or not everything was searched\n{output}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path, help="folder to work in")
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="only these")
    options = parser.parse_args()
    if not shutil.which("spin"):
        sys.exit("spin is not installed: ./run test installs it, or apt-get install spin")
    searches = [
        Search(model, *row) for model, rows in MODELS.items() for row in rows
        if not options.variants or row[0] in options.variants]
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        results = pool.map(lambda search: search.run(options.build), searches)
        for search, fault in zip(searches, results):
            print(f"{search.model:10} {search.name:45} {search.states:>9,} states "
                  f"{search.seconds:5.1f} s  {search.found}", flush=True)
            if fault:
                wrong.append(f"{search.model} {search.name}: {fault}")
    print(*wrong, sep="\n")
    return 1 if wrong or not searches else 0


if __name__ == "__main__":
    sys.exit(main())

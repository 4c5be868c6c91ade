# SPDX-License-Identifier: Apache-2.0
"""Looks for bytes in the memory of a process that stands still meanwhile."""

import contextlib
import os
import re
import signal

MOST_AREA = 1 << 30  # shadows of sanitizers are larger and hold no data
PIECE = 1 << 22


def areas(pid):
    """(first, last, name) of what can be read."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as file:
        for line in file:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+\s*(.*)", line)
            if found and found[3] not in ("[vvar]", "[vsyscall]"):
                first, last = int(found[1], 16), int(found[2], 16)
                if last - first <= MOST_AREA:
                    yield first, last, found[3]


def find(pid, *needles):
    """Names of the areas that hold one of the needles, and how many bytes were looked at."""
    longest = max(map(len, needles))
    found, seen = [], 0
    os.kill(pid, signal.SIGSTOP)
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for first, last, name in areas(pid):
                with contextlib.suppress(OSError, ValueError):
                    tail = b""
                    memory.seek(first)
                    while first < last:
                        piece = memory.read(min(PIECE, last - first))
                        if not piece:
                            break
                        found += [name for needle in needles if needle in tail + piece]
                        tail = piece[-longest:]
                        first += len(piece)
                        seen += len(piece)
    finally:
        os.kill(pid, signal.SIGCONT)
    return found, seen

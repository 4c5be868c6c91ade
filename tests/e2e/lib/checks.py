# SPDX-License-Identifier: Apache-2.0
"""Conditions: now, or within a deadline."""

import time

# The machine may be busy: a condition that holds at once on an idle one gets this long, seconds.
PATIENCE = 60
POLL = 0.02


class Failed(Exception):
    """A condition does not hold."""


class Inconclusive(Failed):
    """The fault did not fire: the test has shown nothing."""


class Skipped(Exception):
    """Something outside of the project is missing; the text says what."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: {found!r}, wanted {wanted!r}")


def contains(text, part, what):
    if part not in text:
        raise Failed(f"{what}: no {part!r} in: {text[-2000:].strip()!r}")


def fired(condition, text):
    """The fault of a test: proven, or the test is inconclusive."""
    if not condition:
        raise Inconclusive(f"the fault did not fire: {text}")
    print(f"    fault fired: {text}", flush=True)


def wait_for(what, probe, seconds=PATIENCE):
    """Calls probe until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(POLL)

# SPDX-License-Identifier: Apache-2.0
"""Options, beginning and end of a simulator."""
import argparse
import json
import os
import signal
import sys
import time
import zlib

import bus

WRONG_USAGE, UNAVAILABLE = 2, 4


def percent(kind, name):
    """0 to 99, the same for the same name: what becomes of an order is chance, but no surprise."""
    return zlib.crc32(f"{kind} {name}".encode()) % 100


# ---- options ----


def parser():
    """What all simulators take; the text of --help is that of the program's file."""
    made = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--brokers", default=os.environ.get("ORDER_BROKERS"), metavar="HOST:PORT",
                      help="Kafka (environment ORDER_BROKERS)")
    made.add_argument("--topic", default="order.commands", metavar="NAME",
                      help="of the commands; what simulators tell each other goes through"
                      " NAME.simulator-* (default order.commands)")
    made.add_argument("--reply-topic", default="order.replies", metavar="NAME",
                      help="replies come to NAME.SIMULATOR: the service allows that"
                      " (default order.replies)")
    made.add_argument("--producer", default="", metavar="NAME",
                      help="sign as this producer of the tenants file")
    made.add_argument("--producer-key", metavar="FILE", help="its 32 secret bytes")
    made.add_argument("--tenant", default="default", metavar="NAME",
                      help="whom the commands are for, when they are signed")
    return made


def read(made):
    found = made.parse_args()
    if not found.brokers:
        made.error("--brokers is missing (or ORDER_BROKERS)")
    if bool(found.producer) != bool(found.producer_key):
        made.error("--producer and --producer-key go together")
    return found


def connect(name, found):
    try:
        party = bus.Party(found.producer, found.producer_key, found.tenant)
    except OSError as problem:
        raise Usage(f"--producer-key: {problem}") from problem
    return bus.Bus(found.brokers, name, party, found.topic, found.reply_topic)


# ---- what it says ----


class Progress:
    """One line on stderr: a terminal sees it change, anything else gets one every few seconds."""

    def __init__(self, wanted, total):
        self.wanted = wanted
        self.total = total
        self.terminal = sys.stderr.isatty()
        self.began = self.shown = time.monotonic()
        self.last = ""

    def __call__(self, shop):
        now = time.monotonic()
        text = f"orders: {shop.stages()} of {self.total}"
        over = text != self.last and text.endswith(f" {self.total} ended of {self.total}")
        if not self.wanted or (now - self.shown < (0.2 if self.terminal else 3) and not over):
            return
        self.shown, self.last = now, text
        line = f"{text}, {now - self.began:.0f} s"
        end = "" if self.terminal and not over else "\n"
        print(("\r\033[K" if self.terminal else "") + line, end=end, file=sys.stderr, flush=True)


def print_counts(name, connection):
    counts = {f"{kind}/{outcome}": count
              for (kind, outcome), count in sorted(connection.counts.items())}
    print(json.dumps({"simulator": name, "commands": counts,
                      "unanswered": len(connection.waiting)}), flush=True)


# ---- beginning and end ----


class Usage(Exception):
    """Something it was given cannot be used."""


class Stop(Exception):
    """Somebody asked for it."""


def stop(number, _frame):
    raise Stop(number)


def main(name, work, found):
    """Exit status of work(found); faults in words."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        return work(found)
    except Usage as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return WRONG_USAGE
    except bus.KafkaException as problem:
        print(f"{name}: Kafka at {found.brokers}: {problem.args[0].str()}", file=sys.stderr)
        return UNAVAILABLE
    except Stop as problem:
        return 128 + problem.args[0]


def serve(name, role):
    """Answers others until it is told to stop, then finishes what it has begun."""
    def work(found):
        connection = connect(name, found)
        role(connection)
        print(json.dumps({"simulator": name, "ready": True}), flush=True)
        try:
            while True:
                connection.poll()
        except Stop:
            connection.drain()
        print_counts(name, connection)
        connection.close()
        return 0
    return main(name, work, read(parser()))

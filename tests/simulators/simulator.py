# SPDX-License-Identifier: Apache-2.0
"""Options and the loop of a simulator."""
import argparse
import json
import os
import signal
import sys
import zlib

import bus


def percent(kind, name):
    """0 to 99, the same for the same name: what becomes of an order is chance, but no surprise."""
    return zlib.crc32(f"{kind} {name}".encode()) % 100


def options(parser=None):
    parser = parser or argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--brokers", default=os.environ.get("ORDER_BROKERS"))
    parser.add_argument("--topic", default="order.commands")
    parser.add_argument("--reply-topic", default="order.replies",
                        help="replies come to NAME.SIMULATOR: the service allows that")
    parser.add_argument("--producer", default="")
    parser.add_argument("--producer-key")
    parser.add_argument("--tenant", default="default")
    found = parser.parse_args()
    if not found.brokers:
        parser.error("--brokers is missing (or ORDER_BROKERS)")
    return found


def connect(name, found):
    party = bus.Party(found.producer, found.producer_key, found.tenant)
    return bus.Bus(found.brokers, name, party, found.topic, found.reply_topic)


def print_counts(name, connection):
    counts = {f"{kind}/{outcome}": count
              for (kind, outcome), count in sorted(connection.counts.items())}
    print(json.dumps({"simulator": name, "commands": counts,
                      "unanswered": len(connection.waiting)}), flush=True)


class Stop(Exception):
    """Somebody asked for it."""


def stop(_number, _frame):
    raise Stop


def serve(name, role):
    """Answers others until it is told to stop."""
    found = options()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    connection = connect(name, found)
    role(connection)
    print(json.dumps({"simulator": name, "ready": True}), flush=True)
    try:
        while True:
            connection.poll()
    except Stop:
        pass
    print_counts(name, connection)
    connection.close()

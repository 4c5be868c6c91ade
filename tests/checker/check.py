#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what callers were told with what the database holds, sharing no code with the service.

usage: check.py [JOURNAL…] [--expect FILE] [--wait SECONDS] [--no-read-models]

JOURNAL is what order-load --journal wrote; none: only what the database says. Checked:
  commands     each journalled command has exactly one row, with the outcome that was answered;
               malformed ones have none
  log          positions dense, versions gapless, each event of an accepted command, hash chain
  events       amounts and counters follow from the events before
  read models  every row of read.* equals this program's own fold, none is missing or left over
  expectation  (--expect, from retail_expect.py) commands, outcomes, events and sums of the journal

Connects by psql as PG* say; reads everything, so nothing may be writing meanwhile. Prints a JSON
report. Exit code 0: no difference, 3: differences, 4: the database cannot be read.
"""
import argparse
import collections
import csv
import hashlib
import io
import json
import subprocess
import sys
import time
import uuid

from event_read import Contradiction, Event, copies_text
from fold import Fold

STORED = {"accepted": 1, "rejected": 2, "conflict": 3}
CATEGORIES = {"order": 1, "stock": 2, "customer": 3, "promotion": 4}
EXAMPLES = 10


class Unreadable(Exception):
    """psql could not do what was asked."""


class Differences:
    """Counts differences by kind and keeps the first examples of each."""

    def __init__(self):
        self.count = collections.Counter()
        self.examples = collections.defaultdict(list)

    def add(self, kind, what):
        self.count[kind] += 1
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append(str(what))

    def report(self):
        return {kind: {"count": count, "examples": self.examples[kind]}
                for kind, count in sorted(self.count.items())}


class Database:
    """Rows as lists of text, streamed through psql. NULL is empty text."""

    COMMANDS = """select command_id, tenant_id, category, outcome, stream_id, version, event_count,
        code from store.commands"""
    EVENTS = """select position, stream_number, tenant_id, category, stream_id, version, type,
        schema_version, (extract(epoch from occurred_at) * 1000000)::bigint, command_id,
        encode(payload, 'hex'), encode(sealed, 'hex'), encode(chain, 'hex') from store.events
        order by position"""
    STREAMS = "select stream_number, tenant_id, category, stream_id, version from store.streams"
    HEAD = """select h.position, encode(h.chain, 'hex'), i.incarnation
        from store.head h, store.identity i where h.shard = 0"""
    CHECKPOINT = "select position from projection.checkpoints where projection = 'orders'"
    SUMMARIES = """select tenant_id, order_id, order_number, position,
        (extract(epoch from placed_at) * 1000000)::bigint,
        (extract(epoch from updated_at) * 1000000)::bigint, units, subtotal, discount, tax,
        shipping, total, cancelled_amount, authorised, voided, captured, refunded, refund_pending,
        reserved, cancelled, shipped, delivered, return_requested, returned, declines, customer_id,
        line_count, stream_version, channel, status, payment, goods, returns, hold_reason, currency,
        ship_country, encode(sealed, 'hex') from read.order_summary"""
    CUSTOMERS = """select tenant_id, customer_id, position,
        (extract(epoch from registered_at) * 1000000)::bigint,
        (extract(epoch from updated_at) * 1000000)::bigint, stream_version, status, region, locale,
        encode(sealed, 'hex') from read.customers"""
    LINES = """select order_number, line_no, unit_price, discount, line_net, line_tax, line_total,
        cancelled_amount, tenant_id, qty, cancelled, reserved, shipped, delivered, returned, sku,
        title, seller_id from read.order_lines"""
    STOCK = """select tenant_id, location, sku, item_number, position,
        (extract(epoch from updated_at) * 1000000)::bigint, on_hand, reserved, available
        from read.stock"""
    RESERVATIONS = """select item_number, order_id, qty, position,
        (extract(epoch from expires_at) * 1000000)::bigint, tenant_id from read.stock_reservations"""
    PROMOTIONS = """select tenant_id, code, promotion_number, position,
        (extract(epoch from valid_from) * 1000000)::bigint,
        (extract(epoch from valid_until) * 1000000)::bigint,
        (extract(epoch from updated_at) * 1000000)::bigint, amount, min_purchase, stream_version,
        bps, max_uses, per_customer, uses, kind, active, currency, seller_id from read.promotions"""
    DISCOUNTS = """select promotion_number, currency, redemptions, discount, tenant_id
        from read.promotion_discounts"""
    SALES = """select tenant_id, month, sku, currency, orders, units, revenue, cancelled_units,
        cancelled_revenue from read.sku_sales"""

    def rows(self, sql):
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
                   "set timezone = 'UTC'", "-c", f"copy ({sql}) to stdout with (format csv)"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            yield from csv.reader(io.TextIOWrapper(process.stdout, "utf-8", newline=""))
        if process.returncode != 0:
            raise Unreadable(f"psql ended with {process.returncode}")

    def one(self, sql):
        return next(iter(list(self.rows(sql))), None)


# ---- journal -------------------------------------------------------------------------------

Answer = collections.namedtuple("Answer", "type stream outcome code version position")


def read_journal(lines, differences):
    """Answers by command id. The same command in several runs must have the same answer."""
    answers = {}
    for line in lines:
        record = json.loads(line)
        answer = Answer(sys.intern(record["type"]), record["stream"], record["outcome"],
                        record["code"] or "", record["version"], record["position"])
        if answer.outcome is None:
            differences.add("command without an answer", record["id"])
        before = answers.setdefault(record["id"], answer)
        if before != answer and answer.outcome is not None:
            if before.outcome is not None:
                differences.add("two answers to one command", record["id"])
            answers[record["id"]] = answer
    return answers


# ---- commands ------------------------------------------------------------------------------


class Commands:
    """Rows of store.commands, looked at twice: against the journal, and by the events."""

    def __init__(self, rows, differences):
        self.rows = {}
        self.events = {}  # command id -> [events, last position, last version]
        for command, tenant, category, outcome, stream, version, events, code in rows:
            key = (command, tenant)
            if key in self.rows:
                differences.add("two rows for one command", command)
            self.rows[key] = (int(category), int(outcome), stream, int(version), int(events), code)

    def saw_event(self, event, differences):
        key = (event.command, str(event.tenant))
        row = self.rows.get(key)
        if row is None or row[1] != STORED["accepted"]:
            differences.add("event without an accepted command", f"position {event.position}")
        elif (row[0], row[2]) != (event.category, event.stream):
            differences.add("event in another stream than its command", event.position)
        seen = self.events.setdefault(key, [0, 0, 0])
        seen[0] += 1
        seen[1], seen[2] = event.position, event.version

    def check_events(self, differences):
        for key, (_, outcome, _, version, events, _) in self.rows.items():
            found, _, last_version = self.events.get(key, (0, 0, 0))
            if found != events:
                differences.add("command with another number of events", key[0])
            elif found and last_version != version:
                differences.add("command with another version than its last event", key[0])
            if outcome != STORED["accepted"] and found:
                differences.add("events of a command that was not accepted", key[0])

    def check_journal(self, answers, tenant, differences):
        for command, answer in answers.items():
            row = self.rows.get((command, tenant))
            if answer.outcome in STORED:
                self.check_answer((command, tenant), answer, row, differences)
            elif row is not None and answer.outcome is not None:
                differences.add("row for a command that was answered as malformed", command)

    def check_answer(self, key, answer, row, differences):
        if row is None:
            differences.add("answered command without a row", key[0])
            return
        category, outcome, stream, version, events, code = row
        told = (CATEGORIES[answer.type.split(".")[0]], STORED[answer.outcome], answer.stream,
                answer.code)
        if told != (category, outcome, stream, code):
            differences.add("answer is not what is stored", f"{key[0]}: {answer} but {row}")
        elif answer.outcome == "accepted" and answer.version != version:
            differences.add("answer names another version", key[0])
        elif events and answer.position != self.events.get(key, (0, 0, 0))[1]:
            differences.add("answer names another position", key[0])


# ---- log -----------------------------------------------------------------------------------


def event_digest(event):
    """BLAKE2b-256 over what is stored of an event."""
    kind = event.type.encode()
    head = b"".join((
        event.tenant.to_bytes(4, "big"), event.category.to_bytes(2, "big"),
        uuid.UUID(event.stream).bytes, event.version.to_bytes(4, "big"),
        uuid.UUID(event.command).bytes, event.schema_version.to_bytes(2, "big"),
        event.occurred_us.to_bytes(8, "big", signed=True), len(kind).to_bytes(2, "big")))
    sealed = len(event.sealed).to_bytes(4, "big") + event.sealed
    return hashlib.blake2b(head + kind + event.payload + sealed, digest_size=32).digest()


class Log:
    """Positions, versions and the hash chain."""

    def __init__(self, head, streams, differences):
        self.differences = differences
        self.head_position, self.head_chain = int(head[0]), head[1]
        self.chain = hashlib.sha256(uuid.UUID(head[2]).bytes).digest()
        self.streams = {int(number): (int(tenant), int(category), stream, int(version))
                        for number, tenant, category, stream, version in streams}
        self.versions = collections.Counter()
        self.position = 0
        self.batch_start = 0
        self.batch = hashlib.sha256()

    def saw(self, event):
        if event.position != self.position + 1:
            self.differences.add("hole in the log", f"{self.position} -> {event.position}")
        self.position = event.position
        self.versions[event.stream_number] += 1
        if self.versions[event.stream_number] != event.version:
            self.differences.add("hole in a stream", f"{event.stream} version {event.version}")
            self.versions[event.stream_number] = event.version
        stream = self.streams.get(event.stream_number)
        if stream is None or stream[:3] != (event.tenant, event.category, event.stream):
            self.differences.add("event of an unknown stream", f"position {event.position}")
        self.link(event)

    def link(self, event):
        self.batch.update(event_digest(event))
        if not event.chain:
            return
        count = event.position - self.batch_start
        self.chain = hashlib.sha256(
            self.chain + self.batch_start.to_bytes(8, "big") + count.to_bytes(4, "big")
            + self.batch.digest()).digest()
        if self.chain.hex() != event.chain:
            self.differences.add("hash chain broken", f"up to position {event.position}")
            self.chain = bytes.fromhex(event.chain)
        self.batch_start = event.position
        self.batch = hashlib.sha256()

    def finish(self):
        if self.position != self.head_position:
            self.differences.add("head is not the last event",
                                 f"{self.head_position}, not {self.position}")
        if self.chain.hex() != self.head_chain or self.batch_start != self.position:
            self.differences.add("head does not end the hash chain", self.head_chain)
        for number, (_, _, stream, version) in self.streams.items():
            if self.versions[number] != version:
                self.differences.add("stream at another version than its events", stream)


def read_event(row):
    (position, number, tenant, category, stream, version, kind, schema_version, occurred, command,
     payload, sealed, chain) = row
    return Event(int(position), int(number), int(tenant), int(category), stream, int(version),
                 sys.intern(kind), int(schema_version), int(occurred), command,
                 bytes.fromhex(payload), bytes.fromhex(sealed), chain)


def check_log(database, commands, answers, tenant, differences):
    """Reads every event once; returns the fold and how many there are."""
    log = Log(database.one(Database.HEAD), database.rows(Database.STREAMS), differences)
    fold = Fold()
    broken = set()
    for row in database.rows(Database.EVENTS):
        event = read_event(row)
        log.saw(event)
        commands.saw_event(event, differences)
        if event.stream_number in broken:
            continue
        try:
            fold.apply(event, str(event.tenant) == tenant and event.command in answers)
        except Contradiction as problem:
            broken.add(event.stream_number)
            differences.add("event contradicts those before it",
                            f"position {event.position}: {problem}")
    log.finish()
    commands.check_events(differences)
    return fold, log.position


# ---- read models ---------------------------------------------------------------------------


def compare_table(name, found, expected, differences):
    """found: rows with their key, all as text; expected: a dict, emptied on the way."""
    for key, row in found:
        wanted = expected.pop(key, None)
        if wanted is None:
            differences.add(f"{name}: row left over", key)
        elif row != wanted:
            differences.add(f"{name}: row differs", f"{key}: {row}, not {wanted}")
    for key in expected:
        differences.add(f"{name}: row missing", key)


def as_text(rows):
    return {tuple(str(part) for part in key): [str(value) for value in row] for key, row in rows}


def with_copies(row):
    """A row whose last column holds copies of sealed data, as text to compare."""
    try:
        return [*row[:-1], copies_text(bytes.fromhex(row[-1]))]
    except (Contradiction, TypeError) as problem:
        return [*row[:-1], f"no copies: {problem}"]


def check_read_models(database, fold, head, wait, differences):
    position = await_checkpoint(database, head, wait)
    if position < head:
        differences.add("read models are behind", f"{position} of {head}")
        return
    tables = (("read.order_summary", Database.SUMMARIES, 2, as_text(fold.summaries())),
              ("read.order_lines", Database.LINES, 2, as_text(fold.lines())),
              ("read.customers", Database.CUSTOMERS, 2, as_text(fold.customer_rows())),
              ("read.stock", Database.STOCK, 3, as_text(fold.stock_rows())),
              ("read.stock_reservations", Database.RESERVATIONS, 2, as_text(fold.reservations())),
              ("read.promotions", Database.PROMOTIONS, 2, as_text(fold.promotion_rows())),
              ("read.promotion_discounts", Database.DISCOUNTS, 2, as_text(fold.discounts())),
              ("read.sku_sales", Database.SALES, 4, as_text(fold.sales().items())))
    for name, sql, keys, expected in tables:
        found = ((tuple(row[:keys]), row[keys:]) for row in database.rows(sql))
        if sql in (Database.SUMMARIES, Database.CUSTOMERS):
            found = ((key, with_copies(row)) for key, row in found)
        compare_table(name, found, expected, differences)


def await_checkpoint(database, head, wait):
    until = time.monotonic() + wait
    while True:
        row = database.one(Database.CHECKPOINT)
        position = int(row[0]) if row else 0
        if position >= head or time.monotonic() > until:
            return position
        time.sleep(0.2)


# ---- expectation ---------------------------------------------------------------------------


def tally_journal(answers):
    types, outcomes, rejections = (collections.Counter() for _ in range(3))
    for answer in answers.values():
        types[answer.type.split(".")[2].replace("-", "_")] += 1
        kind = answer.outcome if answer.outcome in STORED else "malformed"
        outcomes[kind] += 1
        if answer.code:
            rejections[answer.code] += 1
    return {"commands": types, "outcomes": outcomes, "rejections": rejections}


def check_expectation(expected, answers, fold, differences):
    found = tally_journal(answers) | {"events": fold.types, "accepted": fold.sums}
    for part, counts in found.items():
        for name in sorted(set(counts) | set(expected[part])):
            if counts.get(name, 0) != expected[part].get(name, 0):
                differences.add("not as expected",
                                f"{part}.{name}: {counts.get(name, 0)},"
                                f" not {expected[part].get(name, 0)}")


# ---- all of it -----------------------------------------------------------------------------


def check(database, journal, expected=None, wait=60.0, read_models=True, tenant="1"):
    """The report; `journal` is an iterable of JSON lines."""
    differences = Differences()
    answers = read_journal(journal, differences)
    commands = Commands(database.rows(Database.COMMANDS), differences)
    fold, head = check_log(database, commands, answers, tenant, differences)
    commands.check_journal(answers, tenant, differences)
    if expected is not None:
        check_expectation(expected, answers, fold, differences)
    if read_models:
        check_read_models(database, fold, head, wait, differences)
    return {
        "ok": not differences.count,
        "journalled_commands": len(answers),
        "stored_commands": len(commands.rows),
        "events": head,
        "orders": len(fold.orders),
        "order_lines": sum(len(order.lines) for order in fold.orders.values()),
        "stock_items": len(fold.stock),
        "customers": len(fold.customers),
        "promotions": len(fold.promotions),
        "journal": {name: dict(sorted(counts.items()))
                    for name, counts in tally_journal(answers).items()},
        "journal_sums": dict(sorted(fold.sums.items())),
        "differences": differences.report(),
    }


def journal_lines(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            yield from lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("journal", nargs="*")
    parser.add_argument("--expect", metavar="FILE")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS",
                        help="for the read models to have applied everything")
    parser.add_argument("--no-read-models", action="store_true")
    parser.add_argument("--tenant", default="1", metavar="NUMBER", help="of the journal's commands")
    chosen = parser.parse_args(arguments)
    expected = None
    if chosen.expect:
        with open(chosen.expect, encoding="utf-8") as file:
            expected = json.load(file)
    try:
        report = check(Database(), journal_lines(chosen.journal), expected, chosen.wait,
                       not chosen.no_read_models, chosen.tenant)
    except Unreadable as problem:
        print(f"check.py: {problem}", file=sys.stderr)
        return 4
    print(json.dumps(report, indent=1))
    return 0 if report["ok"] else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

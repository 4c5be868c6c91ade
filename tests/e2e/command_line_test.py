#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""order-command send and validate as somebody meets them who has never used them."""

import json
import time
import uuid

from lib import programs, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.orders import new_id, place_order, without
from lib.service import Service

CLOSED_PORT = "127.0.0.1:1"
TENANT = uuid.UUID("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01")
QUICK = 30  # seconds for an answer without a server


def written(*commands):
    """As `send` and `validate` take them: an object per line."""
    return "".join(json.dumps(command) + "\n" for command in commands)


def place(**changes):
    return {"type": "place-order", "stream_id": new_id(), "body": place_order(), **changes}


def cancel(stream, **changes):
    return {"type": "cancel-order", "stream_id": stream, "body": {"reason": "customer"}, **changes}


class Sender:
    """`order command send` against one service."""

    def __init__(self, service):
        self.service = service

    def send(self, what, stdin="", **options):
        """what: FILE or -. Returns (exit code, replies, stderr)."""
        given = {"topic": self.service.topic, "reply-topic": self.service.replies, **options}
        words = [self.service.environment.program("order"), "command", "send"]
        for name, value in given.items():
            words += [f"--{name}", value]
        done = programs.run([*words, what], self.service.variables, stdin=stdin)
        return done.code, [json.loads(line) for line in done.out.splitlines()], done.err


def commands_and_their_replies(setting):
    service = Service(setting)
    command, projector = service.start_command(), service.start_projector()
    sender = Sender(service)
    command.wait_event("partitions_assigned")
    first = place(id=new_id())
    file = setting.folder / "order.json"
    file.write_text(json.dumps(first, indent=4), encoding="utf-8")
    code, replies, err = sender.send(file)
    equal((code, err), (0, ""), "exit code and errors of a good order over several lines")
    equal([(r["outcome"], r["version"], r["replayed"], r["command_id"]) for r in replies],
          [("accepted", 1, False, first["id"])], "the reply")
    code, replies, _ = sender.send("-", written(first))
    equal((code, [r["replayed"] for r in replies]), (0, [True]), "the same order again")

    order = first["stream_id"]
    code, replies, _ = sender.send("-", written(
        cancel(order, expected_version=7), place(stream_id=order), cancel(new_id()), place(),
        cancel(order, type="order.command.cancel-order.v1", expected_version=1)))
    equal(code, 3, "exit code when not all were accepted")
    equal(sorted((r["outcome"], r.get("code")) for r in replies if r["outcome"] != "accepted"),
          [("conflict", "version_conflict"), ("rejected", "already_exists"),
           ("rejected", "not_found")], "replies that say no")
    equal([r["outcome"] for r in replies].count("accepted"), 2, "replies that say yes")
    service.wait_projected()
    equal(service.database.rows(
        "select status, count(*) from read_v1.orders group by 1 order by 1"),
          [["cancelled", "1"], ["placed", "1"]], "orders as people query them")
    command.stop()
    projector.stop()


def settings_of_one_tenant(setting):
    """As options where there is no tenants file: how many lines, and how long things may take."""
    service = Service(setting)
    command = service.start_command(max_lines="1", payment_window="1s", stock_ttl="7s")
    projector = service.start_projector()
    sender = Sender(service)
    order = place()
    item = str(uuid.uuid5(TENANT, "\0\0\0\4main\0\0\0\1A"))  # of article A at main
    code, replies, _ = sender.send("-", written(
        place(body=place_order(2)), order,
        {"type": "stock.command.receive-stock.v1", "stream_id": item,
         "body": {"sku": "A", "qty": 1, "cause": "purchase"}},
        {"type": "stock.command.reserve-stock.v1", "stream_id": item,
         "body": {"sku": "A", "order_id": order["stream_id"], "qty": 1}}))
    equal((code, sorted((r["outcome"], r.get("code")) for r in replies if r["outcome"] != "accepted")),
          (3, [("rejected", "too_many_lines")]), "an order of two lines where one is allowed")
    service.wait_projected()
    equal(service.database.rows(
        "select extract(epoch from r.expires_at - e.recorded_at)::int"
        " from read_v1.stock_reservations r join store.events e using (position)"),
          [["7"]], "seconds that a reservation holds")
    expire = {"type": "expire-order", "stream_id": order["stream_id"],
              "body": {"deadline": "payment"}}
    wait_for("the order's time to be paid is over",
             lambda: sender.send("-", written(expire))[1][0]["outcome"] == "accepted")
    command.stop()
    projector.stop()


BODIES_THAT_FAIL = (
    ("not JSON", "hello\n", "bad_encoding"),
    ("cut off", written(place())[:-20], "bad_encoding"),
    ("unknown type", written(place(type="paint-order")), "no command has this type"),
    ("no type", written(without(place(), "type")), "missing_field: type"),
    ("no stream", written(without(place(), "stream_id")), "missing_field: stream_id"),
    ("stream is no UUID", written(place(stream_id="order-7")), "stream_id: not a UUID"),
    ("id is no UUID", written(place(id="7")), "id: not a UUID"),
    ("no body", written(without(place(), "body")), "missing_field: body"),
    ("unknown member", written(place(colour="red")), "unknown member"),
    ("body lacks a field", written(place(body=without(place_order(), "lines"))),
     "missing_field: lines"),
    ("negative version", written(place(expected_version=-1)), "not a version"),
)


def faults_are_found_before_anything_is_sent(setting):
    """One bad line among good ones: its number and its fault, and not one record in the topic."""
    service = Service(setting)
    sender = Sender(service)
    for name, bad, text in BODIES_THAT_FAIL:
        text_in = written(place(), place()) + bad
        code, replies, err = sender.send("-", text_in)
        equal((code, replies), (3, []), f"send, {name}: exit code and replies ({err})")
        contains(err, "line 3: ", f"send, {name}")
        contains(err, text, f"send, {name}")
        done = programs.run([service.environment.program("order"), "command", "validate", "-"],
                            service.variables, stdin=text_in)
        equal(done.code, 3, f"exit code of validate, {name} ({done.text})")
        lines = done.out.splitlines()
        equal(lines[:2], [f"line {n}: ok order.command.place-order.v1" for n in (1, 2)],
              f"validate, {name}")
        contains(lines[2], "line 3: ", f"validate, {name}")
        contains(lines[2], text, f"validate, {name}")
        done = programs.run(
            [service.environment.program("order-command"), "validate", "--json", "-"],
            service.variables, stdin=text_in)
        told = [json.loads(line) for line in done.out.splitlines()]
        equal([(row["line"], row["ok"]) for row in told], [(1, True), (2, True), (3, False)],
              f"validate --json, {name}")
        fault = ": ".join(filter(None, (told[2]["code"], told[2]["field"], told[2]["reason"])))
        equal(lines[2], f"line 3: {fault}", f"validate --json, {name}")
    _, ends = service.kafka.fetch(service.topic, {n: 0 for n in range(service.partitions)}, 0)
    equal(set(ends.values()), {0}, "records in the topic")
    fired(True, f"{len(BODIES_THAT_FAIL)} inputs refused before anything was sent")


def topics_for_programs(setting):
    """`topics --json`: a line per topic, whatever there is of them on these servers."""
    program = setting.environment.program("order-command")
    brokers = ["--brokers", setting.environment.brokers, "--json"]
    made = programs.run([program, "topics", "apply", *brokers], setting.environment.variables)
    done = programs.run([program, "topics", "check", *brokers], setting.environment.variables)
    rows = [json.loads(line) for line in done.out.splitlines()]
    equal(json.loads(made.out)["topics"], len(rows), f"topics ({made.text})")
    check(all(row["verdict"] != "missing" for row in rows), f"topics after apply: {rows}")
    check("order.commands" in [row["name"] for row in rows], f"names of topics: {rows}")


def wrong_usage(setting):
    environment = setting.environment
    service = environment.program("order-command")
    empty = setting.folder / "empty.json"
    empty.write_text("\n \n")
    for words, code, text in (
            (["send"], 2, "takes 1 argument (FILE|-)"), (["send", "a", "b"], 2, "got 2"),
            (["send", "none.json"], 2, "none.json: No such file"),
            (["send", setting.folder], 2, "Is a directory"),
            (["send", empty], 3, "no command"), (["send", "-"], 3, "no command"),
            (["send", "--timeout", "0", "-"], 2, "from 1 to 3600"),
            (["send", "--timeout", "-"], 2, "--timeout"),
            (["send", "--topics", "x", "-"], 2, "unknown option --topics"),
            (["sned", "-"], 2, "did you mean 'send'"),
            (["validate"], 2, "takes 1 argument"), (["validate", "none.json"], 2, "No such file"),
            (["validate", empty], 3, "nothing to check"), (["topics"], 2, "topics apply"),
            (["--brokers"], 2, "options follow the verb"), ([], 2, "Usage: order-command VERB"),
            (["send", "--help"], 0, "Examples:"), (["help", "send"], 0, "--reply-topic")):
        done = programs.run([service, *words], environment.variables)
        name = f"order-command {' '.join(map(str, words))}"
        equal(done.code, code, f"exit code of {name} ({done.text})")
        contains(done.text, text, name)
    for words, code, text in (
            (["nonsense"], 2, "no program 'nonsense'"), (["help"], 0, "Programs:"),
            (["help", "command"], 0, "send"), ([], 2, "Programs:")):
        done = programs.run([environment.program("order"), *words], environment.variables)
        equal(done.code, code, f"exit code of order {' '.join(words)} ({done.text})")
        contains(done.text, text, f"order {' '.join(words)}")


def nobody_there(setting):
    """No broker, no topic, nobody who answers: each has its own text, and ends."""
    service = Service(setting)
    sender = Sender(service)
    began = time.monotonic()
    code, _, err = sender.send("-", written(place()), brokers=CLOSED_PORT, timeout="5")
    equal(code, 4, f"exit code without a broker ({err})")
    contains(err, "Kafka does not answer", "text without a broker")
    contains(err, "try again", "remedy without a broker")
    check(time.monotonic() - began < QUICK, "without a broker it takes too long")
    absent = f"{service.topic}.absent"
    for option, wanted in (("topic", 4), ("reply-topic", 3)):
        began = time.monotonic()
        code, _, err = sender.send("-", written(place()), timeout="300", **{option: absent})
        equal(code, wanted, f"exit code with a {option} that is missing ({err})")
        contains(err, absent, f"text about a missing {option}")
        check(time.monotonic() - began < QUICK, f"with a missing {option} it takes too long")
    order = place(id=new_id())
    code, replies, err = sender.send("-", "\n" + written(order), timeout="1")
    equal((code, replies), (4, []), f"exit code and replies when nobody answers ({err})")
    contains(err, f"line 2: id {order['id']}", "what to send again")
    contains(err, "no answer to 1 of 1 commands; send them again with the same ids",
             "text when nobody answers")
    fired(True, "no broker, no topic, nobody who answers")


if __name__ == "__main__":
    runner.main(commands_and_their_replies, settings_of_one_tenant,
                faults_are_found_before_anything_is_sent, topics_for_programs, wrong_usage,
                nobody_there)

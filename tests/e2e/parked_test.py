#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A command that cannot be decided, for reasons of ours: its stream is parked, what follows queues, all
others flow; and what operators can do about it."""

import contextlib
import json
import subprocess

from lib import history, people, programs, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.database import psql_command
from lib.kafka import Reader
from lib.orders import CANCEL_LINES, Command, line, new_id, place_order
from lib.replies import caused_by, header, read
from lib.service import Service
from lib.sessions import wait_stuck

REASON = "ticket 4711: looked at"
ATTEMPTS = 3


class Desk:
    """A service with one partition, its commands and its replies."""

    def __init__(self, setting):
        self.service = Service(setting, partitions=1)
        self.reader = Reader(self.service.kafka, self.service.replies)
        self.replies = []

    def start(self, **changes):
        command = self.service.start_command(**changes)
        command.wait_event("partitions_claimed")
        return command

    def send(self, *commands):
        for command in commands:
            if "reply_topic" not in dict(command.headers):
                command.add("reply_topic", self.service.replies)
            self.service.kafka.send(
                self.service.topic, command.key, command.value, command.headers)

    def answers(self, command, count=1):
        """The first `count` replies to a command, in the order they came."""
        def probe():
            self.replies += self.reader.poll()
            found = [read(one) for one in self.replies if caused_by(one) == command.id]
            return found if len(found) >= count else None
        return wait_for(f"{count} replies to {command.id}", probe)

    def outcomes(self, command, count=1):
        return [(one["outcome"], one.get("code")) for one in self.answers(command, count)]

    def dead_letters(self):
        return Reader(self.service.kafka, self.service.dead_letters).to_end()

    def run(self, *words, code=0, database=None):
        """A verb of order-command: its output."""
        where = database or self.service.database.conninfo("order_command")
        done = programs.run(
            [self.service.environment.program("order-command"), *words, "--database", where],
            self.service.variables)
        equal(done.code, code, f"exit code of {' '.join(words)} ({done.text.strip()})")
        return done.out if code == 0 else done.err

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def parked(self):
        return self.json("parked", "list")["streams"]

    def queue(self, order):
        return [one["command_id"] for one in self.json("parked", "show", order.stream)["queue"]]

    def count(self, table, where="true"):
        return self.service.database.number(f"select count(*) from {table} where {where}")

    def wait_free(self):
        wait_for("no stream is parked", lambda: self.count("store.parked_streams") == 0)


def cancel(order, number):
    """One piece of the line of this number."""
    return Command({"lines": [{"line_no": number, "qty": 1}], "reason": "customer"}, CANCEL_LINES,
                   stream=order.stream)


def placed_order(desk):
    """An order of three lines, in the store; the program that placed it has stopped."""
    order = Command(place_order(3))
    command = desk.start()
    desk.send(order)
    equal(desk.outcomes(order), [("accepted", None)], "the order")
    command.stop()
    return order


def damage(desk, order):
    """Its only event is gone, as after a repair by hand that went wrong."""
    desk.service.database.rows(
        "set session_replication_role = replica;"
        f" create table public.saved as select * from store.events where stream_id = '{order.stream}';"
        f" delete from store.events where stream_id = '{order.stream}'")


def repair(desk):
    desk.service.database.rows("insert into store.events select * from public.saved")


def check_parked(desk, order, faulty, waiting):
    """What is told about the stream and its commands."""
    streams = desk.parked()
    equal([(one["stream_id"], one["state"], one["code"], one["commands"]) for one in streams],
          [(order.stream, "parked", "stream_damaged", 2)], "parked streams")
    incident = streams[0]["incident"]
    contains(desk.answers(faulty)[0]["detail"], incident, "what the sender is told")
    records = desk.dead_letters()
    equal([(header(one, "dead_letter_reason"), header(one, "ce_id"),
            header(one, "dead_letter_attempts"), header(one, "dead_letter_incident"))
           for one in records], [("internal", faulty.id, str(ATTEMPTS), incident)], "dead letters")
    equal(records[0].value, faulty.value, "body of the dead letter")
    equal(desk.queue(order), [faulty.id, waiting.id], "the queue")
    equal([one["command_id"] for one in desk.json("parked", "show", incident)["queue"]],
          [faulty.id, waiting.id], "the queue, by incident")
    shown = desk.json("show", faulty.id)
    equal((shown["outcome"], shown["dead_letter"]["incident"], shown["dead_letter"]["attempts"],
           shown["queued"]["place"]), (None, incident, ATTEMPTS, 1), "the command at fault")
    shown = desk.json("show", waiting.id)
    equal((shown["queued"]["place"], shown["stream_parked"]["state"], "dead_letter" in shown),
          (2, "parked", False), "the command behind it")


def a_damaged_stream_is_parked_and_flows_again(setting):
    """What is behind the command at fault queues and is decided in order after the repair; a release
    before it parks the stream again; other streams do not notice."""
    desk = Desk(setting)
    order, other = placed_order(desk), Command(place_order(2))
    damage(desk, order)
    command = desk.start()
    faulty, waiting, late = cancel(order, 1), cancel(order, 2), cancel(order, 3)
    desk.send(other, faulty, waiting, cancel(other, 1))
    equal(desk.outcomes(faulty), [("internal", "internal")], "the command at fault")
    equal(desk.outcomes(waiting), [("unavailable", "stream_parked")], "the command behind it")
    check(desk.answers(waiting)[0]["retryable"], "it may be sent again")
    fired(command.events("stream_damaged"), "an event of the stream was missing")
    check_parked(desk, order, faulty, waiting)

    desk.send(waiting, faulty, Command(place_order()))
    equal(desk.outcomes(waiting, 2)[1], ("unavailable", "stream_parked"), "sent again")
    equal(desk.queue(order), [faulty.id, waiting.id], "each is in the queue once")

    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(faulty, 3)[2], ("internal", "internal"), "released before the repair")
    wait_for("it is parked again", lambda: [one["state"] for one in desk.parked()] == ["parked"])
    equal(desk.queue(order), [faulty.id, waiting.id], "nothing has passed it")

    repair(desk)
    desk.run("parked", "release", f"order/{order.stream}", "--reason", REASON)
    equal(desk.outcomes(faulty, 4)[3], ("accepted", None), "the command at fault, at last")
    equal(desk.outcomes(waiting, 3)[2], ("accepted", None), "the command behind it, at last")
    equal([desk.answers(one, n)[-1]["version"] for one, n in ((faulty, 4), (waiting, 3))], [2, 3],
          "they were decided in order")
    desk.wait_free()
    desk.send(late, waiting)
    equal(desk.outcomes(late), [("accepted", None)], "as if nothing had been")
    check(desk.answers(waiting, 4)[3]["replayed"], "decided once")
    equal(desk.answers(late)[0]["version"], 4, "version of the order")
    equal(desk.service.decided(), 7, "decided commands")
    history.check_log(desk.service.database)
    equal(desk.service.database.rows("select act, target, reason from ops.audit order by audit_id"),
          [["release", f"order {order.stream} of tenant default", REASON]] * 2, "audit")
    command.stop()


def what_is_discarded_is_not_decided(setting):
    desk = Desk(setting)
    order = placed_order(desk)
    damage(desk, order)
    command = desk.start()
    commands = [cancel(order, number) for number in (1, 2, 3)]
    desk.send(*commands)
    equal(desk.outcomes(commands[2]), [("unavailable", "stream_parked")], "the last one")
    for one in commands[:2]:
        desk.run("parked", "discard", one.id, "--reason", REASON, "--confirm", one.id)
    equal(desk.queue(order), [commands[2].id], "what is left")
    repair(desk)
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(commands[2], 2)[1], ("accepted", None), "what was left")
    equal(desk.answers(commands[2], 2)[1]["version"], 2, "version of the order")
    desk.wait_free()
    equal(desk.service.decided(), 2, "decided commands")
    equal(desk.service.database.rows("select act, target from ops.audit order by audit_id"),
          [["discard", f"command {one.id} of tenant default"] for one in commands[:2]]
          + [["release", f"order {order.stream} of tenant default"]], "audit")
    command.stop()


@contextlib.contextmanager
def locked_stream(desk, order):
    """Whoever appends to the order waits; all others do not."""
    session = subprocess.Popen(
        psql_command(desk.service.database.name), stdin=subprocess.PIPE, text=True,
        stdout=subprocess.PIPE, env=desk.service.variables)
    session.stdin.write("begin; select 'locked' from store.streams"
                        f" where stream_id = '{order.stream}' for update;\n")
    session.stdin.flush()
    while "locked" not in session.stdout.readline():
        check(session.poll() is None, "psql ended")
    try:
        yield
    finally:
        session.stdin.close()
        session.wait()


def kill_while_it_decides(desk, command):
    """SIGKILL, and what the server still has of it goes too."""
    wait_stuck(desk.service.database, "order_command")
    equal(command.kill(), -9, "exit code")
    desk.service.database.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where usename = 'order_command' and datname = current_database()")
    for member in desk.service.kafka.members(desk.service.group):
        desk.service.kafka.dismiss(desk.service.group, member)


def a_command_that_ends_the_process_is_given_up(setting):
    """Process after process dies while it decides the same command. After three attempts at it alone
    nobody tries it again: it is given up without being looked at, and its stream is parked."""
    desk = Desk(setting)
    order = placed_order(desk)
    deadly, other = cancel(order, 1), Command(place_order())
    with locked_stream(desk, order):
        desk.send(deadly)
        lives = 0
        for lives in range(1, 10):
            command = desk.start()
            wait_for("it decides the command, or gives it up", lambda c=command:
                     c.events("command_deadly") or desk.service.database.number(
                         "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                         " and usename = 'order_command' and datname = current_database()"))
            if command.events("command_deadly"):
                break
            kill_while_it_decides(desk, command)
        fired(lives == 1 + ATTEMPTS + 1,
              f"the process was killed {lives - 1} times over the same command")
        desk.send(other, cancel(order, 2))
        equal(desk.outcomes(deadly), [("internal", "internal")], "the command that kills")
        equal(desk.outcomes(other), [("accepted", None)], "another stream")
    equal([(one["code"], one["commands"]) for one in desk.parked()], [("crash_loop", 2)], "parked")
    equal([header(one, "dead_letter_attempts") for one in desk.dead_letters()], [str(ATTEMPTS)],
          "attempts")
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(deadly, 2)[1], ("accepted", None), "when it kills no more")
    desk.wait_free()
    equal(desk.service.decided(), 4, "decided commands")
    command.stop()


def a_worker_that_dies_over_a_queue_leaves_it_parked(setting):
    """A released queue whose command kills the worker must not kill the next one."""
    desk = Desk(setting)
    order = placed_order(desk)
    damage(desk, order)
    command = desk.start()
    faulty = cancel(order, 1)
    desk.send(faulty)
    equal(desk.outcomes(faulty), [("internal", "internal")], "the command at fault")
    repair(desk)
    with locked_stream(desk, order):
        desk.run("parked", "release", order.stream, "--reason", REASON)
        kill_while_it_decides(desk, command)
        fired(desk.count("store.parked_streams", "state = 3") == 1, "killed in the middle of a queue")
        command = desk.start()
        equal(command.wait_event("streams_parked_again")["streams"], 1, "streams parked again")
    equal([(one["state"], one["code"]) for one in desk.parked()], [("parked", "interrupted")],
          "parked")
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(faulty, 2)[1], ("accepted", None), "the queue after all")
    desk.wait_free()
    command.stop()


def whoever_takes_over_knows_what_is_parked(setting):
    """Another worker gets the partition: it diverts at once, and decides the queue when it is released.
    A worker of other partitions leaves the queue alone."""
    desk = Desk(setting)
    order = placed_order(desk)
    damage(desk, order)
    first = desk.start()
    faulty, waiting = cancel(order, 1), cancel(order, 2)
    desk.send(faulty)
    equal(desk.outcomes(faulty), [("internal", "internal")], "the command at fault")
    second = desk.service.start_command("second")  # there is one partition: it gets none
    second.wait_event("started")
    first.stop()
    second.wait_event("partitions_claimed")
    desk.send(waiting)
    equal(desk.outcomes(waiting), [("unavailable", "stream_parked")], "behind it, elsewhere")
    check(not second.events("stream_damaged"), "the second worker tried to decide it")
    third = desk.service.start_command("third")
    third.wait_event("started")
    repair(desk)
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(faulty, 2)[1], ("accepted", None), "the command at fault, at last")
    equal(desk.outcomes(waiting, 2)[1], ("accepted", None), "the command behind it, at last")
    desk.wait_free()
    equal(sum(len(one.events("stream_free")) for one in (second, third)), 1, "who decided it")
    equal(desk.service.decided(), 3, "decided commands")
    second.stop()
    third.stop()


def a_long_queue_keeps_its_order(setting):
    """More than one piece of it, with commands that arrive while it is decided."""
    desk = Desk(setting)
    big = Command(place_order(lines=[line(1, qty=5000)], declared_total="7500.00"))
    command = desk.start()
    desk.send(big)
    equal(desk.outcomes(big), [("accepted", None)], "the order")
    command.stop()
    damage(desk, big)
    command = desk.start()
    queued = [cancel(big, 1) for _ in range(600)]
    desk.send(*queued)
    wait_for("all of them queue", lambda: desk.count("store.parked_commands") == len(queued), 120)
    repair(desk)
    desk.run("parked", "release", big.stream, "--reason", REASON)
    late = [cancel(big, 1) for _ in range(20)]
    desk.send(*late)
    desk.wait_free()
    wait_for("all are decided",
             lambda: desk.service.decided() == 1 + len(queued) + len(late), 120)
    order = [row[0] for row in desk.service.database.rows(
        "select command_id from store.commands order by version")]
    equal(order, [one.id for one in [big, *queued, *late]], "the order they were decided in")
    history.check_log(desk.service.database)
    command.stop()


def what_is_plain_is_never_stored(setting):
    """Neither the command at fault nor one behind it, when they could show a person."""
    desk = Desk(setting)
    order, person = placed_order(desk), people.Person()
    damage(desk, order)
    command = desk.start()
    faulty, waiting = (people.change_address(person, order.stream) for _ in range(2))
    last = cancel(order, 1)
    desk.send(faulty, waiting, last)
    equal(desk.outcomes(faulty), [("internal", "internal")], "the command at fault")
    for one in (waiting, last):
        equal(desk.outcomes(one), [("unavailable", "stream_parked")], "behind it")
    equal(desk.queue(order), [last.id], "the queue")
    records = desk.dead_letters()
    equal([(header(one, "dead_letter_body"), one.value) for one in records],
          [("withheld", None)], "dead letters")
    dump = subprocess.run(
        ["pg_dump", "--data-only", "-U", "order_admin", desk.service.database.name],
        env=desk.service.variables, capture_output=True, check=True).stdout
    check(last.id.encode() in dump, "the dump has what is in the queue")
    check(person.mark.encode() not in dump and person.mark.encode().hex().encode() not in dump,
          "somebody's name is in the database")
    repair(desk)
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(last, 2)[1], ("accepted", None), "what was in the queue")
    desk.wait_free()
    command.stop()


def plant(desk, category=1, stream=None):
    """A parked stream with one command, without any worker: (stream, command, incident)."""
    ids = [stream or new_id(), new_id(), new_id()]
    desk.service.database.rows(
        "insert into store.parked_streams (stream_id, tenant_id, category, partition, incident,"
        f" topic, code) values ('{ids[0]}', 1, {category}, 0, '{ids[2]}', 't', 'command_failed');"
        " insert into store.parked_commands (stream_id, command_id, tenant_id, category, partition,"
        f" \"offset\", timestamp_ms, topic, key, headers) values ('{ids[0]}', '{ids[1]}', 1,"
        f" {category}, 0, 7, 0, 't', '', '')")
    return ids


def show_says_what_became_of_a_command(setting):
    desk = Desk(setting)
    command = desk.start()
    trace, correlation = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", new_id()
    order = Command(place_order()).add("traceparent", trace).add("ce_correlationid", correlation)
    refused = Command(place_order(), stream=order.stream)
    desk.send(order, refused)
    desk.answers(refused)
    command.stop()
    shown = desk.json("show", order.id)
    wanted = {"command_id": order.id, "tenant": "default", "outcome": "accepted", "code": None,
              "category": "order", "stream_id": order.stream, "version": 1, "actor": None,
              "traceparent": trace, "correlation_id": correlation, "causation_id": None}
    equal({name: shown[name] for name in wanted}, wanted, "an accepted command")
    equal([(one["position"], one["version"], one["type"], one["sealed"])
           for one in shown["events"]], [(1, 1, "OrderPlaced", False)], "its events")
    contains(shown["events"][0]["text"], "channel=web", "what is in them")
    shown = desk.json("show", refused.id)
    equal((shown["outcome"], shown["code"], shown["events"], shown["traceparent"]),
          ("rejected", "already_exists", [], None), "a rejected command")
    text = desk.run("show", order.id)
    for part in ("accepted", order.stream, trace, "OrderPlaced", "channel=web"):
        contains(text, part, "the same for people")
    contains(desk.run("show", refused.id), "already_exists", "the rejected one for people")


def verbs_say_what_is_wrong(setting):
    desk = Desk(setting)
    equal(desk.parked(), [], "nothing is parked")
    contains(desk.run("parked", "list"), "no stream is parked", "an empty list")
    stream, command, incident = plant(desk)
    why = ["--reason", REASON]
    absent = new_id()
    for words, code, text in (
            (["show", "x"], 2, "is no UUID"),
            (["show"], 2, "takes 1 argument"),
            (["show", absent], 3, f"has no command {absent}"),
            (["show", command, "--tenant", "nobody"], 3, "tenant 'nobody' does not exist"),
            (["parked", "list", "--tenant", "nobody"], 3, "tenant 'nobody' does not exist"),
            (["parked", "show", "x"], 2, "is no UUID"),
            (["parked", "show", f"thing/{stream}"], 2, "is no stream"),
            (["parked", "show", f"stock/{stream}"], 3, "no parked stream"),
            (["parked", "show", absent], 3, "no parked stream"),
            (["parked", "release", stream], 2, "reason"),
            (["parked", "release", stream, "--reason", "no"], 2, "at least 8 characters"),
            (["parked", "release", absent, *why], 3, "no parked stream"),
            (["parked", "discard", command, *why], 2, "confirm"),
            (["parked", "discard", command, *why, "--confirm", absent], 2, "another command"),
            (["parked", "discard", absent, *why, "--confirm", absent], 3, "waits in no queue"),
            (["parked", "forget"], 2, "needs a second word")):
        contains(desk.run(*words, code=code), text, " ".join(words))
    nowhere = "host=/nonexistent dbname=orders"
    for words in (["show", command], ["parked", "list"], ["parked", "show", stream],
                  ["parked", "release", stream, *why],
                  ["parked", "discard", command, *why, "--confirm", command]):
        desk.run(*words, code=4, database=nowhere)
        contains(desk.run(words[0], *words[1:2], "--help") if words[0] == "parked"
                 else desk.run("show", "--help"), "--database", f"help of {words[:2]}")
    text = desk.run("parked", "show", incident)
    contains(text, command, "its queue for people")
    contains(desk.run("parked", "list"), f"order/{stream}", "the list for people")
    contains(desk.run("show", command), "waits in a queue", "the command for people")
    plant(desk, category=2, stream=stream)
    contains(desk.run("parked", "show", stream, code=2), "more than one stream", "two of one id")
    equal(desk.json("parked", "show", f"stock/{stream}")["category"], "stock", "the other one")


def one_of_two_who_release_at_once_is_told_so(setting):
    desk = Desk(setting)
    words = [desk.service.environment.program("order-command"), "parked", "release", "--reason",
             REASON, "--database", desk.service.database.conninfo("order_command")]
    for _ in range(5):
        stream, command, _ = plant(desk)
        both = [subprocess.Popen([*words, stream], env=desk.service.variables,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for _ in range(2)]
        said = [one.communicate(timeout=60)[1].decode() for one in both]
        equal(sorted(one.returncode for one in both), [0, 5], f"exit codes ({said})")
        contains("".join(said), "was released before", "what the second one is told")
        equal(desk.count("ops.audit", f"act = 'release' and target like 'order {stream} %'"), 1,
              "rows of the audit")
        desk.run("parked", "release", stream, "--reason", REASON, code=5)
        contains(desk.run("parked", "discard", command, "--reason", REASON, "--confirm", command,
                          code=5), "too late", "a discard after the release")


if __name__ == "__main__":
    runner.main(
        a_damaged_stream_is_parked_and_flows_again, what_is_discarded_is_not_decided,
        a_command_that_ends_the_process_is_given_up,
        a_worker_that_dies_over_a_queue_leaves_it_parked, whoever_takes_over_knows_what_is_parked,
        a_long_queue_keeps_its_order, what_is_plain_is_never_stored,
        show_says_what_became_of_a_command, verbs_say_what_is_wrong,
        one_of_two_who_release_at_once_is_told_so)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A command that cannot be decided, for reasons of ours: its stream is parked, what follows queues, all
others flow; when it is released, all of it is decided in order, by whoever has the partition then."""

import contextlib
import subprocess

from lib import history, people, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.database import psql_command
from lib.desk import ATTEMPTS, REASON, Desk, cancel, damage, placed_order, repair
from lib.orders import Command, line, place_order
from lib.replies import header
from lib.sessions import wait_stuck


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
    deadly, behind, other = cancel(order, 1), cancel(order, 2), Command(place_order())
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
        desk.send(other, behind)
        equal(desk.outcomes(deadly), [("internal", "internal")], "the command that kills")
        equal(desk.outcomes(other), [("accepted", None)], "another stream")
        equal(desk.outcomes(behind), [("unavailable", "stream_parked")], "behind it")
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


def a_queue_may_have_commands_of_other_partitions(setting):
    """A sender that hashes otherwise, or a topic that grew: whoever has the partition that the stream
    was parked in decides all of its queue, under the claim it has."""
    desk = Desk(setting, partitions=2)
    order = placed_order(desk)
    damage(desk, order)
    workers = [desk.start()]
    faulty, elsewhere = cancel(order, 1), cancel(order, 2)
    desk.send(faulty)
    equal(desk.outcomes(faulty), [("internal", "internal")], "the command at fault")
    workers.append(desk.service.start_command("second"))
    wait_for("each worker has a partition", lambda: desk.service.database.number(
        "select count(distinct owner) from store.claims where not clean") == 2)
    desk.send(elsewhere, partition=1)
    equal(desk.outcomes(elsewhere), [("unavailable", "stream_parked")], "of the other partition")
    repair(desk)
    desk.run("parked", "release", order.stream, "--reason", REASON)
    equal(desk.outcomes(faulty, 2)[1], ("accepted", None), "the command at fault, at last")
    equal(desk.outcomes(elsewhere, 2)[1], ("accepted", None), "the other one, at last")
    equal([desk.answers(one, 2)[1]["version"] for one in (faulty, elsewhere)], [2, 3],
          "they were decided in order")
    desk.wait_free()
    equal([one.events("claim_lost") for one in workers], [[], []], "claims lost to nobody")
    for worker in workers:
        worker.stop()


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


if __name__ == "__main__":
    runner.main(
        a_damaged_stream_is_parked_and_flows_again, what_is_discarded_is_not_decided,
        a_command_that_ends_the_process_is_given_up,
        a_worker_that_dies_over_a_queue_leaves_it_parked, whoever_takes_over_knows_what_is_parked,
        a_queue_may_have_commands_of_other_partitions,
        a_long_queue_keeps_its_order, what_is_plain_is_never_stored)

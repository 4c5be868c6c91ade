#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL refuses or stalls in the middle of the work: one command that cannot be stored is
alone with its fate, what may pass is tried again, and nothing is lost or done twice."""

import signal

from lib import runner
from lib.checks import equal, fired, wait_for
from lib.kafka import Reader
from lib.orders import Command, place_order
from lib.replies import caused_by, header, read
from lib.service import Service
from lib.sessions import frozen

POISON = """
create function public.poison() returns trigger language plpgsql as $$
begin
    raise exception 'planted' using errcode = 'invalid_parameter_value';
end $$;
create trigger poison before insert on store.commands for each row
    when (new.command_id in ({ids})) execute function public.poison();
"""

# A sequence counts what a failed transaction takes back.
PASSING = """
create sequence public.failures;
grant usage on sequence public.failures to public;
create function public.fail() returns trigger language plpgsql as $$
begin
    if nextval('public.failures') <= {times} then
        raise exception 'planted' using errcode = '{code}';
    end if;
    return null;
end $$;
create trigger fail before insert on store.commands for each statement
    execute function public.fail();
"""


def send(service, commands):
    for command in commands:
        command.add("reply_topic", service.replies)
        service.kafka.send(service.topic, command.key, command.value, command.headers)


def read_replies(service, count):
    """Replies by command id; there must not be two to one command."""
    records = Reader(service.kafka, service.replies).until(
        f"{count} replies", lambda found: len(found) >= count)
    replies = {caused_by(record): read(record) for record in records}
    equal((len(records), len(replies)), (count, count), "replies and commands answered")
    return replies


def one_command_that_cannot_be_stored(setting):
    """It goes to the dead letters with an answer of its own; its neighbours in the batch do not."""
    service = Service(setting, partitions=1)
    commands = [Command(place_order()) for _ in range(60)]
    poison = {commands[7].id, commands[8].id, commands[59].id}
    ids = ", ".join(f"'{one}'" for one in poison)
    service.database.rows(POISON.format(ids=ids))
    send(service, commands)
    command, projector = service.start_command(), service.start_projector()
    replies = read_replies(service, len(commands))
    outcomes = {one.id: replies[one.id]["outcome"] for one in commands}
    equal({id for id, outcome in outcomes.items() if outcome == "internal"}, poison,
          "commands with an internal error")
    equal(sorted(set(outcomes.values())), ["accepted", "internal"], "outcomes")
    dead = Reader(service.kafka, service.dead_letters).to_end()
    equal([(header(one, "dead_letter_reason"), header(one, "ce_id")) for one in dead],
          [("internal", one.id) for one in commands if one.id in poison], "dead letters")
    fired(len(command.events("command_failed")) == len(poison),
          f"{len(poison)} of {len(commands)} commands could not be stored")
    equal(service.decided(), len(commands) - len(poison), "decided commands")
    service.wait_projected()
    command.stop()
    projector.stop()


def errors_that_pass(setting):
    """Deadlock, serialization failure, lock timeout, too many connections, shutdown of a session:
    repeated until it works, one event per command."""
    service = Service(setting, partitions=1)
    command = service.start_command()
    command.wait_event("partitions_assigned")
    codes = ("40P01", "40001", "55P03", "53300", "57P01")
    for count, code in enumerate(codes, 1):
        service.database.rows(PASSING.format(times=3, code=code))
        send(service, [Command(place_order()) for _ in range(20)])
        replies = read_replies(service, 20 * count)
        equal({reply["outcome"] for reply in replies.values()}, {"accepted"}, f"outcomes, {code}")
        failures = service.database.number("select last_value from public.failures")
        fired(failures > 3, f"{code} was raised three times")
        service.database.rows("drop function public.fail cascade; drop sequence public.failures")
    equal((service.decided(), service.head()), (20 * len(codes),) * 2, "commands and events")
    command.stop()


def a_server_process_that_stalls(setting):
    """Under load the server process of order-command, then that of order-projector, does not answer
    for longer than a call may take. Whatever it still does afterwards counts once."""
    service = Service(setting)
    command, projector = service.start_command(), service.start_projector()
    projector.wait_event("following")
    load = service.start_load("generate", "--seconds", "1000", "--rate", "200")
    service.wait_decided(100)
    with frozen(service.database, "order_command"):
        lost = command.wait_event("postgres_lost")
    fired("deadline" in lost["error"], "the server process of order-command stalled")
    before = service.decided()
    service.wait_decided(before + 200)
    with frozen(service.database, "order_projector"):
        service.wait_decided(service.decided() + 200)
        behind = service.head() - service.projected()
    fired(behind > 0, f"the server process of order-projector stalled, {behind} events behind")
    wait_for("the load goes on", load.is_running)
    load.send(signal.SIGTERM)
    service.finish_load(load)
    service.check_all(load)
    command.stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(one_command_that_cannot_be_stored, errors_that_pass, a_server_process_that_stalls)

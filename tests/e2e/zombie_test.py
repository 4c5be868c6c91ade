#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two workers; one is stopped in the middle of its work, with what it has read already on its way to
a decision, until its session has timed out and the other one has its partitions. Then it goes on where
it was: what it writes is refused, and nothing happens twice."""

import signal

from lib import history, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.kafka import Reader
from lib.orders import Command, place_order
from lib.proxy import Hold, Proxy
from lib.replies import caused_by, read
from lib.service import Service

# Behind its answer, and that of the look-up of ids that comes with it and knows none of them, come the
# decision and the append, and nothing else.
LOAD = "store_load_streams"
CLAIM_LOST = "ORD01"
LIVES = ("one", "other", "one")
RATE = 200
BATCH = 20


class Worker:
    """order-command with a proxy of its own before PostgreSQL."""

    def __init__(self, setting, service, name):
        self.service = service
        self.name = name
        self.proxy = Proxy(service.environment)
        setting.stack.callback(self.proxy.close)
        self.program = service.start_command(
            name, database=self.proxy.conninfo(service.database.name, "order_command"),
            batch=str(BATCH))
        self.losses = 0

    def claims(self):
        """How many partitions were claimed last by this worker."""
        return self.service.database.number(
            f"select count(*) from store.claims where owner like '%:{self.program.pid}'")

    def is_stopped(self):
        with open(f"/proc/{self.program.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"


def stop_before_a_write(worker):
    """Stops the worker while it waits for what it will decide on; that is there when it goes on."""
    hold = Hold(LOAD)
    worker.proxy.rule = hold
    wait_for(f"{worker.name} loads something", hold.held.is_set)
    worker.program.send(signal.SIGSTOP)
    wait_for(f"{worker.name} is stopped", worker.is_stopped)
    hold.release()
    worker.proxy.rule = None


def late_write(service, zombie, heir):
    """One stop, one take-over, one late write."""
    stop_before_a_write(zombie)
    wait_for(f"{heir.name} has all partitions", lambda: heir.claims() == service.partitions)
    decided = service.decided()
    service.wait_decided(decided + RATE)
    errors = len(zombie.proxy.errors)
    zombie.program.send(signal.SIGCONT)
    zombie.losses += 1
    lost = zombie.program.wait_event("claim_lost", count=zombie.losses)
    check(lost["commands"] > 0, "the late batch was empty")
    equal(zombie.proxy.errors[errors:][:1], [CLAIM_LOST], "what the server said to the late write")
    wait_for(f"{zombie.name} has partitions again", zombie.claims)
    fired(True, f"{zombie.name} was stopped with {lost['commands']} commands in hand, its append "
                f"was refused with {CLAIM_LOST}")


def check_effects(service):
    """Each command has one outcome, and the events that belong to it, once."""
    history.check_log(service.database)
    equal(service.database.number(
        "select count(*) from store.events e full join (select command_id, tenant_id,"
        " sum(event_count) as n from store.commands group by 1, 2) c using (command_id, tenant_id)"
        " where c.command_id is null or (e.command_id is null and c.n <> 0)"), 0,
        "events without a command, or commands without their events")


def a_worker_that_was_thought_dead(setting):
    service = Service(setting, partitions=2)
    workers = {name: Worker(setting, service, name) for name in ("one", "other")}
    wait_for("both workers have a partition", lambda: all(w.claims() for w in workers.values()))
    projector = service.start_projector()
    load = service.start_load("generate", "--seconds", "1000", "--rate", str(RATE))
    service.wait_decided(RATE)
    for name in LIVES:
        late_write(service, workers[name], workers["other" if name == "one" else "one"])
    check(load.is_running(), "the load was over")
    load.send(signal.SIGTERM)
    result = service.finish_load(load)
    equal(service.decided(), result["commands"], "commands with an outcome")
    check_effects(service)
    service.check_all(load)
    for worker in workers.values():
        worker.program.stop()
    equal(service.database.number("select count(*) from store.claims where not clean"), 0,
          "partitions that were not given back")
    projector.stop()


def send(service, count):
    """As many orders, each answered."""
    replies = Reader(service.kafka, service.replies)
    commands = [Command(place_order()).add("reply_topic", service.replies) for _ in range(count)]
    for command in commands:
        service.kafka.send(service.topic, command.key, command.value, command.headers)
    wanted = {command.id for command in commands}
    records = replies.until(
        f"{count} replies", lambda found: wanted <= {caused_by(one) for one in found})
    outcomes = [read(one)["outcome"] for one in records if caused_by(one) in wanted]
    equal(outcomes, ["accepted"] * count, "outcomes of the commands")


def a_claim_that_somebody_outside_of_the_group_took(setting):
    """A restored database, or another cluster with the same name: the worker drops what it has, joins
    the group anew and goes on."""
    service = Service(setting, partitions=1)
    command = service.start_command()
    send(service, 3)
    service.database.rows("update store.claims set epoch = epoch + 1")
    send(service, 3)
    fired(len(command.events("claim_lost")) == 1 and len(command.events("group_rejoined")) == 1,
          "the claim was taken away, and no other assignment came")
    equal((service.decided(), service.head()), (6, 6), "commands and events")
    command.stop()


def a_topic_that_has_lost_its_end(setting):
    """Commands that were decided are not in the topic any more: only an operator can say whether it
    is to go on with what is left."""
    service = Service(setting, partitions=1)
    command = service.start_command()
    send(service, 3)
    command.stop()
    service.database.rows("update store.claims set seen_offset = 1000")
    command = service.start_command()
    equal(command.wait(), 8, "exit code without an operator")
    for part in ("ends at 3", "at 1000 was decided", "--accept-lost-commands"):
        contains(command.log(), part, "what it says")
    command = service.start_command(accept_lost_commands=True)
    send(service, 3)
    equal(service.database.number("select seen_offset from store.claims"), 5, "newest offset seen")
    command.stop()
    fired(True, "the topic ended at 3, and 1000 had been decided")


if __name__ == "__main__":
    runner.main(a_worker_that_was_thought_dead, a_claim_that_somebody_outside_of_the_group_took,
                a_topic_that_has_lost_its_end)

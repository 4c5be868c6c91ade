#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stopping: SIGTERM and SIGINT drain and end with exit code 0, soon and under load; a second Ctrl-C
ends at once."""

import signal
import time

from lib import runner
from lib.checks import check, equal, fired, wait_for
from lib.orders import Command, place_order
from lib.sessions import frozen, locked_table, wait_stuck
from lib.service import Service

LONGEST_STOP = 10  # seconds
AT_ONCE = 2
RATE = 300


def drained_under_load(setting):
    """Every worker is stopped and started again with both signals. What was drained needs no
    repetition: no command is answered twice, none has to be sent again."""
    service = Service(setting)
    workers = {"command": service.start_command, "projector": service.start_projector}
    lives = {name: start() for name, start in workers.items()}
    lives["projector"].wait_event("following")
    load = service.start_load("generate", "--seconds", "1000", "--rate", str(RATE))
    times = []
    for number in (signal.SIGTERM, signal.SIGINT):
        for name, start in workers.items():
            service.wait_decided(service.decided() + 150)
            service.wait_projected()
            took = lives[name].stop(number)
            times.append(f"{name} {number.name} {took:.1f} s")
            check(took < LONGEST_STOP, f"{name} took {took:.1f} s to stop")
            check(lives[name].events("stopped"), f"{name} does not say that it stopped")
            check(load.is_running(), "the load was over")
            lives[name] = start()
    service.wait_decided(service.decided() + 150)
    load.send(signal.SIGINT)
    result = service.finish_load(load)
    fired(True, f"stopped under {RATE} commands/s: {', '.join(times)}")
    equal((result["duplicates"], result["sent_again"], result["replayed"]), (0, 0, 0),
          "replies twice, commands sent again, replayed outcomes")
    service.check_all(load)
    for program in lives.values():
        program.stop()


def got(program, number):
    """Whether the process has taken the signal."""
    with open(f"/proc/{program.pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    bit = 1 << number - 1
    return not any(int(fields[name], 16) & bit for name in ("SigPnd", "ShdPnd"))


def send_one(service):
    order = Command(place_order()).add("reply_topic", service.replies)
    service.kafka.send(service.topic, order.key, order.value, order.headers)


def stuck_worker(service, name):
    """A worker that waits for a lock in the middle of its work."""
    if name == "command":
        program = service.start_command()
        program.wait_event("partitions_assigned")
        return program, "store.head", "order_command"
    program = service.start_projector()
    program.wait_event("following")
    return program, "projection.checkpoints", "order_projector"


def a_second_signal_ends_at_once(setting):
    for name in ("command", "projector"):
        service = Service(setting)
        program, table, role = stuck_worker(service, name)
        source = service.start_command("source") if name == "projector" else None
        with locked_table(service.database, table):
            send_one(service)
            wait_stuck(service.database, role)
            program.send(signal.SIGINT)
            wait_for("the first signal is taken", lambda p=program: got(p, signal.SIGINT))
            check(program.is_running(), f"{name} was not stuck: the first signal ended it")
            began = time.monotonic()
            program.send(signal.SIGINT)
            equal(program.wait(), 128 + signal.SIGINT, f"exit code of {name}, second Ctrl-C")
            took = time.monotonic() - began
        fired(took < AT_ONCE, f"{name} was stuck on a lock; its second Ctrl-C took {took:.2f} s")
        if source:
            source.stop()


def a_frozen_server_does_not_hold_a_stop_up(setting):
    """PostgreSQL never answers: SIGTERM still ends within 10 s, with exit code 0."""
    for name in ("command", "projector"):
        service = Service(setting)
        program, table, role = stuck_worker(service, name)
        source = service.start_command("source") if name == "projector" else None
        with locked_table(service.database, table):
            send_one(service)
            wait_stuck(service.database, role)
            with frozen(service.database, role):
                took = program.stop()
        check(took < LONGEST_STOP, f"{name} took {took:.1f} s to stop")
        fired(took > 1, f"the server process of {name} was frozen; SIGTERM took {took:.1f} s")
        if source:
            source.stop()


if __name__ == "__main__":
    runner.main(drained_under_load, a_second_signal_ends_at_once,
                a_frozen_server_does_not_hold_a_stop_up)

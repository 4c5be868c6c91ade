#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trouble at the start: what can never work ends the program with a clear text, what may come is
waited for. (A server older than PostgreSQL 15 cannot be had here.)"""

import os
import pathlib
import shutil
import signal
import time

from lib import programs, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.environment import run_script
from lib.kafka import Reader
from lib.orders import Command, place_order
from lib.service import Service

QUICK = 30  # seconds for a program that gives up; sanitizers and a busy machine included

WORKERS = ("order-command", "order-projector")


def worker_line(service, worker, database=None, **changes):
    """How the worker is started, with another conninfo perhaps."""
    if worker == "order-command":
        if database is not None:
            changes["database"] = database
        return service.command_line(**changes)
    line = service.projector_line("run")
    if database is not None:
        line[line.index("--database") + 1] = database
    return line


def refuses(service, line, code, *texts, variables=None):
    """The program ends soon, with this exit code and these texts."""
    began = time.monotonic()
    done = programs.run(line, variables or service.variables)
    name = f"{os.path.basename(str(line[0]))} {' '.join(texts)}"
    equal(done.code, code, f"exit code, {name} ({done.text[-800:]})")
    for text in texts:
        contains(done.text, text, name)
    took = time.monotonic() - began
    check(took < QUICK, f"{name}: gave up after {took:.1f} s")


def database_settings_that_never_work(setting):
    service = Service(setting)
    folder = setting.folder
    wrong = folder / "wrong-passwords"
    wrong.write_text("*:*:*:*:wrong\n")
    wrong.chmod(0o600)
    missing = service.environment.changed(PGPASSFILE=str(folder / "none"), HOME=str(folder))
    for worker, role in zip(WORKERS, ("order_command", "order_projector")):
        refuses(service, worker_line(service, worker), 6, "password authentication failed",
                variables=service.environment.changed(PGPASSFILE=str(wrong)))
        refuses(service, worker_line(service, worker), 6, "no password supplied", variables=missing)
        refuses(service, worker_line(service, worker, f"dbname=no_such_one user={role}"), 3,
                "no_such_one", "does not exist")
        refuses(service, worker_line(service, worker, service.database.conninfo("nobody")), 6,
                "no password supplied")
        refuses(service, worker_line(service, worker, service.database.conninfo("order_admin")), 2,
                "superuser")
        refuses(service, worker_line(service, worker, "dbname=x nonsense=1"), 2, "nonsense")


def schemas_that_do_not_fit(setting):
    service = Service(setting, schema=False)
    schema = [service.environment.program("order-schema"), "verify", "--database",
              service.database.conninfo("order_schema")]
    for worker in WORKERS:
        refuses(service, worker_line(service, worker), 2, "not applied", "order-schema apply")
    service.database.apply_schema()
    newest = service.database.number("select max(number) from ops.migrations")
    service.database.rows(
        "create table kept as select * from ops.migrations order by number desc limit 1;"
        " update kept set number = 999, name = '0999_future.sql';"
        " insert into ops.migrations select * from kept")
    for worker in WORKERS:
        refuses(service, worker_line(service, worker), 2, "at 999, newer than this program",
                "install the newer one")
    refuses(service, schema, 3, "999")
    schema[1] = "apply"
    done = programs.run(schema, service.variables)
    check(done.code != 0, f"order-schema apply on a newer schema: exit 0 ({done.text})")
    service.database.rows(f"delete from ops.migrations where number in (999, {newest})")
    for worker in WORKERS:
        refuses(service, worker_line(service, worker), 2, f"needs {newest}", "order-schema apply")


def topics_and_keys_that_are_missing(setting):
    service = Service(setting)
    for option in ("topic", "reply_topics", "dead_letter_topic"):
        absent = f"{service.topic}.absent"
        refuses(service, service.command_line(**{option: absent}), 3,
                f"topic {absent} does not exist", "order-command topics apply")
    key = pathlib.Path(service.environment["ORDER_FINGERPRINT_KEY_FILE"]).read_bytes()
    for name, data, mode, text in (
            ("open", key, 0o644, "chmod 600"), ("short", key[:31], 0o600, "exactly 32 bytes"),
            ("long", key + b"x", 0o600, "exactly 32 bytes"), ("empty", b"", 0o600, "exactly 32")):
        path = setting.folder / f"{name}.key"
        path.write_bytes(data)
        path.chmod(mode)
        refuses(service, service.command_line(fingerprint_key_file=str(path)), 2, text, str(path))
    refuses(service, service.command_line(fingerprint_key_file="none.key"), 2, "none.key",
            "No such file")
    refuses(service, service.command_line(fingerprint_key_file=str(setting.folder)), 2,
            "not a file")
    refuses(service, service.command_line(fingerprint_key_file=None), 2, "fingerprint-key-file",
            variables=service.environment.changed(ORDER_FINGERPRINT_KEY_FILE=None))
    refuses(service, service.command_line(brokers=None), 2, "brokers",
            variables=service.environment.changed(ORDER_BROKERS=None))
    for option, value in (("batch", "0"), ("batch", "many"), ("rounding", "up"),
                          ("currencies", "GBP,XQZ"), ("return-window", "soon"),
                          ("payment-window", ""), ("stock-ttl", "0s"), ("max-lines", "2001"),
                          ("log-level", "loud"), ("reply-topics", ",")):
        refuses(service, service.command_line(**{option: value}), 2, f"--{option}")


def two_of_each(setting):
    """A second projector stands by, a second order-command shares the partitions. The first ones
    are killed under load: the others take over, and everything stays exact."""
    service = Service(setting)
    first = service.start_projector("projector-1")
    first.wait_event("following")
    second = service.start_projector("projector-2")
    second.wait_event("standby")
    commands = [service.start_command(f"command-{number}") for number in (1, 2)]
    both = f"both order-commands have partitions of {service.partitions}"
    wait_for(both, lambda: [shares(program) for program in commands] == [2, 2])
    load = service.start_load("generate", "--seconds", "1000", "--rate", "200")
    service.wait_decided(200)
    before = service.projected()
    equal(second.events("following"), [], "a projector that stands by follows")
    equal(first.kill(), -9, "exit code of the first projector")
    members = set(service.kafka.members(service.group))
    equal(commands[0].kill(), -9, "exit code of the first order-command")
    fired(load.is_running() and before > 0,
          f"first projector killed at position {before}, first order-command too, under load")
    equal(len(members), 2, "members of the group")
    second.wait_event("following")
    wait_for("the second order-command has all partitions", lambda: shares(commands[1]) == 4)
    load.send(signal.SIGTERM)
    service.finish_load(load)
    service.check_all(load)
    equal(service.database.number("select epoch from projection.checkpoints"), 2,
          "owners the projection has had")
    commands[1].stop()
    second.stop()


def shares(program):
    """How many partitions it has, by what it says last."""
    said = program.events("partitions_assigned")
    return said[-1]["partitions"] if said else 0


def servers_that_come_late(setting):
    """PostgreSQL and Kafka are down at the start: both programs say so, wait, and go on."""
    servers = setting.instance("e2e-startup")
    service = Service(setting, servers.environment)
    servers.act("postgres-stop")
    servers.act("kafka-stop")
    service.kafka.close()
    command, projector = service.start_command(), service.start_projector()
    said = [program.wait_event("postgres_unavailable") for program in (command, projector)]
    fired(all("waiting for PostgreSQL" in line["msg"] for line in said),
          "both programs wait for PostgreSQL and say so")
    servers.act("postgres-start")
    projector.wait_event("following")
    waiting = command.wait_event("kafka_unavailable")
    fired("waiting for Kafka" in waiting["msg"], "order-command waits for Kafka and says so")
    equal(command.events("started"), [], "order-command is ready without Kafka")
    servers.act("kafka-start")
    command.wait_event("started")
    order = Command(place_order()).add("reply_topic", service.replies)
    service.kafka.send(service.topic, order.key, order.value, order.headers)
    Reader(service.kafka, service.replies, service.partitions).until("the reply", bool)
    service.wait_projected()
    equal(service.database.number("select count(*) from read.order_summary"), 1, "orders")
    command.stop()
    projector.stop()


def a_server_that_could_lose_commits(setting):
    """fsync off is refused: an accepted command could vanish."""
    servers = setting.instance("e2e-startup")
    service = Service(setting, servers.environment)
    for name in ("fsync", "full_page_writes"):
        service.database.admin(f"alter system set {name} = off")
        service.database.admin("select pg_reload_conf()")
        wait_for(f"{name} is off", lambda n=name: service.database.value(f"show {n}") == "off")
        for worker in WORKERS:
            refuses(service, worker_line(service, worker), 2, f"{name} is off", "turn it on")
        service.database.admin(f"alter system reset {name}")
        service.database.admin("select pg_reload_conf()")
        wait_for(f"{name} is on", lambda n=name: service.database.value(f"show {n}") == "on")


def a_full_disk_stops_run_before_it_begins(setting):
    """./run names the folder, what is free and what is needed (df is made to lie)."""
    tools = setting.folder / "tools"
    tools.mkdir()
    fake = tools / "df"
    fake.write_text("#!/bin/sh\necho Filesystem\necho fake 100000 99000 12288 99% /\n")
    fake.chmod(0o755)
    check(shutil.which("df") != str(fake), "df is fake already")
    code, _, err = run_script(
        "up", "--instance", "e2e-disk", "--no-install",
        variables=setting.environment.changed(PATH=f"{tools}:{os.environ['PATH']}"))
    equal(code, 4, f"exit code of ./run up on a full disk ({err[-500:]})")
    fired("only 12 MB are free" in err, "./run found the disk full")
    contains(err, "./run clean", "the remedy")


if __name__ == "__main__":
    runner.main(database_settings_that_never_work, schemas_that_do_not_fit,
                topics_and_keys_that_are_missing, two_of_each, servers_that_come_late,
                a_server_that_could_lose_commits, a_full_disk_stops_run_before_it_begins)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Full disks: where output cannot be written there is a clear error; logs are dropped, work goes
on; a database without space is waited for, nothing is lost. (/dev/full, and a trigger that raises
the server's own error: a file system of a given size would need a privileged mount.)"""

from lib import programs, runner
from lib.checks import check, contains, equal, fired
from lib.orders import new_id, place_order, to_json
from lib.service import Service

FULL = "/dev/full"

DISK_FULL = """
create function public.no_space() returns trigger language plpgsql as $$
begin
    raise exception 'could not extend file: No space left on device'
        using errcode = 'disk_full';
end $$;
create trigger no_space before insert on {table} for each statement
    execute function public.no_space();
"""


def results_on_a_full_disk(setting):
    """order-load does not claim success when its journal or its result could not be written."""
    service = Service(setting)
    command = service.start_command()
    for option, text in (("--journal", "journal could not be written"), ("--json", FULL)):
        load = service.start_load("generate", "--orders", "20", "--run-id", option.strip("-"),
                                  option, FULL, name=f"load{option}")
        code = load.wait()
        check(code not in (0, None), f"order-load {option} {FULL}: exit code {code}")
        contains(load.log(), text, f"order-load {option} {FULL}")
    fired(service.decided() >= 40, "journal and result could not be written, commands were decided")
    command.stop()


def output_on_a_full_disk(setting):
    """Every verb that prints data notices that nobody got it."""
    service = Service(setting)
    file = setting.folder / "order.json"
    file.write_bytes(b'{"type":"place-order","stream_id":"%s","body":%s}\n'
                     % (new_id().encode(), to_json(place_order())))
    projector = service.start_projector()
    projector.wait_event("following")
    owner = ["--database", service.database.conninfo("order_schema")]
    program = service.environment.program
    lines = [
        [program("order-command"), "validate", file],
        [program("order-command"), "topics", "check", "--brokers", service.environment.brokers],
        [program("order-command"), "help"],
        [program("order-schema"), "status", *owner],
        service.projector_line("status"),
        service.projector_line("verify", "--quiet"),
    ]
    with open(FULL, "wb") as full:
        for line in lines:
            done = programs.run(line, service.variables, stdout=full)
            name = " ".join(str(word) for word in line[:3])
            check(done.code != 0, f"{name} on a full disk: exit code 0")
            contains(done.err, "cannot write the output", name)
    fired(True, f"{len(lines)} verbs could not write their output")
    projector.stop()


def logs_on_a_full_disk(setting):
    """Log lines are dropped, the work goes on."""
    service = Service(setting)
    with open(FULL, "wb") as full:
        workers = [service.start_command(stderr=full), service.start_projector(stderr=full)]
        load = service.start_load("generate", "--orders", "100")
        service.finish_load(load)
        service.check_all(load)
        for worker in workers:
            equal(worker.log(), "", "what reached the log")
            worker.stop()
    fired(True, "neither worker could log anything")


def a_database_without_space(setting):
    """order-command and order-projector wait until there is space again; nothing goes to the dead
    letters, nothing is lost."""
    service = Service(setting)
    command, projector = service.start_command(), service.start_projector()
    projector.wait_event("following")
    for table, program, event in (("store.commands", command, "postgres_busy"),
                                  ("read.order_summary", projector, "postgres_unavailable")):
        service.database.rows(DISK_FULL.format(table=table))
        load = service.start_load("generate", "--orders", "100", "--run-id", table,
                                  name=f"load-{table}")
        said = program.wait_event(event, count=2)
        fired("No space left on device" in str(said), f"{program.name}: {event}, no space left")
        service.database.rows("drop function public.no_space cascade")
        service.finish_load(load)
        service.check_all(load)
    equal(service.kafka.fetch(service.dead_letters, {0: 0}, 0)[0], [], "dead letters")
    command.stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(results_on_a_full_disk, output_on_a_full_disk, logs_on_a_full_disk,
                a_database_without_space)

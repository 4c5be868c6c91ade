#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What operators are told of commands and parked streams, and what they are told when they are wrong."""

import subprocess

from lib import runner
from lib.checks import contains, equal
from lib.desk import REASON, Desk
from lib.orders import Command, new_id, place_order


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
    runner.main(show_says_what_became_of_a_command, verbs_say_what_is_wrong,
                one_of_two_who_release_at_once_is_told_so)

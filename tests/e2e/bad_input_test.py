#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input through the real service: each case is sent, followed by a good command; every message
has exactly the outcome it must have, and nothing is lost or stored that must not be."""

import collections

import bad_input_cases
from lib import history, replies, runner
from lib.checks import check, contains, equal, fired
from lib.kafka import Reader
from lib.orders import Command, new_id, place_order
from lib.replies import caused_by
from lib.service import Service

MOST_GROWTH_KB = 96 * 1024


def with_reply_topic(command, topic):
    if "reply_topic" not in dict(command.headers):
        command.headers.insert(0, ("reply_topic", topic))
    return command


def send(service, command):
    return service.kafka.send(service.topic, command.key, command.value, command.headers)


def peak_memory_kb(program):
    with open(f"/proc/{program.pid}/status", encoding="ascii") as file:
        for row in file:
            if row.startswith("VmHWM:"):
                return int(row.split()[1])
    raise AssertionError("no VmHWM")


def read_replies(service, command_id, wanted=1):
    """All replies up to the one for this id, and at least so many: the answer to a repeated command
    may come after those to later commands of other streams."""
    reader = Reader(service.kafka, service.replies)
    return reader.until("the replies up to the last command",
                        lambda found: len(found) >= wanted
                        and any(caused_by(record) == command_id for record in found))


def check_reply(case, reply):
    wanted = {"outcome": case.outcome, "code": case.code, "field": case.field,
              "replayed": case.replayed}
    if case.code is None:
        wanted.pop("field")
    if case.field is None:
        wanted.pop("field", None)
    if case.version is not None:
        wanted["version"] = case.version
    found = {name: reply.get(name, None) for name in wanted}
    equal(found, wanted, f"reply to: {case.name} ({reply})")


def check_replies(service, cases, goods, records):
    """Exactly one reply per message that can be answered, in order; none for the others."""
    left = collections.defaultdict(list)
    for record in records:
        equal(replies.header(record, "ce_type"), "order.reply.v1", "type of a reply")
        reply = replies.read(record)
        equal(reply["command_id"], caused_by(record), "command id in header and body")
        left[caused_by(record)].append(reply)
    for good in goods:
        reply = left.pop(good.id, [None])
        equal([one and one["outcome"] for one in reply], ["accepted"], "reply to a good command")
    for case in cases:
        found = left[case.command.id]
        if case.outcome is None:
            equal(found, [], f"replies to: {case.name}")
        else:
            check(found, f"no reply to: {case.name}")
            check_reply(case, found.pop(0))
    equal([found for found in left.values() if found], [], "replies nobody asked for")


def check_body(case, record, headers):
    """What may hold somebody's data is not kept: its size is, beside where it was."""
    body = case.command.value or b""
    equal(record.value or b"", body if case.kept else b"", f"dead letter of: {case.name}")
    withheld = None if case.kept else b"withheld"
    equal(headers.get(b"dead_letter_body"), withheld, f"dead letter of: {case.name}")
    if withheld:
        equal(int(headers[b"dead_letter_size"]), len(body), f"size in: {case.name}")


def check_dead_letters(service, cases, offsets):
    """One dead letter per malformed message, with the message and the reason; no others."""
    records = Reader(service.kafka, service.dead_letters).to_end()
    by_offset = {}
    for record in records:
        headers = dict(record.headers)
        offset = int(headers[b"dead_letter_offset"])
        check(offset not in by_offset, f"two dead letters of offset {offset}")
        by_offset[offset] = (record, headers)
    for case, offset in zip(cases, offsets):
        record, headers = by_offset.pop(offset, (None, {}))
        reason = headers.get(b"dead_letter_reason", b"").decode() or None
        equal(reason, case.dead, f"reason of the dead letter of: {case.name}")
        if record is None:
            continue
        equal(record.key or None, case.command.key or None,
              f"key of the dead letter of: {case.name}")
        check_body(case, record, headers)
        equal(headers[b"dead_letter_topic"].decode(), service.topic, "topic of a dead letter")
        if case.field is not None:
            equal(headers.get(b"dead_letter_field", b"").decode(), case.field,
                  f"field of the dead letter of: {case.name}")
        if len(case.command.headers) < 10:
            lost = {name for name, value in case.command.headers if len(value) < 512}
            lost -= {name.decode() for name, _ in record.headers}
            equal(lost, set(), f"headers lost in the dead letter of: {case.name}")
    equal(by_offset, {}, "dead letters of messages that are fine")


def check_store(service, cases, goods):
    """What is stored is what was to be stored, by id."""
    wanted = {good.id: ("accepted", None) for good in goods}
    for case in cases:
        if case.stored is not None and not case.duplicate:
            code = case.code if case.stored == "rejected" else None
            wanted[case.command.id] = (case.stored, code)
    stored = {id: row[:2] for id, row in history.stored_commands(service.database).items()}
    different = {id: (stored.get(id), wanted.get(id)) for id in stored.keys() | wanted.keys()
                 if stored.get(id) != wanted.get(id)}
    equal(different, {}, "stored outcomes that differ (stored, wanted)")
    history.check_log(service.database)
    return len(stored)


def every_bad_message_has_its_outcome(setting):
    service = Service(setting, partitions=1)
    command = service.start_command()
    projector = service.start_projector()
    first = with_reply_topic(Command(place_order()), service.replies)
    send(service, first)
    read_replies(service, first.id)
    before_kb = peak_memory_kb(command)
    cases, goods, offsets = list(bad_input_cases.all_cases()), [first], []
    for case in cases:
        offsets.append(send(service, with_reply_topic(case.command, service.replies)))
        goods.append(with_reply_topic(Command(place_order()), service.replies))
        send(service, goods[-1])
    answered = sum(case.outcome is not None for case in cases)
    records = read_replies(service, goods[-1].id, len(goods) + answered)
    growth_kb = peak_memory_kb(command) - before_kb
    check_replies(service, cases, goods, records)
    check_dead_letters(service, cases, offsets)
    stored = check_store(service, cases, goods)
    check(growth_kb < MOST_GROWTH_KB, f"order-command grew by {growth_kb} KB")
    service.wait_projected()
    equal(service.database.number("select count(*) from read.order_summary"),
          service.database.number("select count(*) from store.streams where category = 1"),
          "orders in the read model")
    malformed = sum(case.dead is not None for case in cases)
    fired(malformed > 80, f"{len(cases)} cases: {malformed} dead letters, {stored} outcomes "
                          f"stored, {len(goods)} good commands between them accepted")
    command.stop()
    projector.stop()


def replies_go_to_allowed_topics_only(setting):
    """A topic that is not on the list gets nothing, whatever it is; the command counts all the
    same."""
    service = Service(setting, partitions=1)
    private = f"{service.replies}.private"
    other = setting.unique("other")
    service.kafka.create_topics({private: 1, other: 1})
    command = service.start_command()
    wishes = [other, service.topic, f"{service.replies}x", f"{service.replies}.missing", "..",
              "no such name!", private]
    sent = [Command(place_order()).add("reply_topic", topic) for topic in wishes]
    sent.append(Command(place_order()).add("reply_topic", service.replies)
                .add("reply_partition", "99"))
    for one in sent:
        send(service, one)
    last = with_reply_topic(Command(place_order()), service.replies)
    send(service, last)
    records = read_replies(service, last.id)
    equal([caused_by(record) for record in records], [last.id], "replies in the usual topic")
    equal(Reader(service.kafka, other).to_end(), [], "replies in a topic that is not allowed")
    equal([caused_by(record) for record in Reader(service.kafka, private).to_end()],
          [sent[6].id], "replies in a topic below the allowed one")
    equal(len(Reader(service.kafka, service.topic).to_end()), len(sent) + 1,
          "records in the topic of the commands")
    dead = Reader(service.kafka, service.dead_letters).to_end()
    equal([dict(record.headers)[b"dead_letter_reason"] for record in dead], [b"bad_field"] * 2,
          "dead letters: names that no topic can have")
    equal(service.decided(), len(sent) + 1 - 2, "decided commands")
    fired(command.events("reply_topic_refused"), "order-command refused a reply topic, and said so")
    command.stop()


def an_unknown_tenant_is_refused_at_the_start(setting):
    """Nothing is consumed for a tenant that does not exist; the remedy is named."""
    service = Service(setting, partitions=1)
    command = service.start_command(tenant=new_id()[:8])
    equal(command.wait(), 3, "exit code with an unknown tenant")
    contains(command.log(), "store.tenants", "text about an unknown tenant")


if __name__ == "__main__":
    runner.main(every_bad_message_has_its_outcome, replies_go_to_allowed_topics_only,
                an_unknown_tenant_is_refused_at_the_start)

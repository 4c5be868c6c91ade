#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tenants by signed producers: who may send what for whom, what happens to a record that somebody
else made or changed, limits, deadlines, and what is assumed of a stream."""

import datetime
import json
import time

from lib import programs, replies, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.kafka import Reader
from lib.orders import CANCEL, Command, new_id, place_order
from lib.service import Service
from lib.signing import Producer, write_tenants

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Mall:
    """A service with two tenants and two producers: `shop` sends for acme, `both` for both."""

    def __init__(self, setting, partitions=2, **settings):
        self.service = Service(setting, partitions=partitions)
        self.setting = setting
        for tenant in ("acme", "globex"):
            self.service.database.rows(
                f"insert into store.tenants (tenant, name) values (gen_random_uuid(), '{tenant}')")
        self.shop = Producer(setting.folder, "shop", "acme")
        self.both = Producer(setting.folder, "both", "acme", "globex")
        self.file = write_tenants(
            setting.folder, {"acme": settings.get("acme", {}), "globex": settings.get("globex", {})},
            [self.shop, self.both])
        self.reader = Reader(self.service.kafka, self.service.replies, partitions)
        self.found = {}

    def work(self, name="command", **changes):
        command = self.service.start_command(name, tenants=self.file, **changes)
        command.wait_event("partitions_assigned")
        return command

    def command(self, body=None, **changes):
        return Command(body or place_order(), **changes).add("reply_topic", self.service.replies)

    def cancel(self, stream, **changes):
        return self.command({"reason": "staff"}, command_type=CANCEL, stream=stream, **changes)

    def post(self, command, partition=None, topic=None):
        if partition is None:
            partition = int(command.stream[-4:], 16) % self.service.partitions
        return self.service.kafka.send(
            topic or self.service.topic, command.key, command.value, command.headers, partition)

    def send(self, producer, command, tenant=None):
        """Signed, and on its way."""
        self.post(producer.sign(command, self.service.topic, tenant))
        return command

    def replies_to(self, *commands, count=1):
        """All replies to each of these, in their order, at least `count` each."""
        def are_there():
            for record in self.reader.poll(50):
                self.found.setdefault(replies.caused_by(record), []).append(record)
            return all(len(self.found.get(one.id, [])) >= count for one in commands)
        wait_for(f"replies to {len(commands)} commands", are_there)
        return [[replies.read(record) for record in self.found[one.id]] for one in commands]

    def ask(self, producer, command, tenant=None):
        """The reply."""
        self.send(producer, command, tenant)
        return self.replies_to(command)[0][-1]

    def outcome(self, producer, command, tenant=None):
        reply = self.ask(producer, command, tenant)
        return reply["outcome"], reply.get("code"), reply.get("field")

    def dead_letters(self):
        """(reason, field) by the offset of the command."""
        records = Reader(self.service.kafka, self.service.dead_letters).to_end()
        headers = [dict(record.headers) for record in records]
        return [(h[b"dead_letter_reason"].decode(), h.get(b"dead_letter_field", b"").decode())
                for h in headers]


ACCEPTED = ("accepted", None, None)


def tenants_are_kept_apart(setting):
    """The same stream and the same command id in two tenants are two orders and two outcomes."""
    mall = Mall(setting)
    worker = mall.work()
    stream, id = new_id(), new_id()
    first = mall.command(stream=stream, command_id=id).add("traceparent", TRACE)
    mall.send(mall.shop, first)
    second = mall.command(stream=stream, command_id=id)
    mall.send(mall.both, second, "globex")
    both = mall.replies_to(first, count=2)[0]
    equal([(r["outcome"], r["version"], r["replayed"]) for r in both],
          [("accepted", 1, False)] * 2, "the same id in two tenants")
    equal(mall.service.database.rows(
        "select t.name, c.actor, coalesce(encode(c.trace, 'hex'), '')"
        " from store.commands c join store.tenants t using (tenant_id)"
        " order by 1"),
        [["acme", "shop", TRACE.replace("-", "")], ["globex", "both", ""]],
        "tenant, sender and trace of the stored commands")
    equal(mall.outcome(mall.both, mall.cancel(stream), "globex"), ACCEPTED, "globex's order")
    equal(mall.service.database.rows(
        "select t.name, s.version from store.streams s join store.tenants t using (tenant_id)"
        " order by 1"),
        [["acme", "1"], ["globex", "2"]], "versions of the two orders")
    record = mall.found[id][0]
    equal(replies.header(record, "traceparent"), TRACE, "trace in the reply")
    worker.stop()


def a_producer_serves_its_tenants_only(setting):
    mall = Mall(setting)
    worker = mall.work()
    order = mall.command()
    equal(mall.outcome(mall.both, order, "globex"), ACCEPTED, "an order of globex")
    equal(mall.outcome(mall.shop, mall.cancel(order.stream), "globex"),
          ("denied", "tenant_mismatch", "order_tenant"), "a command for another's tenant")
    equal(mall.outcome(mall.shop, mall.cancel(order.stream), "initech"),
          ("denied", "unknown_tenant", "order_tenant"), "a command for nobody's tenant")
    equal(mall.outcome(mall.both, mall.cancel(order.stream)),
          ("invalid", "missing_field", "order_tenant"), "no tenant where there are two")
    equal(mall.outcome(mall.shop, mall.cancel(order.stream)),
          ("rejected", "not_found", None), "an order of globex, looked for in acme")
    equal(mall.service.database.number("select max(version) from store.streams"), 1,
          "versions of globex's order")
    equal(sorted(mall.dead_letters()),
          [("missing_field", "order_tenant"), ("tenant_mismatch", "order_tenant"),
           ("unknown_tenant", "order_tenant")], "dead letters")
    worker.stop()


def flipped(value):
    data = value.encode() if isinstance(value, str) else value
    return data[:-1] + bytes([data[-1] ^ 1])


def forgeries(mall):
    """(what, record) of records that nobody may be answered for."""
    topic = mall.service.topic
    names = [name for name, _ in mall.shop.sign(mall.command(), topic).headers]
    for name in names:
        one = mall.shop.sign(mall.command(), topic)
        yield f"a bit of {name}", one.put(name, flipped(dict(one.headers)[name]))
    for name in names:
        yield f"without {name}", mall.shop.sign(mall.command(), topic).drop(name)
    yield "a bit of the key", (
        lambda one: one.with_key(flipped(one.key)))(mall.shop.sign(mall.command(), topic))
    one = mall.shop.sign(mall.command(), topic)
    one.value = one.value.replace(b'"web"', b'"app"')
    yield "a changed body", one
    yield "a header more", mall.shop.sign(mall.command(), topic).add("ce_expectedversion", "0")
    yield "a tenant more", mall.shop.sign(mall.command(), topic).add("order_tenant", "acme")
    yield "not signed at all", mall.command()
    yield "another's name", mall.shop.sign(mall.command(), topic).put("order_producer", "both")
    yield "signed for another topic", mall.shop.sign(mall.command(), topic + "x")
    yield "a short MAC", mall.shop.sign(mall.command(), topic).put("order_mac", b"1234")
    stranger = Producer(mall.setting.folder, "stranger", "acme")
    yield "a producer that is not in the file", stranger.sign(mall.command(), topic)
    stranger.name = "shop"
    yield "another key", stranger.sign(mall.command(), topic)


def what_somebody_else_made_or_changed_is_refused(setting):
    mall = Mall(setting, partitions=1)
    worker = mall.work()
    made = list(forgeries(mall))
    for _, command in made:
        mall.post(command)
    last = mall.command()
    equal(mall.outcome(mall.shop, last), ACCEPTED, "a good command behind all of them")
    for what, command in made:
        equal(mall.found.get(command.id, []), [], f"replies to: {what}")
    equal({reason for reason, _ in mall.dead_letters()}, {"not_permitted"}, "reasons")
    equal(len(mall.dead_letters()), len(made), "dead letters")
    equal(mall.service.decided(), 1, "stored commands")
    fired(len(made) > 25, f"{len(made)} forged records, one good")
    worker.stop()


def a_record_that_got_into_another_topic_is_refused(setting):
    """As CVE-2026-35554 had it: the bytes of one topic's record in another one."""
    mall = Mall(setting, partitions=1)
    other = setting.unique("other")
    mall.service.kafka.create_topics({other: 1})
    here, there = mall.work(), mall.work("there", topic=other, group=setting.unique("group"))
    order = mall.shop.sign(mall.command(), mall.service.topic)
    mall.post(order, topic=other)
    good = mall.shop.sign(mall.command(), other)
    mall.post(good, topic=other)
    equal([r["outcome"] for r in mall.replies_to(good)[0]], ["accepted"], "what was meant for it")
    equal(mall.found.get(order.id, []), [], "replies to the stray record")
    equal(mall.dead_letters(), [("not_permitted", "order_mac")], "dead letters")
    mall.post(order)
    equal([r["outcome"] for r in mall.replies_to(order)[0]], ["accepted"], "where it belongs")
    here.stop()
    there.stop()


def the_limit_of_one_tenant_leaves_the_other_alone(setting):
    mall = Mall(setting, partitions=1, acme={"commands-per-second": 2})
    worker = mall.work()
    ours = [mall.shop.sign(mall.command(), mall.service.topic) for _ in range(40)]
    theirs = [mall.both.sign(mall.command(), mall.service.topic, "globex") for _ in range(40)]
    for one, other in zip(ours, theirs):
        mall.post(one)
        mall.post(other)
    equal({reply[0]["outcome"] for reply in mall.replies_to(*theirs)}, {"accepted"}, "globex's")
    first = [reply[0] for reply in mall.replies_to(*ours)]
    over = [(one, reply) for one, reply in zip(ours, first) if reply["outcome"] != "accepted"]
    fired(len(over) >= 10, f"{len(over)} of 40 commands of acme were over its limit")
    check(len(first) - len(over) >= 2, "what one second gives was not taken")
    for _, reply in over:
        equal((reply["outcome"], reply["code"], reply["retryable"]),
              ("unavailable", "tenant_limit", True), "a command over the limit")
        check(0 < reply["retry_after_ms"] <= 60000, f"retry_after_ms: {reply}")
    waits = [reply["retry_after_ms"] for _, reply in over]
    check(len(set(waits)) > len(waits) // 2, f"they are told to come back together: {waits}")
    check(all("retry_after_ms" not in reply for reply in first if reply["outcome"] == "accepted"),
          "retry_after_ms where nothing is to be sent again")
    equal(mall.dead_letters(), [], "dead letters")
    one, reply = over[0]
    time.sleep(reply["retry_after_ms"] / 1000 + 0.2)
    mall.post(one)
    again = mall.replies_to(one, count=2)[0][1]
    equal((again["outcome"], again["replayed"]), ("accepted", False), "sent again when told")
    worker.stop()


def stamp(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def what_is_late_or_from_the_future_is_not_decided(setting):
    """But an answer of before is repeated, however late its command comes again."""
    mall = Mall(setting)
    worker = mall.work()
    cases = [
        ("ce_expirytime", -1, ("expired", "timed_out", "ce_expirytime")),
        ("ce_expirytime", 600, ACCEPTED),
        ("ce_time", 600, ("invalid", "bad_field", "ce_time")),
        ("ce_time", 240, ACCEPTED),
        ("ce_time", -31 * 86400, ("invalid", "bad_field", "ce_time")),
        ("ce_time", -29 * 86400, ACCEPTED)]
    for name, seconds, wanted in cases:
        command = mall.command().add(name, stamp(seconds))
        equal(mall.outcome(mall.shop, command), wanted, f"{name} {seconds} s from now")
    equal(mall.service.decided(), 3, "stored commands: only those that were decided")
    again = mall.command(command_id=command.id, stream=command.stream)
    again.value = command.value
    again.add("ce_expirytime", stamp(-5)).add("ce_time", stamp(-40 * 86400))
    mall.send(mall.shop, again)
    reply = mall.replies_to(again, count=2)[0][1]
    equal((reply["outcome"], reply["replayed"]), ("accepted", True), "an answer of before")
    equal(sorted(mall.dead_letters()), [("bad_field", "ce_time")] * 2, "dead letters")
    worker.stop()


def what_is_assumed_of_a_stream_is_checked(setting):
    """Each mode against an order at version 1 and a stream that does not exist; two workers."""
    mall = Mall(setting, partitions=4)
    workers = [mall.work()]
    workers.append(mall.service.start_command("second", tenants=mall.file))
    workers[1].wait_event("partitions_assigned")
    modes = {  # notation: holds at version 1, holds at version 0
        None: (True, True), "-1": (True, True), "0": (False, True), "exists": (True, False),
        "1": (True, False), "2": (False, False), ">=1": (True, False), ">=2": (False, False)}
    missed = ("conflict", "version_conflict", None)
    for mode, (of_order, of_nothing) in modes.items():
        order = mall.command()
        equal(mall.outcome(mall.shop, order), ACCEPTED, "an order")
        first, second = mall.cancel(order.stream), mall.command()
        if mode is not None:
            first.add("ce_expectedversion", mode)
            second.add("ce_expectedversion", mode)
        equal(mall.outcome(mall.shop, first), ACCEPTED if of_order else missed,
              f"{mode} of an order at version 1")
        equal(mall.outcome(mall.shop, second), ACCEPTED if of_nothing else missed,
              f"{mode} of a stream that does not exist")
    equal(mall.outcome(mall.shop, mall.command().add("ce_expectedversion", ">1")),
          ("invalid", "bad_field", "ce_expectedversion"), "no such notation")
    for worker in workers:
        worker.stop()


def a_repeated_command_gets_its_reply_again(setting):
    """Word for word, but for `replayed`; and a changed one under its id gets none."""
    mall = Mall(setting)
    worker = mall.work()
    order = mall.command()
    mall.ask(mall.shop, order)
    wrong = place_order(declared_total="4.00")
    cases = [order, mall.command(wrong), mall.cancel(new_id()),
             mall.cancel(order.stream).add("ce_expectedversion", "7"), mall.cancel(order.stream)]
    for command in cases[1:]:
        mall.send(mall.shop, command)
    first = [found[0] for found in mall.replies_to(*cases)]
    equal([(r["outcome"], r.get("code"), r.get("field")) for r in first],
          [ACCEPTED, ("rejected", "total_mismatch", "declared_total"),
           ("rejected", "not_found", None), ("conflict", "version_conflict", None), ACCEPTED],
          "first replies")
    for command in cases:
        mall.post(command)
    for before, found in zip(first, mall.replies_to(*cases, count=2)):
        equal(found[1], {**before, "replayed": True}, "the reply to the repetition")
    changed = mall.cancel(order.stream, command_id=cases[4].id)
    changed.value = b'{"reason":"fraud"}'
    mall.send(mall.shop, changed)
    reply = mall.replies_to(changed, count=3)[0][2]
    equal((reply["outcome"], reply["code"], reply["field"]),
          ("invalid", "command_id_reused", "ce_id"), "another body under the same id")
    worker.stop()


def the_verbs_sign_as_a_producer(setting):
    mall = Mall(setting)
    service = mall.service
    worker = mall.work()
    line = json.dumps({"type": "place-order", "stream_id": new_id(), "body": place_order(),
                       "expected_version": "none"}) + "\n"
    words = [service.environment.program("order-command"), "send", "--topic", service.topic,
             "--reply-topic", service.replies, "--producer", "both", "--producer-key",
             mall.both.key_file, "--tenant"]
    done = programs.run([*words, "globex", "-"], service.variables, stdin=line)
    equal((done.code, json.loads(done.out)["outcome"]), (0, "accepted"), f"send ({done.text})")
    done = programs.run([*words, "initech", "-"], service.variables, stdin=line)
    equal((done.code, json.loads(done.out)["code"]), (3, "unknown_tenant"), f"send ({done.text})")
    done = programs.run([*words[:-3], "-"], service.variables, stdin=line)
    equal(done.code, 2, f"a producer without its key ({done.text})")
    tenant = service.database.value("select tenant from store.tenants where name = 'acme'")
    load = service.start_load("generate", "--orders", "200", "--tenant-uuid", tenant,
                              "--producer", "shop", "--producer-key", mall.shop.key_file)
    result = service.finish_load(load)
    equal(service.database.rows("select distinct actor from store.commands order by 1"),
          [["both"], ["shop"]], "senders")
    equal(service.decided(), result["commands"] + 1, "stored commands")
    worker.stop()


def a_command_may_come_wrapped(setting):
    """CloudEvents in structured mode: the same command, signed as it is, answered in JSON."""
    mall = Mall(setting)
    worker = mall.work()
    one = mall.command()
    event = {"specversion": "1.0", "type": dict(one.headers)["ce_type"], "id": one.id,
             "source": "e2e", "subject": one.stream, "expectedversion": 0, "traceparent": TRACE,
             "data": json.loads(one.value)}
    one.headers = [("content-type", "application/cloudevents+json"),
                   ("reply_topic", mall.service.replies)]
    one.value = json.dumps(event).encode()
    equal(mall.outcome(mall.shop, one), ACCEPTED, "a wrapped order")
    record = mall.found[one.id][0]
    equal((replies.header(record, "content-type"), replies.header(record, "traceparent")),
          ("application/json", TRACE), "headers of the reply")
    plain = mall.command(event["data"], command_id=one.id, stream=one.stream)
    mall.send(mall.shop, plain)
    equal(mall.replies_to(plain, count=2)[0][1]["replayed"], True, "the same without its wrapping")
    worker.stop()


def a_tenants_file_is_checked_before_anything_starts(setting):
    mall = Mall(setting, acme={"return-window": "14d"})
    program = mall.service.environment.program("order-command")
    done = programs.run([program, "tenants", "check", mall.file, "--json"], mall.service.variables)
    equal(done.code, 0, f"exit code of tenants check ({done.text})")
    said = json.loads(done.out)
    equal([row["tenant"] for row in said["tenants"]], ["acme", "globex"], "tenants")
    equal(said["tenants"][0]["return_window_us"], 14 * 86400 * 10**6, "return window of acme")
    equal(said["producers"][1], {"producer": "both", "tenants": ["acme", "globex"],
                                 "erasure": False}, "a producer")
    check(mall.both.key.hex() not in done.text, "a key was shown")
    with open(mall.file, "a", encoding="utf-8") as file:
        file.write("colour = red\n")
    lines = mall.file.read_text(encoding="utf-8").count("\n")
    for words in (["tenants", "check", mall.file], None):
        if words:
            done = programs.run([program, *words], mall.service.variables)
            code, text = done.code, done.text
        else:
            worker = mall.service.start_command(tenants=mall.file)
            code, text = worker.wait(), worker.log()
        equal(code, 2, f"exit code with an unknown key ({text})")
        contains(text, f"tenants.ini:{lines}: a producer has no key colour", "what is said")


def without_a_tenants_file_all_is_as_before(setting):
    """One tenant, no producers: a signature is nobody's business, and nobody is written down."""
    mall = Mall(setting)
    worker = mall.service.start_command()
    worker.wait_event("partitions_assigned")
    plain = mall.command()
    mall.post(plain)
    equal([r["outcome"] for r in mall.replies_to(plain)[0]], ["accepted"], "not signed")
    equal(mall.outcome(mall.shop, mall.command(), "globex"), ACCEPTED, "signed")
    equal(mall.service.database.rows(
        "select distinct t.name, coalesce(c.actor, '') from store.commands c"
        " join store.tenants t using (tenant_id)"), [["default", ""]], "tenant and sender")
    worker.stop()


if __name__ == "__main__":
    runner.main(
        tenants_are_kept_apart, a_producer_serves_its_tenants_only,
        what_somebody_else_made_or_changed_is_refused,
        a_record_that_got_into_another_topic_is_refused,
        the_limit_of_one_tenant_leaves_the_other_alone,
        what_is_late_or_from_the_future_is_not_decided, what_is_assumed_of_a_stream_is_checked,
        a_repeated_command_gets_its_reply_again, the_verbs_sign_as_a_producer,
        a_command_may_come_wrapped, a_tenants_file_is_checked_before_anything_starts,
        without_a_tenants_file_all_is_as_before)

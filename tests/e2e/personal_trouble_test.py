#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trouble on the way of personal data: a key broker that is away or is the wrong one, erasures in
between, conflicts, epochs that end, a database that dies."""

import signal
import time
import uuid

from lib import people, runner
from lib.checks import check, contains, equal, fired, wait_for
from lib.orders import CANCEL, Command
from lib.people import Person
from lib.shop import Shop


def commands_wait_for_the_broker(setting):
    """Not running at the start, killed in the middle: commands wait, say so, and none is lost."""
    shop = Shop(setting, partitions=4)
    life = shop.serve()
    sender = shop.sender()
    life.kill()
    command = shop.work()
    persons = [Person() for _ in range(20)]
    early = shop.send(*(people.register(person, sender) for person in persons[:10]))
    command.wait_event("keys_unavailable", count=2)  # at the start, and when it is needed
    equal(shop.decided(), 0, "decided without keys")
    life = shop.serve()
    for one in early:
        equal(shop.reply(one)["outcome"], "accepted", "outcome of a command that had waited")
    command.wait_event("keys_awaited")
    # Killed while commands come.
    later = []
    for number, person in enumerate(persons):
        later += shop.send(people.place(person, sender))
        if number == 5:
            life.kill()
    command.wait_event("keys_unavailable", count=3)
    stock = Command({"reason": "customer"}, CANCEL)
    shop.send(stock)
    life = shop.serve()
    for one in later:
        equal(shop.reply(one)["outcome"], "accepted", "outcome of a command")
    equal(shop.reply(stock)["code"], "not_found", "a command behind them")
    equal(shop.sealed_events(), 30, "events with sealed parts")
    equal(shop.decided(), 31, "stored outcomes")
    shop.dead(0)
    command.stop()
    shop.check_marks(*persons)
    fired(True, "the broker was away at the start and was killed; 30 commands waited")


def a_broker_that_will_never_do(setting):
    """Another user's role, or the vault of another database: it ends and says why."""
    shop, other = Shop(setting), Shop(setting)
    life = shop.serve(roles="erase=0,status=0")
    command = shop.work()
    equal(command.wait(), 6, "exit code without the role")
    contains(command.log(), "role command", "text about the role")
    life.stop()
    shop.serve()
    other.serve()
    command = shop.work(shredder_socket=other.broker.socket)
    shop.send(people.register(Person(), other.sender()))
    equal(command.wait(), 8, "exit code with another database's vault")
    contains(command.log(), "another vault", "text about the vault")
    equal(shop.decided(), 0, "stored outcomes")
    fired(True, "a role that was not given, and a vault of another database")


def a_stop_does_not_wait_for_the_broker(setting):
    """SIGTERM while commands wait for keys; they come again to the next life."""
    shop = Shop(setting)
    life = shop.serve()
    sender = shop.sender()
    life.kill()
    command = shop.work()
    waiting = people.register(Person(), sender)
    shop.send(waiting)
    command.wait_event("keys_unavailable", count=2)
    took = command.stop()
    check(took < 8, f"the stop took {took:.1f} s")
    shop.serve()
    command = shop.work()
    equal(shop.reply(waiting)["outcome"], "accepted", "outcome in the next life")
    command.stop()


def an_erased_customer_stays_erased(setting):
    """Late commands are rejected by name and make no new subject; others do not notice."""
    shop = Shop(setting)
    shop.serve()
    command = shop.work()
    sender = shop.sender()
    ada, bob = Person(), Person()
    order = people.place(ada, sender)
    shop.accepted(people.register(ada, sender), order, people.register(bob, sender))
    with shop.broker.client("erase") as client:
        state = client.erase(uuid.UUID(ada.id))
    equal(state[0], "live", "state of the erasure")
    before = shop.subjects()
    erased = ("rejected", "customer_erased")
    equal(shop.ask(people.change_contact(ada, sender)), erased, "change of an erased contact")
    equal(shop.ask(people.place(ada, sender)), erased, "order of an erased customer")
    equal(shop.ask(people.change_address(ada, order.stream, sender)), erased, "erased address")
    equal(shop.subjects(), before, "people who have keys")
    equal(before[ada.id], "3", "state of the erased subject")
    shop.accepted(people.place(bob, sender), people.change_contact(bob, sender),
                  people.place(ada, personal=False))
    again = people.change_contact(ada, sender)
    equal(shop.ask(again), erased, "once")
    equal(shop.ask(again), erased, "and again")
    command.stop()
    shop.check_marks(ada, bob)


def a_process_that_is_stopped_holds_nothing_up(setting):
    """An erasure waits for its leases to run out, and no longer; afterwards it can do no harm."""
    shop = Shop(setting)
    shop.serve(lease_seconds=2)
    command = shop.work()
    sender = shop.sender()
    ada, bob = Person(), Person()
    shop.accepted(people.register(ada, sender), people.register(bob, sender))
    command.send(signal.SIGSTOP)
    late = shop.send(people.place(ada, sender), people.place(bob, sender))
    with shop.broker.client("erase") as client:
        began = time.monotonic()
        state = client.erase(uuid.UUID(ada.id))
        took = time.monotonic() - began
    equal((state[0], state[5]), ("live", 1), "state of the erasure and holders that said nothing")
    command.send(signal.SIGCONT)
    equal(shop.reply(late[0])["code"], "customer_erased", "outcome for the erased person")
    equal(shop.reply(late[1])["outcome"], "accepted", "outcome for somebody else")
    equal(shop.sealed_events(), 3, "events with sealed parts")
    command.stop()
    fired(took > 1, f"order-command was stopped; the erasure took {took:.1f} s")


def erasures_under_load(setting):
    """Customers are erased one by one while commands run: everybody else is served, every command
    has one outcome, and nothing of an erased person is sealed after the fence."""
    shop = Shop(setting, partitions=4)
    shop.serve()
    command = shop.work()
    sender = shop.sender()
    persons = [Person() for _ in range(40)]
    shop.accepted(*(people.register(person, sender) for person in persons))
    victims, sent = persons[:8], []
    with shop.broker.client("erase") as client:
        for victim in victims:
            for person in persons:
                sent += [(person, *shop.send(people.place(person, sender)))]
            client.erase(uuid.UUID(victim.id))
            fence = shop.database.number("select fence from erasure.fence")
            position = shop.head()
            sent += [(victim, *shop.send(people.place(victim, sender)))]
            victim.erased_at = (fence, position)
    for person, one in sent:
        found = shop.reply(one)
        if person in victims:
            check(found["outcome"] == "accepted"
                  or found.get("code") in ("customer_erased", "erasure_pending"),
                  f"outcome for an erased person: {found}")
        else:
            equal(found["outcome"], "accepted", "outcome for somebody else")
    for victim in victims:
        late = shop.database.number(
            "select count(*) from store.events where sealed is not null and position > "
            f"{victim.erased_at[1]} and stream_id in (select stream_id from store.events e where"
            f" position(decode('{uuid.UUID(victim.id).hex}', 'hex') in e.payload) > 0)")
        equal(late, 0, "events sealed for somebody after their erasure")
    command.stop()
    fenced = command.events("commands")
    fired(shop.database.number("select fence from erasure.fence") == len(victims),
          f"{len(victims)} erasures among {len(sent)} orders; rounds decided again: "
          f"{sum(line['fenced'] for line in fenced)}")
    shop.check_marks(*persons)


def no_nonce_comes_twice(setting):
    """Two groups decide the same commands: one of them always loses, and seals again."""
    shop = Shop(setting, partitions=2)
    shop.serve()
    sender = shop.sender()
    persons = [Person() for _ in range(20)]
    first = shop.work("first")
    second = shop.work("second", group=f"{shop.group}-2")
    orders = [people.place(person, sender) for person in persons]
    changes = [people.change_address(person, order.stream, sender)
               for _ in range(10) for person, order in zip(persons, orders)]
    commands = [*(people.register(person, sender) for person in persons), *orders, *changes]
    shop.send(*commands)
    for one in commands:
        equal(shop.reply(one)["outcome"], "accepted", "first answer")
        equal(shop.reply(one)["outcome"], "accepted", "answer of the other group")
    first.stop()
    second.stop()
    lines = [*first.events("commands"), *second.events("commands")]
    lost = sum(line["conflicts"] for line in lines)
    sealed = sum(line["sealed_events"] for line in lines)
    rows = shop.database.rows("select encode(sealed, 'hex') from store.events")
    nonces = [nonce for row in rows for nonce in nonces_of(bytes.fromhex(row[0]))]
    equal(len(set(nonces)), len(nonces), "different nonces")
    equal(shop.decided(), len(commands), "stored outcomes")
    fired(lost > 0, f"{lost} groups were decided again; {sealed} events sealed, "
                    f"{len(nonces)} nonces, none of them twice")


def nonces_of(sealed):
    """Bytes 12 to 36 of each envelope; an envelope begins with 01 01 00 01."""
    found, at = [], sealed.find(b"\1\1\0\1")
    while at >= 0:
        found.append(sealed[at + 12:at + 36])
        at = sealed.find(b"\1\1\0\1", at + 132)
    return found


def an_epoch_ends_when_all_partitions_have_passed(setting):
    """Idle partitions too. Its boxes are refused then, but who was answered is answered again."""
    shop = Shop(setting, partitions=3)
    life = shop.serve()
    command, second = shop.work(), shop.work("second")
    for worker in (command, second):
        wait_for("each has partitions", lambda w=worker: any(
            0 < line["partitions"] < 3 for line in w.events("partitions_assigned")))
    persons = [Person() for _ in range(6)]
    old = shop.sender()
    commands = [people.register(person, old) for person in persons]
    shop.accepted(*commands)
    with shop.broker.client("erase") as client:
        number, _ = client.rotate_epoch()
    equal(number, old.epoch + 1, "number of the next epoch")
    overlap = people.place(persons[0], old)  # a sender that is a little behind
    shop.accepted(overlap)
    wait_for("one of the two says that the epoch is over",
             lambda: command.events("epochs_over") or second.events("epochs_over"))
    life.wait_event("epochs_destroyed")
    equal(shop.database.rows("select distinct passed_to from erasure.epoch_progress"),
          [[str(number)]], "how far the partitions are")
    equal(shop.database.number("select count(*) from erasure.epoch_progress"), 3, "partitions")
    # A worker may still hold the key for a moment: nobody waits for it, as nothing depends on it.
    wait_for("both have heard of it", lambda: [
        shop.ask(people.place(person, old)) for person in persons].count(
            ("invalid", "unknown_epoch")) == len(persons))
    late = people.place(persons[1], old)
    equal(shop.ask(late), ("invalid", "unknown_epoch"), "sealed to an epoch that is over")
    resealed = people.place(persons[1], shop.sender(number), stream=late.stream,
                            command_id=late.id)
    shop.accepted(resealed)
    command.stop()
    second.stop()
    # The whole topic again: nothing can be opened, and everything is answered as before.
    events = shop.sealed_events()
    again = shop.work("again", group=f"{shop.group}-again")
    for one in (*commands, overlap):
        found = shop.reply(one)
        equal((found["outcome"], found["replayed"]), ("accepted", True), "answer of before")
    equal(shop.reply(late)["replayed"], True, "the later try was accepted under the same id")
    equal(shop.sealed_events(), events, "sealed events")
    again.stop()
    fired(True, f"epoch {old.epoch} is destroyed")


def postgres_away_with_opened_boxes(setting):
    """PostgreSQL dies under sealed commands: they are looked up, opened again, and decided once."""
    servers = setting.instance("personal")
    shop = Shop(setting, partitions=2, servers=servers.environment)
    shop.serve()
    command = shop.work()
    sender = shop.sender()
    persons = [Person() for _ in range(30)]
    shop.accepted(people.register(persons[0], sender))
    sent = []
    for number, person in enumerate(persons):
        sent += shop.send(people.place(person, sender))
        if number == 10:
            servers.act("postgres-kill")
    command.wait_event("keys_unavailable")  # the broker needs PostgreSQL too
    began = time.monotonic()
    servers.act("postgres-start")
    for one in sent:
        equal(shop.reply(one)["outcome"], "accepted", "outcome")
    equal(shop.sealed_events(), 31, "sealed events")
    command.stop()
    check(len(command.events("keys_unavailable")) < 10, "the log is not flooded")
    fired(True, f"PostgreSQL was killed; {time.monotonic() - began:.1f} s later all was decided")


if __name__ == "__main__":
    runner.main(commands_wait_for_the_broker, a_broker_that_will_never_do,
                a_stop_does_not_wait_for_the_broker, an_erased_customer_stays_erased,
                a_process_that_is_stopped_holds_nothing_up, erasures_under_load,
                no_nonce_comes_twice, an_epoch_ends_when_all_partitions_have_passed,
                postgres_away_with_opened_boxes)

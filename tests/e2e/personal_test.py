#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Commands with personal data on their way through order-command, with a real key broker: boxes that
open and boxes that do not, a broker that is away, erasures in between, epochs that end. The marks in
everybody's data are searched for wherever they could be left."""

import json
import time
import uuid

from lib import people, programs, runner
from lib.boxes import Sender, epoch_of
from lib.broker import Broker
from lib.checks import check, contains, equal, fired, wait_for
from lib.kafka import Reader
from lib.orders import CANCEL, Command, new_id
from lib.people import Person
from lib.replies import caused_by, header, read
from lib.service import Service

GRACE = 1  # seconds that senders have for a new epoch


class ShopBroker(Broker):
    """On the servers of its database, which may be the test's own."""

    def variables(self, **more):
        clean = {name: None for name in ("ORDER_VAULT", "ORDER_VAULT_HOLDERS",
                                         "ORDER_SHREDDER_SOCKET", "ORDER_SHREDDER_ROLES",
                                         "ORDER_BROKERS")}
        return self.database.environment.changed(**{**clean, **more})


class Shop(Service):
    """A service with a key broker of its own."""

    def __init__(self, setting, partitions=1, servers=None):
        super().__init__(setting, servers=servers, partitions=partitions)
        self.epochs = self.topic.replace("commands", "epochs")
        self.kafka.create_topics({self.epochs: 1})
        self.broker = ShopBroker(
            setting, self.database, setting.unique("broker")).init()
        self.answers = Reader(self.kafka, self.replies, partitions)
        self.found = {}
        self.senders = {}

    def serve(self, **more):
        return self.broker.serve(
            "--brokers", self.environment.brokers, "--epoch-topic", self.epochs, **more)

    def work(self, name="command", **more):
        options = {"shredder_socket": self.broker.socket, "allow_unlocked": True,
                   "epoch_grace": GRACE, **more}
        return self.start_command(name, **options)

    def sender(self, epoch=None):
        """One per epoch; the newest unless it is said which."""
        number, key = epoch_of(self, self.epochs, epoch)
        return self.senders.setdefault(number, Sender((number, key)))

    def send(self, *commands):
        """Sends commands that want a reply. Returns them."""
        for command in commands:
            if header_of(command, "reply_topic") is None:
                command.add("reply_topic", self.replies)
            partition = sum(command.key) % self.partitions
            self.kafka.send(self.topic, command.key, command.value, command.headers, partition)
        return commands

    def reply(self, command, seconds=60):
        """The reply to a command, as a dict; each can be asked for once."""
        def probe():
            for record in [] if self.found.get(command.id) else self.answers.poll(50):
                self.found.setdefault(caused_by(record), []).append(read(record))
            return self.found.get(command.id)
        return wait_for(f"reply to {command.id}", probe, seconds).pop(0)

    def ask(self, command):
        """Sends one command; (outcome, code)."""
        self.send(command)
        found = self.reply(command)
        return found["outcome"], found.get("code")

    def accepted(self, *commands):
        for command in commands:
            equal(self.ask(command), ("accepted", None), f"outcome of {command.value[:80]}")

    def dead(self, count):
        """All dead letters there are, `count` of them."""
        records = Reader(self.kafka, self.dead_letters).to_end()
        equal(len(records), count, "dead letters")
        return records

    def sealed_events(self):
        return self.database.number("select count(*) from store.events where sealed is not null")

    def subjects(self):
        """Subject: state."""
        return dict(self.database.rows("select subject_id, state from erasure.subjects"))

    def check_marks(self, *persons):
        """Nobody's data is in the topics, in the database, or in what the programs said."""
        places = {}
        for topic in (self.replies, self.dead_letters, self.epochs, self.topic):
            count = self.partitions if topic in (self.topic, self.replies) else 1
            data = b"".join(
                b"".join((record.key or b"", record.value or b"",
                          *(name + value for name, value in record.headers)))
                for record in Reader(self.kafka, topic, count).to_end())
            places[topic] = data
        rows = self.database.rows(
            "select encode(payload, 'hex'), encode(coalesce(sealed, ''), 'hex') from store.events")
        places["store.events"] = b"".join(bytes.fromhex(part) for row in rows for part in row)
        for program in self.setting.programs:
            places[program.log_path] = program.log().encode()
        for person in persons:
            for place, data in places.items():
                check(person.mark.encode() not in data, f"{person.mark} is in {place}")


def header_of(command, name):
    return dict(command.headers).get(name)


def boxes_are_opened_and_sealed_anew(setting):
    """Customer, contact, order and address come in boxes and end in envelopes."""
    shop = Shop(setting)
    shop.serve()
    command = shop.work()
    projector = shop.start_projector()
    ada, sender = Person(), shop.sender()
    order = people.place(ada, sender)
    plain = people.place(ada, personal=False)
    shop.accepted(people.register(ada, sender), order, people.change_contact(ada, sender),
                  people.change_address(ada, order.stream, sender), plain)
    equal(shop.sealed_events(), 4, "events with sealed parts")
    classes = shop.database.rows(
        "select type, length(sealed) from store.events where sealed is not null order by position")
    equal([row[0] for row in classes], ["CustomerRegistered", "OrderPlaced",
          "CustomerContactChanged", "ShippingAddressChanged"], "types of sealed events")
    equal(shop.subjects(), {ada.id: "1"}, "people who have keys")
    shop.wait_projected()
    shop.dead(0)
    # The same again: found, not decided; and in another box, as its content is clear.
    again = people.place(ada, shop.sender(), stream=order.stream, command_id=order.id)
    body = json.loads(order.value)
    again.value = json.dumps({**body, "sealed": json.loads(again.value)["sealed"]}).encode()
    shop.send(again)
    found = shop.reply(again)
    equal((found["outcome"], found["replayed"]), ("accepted", True), "the same in another box")
    equal(shop.sealed_events(), 4, "events with sealed parts after a repetition")
    command.stop()
    projector.stop()
    said = command.events("commands")[-1]
    equal((said["boxes"], said["plain"], said["sealed_events"]), (5, 0, 4), "counts of the report")
    shop.check_marks(ada)


def the_command_line_seals(setting):
    """order-command send reads the epoch from its topic, or from a file; --plain does not."""
    shop = Shop(setting)
    shop.serve()
    command = shop.work()
    ada = Person()
    line = json.dumps({"type": "register-customer", "stream_id": ada.id, "body": {
        "region": "eu-west", "contact": ada.contact()}})

    def send(*more):
        return programs.run(
            [shop.environment.program("order-command"), "send", "--brokers",
             shop.environment.brokers, "--topic", shop.topic, "--reply-topic", shop.replies,
             "--epoch-topic", shop.epochs, *more, "-"],
            shop.environment.changed(ORDER_VAULT_KEY=None), stdin=line + "\n")
    shop.sender()
    record = Reader(shop.kafka, shop.epochs, 1).to_end()[-1].value
    file = setting.folder / "epoch.json"
    file.write_bytes(record)
    key = shop.broker.vault / "signing.pub"
    done = send("--vault-key", key)
    equal(done.code, 0, f"exit code of send ({done.text})")
    equal(json.loads(done.out)["outcome"], "accepted", "outcome of what send has sealed")
    done = send("--epoch-file", file, "--vault-key", key)
    equal((done.code, json.loads(done.out)["code"]), (3, "already_exists"), "sealed from a file")
    file.write_bytes(record.replace(b'"epoch":1', b'"epoch":2'))
    done = send("--epoch-file", file)
    equal(done.code, 8, f"exit code with an epoch that is not signed ({done.text})")
    key_of_another = setting.folder / "other.pub"
    key_of_another.write_bytes(b"7" * 64)
    equal(send("--vault-key", key_of_another).code, 8, "exit code with another vault's key")
    done = send("--plain")
    equal((done.code, json.loads(done.out)["code"]), (3, "plain_personal_data"), "sent in plain")
    done = programs.run(
        [shop.environment.program("order-command"), "validate", "-"],
        shop.environment.changed(ORDER_BROKERS=None), stdin=line + "\n")
    equal(done.code, 0, f"exit code of validate ({done.text})")
    command.stop()


def boxes_that_do_not_open(setting):
    """Changed, moved to another command, of an unknown epoch, with something else in them: invalid, and
    in the dead letters as they came."""
    shop = Shop(setting)
    shop.serve()
    command = shop.work()
    ada, sender = Person(), shop.sender()
    good = people.register(ada, sender)
    changed = people.register(ada, sender)
    body = json.loads(changed.value)
    box = body["sealed"]["box"]
    body["sealed"]["box"] = box[:80] + ("A" if box[80] != "A" else "B") + box[81:]
    changed.value = json.dumps(body).encode()
    moved = Command(json.loads(good.value), people.REGISTER, ada.id)
    stranger = Sender((sender.epoch, bytes(31) + b"\1"))
    key = epoch_of(shop, shop.epochs)[1]
    unknown = [people.register(ada, Sender((number, key)))
               for number in (0, sender.epoch + 1000, 2**32 + sender.epoch, 2**63 - 1)]
    other = people.register(ada, stranger)
    other_id, short_id = new_id(), new_id()
    odd = Command({"region": "eu-west", "sealed": sender.seal(other_id, {
        "contact": ada.contact(), "region": "eu-east"})}, people.REGISTER, ada.id, other_id)
    short = Command({"region": "eu-west", "sealed": sender.spell(b"x" * 40)}, people.REGISTER,
                    ada.id, short_id)
    both = Command({**json.loads(good.value), "contact": ada.contact()}, people.REGISTER, ada.id)
    wanted = [(changed, "sealed_box"), (moved, "sealed_box"), (other, "sealed_box"),
              (odd, "bad_field"), (short, "sealed_box"), (both, "bad_field"),
              *((case, "unknown_epoch") for case in unknown)]
    for case, code in wanted:
        equal(shop.ask(case), ("invalid", code), "outcome of a bad box")
    shop.accepted(good)
    letters = {header(record, "ce_id"): record for record in shop.dead(len(wanted))}
    for case, code in wanted:
        record = letters[case.id]
        equal(header(record, "dead_letter_reason"), code, "reason of a dead letter")
        kept = case is not both
        equal(record.value or b"", case.value if kept else b"", f"body of a dead letter: {code}")
        equal(header(record, "dead_letter_body"), None if kept else "withheld", "dead_letter_body")
    equal(shop.decided(), 1, "stored outcomes")
    equal(shop.database.number("select count(*) from erasure.subjects"), 1, "people with keys")
    command.stop()
    fired(True, f"{len(wanted)} boxes did not open")


def plain_data_is_refused_or_counted(setting):
    """never: invalid, nothing kept. count: taken, sealed, and said in the report."""
    shop = Shop(setting)
    shop.serve()
    command = shop.work()
    ada, bob = Person(), Person()
    equal(shop.ask(people.register(ada)), ("invalid", "plain_personal_data"), "plain, never")
    letter = shop.dead(1)[0]
    equal(letter.value or b"", b"", "body of a dead letter")
    equal(header(letter, "dead_letter_body"), "withheld", "dead_letter_body")
    check(int(header(letter, "dead_letter_size")) > 100, "dead_letter_size")
    check(ada.mark.encode() not in b"".join(v for _, v in letter.headers), "mark in a header")
    equal(shop.decided(), 0, "stored outcomes")
    command.stop()
    command = shop.work(accept_plain="count")
    shop.accepted(people.register(bob), people.place(bob, shop.sender()))
    equal(shop.sealed_events(), 2, "events with sealed parts")
    command.stop()
    said = command.events("commands")[-1]
    equal((said["boxes"], said["plain"]), (1, 1), "counts of the report")
    text = shop.database.value("select string_agg(encode(payload, 'escape'), '') from store.events")
    check(bob.mark not in text, "what came in plain is sealed in the store")


def without_a_broker_nothing_personal_is_taken(setting):
    """No socket configured: refused at once, orders without personal data go on."""
    shop = Shop(setting)
    command = shop.start_command(
        variables=shop.environment.changed(ORDER_SHREDDER_SOCKET=None))
    ada = Person()
    sender = Sender((1, b"\x09" + bytes(31)))
    equal(shop.ask(people.register(ada, sender)), ("invalid", "not_permitted"), "sealed")
    equal(shop.ask(people.register(ada)), ("invalid", "not_permitted"), "plain")
    shop.accepted(people.place(ada, personal=False))
    bodies = [bool(record.value) for record in shop.dead(2)]
    equal(bodies, [True, False], "bodies in the dead letters")
    command.stop()


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


def erasures_under_load(setting):
    """Customers are erased one by one while commands run: everybody else is served, every command has
    one outcome, and nothing of an erased person is sealed after the fence."""
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
    """Idle partitions too. Afterwards its boxes are refused, but who was answered is answered again."""
    shop = Shop(setting, partitions=3)
    life = shop.serve()
    command = shop.work()
    persons = [Person() for _ in range(6)]
    old = shop.sender()
    commands = [people.register(person, old) for person in persons]
    shop.accepted(*commands)
    with shop.broker.client("erase") as client:
        number, _ = client.rotate_epoch()
    equal(number, old.epoch + 1, "number of the next epoch")
    overlap = people.place(persons[0], old)  # a sender that is a little behind
    shop.accepted(overlap)
    command.wait_event("epochs_over")
    life.wait_event("epochs_destroyed")
    equal(shop.database.rows("select distinct passed_to from erasure.epoch_progress"),
          [[str(number)]], "how far the partitions are")
    equal(shop.database.number("select count(*) from erasure.epoch_progress"), 3, "partitions")
    late = people.place(persons[1], old)
    equal(shop.ask(late), ("invalid", "unknown_epoch"), "sealed to an epoch that is over")
    resealed = people.place(persons[1], shop.sender(number), stream=late.stream,
                            command_id=late.id)
    shop.accepted(resealed)
    command.stop()
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
    runner.main(boxes_are_opened_and_sealed_anew, the_command_line_seals, boxes_that_do_not_open,
                plain_data_is_refused_or_counted, without_a_broker_nothing_personal_is_taken,
                commands_wait_for_the_broker, a_broker_that_will_never_do, a_stop_does_not_wait_for_the_broker,
                an_erased_customer_stays_erased, erasures_under_load, no_nonce_comes_twice,
                an_epoch_ends_when_all_partitions_have_passed, postgres_away_with_opened_boxes)

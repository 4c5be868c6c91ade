#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Commands with personal data on their way through order-command, with a real key broker: boxes
that open and boxes that do not. Everybody's data has marks that are searched for everywhere."""

import json

from lib import people, programs, runner
from lib.boxes import Sender, epoch_of
from lib.checks import check, equal, fired
from lib.kafka import Reader
from lib.orders import Command, new_id
from lib.people import Person
from lib.replies import header
from lib.shop import Shop


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
    """Changed, moved to another command, of an unknown epoch, with something else in them: invalid,
    and in the dead letters as they came."""
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
    equal(shop.ask(people.register(ada, sender)), ("denied", "not_permitted"), "sealed")
    equal(shop.ask(people.register(ada)), ("denied", "not_permitted"), "plain")
    shop.accepted(people.place(ada, personal=False))
    bodies = [bool(record.value) for record in shop.dead(2)]
    equal(bodies, [True, False], "bodies in the dead letters")
    command.stop()


if __name__ == "__main__":
    runner.main(boxes_are_opened_and_sealed_anew, the_command_line_seals, boxes_that_do_not_open,
                plain_data_is_refused_or_counted, without_a_broker_nothing_personal_is_taken)

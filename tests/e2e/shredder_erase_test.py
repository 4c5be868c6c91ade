#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Erasures: every step, every interruption, everybody who holds a key or waits."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import uuid

from lib import memory, runner
from lib.broker import (
    CONTACT, DELIVERY, EPOCH_TREE, ERASED, ERASING, INVOICE, LIVE, PAYMENT, UNKNOWN, Gone, leaf_wish)
from lib.checks import Skipped, check, contains, equal, fired, wait_for
from lib.envelopes import append_contact
from lib.kafka import Kafka, Reader
from lib.shredding import new_broker, refused, subjects
from lib.sodium import is_signed

STEPS = ("recorded", "refused", "fenced", "called_back", "drained", "punctured", "vault_recorded",
         "punctured_recorded", "live", "rotated", "pushed")
ALL = (CONTACT, DELIVERY, INVOICE, PAYMENT)

# A lease holder in a process of its own, so that it can be stopped.
HOLDER = """
import sys, uuid
sys.path.insert(0, sys.argv[1])
from lib.broker import Client
client = Client(sys.argv[2], "command", "holder")
client.lease(uuid.UUID(sys.argv[3]))
print("leased", flush=True)
client.ack(client.wait_revoke()[0])
print("wiped", flush=True)
client.wait_revoke()
"""


def state_of(client, subject, number=CONTACT):
    return client.lease(subject, classes=(number,))[0][0]


# ---- the whole way ----

def an_erasure_from_end_to_end(setting):
    """Fence, call back, destroy; the others keep their keys; what was erased is never given again."""
    broker = new_broker(setting)
    program = broker.serve()
    one, other = subjects(2)
    client = broker.client()
    before = client.lease(one, other, classes=ALL)
    eraser = broker.client("erase")
    sequence = eraser.begin_erase([one])
    number, fence, state, spans = client.wait_revoke()
    first = before[0][1]
    equal((fence, state, spans), (1, ERASING, [(*first, 8)]), "what is called back")
    equal(state_of(client, one), ERASING, "state while others may still hold keys")
    client.ack(number)
    states = []
    while not states or states[-1][0] != "live":
        states.append(eraser.erase_state(sequence))
    equal(states[-1][2:], (1, 1, 1, 0), "holders with it, holders, leases wiped, expired")
    equal(client.lease(one, classes=ALL), [(ERASED, leaf, bytes(32)) for _, leaf, _ in before[:4]],
          "leases of the erased")
    equal(client.lease(other, classes=ALL), before[4:], "leases of the other")
    number, current = client.epoch()[0], broker.client("status").epoch()[0]
    equal((number, current), (2, 2), "the epoch has changed")
    client.retire_epoch(1)
    equal(eraser.erase_state(sequence)[0], "final", "state")
    client.close()
    program.kill()
    broker.serve(lease_seconds=1)
    equal(state_of(broker.client(), one), ERASED, "state after a restart")
    equal(broker.database.rows("select state, erased_classes from erasure.subjects"
                               f" where subject_id = '{one}'"), [["3", "255"]], "row")
    rows = broker.requests()
    equal([row["state"] for row in rows], ["6"], "states of requests")
    audit = broker.database.rows("select act, target from ops.audit")
    equal([row[0] for row in audit], ["erase"], "audit")
    contains(audit[0][1], rows[0]["request_id"], "audit")


def classes_go_one_by_one(setting):
    """Contact and delivery go, the invoice stays until it is erased as well."""
    broker = new_broker(setting)
    broker.serve()
    one = uuid.uuid4()
    with broker.client() as client:
        before = client.lease(one, classes=ALL)
    done = broker.ask("erase", "--class", "contact,delivery", "--json", str(one))
    equal((done.code, json.loads(done.out)["state"]), (0, "live"), "exit code and state")
    with broker.client() as client:
        leases = client.lease(one, classes=ALL)
        equal([state for state, _, _ in leases], [ERASED, ERASED, LIVE, LIVE], "states")
        equal(leases[2:], before[2:], "keys that stay")
    equal(broker.database.rows("select state, erased_classes from erasure.subjects"), [["1", "3"]],
          "row after two classes")
    done = broker.ask("erase", "--class", "nonsense", str(one))
    equal(done.code, 2, f"exit code of a class that is none ({done.text})")
    broker.client("erase").erase(one)
    states = [state for state, _, _ in broker.client().lease(one, classes=ALL)]
    equal(states, [ERASED] * 4, "states")
    equal(broker.database.rows("select state, erased_classes from erasure.subjects"),
          [["3", "255"]], "row after all")


def twice_and_unknown(setting):
    """Erasing again is fine and changes nothing; what was never sealed is not found; an id is one
    request's."""
    broker = new_broker(setting)
    broker.serve()
    one, other = subjects(2)
    with broker.client() as client:
        client.lease(one, other)
    request = uuid.uuid4()
    words = ("erase", "--request", str(request), "--json", str(one))
    first = json.loads(broker.ask(*words).out)
    again = json.loads(broker.ask(*words).out)
    equal((again["state"], again["generation"]), (first["state"], first["generation"]), "again")
    generation = broker.client("status").generation
    done = broker.ask("erase", "--json", str(one))
    equal((done.code, json.loads(done.out)["state"]), (0, "live"), "another request for the same")
    equal(broker.client("status").generation, generation, "generation of the vault")
    equal(len(broker.requests()), 2, "requests")
    text = refused("right", broker.client("erase").erase, other, classes=1, request=request)
    contains(text, "another request", "refusal")
    stranger = uuid.uuid4()
    done = broker.ask("erase", str(stranger), str(other))
    equal(done.code, 3, f"exit code for an unknown subject ({done.text})")
    contains(done.out, "nothing was done", "what it says")
    equal(state_of(broker.client(), other), LIVE, "the known one beside the unknown")
    equal(broker.client().lease(stranger, allocate=False)[0][0], UNKNOWN, "the unknown one")
    done = broker.ask("erase", "not-an-id")
    equal(done.code, 2, f"exit code for what is no id ({done.text})")
    equal(broker.ask("erase", str(other), "--tenant", str(uuid.uuid4())).code, 6, "exit code, tenant")


# ---- interrupted ----

def killed_at_every_step(setting):
    """The broker dies at each step of an erasure. The next life finishes it by itself; from the
    moment the request is recorded no life gives the key again."""
    broker = new_broker(setting)
    with open(broker.program(), "rb") as file:
        if b"ORDER_SHREDDER_STOP_AT" not in file.read():
            raise Skipped("this build of order-shredder cannot be stopped at a step: a release")
    broker.serve().stop()
    for step in STEPS:
        one = uuid.uuid4()
        program = broker.serve(stop_at=step, lease_seconds=1)
        client = broker.client()
        client.lease(one, classes=ALL)
        try:
            broker.client("erase").begin_erase([one])
            client.ack(client.wait_revoke()[0])
        except (Gone, BrokenPipeError):
            pass
        equal(program.wait(), -signal.SIGKILL, f"exit code of the broker, killed at {step}")
        broker.serve(lease_seconds=1)
        with broker.client() as client:
            wait_for(f"the erasure killed at {step} is live", lambda c=client, s=one: lives_on(
                broker, c, s))
            equal([state for state, _, _ in client.lease(one, classes=ALL)], [ERASED] * 4,
                  f"states after {step}")
        broker.setting.programs[-1].stop()
    fired(broker.lives == 2 * len(STEPS) + 1, f"killed at {len(STEPS)} steps")
    program = broker.serve(stop_at="final", lease_seconds=1)
    retire_all(broker)
    equal(program.wait(), -signal.SIGKILL, "exit code of the broker, killed at final")
    broker.serve(lease_seconds=1)
    retire_all(broker)
    broker.wait_final(len(STEPS))
    equal({row["state"] for row in broker.requests()}, {"6"}, "states of requests")


def lives_on(broker, client, subject):
    """Whether its erasure is live; its key is not given meanwhile."""
    check(state_of(client, subject) in (ERASED, ERASING), "a key is given after its erasure began")
    return broker.database.number("select count(*) from erasure.requests where state < 5") == 0


def retire_all(broker):
    client = broker.client()
    try:
        client.retire_epoch(client.epoch()[0])
    except Gone:
        pass


def a_life_that_lent_and_died(setting):
    """Leases of a broker that was killed are unknown: no erasure is live before they have run out."""
    broker = new_broker(setting)
    program = broker.serve(lease_seconds=4)
    one = uuid.uuid4()
    broker.client().lease(one)
    program.kill()
    began = time.monotonic()
    program = broker.serve(lease_seconds=1)
    equal(program.wait_event("leases_unknown")["seconds"], 4, "time to live of the earlier life")
    broker.client("erase").erase(one)
    check(time.monotonic() - began >= 4, "live before the earlier leases have run out")


# ---- holders of keys ----

def a_holder_that_is_stopped(setting):
    """SIGSTOP: its lease has to run out, that is recorded, and others need not wait with it."""
    broker = new_broker(setting)
    broker.serve(lease_seconds=3)
    one, other = subjects(2)
    with subprocess.Popen(
            [sys.executable, "-B", "-c", HOLDER, os.path.dirname(os.path.abspath(__file__)),
             str(broker.socket), str(one)], stdout=subprocess.PIPE, text=True) as holder:
        setting.stack.callback(holder.kill)
        equal(holder.stdout.readline(), "leased\n", "first line of the holder")
        os.kill(holder.pid, signal.SIGSTOP)
        with broker.client() as client:
            client.lease(other)
        began = time.monotonic()
        eraser = broker.client("erase")
        sequence = eraser.begin_erase([one])
        broker.client("erase").erase(other)
        fast = time.monotonic() - began
        while True:
            state = eraser.erase_state(sequence)
            if state[0] == "live":
                break
        took = time.monotonic() - began
        fired(took > 2 and state[4:] == (0, 1), f"a stopped holder: {took:.1f} s, {state}")
        check(fast < took, f"another erasure waited too: {fast:.1f} s")
        equal([row["expired"] for row in broker.requests() if row["subject_id"] == str(one)], ["1"],
              "recorded as expired")
        os.kill(holder.pid, signal.SIGCONT)
        equal(holder.stdout.readline(), "wiped\n", "next line of the holder")
        holder.kill()


def one_of_two_does_not_answer(setting):
    broker = new_broker(setting)
    broker.serve(lease_seconds=2)
    one = uuid.uuid4()
    with broker.clients("command", "reveal", "command", "status") as (good, mute, leaving, idle):
        good.lease(one)
        mute.lease(one, allocate=False)
        leaving.lease(one)
        eraser = broker.client("erase")
        sequence = eraser.begin_erase([one])
        leaving.wait_revoke()
        leaving.close()
        good.ack(good.wait_revoke()[0])
        equal(idle.wait_revoke()[1], 1, "the fence, for who holds nothing")
        equal(eraser.wait_erased(sequence)[4:], (2, 1), "wiped and expired")


def an_answer_about_others_frees_nobody(setting):
    """A holder acknowledges one call back while another erasure is refused but not called back yet: it
    is waited for all the same."""
    broker = new_broker(setting)
    broker.serve()
    one, other = subjects(2)
    right = "execute on function erasure.raise_fence"
    waiting = "select count(*) from erasure.requests where state = 1"
    with broker.client() as holder:
        holder.lease(one, other)
        first, second = broker.client("erase"), broker.client("erase")
        begun = first.begin_erase([one])
        number = holder.wait_revoke()[0]
        broker.database.rows(f"revoke {right} from order_shredder")  # nobody can be fenced
        later = second.begin_erase([other])
        wait_for("the second is recorded", lambda: broker.database.number(waiting) == 1)
        holder.ack(number)
        equal(first.wait_erased(begun)[0], "live", "state of the first")
        equal(broker.database.number(waiting), 1, "requests that are not fenced")
        broker.database.rows(f"grant {right} to order_shredder")
        holder.ack(holder.wait_revoke()[0])
        equal(second.wait_erased(later)[4:], (1, 0), "wiped and expired")


def ten_thousand_at_once(setting):
    """One request, one fence, one generation of the vault; everybody else is untouched."""
    broker = new_broker(setting)
    program = broker.serve()
    everybody = subjects(20000)
    people, others = everybody[::2], everybody[1::2]  # leaves are given out in this order
    with broker.client() as client:
        for first in range(0, len(everybody), 250):
            client.lease(*everybody[first:first + 250])
        generation = broker.client("status").generation
        eraser = broker.client("erase")
        sequence = eraser.begin_erase(people)
        spans, fences = [], []
        while len(spans) < 10000:
            number, fence, _, some = client.wait_revoke()
            spans += some
            fences.append(fence)
            client.ack(number)
        equal(fences, [0] * (len(fences) - 1) + [1], "the fence comes with the last call back")
        equal(len(set(spans)), 10000, "subjects called back")
        equal(eraser.wait_erased(sequence)[0], "live", "state of the request")
        took = program.wait_event("erased_live")["ms"]
        equal({state for state, _, _ in client.lease(*people[:250])}, {ERASED}, "of the erased")
        equal({state for state, _, _ in client.lease(*others[:250])}, {LIVE}, "of the others")
    equal({row["generation"] for row in broker.requests()}, {str(generation + 1)}, "generations")
    found = broker.database.rows("select state, count(*) from erasure.subjects group by 1 order by 1")
    equal(found, [["1", "10000"], ["3", "10000"]], "rows")
    print(f"    10,000 erasures: live after {took} ms", flush=True)


def no_key_stays_in_memory(setting):
    """After an erasure neither its keys nor addresses are anywhere in the broker's memory."""
    broker = new_broker(setting)
    program = broker.serve()
    one, other = subjects(2)
    client = broker.client()
    leases = client.lease(one, other, classes=ALL)
    append_contact(broker.database, one, 1, leases[0], "somebody-to-forget@example.org")
    wait_for("the address is known",
             lambda: client.find_email("somebody-to-forget@example.org") == one)
    client.lease(*subjects(256))  # buffers were used for something else since
    client.close()
    broker.client("erase").erase(one)
    needles = [key for _, _, key in leases] + [b"somebody-to-forget"]
    try:
        vault = memory.find(program.pid, uuid.UUID(broker.client("status").vault.hex).bytes)
        found, seen = memory.find(program.pid, *needles)
    except PermissionError:
        raise Skipped("the memory of another process can only be read by root") from None
    fired(vault[0] and seen > 1 << 20, f"{seen >> 20} MB of memory are read")
    equal(found, [], "areas with keys or addresses")


# ---- epochs ----

def epochs_turn(setting):
    """The current one is published, signed by the vault; retired ones are destroyed, not before."""
    broker = new_broker(setting)
    kafka = Kafka(setting.environment.brokers)
    setting.stack.callback(kafka.close)
    topic = setting.unique("epochs")
    kafka.create_topics({topic: 1})
    program = broker.serve("--brokers", setting.environment.brokers, "--epoch-topic", topic)
    program.wait_event("epoch_published")
    client = broker.client()
    first = client.lease_wishes([leaf_wish(EPOCH_TREE, 1)])
    equal(json.loads(broker.ask("epoch", "rotate", "--json").out)["epoch"], 2, "the next epoch")
    program.wait_event("epoch_published", count=2)
    records = [json.loads(record.value) for record in Reader(kafka, topic).to_end()]
    equal([record["epoch"] for record in records], [1, 2], "published epochs")
    signer = (broker.vault / "signing.pub").read_bytes()
    for record in records:
        message = b"order-epoch-v1" + struct.pack(">Q", record["epoch"])
        key = bytes.fromhex(record["public_key"])
        by = bytes.fromhex(record["signed_by"])
        check(is_signed(message + key, bytes.fromhex(record["signature"]), by), "signature")
        equal(by, signer, "the vault's key")
    equal(client.epoch(), (2, bytes.fromhex(records[1]["public_key"])), "epoch over the socket")
    equal(client.lease_wishes([leaf_wish(EPOCH_TREE, 1)]), first, "the old one is still there")
    client.retire_epoch(2)  # the current one stays
    states = [state for state, _, _ in client.lease_wishes(
        [leaf_wish(EPOCH_TREE, number) for number in (1, 2)])]
    equal(states, [ERASED, LIVE], "states after they were retired")
    equal(client.wait_revoke()[3], [(EPOCH_TREE, 1, 1)], "called back")


# ---- addresses ----

def people_are_found_by_address(setting):
    """From sealed events that no code of ours has made; gone with the erasure, also after a
    restart."""
    broker = new_broker(setting)
    program = broker.serve()
    program.wait_event("emails_ready")
    alice, bob = subjects(2)
    client = broker.client()
    leases = client.lease(alice, bob)
    append_contact(broker.database, alice, 1, leases[0], "Alice@Example.org")
    append_contact(broker.database, bob, 1, leases[1], "bob@example.org")
    wait_for("Alice is found", lambda: client.find_email(" alice@EXAMPLE.org ") == alice)
    append_contact(broker.database, alice, 2, leases[0], "new@example.org")
    wait_for("her new address", lambda: client.find_email("new@example.org") == alice)
    equal(client.find_email("alice@example.org"), None, "her old address")
    equal(client.find_email("nobody@example.org"), None, "nobody's address")
    equal(client.find_email("bob@example.org", tenant=uuid.uuid4()), None, "of another tenant")
    client.close()
    broker.client("erase").erase(alice)
    with broker.client() as client:
        equal(client.find_email("new@example.org"), None, "after the erasure")
        equal(client.find_email("bob@example.org"), bob, "the other one")
    equal(program.events("contact_unreadable"), [], "events that did not open")
    program.stop()
    broker.serve().wait_event("emails_ready")
    with broker.client() as client:
        equal(client.find_email("new@example.org"), None, "after a restart")
        equal(client.find_email("bob@example.org"), bob, "the other one, after a restart")


if __name__ == "__main__":
    runner.main(an_erasure_from_end_to_end, classes_go_one_by_one, twice_and_unknown,
                killed_at_every_step, a_life_that_lent_and_died, a_holder_that_is_stopped,
                one_of_two_does_not_answer, an_answer_about_others_frees_nobody,
                ten_thousand_at_once, no_key_stays_in_memory,
                epochs_turn, people_are_found_by_address)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The key broker: who gets which key, and for how long."""

import json
import os
import struct
import time
import uuid

from lib import runner
from lib.broker import (
    CONTACT, DELIVERY, DONE, EPOCH_TREE, HEADER, INVOICE, LIVE, RENEW, SUBJECTS, UNKNOWN, Client,
    Gone, gone, leaf_wish, wish)
from lib.checks import check, contains, equal, fired, wait_for
from lib.shredding import new_broker, refused, subjects

PLACES = 64


# ---- who may what ----

def roles_are_refused(setting):
    """Nobody is anything by default; a role has its rights and no others; each refusal is logged."""
    broker = new_broker(setting)
    nobody = broker.serve(roles="")
    nobody.wait_event("nobody_allowed")
    for role in ("command", "reveal", "erase", "status"):
        text = refused("role", broker.client, role)
        contains(text, f"may not be '{role}'", "text of the refusal")
    equal(len(nobody.events("refused")), 4, "refusals in the log")
    equal(nobody.events("refused")[0]["uid"], os.getuid(), "user in the log")
    nobody.stop()

    me = os.getuid()
    broker.serve(roles=f"status={me},command={me + 1}")
    refused("role", broker.client, "command")
    with broker.client("status") as client:
        contains(refused("right", client.lease, uuid.uuid4()), "status", "text of the refusal")
        refused("right", client.erase, uuid.uuid4())
        refused("right", client.rotate_epoch)
        refused("right", client.find_email, "a@b.example")
        client.status()  # still connected
    done = broker.ask("erase", str(uuid.uuid4()))
    equal(done.code, 6, f"exit code of erase without the role ({done.text})")


def rights_of_roles(setting):
    broker = new_broker(setting)
    broker.serve()
    one, other = subjects(2)
    with broker.clients("command", "reveal", "erase") as (command, reveal, erase):
        refused("right", command.erase, one)
        refused("right", command.rotate_epoch)
        refused("right", erase.lease, one)
        refused("right", reveal.retire_epoch, 1)
        leases = command.lease(one, other, classes=(CONTACT, INVOICE))
        equal(reveal.lease(one, classes=(CONTACT, INVOICE), allocate=False), leases[:2],
              "keys of one subject for reveal")
        refused("right", reveal.lease, one, other, allocate=False)
        refused("right", reveal.lease, one, allocate=True)
        refused("right", reveal.lease_wishes, [leaf_wish(EPOCH_TREE, 1)])
        states = [lease[0] for lease in command.lease_wishes([leaf_wish(EPOCH_TREE, 1)])]
        equal(states, [LIVE], "lease of the epoch for command")


def what_is_no_frame_ends_the_connection(setting):
    """Only that one: the others go on."""
    broker = new_broker(setting)
    broker.serve()
    good = broker.client()
    good.lease(*subjects(2))
    for data in (b"GET / HTTP/1.0\r\n\r\n", bytes(64), HEADER.pack(8, 2, 1, 0, 1) + b"\x00\x00",
                 HEADER.pack(1 << 20, 1, 1, 0, 1), HEADER.pack(8, 1, 99, 0, 1)):
        with Client(broker.socket, "command", hello=False) as client:
            client.send_bytes(data)
            check(gone(client), "hung up")
    with Client(broker.socket, "command", hello=False) as client:
        contains(refused("protocol", client.lease, uuid.uuid4()), "HELLO", "text of the refusal")
        check(gone(client), "hung up")
    with broker.client() as client:
        refused("protocol", client.call, RENEW, struct.pack(">H", 300), DONE)
        refused("protocol", client.lease_wishes, [wish(uuid.uuid4(), 9)])
        refused("protocol", client.call, DONE, b"", DONE)
        check(gone(client), "hung up")
    equal(good.lease(*subjects(1))[0][0], LIVE, "a lease of another client")
    good.close()


def more_clients_than_places(setting):
    """Those who came first are served, the others are hung up on, and places become free again."""
    broker = new_broker(setting)
    broker.serve()
    clients = [broker.client("status") for _ in range(PLACES)]
    fired(not connects(broker), f"all {PLACES} places are taken")
    clients.pop().close()
    wait_for("a place is free", lambda: connects(broker))
    for client in clients:
        client.status()
        client.close()


def connects(broker):
    try:
        broker.client("status").close()
    except Gone:
        return False
    return True


# ---- leases ----

def keys_stay_the_same(setting):
    """The same subject has the same leaves and keys: asked again, from another connection, after a
    restart, after a kill; and nobody else ever gets its leaves."""
    broker = new_broker(setting)
    program = broker.serve(lease_seconds=2)
    people = subjects(100)
    client = broker.client()
    first = client.lease(*people, classes=(CONTACT, DELIVERY))
    equal(len({key for _, _, key in first}), 200, "different keys")
    equal(len({leaf for _, leaf, _ in first}), 200, "different leaves")
    equal(client.lease(*people, classes=(CONTACT, DELIVERY)), first, "keys, asked again")
    equal(broker.client().lease(*people, classes=(CONTACT, DELIVERY), allocate=False), first,
          "keys from another connection")
    by_leaf = client.lease_wishes([leaf_wish(*leaf) for _, leaf, _ in first])
    equal(by_leaf, first, "keys by leaf")
    client.close()
    program.stop()
    program = broker.serve(lease_seconds=2)
    client = broker.client()
    equal(client.lease(*people, classes=(CONTACT, DELIVERY)), first, "keys after a restart")
    later = client.lease(*subjects(5))
    check(min(leaf for _, (_, leaf), _ in later) >= 8 * 4096, "a new life begins a new block")
    equal(program.kill(), -9, "exit code of the broker")
    broker.serve(lease_seconds=2)
    client = broker.client()
    equal(client.lease(*people, classes=(CONTACT, DELIVERY)), first, "keys after a kill")
    found = broker.database.rows("select count(*), count(distinct leaf_base) from erasure.subjects")
    equal(found, [["105", "105"]], "subjects and their leaves in the database")


def what_is_unknown_is_not_erased(setting):
    broker = new_broker(setting)
    broker.serve()
    client = broker.client()
    one = uuid.uuid4()
    equal(client.lease(one, allocate=False)[0][:2], (UNKNOWN, (0, 0)), "a subject without leaves")
    client.lease(one)
    states = client.lease_wishes([
        leaf_wish(SUBJECTS, 8),         # reserved, and nobody's
        leaf_wish(SUBJECTS, 8 * 4096),  # never reserved
        leaf_wish(SUBJECTS, 2**64 - 1), leaf_wish(7, 0),
        leaf_wish(EPOCH_TREE, 0), leaf_wish(EPOCH_TREE, 2)])
    equal([state for state, _, _ in states], [UNKNOWN] * 6, "leaves that nobody has")
    refused("right", client.lease, one, tenant=uuid.uuid4())
    equal(client.lease(one, allocate=False, tenant=uuid.uuid4())[0][0], UNKNOWN,
          "a subject of another tenant")


def leases_end(setting):
    """A lease is renewed while it runs, and not after it ran out, was released, or is another's."""
    broker = new_broker(setting)
    broker.serve(lease_seconds=1)
    client, other = broker.client(), broker.client()
    leaves = [leaf for _, leaf, _ in client.lease(*subjects(3))]
    equal(client.lease_ms, 1000, "time to live")
    equal(client.renew(*leaves), [LIVE] * 3, "renewals")
    equal(other.renew(*leaves), [UNKNOWN] * 3, "renewals of another's leases")
    client.release(leaves[0])
    equal(client.renew(*leaves), [UNKNOWN, LIVE, LIVE], "renewals after a release")
    time.sleep(1.1)  # the time to live is what is tested
    equal(client.renew(*leaves), [UNKNOWN] * 3, "renewals after the time")
    watcher = broker.client("status")
    wait_for("no lease is left", lambda: json.loads(watcher.status())["leases"] == 0)


def access_is_counted(setting):
    """Per minute, instance and person; the person under a pseudonym that differs per class."""
    broker = new_broker(setting)
    program = broker.serve()
    one, other = subjects(2)
    with broker.client(instance="sealer-1") as client:
        for _ in range(3):
            client.lease(one)
        client.lease(other, classes=(CONTACT, INVOICE))
    program.stop()
    rows = broker.database.rows(
        "select instance, purpose, length(pseudonym), sum(leases) from erasure.key_access"
        " group by instance, purpose, pseudonym order by 4 desc")
    equal(rows, [["sealer-1", "0", "16", "3"], ["sealer-1", "0", "16", "1"],
                 ["sealer-1", "0", "16", "1"]], "counts of access")


# ---- for people and programs ----

def status_for_programs(setting):
    broker = new_broker(setting)
    broker.serve()
    broker.client().lease(*subjects(3))
    done = broker.ask("status", "--json")
    equal(done.code, 0, f"exit code of status ({done.text})")
    status = json.loads(done.out)
    equal((status["subjects"]["all"], status["subjects"]["active"]), (3, 3), "subjects")
    equal((status["reserved"], status["fence"], status["epoch"]), (4096, 0, 1), "numbers")
    equal(len(status["holders"]), 1, "holders")
    equal(status["holders"][0]["generation"], status["generation"], "generation of the holder")
    check(status["database"] and status["vault"], "database and vault")
    check("status" in [client["role"] for client in status["clients"]], "it sees itself")
    text = broker.ask("status").out
    for word in ("generation", "subjects", "holder", "3 active"):
        contains(text, word, "status as text")
    epoch = json.loads(broker.ask("epoch", "show", "--json").out)
    equal(epoch, status["command_epoch"], "the epoch")


def nobody_listens(setting):
    broker = new_broker(setting)
    for words in (("status",), ("erase", str(uuid.uuid4())), ("epoch", "rotate")):
        done = broker.ask(*words)
        equal(done.code, 4, f"exit code of {words[0]} without a broker ({done.text})")
        contains(done.text, "order-shredder serve", "the remedy")


if __name__ == "__main__":
    runner.main(roles_are_refused, rights_of_roles, what_is_no_frame_ends_the_connection,
                more_clients_than_places, keys_stay_the_same, what_is_unknown_is_not_erased,
                leases_end, access_is_counted, status_for_programs, nobody_listens)

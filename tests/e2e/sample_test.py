#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The sample senders of the documents do what they say: those in Python with the libraries of Debian,
the one in Node with kafkajs."""

import json
import uuid

from lib import programs, runner
from lib.checks import Skipped, check, contains, equal, wait_for
from lib.environment import ROOT
from lib.kafka import Reader
from lib.replies import caused_by, read
from lib.service import Service
from lib.shop import Shop

SAMPLES = ROOT / "docs" / "samples"
SAMPLE = SAMPLES / "python" / "send_order.py"
PYTHON = ["/usr/bin/python3", "-B", SAMPLES / "python" / "place_order.py"]
NODE = ["node", SAMPLES / "node" / "place_order.js"]
MODULES = ROOT / ".local" / "node" / "sample" / "node_modules"


def run_sample(shop, key):
    done = programs.run(
        ["/usr/bin/python3", "-B", SAMPLE, key, shop.environment.brokers,
         shop.topic.removesuffix(".commands")], shop.variables)
    if "ModuleNotFoundError" in done.err:
        raise Skipped(done.err.strip().splitlines()[-1])
    return done


def an_order_is_sealed_sent_and_answered(setting):
    shop = Shop(setting, partitions=2)
    shop.serve()
    shop.work()
    projector = shop.start_projector()
    done = run_sample(shop, shop.broker.vault / "signing.pub")
    equal(done.code, 0, f"exit code of the sample ({done.text})")
    contains(done.out, "accepted", "what the sample says")
    order = done.out.split()[1].rstrip(":")
    equal(shop.database.number("select count(*) from store.events where sealed is not null"), 1,
          "events with sealed parts")
    shop.wait_projected()
    shown = programs.run(
        [shop.environment.program("order-projector"), "show", order, "--reveal", "--reason",
         "test of the sample sender", "--json", "--allow-unlocked", "--shredder-socket",
         shop.broker.socket, "--database", shop.database.conninfo("order_projector")],
        shop.variables)
    equal(shown.code, 0, f"exit code of show ({shown.text})")
    parts = {part["class"]: part["value"] for part in json.loads(shown.out)["personal"]}
    equal(parts["contact"]["name"], "Zoë Example", "whose order it is")
    equal(parts["delivery"]["ship_to"]["city"], "Leeds", "where it goes")
    projector.stop()


def an_epoch_of_another_vault_is_not_sealed_to(setting):
    shop = Shop(setting)
    shop.serve()
    stranger = setting.folder / "stranger.pub"
    stranger.write_bytes(bytes(range(32)))
    done = run_sample(shop, stranger)
    check(done.code != 0, "the sample took an epoch that the vault has not signed")
    contains(done.err, "BadSignatureError", "what the sample says")
    equal(shop.decided(), 0, "commands")


# ---- orders without a person ----


def words_of(service, sample, *more):
    """Command line of a sample; skipped where what it needs is not installed."""
    if sample is NODE and not (MODULES / "kafkajs").exists():
        raise Skipped("no kafkajs in .local/node/sample: ./run test fetches it")
    if sample is PYTHON:
        done = programs.run([*PYTHON[:1], "-c", "import confluent_kafka"], service.variables)
        if done.code != 0:
            raise Skipped("install python3-confluent-kafka")
    return [*sample, service.environment.brokers, service.topic.removesuffix(".commands"), *more]


def variables_of(service):
    return {**service.variables, "NODE_PATH": str(MODULES)}


def place(service, sample, order=None):
    """Runs a sample for an order of a new id; the id and what it says, by what it is about."""
    order = order or str(uuid.uuid4())
    done = programs.run(words_of(service, sample, order), variables_of(service))
    equal(done.code, 0, f"exit code of {sample[-1].name} ({done.text})")
    return order, dict(line.split(": ", 1) for line in done.out.splitlines())


def check_said(order, said):
    equal(said[f"order {order}"], "accepted", "the order")
    equal(said["the same"], "accepted, replayed", "the same once more")
    contains(said["a wrong total"], "rejected, total_mismatch", "an order whose total is wrong")


def order_is_placed_repeated_refused(setting, sample):
    service = Service(setting)
    service.start_command()
    order, said = place(service, sample)
    check_said(order, said)
    equal(service.database.number("select count(*) from store.events"), 1, "events")
    equal(service.decided(), 2, "commands, the refused one too")
    check_headers(service)
    check_reply_partition(service)


def sample_in_python_places_an_order_repeats_it_and_is_refused(setting):
    order_is_placed_repeated_refused(setting, PYTHON)


def sample_in_node_places_an_order_repeats_it_and_is_refused(setting):
    order_is_placed_repeated_refused(setting, NODE)


def records_of(service, topic, partitions):
    return Reader(service.kafka, topic, partitions).to_end()


def check_headers(service):
    """What travels has the headers that the schemas have, by the hand of those who send them."""
    for topic, name in ((service.topic, "command"), (service.replies, "reply")):
        path = ROOT / "schema" / "json" / f"headers.{name}.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        records = records_of(service, topic, service.partitions)
        equal(len(records), 3, f"records of {topic}")
        for record in records:
            found = {name.decode() for name, _ in record.headers}
            equal(found - set(schema["properties"]), set(), "headers without a schema")
            equal(set(schema["required"]) - found, set(), "required headers that are missing")


def check_reply_partition(service):
    """All replies are where the sender asked for them, and carry his correlation."""
    asked = {dict(record.headers)[b"reply_partition"]
             for record in records_of(service, service.topic, service.partitions)}
    equal(len(asked), 1, "partitions of replies that one sender asks for")
    replies = records_of(service, service.replies, service.partitions)
    equal({str(record.partition).encode() for record in replies}, asked, "partition of the replies")
    equal(len({dict(record.headers)[b"ce_correlationid"] for record in replies}), 1, "correlations")


def sample_that_hears_nothing_sends_the_same_again(setting, sample):
    service = Service(setting, partitions=1)
    program = setting.start("sample", words_of(service, sample), variables_of(service))
    topic = Reader(service.kafka, service.topic)
    ids = []

    def sent_twice():
        ids.extend(dict(record.headers)[b"ce_id"] for record in topic.poll())
        return len(ids) >= 2
    wait_for("the command came twice", sent_twice)
    equal(len(set(ids)), 1, "ids of a command that was sent again")
    service.start_command()
    equal(program.wait(), 0, f"exit code of the sample ({program.log()})")
    contains(program.log(), ": accepted\n", "what the sample says")
    equal(service.database.number("select count(*) from store.events"), 1, "events")
    first = [read(record) for record in records_of(service, service.replies, 1)
             if caused_by(record) == ids[0].decode()]
    equal({reply["outcome"] for reply in first}, {"accepted"}, "outcomes of one id")
    equal([reply["replayed"] for reply in first][:2], [False, True], "replayed")


def sample_in_python_that_hears_nothing_sends_the_same_again(setting):
    sample_that_hears_nothing_sends_the_same_again(setting, PYTHON)


def sample_in_node_that_hears_nothing_sends_the_same_again(setting):
    sample_that_hears_nothing_sends_the_same_again(setting, NODE)


def commands_of_an_order_are_in_one_partition_whoever_sends(setting):
    """Java, Python, Node and order-command choose the same one: murmur2 of the key."""
    service = Service(setting, partitions=8)
    service.start_command()
    orders = [place(service, PYTHON)[0] for _ in range(2)]
    for order in orders:
        line = json.dumps({"type": "cancel-order", "stream_id": order, "body": {"reason": "staff"}})
        done = programs.run(
            [service.environment.program("order-command"), "send", "-", "--brokers",
             service.environment.brokers, "--topic", service.topic, "--reply-topic",
             service.replies], service.variables, stdin=line)
        equal(done.code, 0, f"exit code of order-command send ({done.text})")
        done = programs.run(words_of(service, NODE, order), variables_of(service))
        contains(done.out, "rejected, ", "an order that is there already")
    found = {order: set() for order in orders}
    senders = {order: 0 for order in orders}
    for record in records_of(service, service.topic, service.partitions):
        order = record.key.decode()
        if order in found:
            found[order].add(record.partition)
            senders[order] += 1
            equal(record.partition, murmur2_partition(record.key, service.partitions), "murmur2")
    for order in orders:
        equal(len(found[order]), 1, f"partitions of the commands of {order}: {found}")
        equal(senders[order], 5, "commands of three senders")


def murmur2_partition(key, partitions):
    """As clients in Java choose (org.apache.kafka.common.utils.Utils.murmur2)."""
    mask = 0xFFFFFFFF
    number = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        part = int.from_bytes(key[at:at + 4], "little") * 0x5BD1E995 & mask
        part = (part ^ part >> 24) * 0x5BD1E995 & mask
        number = (number * 0x5BD1E995 & mask) ^ part
    if whole < len(key):
        number = (number ^ int.from_bytes(key[whole:], "little")) * 0x5BD1E995 & mask
    number = (number ^ number >> 13) * 0x5BD1E995 & mask
    return ((number ^ number >> 15) & 0x7FFFFFFF) % partitions


if __name__ == "__main__":
    runner.main(
        an_order_is_sealed_sent_and_answered, an_epoch_of_another_vault_is_not_sealed_to,
        sample_in_python_places_an_order_repeats_it_and_is_refused,
        sample_in_node_places_an_order_repeats_it_and_is_refused,
        sample_in_python_that_hears_nothing_sends_the_same_again,
        sample_in_node_that_hears_nothing_sends_the_same_again,
        commands_of_an_order_are_in_one_partition_whoever_sends)

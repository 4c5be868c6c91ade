#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The load client and the checker on a real service: what they accept, and that they notice what
is wrong. Runs alone like the tests beside: client_test.py [TEST…], in the environment of `./run
env`."""

import json
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "checker")]

import mapping_test  # noqa: E402
import retail_expect  # noqa: E402
from lib import programs, runner  # noqa: E402
from lib.checks import Skipped, check, contains, equal, wait_for  # noqa: E402
from lib.service import Service  # noqa: E402
from personal_test import Shop  # noqa: E402

RETAIL = TESTS.parent / ".." / "shared" / "data" / "online-retail.csv.xz"
OK, FAILED, UNMET = 0, 1, 3


def begin(setting, **options):
    service = Service(setting)
    service.start_command(**options)
    service.start_projector()
    return service


def run_load(service, code, *words, name="load", seconds=180):
    """Its result; the exit code is as wanted."""
    load = service.start_load(*words, name=name)
    equal(load.wait(seconds), code, f"exit code of order-load: {load.log()[-1500:]}")
    load.report = json.loads(load.result.read_text(encoding="utf-8"))
    return load


def run_checker(service, load, *options):
    done = programs.run(
        ["/usr/bin/python3", "-B", TESTS / "checker" / "check.py", load.journal, *options],
        service.environment.changed(PGDATABASE=service.database.name))
    return done.code, json.loads(done.out) if done.out.startswith("{") else done.text


def load_and_check(setting, service, path, days=None):
    """A retail file through the service, against the expectation for it."""
    expected = setting.folder / "expected.json"
    expected.write_text(json.dumps(retail_expect.expect(str(path), days)), encoding="utf-8")
    words = ["retail", path] + (["--days", days] if days else [])
    load = run_load(service, OK, *words)
    equal(load.report["answered"], load.report["commands"], "commands with an answer")
    code, report = run_checker(service, load, "--expect", expected)
    equal(code, OK, f"exit code of check.py: {report}")
    return load, words


def real_orders(setting):
    if not RETAIL.exists():
        raise Skipped("../shared/data/online-retail.csv.xz is absent")
    service = begin(setting, gifts=True)
    load, words = load_and_check(setting, service, RETAIL, days=2)
    head = service.head()
    again = run_load(service, OK, *words, name="again")
    equal(again.report["replayed"], load.report["commands"], "replayed answers")
    equal(again.report["outcomes"], load.report["outcomes"], "outcomes of the same run again")
    equal(service.head(), head, "events after the same run again")


def made_up_orders_and_a_planted_difference(setting):
    path = setting.folder / "made-up.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        mapping_test.Writer(setting.random.randrange(10**6)).write(file)
    service = begin(setting, gifts=True)
    load, _ = load_and_check(setting, service, path)
    check(load.report["codes"].get("rejected/not_found", 0) > 0, "nothing was refused")
    service.database.rows("update read.sku_sales set units = units + 1 where ctid ="
                          " (select min(ctid) from read.sku_sales)")
    code, report = run_checker(service, load)
    equal(code, UNMET, "exit code of check.py after a row was changed")
    equal(list(report["differences"]), ["read.sku_sales: row differs"], "what check.py found")


def an_answer_that_was_not_expected(setting):
    path = setting.folder / "gift.csv"
    path.write_text(",".join(mapping_test.HEADER) + "\n"
                    "1,A1,GIFT,1,2010-12-01 08:26:00,0.0,17850.0,EIRE\n", encoding="utf-8")
    service = begin(setting)
    load = run_load(service, UNMET, "retail", path)
    equal(load.report["unexpected"], 1, "unexpected answers")
    contains(load.log(), load.report["unexpected_ids"][0], "output of order-load")
    run_load(service, OK, "retail", path, "--gifts", "off", name="expected")


def nobody_answers(setting):
    service = Service(setting)
    load = run_load(service, FAILED, "generate", "--orders", 20, "--timeout", 2)
    equal(load.report["missing"], load.report["commands"], "missing answers")
    equal(len(load.report["missing_ids"]), 10, "ids that are listed")
    records = [json.loads(line) for line in load.journal.read_text().splitlines()]
    equal({record["outcome"] for record in records}, {None}, "outcomes in the journal")
    equal(len(records), load.report["commands"], "lines of the journal")


def late_answers_are_asked_for_again(setting):
    service = Service(setting)
    service.start_projector()
    load = service.start_load("generate", "--orders", 300, "--resend-after", 1)
    start = {partition: 0 for partition in range(service.partitions)}
    wait_for("commands are sent again",
             lambda: sum(service.kafka.fetch(service.topic, start, 0)[1].values()) > 500)
    service.start_command()
    result = service.finish_load(load)
    check(result["sent_again"] > 0, "nothing was sent again")
    equal(service.decided(), result["commands"], "decided commands")
    code, report = run_checker(service, load)
    equal(code, OK, f"exit code of check.py: {report}")


def offered_at_a_rate_until_visible(setting):
    service = begin(setting)
    load = run_load(service, OK, "generate", "--orders", 200, "--rate", 200,
                    "--visible", service.database.conninfo("order_projector"))
    result = load.report
    equal(result["visible_ms"]["count"], result["commands"], "commands seen in the read model")
    check(result["visible_ms"]["p50"] > 0 and result["latency_ms"]["p50"] > 0, "no time measured")
    check(0.9 < result["seconds"] * 200 / result["commands"] < 2, f"{result['seconds']} s")


PLANTED = 5


def begin_sealed(setting):
    shop = Shop(setting)
    shop.serve().wait_event("epoch_published")
    shop.work(gifts=True, epoch_grace=600)
    shop.start_projector()
    return shop, ["--personal", "sealed", "--epoch-topic", shop.epochs, "--vault-key",
                  shop.broker.vault / "signing.pub"]


def orders_of_persons(setting):
    """Customers and the personal parts of orders, sealed; counted independently from the file."""
    path = setting.folder / "made-up.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        mapping_test.Writer(setting.random.randrange(10**6)).write(file)
    expected = setting.folder / "expected.json"
    expected.write_text(json.dumps(
        retail_expect.expect(str(path), personal=True, planted=PLANTED)), encoding="utf-8")
    shop, sealed = begin_sealed(setting)
    words = ["retail", path, *sealed, "--plant", PLANTED, "--needles", setting.folder / "needles"]
    load = run_load(shop, OK, *words)
    equal(load.report["personal"], "sealed", "what became of personal data")
    check(load.report["sealed"] > load.report["types"]["RegisterCustomer"], "little was sealed")
    code, report = run_checker(shop, load, "--expect", expected)
    equal(code, OK, f"exit code of check.py: {report}")
    equal(shop.database.number(
        "select count(*) from store.events where sealed is null and type in"
        " ('OrderPlaced', 'CustomerRegistered')"), 0, "events about persons without sealed parts")
    equal(shop.database.number("select count(*) from read.customers"),
          load.report["types"]["RegisterCustomer"], "customers in the read model")
    again = run_load(shop, OK, "retail", path, *sealed, name="again")
    stored = again.report["commands"] - again.report["outcomes"].get("invalid", 0)
    equal(again.report["replayed"], stored, "replayed answers, to boxes that were sealed anew")


def a_new_epoch_is_followed(setting):
    shop, sealed = begin_sealed(setting)
    load = shop.start_load("generate", "--orders", 4000, "--rate", 500, "--register", *sealed)
    shop.wait_decided(200)
    done = shop.broker.ask("epoch", "rotate", "--json")
    equal(done.code, OK, f"exit code of epoch rotate ({done.text})")
    result = shop.finish_load(load)
    equal(result["epoch"], 2, "the epoch that was sealed to in the end")
    equal(result["outcomes"], {"accepted": result["commands"]}, "outcomes")
    check(any(json.loads(line)["outcome"] for line in load.journal.open()), "no answers")


def an_epoch_that_the_vault_has_not_signed_is_refused(setting):
    shop = Shop(setting)
    shop.serve().wait_event("epoch_published")
    stranger = setting.folder / "stranger.pub"
    stranger.write_bytes(bytes(range(32)))
    load = shop.start_load("generate", "--orders", 10, "--personal", "sealed", "--epoch-topic",
                           shop.epochs, "--vault-key", stranger)
    equal(load.wait(), 8, f"exit code of order-load: {load.log()[-1500:]}")
    contains(load.log(), "is not signed by the vault", "output of order-load")
    equal(shop.decided(), 0, "commands")


if __name__ == "__main__":
    runner.main(real_orders, made_up_orders_and_a_planted_difference,
                an_answer_that_was_not_expected, nobody_answers, late_answers_are_asked_for_again,
                offered_at_a_rate_until_visible, orders_of_persons, a_new_epoch_is_followed,
                an_epoch_that_the_vault_has_not_signed_is_refused)

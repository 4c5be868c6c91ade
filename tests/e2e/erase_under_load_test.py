#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One customer is erased while two thousand commands a second run: nobody else notices."""

import json
import pathlib
import time

from lib import runner
from lib.checks import equal, fired
from lib.reveal import reveal
from lib.shop import Shop

RATE, SECONDS = 2000, 12
OTHERS = 5


def orders_of(shop, customer):
    """{order: what was to be paid}."""
    return dict(shop.database.rows(
        f"select order_id, total from read.order_summary where customer_id = '{customer}'"))


def shown(shop, row, *more):
    """The states of its personal parts."""
    return set(reveal(shop.environment, shop.database, shop.broker, row, *more).values())


def one_customer_is_erased(setting):
    shop = Shop(setting, partitions=4)
    shop.serve().wait_event("epoch_published")
    commands = [shop.work("command-1"), shop.work("command-2")]
    projector = shop.start_projector()
    load = shop.start_load(
        "generate", "--rate", RATE, "--seconds", SECONDS, "--register", "--personal", "sealed",
        "--epoch-topic", shop.epochs, "--vault-key", shop.broker.vault / "signing.pub")
    shop.wait_decided(3 * RATE)
    shop.wait_projected()
    customers = [row[0] for row in shop.database.rows(
        "select customer_id from read.customers c join read.order_summary o using (customer_id)"
        " group by 1 order by count(*) desc, 1 limit 50")]
    victim, others = customers[0], customers[1:1 + OTHERS]
    before = orders_of(shop, victim)
    decided, began = shop.decided(), time.monotonic()
    done = shop.broker.ask("erase", victim, "--json")
    took = time.monotonic() - began
    equal(done.code, 0, f"exit code of erase ({done.text})")
    rate = (shop.decided() - decided) / (time.monotonic() - began)
    fired(load.is_running(), f"erased within {took:.2f} s, at {rate:.0f} commands/s")
    load.wait(120)
    result = json.loads(pathlib.Path(load.result).read_text(encoding="utf-8"))
    equal(result["answered"], result["commands"], "commands with an outcome")
    shop.wait_projected()

    others_refused = shop.database.rows(
        "select code, count(*) from store.commands c where outcome <> 1 and not exists (select from"
        " store.commands r where r.stream_id = c.stream_id"
        " and r.code in ('customer_erased', 'erasure_pending')) group by 1")
    equal(others_refused, [], "refusals that have nothing to do with the erased customer")
    after = orders_of(shop, victim)
    equal({order: after.get(order) for order in before}, before, "totals of the erased customer")
    for order in list(after)[:20]:
        equal(shown(shop, order), {"erased"}, f"order {order} of the erased customer")
    equal(shown(shop, victim, "--customer"), {"erased"}, "the erased customer")
    for other in others:
        equal(shown(shop, other, "--customer"), {"opened"}, "another customer")
        for order in list(orders_of(shop, other))[:3]:
            equal(shown(shop, order), {"opened"}, f"order {order} of another customer")
    equal(shop.database.rows("select subject_id from erasure.subjects where state <> 1"),
          [[victim]], "who is not active any more")
    shop.check_all(load)
    for program in (*commands, projector):
        program.stop()


if __name__ == "__main__":
    runner.main(one_customer_is_erased)

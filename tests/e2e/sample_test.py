#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The sample sender of the documents does what it says, with the libraries of Debian."""

import json

from lib import programs, runner
from lib.checks import Skipped, check, contains, equal
from lib.environment import ROOT
from lib.shop import Shop

SAMPLE = ROOT / "docs" / "samples" / "python" / "send_order.py"


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


if __name__ == "__main__":
    runner.main(an_order_is_sealed_sent_and_answered, an_epoch_of_another_vault_is_not_sealed_to)

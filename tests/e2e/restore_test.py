#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A backup from before an erasure, restored beside the vault of today: it opens for everybody else, and
never for the one who was erased."""

import os
import pathlib
import shutil

from lib import programs, runner
from lib.checks import equal, fired
from lib.database import Database
from lib.environment import Environment
from lib.instance import Instance
from lib.reveal import reveal
from lib.shop import Shop, ShopBroker

ORDERS = 40


def fill(shop):
    """Registered customers with sealed orders."""
    load = shop.start_load(
        "generate", "--orders", ORDERS, "--register", "--personal", "sealed",
        "--epoch-topic", shop.epochs, "--vault-key", shop.broker.vault / "signing.pub")
    shop.finish_load(load)
    shop.wait_projected()
    shop.check_all(load)


def back_up(shop, folder):
    done = programs.run(
        ["pg_basebackup", "-D", folder, "-X", "stream", "-c", "fast", "-U", "order_admin"],
        shop.variables, seconds=120)
    equal(done.code, 0, f"exit code of pg_basebackup ({done.text})")


def data_folder(instance):
    """Where the server of an instance keeps its data, whoever it runs as."""
    link = pathlib.Path(instance.environment["ORDER_RUN"]) / "log" / "postgres.log"
    return pathlib.Path(os.readlink(link)).parent / "data"


def restore(setting, backup, passfile):
    """Servers of their own with the backup's data; roles have the passwords of the backup."""
    instance = setting.instance("e2e-restored", "none")
    data = data_folder(instance)
    owner = data.stat()
    instance.act("postgres-stop")
    shutil.rmtree(data)
    shutil.copytree(backup, data, symlinks=True)
    for path in (data, *data.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    data.chmod(0o700)
    instance.act("postgres-start")
    variables = dict(instance.environment.variables, PGPASSFILE=passfile)
    variables.setdefault("ORDER_BROKERS", "127.0.0.1:1")
    return Environment(variables)


def everything(environment, database, broker):
    """{order or customer: {class: state}} and whose it is."""
    orders = database.rows("select order_id, customer_id from read.order_summary")
    customers = [row[0] for row in database.rows("select customer_id from read.customers")]
    owners = dict(orders) | {customer: customer for customer in customers}
    states = {order: reveal(environment, database, broker, order) for order, _ in orders}
    for customer in customers:
        states[customer] = reveal(environment, database, broker, customer, "--customer")
    return states, owners


def a_backup_opens_for_all_but_the_erased(setting):
    shop = Shop(setting, servers=setting.instance("e2e-restore").environment)
    first_life = shop.serve()
    first_life.wait_event("epoch_published")
    command, projector = shop.work(), shop.start_projector()
    fill(shop)
    victim = shop.database.rows(
        "select customer_id from read.order_summary group by 1 order by count(*) desc, 1")[0][0]
    backup = setting.folder / "backup"
    back_up(shop, backup)
    done = shop.broker.ask("erase", victim, "--json")
    equal(done.code, 0, f"exit code of erase ({done.text})")
    now, _ = everything(shop.environment, shop.database, shop.broker)
    for program in (command, projector, first_life):
        program.stop()

    restored = restore(setting, backup, shop.environment["PGPASSFILE"])
    database = Database(restored, shop.database.name)
    equal(database.number("select count(*) from erasure.subjects where state <> 1"), 0,
          "subjects the backup knows to be erased")
    shop.broker.database = database
    shop.broker.serve()
    states, owners = everything(restored, database, shop.broker)
    equal(states, now, "what opens in the backup and what opens today")
    of_victim = {row: found for row, found in states.items() if owners[row] == victim}
    of_others = {row: found for row, found in states.items() if owners[row] != victim}
    for row, found in of_victim.items():
        equal(set(found.values()), {"erased"}, f"states of {row}, of the erased customer")
    for row, found in of_others.items():
        equal(set(found.values()), {"opened"}, f"states of {row}, of another customer")
    fired(len(of_victim) >= 2 and len(of_others) >= ORDERS,
          f"{len(of_victim)} rows of the erased customer, {len(of_others)} of others")


if __name__ == "__main__":
    runner.main(a_backup_opens_for_all_but_the_erased)

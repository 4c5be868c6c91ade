#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing personal in the open: customers with marks for names go through the service, and no mark is
found in any file or table. The scanner that says so finds the same kind of mark wherever real servers
were made to keep one on purpose: each kind of table, log and topic, and each codec."""

import base64
import json
import os
import stat

from lib import programs, runner
from lib.checks import check, contains, equal, fired
from lib.shop import Shop

PLANTED = 25
CODECS = ("gzip", "snappy", "lz4", "zstd")
IMAGES = ("pglz", "lz4", "zstd")


def scan(shop, *words, code=0):
    """The report of a scan that ends with this exit code."""
    done = programs.run(
        [shop.environment.program("order-shredder"), "scan", "run", "--json", *words],
        shop.variables, seconds=300)
    equal(done.code, code, f"exit code of the scan ({done.text[-1500:]})")
    return json.loads(done.out)


def places(setting, shop):
    """All that the servers, the programs and the broker have written."""
    folders = [shop.environment["ORDER_RUN"], setting.folder]
    host = shop.environment["PGHOST"]
    return folders + ([host] if host.startswith("/") and not host.startswith(folders[0]) else [])


def found(report):
    """{label: {how it was stored}} of a report."""
    stored = {}
    for row in report["found"]:
        stored.setdefault(row["needle"], set()).add((row["stored_as"], row["written_as"]))
    return stored


# ---- what is planted on purpose ----


class Plants:
    """Marks from `scan plant`, handed out one by one."""

    def __init__(self, shop, folder, count):
        self.path = folder / "on-purpose"
        done = programs.run(
            [shop.environment.program("order-shredder"), "scan", "plant", "--count", count,
             self.path], shop.variables)
        equal(done.code, 0, f"exit code of scan plant ({done.text})")
        equal(stat.S_IMODE(self.path.stat().st_mode), 0o600, "rights of the list")
        self.rows = [line.split("\t") for line in self.path.read_text().splitlines()]
        equal(len(self.rows), count, "marks in the list")
        self.wanted = {}

    def take(self, stored_as, written_as="as it is"):
        """A mark that has to be found stored and written like this."""
        _, mark, label = self.rows[len(self.wanted)]
        self.wanted[label] = (stored_as, written_as)
        return mark


def hide(mark):
    """Text that compresses, and refers back to the halves of the mark for it."""
    return f"{mark[16:]}-{mark[:16]}.{mark}{'=' * 600}"


def plant_in_tables(shop, plants):
    """Values compressed in place, in chunks, deleted, and in what the planner remembers."""
    def kept(name, way, text):
        shop.database.rows(f"create table {name} (x text)")
        shop.database.rows(f"alter table {name} alter x set {way}")
        shop.database.rows(f"insert into {name} values ('{text}')")
    kept("plain", "storage plain", plants.take("bytes of a file"))
    kept("place_pglz", "compression pglz", hide(plants.take("PostgreSQL value, pglz")) * 8)
    kept("place_lz4", "compression lz4", hide(plants.take("PostgreSQL value, lz4")) * 8)
    noise = "".join(os.urandom(3000).hex())
    kept("chunks", "storage external",
         "a" * 1980 + plants.take("PostgreSQL value in chunks") + noise)
    kept("chunks_pglz", "compression pglz",
         noise * 2 + hide(plants.take("PostgreSQL value in chunks, pglz")) * 40)
    kept("chunks_lz4", "compression lz4",
         noise * 2 + hide(plants.take("PostgreSQL value in chunks, lz4")) * 40)
    kept("deleted", "compression pglz", hide(plants.take("PostgreSQL value, pglz")) * 8)
    shop.database.rows("delete from deleted")
    shop.database.rows("create table by_sql as select"
                       f" repeat('{plants.take('table by SQL')}', 400) as x")


def plant_in_wal(shop, plants):
    """A page image of each codec: written when a page is changed first after a checkpoint."""
    for number, codec in enumerate(IMAGES):
        mark = plants.take(f"WAL page image, {codec}")
        shop.database.rows(f"create table image_{number} (n int, x text)")
        shop.database.rows(f"alter table image_{number} alter x set storage plain")
        shop.database.rows(f"insert into image_{number} values (1, '{hide(mark)}')")
        shop.database.rows("checkpoint")
        shop.database.rows(f"set wal_compression = {codec}; update image_{number} set n = 2")


def plant_in_kafka(shop, plants):
    """The broker itself compresses what it keeps for a topic."""
    for codec in CODECS:
        topic = f"{shop.topic}-{codec}"
        shop.kafka.create_topics({topic: 1}, {"compression.type": codec})
        mark = plants.take(f"Kafka batch, {codec}")
        equal(shop.kafka.send(topic, b"key", hide(mark).encode() * 20, []), 0, f"offset in {topic}")


def plant_in_files(shop, plants, folder):
    shop.database.rows(
        f"do $$ begin raise log 'a mark: {plants.take('bytes of a file')}'; end $$")
    forms = {
        "base64": lambda mark: base64.b64encode(b"x" + mark.encode()),
        "hexadecimal": lambda mark: mark.encode().hex().encode(),
        "UTF-16LE": lambda mark: mark.encode("utf-16-le"),
        "UTF-16BE": lambda mark: mark.encode("utf-16-be")}
    for form, write in forms.items():
        (folder / f"form-{form}").write_bytes(b"--" + write(plants.take("bytes of a file", form)))


def a_scan_finds_what_was_planted_on_purpose(setting):
    """In real servers: without this, finding nothing proves nothing."""
    shop = Shop(setting, servers=setting.instance("e2e-scan").environment)
    plants = Plants(shop, setting.folder, 40)
    before = scan(shop, "--needles", plants.path, *places(setting, shop))
    equal(before["hits"], 0, f"hits before anything was planted ({before['found'][:3]})")
    plant_in_tables(shop, plants)
    plant_in_wal(shop, plants)
    plant_in_kafka(shop, plants)
    plant_in_files(shop, plants, setting.folder)
    shop.database.rows("checkpoint")
    report = scan(shop, "--needles", plants.path, "--database",
                  f"dbname={shop.database.name} user=order_admin", *places(setting, shop), code=8)
    seen = found(report)
    for label, how in plants.wanted.items():
        check(how in seen.get(label, ()), f"{label} is not found as {how}: {seen.get(label)}")
    equal(set(seen) - set(plants.wanted), set(), "marks that were planted nowhere but found")
    marks = {row[1] for row in plants.rows}
    check(not any(mark in json.dumps(report) for mark in marks), "the report tells a mark")
    fired(len(plants.wanted) >= 20, f"{len(plants.wanted)} kinds of store in real servers")


# ---- what must not be found ----


def planted_customers_are_nowhere_in_the_open(setting):
    """Before any erasure: every name, address and e-mail address is sealed wherever it is."""
    shop = Shop(setting, servers=setting.instance("e2e-scan").environment, partitions=4)
    shop.serve().wait_event("epoch_published")
    commands = [shop.work(f"command-{number}") for number in (1, 2)]
    projector = shop.start_projector()
    needles = setting.folder / "needles"
    load = shop.start_load(
        "generate", "--orders", "1500", "--shape", "retail", "--register", "--personal", "sealed",
        "--epoch-topic", shop.epochs, "--vault-key", shop.broker.vault / "signing.pub",
        "--plant", PLANTED, "--needles", needles)
    result = shop.finish_load(load, 300)
    equal(result["types"]["RegisterCustomer"] > PLANTED, True, "customers are registered")
    shop.wait_projected()
    shop.check_all(load)
    labels = len(needles.read_text().splitlines())
    equal(labels, 2 * PLANTED, "marks of planted customers")
    sealed = shop.database.number("select count(*) from store.events where sealed is not null")
    fired(sealed >= 2 * PLANTED, f"{sealed} events with sealed parts")
    shop.database.rows("analyze")
    for program in (*commands, projector):
        program.stop()
    report = scan(shop, "--needles", needles, "--database",
                  f"dbname={shop.database.name} user=order_admin", *places(setting, shop))
    equal((report["hits"], report["needles"]), (0, labels), "hits, of needles")
    looked = {row["stored_as"]: row["bytes"] for row in report["looked_at"]}
    check(looked["bytes of a file"] > 30_000_000, f"little was looked at: {looked}")
    fired(report["unread"] == 0, f"everything was read: {looked}")


def the_self_test_passes(setting):
    done = programs.run(
        [setting.environment.program("order-shredder"), "scan", "run", "--self-test", "--scratch",
         setting.folder], setting.environment.variables)
    equal(done.code, 0, f"exit code of the self-test ({done.text})")
    contains(done.out, "self-test: passed, 24 kinds of store", "output")
    check("NOT FOUND" not in done.out, "something was not found")
    equal([path.name for path in setting.folder.glob("scan-*")], [], "what the self-test leaves")


def a_list_that_others_may_read_is_refused(setting):
    path = setting.folder / "needles"
    path.write_text("text\tsomebody's name\tlabel\n", encoding="utf-8")
    path.chmod(0o644)
    program = setting.environment.program("order-shredder")
    done = programs.run([program, "scan", "run", "--needles", path, setting.folder],
                        setting.environment.variables)
    equal(done.code, 6, f"exit code ({done.text})")
    path.chmod(0o600)
    path.write_text("text\tAnn\tlabel\n", encoding="utf-8")
    done = programs.run([program, "scan", "run", "--needles", path, setting.folder],
                        setting.environment.variables)
    equal(done.code, 2, f"exit code of a needle that is too short ({done.text})")
    check("Ann" not in done.text, "a needle is told")


# ---- doctor ----


def the_doctor_finds_what_would_leak(setting):
    shop = Shop(setting)
    words = ["doctor", "--json", "--database", shop.database.conninfo("order_shredder"),
             "--brokers", shop.environment.brokers, "--vault", shop.broker.vault,
             "--holders", ",".join(map(str, shop.broker.holders))]

    def states(code):
        done = shop.broker.run(*words)
        equal(done.code, code, f"exit code of the doctor ({done.text[-2000:]})")
        return {row["name"]: row["state"] for row in json.loads(done.out)["checks"]}
    healthy = states(3 if "cow" in shop.broker.options() else 0)
    for name in ("log_error_verbosity", "log_statement", "log_parameter_max_length",
                 "log_parameter_max_length_on_error", "roles that may erase history", "rights"):
        equal(healthy[name], "ok", name)
    shop.database.admin(f"alter role order_shredder in database \"{shop.database.name}\""
                        " set log_statement = 'all'")
    shop.broker.vault.chmod(0o755)
    try:
        leaking = states(3)
    finally:
        shop.broker.vault.chmod(0o700)
        shop.database.admin(f"alter role order_shredder in database \"{shop.database.name}\""
                            " reset log_statement")
    equal(leaking["log_statement"], "bad", "log_statement = all")


if __name__ == "__main__":
    runner.main(the_self_test_passes, a_list_that_others_may_read_is_refused,
                a_scan_finds_what_was_planted_on_purpose,
                planted_customers_are_nowhere_in_the_open, the_doctor_finds_what_would_leak)

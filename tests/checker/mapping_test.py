#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The load client's reading of retail files against retail_expect.py: the same commands with the
same outcomes, on made-up files (any seed) and on the real one.

usage: mapping_test.py made-up ORDER_LOAD [SEED…] | real ORDER_LOAD FILE
Exit code 0: equal, 1: different, 103: skipped because FILE is absent (ctest shows it as skipped).
"""
import csv
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile

import retail_expect

SKIPPED = 103
NAMES = {"RegisterCustomer": "register_customer", "ReceiveStock": "receive_stock", "AdjustStock": "adjust_stock",
         "PlaceOrder": "place_order", "CancelLines": "cancel_lines"}
HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
          "CustomerID", "Country"]
CODES = ["85123A", "85123a", "22423", "PADS", "DCGS0003", "20725"]
ODD_CODES = ["POST", "DOT", "C2", "M", "m", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK",
             "gift_0001_20"]
TITLES = ["MUG", "", "JUMBO BAG \"RED\"", "a, b", "WET/rusty", "?missing", "Thrown away", "THÉ"]
PRICES = ["2.55", "0.0", "1.0", "3.39", "0.001", "10"]
CUSTOMERS = ["17850.0", "13047.0", "13047.0", ""]
COUNTRIES = ["United Kingdom", "United Kingdom", "EIRE", "Germany"]


class Writer:
    """Rows in order of time, invoices of every kind; some overlap."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.time = datetime.datetime(2010, 12, 1, 8, 0)
        self.number = 536365
        self.rows = []

    def row(self, invoice, qty, customer, country, price=None, code=None):
        pick = self.random.choice
        code = code or (pick(ODD_CODES) if self.random.random() < 0.15 else pick(CODES))
        self.rows.append([invoice, code, pick(TITLES), qty, self.time.strftime("%F %H:%M:00"),
                          price or pick(PRICES), customer, country])

    def invoice(self):
        chance, pick = self.random.random(), self.random.choice
        self.number += 1
        customer, country = pick(CUSTOMERS), pick(COUNTRIES)
        if chance < 0.03:
            self.row(f"A{self.number}", 1, "", "United Kingdom", pick(["11.06", "-11.06"]), "B")
        elif chance < 0.1:
            self.row(str(self.number), -self.random.randint(1, 9), "", country, "0.0", pick(CODES))
        elif chance < 0.35:
            for _ in range(self.random.randint(1, 4)):
                self.row(f"C{self.number}", -self.random.randint(1, 6), customer, country)
        else:
            price = "0.0" if chance < 0.42 else None
            for _ in range(self.random.randint(1, 6)):
                self.row(str(self.number), self.random.randint(1, 8), customer, country, price)
                if self.random.random() < 0.05:
                    self.split(str(self.number), customer, country)

    def split(self, invoice, customer, country):
        """Another's row in between, then a minute later the rest."""
        self.number += 1
        self.row(f"C{self.number}", -1, customer, country)
        self.time += datetime.timedelta(minutes=1)
        self.row(invoice, 1, customer, country)

    def write(self, file):
        while len(self.rows) < 400:
            self.invoice()
            self.time += datetime.timedelta(minutes=self.random.choice([0, 1, 3, 300]))
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADER)
        out.writerows(self.rows)


def of_client(program, path, arguments):
    """What the client would send, in the words of retail_expect."""
    done = subprocess.run([program, "retail", path, "--dry-run", "--json", "-", *arguments],
                          check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    expected = dict(report["expected"])
    source = report["source"]
    return {
        "commands": {NAMES[name]: count for name, count in report["types"].items()},
        "accepted": expected.pop("accepted", 0),
        "codes": expected,
        "lines": report["lines"],
        "zero_price_orders": source["orders_with_a_zero_price"],
        "invoices": [source[f"invoices_{kind}"] for kind in ("normal", "cancel", "bad_debt")],
        "without_product": source["invoices_without_product"],
        "two_shippings": source["invoices_with_two_shippings"],
        "matches": [source[f"cancelled_rows_{kind}"] for kind in (
            "matched", "over_several_purchases", "too_few_left", "nothing_matched",
            "no_customer")],
        "skipped": {name.removeprefix("skipped_"): count for name, count in source.items()
                    if name.startswith("skipped_") and count},
    }


def of_expectation(path, days, gifts, personal):
    result = retail_expect.expect(path, days, gifts, personal)
    rows = result["cancelled_rows"]
    return {
        "commands": result["commands"],
        "accepted": result["outcomes"].get("accepted", 0),
        "codes": result["rejections"],
        "lines": result["sent"]["lines"],
        "zero_price_orders": result["sent"]["orders_with_a_zero_price"],
        "invoices": [result["invoices"].get(kind, 0) for kind in ("normal", "cancel", "bad_debt")],
        "without_product": result["skipped_invoices"].get("without a product row", 0),
        "two_shippings": result["invoices_with_two_shippings"],
        "matches": [rows.get(kind, 0) for kind in (
            "matched", "matched over several purchases", "too few left", "nothing matched",
            "no customer")],
        "skipped": result["skipped_rows"],
    }


def differences(program, path, days=None, gifts=True, personal=True):
    arguments = (["--days", str(days)] if days else []) + [
        "--gifts", "on" if gifts else "off", "--personal", "plain" if personal else "none"]
    client = of_client(program, path, arguments)
    wanted = of_expectation(path, days, gifts, personal)
    return [f"{name}: the client has {client[name]}, expected {wanted[name]}"
            for name in wanted if client[name] != wanted[name]]


def made_up(program, seeds):
    found = []
    for seed in seeds:
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
            Writer(seed).write(file)
            file.flush()
            for days, gifts, personal in (
                    (None, True, True), (None, False, False), (3, True, True)):
                found += [f"seed {seed}, days {days}, gifts {gifts}: {difference}" for difference in
                          differences(program, file.name, days, gifts, personal)]
    return found


def real(program, path):
    if not os.path.exists(path):
        print(f"skipped: {path} is absent")
        sys.exit(SKIPPED)
    return differences(program, path) + differences(program, path, days=2)


def main(arguments):
    what, program, *rest = arguments
    found = made_up(program, [int(seed) for seed in rest] or range(1, 26)) if what == "made-up" \
        else real(program, *rest)
    for difference in found[:20]:
        print(difference)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

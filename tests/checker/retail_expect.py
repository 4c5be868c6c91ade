#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a load of the retail file has to come to: commands by type, outcomes by code, sums.

Follows docs/retail-data.md and the rules of the domain with exact arithmetic. Shares no code with
the load client or with the service: where the two differ, one of them is wrong.

usage: retail_expect.py FILE.csv[.xz] [--days N | --all] [--gifts on|off]
       [--personal none|sealed|plain] [--planted N] [--indent]
"""
import argparse
import collections
import csv
import io
import json
import lzma
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

SHIPPING = {"POST": "post", "DOT": "dotcom", "C2": "carriage"}
SKIPPED = {"M", "m", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"}
DAMAGED = ("damag", "broken", "crush", "smash", "wet", "rust", "mould", "faulty", "unsaleable",
           "throw", "smudge")
LOST = ("lost", "missing")
FIRST_RECEIPT = 1_000_000
UK_TAX = Decimal("0.2")
CHANNELS = ("web", "store", "phone", "marketplace")
COUNTRIES = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR",
    "Canada": "CA", "Channel Islands": "JE", "Cyprus": "CY", "Czech Republic": "CZ",
    "Denmark": "DK", "EIRE": "IE", "European Community": "EU", "Finland": "FI", "France": "FR",
    "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL",
    "Italy": "IT", "Japan": "JP", "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT",
    "Netherlands": "NL", "Norway": "NO", "Poland": "PL", "Portugal": "PT", "RSA": "ZA",
    "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH",
    "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB", "Unspecified": "ZZ",
}

Row = collections.namedtuple("Row", "invoice code title qty time price customer country")


def kind_of_code(code):
    if code in SHIPPING:
        return "shipping"
    if code in SKIPPED or code.startswith("gift_"):
        return "skipped"
    return "product"


def read_rows(path, days):
    """Rows of the first `days` calendar days that have data; None: all."""
    opener = lzma.open if path.endswith(".xz") else open
    seen_days = set()
    with opener(path, "rb") as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        next(rows)
        for invoice, code, title, qty, time, price, customer, country in rows:
            seen_days.add(time[:10])
            if days is not None and len(seen_days) > days:
                return
            yield Row(invoice, code, title, int(qty), time, Decimal(price),
                      customer.split(".")[0], country)


def invoices(rows):
    """Rows by invoice in the order of first appearance: one invoice is not contiguous."""
    grouped = {}
    for row in rows:
        grouped.setdefault(row.invoice, []).append(row)
    return grouped


# ---- the file to commands ------------------------------------------------------------------


class Mapping:
    """Turns invoices into commands and counts what is left out."""

    def __init__(self, personal):
        self.personal = personal
        self.registered = set()
        self.stocked = set()
        self.purchases = {}  # (customer, sku, price) -> [[order, line_no, left], ...]
        self.skipped_rows = collections.Counter()
        self.skipped_invoices = collections.Counter()
        self.invoices = collections.Counter()
        self.matches = collections.Counter()
        self.two_shippings = 0

    def commands(self, number, rows):
        self.invoices[{"C": "cancel", "A": "bad_debt"}.get(number[0], "normal")] += 1
        if number[0] == "C":
            yield from self.cancellation(number, rows)
        elif number[0] == "A":
            yield from self.bad_debt(number, rows)
        elif any(row.qty < 0 for row in rows):
            yield from self.adjustments(number, rows, self.write_off_reason)
        elif all(row.price == 0 for row in rows) and not rows[0].customer:
            yield from self.adjustments(number, rows, lambda row: "count")
        else:
            yield from self.order(number, rows)

    @staticmethod
    def write_off_reason(row):
        text = row.title.lower()
        if any(word in text for word in DAMAGED):
            return "damaged"
        return "lost" if any(word in text for word in LOST) else "other"

    def skip_row(self, row):
        self.skipped_rows["gift_*" if row.code.startswith("gift_") else row.code] += 1

    def first_sight(self, sku):
        if sku not in self.stocked:
            self.stocked.add(sku)
            yield {"type": "receive_stock", "sku": sku, "qty": FIRST_RECEIPT}

    def first_order(self, number, row):
        """A customer is registered before the first order; each guest is one of its own."""
        customer = row.customer or f"guest {number}"
        if self.personal and customer not in self.registered:
            self.registered.add(customer)
            yield {"type": "register_customer", "customer": customer}

    def adjustments(self, number, rows, reason):
        any_product = False
        for row in rows:
            if kind_of_code(row.code) != "product":
                self.skip_row(row)
                continue
            any_product = True
            yield from self.first_sight(row.code)
            yield {"type": "adjust_stock", "sku": row.code, "delta": row.qty, "reason": reason(row)}
        if not any_product:
            self.skipped_invoices["without a product row"] += 1

    def bad_debt(self, number, rows):
        yield {"type": "place_order", "order": number, "channel": "adjustment",
               "lines": [], "shipping": None, "tax": Decimal(0), "declared_total": Decimal(0)}

    def order(self, number, rows):
        products = [row for row in rows if kind_of_code(row.code) == "product"]
        for row in rows:
            if kind_of_code(row.code) == "skipped":
                self.skip_row(row)
        shipping = [row for row in rows if kind_of_code(row.code) == "shipping"]
        if not products:
            self.skipped_invoices["without a product row"] += 1
            for row in shipping:
                self.skip_row(row)
            return
        if len(shipping) > 1:
            self.two_shippings += 1
        for row in products:
            yield from self.first_sight(row.code)
        lines = []
        for line_no, row in enumerate(products, 1):
            lines.append({"line_no": line_no, "sku": row.code, "qty": row.qty, "price": row.price})
            if row.customer:
                key = (row.customer, row.code, row.price)
                self.purchases.setdefault(key, []).append([number, line_no, row.qty])
        charge = sum((row.qty * row.price for row in shipping), Decimal(0))
        yield from self.first_order(number, rows[0])
        yield {"type": "place_order", "order": number, "channel": "web",
               "country": COUNTRIES[rows[0].country], "lines": lines,
               "shipping": charge if shipping else None,
               "tax": UK_TAX if rows[0].country == "United Kingdom" else Decimal(0),
               "declared_total": sum((row.qty * row.price for row in products), charge)}

    def cancellation(self, number, rows):
        for row in rows:
            if kind_of_code(row.code) != "product":
                self.skip_row(row)
                continue
            yield from self.cancelled_row(number, row)

    def cancelled_row(self, number, row):
        wanted = -row.qty
        bought = self.purchases.get((row.customer, row.code, row.price), []) if row.customer else []
        open_ones = [one for one in reversed(bought) if one[2] > 0]
        if not open_ones:
            self.matches["nothing matched" if row.customer else "no customer"] += 1
            yield {"type": "cancel_lines", "order": number, "lines": [(1, wanted)]}
            return
        if sum(one[2] for one in open_ones) < wanted:
            self.matches["too few left"] += 1
            yield {"type": "cancel_lines", "order": open_ones[0][0],
                   "lines": [(open_ones[0][1], wanted)]}
            return
        pieces = {}  # order -> lines, newest first
        used = 0
        for one in open_ones:
            take = min(one[2], wanted)
            one[2] -= take
            wanted -= take
            used += 1
            pieces.setdefault(one[0], []).append((one[1], take))
            if wanted == 0:
                break
        self.matches["matched"] += 1
        self.matches["matched over several purchases"] += used > 1
        for order, lines in pieces.items():
            yield {"type": "cancel_lines", "order": order, "lines": lines}


# ---- commands to outcomes ------------------------------------------------------------------


def cumulative(total, count, before, after):
    """What units before+1..after of count cost when all cost total; minor units, half-even."""
    def upto(units):
        return int((Decimal(total) * units / count).quantize(Decimal(1), ROUND_HALF_EVEN))
    return upto(after) - upto(before)


class Service:
    """Decides as the domain does, keeping what later decisions and the sums need."""

    def __init__(self, gifts):
        self.gifts = gifts
        self.orders = {}
        self.stock = {}
        self.events = collections.Counter()
        self.sums = collections.Counter()

    def decide(self, command):
        return getattr(self, command["type"])(command)

    def register_customer(self, _):
        self.events["CustomerRegistered"] += 1

    def receive_stock(self, command):
        self.stock[command["sku"]] = self.stock.get(command["sku"], 0) + command["qty"]
        self.events["StockReceived"] += 1
        return None

    def adjust_stock(self, command):
        if command["sku"] not in self.stock:
            return "not_found"
        if self.stock[command["sku"]] + command["delta"] < 0:
            return "stock_reserved"
        self.stock[command["sku"]] += command["delta"]
        self.events["StockAdjusted"] += 1
        return None

    def refuse_order(self, command):
        if command["channel"] not in CHANNELS:
            return "bad_field"
        if command["order"] in self.orders:
            return "already_exists"
        for line in command["lines"]:
            if -line["price"].as_tuple().exponent > 2:
                return "price_precision"
            if line["price"] == 0 and not self.gifts:
                return "not_permitted"
        charge = command["shipping"] or Decimal(0)  # sent with two digits where that is exact
        if charge != charge.quantize(Decimal("0.01")):
            return "price_precision"
        total = sum((line["price"] * line["qty"] for line in command["lines"]), charge)
        return "total_mismatch" if total != command["declared_total"] else None

    def place_order(self, command):
        refusal = self.refuse_order(command)
        if refusal is not None:
            return refusal
        rate = Fraction(1) + Fraction(command["tax"])
        net = tax = 0
        for line in command["lines"]:
            gross = int(line["price"] * line["qty"] * 100)
            line["total"] = gross
            line["cancelled"] = 0
            net += round(gross / rate)
            tax += gross - round(gross / rate)
        charge = int((command["shipping"] or 0) * 100)
        charge_net = round(charge / rate)
        total = net + tax + charge
        self.orders[command["order"]] = {
            "lines": {line["line_no"]: line for line in command["lines"]},
            "open": sum(line["qty"] for line in command["lines"]),
            "total": total, "cancelled_amount": 0}
        self.events["OrderPlaced"] += 1
        self.sums["orders"] += 1
        self.sums["lines"] += len(command["lines"])
        self.sums["units"] += sum(line["qty"] for line in command["lines"])
        self.sums["subtotal"] += net
        self.sums["shipping"] += charge_net
        self.sums["tax"] += tax + charge - charge_net
        self.sums["total"] += total
        return None

    def cancel_lines(self, command):
        order = self.orders.get(command["order"])
        if order is None:
            return "not_found"
        if order["open"] == 0:
            return None  # cancelled already: nothing to do, no event
        for line_no, qty in command["lines"]:
            line = order["lines"].get(line_no)
            if line is None:
                return "unknown_line"
            if qty > line["qty"] - line["cancelled"]:
                return "quantity_exceeds_open"
        self.events["LinesCancelled"] += 1
        for line_no, qty in command["lines"]:
            line = order["lines"][line_no]
            before, after = line["cancelled"], line["cancelled"] + qty
            amount = cumulative(line["total"], line["qty"], before, after)
            line["cancelled"] = after
            order["open"] -= qty
            order["cancelled_amount"] += amount
            self.sums["cancelled_units"] += qty
            self.sums["cancelled_amount"] += amount
        if order["open"] == 0:
            self.events["OrderCancelled"] += 1
            self.sums["cancelled_orders"] += 1
            self.sums["cancelled_amount"] += order["total"] - order["cancelled_amount"]
            order["cancelled_amount"] = order["total"]
        return None


# ---- report --------------------------------------------------------------------------------

MALFORMED = {"bad_field"}


def planted_commands(customers):
    """What order-load --plant sends before the file: a customer and an order of one line."""
    for number in range(customers):
        yield {"type": "register_customer", "customer": f"planted {number}"}
        yield {"type": "place_order", "order": f"planted {number}", "channel": "web",
               "lines": [{"line_no": 1, "sku": "CANARY", "qty": 1, "price": Decimal("19.99")}],
               "shipping": None, "tax": Decimal(0), "declared_total": Decimal("19.99")}


def all_commands(mapping, rows, planted):
    yield from planted_commands(planted)
    for number, of_invoice in invoices(rows).items():
        yield from mapping.commands(number, of_invoice)


def expect(path, days=None, gifts=True, personal=False, planted=0):
    """The expectation as a dict ready for JSON. personal: whether persons are sent at all."""
    mapping, service = Mapping(personal), Service(gifts)
    commands, outcomes, rejections = (collections.Counter() for _ in range(3))
    skus, sent_lines, sent_units, gift_orders = set(), 0, 0, 0
    sent_total = Decimal(0)
    for command in all_commands(mapping, read_rows(path, days), planted):
        commands[command["type"]] += 1
        if command["type"] == "place_order" and command["channel"] == "web":
            sent_lines += len(command["lines"])
            sent_units += sum(line["qty"] for line in command["lines"])
            sent_total += command["declared_total"]
            gift_orders += any(line["price"] == 0 for line in command["lines"])
            skus.update(line["sku"] for line in command["lines"])
        code = service.decide(command)
        kind = "accepted" if code is None else "malformed" if code in MALFORMED else "rejected"
        outcomes[kind] += 1
        if code is not None:
            rejections[code] += 1
    return {
        "commands": dict(sorted(commands.items())),
        "commands_total": sum(commands.values()),
        "outcomes": dict(sorted(outcomes.items())),
        "rejections": dict(sorted(rejections.items())),
        "events": dict(sorted(service.events.items())),
        "events_total": sum(service.events.values()),
        "sent": {"lines": sent_lines, "units": sent_units, "total": f"{sent_total:.3f}",
                 "orders_with_a_zero_price": gift_orders, "skus": len(skus)},
        "accepted": dict(sorted(service.sums.items())),
        "invoices": dict(sorted(mapping.invoices.items())),
        "cancelled_rows": dict(sorted(mapping.matches.items())),
        "skipped_rows": dict(sorted(mapping.skipped_rows.items())),
        "skipped_invoices": dict(sorted(mapping.skipped_invoices.items())),
        "invoices_with_two_shippings": mapping.two_shippings,
    }


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--days", type=int)
    length.add_argument("--all", action="store_true")
    parser.add_argument("--gifts", choices=("on", "off"), default="on")
    parser.add_argument("--personal", choices=("none", "sealed", "plain"), default="none",
                        help="as the load client says in its result")
    parser.add_argument("--planted", type=int, default=0, metavar="N", help="as order-load --plant")
    parser.add_argument("--indent", action="store_true")
    chosen = parser.parse_args(arguments)
    result = expect(
        chosen.file, chosen.days, chosen.gifts == "on", chosen.personal != "none", chosen.planted)
    print(json.dumps(result, indent=2 if chosen.indent else None))


if __name__ == "__main__":
    main(sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""The orders a shop has: of a file of real ones, or made up in the same shape."""
import collections
import pathlib
import random
import sys
from decimal import Decimal

import bus

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "checker"))
import retail_expect as retail  # noqa: E402  pylint: disable=wrong-import-position

VAT = 200_000
MADE_UP_ARTICLES, MADE_UP_CUSTOMERS = 150, 60
MADE_UP_QUANTITIES = (1, 1, 2, 2, 3, 4, 6, 6, 12, 12, 24)


class Order:
    """One order and where it stands."""

    def __init__(self, invoice, rows):
        products = products_of(rows)
        self.id = bus.derived("order", "lifecycle", invoice)
        self.invoice = invoice
        self.lines = [(n, r.code, r.qty, r.price) for n, r in enumerate(products, 1)]
        self.titles = [r.title for r in products]
        self.shipping = sum(
            (r.price * r.qty for r in rows if retail.kind_of_code(r.code) == "shipping"), Decimal(0))
        self.customer = bus.derived("customer", "lifecycle", rows[0].customer or f"guest {invoice}")
        self.country = retail.COUNTRIES[rows[0].country]
        self.placed_at = rows[0].time.replace(" ", "T") + "Z"
        self.end = None
        self.refused = set()
        self.reserved = {}
        self.shipped = False
        self.returned = None
        self.refunded = Decimal(0)

    def items(self):
        """Units per article, over all lines: what is reserved is reserved once per article."""
        found = collections.Counter()
        for _, sku, qty, _ in self.lines:
            found[sku] += qty
        return dict(found)

    def body(self):
        """Of PlaceOrder."""
        tax = VAT if self.country == "GB" else 0
        total = self.shipping + sum(q * p for _, _, q, p in self.lines)
        lines = [{"line_no": n, "sku": s, "qty": q, "unit_price": str(p), "tax_ppm": tax}
                 for n, s, q, p in self.lines]
        for line, title in zip(lines, self.titles):
            if title:
                line["title"] = title
        body = {
            "customer_id": self.customer, "channel": "web", "currency": "GBP",
            "prices_include_tax": True, "ship_country": self.country, "lines": lines,
            "declared_total": str(total), "placed_at": self.placed_at, "source_ref": self.invoice}
        if self.shipping:
            body["shipping"] = {"method": "post", "amount": str(self.shipping), "tax_ppm": tax}
        return body

    def kept_lines(self):
        """Without what could not be had."""
        return [line for line in self.lines if line[1] not in self.refused]

    def due(self):
        return self.shipping + sum(q * p for _, _, q, p in self.kept_lines())

    def books(self):
        """What the shop thinks of it in the end, in minor units."""
        return {"order": self.id, "end": self.end, "due": int(self.due() * 100),
                "refunded": int(self.refunded * 100)}


def products_of(rows):
    return [row for row in rows if retail.kind_of_code(row.code) == "product"]


def can_be_ordered(invoice, rows):
    """Goods, and a price in whole pence on each."""
    products = products_of(rows)
    return products and invoice.isdigit() and all(
        row.qty > 0 and row.price > 0 and row.price.as_tuple().exponent >= -2 for row in products)


def of_file(path, days):
    """The goods orders of the file's first days."""
    for invoice, rows in retail.invoices(retail.read_rows(path, days)).items():
        if can_be_ordered(invoice, rows):
            yield Order(invoice, rows)


def made_up(count):
    """As a file would have them; the same for the same count."""
    chance = random.Random(count)
    prices = [Decimal(chance.choice(("0.42", "0.85", "1.25", "1.65", "2.10", "2.95", "4.95", "12.75")))
              for _ in range(MADE_UP_ARTICLES)]
    for number in range(count):
        customer = chance.randrange(MADE_UP_CUSTOMERS)
        country = "United Kingdom" if customer % 10 else "Germany"
        time = f"2026-01-02 {8 + number * 10 // count:02}:{number % 60:02}:00"
        rows = []
        for _ in range(min(1 + int(chance.expovariate(1 / 12)), 60)):
            article = int(MADE_UP_ARTICLES * chance.random() ** 2)  # some sell better
            rows.append(retail.Row(
                str(900_000 + number), f"{article + 1:04}", f"Article {article + 1}",
                chance.choice(MADE_UP_QUANTITIES), time, prices[article], str(customer), country))
        if customer % 10 == 0:
            rows.append(rows[0]._replace(code="POST", title="Postage", qty=1,
                                         price=Decimal("18.00")))
        yield Order(rows[0].invoice, rows)

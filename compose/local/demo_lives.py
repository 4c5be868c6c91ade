#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What came of the orders that shop, warehouse and payments led through their lives: shown from the
running databases, and checked against the books of the shop.

SHOP.json is what shop.py wrote, SHOP_STATUS its exit status; what was found goes to OUT.json. Exit
status 0 only if the check holds.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

from demo_show import await_read_models, query, table

BIN = pathlib.Path(os.environ["ORDER_BIN"])
STATUS_OF_END = {"closed": "closed", "cancelled": "cancelled"}  # by the first word of an end
OVER = "('closed', 'cancelled', 'expired')"


def money(minor):
    return f"{int(minor) / 100:,.2f}"


# ---- shown ----


def show_events():
    """Two kinds to a line, as they first came. Returns the counts."""
    rows = query("select type, count(*) from store.events group by type order by min(position)",
                 "order_projector")
    half = (len(rows) + 1) // 2
    cells = [[kind, f"{int(count):,}"] for kind, count in rows] + [["", ""]] * (len(rows) % 2)
    lines = [left + right for left, right in zip(cells[:half], cells[half:])]
    table("Events by kind", ["event", "count", "event", "count"], lines, right=(1, 3))
    return {kind: int(count) for kind, count in rows}


def show_ends(books):
    rows = []
    for end in sorted({book["end"] for book in books}, key=str):
        of_end = [book for book in books if book["end"] == end]
        rows.append([end or "unfinished", str(len(of_end)), money(sum(b["due"] for b in of_end)),
                     money(sum(b["refunded"] for b in of_end))])
    table("How the orders ended, as the shop was told", ["end", "orders", "due", "refunded"], rows,
          right=(1, 2, 3))


def show_timeline():
    """One order that came back in part, and what the service says of its refund."""
    chosen = query(
        "select order_id from read_v1.orders where status = 'closed' and returned > 0"
        " order by line_count < 2, stream_version, order_id limit 1")
    if not chosen:
        return
    order = chosen[0][0]
    events = query(
        "select e.version, e.type, to_char(e.recorded_at, 'HH24:MI:SS.MS'), e.position, c.command_id"
        " from store.events e join store.commands c using (command_id, tenant_id)"
        f" where e.stream_id = '{order}' and e.category = 1 order by e.version", "order_projector")
    table(f"Life of order {order}",
          ["version", "event", "recorded", "position", "because of command"], events, right=(0, 3))
    state = query(
        "select status, payment, goods, returns, due, captured, refunded, currency"
        f" from read_v1.orders where order_id = '{order}'")[0]
    print(f"  now: {state[0]}; payment {state[1]}, goods {state[2]}, returns {state[3]};"
          f" due {money(state[4])}, captured {money(state[5])}, refunded {money(state[6])} {state[7]}")
    settled = [row[4] for row in events if row[1] == "RefundSettled"]
    for command in settled[:1]:
        print(f"\norder-command show {command}")
        done = subprocess.run(
            [str(BIN / "order-command"), "show", command, "--database", "user=order_command"],
            capture_output=True, text=True)
        print("".join(f"  {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="")


def show_money():
    rows = query(
        "select status, count(*), sum(units - cancelled), sum(returned), sum(due), sum(captured),"
        " sum(refunded), currency from read_v1.orders group by status, currency order by 2 desc, 1")
    table("Money, by what the read models say of the orders",
          ["status", "orders", "units", "returned", "due", "captured", "refunded", ""],
          [[row[0], *(f"{int(n):,}" for n in row[1:4]), *map(money, row[4:7]), row[7]]
           for row in rows], right=(1, 2, 3, 4, 5, 6))


def show_stock():
    rows = query(
        "select s.sku, coalesce((select title from read_v1.order_lines l where l.sku = s.sku"
        " and title is not null limit 1), ''), s.on_hand, s.reserved, s.available from read_v1.stock s"
        " where s.available < 1000 order by s.available, s.sku limit 6")
    total = query("select count(*), sum(on_hand), sum(reserved) from read_v1.stock")[0]
    table(f"Scarce articles, of {int(total[0]):,} in stock ({int(total[1] or 0):,} units,"
          f" {int(total[2] or 0):,} of them reserved)",
          ["article", "title", "on hand", "reserved", "available"], rows, right=(2, 3, 4))


# ---- checked ----


def as_in_the_books(books):
    """Each order stands as the shop has it, with its money; what the difference is is said."""
    found = {row[0]: row[1:] for row in query(
        "select order_id, status, due, captured, refunded from read_v1.orders")}
    wrong = 0
    for book in books:
        status, due, captured, refunded = found.get(book["order"], ("missing", "0", "0", "0"))
        end = (book["end"] or "unfinished").replace(":", " ").replace(",", " ").split()[0]
        fine = status == STATUS_OF_END.get(end, status) and int(refunded) == book["refunded"]
        if end == "closed":
            fine = fine and int(due) == int(captured) == book["due"]
        if not fine:
            wrong += 1
            print(f"order {book['order']}: {book}, but {status}, due {due}, captured {captured},"
                  f" refunded {refunded}", file=sys.stderr)
    return wrong == 0 and len(found) == len(books)


def is_empty(what, sql, user="order_reader"):
    rows = query(sql, user)
    for row in rows[:5]:
        print(f"{what}: {' '.join(row)}", file=sys.stderr)
    return not rows


def check(books, shop_status):
    """Name of what is checked and whether it holds."""
    return {
        "ended": shop_status == 0,
        "as_in_the_books": as_in_the_books(books),
        "nothing_oversold": is_empty(
            "oversold", "select sku, on_hand, reserved from read_v1.stock"
            " where reserved < 0 or reserved > on_hand"),
        "nothing_reserved_for_what_is_over": is_empty(
            "reserved", "select r.sku, r.order_id from read_v1.stock_reservations r"
            f" join read_v1.orders o using (order_id) where o.status in {OVER}"),
        # Units came back, were accepted and are paid back; the rest is paid and delivered.
        "closed_orders_balance": is_empty(
            "out of balance", "select o.order_id, o.due, o.captured, o.refunded"
            " from read_v1.orders o join (select order_id, sum(line_total * returned / qty) as back"
            "  from read_v1.order_lines group by order_id) l using (order_id)"
            " where o.status = 'closed' and (o.captured - o.refunded <> o.due - l.back"
            "  or o.refund_pending <> 0 or o.goods <> 'delivered')"),
    }


def print_result(shop, checks, events):
    print(f"\n{shop['orders']:,} orders through their whole lives in {shop['seconds']:.1f} s:"
          f" {sum(events.values()):,} events of {len(events)} kinds")
    texts = {
        "ended": "every order came to an end", "as_in_the_books": "status and money as in the shop's"
        " books", "nothing_oversold": "no article oversold",
        "nothing_reserved_for_what_is_over": "nothing reserved for orders that are over",
        "closed_orders_balance": "every closed order's balance is 0"}
    said = [texts[name] if held else f"NOT: {texts[name]}" for name, held in checks.items()]
    print(f"lives: {'ok' if all(checks.values()) else 'FAILED'}: {', '.join(said)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shop", metavar="SHOP.json", type=pathlib.Path)
    parser.add_argument("shop_status", metavar="SHOP_STATUS", type=int)
    parser.add_argument("out", metavar="OUT.json", type=pathlib.Path)
    arguments = parser.parse_args()
    shop = json.loads(arguments.shop.read_text())
    caught_up = await_read_models(120)
    events = show_events()
    show_ends(shop["books"])
    show_timeline()
    show_money()
    show_stock()
    checks = check(shop["books"], arguments.shop_status)
    checks["ended"] = checks["ended"] and caught_up
    print_result(shop, checks, events)
    ends = collections.Counter(book["end"] or "unfinished" for book in shop["books"])
    arguments.out.write_text(json.dumps({
        "orders": shop["orders"], "seconds": shop["seconds"], "ends": dict(sorted(ends.items())),
        "events": events, "check": {**checks, "ok": all(checks.values())}}) + "\n")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()

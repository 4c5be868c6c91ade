# SPDX-License-Identifier: Apache-2.0
"""The part of the demo about people: a customer is shown, erased, and shown again; and nothing personal
is found in the open, in any file of the demo."""
import json
import os
import pathlib
import subprocess
import sys
import time

BIN = pathlib.Path(os.environ["ORDER_BIN"])
UNLOCKED = ["--allow-unlocked"] if "unlocked" in os.environ["ORDER_SHREDDER_UNSAFE"] else []
REASON = "demo: the customer asks what is kept"


def run(program, *words):
    """(exit code, stdout, seconds)."""
    began = time.monotonic()
    done = subprocess.run([str(BIN / program), *map(str, words)], capture_output=True, text=True)
    if done.returncode not in (0, 7, 8):
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode, done.stdout, time.monotonic() - began


def reveal(order):
    """What is known of the people of an order: {class: (state, value)}."""
    code, out, _ = run("order-projector", "show", order, "--reveal", "--reason", REASON, "--json",
                       "--database", "user=order_projector", *UNLOCKED)
    if code != 0:
        return {}
    return {part["class"]: (part["state"], part.get("value"))
            for part in json.loads(out)["personal"]}


def choose(query):
    """A small order of somebody who was not planted, and one of somebody else."""
    return query(
        "select min(s.order_id::text), s.customer_id from read.order_summary s"
        " where s.line_count between 2 and 12 and s.sealed is not null and exists (select from read.customers c"
        " where c.customer_id = s.customer_id and c.tenant_id = s.tenant_id)"
        " group by s.customer_id order by count(*) desc, s.customer_id limit 2", "order_projector")


def totals(query):
    """Everything that is counted and summed, as one text."""
    return "; ".join("|".join(row) for sql in (
        "select count(*), sum(units), sum(total), sum(cancelled_amount) from read.order_summary",
        "select count(*), sum(units), sum(revenue), sum(cancelled_revenue) from read.sku_sales",
        "select count(*) from read.customers",
    ) for row in query(sql, "order_projector"))


def flat(value):
    """The texts of a record, in one line."""
    parts = [flat(part) if isinstance(part, dict) else str(part) for part in value.values()]
    return ", ".join(part for part in parts if part)


def show(title, parts):
    print(f"\n{title}")
    for name, (state, value) in sorted(parts.items()):
        print(f"  {name:<10}{state:<9}{flat(value) if value else ''}".rstrip())
    if not parts:
        print("  (nothing could be shown)")


def all_are(parts, state):
    return bool(parts) and {found for found, _ in parts.values()} == {state}


def erase(query):
    """Shows an order, erases its customer, shows it again. A dict for the result."""
    chosen = choose(query)
    if len(chosen) < 2:
        print("\nno two customers to show: nothing is erased")
        return {"ok": False}
    (order, customer), (other_order, _) = chosen
    sums = totals(query)
    before, other_before = reveal(order), reveal(other_order)
    show(f"Who order {order} is for, revealed for a reason that is kept", before)
    code, out, seconds = run("order-shredder", "erase", customer, "--json")
    answer = json.loads(out) if code in (0, 7) else {}
    print(f"\nCustomer {customer} is erased: {answer.get('state', 'FAILED')} after"
          f" {seconds * 1000:.0f} ms, vault generation {answer.get('generation', '?')}")
    after, other_after = reveal(order), reveal(other_order)
    show(f"Who order {order} is for now", after)
    same = sums == totals(query)
    print(f"  totals of all orders, sales and customers: {'unchanged' if same else 'CHANGED'}")
    result = {
        "order": order, "customer": customer, "erase_exit_code": code, "erase": answer,
        "erase_seconds": round(seconds, 3), "opened_before": all_are(before, "opened"),
        "erased_after": all_are(after, "erased"), "totals_unchanged": same,
        "others_unaffected": all_are(other_before, "opened") and other_before == other_after,
    }
    result["ok"] = code == 0 and all(result[name] for name in (
        "opened_before", "erased_after", "totals_unchanged", "others_unaffected"))
    return result


def scan(needles, folders):
    """Looks for the planted customers in every file and table. A dict for the result."""
    if not pathlib.Path(needles).exists():
        return {"ok": False, "hits": None}
    tested, _, _ = run("order-shredder", "scan", "run", "--self-test")
    code, out, seconds = run(
        "order-shredder", "scan", "run", "--needles", needles, "--database", "user=order_admin",
        "--json", *folders)
    report = json.loads(out) if out.startswith("{") else {}
    looked = {row["stored_as"]: row["bytes"] for row in report.get("looked_at", [])}
    print(f"\nLooked for {report.get('needles', '?')} planted names and addresses in every file and"
          f" table: {report.get('hits', '?')} found in"
          f" {looked.get('bytes of a file', 0) / 1e6:,.0f} MB ({seconds:.1f} s);"
          f" the scanner's self-test {'passed' if tested == 0 else 'FAILED'}")
    for row in report.get("found", [])[:10]:
        print(f"  FOUND: {row['needle']}, {row['written_as']}, {row['file']} ({row['stored_as']})")
    return {"ok": code in (0, 7) and report.get("hits") == 0 and tested == 0,
            "exit_code": code, "hits": report.get("hits"), "needles": report.get("needles"),
            "unread": report.get("unread"), "self_test": tested == 0, "looked_at": looked}

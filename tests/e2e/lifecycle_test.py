#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A day of real orders through their whole life: placed, reserved, paid, shipped, delivered, some
returned and refunded, closed. Shop, warehouse and payment provider are three programs that talk Kafka
only (tests/simulators), each a producer of its own."""

import signal

from lib import environment, runner
from lib.checks import Skipped, check, equal, fired
from lib.town import RETURN_WINDOW, Town, said

RETAIL = environment.ROOT / ".." / "shared" / "data" / "online-retail.csv.xz"
LIFE = ("OrderPlaced", "LineReserved", "PaymentAuthorized", "OrderConfirmed", "ShipmentDispatched",
        "PaymentCaptured", "ShipmentDelivered", "ReturnRequested", "ReturnReceived",
        "RefundRequested", "RefundSettled", "OrderClosed", "StockReceived", "StockReserved",
        "ReservationCommitted", "ReservationReleased", "LineReservationRefused", "LinesCancelled",
        "OrderCancelled", "PaymentDeclined")
ENDS = {"closed": "closed", "cancelled": "cancelled"}  # first word of an end: status of the order


def check_orders(town, ends):
    """Each order ended as the shop was told, and its money and goods add up."""
    rows = town.service.database.rows(
        "select status, count(*) from read_v1.orders group by status")
    found = {status: int(count) for status, count in rows}
    for word, status in ENDS.items():
        wanted = sum(count for end, count in ends.items() if end.startswith(word))
        equal(found.get(status, 0), wanted, f"orders that are {status}")
    bad = town.service.database.rows(
        "select order_id from read_v1.orders where status = 'closed' and"
        " (payment not in ('captured', 'part_refunded', 'refunded') or goods <> 'delivered'"
        "  or captured <> due)")
    equal(bad, [], "closed orders whose money or goods do not add up")
    bad = town.service.database.rows(
        "select sku from read_v1.stock where reserved < 0 or reserved > on_hand")
    equal(bad, [], "oversold articles")


def a_day_of_whole_lives(setting):
    if not RETAIL.exists():
        raise Skipped(f"{RETAIL.name} is absent")
    town = Town(setting)
    workers = [town.work("command-1"), town.work("command-2")]
    projector = town.service.start_projector()
    sides = town.start_sides()
    shop = town.start("shop", RETAIL, "--days", "1", "--close-after", str(RETURN_WINDOW + 1))
    equal(shop.wait(240), 0, f"exit code of the shop: {shop.log()[-1500:]}")
    for program in [*sides, *workers]:
        program.stop(signal.SIGTERM)
    story = said(shop)
    events = town.events()
    check(story["orders"] > 100, f"orders of the day: {story['orders']}")
    equal([kind for kind in LIFE if int(events.get(kind, 0)) == 0], [], "events that never came")
    fired(story["ends"].get("closed, with a return", 0) > 0, f"how they ended: {story['ends']}")
    for side in (*sides, shop):
        equal(said(side)["unanswered"], 0, f"commands of {side.name} without a reply")
    town.service.check_all()
    check_orders(town, story["ends"])
    projector.stop()


if __name__ == "__main__":
    runner.main(a_day_of_whole_lives)

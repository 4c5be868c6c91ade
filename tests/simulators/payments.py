#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A payment provider by script: authorises, captures and refunds what it is asked to, and
declines some. Every answer of it is the same for the same order.

Runs until it is told to stop (SIGTERM); then prints what it did.
"""
import datetime
import sys

import bus
import simulator

DECLINED_ONCE, DECLINED_ALWAYS = 5, 1  # percent of orders
AUTHORISED_FOR = datetime.timedelta(days=7)


class Payments:
    """kind authorise, capture, refund: {order, amount, currency, …} from another simulator;
    the answer goes to the order as RecordPaymentResult, and then back as a message."""

    def __init__(self, connection):
        self.bus = connection
        for kind in ("authorise", "capture", "refund"):
            connection.on(kind, self.handle)

    def handle(self, message):
        attempt = message.get("attempt", 1)
        if message["kind"] == "authorise" and self.declines(message["order"], attempt):
            self.record(message, "declined", attempt)
        else:
            self.record(message, "ok", attempt)

    @staticmethod
    def declines(order, attempt):
        chance = simulator.percent("payment", order)
        return chance < DECLINED_ALWAYS or (
            chance < DECLINED_ALWAYS + DECLINED_ONCE and attempt == 1)

    def record(self, message, outcome, attempt):
        order, kind = message["order"], message["kind"]
        operation = {"authorise": "authorize"}.get(kind, kind)
        what = f"{message.get('refund', '')}-{attempt}"
        body = {
            "payment_id": bus.derived("payment", order), "op": operation, "outcome": outcome,
            "amount": message["amount"], "currency": message["currency"], "provider": "scripted",
            "provider_ref": bus.derived("provider", order, kind, what)}
        if outcome == "declined":
            body["decline_code"] = "insufficient_funds"
        elif kind == "authorise":
            body["expires_at"] = bus.text_of(
                datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
                + AUTHORISED_FOR)
        elif kind == "refund":
            body["refund_id"] = message["refund"]
        self.bus.command(
            "record-payment-result", order, body, f"{kind}-{what}",
            lambda reply: self.tell(message, outcome, attempt, reply))

    def tell(self, message, outcome, attempt, reply):
        if reply["outcome"] != "accepted":
            outcome = reply.get("code", reply["outcome"])
        self.bus.post(
            message["answer_to"], kind=f"{message['kind']}_done", order=message["order"],
            outcome=outcome, attempt=attempt, refund=message.get("refund"))


if __name__ == "__main__":
    sys.exit(simulator.serve("payments", Payments))

# SPDX-License-Identifier: Apache-2.0
"""People who never lived, with marks in their data that can be searched for, and their commands."""

import secrets
import string

from lib.orders import Command, new_id, place_order

REGISTER = "customer.command.register-customer.v1"
CHANGE_CONTACT = "customer.command.change-contact.v1"
CHANGE_ADDRESS = "order.command.change-shipping-address.v1"


class Person:
    """A customer. All that is personal holds `mark`, which occurs nowhere else."""

    def __init__(self):
        self.id = new_id()
        # Letters only: digits could pass for a card number.
        self.mark = "".join(secrets.choice(string.ascii_letters) for _ in range(20))

    def contact(self):
        return {"given_name": f"{self.mark}a", "family_name": f"{self.mark}b",
                "email": f"{self.mark}@example.org"}

    def address(self):
        return {"name": f"{self.mark}c", "line1": f"{self.mark}d 1", "city": f"{self.mark}e",
                "country": "GB"}

    def order_parts(self):
        return {"contact": {"name": f"{self.mark}f", "email": f"{self.mark}@example.org"},
                "delivery": {"ship_to": self.address(), "note": f"{self.mark}g"}}


def _command(command_type, stream, clear, personal, sender, command_id=None):
    """sender None: in plain; personal None: without."""
    command_id = command_id or new_id()
    body = dict(clear)
    if personal and sender:
        body["sealed"] = sender.seal(command_id, personal)
    elif personal:
        body.update(personal)
    return Command(body, command_type, stream, command_id)


def register(person, sender=None, **more):
    return _command(REGISTER, person.id, {"region": "eu-west", "locale": "en-GB"},
                    {"contact": person.contact()}, sender, **more)


def change_contact(person, sender=None, **more):
    return _command(CHANGE_CONTACT, person.id, {}, {"contact": person.contact()}, sender, **more)


def place(person, sender=None, stream=None, personal=True, **more):
    clear = place_order(customer_id=person.id)
    return _command("order.command.place-order.v1", stream or new_id(), clear,
                    person.order_parts() if personal else None, sender, **more)


def change_address(person, order, sender=None, **more):
    return _command(CHANGE_ADDRESS, order, {"country": "GB"}, {"address": person.address()}, sender,
                    **more)

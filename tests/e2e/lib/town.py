# SPDX-License-Identifier: Apache-2.0
"""The service, and shop, warehouse and payment provider as programs of their own (tests/simulators)."""

import json

from lib import environment
from lib.service import Service
from lib.signing import Producer, write_tenants

SIMULATORS = environment.ROOT / "tests" / "simulators"
RETURN_WINDOW = 2  # seconds


class Town:
    """The service and those who use it."""

    def __init__(self, setting, partitions=4):
        self.setting = setting
        self.service = Service(setting, partitions=partitions)
        self.producers = {name: Producer(setting.folder, name, "default")
                          for name in ("shop", "warehouse", "payments")}
        self.tenants = write_tenants(
            setting.folder, {"default": {"return-window": f"{RETURN_WINDOW}s"}},
            list(self.producers.values()))

    def work(self, name, **changes):
        return self.service.start_command(name, tenants=self.tenants, **changes)

    def start_load(self, *words):
        """order-load, as the shop."""
        return self.service.start_load(
            *words, "--producer", "shop", "--producer-key", self.producers["shop"].key_file)

    def start(self, name, *more):
        producer = self.producers[name]
        return self.setting.start(
            name, ["/usr/bin/python3", "-B", SIMULATORS / f"{name}.py", *more,
                   "--brokers", self.service.environment.brokers, "--topic", self.service.topic,
                   "--reply-topic", self.service.replies, "--producer", name,
                   "--producer-key", producer.key_file], self.service.variables)

    def start_sides(self):
        sides = [self.start("payments"), self.start("warehouse")]
        for side in sides:
            side.wait_text('"ready": true')
        return sides

    def events(self):
        return dict(self.service.database.rows(
            "select type, count(*) from store.events group by type"))


def said(program):
    """The lines of JSON it printed, as one dict."""
    found = {}
    for line in program.log().splitlines():
        if line.startswith("{"):
            found.update(json.loads(line))
    return found

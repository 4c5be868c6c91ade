#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole path on Kafka 3.9.2, the oldest broker that is supported."""

import signal

from lib import programs, runner
from lib.checks import contains, equal, fired, wait_for
from lib.service import Service

VERSION = "3.9.2"
ORDERS = 300


def the_whole_path_on_an_older_broker(setting):
    servers = setting.instance("e2e-compat", VERSION)
    fired(f"Kafka version: {VERSION}" in servers.log("kafka-server"), f"the broker is {VERSION}")
    service = Service(setting, servers.environment)
    topics = [service.environment.program("order-command"), "topics"]
    brokers = ["--brokers", servers.environment.brokers]
    for verb, text in (("apply", "4 of 4 topics created"), ("apply", "0 of 4 topics created"),
                       ("check", "order.commands        8 partitions,  8 wanted: ok")):
        done = programs.run([*topics, verb, *brokers], service.variables)
        equal(done.code, 0, f"exit code of order-command topics {verb} ({done.text})")
        contains(done.out, text, f"order-command topics {verb}")

    commands = [service.start_command(f"command-{number}") for number in (1, 2)]
    projector = service.start_projector()
    load = service.start_load("generate", "--seconds", "1000", "--rate", "300")
    service.wait_decided(ORDERS)
    equal(commands[0].kill(), -9, "exit code of the first order-command")
    wait_for("the other one has all partitions", lambda: [
        line["partitions"] for line in commands[1].events("partitions_assigned")][-1:] == [4])
    service.wait_decided(service.decided() + ORDERS)
    load.send(signal.SIGTERM)
    service.finish_load(load)
    service.check_all(load)
    commands[1].stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(the_whole_path_on_an_older_broker)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The connection to PostgreSQL is cut between the commit of an append and its answer, a hundred times.
Nobody knows then whether it happened; the ids of the commands tell."""

import signal

from lib import history, runner
from lib.checks import check, equal, fired, wait_for
from lib.proxy import AFTER, BEFORE, BETWEEN, Cuts, Proxy
from lib.service import Service

CUTS = 100
RATE = 400


def cut_between_commit_and_answer(setting):
    service = Service(setting)
    proxy = Proxy(service.environment)
    setting.stack.callback(proxy.close)
    command = service.start_command(
        database=proxy.conninfo(service.database.name, "order_command"))
    command.wait_event("partitions_claimed")
    projector = service.start_projector()
    load = service.start_load("generate", "--seconds", "1000", "--rate", str(RATE))
    service.wait_decided(RATE)
    cuts = Cuts("store_append", CUTS, setting.random)
    proxy.rule = cuts
    wait_for(f"{CUTS} cuts", lambda: cuts.committed() >= CUTS)
    decided = service.decided()
    service.wait_decided(decided + RATE)
    check(load.is_running(), "the load was over before the last cut")
    load.send(signal.SIGTERM)
    result = service.finish_load(load)
    fired(cuts.committed() == CUTS and cuts.counts[BETWEEN] and cuts.counts[AFTER],
          f"cut {cuts.counts[AFTER]} times behind the fence, {cuts.counts[BETWEEN]} times before "
          f"it; {cuts.counts[BEFORE]} times nothing had got through; ORDER_SEED={setting.seed}")
    lost = len(command.events("postgres_lost"))
    check(lost >= CUTS, f"the worker lost its connection {lost} times")
    equal(result["duplicates"], 0, "commands answered twice")
    equal(service.decided(), result["commands"], "commands with an outcome")
    history.check_log(service.database)
    service.check_all(load)
    equal(command.events("claim_lost"), [], "claims lost to nobody")
    command.stop()
    projector.stop()


if __name__ == "__main__":
    runner.main(cut_between_commit_and_answer)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Commands that come twice, in another order, and all again. A command is decided by what its stream
was told before, so `the same outcomes` means:

- Streams whose commands keep their order: every outcome is that of the run in order, version and number
  of events included.
- Streams of which commands have changed places: each command has one outcome, all its replies are equal,
  and the log is one that the independent checker accepts.
- The same commands once more, in a third order: nothing new. Head, outcomes and answers stay."""

from lib import history, runner
from lib.checks import check, equal, fired
from lib.kafka import Reader
from lib.service import Service
from lib.settled import (answers_of, check_alike, commands_of, forget_a_receipt, once_each,
                         wait_consumed)

COPIES, WINDOW = 10, 50  # percent, places
MIXED = ("mixed", "--commands", "1200", "--run-id", "disorder")
HOT = ("hot", "--orders", "400", "--stock", "400", "--run-id", "disorder")
EXIT_OK, EXIT_UNMET = 0, 3


class Pass:
    """One service; what was sent to it and what it made of that."""

    def __init__(self, setting):
        self.service = Service(setting, partitions=2)
        self.command = self.service.start_command()
        self.replies = Reader(self.service.kafka, self.service.replies, self.service.partitions)
        self.loads = []

    def send(self, name, verb, *more, codes=(EXIT_OK,)):
        """A load, to its end."""
        load = self.service.start_load(*verb, *more, name=name)
        check(load.wait(120) in codes, f"exit code of {name}: {load.log()[-1500:]}")
        self.loads.append(load)
        return load

    def outcomes(self):
        return history.stored_commands(self.service.database)

    def state(self):
        return self.service.head(), self.outcomes()

    def settle(self):
        """When everything is answered, the copies too: (ids by stream, answers by command)."""
        wait_consumed(self.service)
        return commands_of(self.service), answers_of(self.replies.to_end())

    def judge(self):
        """By the independent checker, read models too."""
        projector = self.service.start_projector()
        self.service.check_all(*self.loads)
        projector.stop()


def in_order(setting):
    """Outcomes and the order of each stream's commands, of both loads."""
    one = Pass(setting)
    one.send("in-order-mixed", MIXED)
    one.send("in-order-hot", HOT)
    records, _ = one.settle()
    one.command.stop()
    return records, one.outcomes()


def compare(records, shuffled, wanted, outcomes):
    """Outcomes of two runs, by whether the stream has kept its order. Returns how many commands are in
    streams that have not."""
    equal(set(shuffled), set(records), "streams")
    kept = [stream for stream, ids in records.items() if once_each(shuffled[stream]) == ids]
    different = [command for stream in kept for command in records[stream]
                 if outcomes[command] != wanted[command]]
    equal(different, [], "commands of streams in order that have another outcome")
    equal(set(outcomes), set(wanted), "commands with an outcome")
    return sum(len(ids) for stream, ids in records.items() if stream not in set(kept))


def places_moved(records, shuffled):
    """Commands with another neighbour in their stream than in order."""
    return sum(a != b for stream, ids in records.items()
               for a, b in zip(ids, once_each(shuffled[stream])))


def doubled_and_shuffled(setting):
    records, wanted = in_order(setting)
    one = Pass(setting)
    disorder = ("--duplicate", str(COPIES), "--shuffle", str(WINDOW))
    one.send("mixed", MIXED, *disorder)
    one.send("hot", HOT, *disorder)
    shuffled, answers = one.settle()
    sent = sum(map(len, shuffled.values()))
    copies = sent - len(wanted)
    check_alike(answers)
    equal(sum(map(len, answers.values())), sent, "replies")
    dependent = compare(records, shuffled, wanted, one.outcomes())
    fired(copies > len(wanted) * COPIES // 200 and len(wanted) // 10 < dependent < len(wanted) // 2,
          f"{copies} copies; {len(wanted) - dependent} commands of streams in order, {dependent} of "
          f"others, {places_moved(records, shuffled)} in another place")
    changed = [command for command, outcome in one.outcomes().items() if outcome != wanted[command]]
    fired(changed, f"{len(changed)} commands with another outcome than in order")

    before = one.state()
    disorder += ("--shuffle-seed", "2")
    # What the load client expects belongs to the order of this run; what was decided stays.
    for name, verb in (("mixed-again", MIXED), ("hot-again", HOT)):
        one.send(name, verb, *disorder, codes=(EXIT_OK, EXIT_UNMET))
    again, more = one.settle()
    equal(one.state(), before, "head and outcomes after the same commands in a third order")
    equal({command: {tuple(map(str, a)) for a, _, _ in told} for command, told in more.items()},
          {command: {tuple(map(str, told[0][0]))} for command, told in answers.items()},
          "answers the second time")
    equal([told for told in more.values() if not all(replayed for _, _, replayed in told)], [],
          "answers that are not replayed")
    fired(any(again[stream][len(ids):][:len(ids)] != ids for stream, ids in shuffled.items()),
          f"{sum(map(len, again.values())) - sent} commands again, in another order")
    one.command.stop()
    one.judge()


def a_second_effect_would_be_seen(setting):
    """The judge of the test above, judged: with one outcome lost there is a second effect."""
    one = Pass(setting)
    one.send("mixed", MIXED)
    one.settle()
    head, outcomes = one.state()
    lost = forget_a_receipt(one.service)
    one.send("again", MIXED, "--shuffle", str(WINDOW), codes=(EXIT_OK, EXIT_UNMET))
    _, answers = one.settle()
    equal(one.service.head(), head + 1, "head after one outcome was lost")
    now = one.outcomes()
    equal([command for command in outcomes if now[command] != outcomes[command]], [lost],
          "commands with another outcome")
    equal([command for command, told in answers.items()
           if not all(replayed for _, _, replayed in told)], [lost], "commands decided again")
    one.command.stop()


if __name__ == "__main__":
    runner.main(doubled_and_shuffled, a_second_effect_would_be_seen)

# SPDX-License-Identifier: Apache-2.0
"""A service whose customers have names: a key broker, senders that seal, and a search for marks."""

from lib.boxes import Sender, epoch_of
from lib.broker import Broker
from lib.checks import check, equal, wait_for
from lib.kafka import Reader
from lib.replies import caused_by, read
from lib.service import Service

GRACE = 1  # seconds that senders have for a new epoch


class ShopBroker(Broker):
    """On the servers of its database, which may be the test's own."""

    def variables(self, **more):
        clean = {name: None for name in ("ORDER_VAULT", "ORDER_VAULT_HOLDERS",
                                         "ORDER_SHREDDER_SOCKET", "ORDER_SHREDDER_ROLES",
                                         "ORDER_BROKERS")}
        return self.database.environment.changed(**{**clean, **more})


class Shop(Service):
    """A service with a key broker of its own."""

    def __init__(self, setting, partitions=1, servers=None):
        super().__init__(setting, servers=servers, partitions=partitions)
        self.epochs = self.topic.replace("commands", "epochs")
        self.kafka.create_topics({self.epochs: 1})
        self.broker = ShopBroker(
            setting, self.database, setting.unique("broker")).init()
        self.answers = Reader(self.kafka, self.replies, partitions)
        self.found = {}
        self.senders = {}

    def serve(self, **more):
        return self.broker.serve(
            "--brokers", self.environment.brokers, "--epoch-topic", self.epochs, **more)

    def work(self, name="command", **more):
        options = {"shredder_socket": self.broker.socket, "allow_unlocked": True,
                   "epoch_grace": GRACE, **more}
        return self.start_command(name, **options)

    def sender(self, epoch=None):
        """One per epoch; the newest unless it is said which."""
        number, key = epoch_of(self, self.epochs, epoch)
        return self.senders.setdefault(number, Sender((number, key)))

    def send(self, *commands):
        """Sends commands that want a reply. Returns them."""
        for command in commands:
            if _header_of(command, "reply_topic") is None:
                command.add("reply_topic", self.replies)
            partition = sum(command.key) % self.partitions
            self.kafka.send(self.topic, command.key, command.value, command.headers, partition)
        return commands

    def reply(self, command, seconds=60):
        """The reply to a command, as a dict; each can be asked for once."""
        def probe():
            for record in [] if self.found.get(command.id) else self.answers.poll(50):
                self.found.setdefault(caused_by(record), []).append(read(record))
            return self.found.get(command.id)
        return wait_for(f"reply to {command.id}", probe, seconds).pop(0)

    def ask(self, command):
        """Sends one command; (outcome, code)."""
        self.send(command)
        found = self.reply(command)
        return found["outcome"], found.get("code")

    def accepted(self, *commands):
        for command in commands:
            equal(self.ask(command), ("accepted", None), f"outcome of {command.value[:80]}")

    def dead(self, count):
        """All dead letters there are, `count` of them."""
        records = Reader(self.kafka, self.dead_letters).to_end()
        equal(len(records), count, "dead letters")
        return records

    def sealed_events(self):
        return self.database.number("select count(*) from store.events where sealed is not null")

    def subjects(self):
        """Subject: state."""
        return dict(self.database.rows("select subject_id, state from erasure.subjects"))

    def check_marks(self, *persons):
        """Nobody's data is in the topics, in the database, or in what the programs said."""
        places = {}
        for topic in (self.replies, self.dead_letters, self.epochs, self.topic):
            count = self.partitions if topic in (self.topic, self.replies) else 1
            data = b"".join(
                b"".join((record.key or b"", record.value or b"",
                          *(name + value for name, value in record.headers)))
                for record in Reader(self.kafka, topic, count).to_end())
            places[topic] = data
        rows = self.database.rows(
            "select encode(payload, 'hex'), encode(coalesce(sealed, ''), 'hex') from store.events")
        places["store.events"] = b"".join(bytes.fromhex(part) for row in rows for part in row)
        for program in self.setting.programs:
            places[program.log_path] = program.log().encode()
        for person in persons:
            for place, data in places.items():
                check(person.mark.encode() not in data, f"{person.mark} is in {place}")


def _header_of(command, name):
    return dict(command.headers).get(name)

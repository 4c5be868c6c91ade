# SPDX-License-Identifier: Apache-2.0
"""The key broker: its vault and process, and a client of its protocol (lib/vault/frames.h) that shares
no code with it."""

import contextlib
import os
import pathlib
import shutil
import socket
import struct
import uuid

from lib import programs
from lib.checks import PATIENCE, Failed, equal, wait_for

HEADER = struct.Struct(">IBBHI")
PROTOCOL = 1

(HELLO, WELCOME, REFUSED, LEASE, LEASED, RENEW, RENEWED, RELEASE, REVOKE, WIPED, LOOKUP_EMAIL,
 FOUND_EMAIL, STATUS, STATUS_TEXT, ERASE, ERASE_STATE, ROTATE_EPOCH, EPOCH, EPOCHS, RETIRE_EPOCH,
 DONE) = range(1, 22)

ROLES = {"command": 0, "reveal": 1, "erase": 2, "status": 3}
REFUSALS = ("protocol", "role", "right", "not ready", "limit", "internal")
LIVE, ERASED, ERASING, RESTRICTED, UNKNOWN = range(5)
STATES = ("unknown", "received", "fenced", "drained", "punctured", "live", "final")
CONTACT, DELIVERY, INVOICE, PAYMENT = range(4)
SUBJECTS, EPOCH_TREE = 1, 2
DEFAULT_TENANT = uuid.UUID("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01")
SUBJECTS_PER_FRAME = 4000


class Refusal(Exception):
    """A REFUSED answer."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class Gone(Exception):
    """The broker has ended the connection."""


class Client:
    """One connection. Pushes are kept in `pushes` and not acknowledged until ack() is called."""

    def __init__(self, path, role, instance="test", timeout=PATIENCE, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.bytes = b""
        self.sequence = 0
        self.pushes = []
        self.fence = None
        if hello:
            self.hello(role, instance)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- frames ----

    def send(self, kind, body=b"", sequence=None):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.send_bytes(HEADER.pack(8 + len(body), PROTOCOL, kind, 0, sequence) + body)
        return sequence

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            raise Gone() from None

    def _fill(self, size):
        while len(self.bytes) < size:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b""
            if not more:
                raise Gone()
            self.bytes += more

    def next_frame(self):
        """(type, sequence, body) of whatever comes next."""
        self._fill(HEADER.size)
        size, version, kind, zero, sequence = HEADER.unpack_from(self.bytes)
        equal((version, zero), (PROTOCOL, 0), "version and zero of a frame")
        self._fill(4 + size)
        body, self.bytes = self.bytes[HEADER.size:4 + size], self.bytes[4 + size:]
        return kind, sequence, body

    def receive(self, sequence):
        """The next answer to a request: (type, body)."""
        while True:
            kind, number, body = self.next_frame()
            if kind == REVOKE:
                self.pushes.append((number, body))
            elif number == sequence or (kind == REFUSED and number == 0):
                if kind == REFUSED:
                    raise Refusal(REFUSALS[body[0]], body[3:].decode())
                return kind, body

    def call(self, kind, body, wanted):
        found, answer = self.receive(self.send(kind, body))
        equal(found, wanted, f"type of the answer to {kind}")
        return answer

    # ---- requests ----

    def hello(self, role, instance="test"):
        name = instance.encode()
        answer = self.call(HELLO, bytes([ROLES.get(role, role), len(name)]) + name, WELCOME)
        self.vault = uuid.UUID(bytes=answer[:16])
        self.generation, self.fence, self.lease_ms = struct.unpack(">QQI", answer[16:])

    def lease_wishes(self, wishes, purpose=0):
        """[(state, (tree, leaf), key)] for raw wishes."""
        body = struct.pack(">BH", purpose, len(wishes)) + b"".join(wishes)
        answer = self.call(LEASE, body, LEASED)
        equal(struct.unpack_from(">IH", answer)[1], len(wishes), "leases")
        rows = [struct.unpack_from(">BHQ32s", answer, 6 + 43 * i) for i in range(len(wishes))]
        for state, _, _, key in rows:
            equal(state == LIVE, any(key), "a key comes with a live lease only")
        return [(state, (tree, leaf), key) for state, tree, leaf, key in rows]

    def lease(self, *subjects, classes=(CONTACT,), allocate=True, tenant=DEFAULT_TENANT):
        """Leases of all classes of the subjects, in their order."""
        return self.lease_wishes(
            [wish(subject, number, allocate, tenant) for subject in subjects for number in classes])

    def renew(self, *leaves):
        answer = self.call(RENEW, _leaves(leaves), RENEWED)
        return list(answer[6:])

    def release(self, *leaves):
        self.call(RELEASE, _leaves(leaves), DONE)

    def status(self):
        return self.call(STATUS, b"", STATUS_TEXT)

    def epoch(self):
        """(number, public key)"""
        answer = self.call(EPOCHS, b"", EPOCH)
        return struct.unpack(">Q32s", answer)

    def rotate_epoch(self):
        return struct.unpack(">Q32s", self.call(ROTATE_EPOCH, b"", EPOCH))

    def retire_epoch(self, number):
        self.call(RETIRE_EPOCH, struct.pack(">Q", number), DONE)

    def find_email(self, address, tenant=DEFAULT_TENANT):
        """A UUID; None: nobody has it; False: the index is not ready."""
        name = address.encode()
        body = tenant.bytes + struct.pack(">H", len(name)) + name
        answer = self.call(LOOKUP_EMAIL, body, FOUND_EMAIL)
        return {0: None, 1: uuid.UUID(bytes=answer[1:]), 2: False}[answer[0]]

    # ---- being called back ----

    def wait_revoke(self):
        """(sequence, fence, state, [(tree, first, count)]) of the next REVOKE."""
        while not self.pushes:
            kind, number, body = self.next_frame()
            equal(kind, REVOKE, "type of a push")
            self.pushes.append((number, body))
        number, body = self.pushes.pop(0)
        fence, state, count = struct.unpack_from(">QBH", body)
        spans = [struct.unpack_from(">HQQ", body, 11 + 18 * i) for i in range(count)]
        return number, fence, state, spans

    def ack(self, sequence):
        self.send(WIPED, b"", sequence)

    # ---- erasing ----

    def begin_erase(self, subjects, classes=0, request=None, tenant=DEFAULT_TENANT):
        """Sends the request; the sequence its answers have."""
        request = request or uuid.uuid4()
        sequence = None
        for first in range(0, len(subjects), SUBJECTS_PER_FRAME):
            part = subjects[first:first + SUBJECTS_PER_FRAME]
            more = first + SUBJECTS_PER_FRAME < len(subjects)
            body = request.bytes + tenant.bytes + struct.pack(">BBH", classes, more, len(part))
            body += b"".join(subject.bytes for subject in part)
            sequence = self.send(ERASE, body)
            if more:
                equal(self.receive(sequence)[0], DONE, "answer to a part of an erasure")
        return sequence

    def erase_state(self, sequence):
        """(state, generation, holders acked, of, leases acked, expired)"""
        kind, body = self.receive(sequence)
        equal(kind, ERASE_STATE, "type of an answer to ERASE")
        values = struct.unpack(">BQIIHH", body)
        return (STATES[values[0]], *values[1:])

    def erase(self, *subjects, until="live", **more):
        """Waits until the erasure is in a state, and gives it."""
        return self.wait_erased(self.begin_erase(subjects, **more), until)

    def wait_erased(self, sequence, until="live"):
        """The first state of an erasure that is as far as that, or that there is nothing to erase."""
        while True:
            found = self.erase_state(sequence)
            if found[0] == "unknown" or STATES.index(found[0]) >= STATES.index(until):
                return found


def wish(subject, number=CONTACT, allocate=True, tenant=DEFAULT_TENANT):
    return struct.pack(">BB16s16sHQ", 2 * allocate, number, tenant.bytes, subject.bytes, 0, 0)


def leaf_wish(tree, leaf):
    return struct.pack(">BB16s16sHQ", 1, 0, bytes(16), bytes(16), tree, leaf)


def _leaves(leaves):
    return struct.pack(">H", len(leaves)) + b"".join(struct.pack(">HQ", *leaf) for leaf in leaves)


class Broker:
    """A vault with one holder in a folder of the test, and the program that serves it."""

    def __init__(self, setting, database, name="broker", holders=1, environment=None):
        self.setting = setting
        self.environment = environment or setting.environment
        self.database = database
        self.folder = pathlib.Path(setting.folder) / name
        self.folder.mkdir()
        self.vault = self.folder / "vault"
        self.holders = [self.folder / f"holder-{number + 1}" for number in range(holders)]
        self.short = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"order-{os.getpid()}"
        self.short.mkdir(mode=0o700, exist_ok=True)
        self.socket = self.short / f"{setting.unique('s')}.sock"
        setting.stack.callback(shutil.rmtree, self.short, True)
        self.lives = 0

    def options(self):
        unsafe = self.environment.variables.get("ORDER_SHREDDER_UNSAFE", "cow,unlocked")
        words = ["--vault", self.vault, "--holders", ",".join(map(str, self.holders))]
        words += ["--accept-cow"] if "cow" in unsafe else []
        words += ["--allow-unlocked"] if "unlocked" in unsafe else []
        return words

    def program(self):
        return self.environment.program("order-shredder")

    def init(self):
        done = self.run("init", *self.options())
        equal(done.code, 0, f"exit code of order-shredder init ({done.text})")
        return self

    def run(self, *words, variables=None, seconds=PATIENCE):
        """A verb of order-shredder."""
        return programs.run([self.program(), *words], variables or self.variables(),
                            seconds=seconds)

    def ask(self, *words, **more):
        """A verb that asks the broker."""
        verb = words[:2] if words[0] == "epoch" else words[:1]
        return self.run(*verb, "--socket", self.socket, *words[len(verb):], **more)

    def variables(self, **more):
        clean = {name: None for name in (
            "ORDER_VAULT", "ORDER_VAULT_SECOND", "ORDER_VAULT_HOLDERS", "ORDER_SHREDDER_SOCKET",
            "ORDER_SHREDDER_ROLES", "ORDER_BROKERS")}
        return self.environment.changed(**{**clean, **more})

    def line(self, *more, roles=None, lease_seconds=60):
        if roles is None:
            roles = ",".join(f"{role}={os.getuid()}" for role in ROLES)
        return [self.program(), "serve", *self.options(), "--socket", self.socket,
                "--database", self.database.conninfo("order_shredder"),
                "--lease-seconds", str(lease_seconds), *(["--roles", roles] if roles else []),
                *more]

    def serve(self, *more, stop_at=None, wait=True, **options):
        self.lives += 1
        variables = self.variables(ORDER_SHREDDER_STOP_AT=stop_at)
        program = self.setting.start(
            f"shredder-{self.lives}", self.line(*more, **options), variables)
        if wait:
            program.wait_event("started")
        return program

    def client(self, role="command", instance="test", **more):
        return Client(self.socket, role, instance, **more)

    @contextlib.contextmanager
    def clients(self, *roles):
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(self.client(role)) for role in roles]

    def requests(self):
        """Rows of erasure.requests."""
        names = ("request_id", "subject_id", "classes", "state", "fence", "generation", "epoch",
                 "acked", "expired")
        rows = self.database.rows(
            f"select {', '.join(names)} from erasure.requests order by requested_at")
        return [dict(zip(names, row)) for row in rows]

    def wait_final(self, count=1):
        wait_for(f"{count} final erasures", lambda: self.database.number(
            "select count(*) from erasure.requests where state = 6") >= count)


def gone(client):
    """Waits until the broker has hung up."""
    try:
        while True:
            client.next_frame()
    except Gone:
        return True
    except OSError as error:
        raise Failed(f"the broker has not hung up: {error}") from None



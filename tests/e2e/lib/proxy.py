# SPDX-License-Identifier: Apache-2.0
"""A proxy before PostgreSQL that knows where requests and answers begin: it cuts connections between a
commit and its answer, or keeps an answer back. One rule at a time, for all connections."""

import os
import selectors
import socket
import struct
import threading

from lib.checks import wait_for

BEFORE, BETWEEN, AFTER = "before", "between", "after"
TICK = 0.02  # seconds after which a connection looks at the rule again


class Messages:
    """Whole messages of one direction: (kind, bytes). The first one of a client has no kind."""

    def __init__(self, kind_first):
        self.data = b""
        self.kinds = kind_first

    def feed(self, data):
        self.data += data
        found = []
        while len(self.data) >= (5 if self.kinds else 4):
            at = 1 if self.kinds else 0
            size = at + struct.unpack_from(">i", self.data, at)[0]
            if len(self.data) < size:
                break
            found.append((self.data[:at].decode(), self.data[:size]))
            self.data = self.data[size:]
            self.kinds = True
        return found


def statement_of(bind):
    """The name of the prepared statement that a Bind message runs."""
    return bind[5:].split(b"\0", 2)[1].decode()


def code_of(error):
    """The SQLSTATE of an ErrorResponse."""
    fields = error[5:].split(b"\0")
    return next((field[1:].decode() for field in fields if field[:1] == b"C"), "")


class Cuts:
    """Cuts the connection at a statement with a second one behind it in the same round trip, `limit`
    times where its transaction was committed: after both answers, or before the second request gets
    through; sometimes before any of it gets through, which counts for itself."""

    def __init__(self, statement, limit, chance):
        self.statement = statement
        self.limit = limit
        self.random = chance
        self.counts = {BEFORE: 0, BETWEEN: 0, AFTER: 0}

    def committed(self):
        return self.counts[BETWEEN] + self.counts[AFTER]

    def choose(self, name):
        """What happens to this run of a statement: None, or where it is cut."""
        if name != self.statement or self.committed() >= self.limit:
            return None
        return self.random.choice((None, BEFORE, BETWEEN, BETWEEN, AFTER, AFTER))

    def done(self, where):
        """False: there are enough cuts, this one is not made."""
        if where != BEFORE and self.committed() >= self.limit:
            return False
        self.counts[where] += 1
        return True


class Hold:
    """Keeps the answer to one run of a statement and of the one behind it back until release(): the
    first one for which the second has no rows."""

    def __init__(self, statement):
        self.statement = statement
        self.taken = False
        self.held = threading.Event()
        self.released = threading.Event()
        self.delivered = threading.Event()

    def choose(self, name):
        if name != self.statement or self.taken:
            return None
        self.taken = True
        return "hold"

    def release(self):
        """The answer is in the client's socket when this returns."""
        self.released.set()
        wait_for("the answer that was kept back is delivered", self.delivered.is_set)


class Link:
    """One connection and its way to the server."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = proxy.connect()
        self.requests = Messages(False)
        self.answers = Messages(True)
        self.action = None
        self.syncs = 0     # requests of the round trip that got through
        self.ready = 0     # … and that were answered
        self.rows = 0      # of the answer that comes
        self.failed = False
        self.kept = b""    # answers
        self.waiting = b"" # requests that do not get through yet

    def run(self):
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.client, selectors.EVENT_READ, self.from_client)
                selector.register(self.server, selectors.EVENT_READ, self.from_server)
                while self.step(selector):
                    pass
        except OSError:
            pass
        finally:
            self.client.close()
            self.server.close()

    def step(self, selector):
        for key, _ in selector.select(TICK if self.action == "hold" else None):
            data = key.fileobj.recv(1 << 16)
            if not data or not key.data(data):
                return False
        rule = self.proxy.rule
        if self.action == "hold" and rule.held.is_set() and rule.released.is_set():
            self.let_go()
            rule.delivered.set()
        return True

    def let_go(self):
        """What was kept back goes on its way."""
        self.action = None
        kept, waiting = self.kept, self.waiting
        self.kept = self.waiting = b""
        self.client.sendall(kept)
        self.server.sendall(waiting)

    def reset(self):
        """As when the way between is gone: neither side hears why."""
        for end in (self.client, self.server):
            if end.family == socket.AF_INET:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def from_client(self, data):
        for kind, message in self.requests.feed(data):
            if kind == "B" and self.action is None:
                self.begin(self.proxy.rule and self.proxy.rule.choose(statement_of(message)))
            if self.action == BEFORE and self.proxy.rule.done(BEFORE):
                return self.reset()
            if self.action == BETWEEN and self.syncs == 1:
                self.waiting += message
                continue
            self.syncs += kind == "S"
            self.server.sendall(message)
        return True

    def begin(self, action):
        self.action = action
        self.syncs = self.ready = self.rows = 0
        self.failed = False

    def from_server(self, data):
        for kind, message in self.answers.feed(data):
            if kind == "E":
                self.proxy.errors.append(code_of(message))
            if self.action is None:
                self.client.sendall(message)
                continue
            self.kept += message
            self.failed = self.failed or kind == "E"
            self.rows += kind == "D"
            if kind != "Z":
                continue
            self.ready += 1
            if not self.answered():
                return self.reset()
            self.rows = 0
        return True

    def answered(self):
        """One more request has its answer. False: now is the time to cut."""
        if self.action == "hold" and self.ready == 2:
            self.hold()
        wanted = {BETWEEN: 1, AFTER: 2}.get(self.action)
        if self.ready != wanted:
            return True
        if not self.failed and self.proxy.rule.done(self.action):
            return False
        self.let_go()
        return True

    def hold(self):
        rule = self.proxy.rule
        if self.rows == 0:
            rule.held.set()
            return
        rule.taken = False
        self.let_go()


class Proxy:
    """Listens until close(). errors: SQLSTATEs that the server has answered, in order."""

    def __init__(self, environment):
        self.target = (environment["PGHOST"], int(environment["PGPORT"]))
        self.rule = None
        self.errors = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def conninfo(self, database, user):
        return (f"host=127.0.0.1 port={self.port} dbname={database} user={user}"
                " sslmode=disable gssencmode=disable")

    def connect(self):
        host, port = self.target
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(os.path.join(host, f".s.PGSQL.{port}"))
        return server

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            try:
                link = Link(self, client)
            except OSError:
                client.close()
                continue
            threading.Thread(target=link.run, daemon=True).start()

    def close(self):
        self.listener.close()

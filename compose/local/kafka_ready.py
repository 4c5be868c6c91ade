#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says whether the group coordinators of a broker answer: kafka_ready.py PORT.

A metadata request is answered seconds before groups can be joined, and joining one with a client
costs more than a second. This asks once, with the two smallest requests of the protocol:
FindCoordinator, which also makes the offsets topic on a fresh broker, and DescribeGroups for one
group of each of its four partitions, which fails while one of them is still being read.
Exit code 0 when all answer, 1 otherwise. Not a client: it reads error codes only.
"""

import socket
import struct
import sys

# Java's hash of these names is four numbers in a row: one group per partition.
GROUPS = (b"readiness-a", b"readiness-b", b"readiness-c", b"readiness-d")
FIND_COORDINATOR, DESCRIBE_GROUPS = 10, 15


def text(value):
    return struct.pack(">h", len(value)) + value


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed by the broker")
        data += part
    return data


def ask(connection, api_key, body):
    """Sends one request of version 0 and returns the answer without its correlation id."""
    request = struct.pack(">hhi", api_key, 0, 1) + text(b"ready") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", receive(connection, 4))
    return receive(connection, size)[4:]


def group_errors(answer):
    """The error code of each group in a DescribeGroups answer without members."""
    (count,) = struct.unpack_from(">i", answer)
    offset, errors = 4, []
    for _ in range(count):
        errors.append(struct.unpack_from(">h", answer, offset)[0])
        offset += 2
        for _ in ("group", "state", "protocol type", "protocol"):
            offset += 2 + max(0, struct.unpack_from(">h", answer, offset)[0])
        offset += 4  # no members: nobody uses these groups
    return errors


def main():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2) as connection:
        for group in GROUPS:
            if struct.unpack_from(">h", ask(connection, FIND_COORDINATOR, text(group)))[0]:
                return 1
        names = struct.pack(">i", len(GROUPS)) + b"".join(map(text, GROUPS))
        return 1 if any(group_errors(ask(connection, DESCRIBE_GROUPS, names))) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, struct.error):
        sys.exit(1)

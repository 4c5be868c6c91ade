# SPDX-License-Identifier: Apache-2.0
"""What sealing costs one processor, beside what the design reckons with. Needs no server."""
import json

import service

SECONDS = 1

# Name, its key in the program's line, the limit in microseconds. Sealing: the cipher alone with a
# pooled nonce, and 0.3 us for the commitment. A box: what it replaces, crypto_box_seal.
FIGURES = [
    ("seal.100_bytes", "seal_100_us", 1.5),
    ("seal.200_bytes", "seal_200_us", 1.5),
    ("seal.500_bytes", "seal_500_us", 2.0),
    ("open.100_bytes", "open_100_us", 1.5),
    ("open.200_bytes", "open_200_us", 1.5),
    ("open.500_bytes", "open_500_us", 2.0),
    ("lease.held", "cached_lease_us", 0.2),
    ("command_box.seal", "box_200_us", 61),
    ("command_box.open", "unbox_200_us", 33),
    ("command_box.shared_key", "shared_key_us", 61),
    ("command_mac.200_bytes", "mac_200_us", 3),
    ("command_mac.500_bytes", "mac_500_us", 3),
]


def cost(figure, runs):
    command = ["seal_bench", str(SECONDS)]
    results = [
        json.loads(service.run([service.BENCH / command[0], *command[1:]])) for _ in range(runs)]
    for name, key, limit in FIGURES:
        yield figure(
            name, [r[key] for r in results], "us", "limit", [limit] * runs, " ".join(command), 3)

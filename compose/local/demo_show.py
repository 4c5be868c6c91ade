# SPDX-License-Identifier: Apache-2.0
"""What the parts of the demo share: queries, tables on the screen, waiting for the read models."""
import subprocess
import sys
import time


def query(sql, user="order_reader"):
    """Rows of a query as lists of text."""
    out = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-U", user, "-c", sql],
        check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def table(title, heads, rows, right=()):
    print(f"\n{title}")
    if not rows:
        print("  (none)")
        return
    widths = [max(len(r[i]) for r in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        cells = [c.rjust(w) if i in right else c.ljust(w)
                 for i, (c, w) in enumerate(zip(row, widths))]
        print(("  " + "  ".join(cells)).rstrip())


def await_read_models(seconds=600):
    """Until the projector has applied everything there is; says so when it takes a while."""
    until = time.monotonic() + seconds
    said = 0
    while True:
        lag = int((query("select coalesce(max(lag), -1) from read_v1.freshness") or [["-1"]])[0][0])
        if lag == 0:
            return True
        if time.monotonic() > until:
            print(f"the read models are still {lag} events behind", file=sys.stderr)
            return False
        if time.monotonic() - said > 3:
            said = time.monotonic()
            print(f"  read models: {lag} events to go", file=sys.stderr)
        time.sleep(0.05)

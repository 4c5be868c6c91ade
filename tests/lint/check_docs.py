# SPDX-License-Identifier: Apache-2.0
"""The reference pages against what the built programs print."""

import difflib
import pathlib
import subprocess

PAGES = {
    f"cli-{program}.md": [program, "help", "--markdown"]
    for program in ("order-schema", "order-command", "order-projector", "order-shredder")
} | {"messages.md": ["order-schema", "messages"]}
FOLDER = pathlib.Path("docs/reference")


def printed_by(folder, command):
    done = subprocess.run(
        [pathlib.Path(folder) / command[0], *command[1:]], text=True, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def check_docs(tree, folder):
    for name, command in PAGES.items():
        page = tree.root / FOLDER / name
        if not (pathlib.Path(folder) / command[0]).exists():
            if page.exists():
                yield f"{FOLDER / name}: {command[0]} is not built in {folder}"
            continue
        printed = printed_by(folder, command)
        if printed is None:
            yield f"{' '.join(command)} failed"
        elif not page.exists():
            yield f"{FOLDER / name} is missing: tests/lint/check.py write-docs makes it"
        elif (kept := page.read_text(encoding="utf-8")) != printed:
            difference = difflib.unified_diff(
                kept.splitlines(), printed.splitlines(), str(FOLDER / name), command[0],
                lineterm="", n=0)
            yield (f"{FOLDER / name} is not what {command[0]} prints; "
                   "tests/lint/check.py write-docs renews it\n" + "\n".join(difference))


def write_docs(tree, folder):
    for name, command in PAGES.items():
        if not (pathlib.Path(folder) / command[0]).exists():
            continue
        page = tree.root / FOLDER / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(printed_by(folder, command), encoding="utf-8")
        print(f"wrote {FOLDER / name}")

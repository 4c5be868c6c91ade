# SPDX-License-Identifier: Apache-2.0
"""The reference pages and schemas against what the built programs print."""

import difflib
import json
import pathlib
import subprocess

REFERENCE = pathlib.Path("docs/reference")
SCHEMAS = pathlib.Path("schema/json")
PROGRAMS = ("order-schema", "order-command", "order-projector", "order-shredder")
PAGES = {
    REFERENCE / f"cli-{program}.md": [program, "help", "--markdown"] for program in PROGRAMS
} | {
    REFERENCE / "messages.md": ["order-schema", "messages"],
    REFERENCE / "states.md": ["order-schema", "states"],
    REFERENCE / "asyncapi.yaml": ["order-schema", "messages", "--format", "asyncapi"],
}
PRINT_SCHEMA = ["order-schema", "messages", "--format", "json-schema"]


def is_built(folder, program):
    return (pathlib.Path(folder) / program).exists()


def printed_by(folder, command):
    done = subprocess.run(
        [pathlib.Path(folder) / command[0], *command[1:]], text=True, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def pages(folder):
    """path: command that prints it, of all pages; one schema per message the program knows."""
    names = json.loads(printed_by(folder, PRINT_SCHEMA) or "{}") \
        if is_built(folder, PRINT_SCHEMA[0]) else {}
    return PAGES | {SCHEMAS / f"{name}.json": [*PRINT_SCHEMA, name] for name in names}


def left_over(tree, folder, known):
    """Schemas of messages that are no more, as far as the program can be asked."""
    if not is_built(folder, PRINT_SCHEMA[0]):
        return []
    return sorted(path for path in tree.files if path.parent == SCHEMAS and path not in known)


def check_docs(tree, folder):
    known = pages(folder)
    for path, command in known.items():
        page = tree.root / path
        if not is_built(folder, command[0]):
            if page.exists():
                yield f"{path}: {command[0]} is not built in {folder}"
            continue
        printed = printed_by(folder, command)
        if printed is None:
            yield f"{' '.join(command)} failed"
        elif not page.exists():
            yield f"{path} is missing: tests/lint/check.py write-docs makes it"
        elif (kept := page.read_text(encoding="utf-8")) != printed:
            difference = difflib.unified_diff(
                kept.splitlines(), printed.splitlines(), str(path), command[0],
                lineterm="", n=0)
            yield (f"{path} is not what {command[0]} prints; "
                   "tests/lint/check.py write-docs renews it\n" + "\n".join(difference))
    for path in left_over(tree, folder, known):
        yield f"{path}: no message has this schema; tests/lint/check.py write-docs removes it"


def write_docs(tree, folder):
    known = pages(folder)
    for path, command in known.items():
        if not is_built(folder, command[0]):
            continue
        page = tree.root / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(printed_by(folder, command), encoding="utf-8")
        print(f"wrote {path}")
    for path in left_over(tree, folder, known):
        (tree.root / path).unlink()
        print(f"removed {path}")

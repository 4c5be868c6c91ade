# SPDX-License-Identifier: Apache-2.0
"""The reference pages of the command lines against what the built programs print."""

import difflib
import pathlib
import subprocess

PROGRAMS = ["order-schema", "order-command", "order-projector"]


def page_of(program):
    return pathlib.Path("docs/reference") / f"cli-{program}.md"


def printed_by(binary):
    done = subprocess.run([binary, "help", "--markdown"], text=True, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def check_docs(tree, folder):
    for program in PROGRAMS:
        binary = pathlib.Path(folder) / program
        page = tree.root / page_of(program)
        if not binary.exists():
            if page.exists():
                yield f"{page_of(program)}: {program} is not built in {folder}"
            continue
        printed = printed_by(binary)
        if printed is None:
            yield f"{program} help --markdown failed"
        elif not page.exists():
            yield f"{page_of(program)} is missing: tests/lint/check.py write-docs makes it"
        elif (kept := page.read_text(encoding="utf-8")) != printed:
            difference = difflib.unified_diff(
                kept.splitlines(), printed.splitlines(), str(page_of(program)), program,
                lineterm="", n=0)
            yield (f"{page_of(program)} is not what {program} prints; "
                   "tests/lint/check.py write-docs renews it\n" + "\n".join(difference))


def write_docs(tree, folder):
    for program in PROGRAMS:
        binary = pathlib.Path(folder) / program
        if not binary.exists():
            continue
        page = tree.root / page_of(program)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(printed_by(binary), encoding="utf-8")
        print(f"wrote {page_of(program)}")

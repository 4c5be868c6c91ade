#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lint of the tree: check.py RULE [--root FOLDER] [--build FOLDER] [--bin FOLDER]

Prints what is wrong, one line each. Exit code 0 when nothing is, 1 when something is, 103 when the
rule's tool is not installed (ctest shows it as skipped). `write-docs` writes the reference pages.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

import check_docs
import check_includes
import check_schema
import check_text
import self_test
from tree import Tree

SKIPPED = 103


def check_format(tree):
    """clang-format has nothing to change."""
    paths = [str(path) for path in tree.having(".c", ".h")]
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *paths],
        cwd=tree.root, text=True, capture_output=True)
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    yield from {line.split(":")[0]: line for line in errors}.values()
    if done.returncode != 0 and not errors:
        yield f"clang-format failed: {done.stderr.strip()}"


def bin_folder(options):
    folder = options.bin or os.environ.get("ORDER_BIN")
    if not folder:
        sys.exit("ORDER_BIN is not set and --bin not given: where are the programs?")
    return folder


RULES = {
    "includes": lambda tree, options: [
        *check_includes.check_edges(tree), *check_includes.check_banned_last(tree)],
    "headers": lambda tree, options: [
        *check_includes.check_guards(tree),
        *check_includes.check_headers_alone(tree, options.build)],
    "licence": lambda tree, options: check_text.check_licence(tree),
    "words": lambda tree, options: check_text.check_words(tree),
    "yaml": lambda tree, options: check_text.check_yaml(tree),
    "links": lambda tree, options: check_text.check_links(tree),
    "schema": lambda tree, options: check_schema.check_schema(tree),
    "docs": lambda tree, options: check_docs.check_docs(tree, bin_folder(options)),
    "format": lambda tree, options: check_format(tree),
    "self-test": lambda tree, options: self_test.faults(tree),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rule", choices=[*RULES, "write-docs"])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build", help="build folder, for its compile_commands.json")
    parser.add_argument("--bin", help="folder of the programs, else ORDER_BIN")
    options = parser.parse_args()
    tree = Tree(options.root)
    if not (tree.root / "CMakeLists.txt").exists():
        sys.exit(f"{tree.root} is not the project: nothing would be checked")
    if options.rule == "write-docs":
        check_docs.write_docs(tree, bin_folder(options))
        return 0
    if options.rule == "format" and not shutil.which("clang-format"):
        print("clang-format is not installed")
        return SKIPPED
    faults = list(RULES[options.rule](tree, options))
    for fault in faults:
        print(fault)
    print(f"{options.rule}: {len(tree.files)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Migrations: numbered without a gap, all compiled in, and the number the programs ask for."""

import re

MIGRATION = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
TRANSACTION = re.compile(r"^\s*(?:begin|commit|rollback|start\s+transaction)\s*;", re.I)


def migration_files(tree):
    return [path for path in tree.files if path.parts[:2] == ("schema", "migrations")]


def check_numbers(tree):
    for expected, path in enumerate(migration_files(tree), 1):
        found = MIGRATION.match(path.name)
        if not found:
            yield f"{path}: not named NNNN_words.sql"
        elif int(found[1]) != expected:
            yield f"{path}: number {expected:04} was expected here"


def check_compiled_in(tree):
    text = tree.text("schema/CMakeLists.txt")
    listed = re.findall(r"migrations/(\S+?\.sql)", text)
    on_disk = [path.name for path in migration_files(tree)]
    if listed != on_disk:
        yield f"schema/CMakeLists.txt lists {listed}, schema/migrations holds {on_disk}"


def check_version(tree):
    found = re.search(r"STORE_SCHEMA_VERSION\s*=\s*(\d+)", tree.text("lib/store/store.h"))
    count = len(migration_files(tree))
    if not found:
        yield "lib/store/store.h: no STORE_SCHEMA_VERSION"
    elif int(found[1]) != count:
        yield f"lib/store/store.h: STORE_SCHEMA_VERSION is {found[1]}, the last migration {count}"


def check_no_transactions(tree):
    """order-schema runs each file in a transaction: one that commits would escape it."""
    for path in migration_files(tree):
        for number, line in tree.lines(path):
            if TRANSACTION.match(line):
                yield f"{path}:{number}: transactions are order-schema's: {line.strip()}"


def check_schema(tree):
    yield from check_numbers(tree)
    yield from check_compiled_in(tree)
    yield from check_version(tree)
    yield from check_no_transactions(tree)

# SPDX-License-Identifier: Apache-2.0
"""Migrations: numbered without a gap, all compiled in, and the number the programs ask for; columns
of read models that could hold personal data in the clear."""

import re

MIGRATION = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
TABLE = re.compile(r"create table (?:if not exists )?(read\w*\.\w+)\s*\((.*?)\n\)", re.I | re.S)
COLUMN_ADDED = re.compile(
    r"alter table (?:only )?(read\w*\.\w+)\s+add\s+(?:column\s+)?(?!constraint|primary)(\w+ [^;]*)",
    re.I)
COLUMN = re.compile(r"^\s*(\w+)\s+([a-z]+)", re.I)
NO_COLUMN = {"primary", "unique", "check", "constraint", "foreign", "exclude", "like"}

# Types that cannot hold what somebody typed about a person. The others can: such a column is
# `sealed`, or somebody has looked at it and written it down here.
CLEAR_TYPES = {"bigint", "integer", "smallint", "boolean", "date", "timestamptz", "uuid", "numeric"}
CLEAR_COLUMNS = {
    "read.order_summary": {"currency", "ship_country"},
    "read.order_lines": {"sku", "title", "seller_id"},
    "read.customers": {"region", "locale"},
    "read.sku_sales": {"sku", "currency"},
    "read.stock": {"location", "sku"},
    "read.promotions": {"code", "currency", "seller_id"},
    "read.promotion_discounts": {"currency"},
}
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


def parts_of(body):
    """The parts between the commas of a CREATE TABLE, those inside brackets left alone."""
    depth, part = 0, ""
    for letter in re.sub(r"--.*", "", body):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    yield part


def columns_of(body):
    """(name, type) of the columns in the body of a CREATE TABLE."""
    for part in parts_of(body):
        found = COLUMN.match(part)
        if found and found[1].lower() not in NO_COLUMN:
            yield found[1], found[2].lower()


def check_read_columns(tree):
    """Nothing personal in the clear in a table that people query."""
    for path in migration_files(tree):
        text = tree.text(path)
        columns = [(table, *column) for table, body in TABLE.findall(text)
                   for column in columns_of(body)]
        columns += [(table, *column) for table, line in COLUMN_ADDED.findall(text)
                    for column in columns_of(line)]
        for table, name, kind in columns:
            sealed = name == "sealed" and kind == "bytea"
            if not sealed and kind not in CLEAR_TYPES \
                    and name not in CLEAR_COLUMNS.get(table, ()):
                yield f"{path}: {table}.{name} is {kind}: seal it, or list it in check_schema.py"


def check_schema(tree):
    yield from check_numbers(tree)
    yield from check_compiled_in(tree)
    yield from check_version(tree)
    yield from check_no_transactions(tree)
    yield from check_read_columns(tree)

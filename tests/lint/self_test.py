# SPDX-License-Identifier: Apache-2.0
"""A lint that finds nothing may be blind. Plants one fault of each kind in a small tree of its own
and says which rule did not see its fault, and which one sees faults where none are."""

import json
import pathlib
import shutil
import tempfile

import check_docs
import check_includes
import check_schema
import check_text
from tree import Tree

SPDX = "SPDX-License-Identifier: Apache-2.0"


def header(guard, body=""):
    return f"// {SPDX}\n#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


CLEAN = {
    "lib/base/a.h": header("BASE_A_H", "#include <stdint.h>"),
    "lib/pg/b.h": header("PG_B_H", '#include "base/a.h"\n#include <libpq-fe.h>'),
    "lib/domain/c.c": f'// {SPDX}\n#include "base/a.h"\n#include <string.h>\n',
    "lib/store/store.h": header("STORE_STORE_H", "enum { STORE_SCHEMA_VERSION = 1 };"),
    "schema/CMakeLists.txt": f"# {SPDX}\nembed_sql(m.c m migrations/0001_a.sql)\n",
    "schema/migrations/0001_a.sql": f"-- {SPDX}\ncreate function f() as $$\nbegin\nend $$;\n",
    "compose/compose.yaml": "services:\n  a: {image: 'b {'}  # [\n",
    "README.md": "[here](schema/CMakeLists.txt) and [there](https://example.org/x)\n",
    "run": f"#!/bin/sh\n# {SPDX}\n",
}


def edges(tree):
    return [*check_includes.check_edges(tree), *check_includes.check_banned_last(tree)]


def alone(tree):
    (tree.root / "compile_commands.json").write_text(json.dumps(
        [{"command": f"cc -I{tree.root}/lib -isystem /usr/include/postgresql -c x.c"}]))
    return check_includes.check_headers_alone(tree, tree.root)


def docs(tree):
    return check_docs.check_docs(tree, tree.root / "bin")


# (rule, file that is planted, its text, a part of what must be said)
PLANTED = [
    (edges, "lib/domain/d.c", f'// {SPDX}\n#include "pg/b.h"\n', "domain may not include pg"),
    (edges, "lib/domain/d.c", f"// {SPDX}\n#include <time.h>\n", "not for a pure module"),
    (edges, "lib/base/d.c", f"// {SPDX}\n#include <sodium.h>\n", "is libsodium"),
    (edges, "lib/base/d.c", f'// {SPDX}\n  #  include "base/gone.h"\n', "is not found"),
    (edges, "lib/base/d.c", f"// {SPDX}\n#include <curl/curl.h>\n", "no package"),
    (edges, "order.c", f'// {SPDX}\n#include "base/a.h"\n', "order may not include base"),
    (edges, "lib/nobody/d.c", f"// {SPDX}\n", "not in tests/lint/includes.txt"),
    (edges, "lib/base/d.c", f'// {SPDX}\n#include "base/banned.h"\n#include <time.h>\n', "last"),
    (check_includes.check_guards, "lib/base/d.h", header("LIB_D_H"), "guard is not BASE_D_H"),
    (alone, "lib/base/d.h", header("BASE_D_H", "uint8_t byte(void);"), "does not compile alone"),
    (check_text.check_licence, "lib/base/d.c", "int x;\n", "lib/base/d.c"),
    (check_text.check_licence, "tool", "#!/bin/sh\n", "tool"),
    (check_text.check_words, "a.txt", "cd /wo" "rk/x\n", "path of one machine"),
    (check_text.check_words, "a.txt", "/" "tm" "p/x\n", "path of one machine"),
    (check_text.check_words, "a.txt", "TO" "DO later\n", "unfinished"),
    (check_text.check_words, "a.txt", "https://py" "pi.org/x\n", "package registry"),
    (check_text.check_words, "a.txt", "see iss" "ue 12\n", "tracker"),
    (check_text.check_yaml, "a.yaml", "a:\n\tb: 1\n", "a tab"),
    (check_text.check_yaml, "a.yaml", "a: [1, 2\n", "do not balance"),
    (check_text.check_yaml, "a.yaml", "a: 1\nb: 2\na: 3\n", "twice"),
    (check_text.check_yaml, "compose.yaml", "volumes: {}\n", "no services"),
    (check_text.check_links, "a.md", "[x](gone.md#part)\n", "gone.md does not exist"),
    (check_schema.check_schema, "schema/migrations/0003_c.sql", "", "0002 was expected"),
    (check_schema.check_schema, "schema/migrations/0002_b.sql", "", "CMakeLists.txt lists"),
    (check_schema.check_schema, "schema/migrations/0002_b.sql", "", "VERSION is 1, the last"),
    (check_schema.check_schema, "schema/migrations/two.sql", "", "not named"),
    (check_schema.check_schema, "schema/migrations/0001_a.sql", "Commit ;\n", "transactions are"),
    (check_schema.check_schema, "schema/migrations/0001_a.sql",
     "create table read.a (\n    a bigint check (a in (1, 2)), remark text,\n    primary key (a)\n);\n",
     "read.a.remark is text"),
    (check_schema.check_schema, "schema/migrations/0001_a.sql",
     "alter table read.order_lines add column sealed jsonb;\n", "read.order_lines.sealed is jsonb"),
    (check_schema.check_schema, "schema/migrations/0001_a.sql",
     "create table read.a (\n    sealed text, -- not even here\n    a bigint\n);\n",
     "read.a.sealed is text"),
    (docs, "docs/reference/cli-order-schema.md", "old\n", "is not what order-schema prints"),
    (docs, "docs/reference/cli-order-command.md", "x\n", "order-command is not built"),
    (docs, "schema/json/a.v1.json", "old\n", "is not what order-schema prints"),
    (docs, "schema/json/gone.json", "{}\n", "no message has this schema"),
]

RULES = [edges, check_includes.check_guards, alone, check_text.check_licence,
         check_text.check_words, check_text.check_yaml, check_text.check_links,
         check_schema.check_schema, docs]


def make(folder, files, table):
    for name, text in {**files, "tests/lint/includes.txt": table}.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    program = pathlib.Path(folder) / "bin/order-schema"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\n# {SPDX}\n"
        "case \"$*\" in *json-schema) echo '{\"a.v1\": 0}' ;; *) echo new ;; esac\n")
    program.chmod(0o755)
    for path, command in check_docs.pages(program.parent).items():
        page = pathlib.Path(folder) / path
        page.parent.mkdir(parents=True, exist_ok=True)
        if command[0] == program.name and not page.exists():
            page.write_text("new\n")
    return Tree(folder)


def in_new_tree(rule, files, table):
    folder = tempfile.mkdtemp(prefix="lint-")
    try:
        return list(rule(make(folder, files, table)))
    finally:
        shutil.rmtree(folder)


def faults(tree):
    table = tree.text("tests/lint/includes.txt")
    for rule in RULES:
        for fault in in_new_tree(rule, CLEAN, table):
            yield f"{rule.__name__} finds fault with a clean tree: {fault}"
    for rule, name, text, part in PLANTED:
        found = in_new_tree(rule, {**CLEAN, name: text}, table)
        if not any(part in fault for fault in found):
            yield f"{rule.__name__} did not see {name} ({part!r}); it said {found}"

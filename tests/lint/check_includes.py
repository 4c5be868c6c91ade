# SPDX-License-Identifier: Apache-2.0
"""Include edges against includes.txt, and headers: guarded, and complete on their own."""

import json
import pathlib
import re
import shlex
import subprocess

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')

# A header in angle brackets belongs to the package with the longest matching beginning.
THIRD_PARTY = {
    "libpq-fe.h": "libpq", "postgres_ext.h": "libpq",
    "librdkafka/": "librdkafka",
    "sodium": "libsodium",
    "msgpack": "msgpack-c",
    "jansson": "jansson",
    "ini.h": "inih",
    "cmocka.h": "cmocka",
    "lzma": "liblzma",
    "zlib.h": "zlib", "lz4": "liblz4", "zstd.h": "libzstd",
    "sanitizer/": "sanitizer",
    "getopt.h": "linux", "dlfcn.h": "linux", "sys/eventfd.h": "linux", "sys/signalfd.h": "linux",
    "sys/epoll.h": "linux", "sys/prctl.h": "linux", "sys/random.h": "linux",
    "sys/timerfd.h": "linux",
    "sys/vfs.h": "linux",
}

# uthash is header only and allowed anywhere but in pure modules.
ANYWHERE = {"uthash.h", "utlist.h"}

PURE = {"inttypes.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}

LIBC = PURE | {
    "assert.h", "ctype.h", "dirent.h", "errno.h", "fcntl.h", "float.h", "math.h", "netdb.h",
    "poll.h", "pthread.h", "pwd.h", "setjmp.h", "signal.h", "spawn.h", "stdalign.h", "stdarg.h",
    "stdatomic.h", "stdio.h", "stdlib.h", "strings.h", "time.h", "unistd.h", "netinet/in.h",
    "netinet/tcp.h", "sys/file.h", "sys/mman.h", "sys/resource.h", "sys/socket.h", "sys/stat.h",
    "sys/time.h", "sys/types.h", "sys/un.h", "sys/wait.h",
}


def read_table(tree):
    """module -> (modules it may include, third party it may include)."""
    table = {}
    for _, line in tree.lines(pathlib.Path("tests/lint/includes.txt")):
        if line.strip() and not line.startswith("#"):
            module, rest = line.split(":")
            modules, third = rest.split(";")
            table[module.strip()] = (set(modules.split()), set(third.split()))
    return table


def module_of(path):
    if path.parts[0] == "lib":
        return path.parts[1]
    return path.stem if len(path.parts) == 1 else path.parts[0]


def package_of(header):
    found = [start for start in THIRD_PARTY if header.startswith(start)]
    return THIRD_PARTY[max(found, key=len)] if found else None


def fault_of_system(header, third):
    """Why a module with these third parties may not include <header>; None if it may."""
    package = package_of(header)
    if "*" in third and (package or header in ANYWHERE | LIBC):
        return None
    if package:
        return None if package in third else f"<{header}> is {package}, not allowed here"
    if "pure" in third:
        return None if header in PURE else f"<{header}> is not for a pure module"
    if header in LIBC | ANYWHERE:
        return None
    return f"<{header}> belongs to no package that tests/lint/check_includes.py knows"


def fault_of_own(tree, header, module, modules):
    if header.split("/")[0] == "tests" or (tree.root / "tests" / header).exists():
        target = "tests"
    elif (tree.root / "lib" / header).exists():
        target = header.split("/")[0]
    elif (tree.root / header).exists():
        target = module_of(pathlib.Path(header))
    else:
        return f'"{header}" is not found from lib/, tests/ or the root: write it as folder/file.h'
    if target == module or target in modules or ("*" in modules):
        return None
    return f'"{header}": {module} may not include {target}'


def check_edges(tree):
    table = read_table(tree)
    for path in tree.having(".c", ".h", ".def"):
        module = module_of(path)
        if module not in table:
            yield f"{path}: module {module} is not in tests/lint/includes.txt"
            continue
        modules, third = table[module]
        for number, line in tree.lines(path):
            found = INCLUDE.match(line)
            if not found:
                continue
            if found[1] == "<":
                fault = fault_of_system(found[2], third)
            else:
                fault = fault_of_own(tree, found[2], module, modules)
            if fault:
                yield f"{path}:{number}: {fault}"


def check_banned_last(tree):
    """base/banned.h poisons names: a system header after it would not compile everywhere. Lists
    (.def) are included where they are expanded."""
    for path in tree.having(".c", ".h"):
        included = [found[2] for _, line in tree.lines(path)
                    if (found := INCLUDE.match(line)) and not found[2].endswith(".def")]
        if "base/banned.h" in included[:-1]:
            yield f"{path}: base/banned.h is included last"


def include_flags(build):
    """Every -I and -isystem of the build, from its compile_commands.json."""
    flags = {}
    for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            if word == "-isystem":
                flags["-isystem", words[i + 1]] = True
            elif word.startswith("-I"):
                flags[("-I" + word[2:],)] = True
    return [word for flag in flags for word in flag]


def check_guards(tree):
    for path in tree.having(".h"):
        text = tree.text(path)
        guard = "_".join(part.upper() for part in path.with_suffix("").parts[-2:]) + "_H"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"{path}: the guard is not {guard}"


def check_headers_alone(tree, build):
    flags = include_flags(build)
    for path in tree.having(".h"):
        # The tests' headers serve sources that ask for X/Open (terminals).
        level = "-D_XOPEN_SOURCE=700" if path.parts[0] == "tests" else "-D_POSIX_C_SOURCE=200809L"
        done = subprocess.run(
            ["cc", "-std=c17", level, "-Wall", "-Werror", "-Wno-unused-function", "-fsyntax-only",
             *flags, "-x", "c", "-"],
            input=f'#include "{tree.root / path}"\n', text=True, capture_output=True)
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if "error:" in line]
            yield f"{path} does not compile alone: {(errors or [done.stderr])[0]}"

# SPDX-License-Identifier: Apache-2.0
"""Rules about text: licence lines, words that do not belong here, YAML basics, links."""

import re

LICENCE = "SPDX-License-Identifier: Apache-2.0"
LICENSED = {".c", ".h", ".def", ".sh", ".py", ".sql", ".cmake", ".js"}

# Written in two halves, so that this file passes its own rule.
WORDS = [
    (re.compile(r"(?<![\w.$}/-])/(?:wo" r"rk|ro" r"ot|ho" r"me|tm" r"p|fa" r"rm)/"),
     "a path of one machine"),
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b"), "unfinished work: finish it or file it"),
    (re.compile(r"\b(?:repo1?\.mav" r"en|repo\.mav" r"en|registry\.np" r"mjs|py" r"pi\.org"
                r"|pythonho" r"sted\.org|deb\.deb" r"ian\.org|doc" r"ker\.io|cra" r"tes\.io"
                r"|proxy\.gol" r"ang)"),
     "the host of a package registry"),
    (re.compile(r"\b[Ii]ss" r"ue #?[0-9]"), "a number from a tracker: say what it is about"),
]

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def check_licence(tree):
    for path in tree.files:
        text = tree.text(path)
        is_script = text.startswith("#!")
        if path.suffix not in LICENSED and path.name != "CMakeLists.txt" and not is_script:
            continue
        if LICENCE not in "\n".join(text.splitlines()[:3]):
            yield f"{path}: no '{LICENCE}' in the first lines"


def check_words(tree):
    for path in tree.files:
        for number, line in tree.lines(path):
            for pattern, meaning in WORDS:
                if pattern.search(line):
                    yield f"{path}:{number}: {meaning}: {line.strip()[:80]}"


def check_yaml(tree):
    """No YAML parser in the standard library: what breaks most often, and required keys."""
    for path in tree.having(".yaml", ".yml"):
        seen = set()
        for number, line in tree.lines(path):
            if "\t" in line:
                yield f"{path}:{number}: a tab: YAML wants spaces"
            key = re.match(r"([\w.-]+):(?:\s|$)", line)
            if key and key[1] in seen:
                yield f"{path}:{number}: {key[1]} stands twice at the top"
            seen.update(key.groups() if key else ())
            bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|(?:^|\s)#.*", "", line)
            if not re.search(r"[|>][-+]?\s*$", bare):
                for opened, closed in ("[]", "{}"):
                    if bare.count(opened) != bare.count(closed):
                        yield f"{path}:{number}: {opened} and {closed} do not balance"
        if path.name == "compose.yaml" and "services" not in seen:
            yield f"{path}: no services"


def check_links(tree):
    """Links between our own pages lead somewhere."""
    for path in tree.having(".md"):
        for number, line in tree.lines(path):
            for target in LINK.findall(line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                if not (tree.root / path.parent / target).exists():
                    yield f"{path}:{number}: {target} does not exist"

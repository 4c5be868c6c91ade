# SPDX-License-Identifier: Apache-2.0
"""The files of the project, as the lint rules see them."""

import os
import pathlib

SKIPPED_FOLDERS = {".git", ".local", "__pycache__", ".cache"}


class Tree:
    """All files below a root, without what is built or downloaded."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._walk())

    def _walk(self):
        for folder, names, files in os.walk(self.root):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            for file in files:
                yield (pathlib.Path(folder) / file).relative_to(self.root)

    def having(self, *suffixes):
        return [path for path in self.files if path.suffix in suffixes]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        """(line number, line) of a file."""
        return enumerate(self.text(path).splitlines(), 1)

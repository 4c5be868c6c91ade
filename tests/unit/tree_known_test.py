#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The known answers of the key tree (tree_known.def), computed a second time: with BLAKE2b of
Python's hashlib and no libsodium. tree_test.c holds the C code to the same file."""

import hashlib
import pathlib
import re
import unittest

DEPTH = 32
SEED = bytes(range(32))
LEAF = 0x12345678
KNOWN = dict(re.findall(
    r'^KNOWN\((\w+), "([0-9a-f]{64})"\)$',
    (pathlib.Path(__file__).parent / "tree_known.def").read_text(encoding="utf-8"), re.MULTILINE))


def derive(key, number, context):
    """crypto_kdf of libsodium 1.0.18: salt and person are 16 bytes, zero padded."""
    return hashlib.blake2b(
        digest_size=32, key=key, salt=number.to_bytes(8, "little").ljust(16, b"\0"),
        person=context.ljust(16, b"\0")).digest()


def node(first, depth):
    key = SEED
    for level in range(depth):
        key = derive(key, first >> (DEPTH - 1 - level) & 1, b"SHRDtree")
    return key


def cover_without(leaf):
    """The sibling at each level of the path, in ascending order of their first leaves."""
    for depth in range(1, DEPTH + 1):
        width = 1 << (DEPTH - depth)
        first = (leaf // width ^ 1) * width
        yield first, depth, node(first, depth)


class KnownAnswers(unittest.TestCase):
    def test_every_answer(self):
        leaf = node(LEAF, DEPTH)
        cover = b"".join(
            first.to_bytes(8, "big") + bytes([depth]) + key
            for first, depth, key in sorted(cover_without(LEAF)))
        self.assertEqual(KNOWN, {
            "leaf_0": node(0, DEPTH).hex(),
            "leaf_12345678": leaf.hex(),
            "data_key": derive(leaf, 1, b"SHRDseal").hex(),
            "pseudonym": derive(leaf, 1, b"SHRDpseu").hex(),
            "epoch_seed": derive(leaf, 1, b"SHRDepch").hex(),
            "cover_digest": hashlib.blake2b(cover, digest_size=32).hexdigest(),
        })


if __name__ == "__main__":
    unittest.main()

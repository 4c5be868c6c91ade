# SPDX-License-Identifier: Apache-2.0
"""A small MessagePack reader (github.com/msgpack/msgpack, spec.md): what stored events use of it."""
import struct


class Malformed(ValueError):
    """The bytes are not one MessagePack value."""


class Reader:
    """Reads values from bytes; `at` is where the next one begins."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        end = self.at + size
        if end > len(self.data):
            raise Malformed("the bytes end too early")
        piece = self.data[self.at:end]
        self.at = end
        return piece

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def sequence(self, count):
        return [self.value() for _ in range(count)]

    def mapping(self, count):
        return {self.value(): self.value() for _ in range(count)}

    def text(self, size):
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as problem:
            raise Malformed("text is not UTF-8") from problem

    def value(self):
        head = self.take(1)[0]
        if head < 0x80:
            return head
        if head < 0x90:
            return self.mapping(head & 0x0F)
        if head < 0xA0:
            return self.sequence(head & 0x0F)
        if head < 0xC0:
            return self.text(head & 0x1F)
        if head >= 0xE0:
            return head - 0x100
        return self.long_value(head)

    def long_value(self, head):
        constants = {0xC0: None, 0xC2: False, 0xC3: True}
        if head in constants:
            return constants[head]
        integers = {0xCC: "B", 0xCD: "H", 0xCE: "I", 0xCF: "Q",
                    0xD0: "b", 0xD1: "h", 0xD2: "i", 0xD3: "q"}
        if head in integers:
            return self.number(integers[head])
        sized = {0xC4: ("B", self.take), 0xC5: ("H", self.take), 0xC6: ("I", self.take),
                 0xD9: ("B", self.text), 0xDA: ("H", self.text), 0xDB: ("I", self.text),
                 0xDC: ("H", self.sequence), 0xDD: ("I", self.sequence),
                 0xDE: ("H", self.mapping), 0xDF: ("I", self.mapping)}
        if head not in sized:
            raise Malformed(f"type 0x{head:02x} is not used here")
        form, read = sized[head]
        return read(self.number(form))


def read(data):
    """The one value that `data` holds."""
    reader = Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise Malformed("bytes follow the value")
    return value

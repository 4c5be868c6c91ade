// SPDX-License-Identifier: Apache-2.0
#include "wire/base64.h"

#include "base/banned.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0 to 63; -1: none of the letters. */
static int digit_value(uint8_t letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == '+')
        return 62;
    return letter == '/' ? 63 : -1;
}

/* Letters before the padding, of which there are none to two. */
static size_t letter_count(struct slice text)
{
    size_t count = text.size;
    while (count > 0 && text.size - count < 2 && text.data[count - 1] == '=')
        count--;
    return count;
}

size_t base64_size(struct slice text)
{
    return letter_count(text) / 4 * 3 + letter_count(text) % 4 * 3 / 4;
}

bool base64_read(struct slice text, uint8_t *out)
{
    size_t letters = letter_count(text);
    uint32_t bits = 0;
    if (text.size % 4 != 0)
        return false;
    for (size_t i = 0; i < letters; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            *out++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    /* Bits that no byte took must be zero, or two texts would mean the same. */
    unsigned unused = letters % 4 == 2 ? 4 : letters % 4 == 3 ? 2 : 0;
    return (bits & ((1u << unused) - 1)) == 0;
}

void base64_write(struct slice bytes, struct writer *out)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes.data[i + 1] << 8;
        if (left > 2)
            bits |= bytes.data[i + 2];
        writer_byte(out, (uint8_t)digits[bits >> 18]);
        writer_byte(out, (uint8_t)digits[bits >> 12 & 63]);
        writer_byte(out, left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=');
        writer_byte(out, left > 2 ? (uint8_t)digits[bits & 63] : '=');
    }
}

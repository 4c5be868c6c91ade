// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include <stdio.h>

/* SHA-1 (FIPS 180-4), here only because version 5 UUIDs are defined by it; nothing is protected
 * with it and libsodium does not have it. */
struct sha1 {
    uint32_t state[5];
    uint8_t block[64];
    uint64_t size;
};

static uint32_t rotate_left(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void sha1_block(struct sha1 *sha)
{
    uint32_t w[80];
    for (size_t i = 0; i < 16; i++) {
        memcpy(&w[i], sha->block + 4 * i, 4);
        w[i] = __builtin_bswap32(w[i]);
    }
    for (size_t i = 16; i < 80; i++)
        w[i] = rotate_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = sha->state[0], b = sha->state[1], c = sha->state[2], d = sha->state[3],
             e = sha->state[4];
    for (size_t i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (i < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (i < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        uint32_t next = rotate_left(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    sha->state[0] += a;
    sha->state[1] += b;
    sha->state[2] += c;
    sha->state[3] += d;
    sha->state[4] += e;
}

static void sha1_update(struct sha1 *sha, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sha->block[sha->size++ % 64] = data[i];
        if (sha->size % 64 == 0)
            sha1_block(sha);
    }
}

static void sha1_finish(struct sha1 *sha, uint8_t out[static 20])
{
    uint64_t bits = sha->size * 8;
    static const uint8_t padding[64] = {0x80};
    sha1_update(sha, padding, 1 + (119 - sha->size % 64) % 64);
    uint64_t big = __builtin_bswap64(bits);
    sha1_update(sha, (const uint8_t *)&big, 8);
    for (size_t i = 0; i < 5; i++) {
        uint32_t word = __builtin_bswap32(sha->state[i]);
        memcpy(out + 4 * i, &word, 4);
    }
}

static void stamp(struct uuid *id, uint8_t version)
{
    id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0f) | version << 4);
    id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3f) | 0x80);
}

struct uuid uuid_v5(const struct uuid *space, struct slice name)
{
    struct sha1 sha = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
    uint8_t digest[20];
    sha1_update(&sha, space->bytes, sizeof(space->bytes));
    sha1_update(&sha, name.data, name.size);
    sha1_finish(&sha, digest);
    struct uuid id;
    memcpy(id.bytes, digest, sizeof(id.bytes));
    stamp(&id, 5);
    return id;
}

struct uuid uuid_v7(int64_t unix_ms, const uint8_t random[static 10])
{
    struct uuid id;
    for (size_t i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)((uint64_t)unix_ms >> (40 - 8 * i));
    memcpy(id.bytes + 6, random, 10);
    stamp(&id, 7);
    return id;
}

void uuid_format(const struct uuid *id, char out[static UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < sizeof(id->bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[id->bytes[i] >> 4];
        out[at++] = digits[id->bytes[i] & 0x0f];
    }
    out[at] = '\0';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(struct slice text, struct uuid *out)
{
    struct uuid id;
    if (text.size != UUID_TEXT_SIZE - 1)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < sizeof(id.bytes); i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text.data[at++] != '-')
            return false;
        int high = hex_value(text.data[at]);
        int low = hex_value(text.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *out = id;
    return true;
}

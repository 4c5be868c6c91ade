// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_match.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    ANCHOR_SIZE = 8,
    FILTER_BITS = 20,
    HEAD_BITS = 16,
    ALIGNMENTS = 3, /* of base64 */
    NONE = -1,
};

struct pattern {
    uint32_t needle;
    uint8_t form;
    int32_t next; /* of the same hash; NONE: the last */
    uint32_t at;  /* in the bytes of the matcher */
    uint32_t size;
};

struct matcher {
    uint64_t filter[(1 << FILTER_BITS) / 64];
    int32_t heads[1 << HEAD_BITS];
    struct pattern *patterns; /* owned */
    size_t count;
    size_t capacity;
    uint8_t *bytes; /* owned */
    size_t bytes_size;
    size_t bytes_capacity;
    size_t longest;
    uint8_t scratch[NEEDLE_MOST * 4];
};

const char *needle_form_name(enum needle_form form)
{
    static const char *const names[] = {
#define X(name, word) word,
        NEEDLE_FORMS(X)
#undef X
    };
    return names[form];
}

static uint64_t hash_of(const uint8_t *bytes)
{
    uint64_t anchor;
    memcpy(&anchor, bytes, sizeof(anchor));
    return anchor * UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_known(const struct matcher *matcher, struct slice bytes, uint32_t needle)
{
    size_t head = (size_t)(hash_of(bytes.data) >> (64 - HEAD_BITS));
    for (int32_t i = matcher->heads[head]; i != NONE; i = matcher->patterns[i].next) {
        const struct pattern *pattern = &matcher->patterns[i];
        if (pattern->needle == needle &&
            slice_equal(slice_of(matcher->bytes + pattern->at, pattern->size), bytes))
            return true;
    }
    return false;
}

/* Twice as much room, without leaving a copy of needles behind. */
static bool grow(void **memory, size_t used, size_t *capacity, size_t needed, size_t element)
{
    size_t wanted = *capacity != 0 ? *capacity : 1024;
    while (wanted < needed)
        wanted *= 2;
    if (wanted == *capacity)
        return true;
    void *larger = malloc(wanted * element);
    if (larger == NULL)
        return false;
    if (used != 0)
        memcpy(larger, *memory, used * element);
    if (*memory != NULL)
        sodium_memzero(*memory, used * element);
    free(*memory);
    *memory = larger;
    *capacity = wanted;
    return true;
}

static bool add(struct matcher *matcher, uint32_t needle, enum needle_form form, struct slice bytes)
{
    void *patterns = matcher->patterns;
    void *copies = matcher->bytes;
    if (bytes.size < ANCHOR_SIZE || is_known(matcher, bytes, needle))
        return true;
    bool room = grow(
        &patterns, matcher->count, &matcher->capacity, matcher->count + 1, sizeof(struct pattern));
    matcher->patterns = patterns;
    room = room && grow(
                       &copies,
                       matcher->bytes_size,
                       &matcher->bytes_capacity,
                       matcher->bytes_size + bytes.size,
                       1);
    matcher->bytes = copies;
    if (!room)
        return false;
    uint64_t hash = hash_of(bytes.data);
    size_t head = (size_t)(hash >> (64 - HEAD_BITS));
    size_t bit = (size_t)(hash >> (64 - FILTER_BITS));
    matcher->patterns[matcher->count] = (struct pattern){
        .needle = needle,
        .form = (uint8_t)form,
        .next = matcher->heads[head],
        .at = (uint32_t)matcher->bytes_size,
        .size = (uint32_t)bytes.size};
    matcher->heads[head] = (int32_t)matcher->count++;
    memcpy(matcher->bytes + matcher->bytes_size, bytes.data, bytes.size);
    matcher->bytes_size += bytes.size;
    matcher->filter[bit / 64] |= UINT64_C(1) << bit % 64;
    if (bytes.size > matcher->longest)
        matcher->longest = bytes.size;
    return true;
}

/* ---- ways of writing a needle ---- */

static bool add_hex(struct matcher *matcher, uint32_t number, struct slice value)
{
    static const char *const digits[] = {"0123456789abcdef", "0123456789ABCDEF"};
    for (size_t i = 0; i < countof(digits); i++) {
        struct writer out = writer_over(matcher->scratch, sizeof(matcher->scratch));
        for (size_t at = 0; at < value.size; at++) {
            writer_byte(&out, (uint8_t)digits[i][value.data[at] >> 4]);
            writer_byte(&out, (uint8_t)digits[i][value.data[at] & 15]);
        }
        if (!add(matcher, number, FORM_HEX, writer_slice(&out)))
            return false;
    }
    return true;
}

/* The sextets that the needle alone decides when `before` bytes of something else precede it. */
static void write_base64(struct slice value, size_t before, const char *digits, struct writer *out)
{
    size_t first = (before * 8 + 5) / 6;
    size_t end = (before + value.size) * 8 / 6;
    for (size_t sextet = first; sextet < end; sextet++) {
        size_t bit = sextet * 6 - before * 8;
        unsigned pair = (unsigned)value.data[bit / 8] << 8;
        if (bit / 8 + 1 < value.size)
            pair |= value.data[bit / 8 + 1];
        writer_byte(out, (uint8_t)digits[pair >> (10 - bit % 8) & 63]);
    }
}

static bool add_base64(struct matcher *matcher, uint32_t number, struct slice value)
{
    static const char *const digits[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    for (size_t i = 0; i < countof(digits); i++) {
        for (size_t before = 0; before < ALIGNMENTS; before++) {
            struct writer out = writer_over(matcher->scratch, sizeof(matcher->scratch));
            write_base64(value, before, digits[i], &out);
            if (!add(matcher, number, FORM_BASE64, writer_slice(&out)))
                return false;
        }
    }
    return true;
}

/* The next code point; 0: no UTF-8. */
static uint32_t next_point(struct slice *rest)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = rest->data[0];
    size_t size = lead < 0x80       ? 1
                  : lead >> 5 == 6  ? 2
                  : lead >> 4 == 14 ? 3
                  : lead >> 3 == 30 ? 4
                                    : 0;
    if (size == 0 || size > rest->size)
        return 0;
    uint32_t point = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (rest->data[i] >> 6 != 2)
            return 0;
        point = point << 6 | (rest->data[i] & 63u);
    }
    *rest = slice_of(rest->data + size, rest->size - size);
    return point < least[size] ? 0 : point;
}

static void write_unit(struct writer *out, enum needle_form form, uint32_t unit)
{
    uint8_t high = (uint8_t)(unit >> 8);
    uint8_t low = (uint8_t)unit;
    writer_byte(out, form == FORM_UTF16_LE ? low : high);
    writer_byte(out, form == FORM_UTF16_LE ? high : low);
}

static bool write_utf16(struct slice text, enum needle_form form, struct writer *out)
{
    while (text.size != 0) {
        uint32_t point = next_point(&text);
        if (point == 0)
            return false;
        if (point >= 0x10000) {
            write_unit(out, form, 0xd800 | (point - 0x10000) >> 10);
            write_unit(out, form, 0xdc00 | (point & 0x3ff));
        } else {
            write_unit(out, form, point);
        }
    }
    return true;
}

static bool
add_needle(struct matcher *matcher, const struct needle *needle, uint32_t number, struct error *err)
{
    static const enum needle_form wide[] = {FORM_UTF16_LE, FORM_UTF16_BE};
    struct slice value = needle->value;
    if (value.size < NEEDLE_LEAST || value.size > NEEDLE_MOST)
        return error_set(
            err,
            ERROR_invalid,
            "needle %u has %zu bytes, not %d to %d",
            number + 1,
            value.size,
            NEEDLE_LEAST,
            NEEDLE_MOST);
    bool room = add(matcher, number, FORM_RAW, value) && add_hex(matcher, number, value) &&
                add_base64(matcher, number, value);
    for (size_t i = 0; room && needle->is_text && i < countof(wide); i++) {
        struct writer out = writer_over(matcher->scratch, sizeof(matcher->scratch));
        if (!write_utf16(value, wide[i], &out))
            return error_set(err, ERROR_invalid, "needle %u is no UTF-8", number + 1);
        room = add(matcher, number, wide[i], writer_slice(&out));
    }
    return room || error_set(err, ERROR_fatal, "out of memory");
}

bool matcher_new(
    struct matcher **out, const struct needle *needles, size_t count, struct error *err)
{
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    if (matcher == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    for (size_t i = 0; i < countof(matcher->heads); i++)
        matcher->heads[i] = NONE;
    for (size_t i = 0; i < count; i++) {
        if (!add_needle(matcher, &needles[i], (uint32_t)i, err)) {
            matcher_free(matcher);
            return false;
        }
    }
    sodium_memzero(matcher->scratch, sizeof(matcher->scratch));
    *out = matcher;
    return true;
}

void matcher_free(struct matcher *matcher)
{
    if (matcher == NULL)
        return;
    if (matcher->bytes != NULL)
        sodium_memzero(matcher->bytes, matcher->bytes_size);
    free(matcher->bytes);
    free(matcher->patterns);
    sodium_memzero(matcher->scratch, sizeof(matcher->scratch));
    free(matcher);
}

size_t matcher_longest(const struct matcher *matcher)
{
    return matcher->longest;
}

/* ---- finding ---- */

static void compare(
    const struct matcher *matcher,
    struct slice rest,
    uint64_t offset,
    match_function *found,
    void *context)
{
    size_t head = (size_t)(hash_of(rest.data) >> (64 - HEAD_BITS));
    for (int32_t i = matcher->heads[head]; i != NONE; i = matcher->patterns[i].next) {
        const struct pattern *pattern = &matcher->patterns[i];
        if (pattern->size <= rest.size &&
            memcmp(matcher->bytes + pattern->at, rest.data, pattern->size) == 0) {
            const struct match match = {
                .needle = pattern->needle,
                .form = (enum needle_form)pattern->form,
                .offset = offset,
                .size = pattern->size};
            found(&match, context);
        }
    }
}

void matcher_scan(
    const struct matcher *matcher,
    struct slice bytes,
    uint64_t base,
    match_function *found,
    void *context)
{
    for (size_t at = 0; at + ANCHOR_SIZE <= bytes.size; at++) {
        size_t bit = (size_t)(hash_of(bytes.data + at) >> (64 - FILTER_BITS));
        if ((matcher->filter[bit / 64] >> bit % 64 & 1) != 0)
            compare(matcher, slice_of(bytes.data + at, bytes.size - at), base + at, found, context);
    }
}

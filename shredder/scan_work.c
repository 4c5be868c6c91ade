// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_work.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

const char *scan_layer_name(enum scan_layer layer)
{
    static const char *const names[] = {
#define X(name, words) words,
        SCAN_LAYERS(X)
#undef X
    };
    return names[layer];
}

bool scan_begin(struct scan *scan, const struct needles *needles, struct error *err)
{
    *scan = (struct scan){.needles = needles};
    scan->hits = calloc(SCAN_MOST_HITS, sizeof(*scan->hits));
    scan->troubles = calloc(SCAN_MOST_TROUBLES, sizeof(*scan->troubles));
    if (scan->hits == NULL || scan->troubles == NULL) {
        scan_end(scan);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    if (!matcher_new(&scan->matcher, needles->values, needles->count, err)) {
        scan_end(scan);
        return false;
    }
    return true;
}

void scan_end(struct scan *scan)
{
    for (size_t i = 0; i < scan->hit_count; i++)
        free(scan->hits[i].file);
    for (size_t i = 0; i < scan->trouble_count; i++)
        free(scan->troubles[i].file);
    free(scan->hits);
    free(scan->troubles);
    matcher_free(scan->matcher);
    if (scan->plain != NULL)
        sodium_memzero(scan->plain, scan->plain_capacity);
    free(scan->plain);
    *scan = (struct scan){.needles = NULL};
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

/* One of the last hits, of the same needle in the same file, written and stored the same way. */
static struct scan_hit *find_alike(struct scan *scan, const struct match *match)
{
    size_t first = scan->hit_count > SCAN_LAST_HITS ? scan->hit_count - SCAN_LAST_HITS : 0;
    for (size_t i = scan->hit_count; i-- > first;) {
        struct scan_hit *hit = &scan->hits[i];
        if (hit->needle == match->needle && hit->form == match->form && hit->layer == scan->layer &&
            hit->file != NULL && strcmp(hit->file, scan->file) == 0)
            return hit;
    }
    return NULL;
}

static void on_match(const struct match *match, void *context)
{
    struct scan *scan = context;
    if (match->offset + match->size <= scan->seen_until)
        return;
    scan->hits_in_all++;
    struct scan_hit *alike = find_alike(scan, match);
    if (alike != NULL)
        alike->times++;
    if (alike != NULL || scan->hit_count == SCAN_MOST_HITS)
        return;
    char *file = copy_text(scan->file);
    struct scan_hit *hit = &scan->hits[scan->hit_count++];
    hit->file = file;
    hit->offset = match->offset;
    hit->layer = scan->layer;
    hit->needle = match->needle;
    hit->form = match->form;
    hit->times = 1;
}

void scan_bytes(struct scan *scan, enum scan_layer layer, struct slice bytes, uint64_t offset)
{
    scan->layer = layer;
    scan->layers[layer].bytes += (int64_t)bytes.size;
    matcher_scan(scan->matcher, bytes, offset, on_match, scan);
}

void scan_part(struct scan *scan, enum scan_layer layer)
{
    scan->layers[layer].parts++;
}

static bool make_room(struct scan *scan, size_t capacity)
{
    if (capacity <= scan->plain_capacity)
        return true;
    if (capacity > SCAN_MOST_PLAIN)
        return false;
    uint8_t *larger = malloc(capacity);
    if (larger == NULL)
        return false;
    if (scan->plain != NULL)
        sodium_memzero(scan->plain, scan->plain_capacity);
    free(scan->plain);
    scan->plain = larger;
    scan->plain_capacity = capacity;
    return true;
}

bool scan_decoded(
    struct scan *scan,
    enum scan_layer layer,
    enum scan_codec codec,
    struct slice bytes,
    size_t capacity,
    uint64_t offset,
    struct slice *out)
{
    size_t size = 0;
    bool decoded =
        make_room(scan, capacity) && scan_decode(codec, bytes, scan->plain, capacity, &size);
    if (decoded)
        scan_part(scan, layer);
    if (size != 0)
        scan_bytes(scan, layer, slice_of(scan->plain, size), offset);
    if (out != NULL)
        *out = slice_of(scan->plain, size);
    return decoded;
}

void scan_trouble(struct scan *scan, const char *format, ...)
{
    scan->troubles_in_all++;
    if (scan->trouble_count == SCAN_MOST_TROUBLES)
        return;
    struct scan_trouble *trouble = &scan->troubles[scan->trouble_count++];
    trouble->file = copy_text(scan->file);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(trouble->reason, sizeof(trouble->reason), format, arguments);
    va_end(arguments);
}

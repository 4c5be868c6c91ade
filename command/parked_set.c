// SPDX-License-Identifier: Apache-2.0
#include "command/parked_set.h"

#include <stdlib.h>

#include "base/banned.h"

void parked_set_release(struct parked_set *set)
{
    free(set->streams);
    *set = (struct parked_set){0};
}

static bool make_room(struct parked_set *set, size_t count)
{
    if (count <= set->capacity)
        return true;
    size_t capacity = count + count / 2 + 16;
    struct parked_stream *streams = realloc(set->streams, capacity * sizeof(struct parked_stream));
    if (streams == NULL)
        return false;
    set->streams = streams;
    set->capacity = capacity;
    return true;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, STREAM_KEY_SIZE); /* of struct parked_stream, the first member */
}

bool parked_set_load(struct parked_set *set, const struct parked_stream *streams, size_t count)
{
    if (!make_room(set, count))
        return false;
    if (count > 0) {
        memcpy(set->streams, streams, count * sizeof(*streams));
        qsort(set->streams, count, sizeof(*streams), compare);
    }
    set->count = count;
    return true;
}

const struct parked_stream *
parked_set_find(const struct parked_set *set, const struct stream_id *stream)
{
    if (set->count == 0)
        return NULL;
    return bsearch(stream, set->streams, set->count, sizeof(*set->streams), compare);
}

bool parked_set_put(struct parked_set *set, const struct parked_stream *stream)
{
    const struct parked_stream *there = parked_set_find(set, &stream->stream);
    if (there != NULL) {
        set->streams[there - set->streams] = *stream;
        return true;
    }
    if (!make_room(set, set->count + 1))
        return false;
    size_t at = set->count;
    for (; at > 0 && compare(&set->streams[at - 1], stream) > 0; at--)
        set->streams[at] = set->streams[at - 1];
    set->streams[at] = *stream;
    set->count++;
    return true;
}

void parked_set_remove(struct parked_set *set, const struct stream_id *stream)
{
    const struct parked_stream *there = parked_set_find(set, stream);
    if (there == NULL)
        return;
    size_t at = (size_t)(there - set->streams);
    set->count--;
    memmove(&set->streams[at], &set->streams[at + 1], (set->count - at) * sizeof(*there));
}

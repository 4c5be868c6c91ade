// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

int16_t stream_bucket(const struct stream_id *stream)
{
    /* FNV-1a, 32 bit (Fowler, Noll, Vo): stable for ever and the same in any language. */
    uint32_t hash = 2166136261u;
    uint8_t category[2] = {(uint8_t)((uint16_t)stream->category >> 8), (uint8_t)stream->category};
    for (size_t i = 0; i < sizeof(category); i++)
        hash = (hash ^ category[i]) * 16777619u;
    for (size_t i = 0; i < sizeof(stream->id.bytes); i++)
        hash = (hash ^ stream->id.bytes[i]) * 16777619u;
    /* Folded, because the low bits of FNV alone are weak. */
    return (int16_t)((hash >> 20 ^ hash >> 10 ^ hash) & (STORE_BUCKETS - 1));
}

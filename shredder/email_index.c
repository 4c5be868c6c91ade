// SPDX-License-Identifier: Apache-2.0
#include "shredder/email_index.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { LEAST_SLOTS = 1024, KEY_SIZE = crypto_generichash_KEYBYTES };

bool email_index_init(struct email_index *index, struct slab *slab, struct error *err)
{
    *index = (struct email_index){.key = slab_take(slab, KEY_SIZE)};
    if (index->key == NULL)
        return error_set(err, ERROR_fatal, "no locked memory for the index of addresses");
    randombytes_buf(index->key, KEY_SIZE);
    return true;
}

void email_index_clear(struct email_index *index)
{
    free(index->digests);
    free(index->slots);
    *index = (struct email_index){.key = index->key};
}

void email_index_release(struct email_index *index)
{
    email_index_clear(index);
    index->key = NULL;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

bool email_normalise(struct slice address, char out[static EMAIL_MOST], size_t *size)
{
    while (address.size > 0 && is_space(address.data[0]))
        address = slice_of(address.data + 1, address.size - 1);
    while (address.size > 0 && is_space(address.data[address.size - 1]))
        address.size--;
    if (address.size < 3 || address.size > EMAIL_MOST ||
        memchr(address.data + 1, '@', address.size - 2) == NULL)
        return false;
    for (size_t i = 0; i < address.size; i++) {
        uint8_t byte = address.data[i];
        out[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    *size = address.size;
    return true;
}

/* An address of two tenants is two people. */
static bool digest_of(
    const struct email_index *index,
    int32_t tenant_id,
    struct slice address,
    uint8_t out[static EMAIL_DIGEST_SIZE])
{
    struct {
        int32_t tenant_id;
        char address[EMAIL_MOST];
    } name = {.tenant_id = tenant_id};
    size_t size;
    bool is_address = email_normalise(address, name.address, &size);
    if (is_address)
        (void)crypto_generichash(
            out,
            EMAIL_DIGEST_SIZE,
            (const uint8_t *)&name,
            sizeof(name.tenant_id) + size,
            index->key,
            KEY_SIZE);
    sodium_memzero(&name, sizeof(name));
    return is_address;
}

static size_t home_of(const struct email_index *index, const uint8_t *digest)
{
    uint32_t home;
    memcpy(&home, digest, sizeof(home));
    return home & (index->slot_count - 1);
}

static bool has_digest(const struct email_index *index, size_t row)
{
    return row < index->digest_count && !sodium_is_zero(index->digests[row], EMAIL_DIGEST_SIZE);
}

static void put_slot(struct email_index *index, size_t row)
{
    size_t at = home_of(index, index->digests[row]);
    while (index->slots[at] != 0)
        at = (at + 1) & (index->slot_count - 1);
    index->slots[at] = (uint32_t)row + 1;
}

static bool grow_slots(struct email_index *index)
{
    size_t count = index->slot_count != 0 ? 2 * index->slot_count : LEAST_SLOTS;
    uint32_t *slots = calloc(count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(index->slots);
    index->slots = slots;
    index->slot_count = count;
    for (size_t row = 0; row < index->digest_count; row++) {
        if (has_digest(index, row))
            put_slot(index, row);
    }
    return true;
}

static bool grow_digests(struct email_index *index, size_t wanted)
{
    size_t count = index->digest_count * 3 / 2;
    count = count > wanted ? count : wanted;
    uint8_t(*grown)[EMAIL_DIGEST_SIZE] = realloc(index->digests, count * sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown + index->digest_count, 0, (count - index->digest_count) * sizeof(*grown));
    index->digests = grown;
    index->digest_count = count;
    return true;
}

/* Frees the slot and moves up those behind it that would not be found any more. */
static void free_slot(struct email_index *index, size_t hole)
{
    size_t mask = index->slot_count - 1;
    for (size_t at = (hole + 1) & mask; index->slots[at] != 0; at = (at + 1) & mask) {
        size_t home = home_of(index, index->digests[index->slots[at] - 1]);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        index->slots[hole] = index->slots[at];
        hole = at;
    }
    index->slots[hole] = 0;
}

void email_index_remove(struct email_index *index, size_t row)
{
    if (!has_digest(index, row))
        return;
    size_t at = home_of(index, index->digests[row]);
    while (index->slots[at] != row + 1)
        at = (at + 1) & (index->slot_count - 1);
    free_slot(index, at);
    memset(index->digests[row], 0, EMAIL_DIGEST_SIZE);
    index->count--;
}

bool email_index_set(
    struct email_index *index, const struct subjects *subjects, size_t row, struct slice address)
{
    uint8_t digest[EMAIL_DIGEST_SIZE];
    email_index_remove(index, row);
    if (!digest_of(index, subjects->rows[row].tenant_id, address, digest))
        return true;
    if (row >= index->digest_count && !grow_digests(index, row + 1))
        return false;
    if (4 * (index->count + 1) > 3 * index->slot_count && !grow_slots(index))
        return false;
    memcpy(index->digests[row], digest, sizeof(digest));
    put_slot(index, row);
    index->count++;
    return true;
}

int64_t email_index_find(
    const struct email_index *index,
    const struct subjects *subjects,
    int32_t tenant_id,
    struct slice address)
{
    uint8_t digest[EMAIL_DIGEST_SIZE];
    int64_t found = EMAIL_NOBODY;
    if (index->slot_count == 0 || !digest_of(index, tenant_id, address, digest))
        return EMAIL_NOBODY;
    size_t mask = index->slot_count - 1;
    for (size_t at = home_of(index, digest); index->slots[at] != 0; at = (at + 1) & mask) {
        size_t row = index->slots[at] - 1;
        bool older = found == EMAIL_NOBODY ||
                     subjects->rows[row].number < subjects->rows[(size_t)found].number;
        if (older && memcmp(index->digests[row], digest, sizeof(digest)) == 0)
            found = (int64_t)row;
    }
    return found;
}

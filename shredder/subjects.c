// SPDX-License-Identifier: Apache-2.0
#include "shredder/subjects.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { LEAST_SLOTS = 1024, LEAST_ROWS = 512 };

void subjects_init(struct subjects *subjects)
{
    *subjects = (struct subjects){0};
    randombytes_buf(subjects->hash_key, sizeof(subjects->hash_key));
}

void subjects_release(struct subjects *subjects)
{
    free(subjects->rows);
    free(subjects->slots);
    free(subjects->by_number);
    *subjects = (struct subjects){0};
}

static size_t home_of(const struct subjects *subjects, int32_t tenant_id, const struct uuid *id)
{
    _Static_assert(crypto_shorthash_KEYBYTES == sizeof(subjects->hash_key), "key of SipHash");
    uint8_t name[sizeof(id->bytes) + sizeof(tenant_id)];
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t home;
    memcpy(name, id->bytes, sizeof(id->bytes));
    memcpy(name + sizeof(id->bytes), &tenant_id, sizeof(tenant_id));
    (void)crypto_shorthash(hash, name, sizeof(name), subjects->hash_key);
    memcpy(&home, hash, sizeof(home));
    return (size_t)home & (subjects->slot_count - 1);
}

static bool is_row(const struct subject *row, int32_t tenant_id, const struct uuid *id)
{
    return row->tenant_id == tenant_id && uuid_equal(&row->id, id);
}

/* The slot of the subject, or the free one where it would go. */
static uint32_t *
find_slot(const struct subjects *subjects, int32_t tenant_id, const struct uuid *id)
{
    size_t mask = subjects->slot_count - 1;
    for (size_t at = home_of(subjects, tenant_id, id);; at = (at + 1) & mask) {
        uint32_t *slot = &subjects->slots[at];
        if (*slot == 0 || is_row(&subjects->rows[*slot - 1], tenant_id, id))
            return slot;
    }
}

static bool grow_slots(struct subjects *subjects)
{
    struct subjects larger = *subjects;
    larger.slot_count = subjects->slot_count != 0 ? 2 * subjects->slot_count : LEAST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < larger.count; i++)
        *find_slot(&larger, larger.rows[i].tenant_id, &larger.rows[i].id) = (uint32_t)i + 1;
    free(subjects->slots);
    *subjects = larger;
    return true;
}

static bool grow_rows(struct subjects *subjects)
{
    size_t capacity = subjects->capacity != 0 ? subjects->capacity * 3 / 2 : LEAST_ROWS;
    struct subject *rows = realloc(subjects->rows, capacity * sizeof(*rows));
    if (rows == NULL)
        return false;
    subjects->rows = rows;
    subjects->capacity = capacity;
    return true;
}

static bool grow_numbers(struct subjects *subjects, size_t wanted)
{
    size_t count = subjects->number_count * 3 / 2;
    count = count > wanted ? count : wanted;
    count = (count + 4095) & ~(size_t)4095;
    uint32_t *grown = realloc(subjects->by_number, count * sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown + subjects->number_count, 0, (count - subjects->number_count) * sizeof(*grown));
    subjects->by_number = grown;
    subjects->number_count = count;
    return true;
}

struct subject *
subjects_add(struct subjects *subjects, int32_t tenant_id, const struct uuid *id, uint32_t number)
{
    CHECK(number < SUBJECTS_MOST);
    if (subjects->count == subjects->capacity && !grow_rows(subjects))
        return NULL;
    if (4 * (subjects->count + 1) > 3 * subjects->slot_count && !grow_slots(subjects))
        return NULL;
    if (number >= subjects->number_count && !grow_numbers(subjects, (size_t)number + 1))
        return NULL;
    uint32_t *slot = find_slot(subjects, tenant_id, id);
    CHECK(*slot == 0 && subjects->by_number[number] == 0);
    struct subject *row = &subjects->rows[subjects->count++];
    *row = (struct subject){
        .id = *id, .tenant_id = tenant_id, .number = number, .state = SUBJECT_ROW_ACTIVE};
    *slot = (uint32_t)subjects->count;
    subjects->by_number[number] = (uint32_t)subjects->count;
    return row;
}

struct subject *
subjects_find(const struct subjects *subjects, int32_t tenant_id, const struct uuid *id)
{
    if (subjects->slot_count == 0)
        return NULL;
    uint32_t slot = *find_slot(subjects, tenant_id, id);
    return slot != 0 ? &subjects->rows[slot - 1] : NULL;
}

struct subject *subjects_of_leaf(const struct subjects *subjects, uint64_t leaf)
{
    uint64_t number = leaf / LEAVES_PER_SUBJECT;
    if (number >= subjects->number_count || subjects->by_number[number] == 0)
        return NULL;
    return &subjects->rows[subjects->by_number[number] - 1];
}

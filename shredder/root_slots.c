// SPDX-License-Identifier: Apache-2.0
#include "shredder/root_slots.h"

#include "shredder/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static const uint8_t magic[8] = {'S', 'H', 'R', 'D', 'R', 'O', 'O', 'T'};

enum {
    VAULT_AT = 8,
    GENERATION_AT = 24,
    KEY_AT = 32,
    CHECKSUM_SIZE = 32,
    CHECKSUM_AT = ROOT_SLOT_SIZE - CHECKSUM_SIZE,
};

static const char *slot_name(int slot)
{
    static const char *const names[ROOT_SLOTS] = {"root.a", "root.b"};
    CHECK(slot >= 0 && slot < ROOT_SLOTS);
    return names[slot];
}

static void checksum(const uint8_t *page, uint8_t out[static CHECKSUM_SIZE])
{
    int failed = crypto_generichash(out, CHECKSUM_SIZE, page, CHECKSUM_AT, NULL, 0);
    CHECK(failed == 0);
}

/* Writes the page over the slot. */
static bool overwrite(const struct root_slots *slots, int slot, struct error *err)
{
    const char *name = slot_name(slot);
    int file = openat(
        slots->directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0)
        return disk_fail(err, "open", name);
    bool ok = disk_write(file, name, slice_of(slots->room->page, ROOT_SLOT_SIZE), 0, err) &&
              disk_sync_data(file, name, err);
    (void)close(file);
    return ok;
}

bool root_slots_create(const struct root_slots *slots, struct error *err)
{
    for (int slot = 0; slot < ROOT_SLOTS; slot++) {
        randombytes_buf(slots->room->page, ROOT_SLOT_SIZE);
        if (!overwrite(slots, slot, err))
            return false;
    }
    return disk_sync(slots->directory, "directory", err);
}

/* What the page says. */
static bool parse(const uint8_t *page, struct root *out)
{
    uint8_t sum[CHECKSUM_SIZE];
    uint64_t generation;
    checksum(page, sum);
    if (memcmp(page, magic, sizeof(magic)) != 0 ||
        sodium_memcmp(sum, page + CHECKSUM_AT, sizeof(sum)) != 0)
        return false;
    memcpy(out->vault.bytes, page + VAULT_AT, sizeof(out->vault.bytes));
    memcpy(&generation, page + GENERATION_AT, sizeof(generation));
    out->generation = __builtin_bswap64(generation);
    memcpy(out->key, page + KEY_AT, sizeof(out->key));
    return true;
}

bool root_slot_read(
    const struct root_slots *slots, int slot, struct root *out, bool *valid, struct error *err)
{
    size_t size = 0; /* of a slot that is missing or too large: no root in it */
    struct error why;
    if (!disk_read(
            slots->directory, slot_name(slot), slots->room->page, ROOT_SLOT_SIZE, &size, &why) &&
        why.kind != ERROR_not_found && why.kind != ERROR_tampered) {
        *err = why;
        return false;
    }
    *valid = size == ROOT_SLOT_SIZE && parse(slots->room->page, out);
    sodium_memzero(slots->room->page, ROOT_SLOT_SIZE);
    return true;
}

bool root_slot_write(
    const struct root_slots *slots, int slot, const struct root *root, struct error *err)
{
    uint8_t *page = slots->room->page;
    uint64_t generation = __builtin_bswap64(root->generation);
    memset(page, 0, ROOT_SLOT_SIZE);
    memcpy(page, magic, sizeof(magic));
    memcpy(page + VAULT_AT, root->vault.bytes, sizeof(root->vault.bytes));
    memcpy(page + GENERATION_AT, &generation, sizeof(generation));
    memcpy(page + KEY_AT, root->key, sizeof(root->key));
    checksum(page, page + CHECKSUM_AT);
    bool ok = overwrite(slots, slot, err);
    sodium_memzero(page, ROOT_SLOT_SIZE);
    return ok;
}

/* Whether the file has the bytes of the page, not only the kernel's copy of it. */
static bool check_written(const struct root_slots *slots, int slot, struct error *err)
{
    const char *name = slot_name(slot);
    uint8_t seen[ROOT_SLOT_SIZE];
    int file = openat(slots->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return disk_fail(err, "open", name);
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    errno = EIO;
    ssize_t got = pread(file, seen, sizeof(seen), 0);
    (void)close(file);
    bool same = got == (ssize_t)sizeof(seen) && memcmp(seen, slots->room->page, sizeof(seen)) == 0;
    sodium_memzero(seen, sizeof(seen));
    return same || disk_fail(err, "read back what was written over the old key", name);
}

bool root_slot_scrub(const struct root_slots *slots, int slot, struct error *err)
{
    randombytes_buf(slots->room->page, ROOT_SLOT_SIZE);
    return overwrite(slots, slot, err) && check_written(slots, slot, err);
}

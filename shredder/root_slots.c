// SPDX-License-Identifier: Apache-2.0
#include "shredder/root_slots.h"

#include "shredder/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    MAGIC_SIZE = 8,
    VAULT_AT = 8,
    GENERATION_AT = 24,
    KEY_AT = 32,
    CHECKSUM_SIZE = 32,
    CHECKSUM_AT = ROOT_SLOT_SIZE - CHECKSUM_SIZE,
};

/* By the number of shares less one: a share is never taken for a root. */
static const char magics[ROOT_MOST_SHARES][MAGIC_SIZE + 1] = {"SHRDROOT", "SHRDHALF"};

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

/* Writes the page over the slot in one directory. */
static bool overwrite(const struct root_slots *slots, size_t share, int slot, struct error *err)
{
    const char *name = slot_name(slot);
    int file = openat(
        slots->directories[share],
        name,
        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
        S_IRUSR | S_IWUSR);
    if (file < 0)
        return disk_fail(err, "open", name);
    bool ok = disk_write(file, name, slice_of(slots->room->page, ROOT_SLOT_SIZE), 0, err) &&
              disk_sync_data(file, name, err);
    (void)close(file);
    return ok;
}

/* ---- reading ---- */

/* What the page says. */
static bool parse(const uint8_t *page, size_t shares, struct root *out)
{
    uint8_t sum[CHECKSUM_SIZE];
    uint64_t generation;
    checksum(page, sum);
    if (memcmp(page, magics[shares - 1], MAGIC_SIZE) != 0 ||
        sodium_memcmp(sum, page + CHECKSUM_AT, sizeof(sum)) != 0)
        return false;
    memcpy(out->vault.bytes, page + VAULT_AT, sizeof(out->vault.bytes));
    memcpy(&generation, page + GENERATION_AT, sizeof(generation));
    out->generation = __builtin_bswap64(generation);
    memcpy(out->key, page + KEY_AT, sizeof(out->key));
    return true;
}

/* A slot that is missing or of another size has no root; the page is what it has. */
static bool
read_page(const struct root_slots *slots, size_t share, int slot, bool *whole, struct error *err)
{
    size_t size = 0;
    struct error why;
    uint8_t *page = slots->room->page;
    if (!disk_read(slots->directories[share], slot_name(slot), page, ROOT_SLOT_SIZE, &size, &why) &&
        why.kind != ERROR_not_found && why.kind != ERROR_tampered) {
        *err = why;
        return false;
    }
    *whole = size == ROOT_SLOT_SIZE;
    if (*whole && memcmp(page, magics[ROOT_MOST_SHARES - slots->shares], MAGIC_SIZE) == 0)
        return error_set(
            err,
            ERROR_invalid,
            slots->shares == 1 ? "the root is split over two directories; remedy: --second DIR"
                               : "the root is not split; remedy: leave out --second");
    return true;
}

/* Adds a share, in the page, to the root. False: it is none, or not of the same root as those before. */
static bool add_share(const struct root_slots *slots, size_t share, struct root *out)
{
    struct root before = *out;
    bool ok = parse(slots->room->page, slots->shares, out);
    if (ok && share > 0) {
        ok = uuid_equal(&out->vault, &before.vault) && out->generation == before.generation;
        for (size_t i = 0; i < ROOT_KEY_SIZE; i++)
            out->key[i] ^= before.key[i];
    }
    sodium_memzero(&before, sizeof(before));
    return ok;
}

bool root_slot_read(
    const struct root_slots *slots, int slot, struct root *out, bool *valid, struct error *err)
{
    bool ok = true;
    bool whole = true;
    for (size_t share = 0; ok && whole && share < slots->shares; share++) {
        ok = read_page(slots, share, slot, &whole, err);
        whole = ok && whole && add_share(slots, share, out);
    }
    sodium_memzero(slots->room->page, ROOT_SLOT_SIZE);
    if (ok)
        *valid = whole;
    return ok;
}

/* ---- writing ---- */

static void fill_page(const struct root_slots *slots, const struct root *root)
{
    uint8_t *page = slots->room->page;
    uint64_t generation = __builtin_bswap64(root->generation);
    memset(page, 0, ROOT_SLOT_SIZE);
    memcpy(page, magics[slots->shares - 1], MAGIC_SIZE);
    memcpy(page + VAULT_AT, root->vault.bytes, sizeof(root->vault.bytes));
    memcpy(page + GENERATION_AT, &generation, sizeof(generation));
}

/* The next share: random, but the last one, which is what is left of the key. */
static void draw_share(const struct root_slots *slots, size_t share)
{
    uint8_t *to = slots->room->page + KEY_AT;
    uint8_t *rest = slots->room->rest;
    if (share + 1 == slots->shares) {
        memcpy(to, rest, ROOT_KEY_SIZE);
        return;
    }
    randombytes_buf(to, ROOT_KEY_SIZE);
    for (size_t i = 0; i < ROOT_KEY_SIZE; i++)
        rest[i] ^= to[i];
}

bool root_slot_write(
    const struct root_slots *slots, int slot, const struct root *root, struct error *err)
{
    struct slot_room *room = slots->room;
    bool ok = true;
    memcpy(room->rest, root->key, ROOT_KEY_SIZE);
    for (size_t share = 0; ok && share < slots->shares; share++) {
        fill_page(slots, root);
        draw_share(slots, share);
        checksum(room->page, room->page + CHECKSUM_AT);
        ok = overwrite(slots, share, slot, err);
    }
    sodium_memzero(room->page, ROOT_SLOT_SIZE);
    sodium_memzero(room->rest, ROOT_KEY_SIZE);
    return ok;
}

/* Whether the file has the bytes of the page, not only the kernel's copy of it. */
static bool check_written(const struct root_slots *slots, size_t share, int slot, struct error *err)
{
    const char *name = slot_name(slot);
    uint8_t seen[ROOT_SLOT_SIZE];
    int file = openat(slots->directories[share], name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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
    bool ok = true;
    for (size_t share = 0; ok && share < slots->shares; share++) {
        randombytes_buf(slots->room->page, ROOT_SLOT_SIZE);
        ok = overwrite(slots, share, slot, err) && check_written(slots, share, slot, err);
    }
    return ok;
}

bool root_slots_create(const struct root_slots *slots, struct error *err)
{
    for (int slot = 0; slot < ROOT_SLOTS; slot++) {
        if (!root_slot_scrub(slots, slot, err))
            return false;
    }
    return root_slots_sync(slots, err);
}

bool root_slots_sync(const struct root_slots *slots, struct error *err)
{
    bool ok = true;
    for (size_t share = 0; ok && share < slots->shares; share++)
        ok = disk_sync(slots->directories[share], "directory", err);
    return ok;
}

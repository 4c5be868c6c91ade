// SPDX-License-Identifier: Apache-2.0
// The ledger checked from outside: by the public key, without the root and while the vault is in use.
#include "shredder/key_vault.h"

#include "base/text.h"
#include "shredder/disk.h"
#include "shredder/tree_file.h"

#include <dirent.h>
#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

/* The oldest generation whose tree file is there; 0: none is. */
static bool oldest_tree(const char *path, uint64_t *oldest, struct error *err)
{
    DIR *entries = opendir(path);
    if (entries == NULL)
        return disk_fail(err, "list", path);
    *oldest = 0;
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        size_t prefix = strlen(TREE_FILE_PREFIX);
        int64_t number;
        if (strncmp(entry->d_name, TREE_FILE_PREFIX, prefix) == 0 &&
            text_parse_i64(slice_of_text(entry->d_name + prefix), &number) && number > 0 &&
            (*oldest == 0 || (uint64_t)number < *oldest))
            *oldest = (uint64_t)number;
    }
    (void)closedir(entries);
    return true;
}

static bool check(int directory, struct ledger_head *head, struct error *err)
{
    uint8_t key[LEDGER_KEY_SIZE];
    size_t size;
    if (!disk_read(directory, SIGNING_KEY_FILE, key, sizeof(key), &size, err))
        return false;
    if (size != sizeof(key))
        return error_set(err, ERROR_tampered, SIGNING_KEY_FILE ": is no key");
    return ledger_check(directory, UINT64_MAX, key, head, err);
}

bool key_vault_verify_ledger(const char *directory, uint64_t *records, struct error *err)
{
    struct ledger_head head;
    uint64_t oldest = 0;
    int opened;
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    if (!disk_open_directory(directory, true, &opened, err))
        return false;
    /* First the tree files: a commit in between adds a record and no older file. */
    bool ok = oldest_tree(directory, &oldest, err) && check(opened, &head, err);
    disk_close(opened);
    if (!ok)
        return false;
    if (head.records < oldest)
        return error_set(
            err,
            ERROR_tampered,
            "ledger: ends with generation %" PRIu64 ", the vault has %" PRIu64 ": it was cut off",
            head.records,
            oldest);
    *records = head.records;
    return true;
}

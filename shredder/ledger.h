// SPDX-License-Identifier: Apache-2.0
// The ledger: what every generation changed. Append-only records, each naming the hash of the one
// before and signed by the vault (Ed25519). It says which leaves were forgotten and for which requests,
// and nothing about persons.
//
//     0  size u32 of the whole record, format 1, kind u8, zero u16      integers big endian
//     8  generation u64, time i64 (microseconds since 1970), first subject never reserved u64, epoch u64
//    40  vault id 16, hash of the record before 32 (zeros for the first)
//    88  number of targets u32, number of requests u32
//    96  targets: tree u16, first leaf u64, depth u8; then request ids 16 each
//        signature 64 over "order-ledger-v1" || BLAKE2b-256 of all before it
//
// Record number n is of generation n.
#ifndef SHREDDER_LEDGER_H
#define SHREDDER_LEDGER_H

#include "base/error.h"
#include "base/uuid.h"
#include "shredder/tree.h"

enum {
    LEDGER_HASH_SIZE = 32,
    LEDGER_KEY_SIZE = 32,         /* public */
    LEDGER_SIGNING_KEY_SIZE = 64, /* secret */
    LEDGER_SIGNATURE_SIZE = 64,
    LEDGER_MOST_TARGETS = 65536, /* in one record, and as many requests */
};

#define LEDGER_FILE "ledger"
#define SIGNING_KEY_FILE "signing.pub" /* LEDGER_KEY_SIZE bytes */

/* X(name, number, word) */
#define LEDGER_KINDS(X) \
    X(INIT, 1, "init") \
    X(RESERVE, 2, "reserve") \
    X(ERASE, 3, "erase") \
    X(EPOCH, 4, "epoch") \
    X(ROTATE, 5, "rotate") /* a fresh root; also when holders change */

enum ledger_kind {
#define X(name, number, word) LEDGER_##name = number,
    LEDGER_KINDS(X)
#undef X
};

struct vault_target {
    uint16_t tree;
    struct tree_target target;
};

struct ledger_record {
    enum ledger_kind kind;
    struct uuid vault;
    uint64_t generation;
    int64_t at_us;
    uint64_t reserved; /* after this step, as is the epoch */
    uint64_t epoch;
    const struct vault_target *targets;
    size_t target_count;
    const struct uuid *requests;
    size_t request_count;
};

/* Where a ledger ends. All zero: an empty one. */
struct ledger_head {
    uint64_t records; /* also the generation of the last one */
    uint64_t size;    /* bytes */
    uint8_t hash[LEDGER_HASH_SIZE];
};

size_t ledger_record_size(const struct ledger_record *record);

/* Appends the record's bytes, chained to `head` and signed. */
void ledger_write(
    const struct ledger_record *record,
    const struct ledger_head *head,
    const uint8_t signing_key[static LEDGER_SIGNING_KEY_SIZE],
    struct writer *out);

/* Moves the head behind the record. ERROR_tampered: it does not continue the chain, or the signature is
 * wrong; public_key NULL: the signature is not checked, because something else vouches for the chain. */
MUST_USE bool ledger_follow(
    struct ledger_head *head, struct slice record, const uint8_t *public_key, struct error *err);

/* Walks the ledger of a directory from its beginning to byte `end` (UINT64_MAX: all of it). */
MUST_USE bool ledger_check(
    int directory,
    uint64_t end,
    const uint8_t *public_key,
    struct ledger_head *out,
    struct error *err);

/* Makes the ledger end with `record` right behind `before`, durable; it may be there already, whole or
 * in part. ERROR_tampered: it ends earlier or goes on. */
MUST_USE bool ledger_settle(
    int directory, const struct ledger_head *before, struct slice record, struct error *err);

/* Makes bytes `from` to `end` of the copy the same as in the ledger, and the copy end there. */
MUST_USE bool
ledger_copy(int directory, int copy_directory, uint64_t from, uint64_t end, struct error *err);

#endif

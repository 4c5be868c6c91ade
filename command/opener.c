// SPDX-License-Identifier: Apache-2.0
#include "command/opener.h"

#include "aggregate/load.h"
#include "command/answer.h"
#include "wire/scan.h"

#include "base/banned.h"

enum { SENDERS = OPENER_SETS * OPENER_WAYS };

static_assert(
    OPENER_EPOCHS * sizeof(struct opener_epoch) + SENDERS * sizeof(struct opener_sender) + 64 <=
        OPENER_MEMORY,
    "what is taken from the slab");

bool opener_init(struct opener *opener, struct slab *slab)
{
    *opener = (struct opener){
        .epochs = slab_take(slab, OPENER_EPOCHS * sizeof(struct opener_epoch)),
        .senders = slab_take(slab, SENDERS * sizeof(struct opener_sender))};
    return opener->epochs != NULL && opener->senders != NULL;
}

void opener_forget(struct opener *opener)
{
    sodium_memzero(opener->epochs, OPENER_EPOCHS * sizeof(*opener->epochs));
    sodium_memzero(opener->senders, SENDERS * sizeof(*opener->senders));
}

void opener_drop_epoch(struct opener *opener, int64_t epoch)
{
    for (size_t i = 0; i < OPENER_EPOCHS; i++) {
        if (opener->epochs[i].known && opener->epochs[i].number == epoch)
            sodium_memzero(&opener->epochs[i], sizeof(opener->epochs[i]));
    }
    for (size_t i = 0; i < SENDERS; i++) {
        if (opener->senders[i].known && opener->senders[i].epoch == epoch)
            sodium_memzero(&opener->senders[i], sizeof(opener->senders[i]));
    }
}

static struct opener_epoch *find_epoch(const struct opener *opener, int64_t number)
{
    for (size_t i = 0; i < OPENER_EPOCHS; i++) {
        if (opener->epochs[i].known && opener->epochs[i].number == number)
            return &opener->epochs[i];
    }
    return NULL;
}

bool opener_knows_epoch(const struct opener *opener, int64_t epoch)
{
    return find_epoch(opener, epoch) != NULL;
}

void opener_learn_epoch(
    struct opener *opener, int64_t epoch, const uint8_t seed[static crypto_box_SEEDBYTES])
{
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    struct opener_epoch *room = &opener->epochs[0];
    opener_drop_epoch(opener, epoch);
    for (size_t i = 1; i < OPENER_EPOCHS; i++) {
        if (opener->epochs[i].used < room->used)
            room = &opener->epochs[i];
    }
    if (room->known)
        opener_drop_epoch(opener, room->number);
    room->known = true;
    room->number = epoch;
    room->used = ++opener->uses;
    epoch_key_pair(seed, public_key, room->secret);
}

/* The place of a sender, or the one in its set that was not used for longest. The first bytes of a
 * key are the sender's choice: whoever fills a set on purpose costs us computing, nothing else. */
static struct opener_sender *
find_sender(struct opener *opener, int64_t epoch, const uint8_t *public_key)
{
    size_t set = (public_key[0] ^ public_key[7] ^ (size_t)epoch) % OPENER_SETS;
    struct opener_sender *ways = &opener->senders[set * OPENER_WAYS];
    struct opener_sender *oldest = ways;
    for (size_t i = 0; i < OPENER_WAYS; i++) {
        struct opener_sender *way = &ways[i];
        if (way->known && way->epoch == epoch &&
            memcmp(way->public_key, public_key, sizeof(way->public_key)) == 0)
            return way;
        if (way->used < oldest->used)
            oldest = way;
    }
    return oldest;
}

/* The key that the sender and the epoch share; NULL: no key can be shared with that sender. */
static const uint8_t *
shared_key(struct opener *opener, int64_t epoch_number, const uint8_t *public_key)
{
    struct opener_epoch *epoch = find_epoch(opener, epoch_number);
    CHECK(epoch != NULL);
    epoch->used = ++opener->uses;
    struct opener_sender *sender = find_sender(opener, epoch_number, public_key);
    bool known = sender->known && sender->epoch == epoch_number &&
                 memcmp(sender->public_key, public_key, sizeof(sender->public_key)) == 0;
    if (!known) {
        sodium_memzero(sender, sizeof(*sender));
        if (!epoch_shared_key(public_key, epoch->secret, sender->shared))
            return NULL;
        memcpy(sender->public_key, public_key, sizeof(sender->public_key));
        sender->epoch = epoch_number;
        sender->known = true;
        opener->agreed++;
    }
    sender->used = ++opener->uses;
    return sender->shared;
}

static void refuse(struct item *item, struct answer answer)
{
    item->answer = answer;
    item->state = ITEM_ANSWERED;
}

/* To the bytes in the box, or false. */
static bool
open_bytes(struct opener *opener, const struct item *item, struct arena *plain, struct slice *out)
{
    const struct sealed_box *sealed = &item->sealed;
    if (sealed->box.size < EPOCH_BOX_OVERHEAD)
        return false;
    const uint8_t *key = shared_key(opener, sealed->epoch, sealed->sender.data);
    uint8_t *room = arena_take_raw(plain, sealed->box.size - EPOCH_BOX_OUTSIDE);
    CHECK(room != NULL); /* a batch takes boxes for a part of the arena only */
    return key != NULL && epoch_box_open(key, &item->envelope.id, sealed->box, room, out);
}

void opener_open(struct opener *opener, struct item *item, struct arena *plain)
{
    const struct message *message = command_descriptions[item->command.type].message;
    struct slice bytes;
    struct wire_fault fault;
    CHECK(item->box == ITEM_BOX_CLOSED);
    if (!open_bytes(opener, item, plain, &bytes)) {
        refuse(item, answer_malformed(REJECTION_sealed_box, "sealed", NULL));
        return;
    }
    if (!wire_scan(bytes, &wire_command_limits, &fault) ||
        !wire_decode(message, WIRE_CONTRACT_PERSONAL, bytes, plain, item->body, &fault)) {
        refuse(item, answer_fault(&fault));
        return;
    }
    item->box = ITEM_BOX_OPEN;
    item->classes = aggregate_classes(&item->command);
}

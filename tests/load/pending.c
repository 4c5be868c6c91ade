// SPDX-License-Identifier: Apache-2.0
#include "load/pending.h"

#include <stdlib.h>

#include "base/banned.h"

bool pending_init(struct pending *pending, size_t window, struct error *err)
{
    CHECK(window <= PENDING_MOST);
    size_t remembered = 1024;
    while (remembered < window * 4)
        remembered *= 2;
    *pending = (struct pending){
        .slots = calloc(window, sizeof(*pending->slots)),
        .answered = calloc(remembered, sizeof(*pending->answered)),
        .answered_mask = remembered - 1,
        .blocks = calloc(window, sizeof(*pending->blocks)),
        .slot_count = window,
        .free = PENDING_NONE,
        .oldest = PENDING_NONE,
        .newest = PENDING_NONE};
    if (pending->slots == NULL || pending->answered == NULL || pending->blocks == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    return pending_index_init(pending, err);
}

void pending_release(struct pending *pending)
{
    for (struct pending_command *one = pending_oldest(pending); one != NULL;
         one = pending_newer(pending, one))
        free(one->bytes);
    for (size_t i = 0; i < pending->block_count; i++)
        free(pending->blocks[i]);
    free(pending->slots);
    free(pending->answered);
    free(pending->blocks);
    free(pending->by_id.entries);
    *pending = (struct pending){.oldest = PENDING_NONE};
}

static int32_t index_of(const struct pending *pending, const struct pending_command *command)
{
    return (int32_t)(command - pending->slots);
}

static struct pending_command *at_index(struct pending *pending, int32_t at)
{
    return at == PENDING_NONE ? NULL : &pending->slots[at];
}

static void append(struct pending *pending, struct pending_command *command)
{
    int32_t at = index_of(pending, command);
    command->older = pending->newest;
    command->newer = PENDING_NONE;
    if (pending->newest != PENDING_NONE)
        pending->slots[pending->newest].newer = at;
    else
        pending->oldest = at;
    pending->newest = at;
}

static void unlink_command(struct pending *pending, const struct pending_command *command)
{
    if (command->older != PENDING_NONE)
        pending->slots[command->older].newer = command->newer;
    else
        pending->oldest = command->newer;
    if (command->newer != PENDING_NONE)
        pending->slots[command->newer].older = command->older;
    else
        pending->newest = command->older;
}

static struct pending_command *take_slot(struct pending *pending)
{
    struct pending_command *slot = at_index(pending, pending->free);
    if (slot != NULL) {
        pending->free = slot->newer;
        return slot;
    }
    CHECK(pending->used < pending->slot_count);
    return &pending->slots[pending->used++];
}

static uint8_t *take_bytes(struct pending *pending, size_t size)
{
    if (size > PENDING_BLOCK_SIZE)
        return malloc(size);
    if (pending->block_count != 0)
        return pending->blocks[--pending->block_count];
    return malloc(PENDING_BLOCK_SIZE);
}

static void give_bytes(struct pending *pending, const struct pending_command *command)
{
    if (command->size > PENDING_BLOCK_SIZE)
        free(command->bytes);
    else
        pending->blocks[pending->block_count++] = command->bytes;
}

bool pending_add(
    struct pending *pending,
    const struct outgoing *command,
    struct slice bytes,
    struct pending_command **out,
    struct error *err)
{
    uint8_t *copy = take_bytes(pending, bytes.size);
    if (copy == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    memcpy(copy, bytes.data, bytes.size);
    struct pending_command *added = take_slot(pending);
    *added = (struct pending_command){
        .id = command->command_id,
        .stream_id = command->stream_id,
        .bytes = copy,
        .size = bytes.size,
        .expected = command->expected,
        .times_sent = 1,
        .type = (uint8_t)command->type};
    append(pending, added);
    pending->waiting_count++;
    pending->waiting_bytes += bytes.size;
    pending_index_add(pending, index_of(pending, added));
    *out = added;
    return true;
}

struct pending_command *pending_find(struct pending *pending, const struct uuid *id)
{
    return at_index(pending, pending_index_find(pending, id));
}

void pending_answer(struct pending *pending, struct pending_command *command)
{
    uint64_t hash = pending_hash(&command->id);
    pending->answered[hash & pending->answered_mask] = hash;
    pending_index_remove(pending, index_of(pending, command));
    unlink_command(pending, command);
    give_bytes(pending, command);
    pending->waiting_count--;
    pending->waiting_bytes -= command->size;
    command->newer = pending->free;
    pending->free = index_of(pending, command);
}

bool pending_was_answered(const struct pending *pending, const struct uuid *id)
{
    uint64_t hash = pending_hash(id);
    return pending->answered[hash & pending->answered_mask] == hash;
}

struct pending_command *pending_oldest(struct pending *pending)
{
    return at_index(pending, pending->oldest);
}

struct pending_command *
pending_newer(struct pending *pending, const struct pending_command *command)
{
    return at_index(pending, command->newer);
}

void pending_sent_again(struct pending *pending, struct pending_command *command)
{
    command->times_sent++;
    unlink_command(pending, command);
    append(pending, command);
}

// SPDX-License-Identifier: Apache-2.0
#include "load/pending.h"

#include <stdlib.h>

#include "base/banned.h"

bool pending_init(struct pending *pending, size_t window, struct error *err)
{
    /* As many again for those answered lately. */
    size_t slot_count = window * 2;
    CHECK(slot_count <= PENDING_MOST_SLOTS);
    *pending = (struct pending){
        .slots = calloc(slot_count, sizeof(*pending->slots)),
        .blocks = calloc(slot_count, sizeof(*pending->blocks)),
        .slot_count = slot_count,
        .waiting = {PENDING_NONE, PENDING_NONE},
        .answered = {PENDING_NONE, PENDING_NONE}};
    if (pending->slots == NULL || pending->blocks == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    return pending_index_init(pending, err);
}

void pending_release(struct pending *pending)
{
    for (size_t i = 0; i < pending->used; i++)
        free(pending->slots[i].bytes);
    for (size_t i = 0; i < pending->block_count; i++)
        free(pending->blocks[i]);
    free(pending->slots);
    free(pending->blocks);
    free(pending->by_id.entries);
    *pending = (struct pending){0};
}

static int32_t index_of(const struct pending *pending, const struct pending_command *command)
{
    return (int32_t)(command - pending->slots);
}

static struct pending_command *at_index(struct pending *pending, int32_t at)
{
    return at == PENDING_NONE ? NULL : &pending->slots[at];
}

static void
list_append(struct pending *pending, struct pending_list *list, struct pending_command *command)
{
    int32_t at = index_of(pending, command);
    command->older = list->newest;
    command->newer = PENDING_NONE;
    if (list->newest != PENDING_NONE)
        pending->slots[list->newest].newer = at;
    else
        list->oldest = at;
    list->newest = at;
}

static void
list_remove(struct pending *pending, struct pending_list *list, struct pending_command *command)
{
    if (command->older != PENDING_NONE)
        pending->slots[command->older].newer = command->newer;
    else
        list->oldest = command->newer;
    if (command->newer != PENDING_NONE)
        pending->slots[command->newer].older = command->older;
    else
        list->newest = command->older;
}

/* A slot never used, else that of the command answered longest ago. */
static struct pending_command *take_slot(struct pending *pending)
{
    if (pending->used < pending->slot_count)
        return &pending->slots[pending->used++];
    CHECK(pending->answered.oldest != PENDING_NONE);
    struct pending_command *command = &pending->slots[pending->answered.oldest];
    list_remove(pending, &pending->answered, command);
    pending_index_remove(pending, index_of(pending, command));
    return command;
}

/* Room for a message; the block used last, because the caches still have it. */
static uint8_t *take_bytes(struct pending *pending, size_t size)
{
    if (size > PENDING_BLOCK_SIZE)
        return malloc(size);
    if (pending->block_count != 0)
        return pending->blocks[--pending->block_count];
    return malloc(PENDING_BLOCK_SIZE);
}

static void give_bytes(struct pending *pending, struct pending_command *command)
{
    if (command->size > PENDING_BLOCK_SIZE)
        free(command->bytes);
    else
        pending->blocks[pending->block_count++] = command->bytes;
    command->bytes = NULL;
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
    list_append(pending, &pending->waiting, added);
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
    CHECK(!command->answered);
    list_remove(pending, &pending->waiting, command);
    list_append(pending, &pending->answered, command);
    pending->waiting_count--;
    pending->waiting_bytes -= command->size;
    command->answered = true;
    give_bytes(pending, command);
}

struct pending_command *pending_oldest(struct pending *pending)
{
    return at_index(pending, pending->waiting.oldest);
}

struct pending_command *
pending_newer(struct pending *pending, const struct pending_command *command)
{
    return at_index(pending, command->newer);
}

void pending_sent_again(struct pending *pending, struct pending_command *command)
{
    command->times_sent++;
    list_remove(pending, &pending->waiting, command);
    list_append(pending, &pending->waiting, command);
}

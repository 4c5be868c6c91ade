// SPDX-License-Identifier: Apache-2.0
#include "load/disorder.h"

#include "load/generate_parts.h"
#include "load/map16.h"
#include "wire/codec.h"

#include <stdlib.h>

#include "base/banned.h"

enum { MOST_MESSAGE = 512 * 1024, FIRST_ROOM = 256 };

struct held {
    struct outgoing command; /* never a body: its bytes and the personal part lie in `copy` */
    uint8_t *copy;           /* owned */
    int64_t due;             /* goes out before the command of this number is taken */
    int64_t number;          /* of commands that are due together, the lower one goes first */
};

struct disorder {
    struct disorder_options options;
    struct command_source rest;
    uint64_t random;
    int64_t taken; /* of the source */
    int64_t made;  /* copies count too */
    bool ended;
    struct held *held; /* owned, in no order */
    size_t held_count;
    size_t held_room;
    struct held given;     /* the command given out last */
    struct map16 shuffled; /* streams of which commands have changed places */
    uint8_t scratch[MOST_MESSAGE];
};

bool disorder_open(
    struct disorder **out,
    const struct disorder_options *options,
    struct command_source rest,
    struct error *err)
{
    struct disorder *disorder = calloc(1, sizeof(*disorder));
    if (disorder == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    disorder->options = *options;
    disorder->rest = rest;
    disorder->random = (uint64_t)options->seed;
    if (!map16_init(&disorder->shuffled, 0, err)) {
        free(disorder);
        return false;
    }
    *out = disorder;
    return true;
}

void disorder_close(struct disorder *disorder)
{
    if (disorder == NULL)
        return;
    for (size_t i = 0; i < disorder->held_count; i++)
        free(disorder->held[i].copy);
    free(disorder->held);
    free(disorder->given.copy);
    map16_release(&disorder->shuffled);
    free(disorder);
}

/* ---- what is held back ---- */

static bool make_room(struct disorder *disorder, struct error *err)
{
    if (disorder->held_count < disorder->held_room)
        return true;
    size_t room = disorder->held_room == 0 ? FIRST_ROOM : disorder->held_room * 2;
    struct held *larger = realloc(disorder->held, room * sizeof(*larger));
    if (larger == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    disorder->held = larger;
    disorder->held_room = room;
    return true;
}

/* The message without its personal part, encoded. */
static bool encode(
    struct disorder *disorder,
    const struct outgoing *command,
    struct slice *out_bytes,
    struct error *err)
{
    struct writer writer = writer_over(disorder->scratch, sizeof(disorder->scratch));
    if (command->body == NULL) {
        *out_bytes = command->bytes;
        return true;
    }
    wire_encode(command_descriptions[command->type].message, WIRE_CONTRACT, command->body, &writer);
    if (writer.overflow)
        return error_set(err, ERROR_invalid, "a command is larger than %d bytes", MOST_MESSAGE);
    *out_bytes = writer_slice(&writer);
    return true;
}

/* Keeps a copy of the command until it is due. */
static bool
hold(struct disorder *disorder, const struct outgoing *command, int64_t due, struct error *err)
{
    struct slice bytes = {0};
    if (!make_room(disorder, err) || !encode(disorder, command, &bytes, err))
        return false;
    size_t size = bytes.size + command->personal.size;
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    if (command->personal.size != 0)
        memcpy(copy + bytes.size, command->personal.data, command->personal.size);
    struct held *held = &disorder->held[disorder->held_count++];
    *held =
        (struct held){.command = *command, .copy = copy, .due = due, .number = disorder->made++};
    held->command.body = NULL;
    held->command.bytes = slice_of(copy, bytes.size);
    held->command.personal = slice_of(copy + bytes.size, command->personal.size);
    return true;
}

/* ---- what is still known ---- */

/* Commands of the same stream that were to go out before this one and now go out after it. */
static bool overtakes(struct disorder *disorder, const struct outgoing *command, int64_t due)
{
    bool any = false;
    for (size_t i = 0; i < disorder->held_count; i++) {
        struct held *held = &disorder->held[i];
        if (held->command.again || held->due <= due ||
            !uuid_equal(&held->command.stream_id, &command->stream_id))
            continue;
        held->command.expected = COMMAND_ANY_OUTCOME;
        any = true;
    }
    return any;
}

static bool
expect(struct disorder *disorder, struct outgoing *command, int64_t due, struct error *err)
{
    struct map16_key key;
    uint32_t value;
    memcpy(key.bytes, command->stream_id.bytes, sizeof(key.bytes));
    if (overtakes(disorder, command, due) && !map16_put(&disorder->shuffled, &key, 1, err))
        return false;
    if (map16_find(&disorder->shuffled, &key, &value))
        command->expected = COMMAND_ANY_OUTCOME;
    return true;
}

/* ---- one after the other ---- */

static bool take(struct disorder *disorder, struct error *err)
{
    struct outgoing command;
    bool more;
    if (!disorder->rest.next(disorder->rest.state, &command, &more, err))
        return false;
    if (!more) {
        disorder->ended = true;
        return true;
    }
    int64_t due = disorder->taken++ + draw_below(&disorder->random, disorder->options.window);
    if (!expect(disorder, &command, due, err) || !hold(disorder, &command, due, err))
        return false;
    if (draw_below(&disorder->random, 100) >= disorder->options.duplicate)
        return true;
    command.again = true;
    due += 1 + draw_below(&disorder->random, DISORDER_AGAIN_WITHIN);
    return hold(disorder, &command, due, err);
}

/* Which one goes first of all that are held. */
static size_t first_of(const struct disorder *disorder)
{
    size_t first = 0;
    for (size_t i = 1; i < disorder->held_count; i++) {
        const struct held *one = &disorder->held[i];
        const struct held *best = &disorder->held[first];
        if (one->due < best->due || (one->due == best->due && one->number < best->number))
            first = i;
    }
    return first;
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    struct disorder *disorder = state;
    size_t first = first_of(disorder);
    while (!disorder->ended &&
           (disorder->held_count == 0 || disorder->held[first].due > disorder->taken)) {
        if (!take(disorder, err))
            return false;
        first = first_of(disorder);
    }
    *out_more = disorder->held_count != 0;
    if (!*out_more)
        return true;
    free(disorder->given.copy);
    disorder->given = disorder->held[first];
    disorder->held[first] = disorder->held[--disorder->held_count];
    *out = disorder->given.command;
    return true;
}

struct command_source disorder_source(struct disorder *disorder)
{
    return (struct command_source){.next = next, .state = disorder};
}

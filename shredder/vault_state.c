// SPDX-License-Identifier: Apache-2.0
#include "shredder/vault_state.h"

#include "base/banned.h"

enum {
    FORMAT = 1,
    FIXED_SIZE = 1 + 8 + 8 + LEDGER_SIGNING_KEY_SIZE + 8 + 8 + LEDGER_HASH_SIZE + 4 + 1,
};

size_t vault_state_size(const struct vault_state *state, const struct covers *covers)
{
    size_t size = FIXED_SIZE + state->record.size + covers_save_size(covers);
    for (size_t i = 0; i < state->pin_count; i++)
        size += HOLDER_KEY_SIZE + 1 + strlen(state->pins[i].path);
    return size;
}

void vault_state_write(
    const struct vault_state *state, const struct covers *covers, struct writer *out)
{
    writer_byte(out, FORMAT);
    writer_u64(out, state->reserved);
    writer_u64(out, state->epoch);
    writer_bytes(out, state->signing_key, LEDGER_SIGNING_KEY_SIZE);
    writer_u64(out, state->ledger.records);
    writer_u64(out, state->ledger.size);
    writer_bytes(out, state->ledger.hash, LEDGER_HASH_SIZE);
    writer_u32(out, (uint32_t)state->record.size);
    writer_bytes(out, state->record.data, state->record.size);
    writer_byte(out, (uint8_t)state->pin_count);
    for (size_t i = 0; i < state->pin_count; i++) {
        size_t length = strlen(state->pins[i].path);
        CHECK(length < HOLDER_PATH_SIZE);
        writer_bytes(out, state->pins[i].key, HOLDER_KEY_SIZE);
        writer_byte(out, (uint8_t)length);
        writer_bytes(out, state->pins[i].path, length);
    }
    covers_save(covers, out);
}

/* Copies bytes that must be there; zeros when they are not, which short_of then says. */
static void take(struct frame_reader *in, void *out, size_t size)
{
    struct slice bytes = frame_bytes(in, size);
    if (bytes.data != NULL)
        memcpy(out, bytes.data, size);
}

static void read_pins(struct frame_reader *in, struct vault_state *state)
{
    state->pin_count = frame_u8(in);
    if (state->pin_count > VAULT_MOST_HOLDERS) {
        in->short_of = true;
        return;
    }
    for (size_t i = 0; i < state->pin_count; i++) {
        struct holder_pin *pin = &state->pins[i];
        *pin = (struct holder_pin){0};
        take(in, pin->key, HOLDER_KEY_SIZE);
        take(in, pin->path, frame_u8(in));
    }
}

bool vault_state_read(
    struct slice bytes, struct vault_state *state, struct covers *covers, struct error *err)
{
    struct frame_reader in = {.rest = bytes};
    uint8_t format = frame_u8(&in);
    state->reserved = frame_u64(&in);
    state->epoch = frame_u64(&in);
    take(&in, state->signing_key, LEDGER_SIGNING_KEY_SIZE);
    state->ledger.records = frame_u64(&in);
    state->ledger.size = frame_u64(&in);
    take(&in, state->ledger.hash, LEDGER_HASH_SIZE);
    state->record = frame_bytes(&in, frame_u32(&in));
    read_pins(&in, state);
    if (format != FORMAT || in.short_of)
        return error_set(err, ERROR_tampered, "the tree file is of another format");
    if (!covers_load(covers, &in, err))
        return false;
    if (in.short_of || in.rest.size != 0)
        return error_set(err, ERROR_tampered, "the tree file goes on behind its covers");
    return true;
}

// SPDX-License-Identifier: Apache-2.0
#include "wire/pack.h"

#include <msgpack/pack.h>

#include "base/banned.h"

/* An overflow stays in the writer; telling the packer as well ends a value early. */
static int write_bytes(void *data, const char *bytes, size_t size)
{
    struct writer *out = data;
    writer_bytes(out, bytes, size);
    return out->overflow ? -1 : 0;
}

static msgpack_packer packer_for(struct writer *out)
{
    return (msgpack_packer){.data = out, .callback = write_bytes};
}

void pack_array(struct writer *out, size_t count)
{
    msgpack_packer packer = packer_for(out);
    (void)msgpack_pack_array(&packer, count);
}

void pack_map(struct writer *out, size_t count)
{
    msgpack_packer packer = packer_for(out);
    (void)msgpack_pack_map(&packer, count);
}

void pack_nil(struct writer *out)
{
    msgpack_packer packer = packer_for(out);
    (void)msgpack_pack_nil(&packer);
}

void pack_bool(struct writer *out, bool value)
{
    msgpack_packer packer = packer_for(out);
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void pack_int(struct writer *out, int64_t value)
{
    msgpack_packer packer = packer_for(out);
    (void)msgpack_pack_int64(&packer, value);
}

void pack_text(struct writer *out, struct slice text)
{
    msgpack_packer packer = packer_for(out);
    CHECK(text.size <= UINT32_MAX);
    (void)msgpack_pack_str(&packer, text.size);
    writer_bytes(out, text.data, text.size);
}

void pack_binary(struct writer *out, struct slice bytes)
{
    msgpack_packer packer = packer_for(out);
    CHECK(bytes.size <= UINT32_MAX);
    (void)msgpack_pack_bin(&packer, bytes.size);
    writer_bytes(out, bytes.data, bytes.size);
}

uint8_t *pack_binary_room(struct writer *out, size_t size)
{
    msgpack_packer packer = packer_for(out);
    CHECK(size > 0 && size <= UINT32_MAX);
    (void)msgpack_pack_bin(&packer, size);
    return writer_reserve(out, size);
}

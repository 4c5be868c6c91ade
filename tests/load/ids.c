// SPDX-License-Identifier: Apache-2.0
#include "load/ids.h"

#include <stdio.h>

#include "base/banned.h"

enum { MOST_RUN_ID = 32, NAME_SIZE = 256 };

bool run_identity_init(struct run_identity *identity, const struct uuid *tenant, const char *run_id)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (strlen(run_id) > MOST_RUN_ID || strspn(run_id, allowed) != strlen(run_id))
        return false;
    *identity = (struct run_identity){.tenant = *tenant, .run_id = run_id};
    (void)snprintf(
        identity->location,
        sizeof(identity->location),
        "main%s%s",
        run_id[0] != '\0' ? "-" : "",
        run_id);
    return true;
}

static void part(struct writer *out, struct slice bytes)
{
    writer_u32(out, (uint32_t)bytes.size);
    writer_bytes(out, bytes.data, bytes.size);
}

struct uuid run_scoped_id(const struct run_identity *identity, const char *kind, struct slice name)
{
    uint8_t bytes[NAME_SIZE];
    struct writer out = writer_over(bytes, sizeof(bytes));
    part(&out, slice_of_text(identity->run_id));
    part(&out, slice_of_text(kind));
    part(&out, name);
    CHECK(!out.overflow);
    return uuid_v5(&identity->tenant, writer_slice(&out));
}

struct uuid shared_id(const struct run_identity *identity, const char *kind, struct slice name)
{
    uint8_t bytes[NAME_SIZE];
    struct writer out = writer_over(bytes, sizeof(bytes));
    part(&out, slice_of_text(kind));
    part(&out, name);
    CHECK(!out.overflow);
    return uuid_v5(&identity->tenant, writer_slice(&out));
}

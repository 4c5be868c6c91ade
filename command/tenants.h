// SPDX-License-Identifier: Apache-2.0
// Whose commands are taken: tenants with their settings, and producers with the tenants they may send
// for. From a file (docs/tenants.md), or one tenant from the options of the program and no producers.
#ifndef COMMAND_TENANTS_H
#define COMMAND_TENANTS_H

#include "base/error.h"
#include "command/bucket.h"
#include "command/secret.h"
#include "domain/aggregates.h"

enum {
    TENANTS_MOST = 256,
    PRODUCERS_MOST = 256,
    PRODUCER_TENANTS_MOST = 16,
    TENANT_NAME_SIZE = 41, /* with its NUL */
    TENANT_TEXT_SIZE = 200,
};

/* What a duration has to be, when it is none. */
#define TENANTS_DURATION_TEXT "must be a number with s, m, h or d behind it, up to ten years"

struct tenant {
    char name[TENANT_NAME_SIZE]; /* as store.tenants has it */
    int32_t number;              /* of the store; 0: not looked up yet */
    struct tenant_settings settings;
    char currencies[TENANT_TEXT_SIZE]; /* what the settings point at */
    char region[TENANT_TEXT_SIZE];     /* where its customers are; "": anywhere */
    int64_t rate;                      /* commands per second; 0: no limit */
    struct bucket bucket;
};

/* Somebody who sends commands. */
struct sending_party {
    char name[TENANT_NAME_SIZE];
    struct tenant *tenants[PRODUCER_TENANTS_MOST];
    size_t tenant_count;
    char key_file[TENANT_TEXT_SIZE];
    const uint8_t *key; /* SECRET_SIZE bytes in guarded memory */
    bool erases;        /* may confirm erasures */
};

struct tenants {
    struct tenant rows[TENANTS_MOST];
    size_t count;
    bool has_producers; /* then every record is to be signed */
    struct sending_party producers[PRODUCERS_MOST];
    size_t producer_count;
    uint8_t *keys; /* of all producers */
};

/* Reads a file and the keys it names; a key file's path is relative to the folder of the file.
 * ERROR_invalid names file and line. To be freed by tenants_close. */
MUST_USE bool tenants_read(const char *path, struct tenants **out, struct error *err);

/* One tenant with the usual settings and no producers: nothing has to be signed. Its settings may be
 * changed until they are used. */
MUST_USE bool tenants_alone(const char *name, struct tenants **out, struct error *err);

void tenants_close(struct tenants *tenants);

/* NULL: there is none of this name. */
struct tenant *tenants_find(struct tenants *tenants, struct slice name);
const struct sending_party *tenants_find_producer(const struct tenants *tenants, struct slice name);

bool producer_serves(const struct sending_party *producer, const struct tenant *tenant);

/* ---- values of settings, also for the options of the program ---- */

/* "half-even" or "half-up". */
MUST_USE bool tenants_read_rounding(struct slice text, enum rounding *out);

/* "*", or known ISO 4217 codes with commas between; the first bad one is named. */
MUST_USE bool tenants_check_currencies(const char *text, struct error *err);

/* "30d", "15m", "10s": to microseconds, at least a second. */
MUST_USE bool tenants_read_duration(const char *text, int64_t *out, struct error *err);

#endif

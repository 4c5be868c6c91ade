// SPDX-License-Identifier: Apache-2.0
// `order-shredder erase`: asks the broker and waits for what it says.
#include "base/clock.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "shredder/client.h"
#include "shredder/erase_request.h"
#include "shredder/shredder.h"
#include "shredder/subjects.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    LINE_SIZE = 80,
    SUBJECTS_PER_FRAME = 4000,
    FRAME_BODY = 2 * 16 + 2 + 2 + SUBJECTS_PER_FRAME * 16,
};

struct erasing {
    struct erase_request request;
    size_t capacity;
    enum erase_state wanted;
    bool no_wait;
    enum erase_state state; /* as told last */
    bool told;
    uint64_t generation;
    uint32_t holders;
    uint32_t holders_of;
    uint16_t wiped;
    uint16_t expired;
};

/* ---- what is asked for ---- */

static bool add_subject(struct erasing *erasing, struct slice text, struct error *err)
{
    struct erase_request *request = &erasing->request;
    struct uuid subject;
    if (!uuid_parse(text, &subject))
        return error_set(
            err, ERROR_invalid, "'%.*s' is no subject: ids are UUIDs", (int)text.size, text.data);
    if (request->count == ERASE_MOST_SUBJECTS)
        return error_set(err, ERROR_invalid, "at most %d subjects at once", ERASE_MOST_SUBJECTS);
    if (request->count == erasing->capacity) {
        size_t capacity = erasing->capacity != 0 ? 2 * erasing->capacity : 64;
        struct uuid *grown = realloc(request->subjects, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_set(err, ERROR_fatal, "out of memory");
        request->subjects = grown;
        erasing->capacity = capacity;
    }
    request->subjects[request->count++] = subject;
    return true;
}

/* One id a line. */
static bool read_subjects(struct erasing *erasing, struct error *err)
{
    char line[LINE_SIZE];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t length = strcspn(line, "\r\n");
        if (length != 0 && !add_subject(erasing, slice_of(line, length), err))
            return false;
    }
    return true;
}

static bool take_subjects(struct erasing *erasing, int count, char **words, struct error *err)
{
    if (count == 1 && strcmp(words[0], "-") == 0)
        return read_subjects(erasing, err) &&
               (erasing->request.count != 0 || error_set(err, ERROR_invalid, "no subject given"));
    for (int i = 0; i < count; i++) {
        if (!add_subject(erasing, slice_of_text(words[i]), err))
            return false;
    }
    return true;
}

static bool take_classes(const char *text, uint8_t *out, struct error *err)
{
    static const char *const names[] = {"contact", "delivery", "invoice", "payment"};
    *out = text == NULL ? ALL_CLASSES : 0;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        size_t class = 0;
        while (class < countof(names) && !slice_is(slice_of(text, length), names[class]))
            class ++;
        if (class == countof(names))
            return error_set(
                err,
                ERROR_invalid,
                "--class: '%.*s' is not contact, delivery, invoice or payment",
                (int)length,
                text);
        *out = (uint8_t)(*out | 1u << class);
        text += length + (text[length] == ',');
    }
    return true;
}

static bool
take_ids(const struct erase_options *given, struct erase_request *out, struct error *err)
{
    uint8_t random[10];
    randombytes_buf(random, sizeof(random));
    out->id = uuid_v7(clock_now_us() / 1000, random);
    if (given->request != NULL && !uuid_parse(slice_of_text(given->request), &out->id))
        return error_set(err, ERROR_invalid, "--request: '%.40s' is no UUID", given->request);
    if (!uuid_parse(slice_of_text(given->tenant), &out->tenant))
        return error_set(err, ERROR_invalid, "--tenant: '%.40s' is no UUID", given->tenant);
    return true;
}

/* ---- asking ---- */

static bool is_over(const struct erasing *erasing)
{
    return erasing->no_wait || erasing->state == ERASE_UNKNOWN || erasing->state >= erasing->wanted;
}

static bool take_state(const struct frame *frame, void *context)
{
    struct erasing *erasing = context;
    struct frame_reader reader = {.rest = frame->body};
    if (frame->type != FRAME_ERASE_STATE)
        return false;
    erasing->state = (enum erase_state)frame_u8(&reader);
    erasing->generation = frame_u64(&reader);
    erasing->holders = frame_u32(&reader);
    erasing->holders_of = frame_u32(&reader);
    erasing->wiped = frame_u16(&reader);
    erasing->expired = frame_u16(&reader);
    erasing->told = true;
    return !is_over(erasing);
}

static bool take_done(const struct frame *frame, void *context)
{
    (void)context;
    return frame->type == FRAME_DONE;
}

static struct writer put_part(const struct erase_request *request, size_t first, uint8_t *room)
{
    size_t left = request->count - first;
    size_t count = left < SUBJECTS_PER_FRAME ? left : SUBJECTS_PER_FRAME;
    struct writer body = writer_over(room, FRAME_BODY);
    writer_bytes(&body, request->id.bytes, sizeof(request->id.bytes));
    writer_bytes(&body, request->tenant.bytes, sizeof(request->tenant.bytes));
    writer_byte(&body, request->classes);
    writer_byte(&body, count < left);
    writer_u16(&body, (uint16_t)count);
    writer_bytes(&body, &request->subjects[first], count * sizeof(struct uuid));
    CHECK(!body.overflow);
    return body;
}

/* The last part is answered by states, until the one that is waited for. */
static bool
send_last(struct vault *vault, struct slice body, struct erasing *erasing, struct error *err)
{
    uint8_t *bytes = malloc(FRAME_MOST);
    if (bytes == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    struct writer frame = writer_over(bytes, FRAME_MOST);
    frame_begin(&frame, FRAME_ERASE, 1);
    writer_bytes(&frame, body.data, body.size);
    frame_end(&frame);
    bool ok = vault_call(vault, writer_slice(&frame), take_state, erasing, err);
    free(bytes);
    return ok;
}

static bool send_all(struct vault *vault, struct erasing *erasing, struct error *err)
{
    uint8_t *room = malloc(FRAME_BODY);
    bool ok = true;
    if (room == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    for (size_t first = 0; ok && first < erasing->request.count; first += SUBJECTS_PER_FRAME) {
        struct writer body = put_part(&erasing->request, first, room);
        if (first + SUBJECTS_PER_FRAME < erasing->request.count)
            ok = client_ask(vault, FRAME_ERASE, writer_slice(&body), take_done, NULL, err);
        else
            ok = send_last(vault, writer_slice(&body), erasing, err);
    }
    free(room);
    return ok;
}

/* ---- answer ---- */

static void print_answer(const struct erasing *erasing, bool json)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&erasing->request.id, id);
    (void)printf(
        json ? "{\"request\":\"%s\",\"subjects\":%zu,\"state\":\"%s\",\"generation\":%" PRIu64
               ",\"holders\":%" PRIu32 ",\"holders_of\":%" PRIu32 ",\"leases_wiped\":%u"
               ",\"leases_expired\":%u}\n"
             : "request %s, %zu subjects: %s\n  vault generation %" PRIu64 ", at %" PRIu32
               " of %" PRIu32 " holders; lease holders: %u wiped, %u expired\n",
        id,
        erasing->request.count,
        erase_state_word(erasing->state),
        erasing->generation,
        erasing->holders,
        erasing->holders_of,
        erasing->wiped,
        erasing->expired);
    if (!json)
        (void)printf("  %s\n", erase_state_meaning(erasing->state));
}

static int finish(const struct erasing *erasing, bool ok, bool json, const struct error *err)
{
    if (!ok && !erasing->told)
        return cli_fail(err);
    print_answer(erasing, json);
    if (erasing->state == ERASE_UNKNOWN)
        return EXIT_CODE_UNMET;
    if (!is_over(erasing) && !json)
        (void)printf("  it goes on by itself; the same --request asks again\n");
    return is_over(erasing) ? EXIT_CODE_OK : EXIT_CODE_PARTIAL;
}

int erase_verb(const void *options, int argument_count, char **arguments)
{
    const struct erase_options *given = options;
    struct erasing erasing = {
        .wanted = given->final ? ERASE_FINAL : ERASE_LIVE, .no_wait = given->no_wait};
    struct vault *vault = NULL;
    struct error err;
    if (sodium_init() < 0) {
        (void)error_set(&err, ERROR_fatal, "libsodium cannot be initialised");
        return cli_fail(&err);
    }
    bool ok = take_ids(given, &erasing.request, &err) &&
              take_classes(given->classes, &erasing.request.classes, &err) &&
              take_subjects(&erasing, argument_count, arguments, &err) &&
              client_open(&vault, given->socket, ROLE_ERASE, given->timeout * 1000 * 1000, &err) &&
              send_all(vault, &erasing, &err);
    vault_close(vault);
    int code = finish(&erasing, ok, given->json, &err);
    erase_request_release(&erasing.request);
    return code;
}

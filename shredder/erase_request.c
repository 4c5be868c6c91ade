// SPDX-License-Identifier: Apache-2.0
#include "shredder/erase_request.h"

#include "shredder/subjects.h"
#include "vault/frames.h"

#include <stdlib.h>

#include "base/banned.h"

const char *erase_state_word(enum erase_state state)
{
    static const char *const words[] = {
#define X(name, number, word, meaning) [number] = (word),
        ERASE_STATES(X)
#undef X
    };
    return (size_t)state < countof(words) ? words[state] : "?";
}

const char *erase_state_meaning(enum erase_state state)
{
    static const char *const meanings[] = {
#define X(name, number, word, meaning) [number] = (meaning),
        ERASE_STATES(X)
#undef X
    };
    return (size_t)state < countof(meanings) ? meanings[state] : "?";
}

bool erase_state_follows(enum erase_state from, enum erase_state to)
{
    return from >= ERASE_RECEIVED && to <= ERASE_FINAL && (int)to == (int)from + 1;
}

void erase_request_release(struct erase_request *request)
{
    free(request->subjects);
    *request = (struct erase_request){0};
}

/* The first frame says what all of them are about. */
static bool same_request(struct erase_request *request, const struct erase_request *frame)
{
    if (request->count == 0) {
        request->id = frame->id;
        request->tenant = frame->tenant;
        request->classes = frame->classes;
    }
    return uuid_equal(&request->id, &frame->id) && uuid_equal(&request->tenant, &frame->tenant) &&
           request->classes == frame->classes;
}

static enum erase_upload
add_subjects(struct erase_request *request, struct frame_reader *reader, size_t count)
{
    if (request->count + count > ERASE_MOST_SUBJECTS)
        return UPLOAD_MANY;
    struct uuid *grown = realloc(request->subjects, (request->count + count) * sizeof(*grown));
    if (grown == NULL)
        return UPLOAD_MANY;
    request->subjects = grown;
    for (size_t i = 0; i < count; i++)
        request->subjects[request->count++] = frame_uuid(reader);
    return UPLOAD_MORE;
}

static enum erase_upload add_frame(struct erase_request *request, struct slice body)
{
    struct frame_reader reader = {.rest = body};
    struct erase_request frame = {0};
    frame.id = frame_uuid(&reader);
    frame.tenant = frame_uuid(&reader);
    frame.classes = frame_u8(&reader);
    if (frame.classes == 0)
        frame.classes = ALL_CLASSES;
    bool more = frame_u8(&reader) != 0;
    size_t count = frame_u16(&reader);
    if (reader.short_of || count == 0 || reader.rest.size != count * sizeof(struct uuid) ||
        !same_request(request, &frame))
        return UPLOAD_WRONG;
    enum erase_upload verdict = add_subjects(request, &reader, count);
    return verdict == UPLOAD_MORE && !more ? UPLOAD_WHOLE : verdict;
}

enum erase_upload erase_request_add(struct erase_request *request, struct slice body)
{
    enum erase_upload verdict = add_frame(request, body);
    if (verdict == UPLOAD_WRONG || verdict == UPLOAD_MANY)
        erase_request_release(request);
    return verdict;
}

// SPDX-License-Identifier: Apache-2.0
// A key broker for tests of its client: a thread behind a Unix socket that answers by simple rules,
// does what the test tells it and counts what it sees. One connection at a time.
//
// A subject's number is its id's last byte and gives its leaves; its first byte is the state of its
// keys. A leaf's number is in every byte of its key.
#ifndef SUPPORT_FAKE_BROKER_H
#define SUPPORT_FAKE_BROKER_H

#include "support/cmocka.h"
#include "vault/frames.h"

#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FAKE_LEASE_MS = 60000, FAKE_WAIT_SECONDS = 10, FAKE_ROOM = 256 * 1024 };

/* How it misbehaves. */
enum fake_manner {
    FAKE_RIGHT,
    FAKE_SILENT,         /* answers HELLO only */
    FAKE_OTHER_PROTOCOL, /* version 2 in its headers */
    FAKE_GARBAGE,        /* no frames */
    FAKE_REFUSES,        /* everything, with `refusal` */
    FAKE_WRONG_LEAF,     /* gives keys of the neighbour */
    FAKE_EMPTY_KEY,
    FAKE_SHORT_ANSWER,  /* one item less than were asked for */
    FAKE_REVOKES_FIRST, /* pushes `push` before each LEASED */
};

struct fake_seen {
    int hellos, lease_frames, wishes, renewed, released, wiped;
    uint32_t wiped_sequence;
    bool wiped_in_time; /* the watched key was zero when WIPED came */
    char instance[65];
    uint8_t role;
    uint64_t retired;
    int connections, ended;
};

struct fake_broker {
    char folder[32];
    struct sockaddr_un address;
    int listener;
    int stop[2]; /* a pipe */
    pthread_t thread;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    int connection; /* -1: none */
    enum fake_manner manner;
    enum refusal refusal;
    struct uuid vault_id;
    uint64_t generation, fence;
    enum key_state renewed_state; /* what it answers to RENEW */
    struct slice push;
    const uint8_t *watched;
    struct fake_seen seen;
};

static inline struct uuid fake_subject(enum key_state state, uint8_t number)
{
    struct uuid id = {{0}};
    id.bytes[0] = (uint8_t)state;
    id.bytes[15] = number;
    return id;
}

/* ---- answers; the lock is held ---- */

static inline void
fake_put_lease(const struct fake_broker *broker, const struct lease_wish *wish, struct writer *out)
{
    enum key_state state = wish->by_leaf ? KEY_LIVE : (enum key_state)wish->subject.bytes[0];
    struct leaf leaf = wish->leaf;
    if (!wish->by_leaf)
        leaf = (struct leaf){
            .tree = TREE_SUBJECTS, .number = wish->subject.bytes[15] * UINT64_C(8) + wish->class};
    if (broker->manner == FAKE_WRONG_LEAF)
        leaf.number++;
    uint8_t key[DATA_KEY_SIZE] = {0};
    if (state == KEY_LIVE && broker->manner != FAKE_EMPTY_KEY)
        memset(key, (int)(leaf.number & 0x7f) + 1, sizeof(key));
    writer_byte(out, (uint8_t)state);
    frame_put_leaf(out, leaf);
    writer_bytes(out, key, sizeof(key));
}

static inline void
fake_answer_lease(struct fake_broker *broker, struct frame_reader *body, struct writer *out)
{
    (void)frame_u8(body);
    uint16_t count = frame_u16(body);
    broker->seen.lease_frames++;
    broker->seen.wishes += count;
    writer_u32(out, FAKE_LEASE_MS);
    if (broker->manner == FAKE_SHORT_ANSWER)
        count--;
    writer_u16(out, count);
    for (uint16_t i = 0; i < count; i++) {
        struct lease_wish wish;
        if (frame_get_wish(body, &wish))
            fake_put_lease(broker, &wish, out);
    }
}

static inline void
fake_answer_renew(struct fake_broker *broker, struct frame_reader *body, struct writer *out)
{
    uint16_t count = frame_u16(body);
    broker->seen.renewed += count;
    writer_u32(out, FAKE_LEASE_MS);
    writer_u16(out, count);
    for (uint16_t i = 0; i < count; i++)
        writer_byte(out, (uint8_t)broker->renewed_state);
}

static inline void
fake_take_hello(struct fake_broker *broker, struct frame_reader *body, struct writer *out)
{
    broker->seen.hellos++;
    broker->seen.role = frame_u8(body);
    struct slice name = frame_bytes(body, frame_u8(body));
    (void)snprintf(
        broker->seen.instance, sizeof(broker->seen.instance), "%.*s", SLICE_FORMAT(name));
    writer_bytes(out, broker->vault_id.bytes, sizeof(broker->vault_id.bytes));
    writer_u64(out, broker->generation);
    writer_u64(out, broker->fence);
    writer_u32(out, FAKE_LEASE_MS);
}

static inline void fake_take_wiped(struct fake_broker *broker, uint32_t sequence)
{
    broker->seen.wiped++;
    broker->seen.wiped_sequence = sequence;
    broker->seen.wiped_in_time =
        broker->watched == NULL || sodium_is_zero(broker->watched, DATA_KEY_SIZE);
}

static inline void fake_answer_email(struct frame_reader *body, struct writer *out)
{
    (void)frame_uuid(body);
    struct slice address = frame_bytes(body, frame_u16(body));
    bool ready = !slice_is(address, "early@example.org");
    bool found = slice_is(address, "alice@example.org");
    const struct uuid alice = {{0xa1}}, nobody = {{0}};
    writer_byte(out, !ready ? 2 : found ? 1 : 0);
    writer_bytes(out, found ? alice.bytes : nobody.bytes, sizeof(alice.bytes));
}

static inline void fake_put_epoch(struct writer *out)
{
    uint8_t public_key[32];
    memset(public_key, 0xe9, sizeof(public_key));
    writer_u64(out, 9);
    writer_bytes(out, public_key, sizeof(public_key));
}

static inline void fake_put_refusal(const struct fake_broker *broker, struct writer *out)
{
    writer_byte(out, (uint8_t)broker->refusal);
    writer_u16(out, 11);
    writer_bytes(out, "not for you", 11);
}

/* The answer's type; *out gets its body. STATUS is answered twice, for vault_call. */
static inline enum frame_type
fake_put_body(struct fake_broker *broker, const struct frame *frame, struct writer *out)
{
    struct frame_reader body = {.rest = frame->body};
    if (broker->manner == FAKE_REFUSES)
        return fake_put_refusal(broker, out), FRAME_REFUSED;
    if (frame->type == FRAME_HELLO)
        return fake_take_hello(broker, &body, out), FRAME_WELCOME;
    if (frame->type == FRAME_LEASE)
        return fake_answer_lease(broker, &body, out), FRAME_LEASED;
    if (frame->type == FRAME_RENEW)
        return fake_answer_renew(broker, &body, out), FRAME_RENEWED;
    if (frame->type == FRAME_LOOKUP_EMAIL)
        return fake_answer_email(&body, out), FRAME_FOUND_EMAIL;
    if (frame->type == FRAME_EPOCHS)
        return fake_put_epoch(out), FRAME_EPOCH;
    if (frame->type == FRAME_STATUS)
        return FRAME_STATUS_TEXT;
    if (frame->type == FRAME_RELEASE)
        broker->seen.released += frame_u16(&body);
    if (frame->type == FRAME_RETIRE_EPOCH)
        broker->seen.retired = frame_u64(&body);
    return FRAME_DONE;
}

static inline void
fake_answer(struct fake_broker *broker, const struct frame *frame, struct writer *out)
{
    static uint8_t room[FRAME_MOST];
    struct writer body = writer_over(room, sizeof(room));
    if (frame->type == FRAME_WIPED) {
        fake_take_wiped(broker, frame->sequence);
        return;
    }
    if (broker->manner == FAKE_SILENT && frame->type != FRAME_HELLO)
        return;
    if (broker->manner == FAKE_REVOKES_FIRST && frame->type == FRAME_LEASE)
        writer_bytes(out, broker->push.data, broker->push.size);
    enum frame_type type = fake_put_body(broker, frame, &body);
    for (int i = 0; i < (type == FRAME_STATUS_TEXT ? 2 : 1); i++) {
        frame_begin(out, type, frame->sequence);
        writer_bytes(out, i == 0 ? room : (const uint8_t *)"{}", i == 0 ? body.size : 2);
        frame_end(out);
    }
}

/* ---- the thread ---- */

static inline void fake_send(int connection, struct slice bytes)
{
    for (size_t sent = 0; sent < bytes.size;) {
        ssize_t now = send(connection, bytes.data + sent, bytes.size - sent, MSG_NOSIGNAL);
        if (now <= 0)
            return;
        sent += (size_t)now;
    }
}

/* Answers all whole frames in `in`; returns how many bytes that were. */
static inline size_t fake_serve(struct fake_broker *broker, struct slice in, struct writer *out)
{
    struct frame frame;
    size_t size, done = 0;
    while (frame_read(slice_of(in.data + done, in.size - done), &frame, &size) == 1) {
        size_t begin = out->size;
        fake_answer(broker, &frame, out);
        if (broker->manner == FAKE_OTHER_PROTOCOL && out->size > begin)
            out->data[begin + 4] = 2;
        if (broker->manner == FAKE_GARBAGE)
            memset(out->data + begin, 0xff, out->size - begin);
        done += size;
    }
    return done;
}

static inline void fake_end_connection(struct fake_broker *broker)
{
    (void)close(broker->connection);
    broker->connection = -1;
    broker->seen.ended++;
}

/* Until the peer ends it or `stop` is readable. */
static inline void fake_run_connection(struct fake_broker *broker, uint8_t *in, uint8_t *room)
{
    size_t have = 0;
    for (;;) {
        struct pollfd waits[2] = {
            {.fd = broker->connection, .events = POLLIN},
            {.fd = broker->stop[0], .events = POLLIN}};
        (void)poll(waits, 2, -1);
        if (waits[1].revents != 0)
            return;
        ssize_t got = recv(broker->connection, in + have, FAKE_ROOM - have, 0);
        if (got <= 0)
            return;
        have += (size_t)got;
        (void)pthread_mutex_lock(&broker->lock);
        struct writer out = writer_over(room, FAKE_ROOM);
        size_t done = fake_serve(broker, slice_of(in, have), &out);
        (void)pthread_cond_broadcast(&broker->changed);
        (void)pthread_mutex_unlock(&broker->lock);
        memmove(in, in + done, have - done);
        have -= done;
        fake_send(broker->connection, writer_slice(&out));
    }
}

static inline void *fake_thread(void *argument)
{
    struct fake_broker *broker = argument;
    uint8_t *in = malloc(FAKE_ROOM), *room = malloc(FAKE_ROOM);
    for (;;) {
        struct pollfd waits[2] = {
            {.fd = broker->listener, .events = POLLIN}, {.fd = broker->stop[0], .events = POLLIN}};
        (void)poll(waits, 2, -1);
        if (waits[1].revents != 0)
            break;
        int connection = accept(broker->listener, NULL, NULL);
        (void)pthread_mutex_lock(&broker->lock);
        broker->connection = connection;
        broker->seen.connections++;
        (void)pthread_mutex_unlock(&broker->lock);
        fake_run_connection(broker, in, room);
        (void)pthread_mutex_lock(&broker->lock);
        fake_end_connection(broker);
        (void)pthread_cond_broadcast(&broker->changed);
        (void)pthread_mutex_unlock(&broker->lock);
    }
    free(in);
    free(room);
    return NULL;
}

/* ---- for tests ---- */

static inline void fake_start(struct fake_broker *broker)
{
    *broker = (struct fake_broker){
        .folder = "vault-test-XXXXXX",
        .address = {.sun_family = AF_UNIX},
        .connection = -1,
        .vault_id = {{1, 2, 3}},
        .generation = 5,
        .fence = 7};
    assert_non_null(mkdtemp(broker->folder));
    (void)snprintf(
        broker->address.sun_path, sizeof(broker->address.sun_path), "%s/socket", broker->folder);
    broker->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
        bind(broker->listener, (const struct sockaddr *)&broker->address, sizeof(broker->address)),
        0);
    assert_int_equal(listen(broker->listener, 4), 0);
    assert_int_equal(pipe(broker->stop), 0);
    assert_int_equal(pthread_mutex_init(&broker->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&broker->changed, NULL), 0);
    assert_int_equal(pthread_create(&broker->thread, NULL, fake_thread, broker), 0);
}

/* Twice does no harm. */
static inline void fake_stop(struct fake_broker *broker)
{
    if (broker->listener < 0)
        return;
    assert_int_equal(write(broker->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(broker->thread, NULL), 0);
    (void)close(broker->listener);
    (void)close(broker->stop[0]);
    (void)close(broker->stop[1]);
    broker->listener = -1;
    (void)unlink(broker->address.sun_path);
    (void)rmdir(broker->folder);
    (void)pthread_mutex_destroy(&broker->lock);
    (void)pthread_cond_destroy(&broker->changed);
}

static inline struct fake_seen fake_look(struct fake_broker *broker)
{
    (void)pthread_mutex_lock(&broker->lock);
    struct fake_seen seen = broker->seen;
    (void)pthread_mutex_unlock(&broker->lock);
    return seen;
}

/* Waits until a count of `seen` (of type int) has that value. */
static inline void fake_await(struct fake_broker *broker, const int *counter, int value)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAKE_WAIT_SECONDS;
    (void)pthread_mutex_lock(&broker->lock);
    int late = 0;
    while (*counter != value && late == 0)
        late = pthread_cond_timedwait(&broker->changed, &broker->lock, &until);
    int reached = *counter;
    (void)pthread_mutex_unlock(&broker->lock);
    assert_int_equal(reached, value);
}

static inline void fake_behave(struct fake_broker *broker, enum fake_manner manner)
{
    (void)pthread_mutex_lock(&broker->lock);
    broker->manner = manner;
    (void)pthread_mutex_unlock(&broker->lock);
}

/* Sends bytes of the test's own, at once. */
static inline void fake_push(struct fake_broker *broker, struct slice bytes)
{
    (void)pthread_mutex_lock(&broker->lock);
    fake_send(broker->connection, bytes);
    (void)pthread_mutex_unlock(&broker->lock);
}

static inline void fake_hang_up(struct fake_broker *broker)
{
    (void)pthread_mutex_lock(&broker->lock);
    int ended = broker->seen.ended;
    (void)shutdown(broker->connection, SHUT_RDWR);
    (void)pthread_mutex_unlock(&broker->lock);
    fake_await(broker, &broker->seen.ended, ended + 1);
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Connections, and who may send which frame.
#include "shredder/broker.h"

#include "base/text.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { GREETING_US = 10 * 1000 * 1000 /* who says nothing makes room for others */ };

int64_t broker_now_us(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What was called back is never given again, so everything of it that the table still has is over. What
 * is only refused is not: its holder has not been told yet, whatever else it acknowledges. */
static bool is_over(struct leaf leaf, const void *context)
{
    const struct broker *broker = context;
    if (leaf.tree == TREE_EPOCHS)
        return leaf.number < broker->epochs.oldest;
    const struct subject *subject = subjects_of_leaf(&broker->subjects, leaf.number);
    return subject == NULL || (subject->called >> leaf.number % LEAVES_PER_SUBJECT & 1) != 0;
}

static void handle_wiped(struct broker *broker, struct session *session, const struct frame *frame)
{
    eraser_acked(broker, session->holder, frame->sequence);
    if (broker->goodbye != NULL)
        (void)drain_acked(broker->goodbye, session->holder, frame->sequence);
    if (frame->sequence == session->pushes)
        lease_table_drop_all(&broker->leases, session->holder, is_over, broker);
}

/* ---- frames ---- */

/* Those who only look come often. */
static enum log_level noise(const struct session *session)
{
    return session->role == ROLE_STATUS ? LOG_DEBUG : LOG_INFO;
}

static void handle_hello(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct frame_reader reader = {.rest = frame->body};
    uint8_t role = frame_u8(&reader);
    struct slice name = frame_bytes(&reader, frame_u8(&reader));
    char text[160];
    if (reader.short_of || reader.rest.size != 0 || name.size >= SESSION_INSTANCE_SIZE ||
        role >= ROLE_COUNT || !text_is_utf8(name) || !text_has_no_control(name)) {
        answer_refuse(broker, session, frame->sequence, REFUSAL_PROTOCOL, "HELLO: no such body");
        session->ending = true;
        return;
    }
    memcpy(session->instance, name.data, name.size);
    session->instance[name.size] = '\0';
    if (!roles_allow(&broker->roles, (enum vault_role)role, session->user)) {
        (void)snprintf(
            text,
            sizeof(text),
            "user %u may not be '%s' here: see --roles of order-shredder serve",
            session->user,
            vault_role_name((enum vault_role)role));
        answer_refuse(broker, session, frame->sequence, REFUSAL_ROLE, text);
        session->ending = true;
        return;
    }
    session->role = (enum vault_role)role;
    session->greeted = true;
    session->fence = broker->fence;
    struct uuid id = key_vault_id(broker->vault);
    struct writer answer = answer_begin(broker, FRAME_WELCOME, frame->sequence);
    writer_bytes(&answer, id.bytes, sizeof(id.bytes));
    writer_u64(&answer, key_vault_generation(broker->vault));
    writer_u64(&answer, (uint64_t)broker->fence);
    writer_u32(&answer, (uint32_t)(broker->lease_us / 1000));
    answer_send(broker, session, &answer);
    LOG(noise(session),
        "client_connected",
        "a client connected",
        LOG_TEXT("instance", session->instance),
        LOG_TEXT("role", vault_role_name(session->role)),
        LOG_NUMBER("uid", session->user),
        LOG_NUMBER("client_pid", session->process));
}

#define MAY(role) (1u << ROLE_##role)

struct call {
    frame_handler *handler;
    unsigned roles; /* who may */
};

static const struct call *find_call(enum frame_type type)
{
    static const struct call calls[] = {
        [FRAME_LEASE] = {handle_lease, MAY(COMMAND) | MAY(REVEAL)},
        [FRAME_RENEW] = {handle_renew, MAY(COMMAND) | MAY(REVEAL)},
        [FRAME_RELEASE] = {handle_release, MAY(COMMAND) | MAY(REVEAL)},
        [FRAME_WIPED] = {handle_wiped, MAY(COMMAND) | MAY(REVEAL) | MAY(ERASE) | MAY(STATUS)},
        [FRAME_LOOKUP_EMAIL] = {handle_lookup_email, MAY(COMMAND) | MAY(REVEAL)},
        [FRAME_STATUS] = {handle_status, MAY(ERASE) | MAY(STATUS)},
        [FRAME_ERASE] = {handle_erase, MAY(ERASE)},
        [FRAME_ROTATE_EPOCH] = {handle_rotate_epoch, MAY(ERASE)},
        [FRAME_EPOCHS] = {handle_epochs, MAY(COMMAND) | MAY(ERASE) | MAY(STATUS)},
        [FRAME_RETIRE_EPOCH] = {handle_retire_epoch, MAY(COMMAND)},
    };
    bool known = (size_t)type < countof(calls) && calls[type].handler != NULL;
    return known ? &calls[type] : NULL;
}

static void dispatch(struct broker *broker, struct session *session, const struct frame *frame)
{
    const struct call *call = find_call(frame->type);
    if (frame->type == FRAME_HELLO && !session->greeted) {
        handle_hello(broker, session, frame);
    } else if (!session->greeted || call == NULL) {
        answer_refuse(
            broker,
            session,
            frame->sequence,
            REFUSAL_PROTOCOL,
            session->greeted ? "this frame is not for a client to send" : "HELLO comes first");
        session->ending = true;
    } else if ((call->roles >> session->role & 1) == 0) {
        char text[80];
        (void)snprintf(
            text, sizeof(text), "role '%s' may not do this", vault_role_name(session->role));
        answer_refuse(broker, session, frame->sequence, REFUSAL_RIGHT, text);
    } else if (broker->goodbye != NULL && frame->type != FRAME_WIPED) {
        answer_refuse(
            broker, session, frame->sequence, REFUSAL_NOT_READY, "the broker is being stopped");
    } else {
        call->handler(broker, session, frame);
    }
}

/* ---- connections ---- */

void broker_hang_up(struct broker *broker, struct session *session)
{
    if (session->greeted)
        LOG(noise(session),
            "client_gone",
            session->peer_closed ? "a client has ended its connection"
                                 : "the connection of a client was ended",
            LOG_TEXT("instance", session->instance),
            LOG_NUMBER("client_pid", session->process));
    if (session->peer_closed) {
        /* It wipes everything before it closes, or it is dead. */
        eraser_gone(broker, session->holder);
        if (broker->goodbye != NULL)
            drain_gone(broker->goodbye, session->holder);
        lease_table_drop_all(&broker->leases, session->holder, NULL, NULL);
    } else {
        lease_table_orphan(&broker->leases, session->holder);
    }
    session_close(session);
}

static struct session *free_session(struct broker *broker)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        if (broker->sessions[i].socket < 0)
            return &broker->sessions[i];
    }
    return NULL;
}

/* The one that has not said who it is for longest makes room when all places are taken. */
static void make_room(struct broker *broker, int64_t now_us)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        struct session *session = &broker->sessions[i];
        if (session->socket >= 0 && !session->greeted && now_us - session->since_us > GREETING_US)
            broker_hang_up(broker, session);
    }
}

static void accept_clients(struct broker *broker, int64_t now_us)
{
    int socket;
    struct error err;
    while ((socket = accept4(broker->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct session *session = free_session(broker);
        if (session == NULL) {
            LOG(LOG_WARNING,
                "too_many_clients",
                "a connection was ended: all places are taken",
                LOG_NUMBER("places", HOLDERS_MOST));
            (void)close(socket);
            continue;
        }
        if (++broker->last_holder == HOLDER_GONE)
            broker->last_holder++;
        if (!session_open(
                session, socket, broker->last_holder, now_us, key_vault_slab(broker->vault), &err))
            LOG(LOG_WARNING, "client_failed", "a client is not served", LOG_TEXT("why", err.text));
    }
}

/* Answers what is there, as long as the answers go away. */
static bool serve_frames(struct broker *broker, struct session *session)
{
    for (;;) {
        struct frame frame;
        size_t size;
        if (!session_send(session))
            return false;
        if (!session_is_sent(session))
            return true;
        if (session->ending)
            return false;
        int got = session_frame(session, &frame, &size);
        if (got == 0)
            return !session->peer_closed;
        if (got < 0) {
            answer_refuse(broker, session, 0, REFUSAL_PROTOCOL, "this is no frame of version 1");
            session->ending = true;
            continue;
        }
        dispatch(broker, session, &frame);
        session_done(session, size);
    }
}

static void serve_session(struct broker *broker, struct session *session, short events)
{
    bool readable = (events & (POLLIN | POLLHUP | POLLERR)) != 0;
    if (readable && !session->peer_closed && !session_receive(session))
        session->peer_closed = true; /* reset: as good as closed by it */
    if (!serve_frames(broker, session))
        broker_hang_up(broker, session);
}

/* Also those that are only waited for: what they were sent meanwhile is flushed. */
static void serve_all(struct broker *broker, const struct pollfd *polled, const size_t *places)
{
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        struct session *session = &broker->sessions[i];
        if (session->socket >= 0 && places[i] != 0)
            serve_session(broker, session, polled[places[i]].revents);
    }
}

bool broker_turn(struct broker *broker, int timeout_ms, struct error *err)
{
    struct pollfd polled[HOLDERS_MOST + 2];
    size_t places[HOLDERS_MOST] = {0};
    nfds_t count = 0;
    polled[count++] = (struct pollfd){.fd = broker->listener, .events = POLLIN};
    polled[count++] = (struct pollfd){.fd = signals_fd(), .events = POLLIN};
    for (size_t i = 0; i < HOLDERS_MOST; i++) {
        const struct session *session = &broker->sessions[i];
        if (session->socket < 0)
            continue;
        short events = session_is_sent(session) ? POLLIN : POLLOUT;
        places[i] = count;
        polled[count++] = (struct pollfd){.fd = session->socket, .events = events};
    }
    if (poll(polled, count, timeout_ms) < 0 && errno != EINTR)
        return error_set(err, ERROR_fatal, "poll: %s", strerror(errno));
    int64_t now_us = broker_now_us();
    serve_all(broker, polled, places);
    make_room(broker, now_us);
    if ((polled[0].revents & POLLIN) != 0)
        accept_clients(broker, now_us);
    if (broker->failed)
        *err = broker->failure;
    return !broker->failed;
}

// SPDX-License-Identifier: Apache-2.0
#include "shredder/session.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    IN_CAPACITY = FRAME_MOST + FRAME_HEADER_SIZE,
    LEAST_OUT = 4096,
    MOST_OUT = 4 * 1024 * 1024, /* a batch of 100,000 subjects is called back in 2 MB */
};

static bool fail(struct session *session, const char *what, int reason, struct error *err)
{
    session_close(session);
    return error_set(err, ERROR_fatal, "%s: %s", what, strerror(reason));
}

bool session_open(
    struct session *session,
    int socket,
    uint32_t holder,
    int64_t now_us,
    struct slab *slab,
    struct error *err)
{
    uint8_t *keys = session->keys;
    *session =
        (struct session){.socket = socket, .holder = holder, .since_us = now_us, .keys = keys};
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return fail(session, "cannot ask who connected", errno, err);
    session->user = peer.uid;
    session->process = peer.pid;
    session->in = malloc(IN_CAPACITY);
    if (session->keys == NULL)
        session->keys = slab_take(slab, SESSION_KEYS_SIZE);
    if (session->in == NULL || session->keys == NULL)
        return fail(session, "no memory for a connection", ENOMEM, err);
    return true;
}

void session_close(struct session *session)
{
    uint8_t *keys = session->keys;
    if (keys != NULL)
        sodium_memzero(keys, SESSION_KEYS_SIZE);
    if (session->in != NULL)
        sodium_memzero(session->in, session->in_size);
    free(session->in);
    free(session->out);
    erase_request_release(&session->upload);
    if (session->socket >= 0)
        (void)close(session->socket);
    *session = (struct session){.socket = -1, .keys = keys};
}

bool session_receive(struct session *session)
{
    if (session->in_at > 0) {
        memmove(session->in, session->in + session->in_at, session->in_size - session->in_at);
        session->in_size -= session->in_at;
        session->in_at = 0;
    }
    while (session->in_size < IN_CAPACITY) {
        ssize_t got = recv(
            session->socket,
            session->in + session->in_size,
            IN_CAPACITY - session->in_size,
            MSG_DONTWAIT);
        if (got > 0) {
            session->in_size += (size_t)got;
        } else if (got == 0) {
            session->peer_closed = true;
            return true;
        } else if (errno != EINTR) {
            return errno == EAGAIN;
        }
    }
    return true;
}

int session_frame(const struct session *session, struct frame *out, size_t *size)
{
    struct slice rest = slice_of(session->in + session->in_at, session->in_size - session->in_at);
    return frame_read(rest, out, size);
}

void session_done(struct session *session, size_t size)
{
    CHECK(size <= session->in_size - session->in_at);
    sodium_memzero(session->in + session->in_at, size);
    session->in_at += size;
}

static bool make_room(struct session *session, size_t size)
{
    size_t waiting = session->out_size - session->out_at;
    if (waiting + size > MOST_OUT)
        return false;
    if (session->out_at > 0) {
        memmove(session->out, session->out + session->out_at, waiting);
        session->out_size = waiting;
        session->out_at = 0;
    }
    size_t capacity = session->out_capacity != 0 ? session->out_capacity : LEAST_OUT;
    while (capacity < waiting + size)
        capacity *= 2;
    if (capacity == session->out_capacity)
        return true;
    uint8_t *grown = realloc(session->out, capacity);
    if (grown == NULL)
        return false;
    session->out = grown;
    session->out_capacity = capacity;
    return true;
}

bool session_queue(struct session *session, struct slice frame)
{
    if (!make_room(session, frame.size))
        return false;
    memcpy(session->out + session->out_size, frame.data, frame.size);
    session->out_size += frame.size;
    return true;
}

struct writer session_keys_writer(struct session *session)
{
    CHECK(session_is_sent(session));
    session->keys_size = session->keys_at = 0;
    return writer_over(session->keys, SESSION_KEYS_SIZE);
}

void session_keys_queued(struct session *session, const struct writer *writer)
{
    CHECK(!writer->overflow && writer->data == session->keys);
    session->keys_size = writer->size;
}

/* Sends from *at on. 1: all of it; 0: the kernel takes no more now; -1: broken. */
static int push_out(int socket, const uint8_t *bytes, size_t size, size_t *at)
{
    while (*at < size) {
        ssize_t sent = send(socket, bytes + *at, size - *at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0)
            *at += (size_t)sent;
        else if (errno == EAGAIN)
            return 0;
        else if (errno != EINTR)
            return -1;
    }
    return 1;
}

bool session_send(struct session *session)
{
    /* Keys first: what is on the heap was added behind them. */
    if (session->keys_at < session->keys_size) {
        int sent = push_out(session->socket, session->keys, session->keys_size, &session->keys_at);
        if (sent != 1)
            return sent == 0;
        sodium_memzero(session->keys, SESSION_KEYS_SIZE);
    }
    return push_out(session->socket, session->out, session->out_size, &session->out_at) >= 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "vault/vault_link.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

bool vault_link_open(struct vault_link *link, const char *path, struct slab *slab)
{
    uint8_t *sent = slab_take(slab, FRAME_MOST);
    uint8_t *received = slab_take(slab, FRAME_MOST);
    if (sent == NULL || received == NULL)
        return false;
    *link = (struct vault_link){
        .path = path, .fd = -1, .out = writer_over(sent, FRAME_MOST), .received = received};
    return true;
}

static bool away(const struct vault_link *link, int reason, struct error *err)
{
    return error_set(
        err,
        ERROR_transient,
        "the key broker at %s is away; start order-shredder serve (%s)",
        link->path,
        strerror(reason));
}

bool vault_link_connect(struct vault_link *link, struct error *err)
{
    CHECK(link->fd < 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(link->path);
    if (length >= sizeof(address.sun_path))
        return error_set(
            err, ERROR_invalid, "the path of the key broker's socket is too long: %s", link->path);
    memcpy(address.sun_path, link->path, length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set(err, ERROR_fatal, "no socket: %s", strerror(errno));
    /* A Unix socket connects at once or not at all. */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)away(link, errno, err);
        (void)close(fd);
        return false;
    }
    link->fd = fd;
    return true;
}

void vault_link_close(struct vault_link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    if (link->received == NULL)
        return;
    sodium_memzero(link->received, FRAME_MOST);
    sodium_memzero(link->out.data, link->out.capacity);
    link->begin = link->end = link->given = 0;
    link->out.size = 0;
}

/* Whether the socket is ready before until_us; 0: is it now? */
static bool is_ready(const struct vault_link *link, short events, int64_t until_us)
{
    struct pollfd wait = {.fd = link->fd, .events = events};
    for (;;) {
        int64_t left_us = until_us == 0 ? 0 : until_us - clock_monotonic_us();
        int ready = poll(&wait, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
        if (ready > 0)
            return true;
        CHECK(ready == 0 || errno == EINTR);
        if (ready == 0 && left_us <= 0)
            return false;
    }
}

/* ---- out ---- */

uint32_t vault_link_request(struct vault_link *link, enum frame_type type)
{
    frame_begin(&link->out, type, ++link->sequence);
    return link->sequence;
}

static bool send_all(struct vault_link *link, int64_t until_us, struct error *err)
{
    for (size_t sent = 0; sent < link->out.size;) {
        ssize_t now = send(link->fd, link->out.data + sent, link->out.size - sent, MSG_NOSIGNAL);
        if (now >= 0) {
            sent += (size_t)now;
        } else if (errno == EAGAIN) {
            if (!is_ready(link, POLLOUT, until_us))
                return error_set(
                    err, ERROR_transient, "the key broker at %s takes nothing", link->path);
        } else if (errno != EINTR) {
            return away(link, errno, err);
        }
    }
    return true;
}

bool vault_link_send(struct vault_link *link, int64_t until_us, struct error *err)
{
    CHECK(!link->out.overflow);
    bool sent = send_all(link, until_us, err);
    sodium_memzero(link->out.data, link->out.size);
    link->out.size = 0;
    return sent;
}

/* ---- in ---- */

static void discard_given(struct vault_link *link)
{
    sodium_memzero(link->received + link->begin, link->given);
    link->begin += link->given;
    link->given = 0;
    if (link->begin == link->end)
        link->begin = link->end = 0;
}

/* A whole frame fits behind what is unread once that stands at the front. */
static void make_room(struct vault_link *link)
{
    size_t unread = link->end - link->begin;
    if (link->begin == 0)
        return;
    memmove(link->received, link->received + link->begin, unread);
    sodium_memzero(link->received + unread, link->end - unread);
    link->begin = 0;
    link->end = unread;
}

/* 1: something came; 0: nothing; -1: the connection is gone. */
static int receive(struct vault_link *link, struct error *err)
{
    make_room(link);
    CHECK(link->end < FRAME_MOST);
    ssize_t got;
    do {
        got = recv(link->fd, link->received + link->end, FRAME_MOST - link->end, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        link->end += (size_t)got;
        return 1;
    }
    if (got < 0 && errno == EAGAIN)
        return 0;
    (void)away(link, got == 0 ? ECONNRESET : errno, err);
    return -1;
}

/* Whether it would be a frame if only its version were ours. */
static bool is_other_version(struct slice unread)
{
    uint8_t header[FRAME_HEADER_SIZE];
    struct frame frame;
    size_t size;
    if (unread.size < sizeof(header))
        return false;
    memcpy(header, unread.data, sizeof(header));
    header[FRAME_VERSION_AT] = FRAME_PROTOCOL;
    return frame_read(slice_of(header, sizeof(header)), &frame, &size) >= 0;
}

static int refuse_bytes(const struct vault_link *link, struct slice unread, struct error *err)
{
    if (is_other_version(unread))
        (void)error_set(
            err,
            ERROR_invalid,
            "the key broker at %s speaks protocol %d, this program %d: install the same version",
            link->path,
            unread.data[FRAME_VERSION_AT],
            FRAME_PROTOCOL);
    else
        (void)error_set(
            err, ERROR_transient, "the key broker at %s sent what is no frame", link->path);
    return -1;
}

int vault_link_next(struct vault_link *link, int64_t until_us, struct frame *out, struct error *err)
{
    discard_given(link);
    for (;;) {
        struct slice unread = slice_of(link->received + link->begin, link->end - link->begin);
        int is_frame = frame_read(unread, out, &link->given);
        if (is_frame != 0)
            return is_frame > 0 ? 1 : refuse_bytes(link, unread, err);
        int came = receive(link, err);
        if (came < 0 || (came == 0 && !is_ready(link, POLLIN, until_us)))
            return came;
    }
}

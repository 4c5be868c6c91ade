// SPDX-License-Identifier: Apache-2.0
// One client of the broker: its socket, what it has sent, what it is still to be sent. Keys wait in
// locked memory and are wiped once the kernel has them; everything else waits on the heap.
//
// A client is heard again only when its last answer is gone, so that there is at most one answer with
// keys and no client can make us hoard.
#ifndef SHREDDER_SESSION_H
#define SHREDDER_SESSION_H

#include "shredder/erase_request.h"
#include "vault/frames.h"
#include "vault/slab.h"

#include <sys/types.h>

enum {
    SESSION_INSTANCE_SIZE = 65,
    /* A LEASED frame with all items. */
    SESSION_KEYS_SIZE = FRAME_HEADER_SIZE + 6 + FRAME_MOST_ITEMS * (1 + 2 + 8 + DATA_KEY_SIZE),
};

struct session {
    int socket;       /* -1: nobody */
    uint32_t holder;  /* differs from connection to connection, never 0 */
    bool greeted;     /* role and instance are known */
    bool ending;      /* hung up once everything is sent */
    bool peer_closed; /* it has nothing more to say, and no keys */
    enum vault_role role;
    uid_t user;
    pid_t process;
    int64_t since_us;
    char instance[SESSION_INSTANCE_SIZE];
    uint32_t pushes; /* frames pushed so far */
    int64_t fence;   /* that it was told last */
    uint8_t *in;
    size_t in_size;
    size_t in_at; /* what of it is done with */
    uint8_t *out;
    size_t out_size;
    size_t out_at;
    size_t out_capacity;
    uint8_t *keys; /* SESSION_KEYS_SIZE of the slab, taken once for ever */
    size_t keys_size;
    size_t keys_at;
    struct erase_request upload; /* an erasure that comes in several frames */
};

/* Takes a connected socket over; fills in who is at its other end. False: no memory, and the socket is
 * closed. */
MUST_USE bool session_open(
    struct session *session,
    int socket,
    uint32_t holder,
    int64_t now_us,
    struct slab *slab,
    struct error *err);

/* Wipes and closes; the session is nobody's then. */
void session_close(struct session *session);

/* Reads what is there. False: the connection is broken. */
MUST_USE bool session_receive(struct session *session);

/* The next frame: 1; 0: there is none yet; -1: what was sent is no frame. Its body is good until
 * session_done. */
int session_frame(const struct session *session, struct frame *out, size_t *size);

/* The first `size` bytes of the input are dealt with; wiped, because they may tell of a person. */
void session_done(struct session *session, size_t size);

/* Adds a frame without keys. False: no memory, or a client that does not read. */
MUST_USE bool session_queue(struct session *session, struct slice frame);

/* Where an answer with keys is built; session_keys_queued sends it. Nothing else may be waiting. */
struct writer session_keys_writer(struct session *session);
void session_keys_queued(struct session *session, const struct writer *writer);

/* Writes what the kernel takes. False: the connection is broken. */
MUST_USE bool session_send(struct session *session);

static inline bool session_is_sent(const struct session *session)
{
    return session->keys_at == session->keys_size && session->out_at == session->out_size;
}

#endif

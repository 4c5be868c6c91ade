// SPDX-License-Identifier: Apache-2.0
// The client's end of the broker's socket: frames out, frames in, each within a deadline (monotonic
// clock). Both buffers are locked memory, because answers hold keys and requests may hold an address;
// each frame is wiped from them when it is done with. Inside lib/vault only.
#ifndef VAULT_VAULT_LINK_H
#define VAULT_VAULT_LINK_H

#include "vault/frames.h"
#include "vault/slab.h"

struct vault_link {
    const char *path;
    int fd;            /* -1: not connected */
    uint32_t sequence; /* of the newest request */
    struct writer out; /* requests that are made and not sent */
    uint8_t *received; /* FRAME_MOST bytes */
    size_t begin, end; /* what is unread of them */
    size_t given;      /* size of the frame at `begin` that is being read */
};

enum { VAULT_LINK_LOCKED = 2 * FRAME_MOST };

/* path outlives the link. False: the slab is full. */
MUST_USE bool vault_link_open(struct vault_link *link, const char *path, struct slab *slab);

/* ERROR_transient: nobody listens there. */
MUST_USE bool vault_link_connect(struct vault_link *link, struct error *err);
void vault_link_close(struct vault_link *link);

/* Begins a request in link->out and returns its sequence; finish it with frame_end. */
uint32_t vault_link_request(struct vault_link *link, enum frame_type type);

/* Sends what link->out holds. */
MUST_USE bool vault_link_send(struct vault_link *link, int64_t until_us, struct error *err);

/* The next frame, valid until the next call. 1: *out; 0: none came until then (0: does not wait);
 * -1: the connection is of no use any more, err says why. */
int vault_link_next(
    struct vault_link *link, int64_t until_us, struct frame *out, struct error *err);

#endif

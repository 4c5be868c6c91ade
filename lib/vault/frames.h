// SPDX-License-Identifier: Apache-2.0
// The protocol between the key broker (order-shredder serve) and those who hold leases, over a Unix
// socket. One layout for all frames, of fixed fields: keys are then read straight into locked memory,
// and nothing parses them on the way.
//
//     u32 size of what follows, u8 protocol version (1), u8 type, u16 0, u32 sequence, body
//
// Integers are big endian; a leaf is u16 tree, u64 number. A frame has at most 64 KiB. An answer
// carries the sequence of its request; pushes count on their own. Anything that is not a frame ends
// the connection.
#ifndef VAULT_FRAMES_H
#define VAULT_FRAMES_H

#include "vault/seal.h"

enum {
    FRAME_PROTOCOL = 1,
    FRAME_VERSION_AT = 4, /* of the protocol version, in every version */
    FRAME_HEADER_SIZE = 12,
    FRAME_MOST = 64 * 1024,
    FRAME_MOST_ITEMS = 256,
};

/* X(name, number): body */
#define FRAMES(X) \
    X(HELLO, 1)   /* client: u8 role, u8 length, instance name */ \
    X(WELCOME, 2) /* vault id 16, u64 generation, u64 fence, u32 time to live of leases in ms */ \
    X(REFUSED, 3) /* u8 enum refusal, u16 length, text for people; to any request */ \
    X(LEASE, 4)   /* client: u8 purpose (its role), u16 count, per wish: frame_put_wish */ \
    X(LEASED, 5)  /* u32 ttl ms, u16 count, per wish: u8 enum key_state, leaf, key 32; \
                     leaf of tree 0: none is known; key: all zero unless LIVE */ \
    X(RENEW, 6)   /* client: u16 count, leaves */ \
    X(RENEWED, 7) /* u32 ttl ms, u16 count, per leaf: u8 enum key_state */ \
    X(RELEASE, 8) /* client: u16 count, leaves; DONE */ \
    X(REVOKE, 9)  /* push: u64 fence, u8 enum key_state they have now, u16 count, per span: \
                     first leaf, u64 number of leaves */ \
    X(WIPED, 10)  /* client: the sequence of the REVOKE; no answer */ \
    X(LOOKUP_EMAIL, 11) /* client: tenant 16, u16 length, address */ \
    X(FOUND_EMAIL, 12)  /* u8 0 not found, 1 found, 2 not ready; subject 16 */ \
    X(STATUS, 13)       /* client: empty */ \
    X(STATUS_TEXT, 14)  /* JSON object */ \
    X(ERASE, 15)        /* client: request id 16, tenant 16, u8 classes (bit per class, 0: all), \
                           u8 more (another frame of this request follows), u16 count, subjects */ \
    X(ERASE_STATE, \
      16) /* u8 enum erase_state (shredder/erase_request.h), u64 generation, u32 holders acked, u32 of, \
                           u16 acked, u16 expired; repeated until LIVE, FINAL or refused */ \
    X(ROTATE_EPOCH, 17) /* client: empty */ \
    X(EPOCH, 18)        /* u64 number, public key 32 */ \
    X(EPOCHS, 19)       /* client: empty; answered by EPOCH of the current one */ \
    X(RETIRE_EPOCH, 20) /* client: u64 number; all sealed to it or to older ones is decided */ \
    X(DONE, 21)         /* empty */

enum frame_type {
#define X(name, number) FRAME_##name = number,
    FRAMES(X)
#undef X
};

/* Who a client says it is; the broker allows it by the peer's user id. */
#define VAULT_ROLES(X) \
    X(COMMAND, "command") /* leases all classes of active subjects and epochs; allocates */ \
    X(REVEAL, "reveal")   /* leases one subject's classes, with a reason, audited */ \
    X(ERASE, "erase")     /* erases, rotates epochs */ \
    X(STATUS, "status")   /* looks */

enum vault_role {
#define X(name, word) ROLE_##name,
    VAULT_ROLES(X)
#undef X
        ROLE_COUNT
};

enum refusal {
    REFUSAL_PROTOCOL,  /* another version, or no frame: the connection ends */
    REFUSAL_ROLE,      /* the peer's user may not be this */
    REFUSAL_RIGHT,     /* the role may not do this */
    REFUSAL_NOT_READY, /* the broker is starting; try again */
    REFUSAL_LIMIT,     /* too many connections, leases or items */
    REFUSAL_INTERNAL,  /* its log has more */
};

/* What is to be known of a leaf. Never collapsed: an erased leaf is not a missing one. */
enum key_state {
    KEY_LIVE,
    KEY_ERASED,     /* the leaf was punctured: for ever */
    KEY_ERASING,    /* its erasure is under way */
    KEY_RESTRICTED, /* this role may not have it now */
    KEY_UNKNOWN,    /* no such subject or leaf */
};

/* A key that is wanted: by subject (then `leaf` is filled in by the answer) or by leaf. */
struct lease_wish {
    bool by_leaf;
    bool allocate; /* give the subject leaves if it has none */
    uint8_t class; /* by subject: number of the leaf within it */
    struct uuid tenant;
    struct uuid subject;
    struct leaf leaf;
};

struct frame {
    enum frame_type type;
    uint32_t sequence;
    struct slice body;
};

/* Begins a frame in `out`; frame_end fills in its size. */
void frame_begin(struct writer *out, enum frame_type type, uint32_t sequence);
void frame_end(struct writer *out);

/* The frame at the beginning of the bytes. 1: *out and *size (of the whole frame) are filled in;
 * 0: more bytes are needed; -1: this is no frame. */
int frame_read(struct slice bytes, struct frame *out, size_t *size);

/* Reads fields one after another; `short_of` is set, and zero given, when the body ends too early. */
struct frame_reader {
    struct slice rest;
    bool short_of;
};
uint8_t frame_u8(struct frame_reader *reader);
uint16_t frame_u16(struct frame_reader *reader);
uint32_t frame_u32(struct frame_reader *reader);
uint64_t frame_u64(struct frame_reader *reader);
struct slice frame_bytes(struct frame_reader *reader, size_t size);
struct uuid frame_uuid(struct frame_reader *reader);

void frame_put_leaf(struct writer *out, struct leaf leaf);
struct leaf frame_leaf(struct frame_reader *reader);

/* Layout in frames.c. Reading refuses what writing does not make. */
void frame_put_wish(struct writer *out, const struct lease_wish *wish);
MUST_USE bool frame_get_wish(struct frame_reader *reader, struct lease_wish *out);

const char *vault_role_name(enum vault_role role);
MUST_USE bool vault_role_find(const char *word, enum vault_role *out);

#endif

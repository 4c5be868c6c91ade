// SPDX-License-Identifier: Apache-2.0
// One command on its way through the program: as it arrived, what it was decoded to, and the answer.
#ifndef COMMAND_ITEM_H
#define COMMAND_ITEM_H

#include "domain/aggregates.h"
#include "domain/catalog.h"
#include "domain/rejections.h"
#include "message/sealed.h"
#include "store/store.h"
#include "wire/envelope.h"

/* A message as the topic holds it. Views belong to whoever made it and outlive the batch. */
struct arrival {
    struct slice key;
    struct slice value; /* data NULL: there is none */
    const struct header *headers;
    size_t header_count;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* of the topic, since 1970; -1: none */
};

/* What the sender is told; numbers are those of reply_outcomes. */
enum answer_outcome {
    ANSWER_ACCEPTED,    /* events are appended and durable */
    ANSWER_REJECTED,    /* a rule of the business says no; stored */
    ANSWER_CONFLICT,    /* the expected version was missed; stored */
    ANSWER_INVALID,     /* can never work as it is; not stored */
    ANSWER_UNAVAILABLE, /* gave up for now; the same id may be sent again; not stored */
    ANSWER_INTERNAL,    /* our fault; in the dead letters */
    ANSWER_DENIED,      /* the sender may not do this; not stored */
    ANSWER_EXPIRED, /* it came too late to be decided, and no earlier answer is known; not stored */
    ANSWER_OUTCOME_COUNT
};

struct answer {
    enum answer_outcome outcome;
    const char *code;       /* static or in the batch's arena; NULL when accepted */
    const char *field;      /* static or in the batch's arena; NULL: none in particular */
    const char *detail;     /* static, no personal data; NULL: none */
    bool retryable;         /* the same command with the same id may be sent again */
    bool replayed;          /* was answered before */
    bool dead_letter;       /* goes to the dead letters too */
    int64_t version;        /* of the stream after the command; 0: unknown */
    int64_t position;       /* of its last event; 0: it has none */
    int64_t retry_after_ms; /* when the same id may be sent again; 0: nothing is said about that */
    int attempts;           /* at a command that was given up, 0: it was not … */
    struct uuid incident;   /* … and what operators know that by */
};

enum item_state {
    ITEM_OPEN,
    ITEM_ANSWERED, /* durable: may leave the process */
    ITEM_SENT,     /* its reply, if any, is with the producer */
    ITEM_LEFT,     /* stays in the queue it came from, as nothing before it there may be passed */
};

/* What the round a command takes part in has found out so far. */
enum item_fate {
    FATE_NONE,
    FATE_DECIDED, /* `answer` holds once the append of its group does */
    FATE_FOUND,   /* `answer` is one of before and holds once it is durable */
};

/* The box that a sender puts the personal data of a command into. */
enum item_box {
    ITEM_BOX_NONE,   /* it came without one */
    ITEM_BOX_CLOSED, /* to be opened before the command is decided */
    ITEM_BOX_OPEN,   /* the body is complete: what was in it is in the arena of personal data */
};

struct item {
    struct arrival arrival;
    struct slice value;   /* the body: of the arrival, or what was in its wrapping */
    bool value_is_packed; /* it is MessagePack, although its sender wrote JSON */
    struct envelope envelope;
    struct command command; /* body in the batch's arena */
    void *body;             /* the same body, to be completed from the box */
    enum item_box box;
    struct sealed_box sealed; /* the box, as it came */
    uint8_t classes;  /* bit per leaf that its events are sealed under; 0 while the box is shut */
    bool is_plain;    /* personal data came without a box */
    bool is_withheld; /* its body may hold personal data in plain: not for dead letters */
    /* A refusal that depends on us and not on the command: it holds only if the store does not know
     * the command, because whoever was answered before gets that answer again. */
    bool is_refused;
    enum rejection_code refusal;
    const char *refused_field; /* static; NULL: none in particular */
    bool is_mute;              /* nobody knows who sent it: no reply, to wherever it asks for one */
    const struct tenant_settings
        *settings;      /* of its tenant; NULL: answered before that was known */
    struct slice actor; /* name of the producer; empty: not known */
    struct stream_id stream;
    uint8_t fingerprint[STORE_FINGERPRINT_SIZE];
    enum item_state state;
    int attempts; /* rounds that ended in a conflict */
    int failures; /* rounds that failed because of it alone */
    bool look_up; /* its id may be stored already: decide only after asking */
    struct answer answer;
    /* Of the round: */
    struct item *next; /* in its group */
    enum item_fate fate;
    size_t event_count; /* decided */
};

static inline struct command_key item_key(const struct item *item)
{
    return (struct command_key){.id = item->envelope.id, .tenant_id = item->stream.tenant_id};
}

#endif

// SPDX-License-Identifier: Apache-2.0
// The key broker: all its state, and the frames it answers. One thread; nothing here waits for a client.
// It may wait for the database, for as long as a commit takes.
#ifndef SHREDDER_BROKER_H
#define SHREDDER_BROKER_H

#include "shredder/access.h"
#include "shredder/email_feed.h"
#include "shredder/email_index.h"
#include "shredder/epochs.h"
#include "shredder/erase.h"
#include "shredder/key_vault.h"
#include "shredder/lease_table.h"
#include "shredder/records.h"
#include "shredder/roles.h"
#include "shredder/session.h"
#include "shredder/subjects.h"

struct broker_options {
    const char *database;
    const char *brokers; /* of Kafka; NULL: epochs are not published */
    const char *epoch_topic;
    const char *socket;
    const char *roles;
    int64_t lease_seconds;
    int64_t epoch_hours;
};

struct broker {
    const struct broker_options *options;
    struct role_table roles;
    struct key_vault *vault;
    struct records records;
    int64_t records_retry_us;  /* not before then is the database tried again */
    struct vault_row recorded; /* what erasure.vault_state says */
    struct subjects subjects;
    uint64_t next_number; /* free numbers of the reserved block */
    uint64_t end_number;
    struct lease_table leases;
    int64_t lease_us;
    int64_t unknown_until_us; /* leases an earlier life may have given run until then; 0: none */
    int64_t fence;
    struct session sessions[HOLDERS_MOST];
    uint32_t last_holder;
    int listener;
    int64_t began_us;
    int64_t expired_us; /* when leases that ran out were last forgotten */
    int64_t pushed_us;  /* when holders of the vault were last looked after */
    struct eraser eraser;
    struct epochs epochs;
    struct access_counts access;
    struct email_index emails;
    struct email_feed email_feed;
    struct drain *goodbye; /* everything is called back, because we stop; else NULL */
    uint8_t *frame;        /* FRAME_MOST bytes, where answers without keys are built */
    bool record_due;       /* erasure.vault_state is behind */
    bool failed;           /* something that must end the program; `failure` says what */
    struct error failure;
};

/* Microseconds of CLOCK_BOOTTIME. */
int64_t broker_now_us(void);

/* ---- answers (answers.c) ---- */

/* Begins an answer without keys in broker->frame. */
struct writer answer_begin(struct broker *broker, enum frame_type type, uint32_t sequence);

/* Ends it and hands it to the client; one that does not read is hung up on. */
void answer_send(struct broker *broker, struct session *session, struct writer *answer);

void answer_refuse(
    struct broker *broker,
    struct session *session,
    uint32_t sequence,
    enum refusal refusal,
    const char *text);

/* By the kind of the error: NOT_READY when the same may work later, RIGHT when it never will. */
void answer_error(
    struct broker *broker, struct session *session, uint32_t sequence, const struct error *err);

/* Calls the leaves back from everybody who is connected (they also learn the fence), in as many frames
 * as it takes; the fence goes with the last. drain may be NULL. */
void broker_revoke(
    struct broker *broker,
    const struct leaf_span *spans,
    size_t span_count,
    enum key_state state,
    struct drain *drain);

/* ---- connections (broker.c) ---- */

/* One turn: waits at most timeout_ms, then reads, answers and writes. */
MUST_USE bool broker_turn(struct broker *broker, int timeout_ms, struct error *err);

/* Hangs up; whether the client has said that it is done. */
void broker_hang_up(struct broker *broker, struct session *session);

/* ---- what clients ask for ---- */

typedef void
frame_handler(struct broker *broker, struct session *session, const struct frame *frame);

frame_handler handle_lease, handle_renew, handle_release; /* leasing.c */
frame_handler handle_lookup_email, handle_status;         /* calls.c */
frame_handler handle_epochs, handle_rotate_epoch, handle_retire_epoch;
frame_handler handle_erase; /* erase_calls.c */

/* ---- the database (start.c) ---- */

/* Opens the database and finds out whether it and the vault belong together; loads what is needed.
 * ERROR_transient without a code: it may come later. */
MUST_USE bool broker_start(struct broker *broker, struct error *err);

/* Whether the database can be used; reconnects now and then. */
MUST_USE bool broker_has_database(struct broker *broker, struct error *err);

/* Which of the subject's classes the vault has forgotten, as bits. */
uint8_t broker_gone_classes(const struct broker *broker, const struct subject *subject);

/* After each generation of the vault: erasure.vault_state follows. */
MUST_USE bool broker_record_vault(struct broker *broker, struct error *err);

/* The same where nobody has to wait for it: later, if the database is away. */
void broker_note_vault(struct broker *broker);

#endif

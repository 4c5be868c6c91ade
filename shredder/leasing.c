// SPDX-License-Identifier: Apache-2.0
// LEASE, RENEW, RELEASE: who gets which key. A subject without leaves gets some here, and they are
// committed before any key made of them leaves the process.
#include "shredder/broker.h"

#include <sodium.h>

#include "base/banned.h"

enum { STACK_WIPED = 16 * 1024 };

static bool is_current_epoch(const struct broker *broker, uint64_t number)
{
    return number >= broker->epochs.oldest && number <= key_vault_epoch(broker->vault);
}

/* What is to be known of a leaf for this role; the key only if it is live. */
static enum key_state look(
    const struct broker *broker,
    enum vault_role role,
    struct leaf leaf,
    uint8_t key[static TREE_KEY_SIZE])
{
    if (leaf.tree == TREE_EPOCHS) {
        if (role != ROLE_COMMAND)
            return KEY_RESTRICTED;
        return key_vault_derive(broker->vault, leaf, LEAF_EPOCH_SEED, key);
    }
    const struct subject *subject =
        leaf.tree == TREE_SUBJECTS ? subjects_of_leaf(&broker->subjects, leaf.number) : NULL;
    if (subject == NULL)
        return KEY_UNKNOWN;
    enum key_state state = key_vault_derive(broker->vault, leaf, LEAF_DATA_KEY, key);
    bool fenced = (subject->fenced >> leaf.number % LEAVES_PER_SUBJECT & 1) != 0;
    if (state == KEY_LIVE && fenced) {
        sodium_memzero(key, TREE_KEY_SIZE);
        return KEY_ERASING;
    }
    return state;
}

/* ---- subjects that are new ---- */

/* A number of the reserved block. After a restart and after each loss of the database a new block is
 * begun: a database that was restored in between has forgotten numbers that were given. */
static bool next_number(struct broker *broker, uint32_t *out, struct error *err)
{
    if (broker->next_number == broker->end_number) {
        uint64_t first;
        if (!key_vault_reserve(broker->vault, &first, err))
            return false;
        if (first + VAULT_BLOCK > SUBJECTS_MOST)
            return error_set(err, ERROR_fatal, "the tree has no leaves left for new subjects");
        broker->next_number = first;
        broker->end_number = first + VAULT_BLOCK;
        broker_note_vault(broker);
    }
    *out = (uint32_t)broker->next_number++;
    return true;
}

static bool
is_named(const struct new_subject *added, size_t count, int32_t tenant_id, const struct uuid *id)
{
    for (size_t i = 0; i < count; i++) {
        if (added[i].tenant_id == tenant_id && uuid_equal(&added[i].id, id))
            return true;
    }
    return false;
}

/* Adds the wish's subject to the list if it needs leaves. */
static bool gather(
    struct broker *broker,
    const struct lease_wish *wish,
    struct new_subject *added,
    size_t *count,
    struct error *err)
{
    int32_t tenant_id;
    if (wish->by_leaf || !wish->allocate)
        return true;
    if (!records_tenant(&broker->records, &wish->tenant, &tenant_id, err))
        return false;
    if (subjects_find(&broker->subjects, tenant_id, &wish->subject) != NULL ||
        is_named(added, *count, tenant_id, &wish->subject))
        return true;
    struct new_subject one = {.id = wish->subject, .tenant_id = tenant_id};
    if (!broker_has_database(broker, err) || !next_number(broker, &one.number, err))
        return false;
    added[(*count)++] = one;
    return true;
}

static bool allocate(
    struct broker *broker, const struct lease_wish *wishes, size_t wish_count, struct error *err)
{
    struct new_subject added[FRAME_MOST_ITEMS];
    size_t count = 0;
    for (size_t i = 0; i < wish_count; i++) {
        if (!gather(broker, &wishes[i], added, &count, err))
            return false;
    }
    return count == 0 ||
           records_add_subjects(&broker->records, added, count, &broker->subjects, err);
}

/* ---- LEASE ---- */

static bool find_leaf(struct broker *broker, const struct lease_wish *wish, struct leaf *out)
{
    int32_t tenant_id;
    if (wish->by_leaf) {
        *out = wish->leaf;
        return true;
    }
    if (!records_known_tenant(&broker->records, &wish->tenant, &tenant_id))
        return false;
    const struct subject *subject = subjects_find(&broker->subjects, tenant_id, &wish->subject);
    if (subject == NULL)
        return false;
    *out = subject_leaf(subject, wish->class);
    return true;
}

/* One wish's answer; the key goes from the tree to the frame through a wiped variable. */
static void answer_wish(
    struct broker *broker,
    const struct session *session,
    uint8_t purpose,
    const struct lease_wish *wish,
    struct writer *answer)
{
    uint8_t key[TREE_KEY_SIZE] = {0};
    struct leaf leaf = {0};
    enum key_state state = KEY_UNKNOWN;
    if (find_leaf(broker, wish, &leaf))
        state = look(broker, session->role, leaf, key);
    if (state == KEY_LIVE) {
        int64_t until_us = broker_now_us() + broker->lease_us;
        if (lease_table_add(&broker->leases, session->holder, leaf, until_us)) {
            access_note(&broker->access, session->instance, purpose, leaf);
        } else {
            sodium_memzero(key, sizeof(key));
            state = KEY_RESTRICTED;
        }
    }
    writer_byte(answer, (uint8_t)state);
    frame_put_leaf(answer, leaf);
    writer_bytes(answer, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
}

static bool
read_wishes(struct frame_reader *reader, struct lease_wish *out, size_t *count, uint8_t *purpose)
{
    *purpose = frame_u8(reader);
    *count = frame_u16(reader);
    if (*count > FRAME_MOST_ITEMS)
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!frame_get_wish(reader, &out[i]))
            return false;
    }
    return !reader->short_of && reader->rest.size == 0;
}

/* Somebody who looks a person up gets the keys of one person, and makes none. */
static bool may_reveal(struct broker *broker, const struct lease_wish *wishes, size_t count)
{
    const struct subject *only = NULL;
    for (size_t i = 0; i < count; i++) {
        struct leaf leaf;
        if (wishes[i].allocate || (wishes[i].by_leaf && wishes[i].leaf.tree != TREE_SUBJECTS))
            return false;
        const struct subject *subject = find_leaf(broker, &wishes[i], &leaf)
                                            ? subjects_of_leaf(&broker->subjects, leaf.number)
                                            : NULL;
        if (only != NULL && subject != NULL && subject != only)
            return false;
        only = subject != NULL ? subject : only;
    }
    return true;
}

void handle_lease(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct frame_reader reader = {.rest = frame->body};
    struct lease_wish wishes[FRAME_MOST_ITEMS];
    struct error err;
    size_t count;
    uint8_t purpose;
    if (!read_wishes(&reader, wishes, &count, &purpose)) {
        answer_refuse(broker, session, frame->sequence, REFUSAL_PROTOCOL, "LEASE: no such body");
        return;
    }
    if (session->role == ROLE_REVEAL && !may_reveal(broker, wishes, count)) {
        answer_refuse(
            broker,
            session,
            frame->sequence,
            REFUSAL_RIGHT,
            "role reveal leases the keys of one known subject at a time");
        return;
    }
    if (!allocate(broker, wishes, count, &err)) {
        answer_error(broker, session, frame->sequence, &err);
        return;
    }
    struct writer answer = session_keys_writer(session);
    frame_begin(&answer, FRAME_LEASED, frame->sequence);
    writer_u32(&answer, (uint32_t)(broker->lease_us / 1000));
    writer_u16(&answer, (uint16_t)count);
    key_vault_begin_walk(broker->vault);
    for (size_t i = 0; i < count; i++)
        answer_wish(broker, session, purpose, &wishes[i], &answer);
    key_vault_end_walk(broker->vault);
    frame_end(&answer);
    session_keys_queued(session, &answer);
    sodium_stackzero(STACK_WIPED); /* the KDF leaves keys there */
}

/* ---- RENEW, RELEASE ---- */

static bool read_leaves(const struct frame *frame, struct leaf *out, size_t *count)
{
    struct frame_reader reader = {.rest = frame->body};
    *count = frame_u16(&reader);
    if (*count > FRAME_MOST_ITEMS)
        return false;
    for (size_t i = 0; i < *count; i++)
        out[i] = frame_leaf(&reader);
    return !reader.short_of && reader.rest.size == 0;
}

/* Whether a lease may go on, without deriving anything. */
static enum key_state
renewed(struct broker *broker, const struct session *session, struct leaf leaf, int64_t now_us)
{
    const struct subject *subject = NULL;
    if (!lease_table_has(&broker->leases, session->holder, leaf, now_us))
        return KEY_UNKNOWN;
    if (leaf.tree == TREE_EPOCHS) {
        if (!is_current_epoch(broker, leaf.number))
            return KEY_ERASED;
    } else {
        subject = subjects_of_leaf(&broker->subjects, leaf.number);
        if (subject == NULL)
            return KEY_UNKNOWN;
        if ((subject->fenced >> leaf.number % LEAVES_PER_SUBJECT & 1) != 0)
            return KEY_ERASING;
    }
    bool kept = lease_table_add(&broker->leases, session->holder, leaf, now_us + broker->lease_us);
    CHECK(kept); /* the row is there */
    return KEY_LIVE;
}

void handle_renew(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct leaf leaves[FRAME_MOST_ITEMS];
    size_t count;
    if (!read_leaves(frame, leaves, &count)) {
        answer_refuse(broker, session, frame->sequence, REFUSAL_PROTOCOL, "RENEW: no such body");
        return;
    }
    int64_t now_us = broker_now_us();
    struct writer answer = answer_begin(broker, FRAME_RENEWED, frame->sequence);
    writer_u32(&answer, (uint32_t)(broker->lease_us / 1000));
    writer_u16(&answer, (uint16_t)count);
    for (size_t i = 0; i < count; i++)
        writer_byte(&answer, (uint8_t)renewed(broker, session, leaves[i], now_us));
    answer_send(broker, session, &answer);
}

void handle_release(struct broker *broker, struct session *session, const struct frame *frame)
{
    struct leaf leaves[FRAME_MOST_ITEMS];
    size_t count;
    if (!read_leaves(frame, leaves, &count)) {
        answer_refuse(broker, session, frame->sequence, REFUSAL_PROTOCOL, "RELEASE: no such body");
        return;
    }
    for (size_t i = 0; i < count; i++)
        lease_table_drop(&broker->leases, session->holder, leaves[i]);
    struct writer answer = answer_begin(broker, FRAME_DONE, frame->sequence);
    answer_send(broker, session, &answer);
}

// SPDX-License-Identifier: Apache-2.0
#include "load/generate.h"

#include "domain/stock_item.h"
#include "load/generate_people.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    GUESTS_PERCENT = 20,
    SMALL_LINES_CANCELLED_PERCENT = 3,
    RETAIL_LINES_CANCELLED_PERCENT = 15,
    ORDERS_CANCELLED_PERCENT = 1,
    ADDRESSES_CHANGED_PERCENT = 2,
    CONTACTS_CHANGED_PERCENT = 1,
    RECEIPT_EVERY = 50, /* orders */
    CANCEL_AFTER = 200, /* orders placed in between */
    CAUSE_PURCHASE = 0,
    REASON_CUSTOMER = 0,
};

/* What will become of an order placed CANCEL_AFTER orders ago. */
enum fate_kind {
    FATE_NONE,
    FATE_CANCEL_LINES,
    FATE_CANCEL_ORDER,
    FATE_CHANGE_ADDRESS,
    FATE_CHANGE_CONTACT,
};

struct fate {
    enum fate_kind kind;
    int64_t line_no;
    int64_t qty;
    struct uuid order_id;
    struct buyer buyer;
};

struct generator {
    const struct run_identity *identity;
    struct generator_options options;
    int64_t placed;
    int64_t ended; /* fates that came true, or did not */
    int64_t commands;
    int64_t id_base_ms;
    uint64_t random;
    bool receipt_due;
    bool has_buyer; /* of the next order, registered just now */
    struct buyer buyer;
    struct articles *articles;
    struct drafts *drafts;
    struct people *people;
    struct fate fates[CANCEL_AFTER];
    /* of the command given out last */
    struct cancel_lines cancel_lines;
    struct order_units cancelled_line;
    struct cancel_order cancel_order;
    struct receive_stock receipt;
};

uint64_t draw(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

bool generator_open(
    struct generator **out,
    const struct generator_options *options,
    const struct run_identity *identity,
    struct error *err)
{
    struct generator *generator = calloc(1, sizeof(*generator));
    if (generator == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    generator->identity = identity;
    generator->options = *options;
    /* What is sold depends on the seed, which run it is only on the run id: ids start there. */
    const struct run_start start = run_start_of(identity, "generate", options->seed);
    generator->id_base_ms = start.id_base_ms;
    generator->random = (uint64_t)options->seed;
    generator->people = people_new(identity);
    generator->articles = articles_new(options->shape, &generator->random);
    if (generator->articles != NULL)
        generator->drafts = drafts_new(generator->articles, options->shape, &generator->random);
    generator->random = start.random;
    if (generator->drafts == NULL || generator->people == NULL) {
        generator_close(generator);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    *out = generator;
    return true;
}

void generator_close(struct generator *generator)
{
    if (generator == NULL)
        return;
    drafts_free(generator->drafts);
    articles_free(generator->articles);
    people_free(generator->people);
    free(generator);
}

static struct uuid next_id(struct generator *generator)
{
    return run_id_draw(generator->id_base_ms, generator->commands, &generator->random);
}

static void draw_buyer(struct generator *generator)
{
    struct buyer *buyer = &generator->buyer;
    if (draw_below(&generator->random, 100) < GUESTS_PERCENT) {
        *buyer = (struct buyer){.number = GUEST, .id = next_id(generator)};
        uuid_format(&buyer->id, buyer->text);
    } else {
        people_get(generator->people, draw_below(&generator->random, GENERATED_CUSTOMERS), buyer);
    }
    generator->has_buyer = true;
}

/* Contacts change only of customers who are registered. */
static enum fate_kind draw_kind(struct generator *generator)
{
    const struct generator_options *options = &generator->options;
    int64_t percent = draw_below(&generator->random, 100);
    int64_t below = options->shape == SHAPE_RETAIL ? RETAIL_LINES_CANCELLED_PERCENT
                                                   : SMALL_LINES_CANCELLED_PERCENT;
    if (percent < below)
        return FATE_CANCEL_LINES;
    if (percent < (below += ORDERS_CANCELLED_PERCENT))
        return FATE_CANCEL_ORDER;
    if (options->personal && percent < (below += ADDRESSES_CHANGED_PERCENT))
        return FATE_CHANGE_ADDRESS;
    if (options->registers && generator->buyer.number != GUEST &&
        percent < below + CONTACTS_CHANGED_PERCENT)
        return FATE_CHANGE_CONTACT;
    return FATE_NONE;
}

static void
draw_fate(struct generator *generator, const struct uuid *order_id, const struct draft_lines *lines)
{
    struct fate *fate = &generator->fates[generator->placed % CANCEL_AFTER];
    int64_t line = draw_below(&generator->random, lines->count);
    *fate = (struct fate){
        .kind = draw_kind(generator),
        .line_no = line + 1,
        .qty = 1 + draw_below(&generator->random, lines->qty[line]),
        .order_id = *order_id,
        .buyer = generator->buyer};
}

static bool place(struct generator *generator, struct outgoing *out, struct error *err)
{
    struct draft_lines lines;
    out->type = COMMAND_PLACE_ORDER;
    out->stream_id = next_id(generator);
    out->bytes = drafts_take(
        generator->drafts,
        draw(&generator->random),
        generator->placed,
        generator->buyer.text,
        &lines);
    out->lines = lines.count;
    draw_fate(generator, &out->stream_id, &lines);
    generator->placed++;
    generator->receipt_due = generator->placed % RECEIPT_EVERY == 0;
    generator->has_buyer = false;
    return !generator->options.personal ||
           people_order_part(generator->people, &generator->buyer, &out->personal, err);
}

static void receive(struct generator *generator, struct outgoing *out)
{
    const struct run_identity *identity = generator->identity;
    const struct article *article = articles_draw(generator->articles, &generator->random);
    generator->receipt = (struct receive_stock){
        .sku = slice_of_text(article->sku),
        .location = slice_of_text(identity->location),
        .has_location = true,
        .qty = 1 + draw_below(&generator->random, 1000),
        .cause = CAUSE_PURCHASE};
    generator->receipt_due = false;
    out->type = COMMAND_RECEIVE_STOCK;
    out->body = &generator->receipt;
    out->stream_id =
        stock_stream_id(&identity->tenant, generator->receipt.location, generator->receipt.sku);
}

static void cancel_lines(struct generator *generator, const struct fate *fate, struct outgoing *out)
{
    generator->cancelled_line = (struct order_units){.line_no = fate->line_no, .qty = fate->qty};
    generator->cancel_lines = (struct cancel_lines){
        .lines = &generator->cancelled_line, .lines_count = 1, .reason = REASON_CUSTOMER};
    out->type = COMMAND_CANCEL_LINES;
    out->body = &generator->cancel_lines;
}

static void cancel_order(struct generator *generator, struct outgoing *out)
{
    generator->cancel_order = (struct cancel_order){.reason = REASON_CUSTOMER};
    out->type = COMMAND_CANCEL_ORDER;
    out->body = &generator->cancel_order;
}

/* What is to become of an order that is old enough; false: nothing. */
static bool come_true(struct generator *generator, struct outgoing *out)
{
    const struct fate *fate = &generator->fates[generator->ended++ % CANCEL_AFTER];
    out->stream_id = fate->order_id;
    switch (fate->kind) {
    case FATE_NONE:
        break;
    case FATE_CANCEL_LINES:
        cancel_lines(generator, fate, out);
        break;
    case FATE_CANCEL_ORDER:
        cancel_order(generator, out);
        break;
    case FATE_CHANGE_ADDRESS:
        people_put_address_change(generator->people, &fate->buyer, &fate->order_id, out);
        break;
    case FATE_CHANGE_CONTACT:
        people_put_contact_change(generator->people, &fate->buyer, out);
        break;
    }
    return fate->kind != FATE_NONE;
}

/* Returning customers are the same in all runs, and so is their registration: in the next run it is a
 * repeated command, which is answered as the first time. */
static bool register_buyer(struct generator *generator, struct outgoing *out)
{
    const struct buyer *buyer = &generator->buyer;
    draw_buyer(generator);
    if (!generator->options.registers || !people_register(generator->people, buyer))
        return false;
    people_put_registration(generator->people, buyer, out);
    out->command_id = buyer->number == GUEST
                          ? next_id(generator)
                          : shared_id(
                                generator->identity,
                                "register generated customer",
                                slice_of(buyer->id.bytes, sizeof(buyer->id.bytes)));
    return true;
}

/* Fates are due when there are enough younger orders, and all of them at the end. */
static bool end_one(struct generator *generator, bool all_placed, struct outgoing *out)
{
    while (generator->ended < generator->placed &&
           (all_placed || generator->placed - generator->ended == CANCEL_AFTER)) {
        if (come_true(generator, out))
            return true;
    }
    return false;
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    struct generator *generator = state;
    struct outgoing command = {.expected = NULL};
    bool all_placed =
        generator->options.orders != 0 && generator->placed == generator->options.orders;
    *out_more = true;
    if (generator->receipt_due) {
        receive(generator, &command);
    } else if (!end_one(generator, all_placed, &command)) {
        if (all_placed) {
            *out_more = false;
            return true;
        }
        if ((generator->has_buyer || !register_buyer(generator, &command)) &&
            !place(generator, &command, err))
            return false;
    }
    static const struct uuid none;
    if (uuid_equal(&command.command_id, &none))
        command.command_id = next_id(generator);
    generator->commands++;
    *out = command;
    return true;
}

struct command_source generator_source(struct generator *generator)
{
    return (struct command_source){.next = next, .state = generator};
}

// SPDX-License-Identifier: Apache-2.0
// A promotion on a stage, and the commands that most of its tests send.
#ifndef SUPPORT_PROMOTION_H
#define SUPPORT_PROMOTION_H

#include "domain/promotion.h"
#include "support/stage.h"

#define DAY (INT64_C(86400) * 1000000)

static inline int open_promotion(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_PROMOTION);
    stage.context.stream_id = promotion_stream_id(&stage.tenant.tenant, slice_of_text("SPRING26"));
    *state = &stage;
    return 0;
}

static inline int close_promotion(void **state)
{
    stage_close(*state);
    return 0;
}

static inline const struct promotion *promotion_of(const struct stage *stage)
{
    return stage->aggregate.state;
}

/* 25 %, for two orders of a customer and three in all, from 20.00 EUR on. */
static inline struct define_promotion quarter_off(void)
{
    return (struct define_promotion){
        .code = SLICE_LITERAL("Spring26"),
        .kind = PROMOTION_PERCENT,
        .bps = 2500,
        .has_bps = true,
        .currency = SLICE_LITERAL("EUR"),
        .has_currency = true,
        .min_purchase = {20, 0},
        .has_min_purchase = true,
        .max_uses = 3,
        .has_max_uses = true,
        .per_customer = 2,
        .valid_from = STAGE_NOW - DAY,
        .valid_until = STAGE_NOW + DAY,
        .seller_id = SLICE_LITERAL("seller-7"),
        .has_seller_id = true};
}

static inline struct define_promotion ten_off(void)
{
    struct define_promotion command = quarter_off();
    command.kind = PROMOTION_FIXED;
    command.has_bps = false;
    command.amount = (struct decimal){10, 0};
    command.has_amount = true;
    command.has_min_purchase = false;
    return command;
}

static inline void define_it(struct stage *stage, const struct define_promotion *command)
{
    stage_do(stage, COMMAND_DEFINE_PROMOTION, command, 1);
}

static inline struct redeem_promotion redeems(uint8_t order, uint8_t customer)
{
    return (struct redeem_promotion){
        .code = SLICE_LITERAL("sPRING26"),
        .order_id = {{0x0d, order}},
        .customer_id = {{0xc0, customer}},
        .currency = SLICE_LITERAL("EUR"),
        .subtotal = {4000, 2},
        .claimed_discount = {10, 0},
        .at = STAGE_NOW};
}

static inline void redeem_once(struct stage *stage, uint8_t order, uint8_t customer)
{
    const struct redeem_promotion command = redeems(order, customer);
    stage_do(stage, COMMAND_REDEEM_PROMOTION, &command, 1);
}

static inline void deactivate_it(struct stage *stage)
{
    const struct deactivate_promotion command = {.code = SLICE_LITERAL("spring26"), .reason = 2};
    stage_do(stage, COMMAND_DEACTIVATE_PROMOTION, &command, 1);
}

#define PROMOTION(test) cmocka_unit_test_setup_teardown(test, open_promotion, close_promotion)

#endif

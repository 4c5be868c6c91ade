// SPDX-License-Identifier: Apache-2.0
// What the parts of the promotion share. The state is a struct promotion.
#ifndef DOMAIN_PROMOTION_STEPS_H
#define DOMAIN_PROMOTION_STEPS_H

#include "domain/promotion.h"

decide_function promotion_define;
decide_function promotion_redeem;
decide_function promotion_release;
decide_function promotion_deactivate;

/* Whether the command came to the stream of the code it names. */
bool promotion_is_own_stream(const struct decide_context *context, struct slice code);

/* An amount of at least 0, to minor units. False: refused for `field`. */
MUST_USE bool promotion_read_amount(
    const struct decimal *amount,
    const struct currency *currency,
    const char *field,
    struct decision *out,
    int64_t *minor);

#endif

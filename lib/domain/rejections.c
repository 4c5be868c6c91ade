// SPDX-License-Identifier: Apache-2.0
#include "domain/rejections.h"

#include "base/check.h"

#include "base/banned.h"

const struct rejection rejections[REJECTION_COUNT] = {
#define REJECTION(code_word, class_word, can_retry, sentence) \
    [REJECTION_##code_word] = { \
        .code = #code_word, \
        .class = REJECTION_CLASS_##class_word, \
        .retryable = can_retry, \
        .text = sentence},
#include "domain/rejections.def"
#undef REJECTION
};

static const char *const class_names[] = {
    "malformed",
    "identity",
    "conflict",
    "state",
    "quantity",
    "stock",
    "promotion",
    "money",
    "privacy"};
_Static_assert(countof(class_names) == REJECTION_CLASS_COUNT, "each class has a name");

const struct rejection *rejection_find(struct slice code)
{
    for (size_t i = 0; i < REJECTION_COUNT; i++) {
        if (slice_is(code, rejections[i].code))
            return &rejections[i];
    }
    return NULL;
}

const char *rejection_class_name(enum rejection_class class)
{
    CHECK(class < REJECTION_CLASS_COUNT);
    return class_names[class];
}

enum rejection_code rejection_of_fit(enum money_fit fit)
{
    CHECK(fit != MONEY_FITS);
    return fit == MONEY_TOO_PRECISE ? REJECTION_price_precision : REJECTION_amount_overflow;
}

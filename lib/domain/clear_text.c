// SPDX-License-Identifier: Apache-2.0
#include "domain/clear_text.h"
#include "domain/personal.h"
#include "domain/transitions.h"

#include "base/banned.h"

static bool is_code(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                        (letter >= '0' && letter <= '9');
        if (!is_plain && (letter == '\0' || strchr("_.:-", letter) == NULL))
            return false;
    }
    return true;
}

static bool is_of_a_thing(struct slice text)
{
    return memchr(text.data, '@', text.size) == NULL;
}

bool clear_text_check(
    bool is_there, struct slice text, enum clear_text kind, const char *field, struct decision *out)
{
    if (!is_there || text.size == 0)
        return true;
    if (kind != CLEAR_REFERENCE && personal_has_card_number(text))
        return !decision_refuse(out, REJECTION_pan_detected, field);
    if (kind == CLEAR_CODE ? !is_code(text) : !is_of_a_thing(text))
        return !decision_refuse(out, REJECTION_bad_field, field);
    return true;
}

// SPDX-License-Identifier: Apache-2.0
#include "domain/personal.h"

#include "base/banned.h"

enum {
    EMAIL_LEAST = 3,
    EMAIL_MOST = 254, /* RFC 5321, 4.5.3.1.3: a path has 256 with its brackets */
    CARD_LEAST = 13,
    CARD_MOST = 19, /* ISO/IEC 7812-1 */
};

bool personal_is_email(struct slice text)
{
    size_t ats = 0;
    if (text.size < EMAIL_LEAST || text.size > EMAIL_MOST)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == ' ')
            return false;
        ats += text.data[i] == '@';
    }
    return ats == 1 && text.data[0] != '@' && text.data[text.size - 1] != '@';
}

bool personal_is_country(struct slice code)
{
    for (size_t i = 0; i < code.size; i++) {
        if (code.data[i] < 'A' || code.data[i] > 'Z')
            return false;
    }
    return code.size == 2;
}

/* Luhn: from the right every second digit counts double, with the sum of its digits. */
static bool passes_luhn(const uint8_t *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = digits[count - 1 - i];
        if (i % 2 == 1)
            digit = digit < 5 ? 2 * digit : 2 * digit - 9;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool is_digit(uint8_t letter)
{
    return letter >= '0' && letter <= '9';
}

/* Whether whole groups of digits from here on make up the number of a card. */
static bool begins_card(struct slice text)
{
    uint8_t digits[CARD_MOST];
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        if (!is_digit(letter) && letter != ' ' && letter != '-')
            break;
        if (!is_digit(letter))
            continue;
        if (count == CARD_MOST)
            break;
        digits[count++] = (uint8_t)(letter - '0');
        bool group_ends = i + 1 == text.size || !is_digit(text.data[i + 1]);
        if (group_ends && count >= CARD_LEAST && passes_luhn(digits, count))
            return true;
    }
    return false;
}

bool personal_has_card_number(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool group_begins = is_digit(text.data[i]) && (i == 0 || !is_digit(text.data[i - 1]));
        if (group_begins && begins_card(slice_of(text.data + i, text.size - i)))
            return true;
    }
    return false;
}

bool personal_bill_to(const struct place_order *order, struct postal_address *out)
{
    if (!order->has_bill_to && !order->has_delivery)
        return false;
    *out = order->has_bill_to ? order->bill_to : order->delivery.ship_to;
    if (!out->has_name && order->has_contact) {
        out->name = order->contact.name;
        out->has_name = true;
    }
    return true;
}

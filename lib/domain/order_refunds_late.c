// SPDX-License-Identifier: Apache-2.0
// Refunds that went after all. A provider said that a refund had failed, and says later that the money
// has moved: that is recorded, as a refund of its own, requested and settled in one. Its id is derived
// from that of the one that had failed and from the provider's reference. So every sum over events
// stays what it is, and nothing that was recorded is taken back.
#include "domain/order_steps.h"

#include "base/checked.h"

#include "base/banned.h"

struct uuid order_late_refund_id(const struct uuid *refund_id, struct slice provider_ref)
{
    return uuid_v5(refund_id, provider_ref);
}

/* What went of the refund after it had failed. */
static int64_t told_late(const struct order *order, const struct order_refund *refund)
{
    int64_t amount = 0;
    for (const struct payment_result *at = order->money.results; at != NULL; at = at->older) {
        if (at->op != PAYMENT_REFUND || !at->is_ok)
            continue;
        struct uuid id = order_late_refund_id(&refund->id, at->provider_ref);
        if (uuid_equal(&at->refund_id, &id))
            amount += at->amount; /* of what has failed: no overflow */
    }
    return amount;
}

int64_t order_late_refundable(const struct order *order, const struct order_refund *refund)
{
    return refund->failed == 0 ? 0 : refund->failed - told_late(order, refund);
}

/* Whether all that the refund was for is still to be refunded, at the same amount. */
static bool is_free(
    const struct order *order,
    const struct order_refund *refund,
    struct order_units_priced *lines,
    struct refund_requested *event)
{
    event->amount = refund->shipping + refund->goodwill; /* parts of refund->amount */
    for (size_t i = 0; i < refund->line_count; i++) {
        const struct order_units_priced *line = &refund->lines[i];
        struct refunded_line part;
        size_t at;
        if (!order_find_line(order, line->line_no, &at) ||
            !order_share_refund(order, at, line->qty, refund->reason, &part))
            return false;
        lines[i] = *line;
        lines[i].amount = part.cancelled_amount + part.returned_amount;
        if (!checked_add_i64(event->amount, lines[i].amount, &event->amount))
            return false;
    }
    return event->amount == refund->amount && event->amount <= order_refundable(order) &&
           refund->shipping <= order->shipping + order->shipping_tax - order->money.shipping;
}

/* Money and nothing else. It is a credit like that of the refund that had failed, unless that one's
 * still stands because part of it was settled. */
static void fill_money(
    const struct order_refund *refund,
    bool is_first,
    int64_t amount,
    struct refund_requested *event)
{
    bool is_credit = is_first && refund->failed == refund->amount && refund->credit > 0;
    event->reason = is_credit ? REFUND_OTHER : REFUND_OVERPAID;
    event->goodwill = amount;
    event->amount = amount;
}

struct refund_requested *order_request_late(
    const struct order *order,
    const struct order_refund *refund,
    const struct uuid *id,
    int64_t amount,
    struct arena *arena)
{
    bool is_first = told_late(order, refund) == 0;
    struct refund_requested *event = arena_new(arena, struct refund_requested);
    struct order_units_priced *lines =
        arena_array(arena, refund->line_count, struct order_units_priced);
    if (event == NULL || lines == NULL)
        return NULL;
    event->refund_id = *id;
    if (!is_first || refund->failed != refund->amount || !is_free(order, refund, lines, event)) {
        fill_money(refund, is_first, amount, event);
        return event;
    }
    event->lines = lines;
    event->lines_count = refund->line_count;
    event->has_lines = refund->line_count != 0;
    event->shipping = refund->shipping;
    event->goodwill = refund->goodwill;
    event->reason = refund->reason;
    return event;
}

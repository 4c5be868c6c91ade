// SPDX-License-Identifier: Apache-2.0
#include "domain/order_messages.h"

#include "base/banned.h"

static const char *const channels[] = {"web", "store", "phone", "marketplace"};
const struct message_enum order_channels = {channels, countof(channels)};

static const char *const cancel_reasons[] = {
    "customer", "declined", "fraud", "inventory", "promotion", "staff", "other"};
const struct message_enum order_cancel_reasons = {cancel_reasons, countof(cancel_reasons)};

/* Index = enum rounding. */
static const char *const roundings[] = {"half_even", "half_up"};
const struct message_enum order_roundings = {roundings, countof(roundings)};
_Static_assert(countof(roundings) == ROUNDING_COUNT, "each rounding has a name");

DEFINE_MESSAGE(postal_address, "PostalAddress", 1, POSTAL_ADDRESS_FIELDS)
DEFINE_MESSAGE(person_contact, "PersonContact", 1, PERSON_CONTACT_FIELDS)
DEFINE_MESSAGE(order_delivery, "OrderDelivery", 1, ORDER_DELIVERY_FIELDS)

DEFINE_MESSAGE(place_order_line, "PlaceOrderLine", 1, PLACE_ORDER_LINE_FIELDS)
DEFINE_MESSAGE(place_order_shipping, "PlaceOrderShipping", 1, PLACE_ORDER_SHIPPING_FIELDS)
DEFINE_MESSAGE(place_order, "PlaceOrder", 1, PLACE_ORDER_FIELDS)
DEFINE_MESSAGE(cancel_lines_line, "CancelLinesLine", 1, CANCEL_LINES_LINE_FIELDS)
DEFINE_MESSAGE(cancel_lines, "CancelLines", 1, CANCEL_LINES_FIELDS)
DEFINE_MESSAGE(cancel_order, "CancelOrder", 1, CANCEL_ORDER_FIELDS)
DEFINE_MESSAGE(change_shipping_address, "ChangeShippingAddress", 1, CHANGE_SHIPPING_ADDRESS_FIELDS)

/* 1 and 2 of OrderPlaced are OrderCreated, 1 of OrderCancelled had free text, 1 of
 * ShippingAddressChanged an address of one text: the numbers go on. */
DEFINE_MESSAGE(order_placed_line, "OrderPlacedLine", 3, ORDER_PLACED_LINE_FIELDS)
DEFINE_MESSAGE(order_placed, "OrderPlaced", 3, ORDER_PLACED_FIELDS)
DEFINE_MESSAGE(lines_cancelled_line, "LinesCancelledLine", 1, LINES_CANCELLED_LINE_FIELDS)
DEFINE_MESSAGE(lines_cancelled, "LinesCancelled", 1, LINES_CANCELLED_FIELDS)
DEFINE_MESSAGE(order_cancelled, "OrderCancelled", 2, ORDER_CANCELLED_FIELDS)
DEFINE_MESSAGE(
    shipping_address_changed, "ShippingAddressChanged", 2, SHIPPING_ADDRESS_CHANGED_FIELDS)

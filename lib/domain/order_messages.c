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

static const char *const claim_outcomes[] = {"reserved", "refused"};
const struct message_enum order_claim_outcomes = {claim_outcomes, countof(claim_outcomes)};

static const char *const promotion_outcomes[] = {"applied", "refused"};
const struct message_enum order_promotion_outcomes = {
    promotion_outcomes, countof(promotion_outcomes)};

static const char *const operations[] = {"authorize", "capture", "void", "refund"};
const struct message_enum payment_operations = {operations, countof(operations)};

static const char *const outcomes[] = {"ok", "declined", "error"};
const struct message_enum payment_outcomes = {outcomes, countof(outcomes)};

static const char *const void_causes[] = {"cancelled", "expired", "replaced"};
const struct message_enum payment_void_causes = {void_causes, countof(void_causes)};

static const char *const hold_reasons[] = {
    "fraud", "address", "manual", "capture_failed", "underfunded", "authorization_expired"};
const struct message_enum order_hold_reasons = {hold_reasons, countof(hold_reasons)};

static const char *const deadlines[] = {"reservation", "payment", "authorization"};
const struct message_enum order_deadlines = {deadlines, countof(deadlines)};

static const char *const return_reasons[] = {
    "damaged", "wrong_item", "not_as_described", "too_late", "unwanted", "other"};
const struct message_enum order_return_reasons = {return_reasons, countof(return_reasons)};

static const char *const refund_reasons[] = {
    "cancelled", "returned", "shipping", "goodwill", "overpaid", "other"};
const struct message_enum order_refund_reasons = {refund_reasons, countof(refund_reasons)};

static const char *const note_visibilities[] = {"internal", "customer"};
const struct message_enum order_note_visibilities = {note_visibilities, countof(note_visibilities)};

DEFINE_MESSAGE(postal_address, "PostalAddress", 1, POSTAL_ADDRESS_FIELDS)
DEFINE_MESSAGE(person_contact, "PersonContact", 1, PERSON_CONTACT_FIELDS)
DEFINE_MESSAGE(order_delivery, "OrderDelivery", 1, ORDER_DELIVERY_FIELDS)
DEFINE_MESSAGE(order_note, "OrderNote", 1, ORDER_NOTE_FIELDS)
DEFINE_MESSAGE(payment_instrument, "PaymentInstrument", 1, PAYMENT_INSTRUMENT_FIELDS)
DEFINE_MESSAGE(shipment_tracking, "ShipmentTracking", 1, SHIPMENT_TRACKING_FIELDS)
DEFINE_MESSAGE(delivery_receipt, "DeliveryReceipt", 1, DELIVERY_RECEIPT_FIELDS)

DEFINE_MESSAGE(place_order_line, "PlaceOrderLine", 1, PLACE_ORDER_LINE_FIELDS)
DEFINE_MESSAGE(place_order_shipping, "PlaceOrderShipping", 1, PLACE_ORDER_SHIPPING_FIELDS)
DEFINE_MESSAGE(place_order_promo, "PlaceOrderPromo", 1, PLACE_ORDER_PROMO_FIELDS)
DEFINE_MESSAGE(place_order, "PlaceOrder", 1, PLACE_ORDER_FIELDS)
DEFINE_MESSAGE(order_units, "OrderUnits", 1, ORDER_UNITS_FIELDS)
DEFINE_MESSAGE(cancel_lines, "CancelLines", 1, CANCEL_LINES_FIELDS)
DEFINE_MESSAGE(cancel_order, "CancelOrder", 1, CANCEL_ORDER_FIELDS)
DEFINE_MESSAGE(change_shipping_address, "ChangeShippingAddress", 1, CHANGE_SHIPPING_ADDRESS_FIELDS)
DEFINE_MESSAGE(record_reservation, "RecordReservation", 1, RECORD_RESERVATION_FIELDS)
DEFINE_MESSAGE(record_redemption, "RecordRedemption", 1, RECORD_REDEMPTION_FIELDS)
DEFINE_MESSAGE(record_payment_result, "RecordPaymentResult", 1, RECORD_PAYMENT_RESULT_FIELDS)
DEFINE_MESSAGE(hold_order, "HoldOrder", 1, HOLD_ORDER_FIELDS)
DEFINE_MESSAGE(release_hold, "ReleaseHold", 1, RELEASE_HOLD_FIELDS)
DEFINE_MESSAGE(expire_order, "ExpireOrder", 1, EXPIRE_ORDER_FIELDS)
DEFINE_MESSAGE(ship_lines, "ShipLines", 1, SHIP_LINES_FIELDS)
DEFINE_MESSAGE(record_delivery, "RecordDelivery", 1, RECORD_DELIVERY_FIELDS)
DEFINE_MESSAGE(return_line, "ReturnLine", 1, RETURN_LINE_FIELDS)
DEFINE_MESSAGE(request_return, "RequestReturn", 1, REQUEST_RETURN_FIELDS)
DEFINE_MESSAGE(received_line, "ReceivedLine", 1, RECEIVED_LINE_FIELDS)
DEFINE_MESSAGE(receive_return, "ReceiveReturn", 1, RECEIVE_RETURN_FIELDS)
DEFINE_MESSAGE(request_refund, "RequestRefund", 1, REQUEST_REFUND_FIELDS)
DEFINE_MESSAGE(add_note, "AddNote", 1, ADD_NOTE_FIELDS)
DEFINE_MESSAGE(close_order, "CloseOrder", 1, CLOSE_ORDER_FIELDS)

/* 1 and 2 of OrderPlaced are OrderCreated, 1 of OrderCancelled had free text, 1 of
 * ShippingAddressChanged an address of one text, ShipmentDispatched was OrderShipped and RefundSettled
 * OrderRefunded: the numbers go on. */
DEFINE_MESSAGE(order_placed_line, "OrderPlacedLine", 3, ORDER_PLACED_LINE_FIELDS)
DEFINE_MESSAGE(order_placed, "OrderPlaced", 3, ORDER_PLACED_FIELDS)
DEFINE_MESSAGE(order_units_priced, "OrderUnitsPriced", 1, ORDER_UNITS_PRICED_FIELDS)
DEFINE_MESSAGE(lines_cancelled, "LinesCancelled", 1, LINES_CANCELLED_FIELDS)
DEFINE_MESSAGE(order_cancelled, "OrderCancelled", 2, ORDER_CANCELLED_FIELDS)
DEFINE_MESSAGE(
    shipping_address_changed, "ShippingAddressChanged", 2, SHIPPING_ADDRESS_CHANGED_FIELDS)
DEFINE_MESSAGE(line_reserved, "LineReserved", 1, LINE_RESERVED_FIELDS)
DEFINE_MESSAGE(
    line_reservation_refused, "LineReservationRefused", 1, LINE_RESERVATION_REFUSED_FIELDS)
DEFINE_MESSAGE(promotion_share, "PromotionShare", 1, PROMOTION_SHARE_FIELDS)
DEFINE_MESSAGE(promotion_applied, "PromotionApplied", 1, PROMOTION_APPLIED_FIELDS)
DEFINE_MESSAGE(promotion_refused, "PromotionRefused", 1, PROMOTION_REFUSED_FIELDS)
DEFINE_MESSAGE(order_confirmed, "OrderConfirmed", 1, ORDER_CONFIRMED_FIELDS)
DEFINE_MESSAGE(payment_authorized, "PaymentAuthorized", 1, PAYMENT_AUTHORIZED_FIELDS)
DEFINE_MESSAGE(payment_declined, "PaymentDeclined", 1, PAYMENT_DECLINED_FIELDS)
DEFINE_MESSAGE(payment_captured, "PaymentCaptured", 1, PAYMENT_CAPTURED_FIELDS)
DEFINE_MESSAGE(payment_voided, "PaymentVoided", 1, PAYMENT_VOIDED_FIELDS)
DEFINE_MESSAGE(order_held, "OrderHeld", 1, ORDER_HELD_FIELDS)
DEFINE_MESSAGE(order_released, "OrderReleased", 1, ORDER_RELEASED_FIELDS)
DEFINE_MESSAGE(order_expired, "OrderExpired", 1, ORDER_EXPIRED_FIELDS)
DEFINE_MESSAGE(shipment_dispatched, "ShipmentDispatched", 2, SHIPMENT_DISPATCHED_FIELDS)
DEFINE_MESSAGE(shipment_delivered, "ShipmentDelivered", 1, SHIPMENT_DELIVERED_FIELDS)
DEFINE_MESSAGE(return_requested, "ReturnRequested", 1, RETURN_REQUESTED_FIELDS)
DEFINE_MESSAGE(return_received, "ReturnReceived", 1, RETURN_RECEIVED_FIELDS)
DEFINE_MESSAGE(refund_requested, "RefundRequested", 1, REFUND_REQUESTED_FIELDS)
DEFINE_MESSAGE(refund_settled, "RefundSettled", 2, REFUND_SETTLED_FIELDS)
DEFINE_MESSAGE(refund_failed, "RefundFailed", 1, REFUND_FAILED_FIELDS)
DEFINE_MESSAGE(note_added, "NoteAdded", 1, NOTE_ADDED_FIELDS)
DEFINE_MESSAGE(order_closed, "OrderClosed", 1, ORDER_CLOSED_FIELDS)

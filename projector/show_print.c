// SPDX-License-Identifier: Apache-2.0
// What is clear of an order or a customer, as text and as JSON.
#include "projector/show.h"

#include "base/text.h"
#include "domain/customer.h"
#include "domain/order.h"
#include "message/print.h"
#include "projector/copies.h"
#include "runtime/json_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* ---- values ---- */

/* How many bytes at `at` are one character that could steer a terminal: C0, DEL, C1, and those that
 * turn the direction of writing. 0: none is there. */
static size_t steering(struct slice text, size_t at)
{
    const uint8_t *byte = text.data + at;
    size_t left = text.size - at;
    if (byte[0] < 0x20 || byte[0] == 0x7f)
        return 1;
    if (left >= 2 && byte[0] == 0xc2 && byte[1] < 0xa0)
        return 2;
    if (left < 3 || byte[0] != 0xe2)
        return 0;
    bool turns = (byte[1] == 0x80 && byte[2] >= 0xaa && byte[2] <= 0xae) ||
                 (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9);
    return turns ? 3 : 0;
}

void show_text(struct slice text, struct writer *out)
{
    for (size_t at = 0; at < text.size;) {
        size_t size = steering(text, at);
        writer_byte(out, size != 0 ? '?' : text.data[at]);
        at += size != 0 ? size : 1;
    }
}

static void print_slice(struct slice text)
{
    uint8_t bytes[1024];
    struct writer out = writer_over(bytes, sizeof(bytes));
    show_text(slice_of(text.data, text.size < sizeof(bytes) ? text.size : sizeof(bytes)), &out);
    (void)fwrite(out.data, 1, out.size, stdout);
}

static void print_json_slice(struct slice text)
{
    uint8_t bytes[8192];
    struct writer out = writer_over(bytes, sizeof(bytes));
    json_text_append(&out, slice_of(text.data, text.size < 1024 ? text.size : 1024));
    (void)fwrite(out.data, 1, out.size, stdout);
}

static void format_time(int64_t us, char out[static TEXT_TIME_SIZE])
{
    if (us >= TEXT_TIME_LEAST && us <= TEXT_TIME_GREATEST)
        text_format_time(us, out);
    else
        (void)snprintf(out, TEXT_TIME_SIZE, "out of range");
}

/* "12.34" */
static void format_money(int64_t minor, struct slice currency, char out[static TEXT_DECIMAL_SIZE])
{
    const struct currency *known = money_find_currency(currency);
    text_format_decimal(minor, known != NULL ? known->exponent : 0, out);
}

static void print_time(const char *label, int64_t us)
{
    char text[TEXT_TIME_SIZE];
    format_time(us, text);
    (void)printf("%-10s %s\n", label, text);
}

static void print_id(const char *label, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    (void)printf("%-10s %s\n", label, text);
}

static void print_money(const char *label, int64_t minor, struct slice currency)
{
    char text[TEXT_DECIMAL_SIZE];
    format_money(minor, currency, text);
    (void)printf("%-10s %12s ", label, text);
    print_slice(currency);
    (void)printf("\n");
}

static const char *status_of(const struct shown *shown)
{
    if (shown->options->customer)
        return shown->customer.status < CUSTOMER_STATUS_COUNT
                   ? customer_status_name((enum customer_status)shown->customer.status)
                   : "unknown";
    return shown->order.status < ORDER_STATUS_COUNT
               ? order_status_name((enum order_status)shown->order.status)
               : "unknown";
}

static const char *channel_of(const struct summary_row *order)
{
    return order->channel >= 0 && (size_t)order->channel < order_channels.count
               ? order_channels.names[order->channel]
               : "unknown";
}

/* Where money, goods and returns stand: "captured, part_shipped, none". */
static const char *payment_of(const struct summary_row *order)
{
    return order->payment >= 0 && order->payment < PAYMENT_FACET_COUNT
               ? payment_facet_name((enum payment_facet)order->payment)
               : "unknown";
}

static const char *goods_of(const struct summary_row *order)
{
    return order->goods >= 0 && order->goods < GOODS_FACET_COUNT
               ? goods_facet_name((enum goods_facet)order->goods)
               : "unknown";
}

static const char *returns_of(const struct summary_row *order)
{
    return order->returns >= 0 && order->returns < RETURNS_FACET_COUNT
               ? returns_facet_name((enum returns_facet)order->returns)
               : "unknown";
}

/* NULL: it is not held. */
static const char *hold_of(const struct summary_row *order)
{
    if (order->hold_reason == COLUMN_NULL)
        return NULL;
    return order->hold_reason >= 0 && (size_t)order->hold_reason < order_hold_reasons.count
               ? order_hold_reasons.names[order->hold_reason]
               : "unknown";
}

static int64_t row_version(const struct shown *shown)
{
    return shown->options->customer ? shown->customer.stream_version : shown->order.stream_version;
}

/* ---- text ---- */

static void print_order(const struct shown *shown)
{
    const struct summary_row *order = &shown->order;
    print_id("order", &order->order_id);
    (void)printf("%-10s %s\n", "tenant", shown->options->tenant);
    (void)printf("%-10s %s\n", "status", status_of(shown));
    if (hold_of(order) != NULL)
        (void)printf("%-10s %s\n", "held", hold_of(order));
    (void)printf("%-10s %s\n", "payment", payment_of(order));
    (void)printf("%-10s %s\n", "goods", goods_of(order));
    (void)printf("%-10s %s\n", "returns", returns_of(order));
    print_id("customer", &order->customer_id);
    (void)printf("%-10s %s\n", "channel", channel_of(order));
    (void)printf("%-10s ", "country");
    print_slice(order->ship_country);
    (void)printf("\n");
    print_time("placed", order->placed_at);
    print_time("updated", order->updated_at);
    print_money("subtotal", order->subtotal, order->currency);
    print_money("shipping", order->shipping, order->currency);
    print_money("tax", order->tax, order->currency);
    print_money("total", order->total, order->currency);
    if (order->cancelled_amount != 0)
        print_money("cancelled", order->cancelled_amount, order->currency);
    if (order->captured != 0)
        print_money("captured", order->captured, order->currency);
    if (order->refunded != 0)
        print_money("refunded", order->refunded, order->currency);
}

static void print_customer(const struct shown *shown)
{
    const struct customer_row *customer = &shown->customer;
    print_id("customer", &customer->customer_id);
    (void)printf("%-10s %s\n", "tenant", shown->options->tenant);
    (void)printf("%-10s %s\n", "status", status_of(shown));
    (void)printf("%-10s ", "region");
    print_slice(customer->region);
    (void)printf("\n");
    if (customer->locale.size != 0) {
        (void)printf("%-10s ", "locale");
        print_slice(customer->locale);
        (void)printf("\n");
    }
    print_time("registered", customer->registered_at);
    print_time("updated", customer->updated_at);
}

static void print_lines(const struct shown *shown)
{
    (void)printf("\nlines\n");
    for (size_t i = 0; i < shown->line_count; i++) {
        const struct line_row *line = &shown->lines[i];
        char price[TEXT_DECIMAL_SIZE];
        char total[TEXT_DECIMAL_SIZE];
        format_money(line->unit_price, shown->order.currency, price);
        format_money(line->line_total, shown->order.currency, total);
        (void)printf("  %4" PRId64 "  ", line->line_no);
        print_slice(line->sku);
        (void)printf("  %" PRId64 " x %s, total %s", line->qty, price, total);
        if (line->cancelled != 0)
            (void)printf(", %" PRId64 " cancelled", line->cancelled);
        if (line->title.size != 0) {
            (void)printf("  ");
            print_slice(line->title);
        }
        (void)printf("\n");
    }
}

static void print_timeline(const struct shown *shown)
{
    (void)printf("\ntimeline\n");
    for (size_t i = 0; i < shown->timeline.event_count; i++) {
        const struct recorded_event *event = &shown->timeline.events[i];
        char occurred[TEXT_TIME_SIZE];
        format_time(event->occurred_us, occurred);
        (void)printf("  %4" PRId64 "  %s  ", event->version, occurred);
        print_slice(event->type);
        (void)printf(
            ".%d%s%s\n",
            event->schema_version,
            event->sealed.size != 0 ? ", with sealed data" : "",
            event->version > row_version(shown) ? ", not in the read model yet" : "");
    }
}

/* ---- JSON ---- */

static void json_id(const char *name, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    (void)printf("\"%s\":\"%s\",", name, text);
}

static void json_time(const char *name, int64_t us)
{
    char text[TEXT_TIME_SIZE];
    format_time(us, text);
    (void)printf("\"%s\":\"%s\",", name, text);
}

static void json_text(const char *name, struct slice text)
{
    (void)printf("\"%s\":", name);
    if (text.data != NULL)
        print_json_slice(text);
    else
        (void)printf("null");
    (void)printf(",");
}

static void json_number(const char *name, int64_t number)
{
    (void)printf("\"%s\":%" PRId64 ",", name, number);
}

static void json_order(const struct shown *shown)
{
    const struct summary_row *order = &shown->order;
    json_id("order_id", &order->order_id);
    json_text("tenant", slice_of_text(shown->options->tenant));
    json_text("status", slice_of_text(status_of(shown)));
    json_text("payment", slice_of_text(payment_of(order)));
    json_text("goods", slice_of_text(goods_of(order)));
    json_text("returns", slice_of_text(returns_of(order)));
    json_text(
        "hold_reason", hold_of(order) != NULL ? slice_of_text(hold_of(order)) : slice_of(NULL, 0));
    json_id("customer_id", &order->customer_id);
    json_text("channel", slice_of_text(channel_of(order)));
    json_text("ship_country", order->ship_country);
    json_text("currency", order->currency);
    json_number("units", order->units);
    json_number("subtotal", order->subtotal);
    json_number("shipping", order->shipping);
    json_number("tax", order->tax);
    json_number("total", order->total);
    json_number("cancelled_amount", order->cancelled_amount);
    json_number("authorised", order->authorised);
    json_number("captured", order->captured);
    json_number("refunded", order->refunded);
    json_time("placed_at", order->placed_at);
    json_time("updated_at", order->updated_at);
    json_number("version", order->stream_version);
    json_number("position", order->position);
}

static void json_customer(const struct shown *shown)
{
    const struct customer_row *customer = &shown->customer;
    json_id("customer_id", &customer->customer_id);
    json_text("tenant", slice_of_text(shown->options->tenant));
    json_text("status", slice_of_text(status_of(shown)));
    json_text("region", customer->region);
    json_text("locale", customer->locale);
    json_time("registered_at", customer->registered_at);
    json_time("updated_at", customer->updated_at);
    json_number("version", customer->stream_version);
    json_number("position", customer->position);
}

static void json_lines(const struct shown *shown)
{
    (void)printf("\"lines\":[");
    for (size_t i = 0; i < shown->line_count; i++) {
        const struct line_row *line = &shown->lines[i];
        (void)printf("%s{", i == 0 ? "" : ",");
        json_text("sku", line->sku);
        json_text("title", line->title);
        json_text("seller_id", line->seller_id);
        json_number("qty", line->qty);
        json_number("cancelled", line->cancelled);
        json_number("reserved", line->reserved);
        json_number("shipped", line->shipped);
        json_number("delivered", line->delivered);
        json_number("returned", line->returned);
        json_number("unit_price", line->unit_price);
        json_number("line_net", line->line_net);
        json_number("line_tax", line->line_tax);
        json_number("line_total", line->line_total);
        json_number("cancelled_amount", line->cancelled_amount);
        (void)printf("\"line_no\":%" PRId64 "}", line->line_no);
    }
    (void)printf("],");
}

static void json_timeline(const struct shown *shown)
{
    (void)printf("\"timeline\":[");
    for (size_t i = 0; i < shown->timeline.event_count; i++) {
        const struct recorded_event *event = &shown->timeline.events[i];
        (void)printf("%s{", i == 0 ? "" : ",");
        json_text("type", event->type);
        json_number("schema_version", event->schema_version);
        json_time("occurred_at", event->occurred_us);
        json_number("position", event->position);
        (void)printf("\"sealed\":%s,", event->sealed.size != 0 ? "true" : "false");
        (void)printf("\"version\":%" PRId64 "}", event->version);
    }
    (void)printf("],");
}

void show_print(const struct shown *shown)
{
    bool customer = shown->options->customer;
    if (shown->options->json) {
        (void)printf("{");
        (customer ? json_customer : json_order)(shown);
        if (!customer)
            json_lines(shown);
        json_timeline(shown);
        return;
    }
    (customer ? print_customer : print_order)(shown);
    if (!customer)
        print_lines(shown);
    print_timeline(shown);
}

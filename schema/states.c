// SPDX-License-Identifier: Apache-2.0
// The state machines as one page of Markdown, from the tables that commands are decided by.
#include "schema/states.h"

#include "domain/customer.h"
#include "domain/order.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

#include "base/banned.h"

static const char *command_name(enum command_type type)
{
    return command_descriptions[type].message->name;
}

static void print_cell(FILE *out, const struct transition *cell)
{
    if (cell->refusal.code != NULL)
        (void)fprintf(out, " `%s` |", cell->refusal.code);
    else
        (void)fprintf(out, " %s |", cell->outcome);
}

/* The command, and a cell for each state. variant NULL: none. */
static void print_row(
    FILE *out,
    enum command_type command,
    const char *variant,
    const struct transition *cells,
    size_t count)
{
    (void)fprintf(
        out,
        "| %s%s%s |",
        command_name(command),
        variant != NULL ? " " : "",
        variant != NULL ? variant : "");
    for (size_t i = 0; i < count; i++)
        print_cell(out, &cells[i]);
    (void)fputs("\n", out);
}

static void print_title(FILE *out, const char *title)
{
    (void)fprintf(out, "\n## %s\n\n| command |", title);
}

static void print_rule(FILE *out, size_t count)
{
    (void)fputs("\n|---|", out);
    for (size_t i = 0; i < count; i++)
        (void)fputs("---|", out);
    (void)fputs("\n", out);
}

static void print_order(FILE *out)
{
    print_title(out, "Order");
    for (size_t i = 0; i < ORDER_STATUS_COUNT; i++)
        (void)fprintf(out, " %s |", order_status_name((enum order_status)i));
    print_rule(out, ORDER_STATUS_COUNT);
    for (size_t i = 0; i < ORDER_ROW_COUNT; i++)
        print_row(
            out,
            order_rows[i].command,
            order_rows[i].variant,
            order_rows[i].cells,
            ORDER_STATUS_COUNT);
}

static bool is_of(enum command_type command, enum category category)
{
    return command_descriptions[command].category == category;
}

static void print_stock(FILE *out)
{
    print_title(out, "Stock item");
    for (size_t i = 0; i < STOCK_STATUS_COUNT; i++)
        (void)fprintf(out, " %s |", stock_status_name((enum stock_status)i));
    print_rule(out, STOCK_STATUS_COUNT);
    for (enum command_type command = 0; command < COMMAND_TYPE_COUNT; command++) {
        if (is_of(command, CATEGORY_STOCK))
            print_row(out, command, NULL, stock_transitions[command], STOCK_STATUS_COUNT);
    }
}

static void print_promotion(FILE *out)
{
    print_title(out, "Promotion");
    for (size_t i = 0; i < PROMOTION_STATUS_COUNT; i++)
        (void)fprintf(out, " %s |", promotion_status_name((enum promotion_status)i));
    print_rule(out, PROMOTION_STATUS_COUNT);
    for (enum command_type command = 0; command < COMMAND_TYPE_COUNT; command++) {
        if (is_of(command, CATEGORY_PROMOTION))
            print_row(out, command, NULL, promotion_transitions[command], PROMOTION_STATUS_COUNT);
    }
}

static void print_customer(FILE *out)
{
    print_title(out, "Customer");
    for (size_t i = 0; i < CUSTOMER_STATUS_COUNT; i++)
        (void)fprintf(out, " %s |", customer_status_name((enum customer_status)i));
    print_rule(out, CUSTOMER_STATUS_COUNT);
    for (enum command_type command = 0; command < COMMAND_TYPE_COUNT; command++) {
        if (is_of(command, CATEGORY_CUSTOMER))
            print_row(out, command, NULL, customer_transitions[command], CUSTOMER_STATUS_COUNT);
    }
}

void states_print(FILE *out)
{
    (void)fputs(
        "# States\n\nPrinted by `order-schema states` from the tables that commands are decided "
        "by: what a command does to a stream\nin each of its states. A code is a refusal, always; "
        "what else a command may be refused for is checked after this table.\n\"nothing\" is an "
        "acceptance without an event. \"stays\" is an event after which the state is the same. "
        "What "
        "the words mean\nfor an order: [orders](../orders.md).\n",
        out);
    print_order(out);
    print_stock(out);
    print_promotion(out);
    print_customer(out);
}

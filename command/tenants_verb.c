// SPDX-License-Identifier: Apache-2.0
// `order-command tenants check`: what a tenants file says, without any server.
#include "command/command.h"
#include "command/tenants.h"
#include "runtime/json_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* A setting that is not given has the domain's default. */
static void print_window(const char *name, int64_t us)
{
    if (us == 0)
        (void)printf(" %s=default", name);
    else
        (void)printf(" %s=%" PRId64 "s", name, us / 1000000);
}

static void print_tenant(const struct tenant *tenant)
{
    const struct tenant_settings *settings = &tenant->settings;
    (void)printf("tenant %s: currencies=%s", tenant->name, tenant->currencies);
    (void)printf(" gifts=%s", settings->gifts_allowed ? "yes" : "no");
    (void)printf(" rounding=%s", settings->rounding == ROUNDING_HALF_UP ? "half-up" : "half-even");
    print_window("return-window", settings->return_window_us);
    print_window("payment-window", settings->payment_window_us);
    print_window("stock-ttl", settings->stock_ttl_us);
    if (settings->max_lines != 0)
        (void)printf(" max-lines=%" PRId64, settings->max_lines);
    (void)printf(" commands-per-second=%" PRId64, tenant->rate);
    (void)printf(" region=%s\n", tenant->region[0] != '\0' ? tenant->region : "any");
}

static void print_producer(const struct sending_party *producer)
{
    (void)printf("producer %s: tenants=", producer->name);
    for (size_t i = 0; i < producer->tenant_count; i++)
        (void)printf("%s%s", i > 0 ? "," : "", producer->tenants[i]->name);
    (void)printf(" erasure=%s\n", producer->erases ? "yes" : "no");
}

static void print_member(const char *name, const char *value)
{
    (void)printf(",\"%s\":", name);
    json_text_print(stdout, value);
}

static void print_tenant_json(const struct tenant *tenant)
{
    const struct tenant_settings *settings = &tenant->settings;
    (void)printf("{\"tenant\":");
    json_text_print(stdout, tenant->name);
    print_member("currencies", tenant->currencies);
    (void)printf(",\"gifts\":%s", settings->gifts_allowed ? "true" : "false");
    print_member("rounding", settings->rounding == ROUNDING_HALF_UP ? "half-up" : "half-even");
    if (settings->return_window_us != 0)
        (void)printf(",\"return_window_us\":%" PRId64, settings->return_window_us);
    if (settings->payment_window_us != 0)
        (void)printf(",\"payment_window_us\":%" PRId64, settings->payment_window_us);
    if (settings->stock_ttl_us != 0)
        (void)printf(",\"stock_ttl_us\":%" PRId64, settings->stock_ttl_us);
    if (settings->max_lines != 0)
        (void)printf(",\"max_lines\":%" PRId64, settings->max_lines);
    (void)printf(",\"commands_per_second\":%" PRId64, tenant->rate);
    if (tenant->region[0] != '\0')
        print_member("region", tenant->region);
    (void)printf("}");
}

static void print_producer_json(const struct sending_party *producer)
{
    (void)printf("{\"producer\":");
    json_text_print(stdout, producer->name);
    (void)printf(",\"tenants\":[");
    for (size_t i = 0; i < producer->tenant_count; i++) {
        (void)printf("%s", i > 0 ? "," : "");
        json_text_print(stdout, producer->tenants[i]->name);
    }
    (void)printf("],\"erasure\":%s}", producer->erases ? "true" : "false");
}

static void print_json(const struct tenants *tenants)
{
    (void)printf("{\"tenants\":[");
    for (size_t i = 0; i < tenants->count; i++) {
        (void)printf("%s", i > 0 ? "," : "");
        print_tenant_json(&tenants->rows[i]);
    }
    (void)printf("],\"producers\":[");
    for (size_t i = 0; i < tenants->producer_count; i++) {
        (void)printf("%s", i > 0 ? "," : "");
        print_producer_json(&tenants->producers[i]);
    }
    (void)printf("]}\n");
}

int tenants_check_verb(const void *options, int argument_count, char **arguments)
{
    const struct tenants_check_options *given = options;
    struct tenants *tenants;
    struct error err;
    CHECK(argument_count == 1);
    if (!tenants_read(arguments[0], &tenants, &err))
        return cli_fail(&err);
    if (given->json)
        print_json(tenants);
    for (size_t i = 0; i < tenants->count && !given->json; i++)
        print_tenant(&tenants->rows[i]);
    for (size_t i = 0; i < tenants->producer_count && !given->json; i++)
        print_producer(&tenants->producers[i]);
    tenants_close(tenants);
    return EXIT_CODE_OK;
}

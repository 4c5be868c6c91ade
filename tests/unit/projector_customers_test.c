// SPDX-License-Identifier: Apache-2.0
// Customers of a batch: what becomes a row, what touches an older one, what is refused.
#include "projector/fold.h"
#include "support/cmocka.h"

enum { MEMORY = 1 << 20, MOST_EVENTS = 8 };

/* Stored forms: ["eu", nil] and []. */
static const uint8_t registered_bytes[] = {0x92, 0xa2, 'e', 'u', 0xc0};
static const uint8_t changed_bytes[] = {0x90};

static struct fold fold;

static int set_up(void **state)
{
    (void)state;
    fold_init(&fold, MEMORY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fold_release(&fold);
    return 0;
}

static const struct customer_change *first_customer(void)
{
    return (const struct customer_change *)fold.of[CATEGORY_CUSTOMER].first;
}

static struct recorded_event event_of(int64_t stream, int64_t version)
{
    bool first = version == 1;
    return (struct recorded_event){
        .position = 100 * stream + version,
        .stream_number = stream,
        .stream =
            {.tenant_id = 1, .category = CATEGORY_CUSTOMER, .id = {.bytes = {(uint8_t)stream}}},
        .version = version,
        .type = slice_of_text(first ? "CustomerRegistered" : "CustomerContactChanged"),
        .schema_version = first ? 2 : 1,
        .occurred_us = 1000 * version,
        .payload = first ? slice_of(registered_bytes, sizeof(registered_bytes))
                         : slice_of(changed_bytes, sizeof(changed_bytes))};
}

static void take(int64_t stream, int64_t version)
{
    struct recorded_event event = event_of(stream, version);
    struct error err;
    if (!fold_add(&fold, &event, &err))
        fail_msg("%s", err.text);
}

static void refused(const struct recorded_event *event, const char *text)
{
    struct error err;
    assert_false(fold_add(&fold, event, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    if (strstr(err.text, text) == NULL)
        fail_msg("'%s' is not in: %s", text, err.text);
}

static void test_a_new_customer_is_a_row_as_of_the_last_event(void **state)
{
    (void)state;
    take(7, 1);
    take(7, 2);
    take(7, 3);
    assert_int_equal(fold.of[CATEGORY_CUSTOMER].made, 1);
    assert_int_equal(fold.of[CATEGORY_CUSTOMER].older, 0);
    const struct customer_change *customer = first_customer();
    assert_non_null(customer->registered);
    assert_true(slice_is(customer->registered->region, "eu"));
    assert_false(customer->registered->has_locale);
    assert_int_equal(customer->registered_us, 1000);
    assert_int_equal(customer->status, CUSTOMER_ACTIVE);
    assert_int_equal(customer->stream.updated_us, 3000);
    assert_int_equal(customer->stream.version, 3);
    assert_int_equal(customer->stream.position, 703);
    assert_null(customer->stream.next);
}

static void test_an_older_customer_changes_once(void **state)
{
    (void)state;
    take(7, 4);
    take(8, 1);
    take(7, 5);
    assert_int_equal(fold.of[CATEGORY_CUSTOMER].made, 1);
    assert_int_equal(fold.of[CATEGORY_CUSTOMER].older, 1);
    assert_null(first_customer()->registered);
    assert_int_equal(first_customer()->status, CUSTOMER_NONE); /* it stays as it is */
    assert_int_equal(first_customer()->stream.first_version, 4);
    assert_int_equal(first_customer()->stream.version, 5);
    fold_reset(&fold);
    assert_null(first_customer());
    assert_int_equal(fold.of[CATEGORY_CUSTOMER].older, 0);
    take(7, 6);
    assert_int_equal(first_customer()->stream.first_version, 6);
}

/* ["ref", 0, nil]: a request; what is stored of the erasure itself is longer. */
static void test_an_erasure_shows_in_the_status(void **state)
{
    (void)state;
    static const uint8_t asked[] = {0x93, 0xa3, 'r', 'e', 'f', 0x00, 0xc0};
    struct recorded_event request = event_of(7, 2);
    struct error err;
    request.type = slice_of_text("ErasureRequested");
    request.payload = slice_of(asked, sizeof(asked));
    if (!fold_add(&fold, &request, &err))
        fail_msg("%s", err.text);
    assert_int_equal(first_customer()->status, CUSTOMER_ERASURE_REQUESTED);
    take(7, 3);
    assert_int_equal(first_customer()->status, CUSTOMER_ERASURE_REQUESTED);
}

static void test_registering_comes_first_and_once(void **state)
{
    (void)state;
    struct recorded_event again = event_of(7, 1);
    again.version = 2;
    struct recorded_event early = event_of(8, 2);
    early.version = 1;
    take(7, 1);
    refused(&again, "begins once");
    refused(&early, "begins once");
}

static void test_what_does_not_belong_is_refused(void **state)
{
    (void)state;
    take(7, 1);
    struct recorded_event later = event_of(7, 3);
    refused(&later, "not the next version");
    struct recorded_event moved = event_of(7, 2);
    moved.stream.tenant_id = 2;
    refused(&moved, "not the next version");
    struct recorded_event other = event_of(7, 2);
    other.stream.id.bytes[0] = 9;
    refused(&other, "not the next version");
    static const uint8_t address[] = {0x91, 0xa2, 'D', 'E'};
    struct recorded_event order = event_of(7, 2);
    order.type = slice_of_text("ShippingAddressChanged");
    order.schema_version = 2;
    order.payload = slice_of(address, sizeof(address));
    refused(&order, "another kind");
}

static void test_exhausted_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t memory = 64; memory < 16384; memory += 64) {
        struct fold small;
        struct error err = {.kind = ERROR_fatal};
        bool ok = true;
        fold_init(&small, memory);
        for (int64_t i = 1; ok && i <= MOST_EVENTS; i++) {
            struct recorded_event event = event_of(i, 1);
            ok = fold_add(&small, &event, &err);
        }
        fold_release(&small);
        assert_int_equal(err.kind, ERROR_fatal);
        if (ok)
            return;
    }
    fail_msg("it never fitted");
}

int main(void)
{
#define CUSTOMER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(test_a_new_customer_is_a_row_as_of_the_last_event),
        CUSTOMER_TEST(test_an_older_customer_changes_once),
        CUSTOMER_TEST(test_an_erasure_shows_in_the_status),
        CUSTOMER_TEST(test_registering_comes_first_and_once),
        CUSTOMER_TEST(test_what_does_not_belong_is_refused),
        CUSTOMER_TEST(test_exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Records on their way to Kafka: kept byte for byte until they are settled, in any order.
#include "bus/record_ring.h"
#include "support/cmocka.h"
#include "support/stage.h"

static const struct producer_header headers[] = {
    {"ce_id", SLICE_LITERAL("one")}, {"empty", {NULL, 0}}, {"content-type", SLICE_LITERAL("x/y")}};

static struct producer_record record_of(const char *key, const char *value)
{
    return (struct producer_record){
        .topic = "t",
        .partition = 3,
        .key = slice_of_text(key),
        .value = slice_of_text(value),
        .headers = headers,
        .header_count = countof(headers)};
}

static void assert_text(struct slice found, const char *expected)
{
    assert_int_equal(found.size, strlen(expected));
    assert_memory_equal(found.data, expected, found.size);
}

static void keeps_key_value_and_headers(void **state)
{
    (void)state;
    struct record_ring ring;
    assert_true(ring_init(&ring, 4, 1024));
    struct producer_record record = record_of("key", "value");
    const struct ring_record *held = ring_add(&ring, &record, 7);
    assert_non_null(held);
    assert_int_equal(held->topic, 7);
    assert_int_equal(held->partition, 3);
    assert_text(ring_key(&ring, held), "key");
    assert_text(ring_value(&ring, held), "value");
    size_t cursor = 0;
    for (size_t i = 0; i < countof(headers); i++) {
        struct slice name, value;
        ring_header(&ring, held, &cursor, &name, &value);
        assert_text(name, headers[i].name);
        assert_int_equal(value.size, headers[i].value.size);
    }
    ring_release(&ring);
}

static void tells_an_absent_value_from_an_empty_one(void **state)
{
    (void)state;
    struct record_ring ring;
    assert_true(ring_init(&ring, 4, 1024));
    struct producer_record none = {.topic = "t"};
    struct producer_record empty = {
        .topic = "t", .key = slice_of_text(""), .value = slice_of_text("")};
    const struct ring_record *first = ring_add(&ring, &none, 0);
    const struct ring_record *second = ring_add(&ring, &empty, 0);
    assert_null(ring_key(&ring, first).data);
    assert_null(ring_value(&ring, first).data);
    assert_non_null(ring_key(&ring, second).data);
    assert_non_null(ring_value(&ring, second).data);
    ring_release(&ring);
}

static void settles_out_of_order_but_advances_in_order(void **state)
{
    (void)state;
    struct record_ring ring;
    struct producer_record record = record_of("k", "v");
    assert_true(ring_init(&ring, 4, 1024));
    for (int i = 0; i < 4; i++)
        assert_non_null(ring_add(&ring, &record, 0));
    assert_null(ring_add(&ring, &record, 0)); /* four is the most */
    ring_settle(&ring, 3);
    ring_settle(&ring, 2);
    assert_int_equal(ring.first, 1);
    ring_settle(&ring, 1);
    assert_int_equal(ring.first, 4);
    ring_settle(&ring, 2); /* repeated */
    assert_int_equal(ring.first, 4);
    assert_non_null(ring_add(&ring, &record, 0));
    ring_release(&ring);
}

static void a_record_over_the_room_is_never_held(void **state)
{
    (void)state;
    static char text[600];
    struct record_ring ring;
    memset(text, 'x', sizeof(text) - 1);
    struct producer_record record = record_of("k", text);
    assert_true(ring_init(&ring, 4, 512));
    assert_true(ring_size_of(&record) > 512);
    assert_null(ring_add(&ring, &record, 0));
    ring_release(&ring);
}

/* What a slow, obviously right queue would hold. */
struct model {
    char values[64][200];
    bool settled[64];
    int64_t first;
    int64_t next;
};

static void check_all(const struct record_ring *ring, const struct model *model)
{
    assert_int_equal(ring->first, model->first);
    assert_int_equal(ring->next, model->next);
    for (int64_t number = model->first; number < model->next; number++)
        assert_text(ring_value(ring, ring_get(ring, number)), model->values[number % 64]);
}

static void add_one(struct record_ring *ring, struct model *model, uint64_t *seed)
{
    char value[200] = {0};
    size_t size = (size_t)stage_draw_below(seed, 199);
    for (size_t i = 0; i < size; i++)
        value[i] = (char)('a' + stage_draw_below(seed, 26));
    struct producer_record record = {.topic = "t", .value = slice_of(value, size)};
    if (ring_add(ring, &record, 0) == NULL)
        return;
    memcpy(model->values[model->next % 64], value, sizeof(value));
    model->settled[model->next % 64] = false;
    model->next++;
}

static void settle_one(struct record_ring *ring, struct model *model, uint64_t *seed)
{
    if (model->first == model->next)
        return;
    int64_t number = model->first + stage_draw_below(seed, model->next - model->first);
    ring_settle(ring, number);
    model->settled[number % 64] = true;
    while (model->first < model->next && model->settled[model->first % 64])
        model->first++;
}

/* Bytes wrap around at every possible place without touching those in use. */
static void holds_what_a_simple_queue_would_hold(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct record_ring ring;
    struct model model = {.first = 1, .next = 1};
    assert_true(ring_init(&ring, 64, 1024));
    for (int step = 0; step < 20000; step++) {
        if (stage_draw_below(&seed, 2) == 0)
            add_one(&ring, &model, &seed);
        else
            settle_one(&ring, &model, &seed);
        check_all(&ring, &model);
    }
    assert_true(model.next > 1000);
    ring_release(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_key_value_and_headers),
        cmocka_unit_test(tells_an_absent_value_from_an_empty_one),
        cmocka_unit_test(settles_out_of_order_but_advances_in_order),
        cmocka_unit_test(a_record_over_the_room_is_never_held),
        cmocka_unit_test(holds_what_a_simple_queue_would_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

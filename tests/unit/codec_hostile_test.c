// SPDX-License-Identifier: Apache-2.0
// The codec on damaged bytes, unscanned. It may refuse or accept them; it may not read past them,
// and what it accepts must be within bounds, so that it can be encoded and printed again. Run under
// the address sanitizer, and every input lies in a heap block of just its size.
#include "golden/golden.h"
#include "golden/sample.h"
#include "message/print.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct slice encoded(enum wire_form form, const struct sample *body)
{
    static uint8_t room[16384];
    struct writer out = writer_over(room, sizeof(room));
    wire_encode(&sample_message, form, body, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

/* Decodes; whatever is accepted has to survive the way back. Whether it was accepted. */
static bool try_bytes(enum wire_form form, struct slice bytes)
{
    static uint8_t printed[65536];
    struct sample got, again;
    struct wire_fault fault = {.code = WIRE_FAULT_COUNT};
    arena_reset(&arena);
    if (!wire_decode(&sample_message, form, bytes, &arena, &got, &fault)) {
        assert_true(fault.code < WIRE_FAULT_COUNT && fault.reason != NULL);
        return false;
    }
    struct writer out = writer_over(printed, sizeof(printed));
    message_print(&sample_message, &got, &out);
    assert_false(out.overflow);
    struct slice back = encoded(form, &got);
    assert_true(wire_decode(&sample_message, form, back, &arena, &again, &fault));
    assert_same_message(&sample_message, &again, &got);
    return true;
}

static void refuses_a_message_cut_at_any_byte(void **state)
{
    (void)state;
    const struct sample *bodies[] = {&sample_usual, &sample_full};
    for (size_t body = 0; body < countof(bodies); body++) {
        for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
            struct slice whole = exact_copy(encoded(form, bodies[body]));
            for (size_t size = 0; size < whole.size; size++) {
                struct slice cut = exact_copy(slice_of(whole.data, size));
                assert_false(try_bytes(form, cut));
                free_copy(cut);
            }
            assert_true(try_bytes(form, whole));
            free_copy(whole);
        }
    }
}

/* Every byte of a message, every other value it could have. */
static void survives_every_change_of_one_byte(void **state)
{
    (void)state;
    for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
        struct slice whole = exact_copy(encoded(form, &sample_usual));
        uint8_t *bytes = malloc(whole.size);
        size_t accepted = 0;
        assert_non_null(bytes);
        memcpy(bytes, whole.data, whole.size);
        for (size_t at = 0; at < whole.size; at++) {
            for (unsigned change = 1; change < 256; change++) {
                bytes[at] = (uint8_t)(whole.data[at] ^ change);
                accepted += try_bytes(form, slice_of(bytes, whole.size));
            }
            bytes[at] = whole.data[at];
        }
        assert_true(accepted > 0); /* inside text, for example */
        free(bytes);
        free_copy(whole);
    }
}

static void survives_parts_of_messages_in_wrong_places(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int round = 0; round < 20000; round++) {
        enum wire_form form = round % 2 == 0 ? WIRE_CONTRACT : WIRE_STORED;
        struct slice whole = encoded(form, round % 4 < 2 ? &sample_usual : &sample_full);
        uint8_t *bytes = malloc(whole.size);
        assert_non_null(bytes);
        memcpy(bytes, whole.data, whole.size);
        size_t from = next_random(&seed) % whole.size;
        size_t to = next_random(&seed) % whole.size;
        size_t most = whole.size - (from > to ? from : to);
        memmove(bytes + to, whole.data + from, next_random(&seed) % (most + 1));
        (void)try_bytes(form, slice_of(bytes, whole.size));
        free(bytes);
    }
}

static void survives_noise(void **state)
{
    (void)state;
    uint64_t seed = 4711;
    for (int round = 0; round < 50000; round++) {
        uint8_t noise[64];
        size_t size = next_random(&seed) % (sizeof(noise) + 1);
        for (size_t i = 0; i < size; i++)
            noise[i] = (uint8_t)next_random(&seed);
        if (size > 0) /* a right first byte gets further */
            noise[0] = round % 2 == 0 ? 0x8d : 0x9d;
        struct slice copy = exact_copy(slice_of(noise, size));
        (void)try_bytes(WIRE_CONTRACT, copy);
        (void)try_bytes(WIRE_STORED, copy);
        free_copy(copy);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(refuses_a_message_cut_at_any_byte),
        TEST(survives_every_change_of_one_byte),
        TEST(survives_parts_of_messages_in_wrong_places),
        TEST(survives_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

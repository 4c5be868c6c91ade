// SPDX-License-Identifier: Apache-2.0
// The codec's bytes are frozen: what was stored once must read the same for ever.
#include "golden/golden.h"
#include "golden/sample.h"
#include "support/cmocka.h"
#include "wire/scan.h"

struct golden_case {
    const char *name;
    enum wire_form form;
    const struct sample *body;
};

static const struct golden_case cases[] = {
    {"sample_usual_v1.contract", WIRE_CONTRACT, &sample_usual},
    {"sample_usual_v1.stored", WIRE_STORED, &sample_usual},
    {"sample_full_v1.contract", WIRE_CONTRACT, &sample_full},
    {"sample_full_v1.stored", WIRE_STORED, &sample_full},
};

static void encodes_to_the_frozen_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        uint8_t bytes[8192];
        struct writer out = writer_over(bytes, sizeof(bytes));
        wire_encode(&sample_message, cases[i].form, cases[i].body, &out);
        assert_false(out.overflow);
        golden_check(cases[i].name, writer_slice(&out));
    }
}

static void decodes_the_frozen_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct arena arena;
        struct wire_fault fault;
        struct sample got;
        arena_init(&arena, 4 * 1024 * 1024);
        struct slice bytes = golden_read(cases[i].name, &arena);
        assert_true(wire_scan(bytes, &wire_event_limits, &fault));
        assert_true(wire_decode(&sample_message, cases[i].form, bytes, &arena, &got, &fault));
        assert_same_message(&sample_message, &got, cases[i].body);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_to_the_frozen_bytes),
        cmocka_unit_test(decodes_the_frozen_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

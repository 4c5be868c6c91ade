// SPDX-License-Identifier: Apache-2.0
// The bytes of every message of the catalog, filled as its descriptor says: commands in the contract
// form, which others send, with and without a box, and in the stored form, which fingerprints are made
// of; events in the stored form, which history is made of; and what is sealed with them. No list names
// the messages: one that is new has no files yet, and is missed.
#include "domain/catalog.h"
#include "golden/filled.h"
#include "support/cmocka.h"

#include <stdio.h>

static const char *const command_names[] = {
#define COMMAND(name, wire_name, type, category) [COMMAND_##name] = #type,
#define EVENT(name, type, category)
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
};

static const char *const event_names[] = {
#define COMMAND(name, wire_name, type, category)
#define EVENT(name, type, category) [EVENT_##name] = #type,
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
};

static void
check(const char *name, const struct message *message, enum filling filling, enum wire_form form)
{
    char file[80];
    struct arena arena;
    arena_init(&arena, 4 << 20);
    int size =
        snprintf(file, sizeof(file), "%s_v%d_%s", name, message->version, filling_name(filling));
    assert_in_range(size, 1, sizeof(file) - 1);
    golden_check_message(file, message, form, golden_fill(message, filling, &arena));
    arena_release(&arena);
}

static void commands_as_others_send_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        const struct message *message = command_descriptions[i].message;
        check(command_names[i], message, FILLED_WHOLE, WIRE_CONTRACT);
        check(command_names[i], message, FILLED_BARE, WIRE_CONTRACT);
        if (golden_is_personal(message))
            check(command_names[i], message, FILLED_BOXED, WIRE_CONTRACT);
    }
}

static void commands_as_they_are_fingerprinted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        check(command_names[i], command_descriptions[i].message, FILLED_WHOLE, WIRE_STORED);
        check(command_names[i], command_descriptions[i].message, FILLED_BARE, WIRE_STORED);
    }
}

static void personal_commands_in_their_parts(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        const struct message *message = command_descriptions[i].message;
        if (!golden_is_personal(message))
            continue;
        check(command_names[i], message, FILLED_WHOLE, WIRE_CONTRACT_CLEAR);
        check(command_names[i], message, FILLED_WHOLE, WIRE_CONTRACT_PERSONAL);
        check(command_names[i], message, FILLED_BOXED, WIRE_CONTRACT_CLEAR);
        count++;
    }
    assert_int_equal(count, 12);
}

static void events_as_they_are_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        check(event_names[i], event_descriptions[i].message, FILLED_WHOLE, WIRE_STORED);
        check(event_names[i], event_descriptions[i].message, FILLED_BARE, WIRE_STORED);
    }
}

/* "PersonContact" to "person_contact" */
static void file_name_of(const struct message *message, char *out, size_t size)
{
    struct writer name = writer_over(out, size);
    for (const char *at = message->name; *at != '\0'; at++) {
        bool is_capital = *at >= 'A' && *at <= 'Z';
        if (is_capital && at != message->name)
            writer_byte(&name, '_');
        writer_byte(&name, (uint8_t)(is_capital ? *at - 'A' + 'a' : *at));
    }
    writer_byte(&name, '\0');
    assert_false(name.overflow);
}

static void sections_as_they_are_sealed(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        const struct message *message = event_descriptions[i].message;
        for (size_t j = 0; j < message->field_count; j++) {
            char name[64];
            if (!message_is_personal(&message->fields[j]))
                continue;
            const struct message *section = message->fields[j].element;
            file_name_of(section, name, sizeof(name));
            check(name, section, FILLED_WHOLE, WIRE_STORED);
            check(name, section, FILLED_BARE, WIRE_STORED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_as_others_send_them),
        cmocka_unit_test(commands_as_they_are_fingerprinted),
        cmocka_unit_test(personal_commands_in_their_parts),
        cmocka_unit_test(events_as_they_are_stored),
        cmocka_unit_test(sections_as_they_are_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Facts as lines for people and as members of JSON objects.
#include "command/operator.h"

#include "base/text.h"
#include "runtime/json_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum { MOST_TEXT = 200 * 1024 };

/* What is before a value. */
static void begin(struct facts *facts, const char *name)
{
    if (!facts->json) {
        (void)printf("%-14s ", name);
        return;
    }
    (void)printf("%s", facts->inside ? "," : "");
    facts->inside = true;
    if (name == NULL)
        return;
    json_text_print(stdout, name);
    (void)printf(":");
}

static void end(const struct facts *facts)
{
    if (!facts->json)
        (void)printf("\n");
}

static void open_bracket(struct facts *facts, const char *name, char bracket)
{
    if (facts->json) {
        begin(facts, name);
        (void)printf("%c", bracket);
        facts->inside = false;
    } else if (name != NULL) {
        (void)printf("\n%s\n", name);
    }
}

static void close_bracket(struct facts *facts, char bracket)
{
    if (facts->json)
        (void)printf("%c", bracket);
    facts->inside = true;
}

void facts_open(struct facts *facts, const char *name)
{
    open_bracket(facts, name, '{');
}

void facts_close(struct facts *facts)
{
    close_bracket(facts, '}');
}

void facts_open_list(struct facts *facts, const char *name)
{
    open_bracket(facts, name, '[');
}

void facts_close_list(struct facts *facts)
{
    close_bracket(facts, ']');
}

/* Nothing that steers a terminal, whatever is in the database. */
static void print_for_people(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        (void)putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
}

static void print_json(struct slice text)
{
    static uint8_t bytes[MOST_TEXT * 6 + 2];
    struct writer out = writer_over(bytes, sizeof(bytes));
    json_text_append(&out, slice_of(text.data, text.size < MOST_TEXT ? text.size : MOST_TEXT));
    (void)fwrite(out.data, 1, out.size, stdout);
}

void facts_slice(struct facts *facts, const char *name, struct slice text)
{
    if (text.size == 0 && !facts->json)
        return;
    begin(facts, name);
    if (!facts->json)
        print_for_people(text);
    else if (text.size == 0)
        (void)printf("null");
    else
        print_json(text);
    end(facts);
}

void facts_text(struct facts *facts, const char *name, const char *text)
{
    facts_slice(facts, name, text != NULL ? slice_of_text(text) : slice_of(NULL, 0));
}

void facts_number(struct facts *facts, const char *name, int64_t number)
{
    begin(facts, name);
    (void)printf("%" PRId64, number);
    end(facts);
}

void facts_flag(struct facts *facts, const char *name, bool flag)
{
    begin(facts, name);
    if (facts->json)
        (void)printf("%s", flag ? "true" : "false");
    else
        (void)printf("%s", flag ? "yes" : "no");
    end(facts);
}

void facts_uuid(struct facts *facts, const char *name, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    facts_text(facts, name, text);
}

void facts_time(struct facts *facts, const char *name, int64_t us)
{
    char text[TEXT_TIME_SIZE] = "out of range";
    if (us >= TEXT_TIME_LEAST && us <= TEXT_TIME_GREATEST)
        text_format_time(us, text);
    facts_text(facts, name, text);
}

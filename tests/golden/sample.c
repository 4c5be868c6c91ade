// SPDX-License-Identifier: Apache-2.0
#include "golden/sample.h"

#include "base/text.h"

static const char *const colour_names[] = {"red", "green", "dark_blue"};

const struct message_enum sample_colours = {colour_names, countof(colour_names)};

DEFINE_MESSAGE(sample_note, "SampleNote", 1, SAMPLE_NOTE_FIELDS)
DEFINE_MESSAGE(sample_line, "SampleLine", 1, SAMPLE_LINE_FIELDS)
DEFINE_MESSAGE(sample_address, "SampleAddress", 1, SAMPLE_ADDRESS_FIELDS)
DEFINE_MESSAGE(sample, "Sample", 1, SAMPLE_FIELDS)

static const struct sample_note usual_notes[] = {
    {.text = SLICE_LITERAL("ring twice"), .at = 1769860800500000, .has_at = true},
    {.text = SLICE_LITERAL("")},
};

static const struct sample_line usual_lines[] = {
    {.sku = SLICE_LITERAL("A-1"), .quantity = 2, .price = {1999, 2}},
    {.sku = SLICE_LITERAL("B-22"),
     .quantity = 1,
     .price = {-5, 1},
     .notes = usual_notes,
     .notes_count = 2,
     .has_notes = true},
    {.sku = SLICE_LITERAL("Sch\xc3\xb6n \"3\""), .quantity = 128, .price = {70000, 0}},
};

const struct sample sample_usual = {
    .id = {{0x01, 0x9c, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6}},
    .gift = true,
    .delta = -129,
    .placed = 1769860800000000,
    .colour = 2,
    .email = SLICE_LITERAL("someone@example.org"),
    .has_email = true,
    .ship_to = {.street = SLICE_LITERAL("1 Main Street"), .country = SLICE_LITERAL("DE")},
    .lines = usual_lines,
    .lines_count = countof(usual_lines),
    .discount = {125, 3},
    .has_discount = true,
};

static const struct sample_note full_notes[SAMPLE_MOST_NOTES] = {
    {.text = SLICE_LITERAL("\xf0\x9f\x8e\x81"), .at = TEXT_TIME_LEAST, .has_at = true},
    {.text = SLICE_LITERAL("0123456789012345678901234567890123456789012345678901234567890123"),
     .at = TEXT_TIME_GREATEST,
     .has_at = true},
    {.text = SLICE_LITERAL("\xef\xbf\xbf"), .at = 0, .has_at = true},
};

#define FULL_LINE(the_quantity, the_price, the_scale) \
    { \
        .sku = SLICE_LITERAL("0123456789012345678901234567890123456789"), \
        .quantity = the_quantity, .price = {the_price, the_scale}, .notes = full_notes, \
        .notes_count = SAMPLE_MOST_NOTES, .has_notes = true \
    }

static const struct sample_line full_lines[SAMPLE_MOST_LINES] = {
    FULL_LINE(1000000, INT64_MAX, 9),
    FULL_LINE(1, -INT64_MAX, 9),
    FULL_LINE(255, 0, 0),
    FULL_LINE(256, 1, 9),
    FULL_LINE(65536, 1, 0),
};

const struct sample sample_full = {
    .id = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 255, 255, 255, 255, 255}},
    .delta = INT64_MIN,
    .placed = TEXT_TIME_GREATEST,
    .email = SLICE_LITERAL("a@b"),
    .has_email = true,
    .ship_to = {.street = SLICE_LITERAL("x"), .country = SLICE_LITERAL("FR")},
    .bill_to = {.street = SLICE_LITERAL("y"), .country = SLICE_LITERAL("IT")},
    .has_bill_to = true,
    .lines = full_lines,
    .lines_count = SAMPLE_MOST_LINES,
    .discount = {-1, 9},
    .has_discount = true,
    .parent = {{1}},
    .has_parent = true,
    .wrapping = 1,
    .has_wrapping = true,
    .urgent = true,
    .has_urgent = true,
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t draw_below(uint64_t *seed, uint64_t bound)
{
    return draw(seed) % bound;
}

static bool draw_bool(uint64_t *seed)
{
    return draw_below(seed, 2) == 1;
}

/* Of any magnitude: uniform draws would nearly all need eight bytes. */
static int64_t draw_int(uint64_t *seed)
{
    return (int64_t)draw(seed) >> draw_below(seed, 64);
}

static int64_t draw_time(uint64_t *seed)
{
    uint64_t span = (uint64_t)TEXT_TIME_GREATEST - (uint64_t)TEXT_TIME_LEAST + 1;
    return TEXT_TIME_LEAST + (int64_t)draw_below(seed, span);
}

static struct uuid draw_uuid(uint64_t *seed)
{
    struct uuid id;
    for (size_t i = 0; i < sizeof(id.bytes); i++)
        id.bytes[i] = (uint8_t)draw(seed);
    return id;
}

static struct decimal draw_decimal(uint64_t *seed)
{
    int64_t coefficient = draw_int(seed);
    return (struct decimal){
        coefficient == INT64_MIN ? 0 : coefficient,
        (int64_t)draw_below(seed, TEXT_DECIMAL_MAX_SCALE + 1)};
}

/* Up to `most` bytes, at least `least`, of one to four bytes a character. */
static struct slice draw_text(struct arena *arena, uint64_t *seed, size_t least, size_t most)
{
    static const char *const parts[] = {
        "a",
        "Z",
        " ",
        "\"",
        "\\",
        "\xc3\xa4",
        "\xe2\x82\xac",
        "\xf0\x9f\x8e\x81",
        "/",
        "<",
        "\x7e",
        "\xc2\x80"};
    uint8_t *at = arena_take(arena, most);
    CHECK(at != NULL);
    size_t wanted = least + draw_below(seed, most - least + 1);
    size_t size = 0;
    while (size < wanted) {
        const char *part = parts[draw_below(seed, countof(parts))];
        if (size + strlen(part) > wanted)
            part = "-";
        memcpy(at + size, part, strlen(part));
        size += strlen(part);
    }
    return slice_of(at, size);
}

static void fill_address(struct sample_address *address, struct arena *arena, uint64_t *seed)
{
    address->street = draw_text(arena, seed, 1, 100);
    address->country = draw_text(arena, seed, 2, 2);
}

static void fill_notes(struct sample_line *line, struct arena *arena, uint64_t *seed)
{
    size_t count = draw_below(seed, SAMPLE_MOST_NOTES + 1);
    struct sample_note *notes = arena_array(arena, count, struct sample_note);
    CHECK(notes != NULL);
    for (size_t i = 0; i < count; i++) {
        notes[i].text = draw_text(arena, seed, 0, 64);
        notes[i].has_at = draw_bool(seed);
        if (notes[i].has_at)
            notes[i].at = draw_time(seed);
    }
    line->has_notes = true;
    line->notes = notes;
    line->notes_count = count;
}

static void fill_lines(struct sample *sample, struct arena *arena, uint64_t *seed)
{
    size_t count = 1 + draw_below(seed, SAMPLE_MOST_LINES);
    struct sample_line *lines = arena_array(arena, count, struct sample_line);
    CHECK(lines != NULL);
    for (size_t i = 0; i < count; i++) {
        lines[i].sku = draw_text(arena, seed, 1, 40);
        lines[i].quantity = 1 + (int64_t)draw_below(seed, 1000000);
        lines[i].price = draw_decimal(seed);
        if (draw_bool(seed))
            fill_notes(&lines[i], arena, seed);
    }
    sample->lines = lines;
    sample->lines_count = count;
}

static void fill_optional(struct sample *sample, struct arena *arena, uint64_t *seed)
{
    if ((sample->has_email = draw_bool(seed)))
        sample->email = draw_text(arena, seed, 3, 200);
    if ((sample->has_bill_to = draw_bool(seed)))
        fill_address(&sample->bill_to, arena, seed);
    if ((sample->has_discount = draw_bool(seed)))
        sample->discount = draw_decimal(seed);
    if ((sample->has_parent = draw_bool(seed)))
        sample->parent = draw_uuid(seed);
    if ((sample->has_wrapping = draw_bool(seed)))
        sample->wrapping = (int64_t)draw_below(seed, countof(colour_names));
    if ((sample->has_urgent = draw_bool(seed)))
        sample->urgent = draw_bool(seed);
}

struct sample *sample_random(struct arena *arena, uint64_t *seed)
{
    struct sample *sample = arena_new(arena, struct sample);
    CHECK(sample != NULL);
    sample->id = draw_uuid(seed);
    sample->gift = draw_bool(seed);
    sample->delta = draw_int(seed);
    sample->placed = draw_time(seed);
    sample->colour = (int64_t)draw_below(seed, countof(colour_names));
    fill_address(&sample->ship_to, arena, seed);
    fill_lines(sample, arena, seed);
    fill_optional(sample, arena, seed);
    return sample;
}

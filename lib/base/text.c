// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

/* Length of the well-formed sequence at p (RFC 3629, table of section 4), 0 if there is none. */
static size_t sequence_length(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] != 0;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < length)
        return 0;
    uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

/* One bit per byte, the highest; and one, the lowest. */
#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)

static uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* One to seven bytes as a word: some of them twice, or blanks beside them, in no order. */
static uint64_t load_few(const uint8_t *p, size_t size)
{
    uint32_t first, last;
    if (size < 4)
        return UINT64_C(0x2020202020000000) | p[0] | (uint64_t)p[size / 2] << 8 |
               (uint64_t)p[size - 1] << 16;
    memcpy(&first, p, sizeof(first));
    memcpy(&last, p + size - sizeof(last), sizeof(last));
    return first | (uint64_t)last << 32;
}

/* Eight bytes that are all ASCII, none of them NUL ("determine if a word has a zero byte", Bit
 * Twiddling Hacks). */
static bool is_plain(uint64_t word)
{
    return ((word | (word - LOW_BITS)) & HIGH_BITS) == 0;
}

bool text_is_utf8(struct slice text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t left = text.size - at;
        if (left < 8 && is_plain(load_few(text.data + at, left)))
            return true;
        if (left >= 8 && is_plain(load_word(text.data + at))) {
            at += 8;
            continue;
        }
        size_t length = sequence_length(text.data + at, left);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

/* A byte below 0x20 borrows into its high bit; so does one that is 0x7f once it is 0. */
static bool has_control(uint64_t word)
{
    uint64_t below = (word - LOW_BITS * 0x20) & ~word;
    uint64_t is_delete = word ^ (LOW_BITS * 0x7f);
    return ((below | ((is_delete - LOW_BITS) & ~is_delete)) & HIGH_BITS) != 0;
}

bool text_has_no_control(struct slice text)
{
    size_t at = 0;
    for (; text.size - at >= 8; at += 8) {
        if (has_control(load_word(text.data + at)))
            return false;
    }
    return at == text.size || !has_control(load_few(text.data + at, text.size - at));
}

bool text_parse_i64(struct slice text, int64_t *out)
{
    size_t at = text.size != 0 && text.data[0] == '-';
    if (at == text.size)
        return false;
    int64_t value = 0;
    for (size_t i = at; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Counted downwards, because INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (at == 0 && __builtin_sub_overflow(0, value, &value))
        return false;
    *out = value;
    return true;
}

/* Days since 1970-01-01 of a proleptic Gregorian date; Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", days_from_civil. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* The inverse; same source, civil_from_days. */
static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* Exactly `count` digits at *at. */
static bool take_digits(struct slice text, size_t *at, size_t count, int64_t *out)
{
    if (text.size - *at < count)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = text.data[*at + i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *at += count;
    *out = value;
    return true;
}

static bool take_byte(struct slice text, size_t *at, char expected)
{
    if (*at >= text.size || text.data[*at] != (uint8_t)expected)
        return false;
    (*at)++;
    return true;
}

static bool take_date(struct slice text, size_t *at, int64_t *out_days)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!take_digits(text, at, 4, &year) || !take_byte(text, at, '-') ||
        !take_digits(text, at, 2, &month) || !take_byte(text, at, '-') ||
        !take_digits(text, at, 2, &day) || year < 1 || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return false;
    *out_days = days_from_civil(year, month, day);
    return true;
}

static bool take_fraction(struct slice text, size_t *at, int64_t *out_us)
{
    *out_us = 0;
    if (*at >= text.size || text.data[*at] != '.')
        return true;
    (*at)++;
    int64_t us = 0;
    int digits = 0;
    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9' && digits < 7) {
        us = us * 10 + (text.data[*at] - '0');
        digits++;
        (*at)++;
    }
    if (digits == 0 || digits > 6)
        return false;
    for (; digits < 6; digits++)
        us *= 10;
    *out_us = us;
    return true;
}

static bool take_zone(struct slice text, size_t *at, int64_t *out_seconds)
{
    *out_seconds = 0;
    if (take_byte(text, at, 'Z') || take_byte(text, at, 'z'))
        return true;
    bool west = *at < text.size && text.data[*at] == '-';
    int64_t hours, minutes;
    if ((!take_byte(text, at, '-') && !take_byte(text, at, '+')) ||
        !take_digits(text, at, 2, &hours) || !take_byte(text, at, ':') ||
        !take_digits(text, at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

bool text_parse_time(struct slice text, int64_t *out_us)
{
    size_t at = 0;
    int64_t days, hour, minute, second, fraction, zone;
    if (!take_date(text, &at, &days) || (!take_byte(text, &at, 'T') && !take_byte(text, &at, 't')))
        return false;
    if (!take_digits(text, &at, 2, &hour) || !take_byte(text, &at, ':') ||
        !take_digits(text, &at, 2, &minute) || !take_byte(text, &at, ':') ||
        !take_digits(text, &at, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (!take_fraction(text, &at, &fraction) || !take_zone(text, &at, &zone) || at != text.size)
        return false;
    int64_t us = (days * 86400 + hour * 3600 + minute * 60 + second - zone) * 1000000 + fraction;
    if (us < TEXT_TIME_LEAST || us > TEXT_TIME_GREATEST)
        return false; /* the zone moved it out of the years that can be written */
    *out_us = us;
    return true;
}

/* The last `count` digits of value, with leading zeros. */
static void put_digits(char *out, size_t count, int64_t value)
{
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

void text_format_time(int64_t us, char out[static TEXT_TIME_SIZE])
{
    int64_t seconds = us / 1000000 - (us % 1000000 < 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int64_t rest = seconds - days * 86400;
    int year, month, day;
    civil_from_days(days, &year, &month, &day);
    CHECK(us >= TEXT_TIME_LEAST && us <= TEXT_TIME_GREATEST);
    static const char shape[TEXT_TIME_SIZE] = "0000-00-00T00:00:00.000000Z";
    memcpy(out, shape, sizeof(shape));
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, rest / 3600);
    put_digits(out + 14, 2, rest / 60 % 60);
    put_digits(out + 17, 2, rest % 60);
    put_digits(out + 20, 6, us - seconds * 1000000);
}

void text_format_decimal(int64_t minor, int exponent, char out[static TEXT_DECIMAL_SIZE])
{
    CHECK(exponent >= 0 && exponent <= 9);
    char digits[TEXT_DECIMAL_SIZE]; /* from the end */
    size_t at = sizeof(digits);
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    digits[--at] = '\0';
    for (int written = 0; magnitude != 0 || written <= exponent; written++) {
        if (written == exponent && exponent != 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    }
    if (minor < 0)
        digits[--at] = '-';
    memcpy(out, digits + at, sizeof(digits) - at);
}

bool text_parse_decimal(struct slice text, int64_t *coefficient, int *scale)
{
    char digits[TEXT_DECIMAL_SIZE];
    size_t length = 0;
    size_t point = SIZE_MAX;
    bool negative = text.size != 0 && text.data[0] == '-';
    for (size_t i = negative; i < text.size; i++) {
        if (text.data[i] == '.' && point == SIZE_MAX && length != 0) {
            point = length;
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9' || length + 1 >= sizeof(digits))
            return false;
        digits[length++] = (char)text.data[i];
    }
    int64_t value;
    if (length == 0 || point == length || (point != SIZE_MAX && length - point > 9))
        return false;
    if (!text_parse_i64(slice_of(digits, length), &value))
        return false;
    *coefficient = negative ? -value : value;
    *scale = point == SIZE_MAX ? 0 : (int)(length - point);
    return true;
}

/* door_time.c: see door_time.h. */
#include "engine/doors/door_time.h"

#include "engine/core/base.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FORMAT_SIZE 64u
#define MS_FROM                                                                                    \
    100000000000.0 /* a number from here on counts ms: as seconds it is past the year 5000 */
#define NUMBER_LIMIT 9e15
#define OFFSET_HOURS_MAX 14

/* "Z", "+08:00", "+0800", "+08" to the end of the text. */
static bool parse_offset(const char *text, int64_t *out_ms)
{
    int digits[4] = {0, 0, 0, 0};
    int count = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *out_ms = 0;
        return true;
    }
    if (text[0] != '+' && text[0] != '-') {
        return false;
    }
    for (const char *at = text + 1; *at != '\0'; at++) {
        if (*at == ':' && count == 2) {
            continue;
        }
        if (*at < '0' || *at > '9' || count == 4) {
            return false;
        }
        digits[count++] = *at - '0';
    }
    const int hours = digits[0] * 10 + digits[1], minutes = digits[2] * 10 + digits[3];
    if ((count != 2 && count != 4) || hours > OFFSET_HOURS_MAX || minutes > 59) {
        return false;
    }
    *out_ms = (int64_t)(hours * 60 + minutes) * MINUTE_MS * (text[0] == '-' ? -1 : 1);
    return true;
}

enum err door_zone_init(struct door_zone *zone, const char *name)
{
    int64_t offset_ms;
    *zone = (struct door_zone){.rows = NULL};
    if (!parse_offset(name, &offset_ms)) {
        return time_zone_load(name, &zone->rows, &zone->count);
    }
    zone->rows = calloc(1, sizeof *zone->rows);
    if (zone->rows == NULL) {
        return ERR_MEMORY;
    }
    zone->rows[0] = (struct city_transition){INT64_MIN, offset_ms};
    zone->count = 1;
    return ERR_OK;
}

void door_zone_fini(struct door_zone *zone)
{
    free(zone->rows);
    *zone = (struct door_zone){.rows = NULL};
}

static int64_t offset_at(const struct door_zone *zone, int64_t at_ms)
{
    uint32_t row = 0;
    while (row + 1 < zone->count && zone->rows[row + 1].at_ms <= at_ms) {
        row++;
    }
    return zone->rows[row].offset_ms;
}

/* A local time that comes twice is taken as the first; one that is skipped as if the clock had gone on. */
static int64_t local_to_utc(const struct door_zone *zone, int64_t local_ms)
{
    const int64_t early = local_ms - offset_at(zone, local_ms - DAY_MS);
    const int64_t late = local_ms - offset_at(zone, local_ms + DAY_MS);
    return offset_at(zone, early) == local_ms - early ? early : late;
}

/* Digits of a fraction at *at, as ms; stops at the first other character. */
static int64_t take_fraction(const char **at)
{
    int64_t ms = 0, scale = 100;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        ms += (**at - '0') * scale;
        scale /= 10;
    }
    return ms;
}

static bool days_exist(const struct tm *given)
{
    struct tm copy = *given;
    copy.tm_isdst = 0;
    const time_t second = timegm(&copy);
    return second != (time_t)-1 && copy.tm_mday == given->tm_mday && copy.tm_mon == given->tm_mon;
}

/* A civil time by strptime's letters; what may follow is a fraction after a point, or digits where the format ends in %f, and
 * an offset. */
static bool parse_civil(const char *text, const char *format, const struct door_zone *zone,
                        int64_t *out_ms)
{
    char letters[FORMAT_SIZE];
    struct tm parts = {.tm_mday = 1};
    size_t size = strlen(format);
    if (size >= sizeof letters) {
        return false;
    }
    memcpy(letters, format, size + 1);
    const bool has_fraction = size >= 2 && strcmp(format + size - 2, "%f") == 0;
    letters[has_fraction ? size - 2 : size] = '\0';
    const char *rest = strptime(text, letters, &parts);
    if (rest == NULL || !days_exist(&parts)) {
        return false;
    }
    int64_t fraction_ms = 0, offset_ms;
    if (has_fraction) {
        fraction_ms = take_fraction(&rest);
    } else if (rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9') {
        rest++;
        fraction_ms = take_fraction(&rest);
    }
    const int64_t local_ms = (int64_t)timegm(&parts) * SECOND_MS + fraction_ms;
    if (*rest != '\0') {
        const bool is_offset = parse_offset(rest, &offset_ms);
        *out_ms = is_offset ? local_ms - offset_ms : *out_ms;
        return is_offset;
    }
    if (zone->rows == NULL) {
        return false;
    }
    *out_ms = local_to_utc(zone, local_ms);
    return true;
}

static bool parse_number(const char *text, double scale, int64_t *out_ms)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0.0 && value * scale < NUMBER_LIMIT)) {
        return false;
    }
    *out_ms = (int64_t)(value * scale + 0.5);
    return true;
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789.")] == '\0';
}

bool door_time_parse(const char *text, const char *format, const struct door_zone *zone,
                     int64_t *out_ms)
{
    static const char *const GUESSES[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
                                          "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"};
    if (format != NULL && strcmp(format, "iso") != 0) {
        return strcmp(format, "ms") == 0  ? parse_number(text, 1.0, out_ms)
               : strcmp(format, "s") == 0 ? parse_number(text, 1000.0, out_ms)
                                          : parse_civil(text, format, zone, out_ms);
    }
    if (format == NULL && is_digits(text)) {
        const bool is_ms = strtod(text, NULL) >= MS_FROM;
        return parse_number(text, is_ms ? 1.0 : 1000.0, out_ms);
    }
    for (size_t i = 0; i < (format != NULL ? 1 : COUNT_OF(GUESSES)); i++) {
        if (parse_civil(text, GUESSES[i], zone, out_ms)) {
            return true;
        }
    }
    return false;
}

/* trace_instant.c: instants of traces as text (ISO 8601 with offset), and civil dates. */
#include "sim/trace_file.h"

#include <inttypes.h>
#include <stdio.h>

int64_t trace_day_of(int64_t year, uint32_t month, uint32_t day)
{
    must(month >= 1 && month <= 12);
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = div_floor(y, 400);
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year =
        (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void trace_date_of(int64_t day, int64_t *out_year, uint32_t *out_month, uint32_t *out_day)
{
    const int64_t shifted = day + 719468;
    const int64_t era = div_floor(shifted, 146097);
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *out_day = (uint32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *out_month = (uint32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *out_year = year_of_era + era * 400 + (*out_month <= 2 ? 1 : 0);
}

/* Exactly count digits. */
static bool take_digits(const char **at, int count, int64_t *out_value)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        const char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += count;
    *out_value = value;
    return true;
}

static bool take_char(const char **at, char expected)
{
    if (**at != expected) {
        return false;
    }
    (*at)++;
    return true;
}

/* "Z", "+08:00", "-0500" to the end of the text. */
static bool take_offset(const char **at, int32_t *out_minutes)
{
    if (take_char(at, 'Z')) {
        *out_minutes = 0;
        return **at == '\0';
    }
    const bool is_west = **at == '-';
    int64_t hours;
    int64_t minutes;
    if (!take_char(at, '+') && !take_char(at, '-')) {
        return false;
    }
    if (!take_digits(at, 2, &hours)) {
        return false;
    }
    (void)take_char(at, ':');
    if (!take_digits(at, 2, &minutes) || **at != '\0' || hours > 14 || minutes > 59) {
        return false;
    }
    *out_minutes = (int32_t)(hours * 60 + minutes) * (is_west ? -1 : 1);
    return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    const uint32_t m = (uint32_t)month;
    return m == 12 ? 31 : trace_day_of(year, m + 1, 1) - trace_day_of(year, m, 1);
}

bool trace_parse_instant(const char *text, int64_t *out_ms, int32_t *out_offset_minutes)
{
    const char *at = text;
    int64_t year, month, day, hour, minute, second = 0;
    if (!take_digits(&at, 4, &year) || !take_char(&at, '-') || !take_digits(&at, 2, &month) ||
        !take_char(&at, '-') || !take_digits(&at, 2, &day) || !take_char(&at, 'T') ||
        !take_digits(&at, 2, &hour) || !take_char(&at, ':') || !take_digits(&at, 2, &minute) ||
        (take_char(&at, ':') && !take_digits(&at, 2, &second))) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return false;
    }
    int64_t ms = 0;
    if (take_char(&at, '.')) {
        int64_t digit;
        int64_t scale = 100;
        if (*at < '0' || *at > '9') {
            return false;
        }
        while (take_digits(&at, 1, &digit)) {
            ms += digit * scale;
            scale /= 10;
        }
    }
    int32_t offset;
    if (!take_offset(&at, &offset)) {
        return false;
    }
    const int64_t local = trace_day_of(year, (uint32_t)month, (uint32_t)day) * DAY_MS +
                          hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
    *out_ms = local - offset * MINUTE_MS;
    *out_offset_minutes = offset;
    return true;
}

struct trace_instant trace_format_instant(int64_t at_ms, int32_t offset_minutes)
{
    const int64_t local = at_ms + offset_minutes * MINUTE_MS;
    const int64_t in_day = mod_floor(local, DAY_MS);
    int64_t year;
    uint32_t month, day;
    trace_date_of(div_floor(local, DAY_MS), &year, &month, &day);
    const int32_t size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char offset[8] = "Z";
    if (offset_minutes != 0) {
        (void)snprintf(offset, sizeof offset, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+',
                       size / 60 % 100, size % 60);
    }
    struct trace_instant instant;
    (void)snprintf(instant.text, sizeof instant.text,
                   "%04d-%02" PRIu32 "-%02" PRIu32 "T%02d:%02d:%02d.%03d%s", (int)(year % 10000),
                   month, day, (int)(in_day / HOUR_MS), (int)(in_day / MINUTE_MS % 60),
                   (int)(in_day / SECOND_MS % 60), (int)(in_day % SECOND_MS), offset);
    return instant;
}

/* real_sf_shift.c: when ambulances are on duty.
 *
 * The records say when a unit was sent, not when it was staffed. Engines, trucks and chiefs are staffed around the clock.
 * 75 ambulances appear in eight days, far fewer at any one time: each is taken to be on duty in the part of the day that
 * holds its training calls (the day without its longest quiet stretch), and on as many days of the week as the share of
 * training days on which it had a call. Which weekdays these are cannot be known from four days: they are dealt out evenly by
 * unit. */
#include "sim/real_sf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#define QUIET_HOURS_MIN 5u  /* a shorter pause is luck, not the end of a shift */
#define SHIFT_HOURS_MIN 10u /* nobody comes for less */
#define WEEK_DAYS 7u

struct duty {
    bool hours[24];
    bool days[SF_TRAIN_DAYS];
    uint32_t calls;
};

static void mark_call(const struct sf_data *data, const struct sf_response *response,
                      struct duty *duty)
{
    const int64_t offset_ms = data->offset_minutes * MINUTE_MS;
    const int64_t start_ms = response->dispatch_ms + offset_ms;
    /* The longest call of the data takes under four hours; a missing end counts as one. */
    const int64_t end_ms = response->available_ms == NEVER_MS ? start_ms + HOUR_MS
                                                              : response->available_ms + offset_ms;
    const int64_t first_day = div_floor(data->train_until_ms + offset_ms, DAY_MS) - SF_TRAIN_DAYS;
    const int64_t day = div_floor(start_ms, DAY_MS) - first_day;
    if (day >= 0 && day < SF_TRAIN_DAYS) {
        duty->days[day] = true;
    }
    duty->calls++;
    for (int64_t at = div_floor(start_ms, HOUR_MS); at <= div_floor(end_ms, HOUR_MS); at++) {
        duty->hours[mod_floor(at, 24)] = true;
    }
}

/* The longest run of quiet hours, around midnight too. */
static void find_quiet(const struct duty *duty, uint32_t *out_start, uint32_t *out_count)
{
    *out_start = 0;
    *out_count = 0;
    for (uint32_t start = 0; start < 24; start++) {
        uint32_t count = 0;
        while (count < 24 && !duty->hours[(start + count) % 24]) {
            count++;
        }
        if (count > *out_count) {
            *out_start = start;
            *out_count = count;
        }
    }
}

static uint8_t deal_days(uint32_t unit, uint32_t count)
{
    uint8_t days = 0;
    for (uint32_t i = 0; i < count; i++) {
        days |= (uint8_t)(1u << ((unit * 3 + i * WEEK_DAYS / count) % WEEK_DAYS));
    }
    return days;
}

static void fit_unit(struct sf_unit *unit, uint32_t row, const struct duty *duty)
{
    uint32_t seen = 0;
    uint32_t quiet_start;
    uint32_t quiet_count;
    for (uint32_t d = 0; d < SF_TRAIN_DAYS; d++) {
        seen += duty->days[d];
    }
    find_quiet(duty, &quiet_start, &quiet_count);
    const uint32_t days = (seen * WEEK_DAYS + SF_TRAIN_DAYS / 2) / SF_TRAIN_DAYS;
    unit->days = deal_days(row, days == 0 ? 1 : days);
    if (quiet_count < QUIET_HOURS_MIN) {
        return;
    }
    uint32_t start = quiet_start + quiet_count;
    uint32_t count = 24 - quiet_count;
    if (count < SHIFT_HOURS_MIN) {
        start += 24 - (SHIFT_HOURS_MIN - count) / 2;
        count = SHIFT_HOURS_MIN;
    }
    unit->start_hour = (uint8_t)(start % 24);
    unit->hour_count = (uint8_t)count;
}

void sf_fit_shifts(struct sf_data *data)
{
    struct duty *duties = calloc(data->unit_count + 1u, sizeof *duties);
    must(duties != NULL);
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        for (uint32_t r = 0; incident->is_train && r < incident->count; r++) {
            const struct sf_response *response = &data->responses[incident->first + r];
            if (response->dispatch_ms != NEVER_MS) {
                mark_call(data, response, &duties[response->unit]);
            }
        }
    }
    for (uint32_t u = 0; u < data->unit_count; u++) {
        struct sf_unit *unit = &data->units[u];
        unit->days = 0x7f;
        unit->start_hour = 0;
        unit->hour_count = 24;
        if (unit->group == SF_AMBULANCE) {
            fit_unit(unit, u, &duties[u]);
        }
    }
    free(duties);
}

struct sf_name sf_shift_name(const struct sf_unit *unit)
{
    struct sf_name name = {""};
    if (unit->days == 0x7f && unit->hour_count == 24) {
        return name;
    }
    (void)snprintf(name.text, sizeof name.text, "shift.%.40s", unit->id);
    for (char *c = name.text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return name;
}

enum err sf_write_calendars(const struct sf_data *data, const char *out)
{
    static const char *const DAYS[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct city_file file;
    const enum err err = city_file_open(&file, out, "calendars.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file,
                    "# Hours of duty of ambulances, guessed from their calls on the first %d days "
                    "(docs/real-data.md).\n"
                    "calendars:\n",
                    SF_TRAIN_DAYS);
    for (uint32_t u = 0; u < data->unit_count; u++) {
        const struct sf_unit *unit = &data->units[u];
        const char *separator = "";
        if (sf_shift_name(unit).text[0] == '\0') {
            continue;
        }
        city_file_print(&file, "  %s:\n    week: {", sf_shift_name(unit).text);
        for (uint32_t d = 0; d < WEEK_DAYS; d++) {
            const uint32_t end = (unit->start_hour + unit->hour_count) % 24u;
            if ((unit->days >> d & 1) != 0) {
                city_file_print(&file, "%s%s: \"%02d:00-%02" PRIu32 ":00\"", separator, DAYS[d],
                                unit->start_hour, end == 0 ? 24 : end);
                separator = ", ";
            }
        }
        city_file_print(&file, "}\n    valid: [2016-01-01, 2026-01-01]\n");
    }
    return city_file_close(&file);
}

/* trace_table.c: values of a mapped CSV file: times in their zone, places, texts. */
#include "sim/trace_convert.h"

#include "engine/city/time_zone.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct trace_zone {
    struct city_transition *rows;
    uint32_t count;
};

enum err trace_table_open(const char *map_name, const char *csv_path, struct pool *pool,
                          struct problems *problems, struct trace_table *out_table)
{
    struct trace_table table = {.zone = NULL};
    enum err err = trace_map_read(map_name, pool, problems, &table.map);
    if (err != ERR_OK) {
        return err;
    }
    err = trace_csv_load(csv_path, pool, problems, &table.csv);
    if (err != ERR_OK) {
        return err;
    }
    err = trace_map_bind(&table.map, &table.csv, problems);
    if (err != ERR_OK) {
        return err;
    }
    if (!time_zone_is_known(table.map.zone)) {
        problems_add(
            problems, PROBLEM_ERROR, "M001", table.map.file, 0, 0,
            "time zone \"%s\" is not known to this system; install tzdata or correct the name",
            table.map.zone);
        return ERR_INPUT;
    }
    table.zone = pool_take(pool, sizeof *table.zone);
    err = time_zone_load(table.map.zone, &table.zone->rows, &table.zone->count);
    if (err == ERR_OK) {
        *out_table = table;
    }
    return err;
}

void trace_table_close(struct trace_table *table)
{
    if (table->zone != NULL) {
        free(table->zone->rows);
        table->zone = NULL;
    }
}

/* ---- times ---- */

struct clock_parts {
    int64_t year, month, day, hour, minute, second;
    bool is_12h, is_pm;
};

static bool take_number(const char **at, int digits_max, int64_t *out)
{
    const char *start = *at;
    int64_t value = 0;
    while (*at - start < digits_max && **at >= '0' && **at <= '9') {
        value = value * 10 + (*(*at)++ - '0');
    }
    *out = value;
    return *at > start;
}

static bool take_part(const char **at, char letter, struct clock_parts *parts)
{
    switch (letter) {
    case 'Y':
        return take_number(at, 4, &parts->year);
    case 'm':
        return take_number(at, 2, &parts->month);
    case 'd':
        return take_number(at, 2, &parts->day);
    case 'I':
        parts->is_12h = true;
        return take_number(at, 2, &parts->hour);
    case 'H':
        return take_number(at, 2, &parts->hour);
    case 'M':
        return take_number(at, 2, &parts->minute);
    case 'S':
        return take_number(at, 2, &parts->second);
    case 'p': {
        const char half = (char)toupper((unsigned char)**at);
        parts->is_pm = half == 'P';
        const bool is_sound =
            (half == 'A' || half == 'P') && toupper((unsigned char)(*at)[1]) == 'M';
        *at += is_sound ? 2 : 0;
        return is_sound;
    }
    default:
        return false;
    }
}

static bool parse_local(const char *text, const char *format, int64_t *out_local_ms)
{
    struct clock_parts parts = {.month = 1, .day = 1};
    const char *at = text;
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            if (*at++ != *f) {
                return false;
            }
        } else if (!take_part(&at, *++f, &parts)) {
            return false;
        }
    }
    if (parts.is_12h) {
        if (parts.hour < 1 || parts.hour > 12) {
            return false;
        }
        parts.hour = parts.hour % 12 + (parts.is_pm ? 12 : 0);
    }
    if (*at != '\0' || parts.month < 1 || parts.month > 12 || parts.day < 1 || parts.hour > 23 ||
        parts.minute > 59 || parts.second > 59) {
        return false;
    }
    const uint32_t month = (uint32_t)parts.month;
    const int64_t first = trace_day_of(parts.year, month, 1);
    const int64_t next =
        month == 12 ? trace_day_of(parts.year + 1, 1, 1) : trace_day_of(parts.year, month + 1, 1);
    if (first + parts.day > next) {
        return false;
    }
    *out_local_ms = (first + parts.day - 1) * DAY_MS + parts.hour * HOUR_MS +
                    parts.minute * MINUTE_MS + parts.second * SECOND_MS;
    return true;
}

/* The first instant whose local time that is; false where the zone skips it. */
static bool local_to_utc(const struct trace_zone *zone, int64_t local_ms, int64_t *out_ms)
{
    for (uint32_t i = 0; i < zone->count; i++) {
        const int64_t utc = local_ms - zone->rows[i].offset_ms;
        const bool is_after = i == 0 || utc >= zone->rows[i].at_ms;
        const bool is_before = i + 1 == zone->count || utc < zone->rows[i + 1].at_ms;
        if (is_after && is_before) {
            *out_ms = utc;
            return true;
        }
    }
    return false;
}

bool trace_table_time(const struct trace_table *table, struct problems *problems,
                      const struct trace_cell *cell, int64_t *out_ms)
{
    int64_t local_ms;
    if (cell->text[0] == '\0') {
        return false;
    }
    if (!parse_local(cell->text, table->map.time_format, &local_ms)) {
        problems_add(problems, PROBLEM_ERROR, "V002", table->csv.file, cell->line, cell->column,
                     "\"%s\" is not a time of the form %s", cell->text, table->map.time_format);
        return false;
    }
    if (!local_to_utc(table->zone, local_ms, out_ms)) {
        problems_add(problems, PROBLEM_ERROR, "V002", table->csv.file, cell->line, cell->column,
                     "the time %s does not exist in %s: the clocks went forward", cell->text,
                     table->map.zone);
        return false;
    }
    return true;
}

int32_t trace_table_offset_minutes(const struct trace_table *table, int64_t at_ms)
{
    const struct trace_zone *zone = table->zone;
    uint32_t row = 0;
    while (row + 1 < zone->count && zone->rows[row + 1].at_ms <= at_ms) {
        row++;
    }
    return (int32_t)(zone->rows[row].offset_ms / MINUTE_MS);
}

/* ---- texts ---- */

/* "Illegal Parking" -> "illegal_parking", "A/B" -> "a_or_b". */
static size_t append_slug(char *out, size_t used, size_t size, const char *text)
{
    const size_t start = used;
    for (const char *c = text; *c != '\0'; c++) {
        if (isalnum((unsigned char)*c)) {
            if (used < size) {
                out[used++] = (char)tolower((unsigned char)*c);
            }
        } else {
            const char *word = *c == '/' ? "_or_" : "_";
            for (; *word != '\0'; word++) {
                if (used < size && !(*word == '_' && used > start && out[used - 1] == '_') &&
                    !(*word == '_' && used == start)) {
                    out[used++] = *word;
                }
            }
        }
    }
    while (used > start && out[used - 1] == '_') {
        used--;
    }
    return used;
}

const char *trace_table_text(const struct trace_table *table, struct pool *pool, uint32_t row,
                             const struct map_value *value)
{
    if (value->constant != NULL) {
        return value->constant;
    }
    char text[4096];
    size_t used = 0;
    bool is_empty = true;
    must(strlen(value->prefix) < sizeof text / 2);
    memcpy(text, value->prefix, strlen(value->prefix));
    used = strlen(value->prefix);
    for (uint32_t i = 0; i < value->part_count; i++) {
        const char *part = trace_csv_at(&table->csv, row, value->columns[i])->text;
        is_empty = is_empty && part[0] == '\0';
        if (i > 0 && used < sizeof text) {
            text[used++] = '.';
        }
        if (value->kind == MAP_SLUG) {
            used = append_slug(text, used, sizeof text, part);
        } else {
            const size_t room = sizeof text - used;
            const size_t size = strlen(part) < room ? strlen(part) : room;
            memcpy(text + used, part, size);
            used += size;
        }
    }
    if (is_empty) {
        return "";
    }
    if (used > value->size_max) {
        used = value->size_max;
        /* Back to the start of the character that does not fit. */
        while (used > 0 && ((unsigned char)text[used] & 0xc0) == 0x80) {
            used--;
        }
    }
    return pool_text(pool, text, used);
}

/* ---- places ---- */

static bool take_degrees(const char **at, int64_t limit, int32_t *out_e7)
{
    char *end;
    const double degrees = strtod(*at, &end);
    if (end == *at || !(degrees >= -(double)limit && degrees <= (double)limit)) {
        return false;
    }
    *at = end;
    *out_e7 = (int32_t)(degrees * 1e7 + (degrees < 0 ? -0.5 : 0.5));
    return true;
}

static bool parse_pair(const char *text, struct place *out)
{
    const char *at = text;
    if (*at++ != '(' || !take_degrees(&at, 90, &out->lat) || *at++ != ',') {
        return false;
    }
    at += strspn(at, " ");
    return take_degrees(&at, 180, &out->lon) && *at == ')' && at[1] == '\0';
}

bool trace_table_place(const struct trace_table *table, struct problems *problems, uint32_t row,
                       struct place *out_place, bool *out_is_empty)
{
    const struct trace_map *map = &table->map;
    const bool is_pair = map->pair.part_count > 0;
    *out_is_empty = false;
    if (!is_pair && map->lon.part_count == 0) {
        *out_is_empty = true;
        return false;
    }
    const struct trace_cell *first =
        trace_csv_at(&table->csv, row, is_pair ? map->pair.columns[0] : map->lon.columns[0]);
    const struct trace_cell *second =
        is_pair ? first : trace_csv_at(&table->csv, row, map->lat.columns[0]);
    if (first->text[0] == '\0' && second->text[0] == '\0' && map->place_when_empty != NULL) {
        *out_is_empty = true;
        return false;
    }
    if (is_pair) {
        if (parse_pair(first->text, out_place)) {
            return true;
        }
    } else {
        const char *lon = first->text;
        const char *lat = second->text;
        if (take_degrees(&lon, 180, &out_place->lon) && *lon == '\0' &&
            take_degrees(&lat, 90, &out_place->lat) && *lat == '\0') {
            return true;
        }
    }
    problems_add(problems, PROBLEM_ERROR, "V002", table->csv.file, first->line, first->column,
                 "\"%s\" is not a place%s", first->text,
                 is_pair ? " of the form (lat, lon)"
                         : "; longitude and latitude in degrees are expected");
    return false;
}

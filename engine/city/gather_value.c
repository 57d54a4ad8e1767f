/* gather_value.c: cells of CSV files to values; see gather.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/gather.h"
#include "engine/core/city_check.h"

#define MESSAGE_MAX 512
#define ID_SIZE_MAX 64u
#define DECIMAL_SIZE_MAX 40u

void gather_problem(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                    const char *code, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct csv_cell *cell = csv_at(csv, row, column);
    problems_add(gather->problems, PROBLEM_ERROR, code, csv->file, cell->line, cell->column, "%s",
                 message);
}

const char *gather_text(const struct csv *csv, uint32_t row, uint32_t column)
{
    return csv_at(csv, row, column)->text;
}

struct image_string gather_put(struct gather *gather, const char *text)
{
    return image_writer_string(gather->writer, text, strlen(text));
}

struct image_string gather_string(struct gather *gather, const struct csv *csv, uint32_t row,
                                  uint32_t column)
{
    return gather_put(gather, gather_text(csv, row, column));
}

bool gather_id_is_sound(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > ID_SIZE_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned byte = (unsigned char)text[i];
        if (byte <= 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static uint32_t find_or_tell(struct gather *gather, const struct csv *csv, uint32_t row,
                             uint32_t column, const char *text, const struct names *names,
                             const char *where)
{
    uint32_t rank = names_find(names, text);
    if (rank == NONE32 && !names->is_incomplete) {
        const char *nearest = names_nearest(names, text);
        gather_problem(gather, csv, row, column, "C018", "\"%s\" is not in %s%s%s", text, where,
                       nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return rank;
}

uint32_t gather_reference(struct gather *gather, const struct csv *csv, uint32_t row,
                          uint32_t column, const struct names *names, const char *where)
{
    const char *text = gather_text(csv, row, column);
    return text[0] == '\0' ? NONE32 : find_or_tell(gather, csv, row, column, text, names, where);
}

bool gather_bool(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                 bool otherwise)
{
    static const char *const WORDS[] = {"false", "true"};
    return gather_word(gather, csv, row, column, WORDS, 2, otherwise ? 1 : 0) == 1;
}

bool gather_parse_u32(const char *text, uint32_t *out_value)
{
    uint64_t value = 0;
    if (text[0] == '\0') {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *out_value = (uint32_t)value;
    return true;
}

uint32_t gather_number(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                       uint32_t otherwise, uint32_t limit)
{
    const char *text = gather_text(csv, row, column);
    uint32_t value = otherwise;
    if (text[0] != '\0' && (!gather_parse_u32(text, &value) || value > limit)) {
        gather_problem(gather, csv, row, column, "C016",
                       "\"%s\" should be a whole number from 0 to %u", text, limit);
        return otherwise;
    }
    return value;
}

/* "a, b or c" */
static void join_words(char *out, size_t size, const char *const *words, uint32_t count)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < count && used < size; i++) {
        const char *joint = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        int printed = snprintf(out + used, size - used, "%s%s", joint, words[i]);
        used += printed > 0 ? (size_t)printed : 0;
    }
}

uint32_t gather_word(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                     const char *const *words, uint32_t word_count, uint32_t otherwise)
{
    const char *text = gather_text(csv, row, column);
    if (text[0] == '\0') {
        if (otherwise == NONE32 && csv_at(csv, row, column)->column > 0) {
            gather_problem(gather, csv, row, column, "C013", "may not be empty");
        }
        return otherwise;
    }
    for (uint32_t i = 0; i < word_count; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }
    char list[MESSAGE_MAX / 2];
    join_words(list, sizeof list, words, word_count);
    gather_problem(gather, csv, row, column, "C017", "\"%s\" should be %s", text, list);
    return otherwise;
}

const char **gather_list(struct gather *gather, const struct csv *csv, uint32_t row,
                         uint32_t column, uint32_t *out_count)
{
    const char *text = gather_text(csv, row, column);
    size_t item_limit = strlen(text) / 2 + 1;
    const char **items = pool_take_rows(&gather->pool, sizeof(char *), item_limit);
    uint32_t count = 0;
    for (;;) {
        text += strspn(text, " \t\r\n");
        size_t size = strcspn(text, " \t\r\n");
        if (size == 0) {
            break;
        }
        must(count < item_limit);
        items[count++] = pool_text(&gather->pool, text, size);
        text += size;
    }
    *out_count = count;
    return items;
}

uint32_t *gather_references(struct gather *gather, const struct csv *csv, uint32_t row,
                            uint32_t column, const struct names *names, const char *where,
                            uint32_t *out_count)
{
    uint32_t item_count;
    const char **items = gather_list(gather, csv, row, column, &item_count);
    uint32_t *ranks = pool_take_rows(&gather->pool, sizeof *ranks, item_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < item_count; i++) {
        uint32_t rank = find_or_tell(gather, csv, row, column, items[i], names, where);
        bool is_repeated = false;
        for (uint32_t j = 0; j < count; j++) {
            is_repeated = is_repeated || ranks[j] == rank;
        }
        if (is_repeated) {
            gather_problem(gather, csv, row, column, "C015", "\"%s\" stands twice in the list",
                           items[i]);
        } else if (rank != NONE32) {
            ranks[count++] = rank;
        }
    }
    *out_count = count;
    return ranks;
}

/* Plain decimals only: strtod would also take "nan", "0x10" and "1e5". */
bool gather_parse_decimal(const char *text, double *out_value)
{
    size_t size = strlen(text);
    if (size == 0 || size > DECIMAL_SIZE_MAX || strspn(text, "+-.0123456789") != size) {
        return false;
    }
    char *end;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value)) {
        return false;
    }
    *out_value = value;
    return true;
}

struct place gather_place(struct gather *gather, const struct csv *csv, uint32_t row,
                          uint32_t lon_column, bool is_needed)
{
    const char *names[2] = {"longitude", "latitude"};
    double limits[2] = {180, 90};
    double values[2] = {0, 0};
    bool is_sound = true;
    bool is_empty[2];
    for (uint32_t i = 0; i < 2; i++) {
        const char *text = gather_text(csv, row, lon_column + i);
        is_empty[i] = text[0] == '\0';
        if (!is_empty[i] &&
            (!gather_parse_decimal(text, &values[i]) || fabs(values[i]) > limits[i])) {
            gather_problem(gather, csv, row, lon_column + i, "C019",
                           "\"%s\" should be a %s in degrees, -%g to %g", text, names[i], limits[i],
                           limits[i]);
            is_sound = false;
        }
    }
    bool is_absent = csv_at(csv, row, lon_column)->column == 0 ||
                     csv_at(csv, row, lon_column + 1)->column == 0; /* told as C005 or C007 */
    if ((is_empty[0] != is_empty[1] || (is_needed && is_empty[0])) && is_absent && is_needed) {
        return place_none();
    }
    if (is_empty[0] != is_empty[1] || (is_needed && is_empty[0])) {
        gather_problem(gather, csv, row, lon_column + (is_empty[0] ? 0 : 1), "C019",
                       "longitude and latitude are both needed");
        return place_none();
    }
    if (is_empty[0] || !is_sound) {
        return place_none();
    }
    return crs_place_to_wgs84(gather->crs,
                              degrees_to_place((struct degrees){values[0], values[1]}));
}

struct unit_word {
    const char *word;
    int64_t factor;
    uint32_t unit;
};

static const struct unit_word UNIT_WORDS[] = {
    {"s", SECOND_MS, UNIT_CONTINUOUS}, {"m", MINUTE_MS, UNIT_CONTINUOUS},
    {"h", HOUR_MS, UNIT_CONTINUOUS},   {"d", 1, UNIT_NATURAL_DAY},
    {"wh", HOUR_MS, UNIT_WORK_TIME},   {"wd", 1, UNIT_WORK_DAY_END},
};

bool gather_parse_limit(const char *text, struct clock_limit *out_limit)
{
    size_t digits = strspn(text, "0123456789");
    char number[16];
    uint32_t value;
    if (digits == 0 || digits >= sizeof number) {
        return false;
    }
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!gather_parse_u32(number, &value)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(UNIT_WORDS); i++) {
        const struct unit_word *unit = &UNIT_WORDS[i];
        if (strcmp(unit->word, text + digits) == 0) {
            *out_limit = (struct clock_limit){value * unit->factor, unit->unit, 0};
            int64_t days = unit->factor == 1 ? value : out_limit->value / DAY_MS;
            return days <= CITY_LIMIT_DAYS_MAX;
        }
    }
    return false;
}

struct clock_limit gather_limit(struct gather *gather, const struct csv *csv, uint32_t row,
                                uint32_t column)
{
    const char *text = gather_text(csv, row, column);
    struct clock_limit limit = {0, UNIT_CONTINUOUS, 0};
    if (text[0] != '\0' && !gather_parse_limit(text, &limit)) {
        gather_problem(gather, csv, row, column, "C030",
                       "\"%s\" should be a duration such as 30m, 4h, 4wh, 2wd or 1d", text);
    }
    return limit;
}

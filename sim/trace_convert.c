/* trace_convert.c: CSV rows to events. */
#include "sim/trace_convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One event to be: rows[first .. first + count) of `order`. */
struct draft {
    int64_t at_ms;
    const char *id;
    uint32_t first, count;
};

/* A row with what it is sorted by. */
struct row_key {
    const char *key;
    int64_t first_ms;
    int64_t order;
    uint32_t row;
};

struct conversion {
    struct trace_table table;
    struct pool *pool;
    struct problems *problems;
    struct row_key *rows;
    struct draft *drafts;
    uint32_t draft_count;
    struct trace_writer *writer; /* NULL while only checking */
    struct trace_converted counts;
};

static int compare_rows(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    const int keys = strcmp(x->key, y->key);
    if (keys != 0) {
        return keys;
    }
    if (x->first_ms != y->first_ms) {
        return x->first_ms < y->first_ms ? -1 : 1;
    }
    if (x->order != y->order) {
        return x->order < y->order ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

static int compare_drafts(const void *a, const void *b)
{
    const struct draft *x = a;
    const struct draft *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return strcmp(x->id, y->id);
}

static const struct trace_cell *cell_of(const struct conversion *conversion, uint32_t row,
                                        const struct map_value *value)
{
    return trace_csv_at(&conversion->table.csv, row, value->columns[0]);
}

/* A time that must be there. */
static int64_t needed_time(struct conversion *conversion, uint32_t row,
                           const struct map_value *value)
{
    int64_t ms = 0;
    const struct trace_cell *cell = cell_of(conversion, row, value);
    if (!trace_table_time(&conversion->table, conversion->problems, cell, &ms) &&
        cell->text[0] == '\0') {
        problems_add(conversion->problems, PROBLEM_ERROR, "V002", conversion->table.csv.file,
                     cell->line, cell->column, "\"%s\" is empty; every row needs it",
                     value->parts[0]);
    }
    return ms;
}

/* Sorts rows into groups and groups into time order. A file without groups has one row each. */
static void group_rows(struct conversion *conversion)
{
    const struct trace_map *map = &conversion->table.map;
    const uint32_t count = conversion->table.csv.row_count;
    conversion->rows =
        pool_take_rows(conversion->pool, sizeof *conversion->rows, (size_t)count + 1);
    conversion->drafts =
        pool_take_rows(conversion->pool, sizeof *conversion->drafts, (size_t)count + 1);
    for (uint32_t row = 0; row < count; row++) {
        struct row_key *key = &conversion->rows[row];
        *key = (struct row_key){.row = row};
        key->key = trace_table_text(&conversion->table, conversion->pool, row,
                                    map->has_group ? &map->group_key : &map->id);
        if (key->key[0] == '\0') {
            const struct trace_cell *cell = cell_of(conversion, row, &map->id);
            problems_add(conversion->problems, PROBLEM_ERROR, "V002", conversion->table.csv.file,
                         cell->line, cell->column, "the row has no id");
        }
        key->first_ms = needed_time(conversion, row, map->has_group ? &map->group_first : &map->at);
        if (map->rows_key != NULL) {
            key->order = strtoll(cell_of(conversion, row, &map->rows_order)->text, NULL, 10);
        }
    }
    qsort(conversion->rows, count, sizeof *conversion->rows, compare_rows);
    for (uint32_t i = 0; i < count; i++) {
        const struct row_key *key = &conversion->rows[i];
        const bool is_same = i > 0 && strcmp(key->key, conversion->rows[i - 1].key) == 0;
        if (is_same && map->has_group) {
            conversion->drafts[conversion->draft_count - 1].count++;
            continue;
        }
        if (is_same) {
            const struct trace_cell *cell = cell_of(conversion, key->row, &map->id);
            problems_add(conversion->problems, PROBLEM_ERROR, "V002", conversion->table.csv.file,
                         cell->line, cell->column, "id \"%s\" occurs twice", key->key);
        }
        conversion->drafts[conversion->draft_count++] =
            (struct draft){.at_ms = needed_time(conversion, key->row, &map->at),
                           .id = key->key,
                           .first = i,
                           .count = 1};
    }
    qsort(conversion->drafts, conversion->draft_count, sizeof *conversion->drafts, compare_drafts);
}

static bool parse_micro(const char *text, int64_t *out_micro)
{
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number > -9e12 && number < 9e12)) {
        return false;
    }
    *out_micro = (int64_t)(number * 1e6 + (number < 0 ? -0.5 : 0.5));
    return true;
}

static int parse_boolean(const char *text)
{
    static const char *const WORDS[][2] = {{"false", "true"}, {"N", "Y"}, {"0", "1"}};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        for (int b = 0; b < 2; b++) {
            if (strcmp(text, WORDS[i][b]) == 0) {
                return b;
            }
        }
    }
    return -1;
}

static void add_field(struct conversion *conversion, uint32_t row, const struct map_value *value,
                      struct trace_event *event)
{
    const char *text = trace_table_text(&conversion->table, conversion->pool, row, value);
    const struct trace_cell *cell = cell_of(conversion, row, value);
    int64_t micro;
    if (text[0] == '\0') {
        return; /* a missing field, which rules can test with has() */
    }
    if (value->kind == MAP_NUMBER) {
        if (parse_micro(text, &micro)) {
            trace_event_add_number(event, value->name, micro);
            return;
        }
    } else if (value->kind == MAP_BOOLEAN) {
        if (parse_boolean(text) >= 0) {
            trace_event_add_flag(event, value->name, parse_boolean(text) == 1);
            return;
        }
    } else {
        trace_event_add_text(event, value->name, text);
        return;
    }
    problems_add(conversion->problems, PROBLEM_ERROR, "V002", conversion->table.csv.file,
                 cell->line, cell->column, "\"%s\" is not a %s", text,
                 value->kind == MAP_NUMBER ? "number" : "boolean");
}

static void add_truth(struct conversion *conversion, uint32_t row, int64_t at_ms,
                      const struct map_value *value, json_t *truth)
{
    const char *text = trace_table_text(&conversion->table, conversion->pool, row, value);
    int64_t ms;
    if (text[0] == '\0') {
        return;
    }
    if (value->kind == MAP_AFTER) {
        if (trace_table_time(&conversion->table, conversion->problems,
                             cell_of(conversion, row, value), &ms)) {
            (void)json_object_set_new(truth, value->name, json_integer(ms - at_ms));
        }
    } else {
        (void)json_object_set_new(truth, value->name, json_string(text));
    }
}

static bool test_flag(struct conversion *conversion, uint32_t row, const struct map_flag *flag)
{
    const struct trace_cell *cell = cell_of(conversion, row, &flag->value);
    int64_t ms;
    int64_t other_ms;
    switch (flag->test) {
    case MAP_IS_EMPTY:
        return cell->text[0] == '\0';
    case MAP_IS_MIDNIGHT: {
        /* Without a time of day, or at 12:00:00 AM. */
        const char *time = strstr(cell->text, "12:00:00 AM");
        return time != NULL || strstr(cell->text, "00:00:00") != NULL;
    }
    case MAP_IS_BEFORE:
        return trace_table_time(&conversion->table, conversion->problems, cell, &ms) &&
               trace_table_time(&conversion->table, conversion->problems,
                                cell_of(conversion, row, &flag->other), &other_ms) &&
               ms < other_ms;
    }
    gridloop_panic(__FILE__, __LINE__, "unknown test");
}

static void add_flags(struct conversion *conversion, uint32_t row, bool has_no_place, json_t *truth)
{
    const struct trace_map *map = &conversion->table.map;
    json_t *flags = json_array();
    if (has_no_place && map->place_when_empty != NULL) {
        (void)json_array_append_new(flags, json_string(map->place_when_empty));
        conversion->counts.flag_counts[MAP_FLAGS_MAX] += conversion->writer != NULL;
    }
    for (uint32_t i = 0; i < map->flag_count; i++) {
        if (test_flag(conversion, row, &map->flags[i])) {
            (void)json_array_append_new(flags, json_string(map->flags[i].word));
            conversion->counts.flag_counts[i] += conversion->writer != NULL;
        }
    }
    if (json_array_size(flags) > 0) {
        (void)json_object_set(truth, "flags", flags);
    }
    json_decref(flags);
}

static void add_row_truths(struct conversion *conversion, const struct draft *draft, json_t *truth)
{
    const struct trace_map *map = &conversion->table.map;
    if (map->rows_key == NULL) {
        return;
    }
    json_t *list = json_array();
    for (uint32_t i = 0; i < draft->count; i++) {
        json_t *object = json_object();
        for (uint32_t k = 0; k < map->row_truths.count; k++) {
            add_truth(conversion, conversion->rows[draft->first + i].row, draft->at_ms,
                      &map->row_truths.values[k], object);
        }
        (void)json_array_append_new(list, object);
    }
    (void)json_object_set_new(truth, map->rows_key, list);
}

/* Makes the event; writes it once the whole file is known to be sound. */
static void convert_draft(struct conversion *conversion, const struct draft *draft)
{
    const struct trace_map *map = &conversion->table.map;
    const uint32_t row = conversion->rows[draft->first].row;
    struct trace_event event = {
        .at_ms = draft->at_ms, .source = map->source, .place = place_none()};
    event.offset_minutes = trace_table_offset_minutes(&conversion->table, draft->at_ms);
    event.id = trace_table_text(&conversion->table, conversion->pool, row, &map->id);
    event.type = trace_table_text(&conversion->table, conversion->pool, row, &map->type);
    bool is_empty;
    struct place place;
    if (trace_table_place(&conversion->table, conversion->problems, row, &place, &is_empty)) {
        event.place = place;
    }
    for (uint32_t i = 0; i < map->fields.count; i++) {
        add_field(conversion, row, &map->fields.values[i], &event);
    }
    if (map->has_text) {
        event.text = trace_table_text(&conversion->table, conversion->pool, row, &map->text);
    }
    event.truth = json_object();
    for (uint32_t i = 0; i < map->truths.count; i++) {
        add_truth(conversion, row, draft->at_ms, &map->truths.values[i], event.truth);
    }
    add_flags(conversion, row, is_empty, event.truth);
    add_row_truths(conversion, draft, event.truth);
    if (conversion->writer != NULL) {
        trace_writer_add(conversion->writer, &event);
    }
    json_decref(event.truth);
}

enum err trace_convert(const char *map_name, const char *csv_path, const char *out_path,
                       struct pool *pool, struct problems *problems,
                       struct trace_converted *out_counts)
{
    struct conversion conversion = {.pool = pool, .problems = problems};
    enum err err = trace_table_open(map_name, csv_path, pool, problems, &conversion.table);
    if (err != ERR_OK) {
        return err;
    }
    const int errors = problems_error_count(problems);
    group_rows(&conversion);
    for (uint32_t i = 0; i < conversion.draft_count && problems_error_count(problems) < 1000; i++) {
        convert_draft(&conversion, &conversion.drafts[i]);
    }
    if (problems_error_count(problems) > errors) {
        trace_table_close(&conversion.table);
        return ERR_INPUT;
    }
    err = trace_writer_open(out_path, &conversion.writer);
    if (err == ERR_OK) {
        for (uint32_t i = 0; i < conversion.draft_count; i++) {
            convert_draft(&conversion, &conversion.drafts[i]);
        }
        err = trace_writer_close(conversion.writer);
    }
    if (err != ERR_OK) {
        problems_add(problems, PROBLEM_ERROR, "V000", out_path, 0, 0, "cannot be written");
    }
    conversion.counts.rows = conversion.table.csv.row_count;
    conversion.counts.events = conversion.draft_count;
    conversion.counts.map = conversion.table.map;
    *out_counts = conversion.counts;
    trace_table_close(&conversion.table);
    return err;
}

/* gather_calendars.c: calendars.yaml to CITY_CALENDARS, CITY_INTERVALS and CITY_EXCEPTIONS; see gather.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/city/date.h"
#include "engine/city/gather.h"
#include "engine/core/city_check.h"

#define WEEK_MINUTES 10080u
#define DAY_MINUTES 1440u
#define VALID_DAYS_MAX (40 * 366)
#define SPANS_MAX 64u /* intervals of one week before they are joined */

static const struct yaml_key ROOT_KEYS[] = {{"calendars", true}};
static const struct yaml_key CALENDAR_KEYS[] = {
    {"week", true}, {"holidays", false}, {"makeup", false}, {"valid", true}};
static const char *const DAY_WORDS[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct week {
    struct city_interval spans[SPANS_MAX];
    uint32_t count;
};

struct calendar_tables {
    struct city_interval *intervals;
    uint32_t interval_count, interval_capacity;
    struct city_exception *exceptions;
    uint32_t exception_count, exception_capacity;
};

static bool parse_digits(const char *text, size_t count, int64_t *out_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out_value = value;
    return true;
}

/* "08:30" to minutes; 24:00 is allowed. */
static bool parse_time(const char *text, uint32_t *out_minute)
{
    int64_t hour;
    int64_t minute;
    if (text[2] != ':' || !parse_digits(text, 2, &hour) || !parse_digits(text + 3, 2, &minute) ||
        minute > 59 || hour * 60 + minute > DAY_MINUTES) {
        return false;
    }
    *out_minute = (uint32_t)(hour * 60 + minute);
    return true;
}

static int find_weekday(const char *text, size_t size)
{
    for (int i = 0; i < 7; i++) {
        if (size == 3 && memcmp(DAY_WORDS[i], text, 3) == 0) {
            return i;
        }
    }
    return -1;
}

/* "mon", "mon-fri"; "fri-mon" runs over the end of the week. */
static bool parse_days(const char *text, bool out_days[7])
{
    size_t first_size = strcspn(text, "-");
    int first = find_weekday(text, first_size);
    const char *rest = text + first_size;
    int last = rest[0] == '-' ? find_weekday(rest + 1, strlen(rest + 1)) : first;
    if (first < 0 || last < 0) {
        return false;
    }
    for (int i = 0; i < 7; i++) {
        out_days[i] = first <= last ? i >= first && i <= last : i >= first || i <= last;
    }
    return true;
}

static bool span_add(struct week *week, uint32_t start, uint32_t end)
{
    if (week->count == SPANS_MAX) {
        return false;
    }
    week->spans[week->count++] = (struct city_interval){(uint16_t)start, (uint16_t)end};
    return true;
}

/* One "hh:mm-hh:mm" on one day; past midnight the rest falls on the next day, Sunday's on Monday. */
static bool hours_add(struct week *week, uint32_t weekday, uint32_t start, uint32_t end)
{
    uint32_t day_start = weekday * DAY_MINUTES;
    if (start < end) {
        return span_add(week, day_start + start, day_start + end);
    }
    uint32_t next_day = (weekday + 1) % 7 * DAY_MINUTES;
    bool is_added =
        start == DAY_MINUTES || span_add(week, day_start + start, day_start + DAY_MINUTES);
    return is_added && (end == 0 || span_add(week, next_day, next_day + end));
}

/* "08:00-12:00,14:00-18:00" on all days of a key. */
static void read_hours(struct yaml_tree *tree, const yaml_node_t *node, const bool days[7],
                       struct week *week)
{
    const char *text = yaml_text(tree, node);
    while (text != NULL) {
        text += strspn(text, " ");
        size_t size = strcspn(text, ",");
        uint32_t start;
        uint32_t end;
        while (size > 0 && text[size - 1] == ' ') {
            size--;
        }
        if (size != 11 || text[5] != '-' || !parse_time(text, &start) ||
            !parse_time(text + 6, &end) || start == end) {
            yaml_problem(tree, node, "C031",
                         "\"%.40s\" should be hours such as \"08:00-12:00,14:00-18:00\"", text);
            return;
        }
        for (uint32_t day = 0; day < 7; day++) {
            if (days[day] && !hours_add(week, day, start, end)) {
                yaml_problem(tree, node, "C029", "more than %u spans of hours in a week",
                             SPANS_MAX);
                return;
            }
        }
        text = strchr(text, ',');
        text = text == NULL ? NULL : text + 1;
    }
}

static int span_compare(const void *a, const void *b)
{
    const struct city_interval *left = a;
    const struct city_interval *right = b;
    return left->start_minute < right->start_minute ? -1 : left->start_minute > right->start_minute;
}

/* Sorts, joins what touches, reports what overlaps. */
static void week_join(struct yaml_tree *tree, const yaml_node_t *node, struct week *week)
{
    qsort(week->spans, week->count, sizeof week->spans[0], span_compare);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < week->count; i++) {
        struct city_interval span = week->spans[i];
        struct city_interval *last = kept == 0 ? NULL : &week->spans[kept - 1];
        if (last != NULL && span.start_minute < last->end_minute) {
            uint32_t minute = span.start_minute % DAY_MINUTES;
            yaml_problem(tree, node, "C031", "hours overlap on %s at %02u:%02u",
                         DAY_WORDS[span.start_minute / DAY_MINUTES], minute / 60, minute % 60);
            return;
        }
        if (last != NULL && span.start_minute == last->end_minute) {
            last->end_minute = span.end_minute;
        } else {
            week->spans[kept++] = span;
        }
    }
    week->count = kept;
}

static void read_week(struct yaml_tree *tree, const yaml_node_t *node, struct week *week)
{
    bool is_named[7] = {false};
    const yaml_node_t *key;
    const yaml_node_t *value;
    if (!yaml_check_free_keys(tree, node)) {
        return;
    }
    for (size_t i = 0; yaml_pair(tree, node, i, &key, &value); i++) {
        const char *text = yaml_text(tree, key);
        bool days[7];
        if (text == NULL || !parse_days(text, days)) {
            yaml_problem(tree, key, "C031", "\"%s\" should be a day or a range: mon, mon-fri",
                         text == NULL ? "?" : text);
            continue;
        }
        for (uint32_t day = 0; day < 7; day++) {
            if (days[day] && is_named[day]) {
                yaml_problem(tree, key, "C032", "%s is named twice in the week", DAY_WORDS[day]);
            }
            is_named[day] = is_named[day] || days[day];
        }
        read_hours(tree, value, days, week);
    }
    week_join(tree, node, week);
}

static bool read_date(struct yaml_tree *tree, const yaml_node_t *node, int32_t *out_day)
{
    const char *text = yaml_text(tree, node);
    if (text == NULL) {
        return false;
    }
    if (!date_parse(text, out_day)) {
        yaml_problem(tree, node, "C032", "\"%s\" should be a date that exists, such as 2026-10-01",
                     text);
        return false;
    }
    return true;
}

/* Keeps the exceptions from first on sorted by day; false where the day has one already. */
static bool exception_add(struct calendar_tables *tables, uint32_t first,
                          struct city_exception entry)
{
    tables->exceptions = pool_grow_rows(tables->exceptions, sizeof *tables->exceptions,
                                        tables->exception_count, &tables->exception_capacity);
    uint32_t at = tables->exception_count;
    while (at > first && tables->exceptions[at - 1].day > entry.day) {
        at--;
    }
    if (at > first && tables->exceptions[at - 1].day == entry.day) {
        return false;
    }
    memmove(&tables->exceptions[at + 1], &tables->exceptions[at],
            (tables->exception_count - at) * sizeof *tables->exceptions);
    tables->exceptions[at] = entry;
    tables->exception_count++;
    return true;
}

static void read_exceptions(struct yaml_tree *tree, const yaml_node_t *node,
                            struct calendar_tables *tables, uint32_t first)
{
    const yaml_node_t *holidays = yaml_find(tree, node, "holidays");
    const yaml_node_t *makeup = yaml_find(tree, node, "makeup");
    const yaml_node_t *item;
    int32_t day;
    for (size_t i = 0; (item = yaml_item(tree, holidays, i)) != NULL; i++) {
        if (read_date(tree, item, &day) &&
            !exception_add(tables, first, (struct city_exception){day, -1})) {
            yaml_problem(tree, item, "C032", "this day stands twice");
        }
    }
    if (makeup == NULL || !yaml_check_free_keys(tree, makeup)) {
        return;
    }
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; yaml_pair(tree, makeup, i, &key, &value); i++) {
        const char *word = yaml_text(tree, value);
        int weekday = word == NULL ? -1 : find_weekday(word, strlen(word));
        if (weekday < 0) {
            yaml_problem(tree, value, "C032", "should be the weekday whose hours hold: mon .. sun");
        } else if (read_date(tree, key, &day) &&
                   !exception_add(tables, first, (struct city_exception){day, weekday})) {
            yaml_problem(tree, key, "C032", "this day is a holiday or a make-up day already");
        }
    }
}

static void read_valid(struct yaml_tree *tree, const yaml_node_t *node, struct city_calendar *row)
{
    const yaml_node_t *from = yaml_item(tree, node, 0);
    const yaml_node_t *until = yaml_item(tree, node, 1);
    if (from == NULL || until == NULL || yaml_item(tree, node, 2) != NULL) {
        yaml_problem(tree, node, "C033", "should be two dates: [first day, first day after]");
        return;
    }
    if (read_date(tree, from, &row->valid_from_day) &&
        read_date(tree, until, &row->valid_until_day) &&
        (row->valid_from_day >= row->valid_until_day ||
         row->valid_until_day - row->valid_from_day > VALID_DAYS_MAX)) {
        yaml_problem(tree, node, "C033", "the second date should follow the first within 40 years");
    }
}

static bool has_hours(const struct week *week, int weekday)
{
    for (uint32_t i = 0; i < week->count; i++) {
        if (week->spans[i].start_minute < ((uint32_t)weekday + 1) * DAY_MINUTES &&
            week->spans[i].end_minute > (uint32_t)weekday * DAY_MINUTES) {
            return true;
        }
    }
    return false;
}

/* Days that can never count: outside the validity, or made up by a day that is not worked. */
static void check_exceptions(struct yaml_tree *tree, const yaml_node_t *node,
                             const struct week *week, const struct city_calendar *row)
{
    const yaml_node_t *holidays = yaml_find(tree, node, "holidays");
    const yaml_node_t *makeup = yaml_find(tree, node, "makeup");
    const yaml_node_t *item, *value;
    int32_t day;
    for (size_t i = 0; (item = yaml_item(tree, holidays, i)) != NULL; i++) {
        const char *text = yaml_text(tree, item);
        if (text != NULL && date_parse(text, &day) &&
            (day < row->valid_from_day || day >= row->valid_until_day)) {
            yaml_problem(
                tree, item, "C035",
                "holiday %s lies outside `valid` of its calendar: extend that, or leave it out",
                text);
        }
    }
    for (size_t i = 0; makeup != NULL && yaml_pair(tree, makeup, i, &item, &value); i++) {
        const char *text = yaml_text(tree, item);
        const char *word = yaml_text(tree, value);
        const int weekday = word == NULL ? -1 : find_weekday(word, strlen(word));
        if (text == NULL || !date_parse(text, &day) || weekday < 0) {
            continue;
        }
        if (day < row->valid_from_day || day >= row->valid_until_day) {
            yaml_problem(
                tree, item, "C035",
                "make-up day %s lies outside `valid` of its calendar: extend that, or leave it out",
                text);
        } else if (!has_hours(week, weekday)) {
            yaml_problem(
                tree, value, "C035",
                "make-up day %s works like a %s, which has no hours: name a day that is worked",
                text, DAY_WORDS[weekday]);
        }
    }
}

static struct city_calendar read_calendar(struct gather *gather, const yaml_node_t *node,
                                          struct calendar_tables *tables)
{
    struct yaml_tree *tree = &gather->calendars_yaml;
    struct city_calendar row = {.intervals = {tables->interval_count, 0},
                                .exceptions = {tables->exception_count, 0}};
    const yaml_node_t *week_node = yaml_find(tree, node, "week");
    const yaml_node_t *valid = yaml_find(tree, node, "valid");
    struct week week = {.count = 0};
    if (week_node != NULL) {
        read_week(tree, week_node, &week);
    }
    for (uint32_t i = 0; i < week.count; i++) {
        tables->intervals = pool_grow_rows(tables->intervals, sizeof *tables->intervals,
                                           tables->interval_count, &tables->interval_capacity);
        tables->intervals[tables->interval_count++] = week.spans[i];
    }
    read_exceptions(tree, node, tables, tables->exception_count);
    if (valid != NULL) {
        read_valid(tree, valid, &row);
        check_exceptions(tree, node, &week, &row);
    }
    if (week_node != NULL && week.count == 0) {
        yaml_problem(tree, week_node, "C035",
                     "no hour of the week is open: its clocks would never run");
    }
    row.intervals.count = tables->interval_count - row.intervals.first;
    row.exceptions.count = tables->exception_count - row.exceptions.first;
    return row;
}

static const yaml_node_t *open_calendars(struct gather *gather)
{
    struct yaml_tree *tree = &gather->calendars_yaml;
    struct text_file file;
    if (!gather_file(gather, "calendars.yaml", &file) ||
        !yaml_tree_open(tree, gather->problems, &file)) {
        return NULL;
    }
    const yaml_node_t *root = yaml_tree_root(tree);
    (void)yaml_check_keys(tree, root, ROOT_KEYS, COUNT_OF(ROOT_KEYS));
    const yaml_node_t *calendars = yaml_find(tree, root, "calendars");
    return calendars != NULL && yaml_check_free_keys(tree, calendars) ? calendars : NULL;
}

void gather_calendars(struct gather *gather)
{
    struct yaml_tree *tree = &gather->calendars_yaml;
    struct names *names = &gather->calendar_names;
    int errors_before = problems_error_count(gather->problems);
    const yaml_node_t *calendars = open_calendars(gather);
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; calendars != NULL && yaml_pair(tree, calendars, i, &key, &value); i++) {
        const char *name = yaml_text(tree, key);
        if (!gather_id_is_sound(name)) {
            yaml_problem(tree, key, "C014", "a calendar should have a name such as cal.office");
        } else if (yaml_check_keys(tree, value, CALENDAR_KEYS, COUNT_OF(CALENDAR_KEYS))) {
            names_add(names, name, (uint32_t)i);
        }
    }
    names_sort(names, NULL, NULL);
    names->is_incomplete = problems_error_count(gather->problems) > errors_before;
    struct calendar_tables tables = {.intervals = NULL};
    struct city_calendar *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        bool is_there = yaml_pair(tree, calendars, names->entries[i].source, &key, &value);
        must(is_there);
        rows[i] = read_calendar(gather, value, &tables);
        rows[i].name = gather_put(gather, names->texts[i]);
    }
    image_writer_section(gather->writer, CITY_CALENDARS, sizeof *rows, rows, names->count);
    image_writer_section(gather->writer, CITY_INTERVALS, sizeof *tables.intervals, tables.intervals,
                         tables.interval_count);
    image_writer_section(gather->writer, CITY_EXCEPTIONS, sizeof *tables.exceptions,
                         tables.exceptions, tables.exception_count);
    free(tables.intervals);
    free(tables.exceptions);
}

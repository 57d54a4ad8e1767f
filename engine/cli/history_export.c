/* history_export.c: see history_export.h. Written row by row: memory does not grow with the history.
 *
 * Reports' own words and persons are left out: what leaves here goes anywhere. A text that a spreadsheet would take for a formula
 * gets an apostrophe in front. */
#include "engine/cli/history_export.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"
#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_INSTANT };

struct column {
    const char *name, *from;
    enum column_kind kind;
};

static const struct column COLUMNS[] = {
    {"case", "number", COLUMN_TEXT},
    {"class", "class", COLUMN_TEXT},
    {"class_zh", "class_zh", COLUMN_TEXT},
    {"class_en", "class_en", COLUMN_TEXT},
    {"title_zh", "title_zh", COLUMN_TEXT},
    {"title_en", "title_en", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"severity", "severity", COLUMN_NUMBER},
    {"department", "department", COLUMN_TEXT},
    {"district", "district", COLUMN_TEXT},
    {"cell", "cell", COLUMN_TEXT},
    {"asset", "asset", COLUMN_TEXT},
    {"device", "device", COLUMN_TEXT},
    {"source", "source", COLUMN_TEXT},
    {"rule", "rule", COLUMN_TEXT},
    {"events", "events", COLUMN_NUMBER},
    {"clocks_missed", "clocks_missed", COLUMN_NUMBER},
    {"opened_at", "opened_at_ms", COLUMN_INSTANT},
    {"filed_at", "filed_at_ms", COLUMN_INSTANT},
    {"handled_at", "handled_at_ms", COLUMN_INSTANT},
    {"closed_at", "closed_at_ms", COLUMN_INSTANT},
};

#define INSTANT_SIZE 32u

/* "2026-03-03T00:20:00Z", or "" for never. */
static const char *instant_of(const struct history_rows *rows, const char *from,
                              char out[INSTANT_SIZE])
{
    const int64_t at_ms = history_rows_int(rows, from);
    const time_t second = (time_t)(at_ms / 1000);
    struct tm parts;
    out[0] = '\0';
    if (at_ms > 0 && gmtime_r(&second, &parts) != NULL) {
        (void)strftime(out, INSTANT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return out;
}

static bool has_place(const struct history_rows *rows)
{
    return history_rows_int(rows, "lon_e7") != 0 || history_rows_int(rows, "lat_e7") != 0;
}

static double degrees(const struct history_rows *rows, const char *column)
{
    return (double)history_rows_int(rows, column) / 1e7;
}

/* ---- CSV ---- */

static void print_cell(const char *text)
{
    const bool is_formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    const bool is_quoted = is_formula || strpbrk(text, ",\"\r\n") != NULL;
    if (!is_quoted) {
        (void)fputs(text, stdout);
        return;
    }
    (void)fputs(is_formula ? "\"'" : "\"", stdout);
    for (; *text != '\0'; text++) {
        (void)fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, stdout);
    }
    (void)putchar('"');
}

static void print_csv_row(const struct history_rows *rows)
{
    char instant[INSTANT_SIZE];
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        const struct column *column = &COLUMNS[i];
        if (column->kind == COLUMN_NUMBER) {
            (void)printf("%lld", (long long)history_rows_int(rows, column->from));
        } else if (column->kind == COLUMN_INSTANT) {
            (void)fputs(instant_of(rows, column->from, instant), stdout);
        } else {
            print_cell(history_rows_text(rows, column->from));
        }
        (void)putchar(',');
    }
    if (has_place(rows)) {
        (void)printf("%.7f,%.7f\n", degrees(rows, "lon_e7"), degrees(rows, "lat_e7"));
    } else {
        (void)printf(",\n");
    }
}

static void print_csv_head(void)
{
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        (void)printf("%s,", COLUMNS[i].name);
    }
    (void)printf("lon,lat\n");
}

/* ---- GeoJSON ---- */

static void print_feature(const struct history_rows *rows, bool is_first)
{
    char instant[INSTANT_SIZE];
    json_t *properties = json_object();
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        const struct column *column = &COLUMNS[i];
        const char *text = column->kind == COLUMN_INSTANT ? instant_of(rows, column->from, instant)
                                                          : history_rows_text(rows, column->from);
        json_t *value = column->kind == COLUMN_NUMBER
                            ? json_integer((json_int_t)history_rows_int(rows, column->from))
                        : text[0] != '\0' ? json_string(text)
                                          : json_null();
        (void)json_object_set_new(properties, column->name, value);
    }
    json_t *geometry = has_place(rows) ? json_pack("{s:s, s:[f,f]}", "type", "Point", "coordinates",
                                                   degrees(rows, "lon_e7"), degrees(rows, "lat_e7"))
                                       : json_null();
    json_t *feature = json_pack("{s:s, s:s, s:o, s:o}", "type", "Feature", "id",
                                history_rows_text(rows, "number"), "geometry", geometry,
                                "properties", properties);
    char *text =
        feature != NULL ? json_dumps(feature, JSON_COMPACT | JSON_REAL_PRECISION(10)) : NULL;
    (void)printf("%s%s", is_first ? "" : ",\n", text != NULL ? text : "{}");
    free(text);
    json_decref(feature);
}

/* ---- the command ---- */

struct export
{
    const char *data, *database, *format, *from, *to;
    uint32_t from_day, to_day;
};

/* "2026-03-03" or "20260303". */
static bool read_day(const char *text, uint32_t *out_day)
{
    unsigned year, month, day;
    char rest;
    if (text == NULL) {
        return true;
    }
    const bool is_read = sscanf(text, "%4u-%2u-%2u%c", &year, &month, &day, &rest) == 3 ||
                         sscanf(text, "%4u%2u%2u%c", &year, &month, &day, &rest) == 3;
    if (!is_read || month < 1 || month > 12 || day < 1 || day > 31) {
        (void)fprintf(
            stderr, "gridloop history export: a day is written 2026-03-03, not \"%s\" (exit %d)\n",
            text, EX_USAGE);
        return false;
    }
    *out_day = year * 10000 + month * 100 + day;
    return true;
}

static int run(const struct export *asked, sqlite3 *db)
{
    struct history_rows rows;
    struct history_fault fault = {.text = ""};
    const struct history_days days = {asked->from_day, asked->to_day};
    const bool is_csv = strcmp(asked->format, "csv") == 0;
    bool is_first = true;
    enum err err = history_read_cases(db, days, UINT32_MAX, &rows, &fault);
    if (err != ERR_OK) {
        return history_print_fault(err, &fault);
    }
    if (is_csv) {
        print_csv_head();
    } else {
        (void)printf("{\"type\":\"FeatureCollection\",\"features\":[\n");
    }
    while (history_rows_next(&rows, &err, &fault)) {
        if (is_csv) {
            print_csv_row(&rows);
        } else {
            print_feature(&rows, is_first);
        }
        is_first = false;
    }
    history_rows_end(&rows);
    if (!is_csv) {
        (void)printf("%s]}\n", is_first ? "" : "\n");
    }
    if (err == ERR_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        (void)fprintf(stderr, "gridloop history export: cannot be written (exit %d)\n", EX_IOERR);
        return EX_IOERR;
    }
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

int history_export(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"format", 'F', "geojson|csv", 0, "default geojson", 0},
        {"from", 'f', "DAY", 0, "opened on that local day or later: 2026-03-03", 0},
        {"to", 't', "DAY", 0, "opened on that local day or before", 0},
        {0}};
    struct export asked = {.to_day = 99999999};
    const struct arguments_slot slots[] = {{'d', &asked.data, NULL},
                                           {'b', &asked.database, NULL},
                                           {'F', &asked.format, NULL},
                                           {'f', &asked.from, NULL},
                                           {'t', &asked.to, NULL}};
    const struct arguments_form form = {
        .options = rows,
        .doc = "Cases by the day they were opened, oldest first, as GeoJSON points or CSV on "
               "standard output; without persons and reports' own words.",
        .slots = slots,
        .count = COUNT_OF(slots)};
    sqlite3 *db = NULL;
    if (arguments_fill(&form, argc, argv) != 0 || !read_day(asked.from, &asked.from_day) ||
        !read_day(asked.to, &asked.to_day)) {
        return EX_USAGE;
    }
    asked.format = asked.format != NULL ? asked.format : "geojson";
    int code = history_print_open(asked.data, asked.database, &db);
    if (code == EX_OK) {
        code = run(&asked, db);
        (void)sqlite3_close(db);
    }
    return code;
}

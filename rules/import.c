/* import.c: see import.h. */
#include "rules/import.h"

#include "engine/city/csv.h"
#include "engine/city/pool.h"

#include <string.h>

enum column {
    COLUMN_CLASS,
    COLUMN_TITLE,
    COLUMN_TITLE_EN,
    COLUMN_CONDITION,
    COLUMN_CONDITION_EN,
    COLUMN_OWNERS,
    COLUMN_SEVERITY,
    COLUMN_HANDLE,
    COLUMN_CHECK,
    COLUMN_CLOSE,
    COLUMN_CLOSE_EN,
    COLUMN_ROLE,
    COLUMN_BASIS,
    COLUMN_COUNT
};

static const struct csv_column COLUMNS[COLUMN_COUNT] = {
    {"class", true},        {"title", true},  {"title_en", true},  {"condition", true},
    {"condition_en", true}, {"owners", true}, {"severity", true},  {"handle", true},
    {"check", true},        {"close", true},  {"close_en", false}, {"role", true},
    {"basis", true}};

struct import {
    const struct csv *table;
    struct problems *problems;
};

static const char *text_at(const struct import *import, uint32_t row, enum column column)
{
    return csv_at(import->table, row, column)->text;
}

static void complain(const struct import *import, uint32_t row, enum column column,
                     const char *code, const char *expected)
{
    const struct csv_cell *cell = csv_at(import->table, row, column);
    problems_add(import->problems, PROBLEM_ERROR, code, import->table->file, cell->line,
                 cell->column, "%s \"%s\": %s", COLUMNS[column].name, cell->text, expected);
}

/* "C.01.02" or with a condition "E.01.02.3". */
static bool is_class(const char *text)
{
    if (text[0] != 'C' && text[0] != 'E') {
        return false;
    }
    const char *at = text + 1;
    uint32_t groups = 0;
    while (*at == '.') {
        const size_t digits = strspn(at + 1, "0123456789");
        if (digits == 0 || digits > 2) {
            return false;
        }
        at += 1 + digits;
        groups++;
    }
    return *at == '\0' && groups >= 2 && groups <= 3;
}

/* "30m 4h 2d 4wh 2wd" */
static bool is_limit(const char *text)
{
    static const char *const UNITS[] = {"s", "m", "h", "d", "wh", "wd"};
    const size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; digits > 0 && digits < 5 && i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (strcmp(text + digits, UNITS[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void check_row(const struct import *import, uint32_t row)
{
    static const enum column TEXTS[] = {COLUMN_TITLE, COLUMN_CONDITION, COLUMN_OWNERS,
                                        COLUMN_CLOSE, COLUMN_ROLE,      COLUMN_BASIS};
    const char *severity = text_at(import, row, COLUMN_SEVERITY);
    const char *check = text_at(import, row, COLUMN_CHECK);
    if (!is_class(text_at(import, row, COLUMN_CLASS))) {
        complain(import, row, COLUMN_CLASS, "I001",
                 "should be C or E and two or three groups of digits, such as C.01.02.1");
    }
    if (strlen(severity) != 1 || severity[0] < '1' || severity[0] > '4') {
        complain(import, row, COLUMN_SEVERITY, "I002", "should be 1 (highest) to 4");
    }
    if (!is_limit(text_at(import, row, COLUMN_HANDLE))) {
        complain(import, row, COLUMN_HANDLE, "I003",
                 "should be a time such as 30m, 4h, 2d, 4wh (working hours), 2wd (working days)");
    }
    if (strcmp(check, "person") != 0 && strcmp(check, "device") != 0 &&
        strcmp(check, "none") != 0) {
        complain(import, row, COLUMN_CHECK, "I003", "should be person, device or none");
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (text_at(import, row, TEXTS[i])[0] == '\0') {
            complain(import, row, TEXTS[i], "I005", "should not be empty");
        }
    }
    for (uint32_t i = 0; i < row; i++) {
        if (strcmp(text_at(import, i, COLUMN_CLASS), text_at(import, row, COLUMN_CLASS)) == 0) {
            complain(import, row, COLUMN_CLASS, "I004", "is in an earlier row already");
        }
    }
}

/* ---- writing ---- */

/* A CSV cell, quoted where it must be. */
static void put_cell(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\n") == NULL) {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        (void)fprintf(out, *at == '"' ? "\"\"" : "%c", *at);
    }
    (void)fputc('"', out);
}

/* A YAML text in double quotes; braces would be read as a template's, so they are left out. */
static void put_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            (void)fputc('\\', out);
        }
        if (*at != '{' && *at != '}' && (unsigned char)*at >= ' ') {
            (void)fputc(*at, out);
        }
    }
    (void)fputc('"', out);
}

/* "C.01.02.1" as part of an identifier: c_01_02_1. */
static void put_name(FILE *out, const char *class_code)
{
    for (const char *at = class_code; *at != '\0'; at++) {
        (void)fputc(*at == '.' ? '_' : *at == 'C' ? 'c' : *at == 'E' ? 'e' : *at, out);
    }
}

static bool is_unsettled(const struct import *import, uint32_t row)
{
    return strchr(text_at(import, row, COLUMN_OWNERS), ';') != NULL;
}

static void put_class(const struct import *import, uint32_t row, FILE *out)
{
    const char *owners = text_at(import, row, COLUMN_OWNERS);
    put_cell(out, text_at(import, row, COLUMN_CLASS));
    (void)fputc(',', out);
    put_cell(out, text_at(import, row, COLUMN_TITLE));
    (void)fputc(',', out);
    put_cell(out, text_at(import, row, COLUMN_TITLE_EN));
    (void)fprintf(out, ",%s,%s,%s,72h,", is_unsettled(import, row) ? "" : owners,
                  text_at(import, row, COLUMN_HANDLE), text_at(import, row, COLUMN_CHECK));
    put_cell(out, text_at(import, row, COLUMN_BASIS));
    (void)fputc('\n', out);
}

static void put_owners(FILE *out, const char *owners)
{
    const bool is_list = strchr(owners, ';') != NULL;
    (void)fputs(is_list ? "[" : "", out);
    for (const char *at = owners; *at != '\0'; at++) {
        if (*at == ';') {
            (void)fputs(", ", out);
        } else {
            (void)fputc(*at, out);
        }
    }
    (void)fputs(is_list ? "]" : "", out);
}

static void put_events(const struct import *import, FILE *out)
{
    (void)fputs("# Made from a catalogue: one rule a row. Rows with several owners are out of "
                "force until one is chosen.\n"
                "ruleset: 1\nevents:\n",
                out);
    for (uint32_t row = 0; row < import->table->row_count; row++) {
        static const char *const DOORS[] = {"patrol", "hotline"};
        for (size_t i = 0; i < 2; i++) {
            (void)fprintf(out, "  %s.", DOORS[i]);
            put_name(out, text_at(import, row, COLUMN_CLASS));
            (void)fputs(": {title: ", out);
            put_text(out, text_at(import, row, COLUMN_TITLE));
            (void)fputs(", title_en: ", out);
            put_text(out, text_at(import, row, COLUMN_TITLE_EN));
            (void)fputs(", lane: report}\n", out);
        }
    }
    (void)fputs("rules:\n", out);
}

static void put_rule(const struct import *import, uint32_t row, FILE *out)
{
    const char *code = text_at(import, row, COLUMN_CLASS);
    (void)fputs("- id: catalogue.", out);
    put_name(out, code);
    (void)fputs("\n  title: ", out);
    put_text(out, text_at(import, row, COLUMN_TITLE));
    (void)fputs("\n  title_en: ", out);
    put_text(out, text_at(import, row, COLUMN_TITLE_EN));
    (void)fputs("\n  owner: ", out);
    put_owners(out, text_at(import, row, COLUMN_OWNERS));
    (void)fputs("\n  event: [patrol.", out);
    put_name(out, code);
    (void)fputs(", hotline.", out);
    put_name(out, code);
    (void)fputs("]\n  merge: {key: [class], radius_m: 20, while: open, reopen: 24h}\n", out);
    (void)fprintf(out, "  open: {class: \"%s\", severity: %s, title: ", code,
                  text_at(import, row, COLUMN_SEVERITY));
    put_text(out, text_at(import, row, COLUMN_TITLE));
    (void)fputs(", title_en: ", out);
    put_text(out, text_at(import, row, COLUMN_TITLE_EN));
    (void)fprintf(out,
                  ", evidence: [photo]}\n  assign: {role: %s, search: [grid, 3000, district, "
                  "city], pick: nearest}\n",
                  text_at(import, row, COLUMN_ROLE));
    (void)fprintf(out, "  sla: {handle: %s}\n  basis: [", text_at(import, row, COLUMN_HANDLE));
    put_text(out, text_at(import, row, COLUMN_BASIS));
    (void)fputs("]\n  note: ", out);
    char note[512];
    (void)snprintf(note, sizeof note, "立案条件 %s；结案条件 %s / %s; closed when %s",
                   text_at(import, row, COLUMN_CONDITION), text_at(import, row, COLUMN_CLOSE),
                   text_at(import, row, COLUMN_CONDITION_EN),
                   text_at(import, row, COLUMN_CLOSE_EN));
    put_text(out, note);
    (void)fputc('\n', out);
}

enum err catalogue_import(const char *directory, const char *file, struct problems *problems,
                          FILE *classes, FILE *rules, struct import_result *out_result)
{
    struct pool pool;
    struct text_file text;
    struct csv table;
    const struct import import = {&table, problems};
    *out_result = (struct import_result){0, 0};
    pool_init(&pool);
    if (text_file_read(&pool, problems, directory, file, &text)) {
        csv_parse(&pool, problems, &text, COLUMNS, COLUMN_COUNT, &table);
        for (uint32_t row = 0; row < table.row_count; row++) {
            check_row(&import, row);
        }
    }
    const bool is_good = problems_error_count(problems) == 0;
    if (is_good) {
        (void)fputs("class,title,title_en,department,handle,check,reopen,basis\n", classes);
        put_events(&import, rules);
        for (uint32_t row = 0; row < table.row_count; row++) {
            put_class(&import, row, classes);
            put_rule(&import, row, rules);
            out_result->unsettled += is_unsettled(&import, row) ? 1 : 0;
        }
        out_result->rows = table.row_count;
    }
    pool_fini(&pool);
    return is_good ? ERR_OK : ERR_INPUT;
}

/* kpi_facts.c: see kpi_facts.h. */
#include "engine/cli/kpi_facts.h"

#include "engine/city/csv.h"
#include "engine/core/base.h"
#include "sim/trace_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMES_MAX 1000000
#define NAME_SIZE 64u

struct csv_facts {
    struct pool pool;
    struct csv csv;
    enum formula_fact facts[CSV_COLUMNS_MAX]; /* FACT_COUNT: times */
    uint32_t column_count;
};

/* The header's names, which must be facts or `times`. */
static bool read_header(struct csv_facts *facts, struct problems *problems,
                        const struct text_file *file, struct csv_column *columns)
{
    const char *at = file->bytes;
    while (*at != '\0' && *at != '\n' && *at != '\r') {
        size_t size = strcspn(at, ",\r\n");
        char *name = pool_text(&facts->pool, at, size);
        enum formula_fact fact = FACT_COUNT;
        if (facts->column_count == CSV_COLUMNS_MAX ||
            (strcmp(name, "times") != 0 && !formula_fact_find(name, &fact))) {
            problems_add(problems, PROBLEM_ERROR, "K002", file->name, 1,
                         (int)(at - file->bytes) + 1,
                         "there is no fact \"%s\", or more than %u columns", name, CSV_COLUMNS_MAX);
            return false;
        }
        facts->facts[facts->column_count] = fact;
        columns[facts->column_count++] = (struct csv_column){.name = name};
        at += size + (at[size] == ',');
    }
    return true;
}

static bool parse_int(const char *text, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return errno == 0 && end != text && *end == '\0';
}

/* "" is absent. */
static bool parse_cell(const char *text, enum formula_fact fact, int64_t *out)
{
    int32_t offset_minutes = 0;
    if (text[0] == '\0') {
        return true;
    }
    if (fact < FACT_COUNT && formula_fact_kind(fact) == FACT_IS_INSTANT && !parse_int(text, out)) {
        return trace_parse_instant(text, out, &offset_minutes);
    }
    return parse_int(text, out);
}

static void check_cells(const struct csv_facts *facts, struct problems *problems)
{
    for (uint32_t r = 0; r < facts->csv.row_count; r++) {
        for (uint32_t c = 0; c < facts->column_count; c++) {
            const struct csv_cell *cell = csv_at(&facts->csv, r, c);
            enum formula_fact fact = facts->facts[c];
            int64_t value = 1;
            if (fact < FACT_COUNT && formula_fact_kind(fact) == FACT_IS_TEXT) {
                continue;
            }
            if (!parse_cell(cell->text, fact, &value) ||
                (fact == FACT_COUNT && (value < 0 || value > TIMES_MAX))) {
                problems_add(problems, PROBLEM_ERROR, "K001", facts->csv.file, cell->line,
                             cell->column, "\"%s\" is no %s", cell->text,
                             fact == FACT_COUNT                           ? "number of cases"
                             : formula_fact_kind(fact) == FACT_IS_INSTANT ? "instant"
                                                                          : "whole number");
            }
        }
    }
}

struct csv_facts *kpi_facts_open(struct problems *problems, const char *path)
{
    struct csv_facts *facts = calloc(1, sizeof *facts);
    struct csv_column columns[CSV_COLUMNS_MAX];
    struct text_file file;
    const char *slash = strrchr(path, '/');
    must(facts != NULL);
    pool_init(&facts->pool);
    const char *directory =
        slash == NULL ? "." : pool_text(&facts->pool, path, (size_t)(slash - path) + 1);
    int errors = problems_error_count(problems);
    if (text_file_read(&facts->pool, problems, directory, slash == NULL ? path : slash + 1,
                       &file) &&
        read_header(facts, problems, &file, columns)) {
        csv_parse(&facts->pool, problems, &file, columns, facts->column_count, &facts->csv);
        check_cells(facts, problems);
    }
    if (problems_error_count(problems) > errors) {
        kpi_facts_close(facts);
        return NULL;
    }
    return facts;
}

void kpi_facts_close(struct csv_facts *facts)
{
    if (facts != NULL) {
        pool_fini(&facts->pool);
        free(facts);
    }
}

bool kpi_facts_next(const struct csv_facts *facts, uint32_t *at, struct formula_facts *out,
                    uint32_t *out_times)
{
    if (*at == facts->csv.row_count) {
        return false;
    }
    formula_facts_clear(out);
    *out_times = 1;
    for (uint32_t c = 0; c < facts->column_count; c++) {
        const char *text = csv_at(&facts->csv, *at, c)->text;
        enum formula_fact fact = facts->facts[c];
        int64_t value = 1;
        if (fact < FACT_COUNT && formula_fact_kind(fact) == FACT_IS_TEXT) {
            out->texts[fact] = text[0] != '\0' ? text : NULL;
        } else if (text[0] != '\0' && parse_cell(text, fact, &value)) {
            if (fact == FACT_COUNT) {
                *out_times = (uint32_t)value;
            } else {
                out->numbers[fact] = value;
            }
        }
    }
    ++*at;
    return true;
}

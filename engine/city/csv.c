/* csv.c: one pass over the bytes; a quoted cell is unquoted in place. */
#include "engine/city/csv.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core/base.h"

struct reader {
    struct problems *problems;
    const char *file;
    char *at;
    const char *end;
    int line;
    int column;
};

/* What stopped a cell. */
enum stop { STOP_CELL, STOP_ROW, STOP_END };

static void step(struct reader *reader)
{
    if (*reader->at == '\n') {
        reader->line++;
        reader->column = 0;
    }
    /* Columns count characters: continuation bytes of UTF-8 do not move it. */
    if (((unsigned char)reader->at[1] & 0xc0) != 0x80) {
        reader->column++;
    }
    reader->at++;
}

static bool is_at_row_end(const struct reader *reader)
{
    return reader->at < reader->end &&
           (*reader->at == '\n' || (*reader->at == '\r' && reader->at[1] == '\n'));
}

/* Steps over what follows a cell. The cell's terminator may overwrite the byte stepped over. */
static enum stop finish_cell(struct reader *reader, char *cell_end)
{
    enum stop stop = STOP_END;
    if (reader->at < reader->end && *reader->at == ',') {
        step(reader);
        stop = STOP_CELL;
    } else if (is_at_row_end(reader)) {
        if (*reader->at == '\r') {
            step(reader);
        }
        step(reader);
        stop = STOP_ROW;
    }
    *cell_end = '\0';
    return stop;
}

static enum stop read_quoted(struct reader *reader, struct csv_cell *out_cell)
{
    step(reader);
    char *write = reader->at;
    out_cell->text = write;
    for (;;) {
        if (reader->at >= reader->end) {
            problems_add(reader->problems, PROBLEM_ERROR, "C003", reader->file, out_cell->line,
                         out_cell->column, "the quote that opens here is never closed");
            *write = '\0';
            return STOP_END;
        }
        if (*reader->at == '"') {
            step(reader);
            if (reader->at >= reader->end || *reader->at != '"') {
                break;
            }
        }
        *write++ = *reader->at;
        step(reader);
    }
    while (reader->at < reader->end && *reader->at != ',' && !is_at_row_end(reader)) {
        problems_add(reader->problems, PROBLEM_ERROR, "C003", reader->file, reader->line,
                     reader->column,
                     "text after a closing quote; double a quote inside a cell: \"\"");
        while (reader->at < reader->end && *reader->at != ',' && !is_at_row_end(reader)) {
            step(reader);
        }
    }
    return finish_cell(reader, write);
}

static enum stop read_cell(struct reader *reader, struct csv_cell *out_cell)
{
    out_cell->line = reader->line;
    out_cell->column = reader->column;
    out_cell->text = reader->at;
    if (reader->at < reader->end && *reader->at == '"') {
        return read_quoted(reader, out_cell);
    }
    bool was_told = false;
    while (reader->at < reader->end && *reader->at != ',' && !is_at_row_end(reader)) {
        if (*reader->at == '"' && !was_told) {
            problems_add(
                reader->problems, PROBLEM_ERROR, "C003", reader->file, reader->line, reader->column,
                "a quote inside a cell that does not start with one; quote the whole cell");
            was_told = true;
        }
        step(reader);
    }
    return finish_cell(reader, reader->at);
}

static bool skip_blank_lines(struct reader *reader)
{
    while (is_at_row_end(reader)) {
        step(reader);
    }
    while (reader->at < reader->end && *reader->at == '\r' && is_at_row_end(reader)) {
        step(reader);
    }
    return reader->at < reader->end;
}

static const char *nearest_column(const struct csv_column *columns, uint32_t column_count,
                                  const char *word)
{
    const char *names[CSV_COLUMNS_MAX];
    for (uint32_t i = 0; i < column_count; i++) {
        names[i] = columns[i].name;
    }
    return problems_nearest(word, names, column_count);
}

static uint32_t find_column(const struct csv_column *columns, uint32_t column_count,
                            const char *name)
{
    for (uint32_t i = 0; i < column_count; i++) {
        if (strcmp(columns[i].name, name) == 0) {
            return i;
        }
    }
    return NONE32;
}

/* Header: which wanted column stands at each place. Returns the number of places. */
static uint32_t read_header(struct reader *reader, const struct csv_column *columns,
                            uint32_t column_count, uint32_t places[CSV_COLUMNS_MAX])
{
    bool is_seen[CSV_COLUMNS_MAX] = {false};
    uint32_t count = 0;
    enum stop stop = STOP_CELL;
    int line = reader->line;
    while (stop == STOP_CELL) {
        struct csv_cell cell;
        stop = read_cell(reader, &cell);
        uint32_t column = find_column(columns, column_count, cell.text);
        if (count == CSV_COLUMNS_MAX) {
            problems_add(reader->problems, PROBLEM_ERROR, "C004", reader->file, cell.line,
                         cell.column, "more than %u columns", CSV_COLUMNS_MAX);
            return 0;
        }
        if (column == NONE32) {
            const char *nearest = nearest_column(columns, column_count, cell.text);
            problems_add(reader->problems, PROBLEM_ERROR, "C004", reader->file, cell.line,
                         cell.column, "unknown column \"%s\"%s%s", cell.text,
                         nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        } else if (is_seen[column]) {
            problems_add(reader->problems, PROBLEM_ERROR, "C006", reader->file, cell.line,
                         cell.column, "column \"%s\" stands twice", cell.text);
            column = NONE32;
        } else {
            is_seen[column] = true;
        }
        places[count++] = column;
    }
    for (uint32_t i = 0; i < column_count; i++) {
        if (columns[i].is_needed && !is_seen[i]) {
            problems_add(reader->problems, PROBLEM_ERROR, "C005", reader->file, line, 0,
                         "column \"%s\" is missing", columns[i].name);
        }
    }
    return count;
}

static void read_row(struct reader *reader, const uint32_t *places, uint32_t place_count,
                     struct csv_cell *cells, uint32_t column_count)
{
    int line = reader->line;
    for (uint32_t i = 0; i < column_count; i++) {
        cells[i] = (struct csv_cell){"", line, 0};
    }
    uint32_t count = 0;
    enum stop stop = STOP_CELL;
    while (stop == STOP_CELL) {
        struct csv_cell cell;
        stop = read_cell(reader, &cell);
        if (count < place_count && places[count] != NONE32) {
            cells[places[count]] = cell;
        }
        count++;
    }
    if (count != place_count) {
        problems_add(reader->problems, PROBLEM_ERROR, "C007", reader->file, line, 0,
                     "%u cells where the header names %u; quote cells that hold commas", count,
                     place_count);
    }
}

void csv_parse(struct pool *pool, struct problems *problems, const struct text_file *file,
               const struct csv_column *columns, uint32_t column_count, struct csv *out_csv)
{
    must(column_count <= CSV_COLUMNS_MAX);
    int errors_before = problems_error_count(problems);
    *out_csv = (struct csv){.file = file->name, .column_count = column_count};
    struct reader reader = {.problems = problems,
                            .file = file->name,
                            .at = file->bytes,
                            .end = file->bytes + file->size,
                            .line = 1,
                            .column = 1};
    if (!skip_blank_lines(&reader)) {
        problems_add(problems, PROBLEM_ERROR, "C005", file->name, 1, 1,
                     "is empty; the first row names the columns");
        out_csv->has_problems = true;
        return;
    }
    uint32_t places[CSV_COLUMNS_MAX];
    uint32_t place_count = read_header(&reader, columns, column_count, places);
    struct csv_cell *cells = NULL;
    uint32_t capacity = 0;
    while (place_count > 0 && skip_blank_lines(&reader)) {
        cells = pool_grow_rows(cells, sizeof *cells * column_count, out_csv->row_count, &capacity);
        read_row(&reader, places, place_count, cells + (size_t)out_csv->row_count * column_count,
                 column_count);
        out_csv->row_count++;
    }
    size_t cell_count = (size_t)out_csv->row_count * column_count;
    out_csv->cells = pool_take_rows(pool, sizeof *cells, cell_count);
    if (cell_count > 0) {
        memcpy(out_csv->cells, cells, cell_count * sizeof *cells);
    }
    free(cells);
    out_csv->has_problems = problems_error_count(problems) > errors_before;
}

const struct csv_cell *csv_at(const struct csv *csv, uint32_t row, uint32_t column)
{
    must(row < csv->row_count);
    must(column < csv->column_count);
    return &csv->cells[(size_t)row * csv->column_count + column];
}

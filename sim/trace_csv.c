/* trace_csv.c: CSV tables from plain or gzip files. */
#include "sim/trace_csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FILE_SIZE_MAX ((size_t)1 << 31)
#define COLUMNS_MAX 1024u

char *trace_file_slurp(const char *path, struct pool *pool, struct problems *problems,
                       size_t *out_size)
{
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        problems_add(problems, PROBLEM_ERROR, "V000", path, 0, 0, "cannot be opened: %s",
                     strerror(errno));
        return NULL;
    }
    size_t capacity = (size_t)1 << 20;
    size_t size = 0;
    char *bytes = malloc(capacity);
    int got = 0;
    while (bytes != NULL && size < FILE_SIZE_MAX &&
           (got = gzread(file, bytes + size, (unsigned)(capacity - size))) > 0) {
        size += (size_t)got;
        if (size == capacity) {
            char *larger = realloc(bytes, capacity * 2);
            if (larger == NULL) {
                free(bytes);
            }
            bytes = larger;
            capacity *= 2;
        }
    }
    int code = Z_OK;
    const char *words = gzerror(file, &code);
    const bool is_cut = got < 0 || (code != Z_OK && code != Z_STREAM_END);
    if (bytes == NULL || is_cut || size >= FILE_SIZE_MAX) {
        problems_add(problems, PROBLEM_ERROR, "V000", path, 0, 0, "cannot be read: %s",
                     bytes == NULL ? "out of memory"
                     : is_cut      ? words
                                   : "larger than 2 GiB");
        (void)gzclose(file);
        free(bytes);
        return NULL;
    }
    (void)gzclose(file);
    char *text = pool_text(pool, bytes, size);
    free(bytes);
    *out_size = size;
    return text;
}

struct scanner {
    struct problems *problems;
    const char *file;
    char *at;
    char *end;
    int line;
    int column;
    bool is_row_end; /* the cell read last was the last of its row */
    bool is_bad;
};

static void scan_problem(struct scanner *scan, const char *text)
{
    problems_add(scan->problems, PROBLEM_ERROR, "V001", scan->file, scan->line, scan->column, "%s",
                 text);
    scan->is_bad = true;
}

static void scan_step(struct scanner *scan)
{
    if (*scan->at == '\n') {
        scan->line++;
        scan->column = 0;
    }
    scan->at++;
    scan->column++;
}

/* A quoted cell is unquoted in place; returns its end. */
static char *scan_quoted(struct scanner *scan)
{
    scan_step(scan);
    char *out = scan->at;
    for (;;) {
        if (scan->at >= scan->end) {
            scan_problem(scan, "the file ends inside a quoted cell");
            return out;
        }
        if (*scan->at == '"') {
            if (scan->at + 1 < scan->end && scan->at[1] == '"') {
                scan_step(scan);
            } else {
                scan_step(scan);
                return out;
            }
        }
        *out++ = *scan->at;
        scan_step(scan);
    }
}

static char *trim(char *start, char *end)
{
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *end = '\0';
    while (*start == ' ' || *start == '\t') {
        start++;
    }
    return start;
}

/* The next cell; the separator behind it is taken as well, and read before the cell is terminated over it. */
static struct trace_cell scan_cell(struct scanner *scan)
{
    struct trace_cell cell = {.line = scan->line, .column = scan->column};
    char *start = scan->at;
    char *end;
    if (scan->at < scan->end && *scan->at == '"') {
        start = scan->at + 1;
        end = scan_quoted(scan);
        if (scan->at < scan->end && *scan->at != ',' && *scan->at != '\n' && *scan->at != '\r') {
            scan_problem(scan, "after a closing quote a comma or the end of the line is expected");
        }
    } else {
        end = NULL;
    }
    while (scan->at < scan->end && *scan->at != ',' && *scan->at != '\n' && *scan->at != '\r') {
        if (*scan->at == '"' && end == NULL) {
            scan_problem(
                scan, "a quote inside a cell that does not start with one; quote the whole cell");
        }
        scan_step(scan);
    }
    if (end == NULL) {
        end = scan->at;
    }
    scan->is_row_end = scan->at >= scan->end || *scan->at != ',';
    if (scan->at < scan->end && *scan->at == '\r' && scan->at[1] == '\n') {
        scan_step(scan);
    }
    if (scan->at < scan->end) {
        scan_step(scan);
    }
    cell.text = trim(start, end);
    return cell;
}

static bool scan_header(struct scanner *scan, struct pool *pool, struct trace_csv *csv)
{
    csv->names = pool_take_rows(pool, sizeof *csv->names, COLUMNS_MAX);
    do {
        if (csv->column_count == COLUMNS_MAX) {
            scan_problem(scan, "more than 1,024 columns");
            return false;
        }
        csv->names[csv->column_count++] = scan_cell(scan);
    } while (!scan->is_row_end);
    return !scan->is_bad;
}

/* One row into cells; false at a problem. */
static bool scan_row(struct scanner *scan, const struct trace_csv *csv, struct trace_cell *cells)
{
    uint32_t count = 0;
    const int line = scan->line;
    do {
        const struct trace_cell cell = scan_cell(scan);
        if (count < csv->column_count) {
            cells[count] = cell;
        }
        count++;
    } while (!scan->is_row_end);
    if (count != csv->column_count) {
        problems_add(scan->problems, PROBLEM_ERROR, "V001", scan->file, line, 0,
                     "%u cells; the header has %u", count, csv->column_count);
        scan->is_bad = true;
    }
    return count == csv->column_count;
}

enum err trace_csv_load(const char *path, struct pool *pool, struct problems *problems,
                        struct trace_csv *out_csv)
{
    size_t size = 0;
    char *bytes = trace_file_slurp(path, pool, problems, &size);
    if (bytes == NULL) {
        return ERR_IO;
    }
    struct scanner scan = {.problems = problems,
                           .file = path,
                           .at = bytes,
                           .end = bytes + size,
                           .line = 1,
                           .column = 1};
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        scan.at += 3;
    }
    struct trace_csv csv = {.file = pool_text(pool, path, strlen(path))};
    if (memchr(bytes, '\0', size) != NULL || size == 0) {
        problems_add(problems, PROBLEM_ERROR, "V001", path, 1, 1,
                     size == 0 ? "empty; a header row is expected"
                               : "holds a NUL byte; this is not CSV");
        return ERR_INPUT;
    }
    if (!scan_header(&scan, pool, &csv)) {
        return ERR_INPUT;
    }
    struct trace_cell *cells = NULL;
    size_t capacity = 0;
    while (scan.at < scan.end) {
        if (*scan.at == '\n' || *scan.at == '\r') {
            scan_step(&scan);
            continue;
        }
        const size_t used = (size_t)csv.row_count * csv.column_count;
        if (used + csv.column_count > capacity) {
            capacity = (used + csv.column_count) * 2;
            struct trace_cell *larger = realloc(cells, capacity * sizeof *cells);
            if (larger == NULL) {
                free(cells);
                return ERR_MEMORY;
            }
            cells = larger;
        }
        csv.row_count += scan_row(&scan, &csv, cells + used);
    }
    csv.cells = pool_take_rows(pool, sizeof *cells, (size_t)csv.row_count * csv.column_count + 1);
    if (csv.row_count > 0) {
        memcpy(csv.cells, cells, (size_t)csv.row_count * csv.column_count * sizeof *cells);
    }
    free(cells);
    *out_csv = csv;
    return scan.is_bad ? ERR_INPUT : ERR_OK;
}

uint32_t trace_csv_find(const struct trace_csv *csv, const char *name)
{
    for (uint32_t i = 0; i < csv->column_count; i++) {
        if (strcmp(csv->names[i].text, name) == 0) {
            return i;
        }
    }
    return NONE32;
}

const struct trace_cell *trace_csv_at(const struct trace_csv *csv, uint32_t row, uint32_t column)
{
    must(row < csv->row_count);
    must(column < csv->column_count);
    return &csv->cells[(size_t)row * csv->column_count + column];
}

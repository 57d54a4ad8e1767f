/* trace_csv.h: any CSV file, plain or gzip, as a table of texts with their places.
 *
 * RFC 4180, strict: a row of another length, a quote inside a bare cell, an open quote at the end are
 * problems V001. Unlike engine/city/csv.h the columns are the file's own and as many as it has.
 *
 * Owner   cells lie in the pool */
#ifndef SIM_TRACE_CSV_H
#define SIM_TRACE_CSV_H

#include "engine/city/pool.h"
#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

struct trace_cell {
    const char *text; /* terminated, never NULL, without surrounding blanks */
    int line;
    int column; /* of its first character */
};

struct trace_csv {
    const char *file;         /* for problems */
    struct trace_cell *names; /* of the header */
    struct trace_cell *cells; /* row_count x column_count */
    uint32_t column_count;
    uint32_t row_count;
};

/* ERR_INPUT after a problem, ERR_IO when the file cannot be read (also listed). */
enum err trace_csv_load(const char *path, struct pool *pool, struct problems *problems,
                        struct trace_csv *out_csv) WARN_UNUSED;

/* NONE32 when there is no such column. */
uint32_t trace_csv_find(const struct trace_csv *csv, const char *name);

const struct trace_cell *trace_csv_at(const struct trace_csv *csv, uint32_t row, uint32_t column);

/* Whole file, gunzipped where it is gzip, terminated. NULL after a problem V000. */
char *trace_file_slurp(const char *path, struct pool *pool, struct problems *problems,
                       size_t *out_size);

#endif

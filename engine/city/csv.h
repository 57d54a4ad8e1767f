/* csv.h: a CSV file with a header row, read strictly (RFC 4180 quoting), every cell with its place.
 *
 * Problems C003..C007. A table with problems can still be walked, so that other problems are found too.
 *
 * Owner   cells lie in the pool of the file */
#ifndef ENGINE_CITY_CSV_H
#define ENGINE_CITY_CSV_H

#include "engine/city/text_file.h"

#define CSV_COLUMNS_MAX 32u

struct csv_column {
    const char *name;
    bool is_needed;
};

struct csv_cell {
    const char *text; /* terminated, never NULL */
    int line;
    int column; /* of its first character; 0 where the column is absent */
};

struct csv {
    const char *file;       /* name for problems */
    struct csv_cell *cells; /* row_count x column_count, in the order of the columns asked for */
    uint32_t row_count;
    uint32_t column_count;
    bool has_problems;
};

/* Fills out_csv in any case; no rows where the header is unusable. */
void csv_parse(struct pool *pool, struct problems *problems, const struct text_file *file,
               const struct csv_column *columns, uint32_t column_count, struct csv *out_csv);

const struct csv_cell *csv_at(const struct csv *csv, uint32_t row, uint32_t column);

#endif

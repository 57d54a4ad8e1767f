/* trace_convert.h: rows of a CSV file become the events of a trace, by a column map.
 *
 * Every error of the file is listed before anything is written.
 *
 * Errors  ERR_INPUT, ERR_IO (listed as problems V001, V002, M001, M002), ERR_MEMORY */
#ifndef SIM_TRACE_CONVERT_H
#define SIM_TRACE_CONVERT_H

#include "sim/trace_file.h"
#include "sim/trace_map.h"

/* Counts for the last line of the command. */
struct trace_converted {
    uint32_t rows, events;
    uint32_t flag_counts[MAP_FLAGS_MAX + 1]; /* by the map's flags; the last is place_when_empty */
    struct trace_map map;                    /* lies in the pool */
};

enum err trace_convert(const char *map_name, const char *csv_path, const char *out_path,
                       struct pool *pool, struct problems *problems,
                       struct trace_converted *out_counts) WARN_UNUSED;

/* A bound table of one file, for those who read rows themselves (city import). */
struct trace_table {
    struct trace_csv csv;
    struct trace_map map;
    struct trace_zone *zone;
};

enum err trace_table_open(const char *map_name, const char *csv_path, struct pool *pool,
                          struct problems *problems, struct trace_table *out_table) WARN_UNUSED;
void trace_table_close(struct trace_table *table);

/* The UTC instant of a cell. False after a problem; an empty cell is false without one. */
bool trace_table_time(const struct trace_table *table, struct problems *problems,
                      const struct trace_cell *cell, int64_t *out_ms);

/* Local time minus UTC at an instant, in minutes. */
int32_t trace_table_offset_minutes(const struct trace_table *table, int64_t at_ms);

/* Text of a value in row, cut to its size; "" where all columns are empty. In the pool. */
const char *trace_table_text(const struct trace_table *table, struct pool *pool, uint32_t row,
                             const struct map_value *value);

/* False after a problem, and where the cells are empty (out_is_empty). */
bool trace_table_place(const struct trace_table *table, struct problems *problems, uint32_t row,
                       struct place *out_place, bool *out_is_empty);

#endif

/* trace_map.h: a column map: which column of a CSV file becomes what of an event (docs/traces.md).
 *
 * Owner   everything lies in the pool given to trace_map_read
 * Errors  problems M001: keys, kinds and columns, with their line */
#ifndef SIM_TRACE_MAP_H
#define SIM_TRACE_MAP_H

#include "sim/trace_csv.h"

#include "engine/core/command.h"

#define MAP_TRUTHS_MAX 24u
#define MAP_FLAGS_MAX 12u
#define MAP_PARTS_MAX 4u

enum map_kind {
    MAP_STRING,
    MAP_NUMBER,  /* millionths */
    MAP_BOOLEAN, /* true, false, Y, N */
    MAP_SLUG,    /* lower case, runs of other characters become _ */
    MAP_AFTER,   /* a time, in ms after the event's */
};

/* What one output is made of: the columns' values joined by dots after a prefix, or a constant. */
struct map_value {
    const char *name;     /* of the output */
    const char *constant; /* or NULL */
    const char *prefix;   /* never NULL */
    const char *parts[MAP_PARTS_MAX];
    uint32_t columns[MAP_PARTS_MAX]; /* bound to the file by trace_map_bind */
    uint32_t part_count;
    uint32_t size_max; /* strings are cut there, at a whole character */
    enum map_kind kind;
    int line;
};

struct map_list {
    struct map_value *values;
    uint32_t count;
};

enum map_test { MAP_IS_EMPTY, MAP_IS_MIDNIGHT, MAP_IS_BEFORE };

struct map_flag {
    const char *word;
    enum map_test test;
    struct map_value value;
    struct map_value other; /* MAP_IS_BEFORE */
};

struct trace_map {
    const char *file;
    const char *source;
    const char *time_format; /* %Y %m %d %H %I %M %S %p and literal characters */
    const char *zone;        /* IANA name */
    struct map_value type, id, at, text;
    bool has_text;
    struct map_value lon, lat;    /* part_count 0: no place */
    struct map_value pair;        /* "(lat, lon)" in one column */
    const char *place_when_empty; /* flag, or NULL: an empty place is an error */
    bool has_group;
    struct map_value group_key, group_first;
    struct map_list fields, truths;
    const char *rows_key; /* NULL: none */
    struct map_value rows_order;
    struct map_list row_truths;
    struct map_flag flags[MAP_FLAGS_MAX];
    uint32_t flag_count;
};

/* name is a file, or the stem of a shipped map ("sffd", "nyc311"). ERR_INPUT, ERR_IO. */
enum err trace_map_read(const char *name, struct pool *pool, struct problems *problems,
                        struct trace_map *out_map) WARN_UNUSED;

/* Finds the columns. ERR_INPUT: some do not exist. */
enum err trace_map_bind(struct trace_map *map, const struct trace_csv *csv,
                        struct problems *problems) WARN_UNUSED;

#endif

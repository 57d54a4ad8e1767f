/* door_map.h: a map of a door: which part of a stranger's record becomes what of an event (docs/doors.md, Maps).
 *
 * A record is a JSON value; rows of CSV and frames of HJ 212 are made into one. Every door maps by the same file format, so
 * that a map tried on a file serves the network as well.
 *
 * Owner   new/free; read only after it was read, so threads may share it
 * Errors  problems: the YAML ones, and D001 for what does not fit, with file and line */
#ifndef ENGINE_DOORS_DOOR_MAP_H
#define ENGINE_DOORS_DOOR_MAP_H

#include "engine/city/crs.h"
#include "engine/city/problems.h"
#include "engine/doors/door_time.h"

#define DOOR_ROWS_MAX 128u
#define DOOR_CONDITIONS_MAX 8u
#define DOOR_PATTERNS_MAX 32u /* of a condition */
#define DOOR_WORDS_MAX 256u   /* of a value */
#define DOOR_FIELDS_MAX 32u   /* of an event */
#define DOOR_FROM_MAX 8u

struct door_word {
    const char *from, *to; /* a '*' at the end of from stands for anything */
};

enum door_kind { DOOR_TEXT, DOOR_NUMBER, DOOR_FLAG };

/* What one output is made of: the first path that is there (or all of them, joined), translated, or a constant. */
struct door_value {
    const char *name;     /* of the output, for messages */
    const char *constant; /* or NULL */
    const char *from[DOOR_FROM_MAX];
    uint32_t from_count;
    const char *separator; /* not NULL: all paths, joined */
    const char *prefix;    /* or NULL */
    struct door_word *words;
    uint32_t word_count;
    const char *otherwise; /* where nothing is there, or no word fits; or NULL */
    double factor, offset; /* of a number: value * factor + offset */
    enum door_kind kind;
    bool is_slug;   /* lower case, other characters become _ */
    bool is_needed; /* an event without it is refused */
    int line;
};

struct door_condition {
    const char *path;
    const char *patterns[DOOR_PATTERNS_MAX]; /* "*": is there; "!x": is not x */
    uint32_t pattern_count;
};

struct door_fields {
    struct door_value *values;
    uint32_t count;
};

/* One kind of event; what it leaves out is as the map says for all. */
struct door_row {
    struct door_condition conditions[DOOR_CONDITIONS_MAX];
    uint32_t condition_count;
    struct door_value type;
    struct door_value *device, *text; /* or NULL */
    struct door_fields fields;
    int line;
};

struct door_map; /* opaque */

/* Everything of a map, for door_event.c. */
struct door_rules {
    const char *name;   /* "hj212" */
    const char *source; /* identity to be, or NULL */
    const char *
        each; /* path of a list or object whose members are the records, "*" for every member on the way; or NULL */
    const char *copy[DOOR_FROM_MAX]; /* paths of objects whose members become fields as they are */
    uint32_t copy_count;
    struct door_row *rows;
    uint32_t row_count;
    bool takes_all;    /* every row that fits, not only the first */
    bool skips_others; /* a record of no row is left out, not refused */
    bool refuses_long; /* what is longer than its room is refused, not cut */
    bool is_by_person, is_drill, is_telemetry;
    struct door_value *id, *at, *device, *text, *lon, *lat, *accuracy_m, *drill;
    struct door_value *contact_name, *contact_phone, *contact_note; /* each or NULL */
    const char *time_format;
    struct door_zone zone;
    bool has_crs;
    enum crs crs; /* of lon and lat; without one the engine takes them as gateways.csv says */
    struct door_fields fields;
    uint32_t topic_count;
    const char *topics[DOOR_PATTERNS_MAX]; /* MQTT filters */
};

/* name: a file, or the name of a shipped map ("hj212"). NULL after problems. */
struct door_map *door_map_read(struct problems *problems, const char *name);
/* As above, first DIRECTORY/NAME.yaml, then the shipped ones; name is a bare word, else D001. */
struct door_map *door_map_find(struct problems *problems, const char *directory, const char *name);
void door_map_free(struct door_map *map);

const struct door_rules *door_map_rules(const struct door_map *map);

#endif

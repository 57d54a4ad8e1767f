/* cap_map.h: which event a CAP alert becomes, and which element fills which field: CITY/cap.yaml, else the shipped file.
 *
 * Owner   new/free
 * Errors  problems: the YAML ones, and M001 for what does not fit */
#ifndef ENGINE_CLI_CAP_MAP_H
#define ENGINE_CLI_CAP_MAP_H

#include "engine/cli/cap_alert.h"

#define CAP_ROWS_MAX 64u
#define CAP_CONDITIONS_MAX 8u
#define CAP_WORDS_MAX 64u /* patterns of a condition, words of a field */
#define CAP_FIELDS_MAX 24u
#define CAP_FROM_MAX 8u

/* An element and the texts it may have; a '*' at the end stands for anything. */
struct cap_condition {
    const char *element;
    const char *patterns[CAP_WORDS_MAX];
    uint32_t pattern_count;
};

struct cap_word {
    const char *from, *to;
};

/* The first element that is there (and, with words, is one of them). */
struct cap_field {
    const char *name;
    const char *from[CAP_FROM_MAX];
    uint32_t from_count;
    struct cap_word words[CAP_WORDS_MAX];
    uint32_t word_count;
    bool is_number;
};

struct cap_row {
    const char *event;  /* type */
    const char *lifted; /* type, or NULL */
    struct cap_condition conditions[CAP_CONDITIONS_MAX];
    uint32_t condition_count;
    struct cap_field fields[CAP_FIELDS_MAX];
    uint32_t field_count;
    int line;
};

struct cap_map; /* opaque */

/* directory NULL: the shipped file. NULL after problems. */
struct cap_map *cap_map_read(struct problems *problems, const char *directory, const char *name);
void cap_map_free(struct cap_map *map);

const char *cap_map_identity(const struct cap_map *map);
const char *cap_map_language(const struct cap_map *map); /* "" = the first block's */

/* info NULL: a Cancel without one, for which conditions on its elements are not asked. NULL: none fits. */
const struct cap_row *cap_map_find(const struct cap_map *map, const struct cap_alert *alert,
                                   const struct cap_info *info);

/* The value of a field, or NULL. */
const char *cap_map_value(const struct cap_field *field, const struct cap_alert *alert,
                          const struct cap_info *info);

#endif

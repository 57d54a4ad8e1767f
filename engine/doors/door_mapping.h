/* door_mapping.h: one record being mapped: what the paths, conditions and values of a map give for it. For door_event.c alone.
 *
 * Errors  what is missing or wrong is refused: a problem, and a row of door_events' refusals */
#ifndef ENGINE_DOORS_DOOR_MAPPING_H
#define ENGINE_DOORS_DOOR_MAPPING_H

#include "engine/doors/door_event.h"

#define DOOR_SCALAR_SIZE 4001u /* the longest text of an event, terminated */
#define DOOR_PATH_SIZE 128u
#define DOOR_SEEN_SIZE 200u

struct door_mapping {
    const struct door_rules *rules;
    struct door_events *events;
    struct problems *problems;
    struct door_origin origin;
    const json_t *root;
    const json_t *member;
    const char *key; /* of the member, or NULL */
    uint32_t index;
    bool is_refused;
    size_t whole_size; /* bytes of the value looked up last, where it found no room; else 0 */
    uint32_t fields_left_out;
    const char *first_left_out;
};

__attribute__((format(printf, 3, 4))) void
door_mapping_refuse(struct door_mapping *mapping, const char *code, const char *format, ...);

/* What lies at a path below; NULL where nothing does. */
const json_t *door_mapping_find(const json_t *from, const char *path);

/* Do all conditions of the row hold? */
bool door_mapping_holds(struct door_mapping *mapping, const struct door_row *row);

/* The text of a value into out (DOOR_SCALAR_SIZE). False where there is none. */
bool door_mapping_text(struct door_mapping *mapping, const struct door_value *value, char *out);

/* The kept text of an optional value, or NULL. */
const char *door_mapping_take(struct door_mapping *mapping, const struct door_value *value,
                              size_t size_max);

/* A copy of at most size_max bytes, cut at a whole character; a cut is told, or the event refused for it. */
const char *door_mapping_keep(struct door_mapping *mapping, const char *name, const char *text,
                              size_t size_max);

/* The text as what the value is; refused where it is none. */
bool door_mapping_number(struct door_mapping *mapping, const struct door_value *value,
                         const char *text, double *out_number);
bool door_mapping_flag(struct door_mapping *mapping, const struct door_value *value,
                       const char *text, bool *out_flag);

/* The members of what was looked through, for whoever has to find the right name. */
void door_mapping_list_seen(const struct door_mapping *mapping, char out[DOOR_SEEN_SIZE]);
void door_mapping_say_missing(struct door_mapping *mapping, const struct door_value *value);

#endif

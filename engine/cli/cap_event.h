/* cap_event.h: which events a checked CAP alert becomes now: refusals by its status, type and times; fields by the map; a place
 * in the city for its areas.
 *
 * One event for every info block of the map's language. What does not fit an event's room is cut, and told as a warning.
 * Owner   new/free; events borrow from alert and map */
#ifndef ENGINE_CLI_CAP_EVENT_H
#define ENGINE_CLI_CAP_EVENT_H

#include "engine/cli/cap_map.h"
#include "engine/core/city.h"
#include "proto/client/gridloop.h"

#define CAP_KEY_SIZE 65u
#define CAP_REFERENCES_MAX 32u

struct cap_event {
    struct gridloop_event event; /* refers not yet among the fields: has room for one more */
    struct gridloop_field fields[CAP_FIELDS_MAX + 2];
    char texts[CAP_FIELDS_MAX + 2][CAP_KEY_SIZE];
    char id[CAP_KEY_SIZE + 8];
    char type[128];
    char *text;
    bool is_lifted;
};

struct cap_events {
    struct cap_event *rows; /* CAP_INFOS_MAX */
    uint32_t count;
    char references[CAP_REFERENCES_MAX][CAP_KEY_SIZE]; /* newest first */
    uint32_t reference_count;
    bool is_early; /* nothing to do but wait: CAP_NOT_YET */
};

/* city NULL: places are not looked for. False where there is nothing to send, after a problem was listed; true with problems
 * where only some of several blocks can be sent. now_ms is the engine's clock. */
bool cap_events_make(struct problems *problems, const char *file, const struct cap_alert *alert,
                     const struct cap_map *map, const struct city *city, int64_t now_ms,
                     struct cap_events *out_events);
void cap_events_free(struct cap_events *events);

/* Sets the field refers to that reference. */
void cap_event_refer(struct cap_event *event, const char *reference, uint32_t attempt);

/* What names a message: its identifier, and eight digits of its sender's digest: identifiers are a sender's own. */
void cap_key(const char *sender, const char *identifier, char out[CAP_KEY_SIZE]);

#endif

/* door_event.h: the events that a map makes of one record.
 *
 *   path   members by dots, places of a list by number: "params.events.0.data". A member whose own name has dots is found as it
 *          is written. Inside `each`, "^" in front begins at the whole document, "@key" and "@index" name the member.
 *
 * An event is made only when everything needed is there; what is missing is named with what there is. Where the record gives no
 * id, it is a digest of the record: a push that comes again counts once. A record with neither id nor time has none: each time it
 * comes it is news.
 *
 * Owner   init/fini; events borrow from it, not from the record
 * Errors  problems D010..D018, with file and line of the record and the field of the map:
 *           D010 something needed is missing   D011 no number, no flag    D012 no instant      D013 no place on earth
 *           D014 no event of the map fits      D015 too many              D016 longer than its room: cut (a warning), or refused
 *           D017 each names no list or object  D018 not JSON */
#ifndef ENGINE_DOORS_DOOR_EVENT_H
#define ENGINE_DOORS_DOOR_EVENT_H

#include "engine/city/pool.h"
#include "engine/doors/door_map.h"
#include "proto/client/gridloop.h"

#include <jansson.h>

#define DOOR_EVENTS_MAX 1000u /* of one document */
#define DOOR_TEXT_SIZE 65u    /* of a field, terminated */
#define DOOR_NAME_SIZE 129u   /* of id, type, device */
#define DOOR_REFUSAL_SIZE 480u

struct door_event {
    struct gridloop_event event;
    struct gridloop_field fields[DOOR_FIELDS_MAX];
    struct gridloop_contact contact;
    uint32_t member; /* which member of `each`, from 0 */
};

/* All that is wrong with one member, for who wants one answer to each. */
struct door_refusal {
    uint32_t member;
    bool is_size;                 /* nothing but too much of something */
    char text[DOOR_REFUSAL_SIZE]; /* "D010: ...; D011: ...", terminated */
};

struct door_events {
    struct pool pool;
    struct door_event *rows; /* malloc'ed */
    uint32_t count;
    uint32_t capacity;
    struct door_refusal *refusals; /* malloc'ed, ascending by member, one each */
    uint32_t refused; /* members of the document that became no event though they should */
    uint32_t refusal_count;
    uint32_t refusal_capacity;
};

/* Where a record stands, for messages. line 0: not known. */
struct door_origin {
    const char *file;
    int line;
};

void door_events_init(struct door_events *events);
void door_events_fini(struct door_events *events);

/* Adds the record's events. False when at least one member was refused; the others are there. */
bool door_events_map(struct door_events *events, const struct door_map *map,
                     struct problems *problems, struct door_origin origin, const json_t *record);

/* As above for the text of a JSON document. */
bool door_events_map_text(struct door_events *events, const struct door_map *map,
                          struct problems *problems, struct door_origin origin, const char *bytes,
                          size_t size);

/* What would be sent, as JSON: of a dry run. To be freed by json_decref. */
json_t *door_event_json(const struct gridloop_event *event);

#endif

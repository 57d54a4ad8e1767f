/* facts.h: resolves what the core may not look up: from a reported event to rows of the active images.
 *
 * Works from the images alone (cell and area polygons ride in the city image as sections the core ignores), so
 * a restarted engine or a simulator resolves exactly as the first did.
 *
 * Owner   facts_new copies nothing of the images: they must outlive it
 * Cost    a fixed device: one hash lookup; free coordinates: an STRtree query and prepared-geometry tests */
#ifndef ENGINE_CITY_FACTS_H
#define ENGINE_CITY_FACTS_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

struct facts;

enum err facts_new(const struct city *city, const struct policy *policy,
                   struct facts **out_facts) WARN_UNUSED;
void facts_free(struct facts *facts);

/* A borrowed run of bytes; bytes NULL = absent. */
struct fact_text {
    const char *bytes;
    uint32_t size;
};
struct fact_text facts_text(const char *terminated);

/* One field as a client sent it. */
struct fact_field {
    struct fact_text name;
    uint8_t kind;     /* enum field_kind */
    int64_t number;   /* NUMBER: millionths; BOOL: 0 or 1 */
    const char *text; /* STRING: bytes, not terminated */
    uint32_t text_size;
};

/* One event as a client sent it. Any text may be absent or empty. */
struct fact_event {
    struct fact_text source; /* identity of the sender */
    struct fact_text id;
    struct fact_text type;
    struct fact_text device;
    struct hash128 device_hash; /* what facts_look_ahead gave for it; none */
    struct fact_text caller;    /* where it is not among the fields */
    int64_t at_ms;              /* log clock; 0 = now */
    struct place place;         /* as sent, in the source's crs; PLACE_NONE */
    uint32_t accuracy_cm;       /* of place, 0 = not said; given to rules as the field accuracy_m */
    const struct fact_field *fields;
    uint32_t field_count;
    struct fact_text text; /* free */
    uint32_t flags;        /* enum event_flag */
};

/* What BAD_FIELD and TOO_LARGE are about. */
enum fact_fault_kind {
    FACT_FAULT_NONE = 0,
    FACT_FAULT_KIND,  /* another kind of value than the rules declare */
    FACT_FAULT_LONG,  /* a text of more than EVENT_STRING_MAX bytes */
    FACT_FAULT_TWICE, /* the same field again */
    FACT_FAULT_MANY,  /* more than EVENT_FIELDS_MAX */
    FACT_FAULT_TEXT,  /* free text of more than EVENT_TEXT_MAX bytes */
};
struct fact_fault {
    enum fact_fault_kind what;
    struct fact_text name; /* of the field; borrowed from the event or static */
    uint32_t wanted;       /* KIND: enum field_kind */
    uint32_t sent;         /* KIND: enum field_kind, 0 = none of them; LONG, TEXT: bytes */
};

/* A resolved event, ready for batch_add_event. Buffers are inside. */
struct fact_record {
    struct event_head
        head; /* verdict set when refused: UNKNOWN_TYPE is NOT one (the core says NO_RULE) */
    struct event_field fields[EVENT_FIELDS_MAX];
    char text[EVENT_FIELDS_MAX * EVENT_STRING_MAX];
    uint32_t text_bytes;
    const char *free_text;
    struct fact_fault fault; /* set where the verdict is BAD_FIELD or TOO_LARGE, and only then */
};

/* Never fails: what cannot be resolved becomes head.verdict (BAD_PLACE, OUTSIDE_CITY, UNKNOWN_DEVICE, BAD_FIELD,
 * TOO_LARGE) with the rest zeroed to NONE. Fields the policy does not know are left out. Built-in fields the policy
 * names are filled: source, device, type, caller, cell, zone, zone.name, zone.kind, asset.code, asset.name, asset.kind. */
void facts_resolve(struct facts *facts, const struct fact_event *event, int64_t now_ms,
                   struct fact_record *out_record);

/* The device will be looked for soon: asks for the memory that this will touch, and gives its hash. */
struct hash128 facts_look_ahead(const struct facts *facts, struct fact_text device);

/* Cell and areas of a free place; cell NONE32 when in none. Returns the number of areas (ascending rows). */
uint32_t facts_locate(struct facts *facts, struct place place, uint32_t *out_cell,
                      uint16_t areas[EVENT_AREAS_MAX]);

/* The known event type whose name is nearest to a wrong one, for NO_RULE's hint; NULL if none is near. Borrowed,
 * terminated. */
const char *facts_nearest_type(struct facts *facts, const char *type);

/* What an event of that source and id is remembered by: two sources may use the same ids. None without an id. */
struct hash128 facts_event_id(struct fact_text source, struct fact_text id);

/* XXH3-128 of bytes, as used for every principal, id, device and string field. */
struct hash128 facts_hash(const void *bytes, size_t size);

#endif

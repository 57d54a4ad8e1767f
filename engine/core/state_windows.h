/* state_windows.h: rows of rules with state: their keys, what their windows hold, the events that wait for another.
 *
 * Part of state.h, which says who owns them. Internal to engine/core/. */
#ifndef ENGINE_CORE_STATE_WINDOWS_H
#define ENGINE_CORE_STATE_WINDOWS_H

#include "engine/core/core.h"
#include "engine/core/table.h"

/* ---- rules with state ---- */

/* What a window keeps of an event. No padding. */
struct sample_row {
    int64_t at_ms;
    uint64_t distinct; /* value that is counted once, or 0 */
    int64_t values[WINDOW_VALUES_MAX];
    struct place place;
    uint32_t has; /* bit per value that the event carried */
    uint32_t is_used;
    uint32_t next, prev; /* of the key, by time; next also of the free ones */
};

struct samples {
    struct sample_row *rows;
    uint32_t limit, used, high, free_first;
};

enum window_row_flag {
    WINDOW_IS_TRUE = 1u << 0, /* it has fired and its condition has held since */
};

/* A rule with state and a key. No padding. */
struct window_row {
    struct hash128 key;
    uint32_t is_used;
    uint32_t window;   /* row of POLICY_WINDOWS */
    int64_t newest_ms; /* the key's clock; INT64_MIN = no event yet */
    int64_t
        since_ms; /* FOR, SEQUENCE: first event of the run; levels: since when a lower one holds; NEVER_MS = none */
    struct case_no case_no; /* newest case it fired for */
    uint32_t flags;         /* enum window_row_flag */
    uint32_t first, last;   /* samples, oldest and newest */
    uint32_t count;         /* samples; FOR: events of the run; SEQUENCE: steps passed */
    uint32_t level;         /* that holds: index + 1, 0 = none */
    uint32_t held;          /* worst level seen since since_ms, as level */
    uint32_t older,
        newer; /* keys of the rule in the order they were touched; older also of the free ones */
    uint32_t wait; /* ABSENT: row of waits + 1; 0 = none */
};

/* A row of POLICY_WINDOWS has the same index here. */
struct window_rule {
    uint64_t serial; /* names its keys, through every activation in which it keeps its state */
    uint32_t key_count;
    uint32_t oldest, newest; /* keys by touch */
    uint32_t reserved;
};

struct windows {
    struct window_row *rows;
    struct window_rule *rules;
    struct window_rule *rules_before; /* scratch for activation */
    int64_t *scratch;                 /* WINDOW_SAMPLES_MAX values to be ranked */
    struct table by_key;
    struct samples samples;
    uint64_t last_serial;
    uint32_t limit, used, high, free_first;
    uint32_t hand; /* row looked at last for staleness */
    uint32_t rule_limit, rule_count;
    uint32_t reserved;
};

/* ---- events that wait for another ---- */

#define WAIT_TEXT_SIZE                                                                             \
    512u /* bytes of its string fields that are kept: those of a case's captures fit */

/* What is kept of an event to fire its rule later. */
struct wait_row {
    struct hash128 event_id;
    int64_t event_at_ms;
    int64_t since_ms; /* when it came: the limit runs from there */
    struct place place;
    uint32_t is_used;
    uint32_t key_slot; /* of windows.rows */
    uint32_t next;     /* free row after this one */
    uint32_t type;     /* row of POLICY_TYPES */
    uint32_t device, cell, asset, zone;
    uint32_t gateway, worker; /* who sent it, as struct intake_source */
    uint32_t flags;           /* enum event_flag */
    uint32_t area_count, field_count, text_used;
    uint16_t areas[EVENT_AREAS_MAX];
    struct event_field fields[EVENT_FIELDS_MAX];
    char text[WAIT_TEXT_SIZE];
};

struct waits {
    struct wait_row *rows;
    uint32_t limit, used, high, free_first;
};

#endif

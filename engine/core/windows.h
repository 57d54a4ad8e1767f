/* windows.h: what a rule with state makes of one event: by, for, window, sequence, levels.
 *
 * An event that the rule takes is a sample of its key. Time in a window is event time: the clock of a key is its newest sample, and
 * a window that ends there holds what is younger than `within`. A sample older than the clock minus `lateness` changes
 * nothing; a younger one that comes late is put where it belongs, and may make the rule fire.
 *
 *   kind       state of a key                           fires
 *   FOR        begin and newest event of a run          once a run, when it has lasted `for` with two events or more
 *   COUNT      samples of the last `within`             when the condition over them turns true
 *   NEAR       the same, one key a device               when k devices of the neighbourhood have a sample, by the sample that makes it so
 *   KEYED      none                                     always, where the event has what `by` names
 *   ABSENT     one event that waits: absences.h          when what is expected after it does not come
 *   SEQUENCE   steps passed, time of the first one      when the last step is passed; then it begins anew
 *
 * With levels a COUNT window fires whenever the level changes; a lower one only after hold.
 *
 * Cost    O(samples of the key) with results, levels or distinct values; else O(1) beside the chain
 * Errors  no room is an outcome: WINDOW_FULL */
#ifndef ENGINE_CORE_WINDOWS_H
#define ENGINE_CORE_WINDOWS_H

#include "engine/core/state.h"

enum correlation {
    CORRELATION_FIRES = 0,
    CORRELATION_WAITING = 1, /* counted, not enough yet: have, need */
    CORRELATION_HOLDS = 2,   /* still true since it fired: case_no is what it fired for */
    CORRELATION_BY_MISSING =
        3, /* the event lacks a field of `by`, or its device is not in the registry */
    CORRELATION_FULL = 4,
    CORRELATION_NONE = 5, /* no step of the sequence is about it */
};

#define WINDOW_FIELDS_MAX (EVENT_FIELDS_MAX + POLICY_RESULTS_MAX + 1u)
#define WINDOW_TEXT_MAX (EVENT_FIELDS_MAX * EVENT_STRING_MAX + WAIT_TEXT_SIZE)

_Static_assert(POLICY_CARRIED_MAX <= POLICY_RESULTS_MAX, "what is carried has room");
_Static_assert(POLICY_CARRIED_MAX *EVENT_STRING_MAX <= WAIT_TEXT_SIZE, "and its texts");

/* An event as a rule with state sees it. */
struct correlated {
    enum correlation outcome;
    uint32_t have, need;    /* samples, distinct values, devices, seconds or steps */
    uint32_t severity;      /* of the level; 0 = the rule's own */
    uint32_t slot;          /* of the key, or NONE32 */
    struct hash128 key;     /* of the row in slot */
    struct case_no case_no; /* newest case it fired for, or none */
    struct event event; /* with the named results as fields; borrows from here and from the event */
    struct event_head head;
    struct event_field fields[WINDOW_FIELDS_MAX];
    char text[WINDOW_TEXT_MAX]; /* where fields of two events meet */
};

/* The rule takes the event. A rule without state fires with the event as it is. */
void windows_take(struct core *core, uint32_t rule_row, const struct event *event,
                  struct correlated *out);

/* What became of it when it fired: the key remembers its case. Without room for a case, held back, or where
 * another rule had the lane, the next sample fires again. */
void windows_fired(struct core *core, const struct correlated *taken, enum code code,
                   struct case_no no);

/* Events of the type that a rule with `for` does not take end its run; those that a rule with `absent` expects end its waiting.
 * Called for every event. */
void windows_watch(struct core *core, const struct event *event);

#endif

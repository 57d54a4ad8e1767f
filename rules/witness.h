/* witness.h: an event that two rules take, made from what their conditions share and tried on the naive evaluator.
 *
 * A finding of the lint is only as good as the event that shows it. The event is made of the least that the conditions ask
 * for: field values at the ends of their ranges, an area both name, the centre of a circle, a minute both calendars hold.
 *
 * Shape   event_head, sorted fields and texts as an EVENTS command carries them
 * Owner   the caller's struct; texts are copied into it */
#ifndef RULES_WITNESS_H
#define RULES_WITNESS_H

#include "rules/region.h"
#include "rules/week.h"

struct witness {
    struct event_head head;
    struct event_field fields[EVENT_FIELDS_MAX];
    const struct rule_field *names[EVENT_FIELDS_MAX]; /* beside fields */
    char text[EVENT_FIELDS_MAX * EVENT_STRING_MAX];
    uint32_t text_bytes;
    struct event event; /* views of the above */
};

/* What is known of one rule, made once. */
struct rule_extent {
    const struct rule *rule;
    struct region region;
    const struct week *week;
};

/* An event of the type that both rules take; b may be a. False: none was found, which says nothing. */
bool witness_find(const struct ruleset *set, const struct weeks *weeks,
                  const struct rule_type *type, const struct rule_extent *a,
                  const struct rule_extent *b, struct witness *out_witness);

/* Can no event be in the places of both? Right whenever it says so. */
bool witness_places_are_apart(const struct rule *a, const struct rule *b);

/* As an event of a test file: {at: 2026-03-02T08:00:00+08:00, type: camera.x, confidence: 0.8}. Returns the length as snprintf
 * does. */
int witness_print(const struct ruleset *set, const struct witness *witness, char *out, size_t size);

#endif

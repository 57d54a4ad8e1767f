/* match.h: which rules take this event: an index of bitsets, survivors verified exactly.
 *
 * The rules of an event type are numbered 0.. in the order of POLICY_TYPE_RULES (best first). For every attribute
 * that some rule of the type needs to be so and so, the index holds one bitset per cell of values: the rules that
 * an event with such a value may still reach. A rule without a need on an attribute is in every cell of it. The AND of one
 * bitset per attribute leaves few rules, which are then verified with program, areas, circles and calendars.
 *
 * Built by rules/index.c. Sections of the policy image:
 *   32 MATCH_TYPES       struct match_type, one per row of POLICY_TYPES
 *   33 MATCH_ATTRIBUTES  struct match_attribute, ranges owned by types
 *   34 MATCH_CELLS       struct match_cell, ranges owned by attributes, ascending by (a, b)
 *   35 MATCH_BITS        u64 words; a bitset is ceil(rules of the type / 64) of them, bit i of word w is rule 64 w + i
 *
 * Cost    O(attributes x log cells + attributes x rules / 64 + survivors x program); no allocation */
#ifndef ENGINE_CORE_MATCH_H
#define ENGINE_CORE_MATCH_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

enum match_section {
    MATCH_TYPES = 32,
    MATCH_ATTRIBUTES = 33,
    MATCH_CELLS = 34,
    MATCH_BITS = 35,
};

#define MATCH_ATTRIBUTES_MAX 24u /* per type */

struct match_type {
    struct image_range attributes; /* in MATCH_ATTRIBUTES */
};

enum match_kind {
    MATCH_TEXT = 1, /* cell (a, b) = XXH3-128 (hi, lo) of the text */
    MATCH_NUMBER =
        2, /* cell a = lowest value, as int64 offset by 2^63 so that it sorts as unsigned; up to the next cell */
    MATCH_AREA = 3, /* cell a = row of CITY_AREAS; the cells of all areas of the event are OR-ed */
};

struct match_attribute {
    uint32_t kind; /* enum match_kind */
    uint32_t
        field; /* row of POLICY_FIELDS; BOOL fields are numbers 0 and MICRO; NONE32 for areas */
    struct image_range cells;
    uint32_t other; /* first word in MATCH_BITS: value absent, or in no cell */
    uint32_t reserved;
};

struct match_cell {
    uint64_t a;
    uint64_t b;
    uint32_t bits; /* first word in MATCH_BITS */
    uint32_t reserved;
};

_Static_assert(sizeof(struct match_type) == 8, "image row without padding");
_Static_assert(sizeof(struct match_attribute) == 24, "image row without padding");
_Static_assert(sizeof(struct match_cell) == 24, "image row without padding");

static inline uint64_t match_number_key(int64_t value)
{
    return (uint64_t)value ^ (UINT64_C(1) << 63);
}

/* Checks every range and offset of the index. ERR_MALFORMED. The rest of policy has been checked. */
enum err match_check(const struct policy *policy, const struct city *city) WARN_UNUSED;

/* Rules whose type, where, area and time take the event, best first (priority descending, then rule row).
 * Status other than ACTIVE never matches. event_at_ms of the head decides the calendars. Writes at most limit
 * rows; returns how many matched in all. No allocation; the stack use does not depend on the number of rules. */
uint32_t match_event(const struct policy *policy, const struct city *city,
                     const struct event *event, uint32_t *out_rules, uint32_t limit);

/* The verification alone: does this rule take the event, its type aside? */
bool match_rule(const struct policy *policy, const struct city *city, uint32_t rule,
                const struct event *event);

/* Evaluates one condition program (`if` of an assign, `when` of a step) against an event (may be NULL: every field
 * missing) and a severity. True for an empty range. */
bool match_condition(const struct policy *policy, struct image_range program,
                     const struct event *event, uint32_t severity);

#endif

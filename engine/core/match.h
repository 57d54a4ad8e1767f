/* match.h: which rules take this event: an index of bitsets, survivors verified exactly.
 *
 * The active rules of an event type are numbered by slot. Rules that ask the same of the same field have neighbouring slots, so
 * that an event reaches few places of a bitset. For every attribute that some rule of the type needs to be so and so, the index
 * holds one set per cell of values: the rules that an event with such a value may still reach. A rule without a need on an
 * attribute is in every cell of it. The AND of one set per attribute leaves few rules, which are then verified with program, areas,
 * circles and calendars. A cell may hold too many rules, never too few.
 *
 * A set is a table of block numbers; sets share the blocks in which they do not differ, so a set costs what it says, not what
 * the type holds. A summary has one bit per block that is not empty: all summaries are ANDed first, and only the blocks left are read.
 *
 * Built by rules/index.c. Sections of the policy image:
 *   32 MATCH_TYPES       struct match_type, one per row of POLICY_TYPES
 *   33 MATCH_ATTRIBUTES  struct match_attribute, ranges owned by types, ascending by (kind, field)
 *   34 MATCH_KEYS        u64, ranges owned by attributes, ascending; key i of an attribute is its set 1 + i
 *   35 MATCH_WORDS       u64; a block is block_words of them, bit i of word w is slot 64 w + i of the block
 *   36 MATCH_TABLES      u32 first words of blocks; a set is block_count of them
 *   37 MATCH_SUMMARIES   u64; a summary is summary_words of them; none where a type has one block
 *   38 MATCH_SLOTS       u32; per type the rank of every slot, then the slot of every rank (rank: place in POLICY_TYPE_RULES)
 *
 * Cost    O(attributes x log keys + blocks left x attributes + survivors x program); no allocation */
#ifndef ENGINE_CORE_MATCH_H
#define ENGINE_CORE_MATCH_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

enum match_section {
    MATCH_TYPES = 32,
    MATCH_ATTRIBUTES = 33,
    MATCH_KEYS = 34,
    MATCH_WORDS = 35,
    MATCH_TABLES = 36,
    MATCH_SUMMARIES = 37,
    MATCH_SLOTS = 38,
};

#define MATCH_ATTRIBUTES_MAX 24u    /* per type */
#define MATCH_BLOCK_WORDS_MAX 8u    /* a cache line */
#define MATCH_FINE_WORDS 2u         /* a smaller block leaves fewer rules standing ... */
#define MATCH_FINE_RULES_MAX 32768u /* ... but its tables are longer: up to that many rules */
#define MATCH_SUMMARY_WORDS_MAX 8u  /* for POLICY_TYPE_RULES_MAX rules */

struct match_type {
    struct image_range attributes; /* in MATCH_ATTRIBUTES */
    uint32_t slots;                /* first row in MATCH_SLOTS, twice as many as rules */
    uint32_t tables;               /* first row in MATCH_TABLES */
    uint32_t summaries;            /* first row in MATCH_SUMMARIES */
    uint32_t set_count;            /* of all attributes */
};

enum match_kind {
    MATCH_TEXT = 1,   /* key = upper half of the XXH3-128 of the text; two texts may share one */
    MATCH_NUMBER = 2, /* key = lowest value of the cell (match_number_key), up to the next key */
    MATCH_AREA = 3,   /* key = row of CITY_AREAS; the sets of all areas of the event are OR-ed */
};

struct match_attribute {
    uint32_t kind; /* enum match_kind */
    uint32_t
        field; /* row of POLICY_FIELDS; BOOL fields are numbers 0 and MICRO; NONE32 for areas */
    struct image_range keys; /* in MATCH_KEYS */
    uint32_t
        sets; /* set of "value absent, or below the first key, or none of the keys"; 1 + i is key i's */
    uint32_t reserved;
};

_Static_assert(sizeof(struct match_type) == 24, "image row without padding");
_Static_assert(sizeof(struct match_attribute) == 24, "image row without padding");

/* How the sets of a type are cut, from its number of rules alone. */
struct match_shape {
    uint32_t block_words;   /* 1..MATCH_BLOCK_WORDS_MAX */
    uint32_t block_count;   /* 0 = no rules */
    uint32_t summary_words; /* 0 = one block, no summary */
};

static inline struct match_shape match_shape_of(uint32_t rule_count)
{
    const uint32_t words = (rule_count + 63u) / 64u;
    const uint32_t most =
        rule_count <= MATCH_FINE_RULES_MAX ? MATCH_FINE_WORDS : MATCH_BLOCK_WORDS_MAX;
    struct match_shape shape = {words < most ? words : most, 0, 0};
    shape.block_count = words == 0 ? 0 : (words + shape.block_words - 1) / shape.block_words;
    shape.summary_words = shape.block_count <= 1 ? 0 : (shape.block_count + 63u) / 64u;
    return shape;
}

_Static_assert((POLICY_TYPE_RULES_MAX + 511u) / 512u <= 64u * MATCH_SUMMARY_WORDS_MAX,
               "the summary of the largest type is kept on the stack");

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

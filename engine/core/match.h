/* match.h: which rules take this event: rules are filed under what they need, the few found are verified exactly.
 *
 * Every rule of an event type that is evaluated is filed under one access: the one or two fields by which it is rarest, or the area it asks for.
 * An event looks into each access once, with its own values: a text stands for itself, a number for the cell of values it lies in.
 * What is filed there may take the event; a rule that no access helps with is loose and always looked at. Each rule has a record of
 * up to three intervals that it needs, one cache line: most of what was found ends there. Then come its other clauses, texts byte by
 * byte, and only what these do not say is run: program, areas, circles, calendars. A rule may be found in vain, never missed.
 *
 * Rules are numbered by slot, those filed alike side by side, the loose ones last.
 *
 * Built by rules/index.c. Sections of the policy image:
 *   32 MATCH_TYPES       struct match_type, one per row of POLICY_TYPES
 *   33 MATCH_ATTRIBUTES  struct match_attribute, ranges owned by types, ascending by field
 *   34 MATCH_KEYS        u64, ranges owned by attributes, ascending: lowest value of every cell
 *   35 MATCH_ACCESSES    struct match_access, ranges owned by types
 *   36 MATCH_GROUPS      struct match_group, 2^bits of them per access: a hash table by tag, the next group where one is full
 *   37 MATCH_ENTRIES     u32 slots, ranges owned by types; lists that end with MATCH_ENTRY_LAST
 *   38 MATCH_RECORDS     struct match_record, per type one for every slot
 *   39 MATCH_CLAUSES     struct match_clause, ranges owned by records
 *
 * Cost    O(fields + accesses + found + taken x program): one group of 32 bytes per access, one record of 64 per rule found; no
 *         allocation
 * Source  access predicates and clusters of several attributes: Fabret et al., Filtering Algorithms and Implementation for Very
 *         Fast Publish/Subscribe Systems, SIGMOD 2001 */
#ifndef ENGINE_CORE_MATCH_H
#define ENGINE_CORE_MATCH_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

enum match_section {
    MATCH_TYPES = 32,
    MATCH_ATTRIBUTES = 33,
    MATCH_KEYS = 34,
    MATCH_ACCESSES = 35,
    MATCH_GROUPS = 36,
    MATCH_ENTRIES = 37,
    MATCH_RECORDS = 38,
    MATCH_CLAUSES = 39,
};

#define MATCH_ATTRIBUTES_MAX 24u                  /* per type */
#define MATCH_ATTRIBUTE_NONE MATCH_ATTRIBUTES_MAX /* stands for nothing: value and token 0 */
#define MATCH_GROUP_TAGS 4u
#define MATCH_GROUP_BITS_MAX 28u
#define MATCH_TESTS 3u /* of a record */
#define MATCH_ENTRY_LAST UINT32_C(0x80000000)

/* A field that an access or a record asks for. */
struct match_attribute {
    uint64_t
        flip; /* XORed to numbers and flags to make them ascend as unsigned: match_number_key(0); 0 for texts */
    uint32_t field; /* row of POLICY_FIELDS */
    uint32_t kind;  /* enum field_kind, that of the field */
    struct image_range
        keys; /* in MATCH_KEYS: its cells; none for texts, and where no access asks */
};

struct match_access {
    uint32_t groups; /* first row in MATCH_GROUPS */
    uint32_t bits;
    uint32_t needs; /* match_needs of the two */
    uint8_t left;   /* attribute of the type */
    uint8_t right;  /* the same, or MATCH_ATTRIBUTE_NONE */
    uint16_t reserved;
};

struct match_type {
    struct image_range attributes; /* in MATCH_ATTRIBUTES */
    struct image_range accesses;   /* in MATCH_ACCESSES */
    struct image_range
        entries; /* in MATCH_ENTRIES: the first stands for no list, the last ends one */
    struct match_access areas; /* groups NONE32: nothing is filed by area */
    uint32_t records;          /* first row in MATCH_RECORDS, as many as rules */
    uint32_t loose;            /* slots from here on are filed nowhere */
};

/* Tags come from the front; 0 is none. Two keys may share a tag, and then a list. */
struct match_group {
    uint32_t tags[MATCH_GROUP_TAGS];
    uint32_t lists[MATCH_GROUP_TAGS]; /* first entry, counted from the type's; 0 = none */
};

enum match_rest {
    MATCH_REST_CLAUSES = 0x3f,      /* how many */
    MATCH_REST_PROGRAM = 1u << 6,   /* tests and clauses do not say all that the program says */
    MATCH_REST_PLACE_TIME = 1u << 7 /* areas, circles or calendars */
};

/* What a rule needs before it is worth a closer look: the value of attribute tests[i] lies in lows[i] .. lows[i] + spans[i]. */
struct match_record {
    uint32_t rank;              /* place among the rules of the type, best first */
    uint32_t clauses;           /* first row in MATCH_CLAUSES */
    uint32_t needs;             /* attributes the event must carry, bit i: attribute i */
    uint8_t tests[MATCH_TESTS]; /* MATCH_ATTRIBUTE_NONE with low and span 0: no test */
    uint8_t rest;               /* enum match_rest */
    uint64_t lows[MATCH_TESTS];
    uint64_t spans[MATCH_TESTS];
};

/* A text, or an interval that the record has no room for. */
struct match_clause {
    uint32_t attribute;
    uint32_t reserved;
    struct image_string text; /* of a text attribute */
    uint64_t low, span;       /* of the others */
};

_Static_assert(sizeof(struct match_type) == 48, "image row without padding");
_Static_assert(sizeof(struct match_attribute) == 24, "image row without padding");
_Static_assert(sizeof(struct match_access) == 16, "image row without padding");
_Static_assert(sizeof(struct match_group) == 32, "image row without padding");
_Static_assert(sizeof(struct match_record) == 64, "image row without padding");
_Static_assert(sizeof(struct match_clause) == 32, "image row without padding");
_Static_assert(MATCH_ATTRIBUTES_MAX < 32, "a bit each in needs");

static inline uint32_t match_needs(uint32_t left, uint32_t right)
{
    return UINT32_C(1) << left | (right == MATCH_ATTRIBUTE_NONE ? 0 : UINT32_C(1) << right);
}

/* The value of a number or a flag (0 or MICRO), ascending as unsigned. A text's is the upper half of its XXH3-128. */
static inline uint64_t match_number_key(int64_t value)
{
    return (uint64_t)value ^ (UINT64_C(1) << 63);
}

/* Where an event is looked up: tokens are values of texts, 1 + cells of numbers, 0 for no second attribute. Never 0. */
static inline uint32_t match_tag(uint64_t left, uint64_t right)
{
    uint64_t h = (left * UINT64_C(0x9e3779b97f4a7c15)) ^ (right * UINT64_C(0xc2b2ae3d27d4eb4f));
    h = (h ^ (h >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    const uint32_t tag = (uint32_t)(h >> 32);
    return tag + (tag == 0);
}

/* The same for a row of CITY_AREAS. No two share a tag, so that no rule is found twice under two areas of an event. */
static inline uint32_t match_area_tag(uint32_t area)
{
    return (area + 1) * UINT32_C(0x9e3779b1);
}

/* The group where a tag is sought first. */
static inline uint32_t match_home(uint32_t tag, uint32_t bits)
{
    return (uint32_t)(((uint64_t)tag << bits) >> 32);
}

/* Checks every range and offset of the index. ERR_MALFORMED. The rest of policy has been checked. */
enum err match_check(const struct policy *policy) WARN_UNUSED;

/* Rules whose type, where, area and time take the event, best first (rank, priority descending, rule row).
 * Only rules that are active or in shadow match. event_at_ms of the head decides the calendars. Writes at most limit
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

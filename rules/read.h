/* read.h: takes typed values out of a YAML tree and says what was wrong, where, and what was expected.
 *
 * Every reader reports its own finding and returns false; the caller goes on, so that one run lists all findings.
 * Codes: L002 unknown key, L003 wrong kind of value, L004 missing key, L005 out of range or not one of the words,
 * L011..L016 unknown names, L017 in the language but not in this version, L018 too many, L021 a plan for nobody (a warning). */
#ifndef RULES_READ_H
#define RULES_READ_H

#include "engine/city/problems.h"
#include "rules/refs.h"
#include "rules/ruleset.h"
#include "rules/tree.h"

/* One load in progress. */
struct loader {
    struct arena *arena;
    struct problems *problems;
    struct refs *refs;
    struct ruleset *set;
};

enum key_status { KEY_KNOWN = 0, KEY_REQUIRED = 1, KEY_LATER = 2 };

/* A key that a map may have. */
struct key_spec {
    const char *name;
    enum key_status status;
};

/* A word and what it stands for. */
struct word_spec {
    const char *word;
    uint32_t value;
};

__attribute__((format(printf, 4, 5))) void read_report(const struct loader *loader,
                                                       const struct tree_node *node,
                                                       const char *code, const char *format, ...);

/* Is node a map whose keys are all known and present as the specs say? what names it in messages. */
bool read_check_map(const struct loader *loader, const struct tree_node *node, const char *what,
                    const struct key_spec *specs, uint32_t spec_count);

/* The value of a key, or NULL. */
const struct tree_node *read_find(const struct tree_node *map, const char *key);

/* The i-th item of a list, or the node itself where a single value stands for a list of one. */
uint32_t read_list_count(const struct tree_node *node);
const struct tree_node *read_list_item(const struct tree_node *node, uint32_t index);

bool read_text(const struct loader *loader, const struct tree_node *node, const char *what,
               const char **out_text);
bool read_integer(const struct loader *loader, const struct tree_node *node, const char *what,
                  int64_t low, int64_t high, int64_t *out_value);
bool read_truth(const struct loader *loader, const struct tree_node *node, const char *what,
                bool *out_value);
bool read_word(const struct loader *loader, const struct tree_node *node, const char *what,
               const struct word_spec *specs, uint32_t spec_count, uint32_t *out_value);

/* "30s 5m 4h 2d": ms, more than 0. */
bool read_duration(const struct loader *loader, const struct tree_node *node, const char *what,
                   int64_t *out_ms);

/* A duration, or "4wh" working hours, "2wd" working days. */
bool read_limit(const struct loader *loader, const struct tree_node *node, const char *what,
                struct clock_limit *out_limit);

/* A name of the city: exactly one row. */
bool read_name(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
               uint32_t *out_row);

/* A name or a list of names: all rows once, ascending; posts as written. An area's name gives all its polygons. */
bool read_names(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
                uint32_t name_max, struct rule_rows *out_rows);

/* A name or a list of names: a bit per row. */
bool read_mask(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
               uint64_t *out_mask);

/* A decimal number times 10^decimals (at most 7), the whole text; false when it is none, is finer, or passes 10^11. */
bool read_decimal(const char *text, uint32_t decimals, int64_t *out_value);

/* Decimal number to millionths, the whole text; false when it is none or has more than 6 decimals or is too large. */
bool read_millionths(const char *text, int64_t *out_value);

#endif

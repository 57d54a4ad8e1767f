/* anchor.h: what a condition needs of single fields, whatever else it asks: the handles by which it can be indexed.
 *
 * An anchor is a necessary condition: where the event's field is not in it, the whole condition is false. Nothing is said
 * about the other direction. Found by one walk: and intersects, or joins, not swaps the two; a comparison under
 * an odd number of nots needs nothing, since a missing field satisfies it. */
#ifndef RULES_ANCHOR_H
#define RULES_ANCHOR_H

#include "rules/expr_ast.h"

#define ANCHORS_MAX 16u      /* fields of one condition; more are not needed to be quick */
#define ANCHOR_TEXTS_MAX 64u /* texts of one anchor; a longer list is dropped */

struct anchor {
    const struct rule_field *field;
    const char **texts; /* STRING: one of these, no repeats */
    uint32_t text_count;
    int64_t low, high; /* NUMBER, and BOOL as 0 or MICRO: inside, ends included */
};

struct anchors {
    struct anchor items[ANCHORS_MAX];
    uint32_t count;
    bool is_impossible; /* the condition is never true */
    bool is_whole;      /* the condition is true wherever all anchors hold */
};

/* root NULL: no anchors. */
void anchors_find(struct arena *arena, const struct ast_node *root, struct anchors *out_anchors);

/* The anchor on a field, or NULL. */
const struct anchor *anchors_at(const struct anchors *anchors, const struct rule_field *field);

#endif

/* region.h: the events a condition takes, as a union of boxes: one limit per field in each.
 *
 * A condition is brought into disjunctive form; a box is one of its terms. A comparison needs its field to be there; its
 * opposite is also true where the field is missing, so `not (x < 5)` is two boxes. What no box can say (arithmetic, two
 * fields compared, a text that must not contain another) is left out, and the box is then larger than the truth: is_exact
 * is false. Nothing is ever left out of a region, so two regions that do not meet belong to rules that do not meet.
 *
 * Shape   numbers in millionths, truths 0 or 1, ends included; texts by bytes
 * Owner   everything lives in the arena of the rule set
 * Source  the hyperrectangles of decision-table analysis (DMN tools) */
#ifndef RULES_REGION_H
#define RULES_REGION_H

#include "rules/expr_ast.h"

#define REGION_BOXES_MAX 64u /* a condition with more terms is one box that takes everything */

struct region_part {
    const char *text;
    bool is_prefix; /* else anywhere */
};

/* What one field must be. */
struct region_limit {
    const struct rule_field *field;
    bool is_absent;       /* must be missing; else must be there */
    bool has_texts;       /* STRING: one of texts */
    int64_t low, high;    /* NUMBER, BOOL */
    const int64_t *holes; /* NUMBER: but none of these */
    const char *const *texts;
    const char *const *not_texts;
    const struct region_part *parts; /* STRING: all of these */
    uint32_t hole_count, text_count, not_text_count, part_count;
};

/* All limits hold; limits ascend by the field's address, so that two boxes are merged in one pass. */
struct region_box {
    bool is_exact;
    uint32_t count;
    struct region_limit *limits;
};

struct region {
    const struct region_box **boxes;
    uint32_t count; /* 0 = never true */
};

/* root NULL: one box without limits. */
struct region region_of(struct arena *arena, const struct ast_node *root);

/* What two boxes share; NULL where that is nothing. */
const struct region_box *region_meet(struct arena *arena, const struct region_box *a,
                                     const struct region_box *b);

/* Can they share anything? As region_meet, without making it: cheap, and right whenever it says no. */
bool region_may_meet(const struct region_box *a, const struct region_box *b);

/* Is all of the inner region certainly inside the outer one, box by box? False may mean unknown. */
bool region_is_within(const struct region *inner, const struct region *outer);

/* Does the box hold the event? What a box cannot say is not asked. */
bool region_takes(const struct region_box *box, const struct event *event);

/* The limit on a field, or NULL. */
const struct region_limit *region_limit_of(const struct region_box *box,
                                           const struct rule_field *field);

/* The box with the field held to one text; NULL where it cannot be that. */
const struct region_box *region_hold_text(struct arena *arena, const struct region_box *box,
                                          const struct rule_field *field, const char *text);

#endif

/* region.c: see region.h. */
#include "rules/region.h"

#include <stdlib.h>

static const struct region_box EVERYTHING = {true, 0, NULL};
static const struct region_box UNKNOWN = {false, 0, NULL};

/* ---- one limit ---- */

static bool is_one_of(const char *const *texts, uint32_t count, const char *text)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_part(const char *text, const struct region_part *part)
{
    return part->is_prefix ? strncmp(text, part->text, strlen(part->text)) == 0
                           : strstr(text, part->text) != NULL;
}

/* Does a text satisfy what is said of texts other than the list? */
static bool text_fits(const struct region_limit *limit, const char *text)
{
    for (uint32_t i = 0; i < limit->part_count; i++) {
        if (!has_part(text, &limit->parts[i])) {
            return false;
        }
    }
    return !is_one_of(limit->not_texts, limit->not_text_count, text);
}

/* Moves the ends of a range off its holes. False where nothing is left. */
static bool trim(struct region_limit *limit)
{
    for (bool is_moved = true; is_moved && limit->low <= limit->high;) {
        is_moved = false;
        for (uint32_t i = 0; i < limit->hole_count; i++) {
            if (limit->holes[i] == limit->low && limit->low < INT64_MAX) {
                limit->low++;
                is_moved = true;
            } else if (limit->holes[i] == limit->high && limit->high > INT64_MIN) {
                limit->high--;
                is_moved = true;
            }
        }
    }
    return limit->low <= limit->high;
}

/* Two lists one after the other. */
static void *join(struct arena *arena, const void *a, uint32_t a_count, const void *b,
                  uint32_t b_count, size_t size)
{
    char *joined = arena_take(arena, ((size_t)a_count + b_count) * size);
    if (a_count > 0) {
        memcpy(joined, a, a_count * size);
    }
    if (b_count > 0) {
        memcpy(joined + a_count * size, b, b_count * size);
    }
    return joined;
}

static bool meet_numbers(struct arena *arena, struct region_limit *a, const struct region_limit *b)
{
    a->low = max_i64(a->low, b->low);
    a->high = min_i64(a->high, b->high);
    if (b->hole_count > 0) {
        a->holes = join(arena, a->holes, a->hole_count, b->holes, b->hole_count, sizeof *a->holes);
        a->hole_count += b->hole_count;
    }
    return trim(a);
}

static bool meet_texts(struct arena *arena, struct region_limit *a, const struct region_limit *b)
{
    if (b->not_text_count > 0) {
        a->not_texts = join(arena, a->not_texts, a->not_text_count, b->not_texts, b->not_text_count,
                            sizeof a->not_texts[0]);
        a->not_text_count += b->not_text_count;
    }
    if (b->part_count > 0) {
        a->parts = join(arena, a->parts, a->part_count, b->parts, b->part_count, sizeof *a->parts);
        a->part_count += b->part_count;
    }
    if (!a->has_texts && !b->has_texts) {
        return true;
    }
    const struct region_limit *list = a->has_texts ? a : b;
    const char **kept = arena_take(arena, list->text_count * sizeof kept[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->text_count; i++) {
        const char *text = list->texts[i];
        bool is_in_both =
            !a->has_texts || !b->has_texts || is_one_of(b->texts, b->text_count, text);
        if (is_in_both && text_fits(a, text)) {
            kept[count++] = text;
        }
    }
    a->has_texts = true;
    a->texts = kept;
    a->text_count = count;
    return count > 0;
}

static bool meet_limit(struct arena *arena, struct region_limit *a, const struct region_limit *b)
{
    if (a->is_absent || b->is_absent) {
        return a->is_absent && b->is_absent;
    }
    return a->field->kind == FIELD_STRING ? meet_texts(arena, a, b) : meet_numbers(arena, a, b);
}

static bool limits_may_meet(const struct region_limit *a, const struct region_limit *b)
{
    if (a->is_absent || b->is_absent) {
        return a->is_absent && b->is_absent;
    }
    if (a->field->kind != FIELD_STRING) {
        return a->low <= b->high && b->low <= a->high;
    }
    if (!a->has_texts || !b->has_texts) {
        return true;
    }
    for (uint32_t i = 0; i < a->text_count; i++) {
        if (is_one_of(b->texts, b->text_count, a->texts[i])) {
            return true;
        }
    }
    return false;
}

static bool numbers_are_within(const struct region_limit *inner, const struct region_limit *outer)
{
    if (inner->low < outer->low || inner->high > outer->high) {
        return false;
    }
    for (uint32_t i = 0; i < outer->hole_count; i++) {
        int64_t hole = outer->holes[i];
        bool is_shared = hole < inner->low || hole > inner->high;
        for (uint32_t k = 0; k < inner->hole_count; k++) {
            is_shared = is_shared || inner->holes[k] == hole;
        }
        if (!is_shared) {
            return false;
        }
    }
    return true;
}

static bool part_is_known(const struct region_limit *limit, const struct region_part *part)
{
    for (uint32_t i = 0; i < limit->part_count; i++) {
        const struct region_part *mine = &limit->parts[i];
        if ((mine->is_prefix || !part->is_prefix) && has_part(mine->text, part)) {
            return true;
        }
    }
    return false;
}

static bool texts_are_within(const struct region_limit *inner, const struct region_limit *outer)
{
    if (inner->has_texts) {
        for (uint32_t i = 0; i < inner->text_count; i++) {
            const char *text = inner->texts[i];
            if ((outer->has_texts && !is_one_of(outer->texts, outer->text_count, text)) ||
                !text_fits(outer, text)) {
                return false;
            }
        }
        return true;
    }
    if (outer->has_texts) {
        return false;
    }
    for (uint32_t i = 0; i < outer->not_text_count; i++) {
        const char *text = outer->not_texts[i];
        if (!is_one_of(inner->not_texts, inner->not_text_count, text) && text_fits(inner, text)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < outer->part_count; i++) {
        if (!part_is_known(inner, &outer->parts[i])) {
            return false;
        }
    }
    return true;
}

static bool limit_is_within(const struct region_limit *inner, const struct region_limit *outer)
{
    if (inner->is_absent || outer->is_absent) {
        return inner->is_absent && outer->is_absent;
    }
    return inner->field->kind == FIELD_STRING ? texts_are_within(inner, outer)
                                              : numbers_are_within(inner, outer);
}

/* ---- boxes ---- */

const struct region_box *region_meet(struct arena *arena, const struct region_box *a,
                                     const struct region_box *b)
{
    if (!region_may_meet(a, b)) {
        return NULL;
    }
    struct region_box *box = arena_take(arena, sizeof *box);
    box->is_exact = a->is_exact && b->is_exact;
    box->limits = arena_take(arena, ((size_t)a->count + b->count) * sizeof box->limits[0]);
    uint32_t i = 0;
    uint32_t k = 0;
    while (i < a->count || k < b->count) {
        struct region_limit *limit = &box->limits[box->count++];
        if (k == b->count || (i < a->count && a->limits[i].field < b->limits[k].field)) {
            *limit = a->limits[i++];
        } else if (i == a->count || b->limits[k].field < a->limits[i].field) {
            *limit = b->limits[k++];
        } else {
            *limit = a->limits[i++];
            if (!meet_limit(arena, limit, &b->limits[k++])) {
                return NULL;
            }
        }
    }
    return box;
}

bool region_may_meet(const struct region_box *a, const struct region_box *b)
{
    uint32_t i = 0;
    uint32_t k = 0;
    while (i < a->count && k < b->count) {
        if (a->limits[i].field < b->limits[k].field) {
            i++;
        } else if (b->limits[k].field < a->limits[i].field) {
            k++;
        } else if (!limits_may_meet(&a->limits[i++], &b->limits[k++])) {
            return false;
        }
    }
    return true;
}

const struct region_limit *region_limit_of(const struct region_box *box,
                                           const struct rule_field *field)
{
    for (uint32_t i = 0; i < box->count; i++) {
        if (box->limits[i].field == field) {
            return &box->limits[i];
        }
    }
    return NULL;
}

static bool box_is_within(const struct region_box *inner, const struct region_box *outer)
{
    for (uint32_t i = 0; i < outer->count; i++) {
        const struct region_limit *limit = region_limit_of(inner, outer->limits[i].field);
        if (limit == NULL || !limit_is_within(limit, &outer->limits[i])) {
            return false;
        }
    }
    return outer->is_exact;
}

bool region_is_within(const struct region *inner, const struct region *outer)
{
    for (uint32_t i = 0; i < inner->count; i++) {
        bool is_found = false;
        for (uint32_t k = 0; k < outer->count && !is_found; k++) {
            is_found = box_is_within(inner->boxes[i], outer->boxes[k]);
        }
        if (!is_found) {
            return false;
        }
    }
    return true;
}

static const struct region_box *box_of(struct arena *arena, struct region_limit limit)
{
    struct region_box *box = arena_take(arena, sizeof *box);
    box->is_exact = true;
    box->count = 1;
    box->limits = arena_take(arena, sizeof limit);
    box->limits[0] = limit;
    return box;
}

static bool limit_takes(const struct region_limit *limit, const struct event *event)
{
    const struct event_field *field = event_find_field(event, limit->field->row);
    if (field == NULL || limit->is_absent) {
        return field == NULL && limit->is_absent;
    }
    if (field->kind != FIELD_STRING) {
        const int64_t value = (int64_t)field->a;
        for (uint32_t i = 0; i < limit->hole_count; i++) {
            if (limit->holes[i] == value) {
                return false;
            }
        }
        return limit->low <= value && value <= limit->high;
    }
    char text[EVENT_STRING_MAX + 1];
    memcpy(text, event->text + field->text_offset, field->size);
    text[field->size] = '\0';
    return (!limit->has_texts || is_one_of(limit->texts, limit->text_count, text)) &&
           text_fits(limit, text);
}

bool region_takes(const struct region_box *box, const struct event *event)
{
    for (uint32_t i = 0; i < box->count; i++) {
        if (!limit_takes(&box->limits[i], event)) {
            return false;
        }
    }
    return true;
}

static struct region_limit present(const struct rule_field *field)
{
    const bool is_truth = field->kind == FIELD_BOOL;
    return (struct region_limit){
        .field = field, .low = is_truth ? 0 : INT64_MIN, .high = is_truth ? 1 : INT64_MAX};
}

static const struct region_box *box_absent(struct arena *arena, const struct rule_field *field)
{
    return box_of(arena, (struct region_limit){.field = field, .is_absent = true});
}

const struct region_box *region_hold_text(struct arena *arena, const struct region_box *box,
                                          const struct rule_field *field, const char *text)
{
    struct region_limit limit = present(field);
    const char **texts = arena_take(arena, sizeof texts[0]);
    texts[0] = text;
    limit.has_texts = true;
    limit.texts = texts;
    limit.text_count = 1;
    return region_meet(arena, box, box_of(arena, limit));
}

/* ---- regions ---- */

static struct region region_make(struct arena *arena, const struct region_box *first,
                                 const struct region_box *second)
{
    struct region region = {arena_take(arena, 2 * sizeof region.boxes[0]), 0};
    if (first != NULL) {
        region.boxes[region.count++] = first;
    }
    if (second != NULL) {
        region.boxes[region.count++] = second;
    }
    return region;
}

static struct region region_unknown(struct arena *arena)
{
    return region_make(arena, &UNKNOWN, NULL);
}

static struct region either(struct arena *arena, struct region a, struct region b)
{
    if (a.count + b.count > REGION_BOXES_MAX) {
        return region_unknown(arena);
    }
    struct region region = {join(arena, a.boxes, a.count, b.boxes, b.count, sizeof a.boxes[0]),
                            a.count + b.count};
    return region;
}

static struct region both(struct arena *arena, struct region a, struct region b)
{
    struct region region = {arena_take(arena, REGION_BOXES_MAX * sizeof region.boxes[0]), 0};
    for (uint32_t i = 0; i < a.count; i++) {
        for (uint32_t k = 0; k < b.count; k++) {
            const struct region_box *box = region_meet(arena, a.boxes[i], b.boxes[k]);
            if (box == NULL) {
                continue;
            }
            if (region.count == REGION_BOXES_MAX) {
                return region_unknown(arena);
            }
            region.boxes[region.count++] = box;
        }
    }
    return region;
}

/* A literal, or where negated its opposite together with the missing field. */
static struct region literal(struct arena *arena, struct region_limit limit, bool is_negated)
{
    const bool is_empty = limit.low > limit.high || (limit.has_texts && limit.text_count == 0);
    return region_make(arena, is_empty ? NULL : box_of(arena, limit),
                       is_negated ? box_absent(arena, limit.field) : NULL);
}

static uint32_t opposite(uint32_t op)
{
    switch (op) {
    case EXPR_EQ:
        return EXPR_NE;
    case EXPR_NE:
        return EXPR_EQ;
    case EXPR_LT:
        return EXPR_GE;
    case EXPR_LE:
        return EXPR_GT;
    case EXPR_GT:
        return EXPR_LE;
    default:
        return EXPR_LT;
    }
}

static uint32_t mirrored(uint32_t op)
{
    switch (op) {
    case EXPR_LT:
        return EXPR_GT;
    case EXPR_LE:
        return EXPR_GE;
    case EXPR_GT:
        return EXPR_LT;
    case EXPR_GE:
        return EXPR_LE;
    default:
        return op;
    }
}

/* Constants are far from the ends of int64: see read_decimal. */
static struct region of_number(struct arena *arena, const struct rule_field *field, uint32_t op,
                               int64_t value, bool is_negated)
{
    struct region_limit limit = present(field);
    if (op == EXPR_NE) {
        int64_t *holes = arena_take(arena, sizeof holes[0]);
        holes[0] = value;
        limit.holes = holes;
        limit.hole_count = 1;
        if (!trim(&limit)) {
            limit.high = limit.low - 1;
        }
        return literal(arena, limit, is_negated);
    }
    if (op == EXPR_EQ || op == EXPR_GE || op == EXPR_GT) {
        limit.low = max_i64(limit.low, op == EXPR_GT ? value + 1 : value);
    }
    if (op == EXPR_EQ || op == EXPR_LE || op == EXPR_LT) {
        limit.high = min_i64(limit.high, op == EXPR_LT ? value - 1 : value);
    }
    return literal(arena, limit, is_negated);
}

static struct region of_comparison(struct arena *arena, const struct ast_node *node,
                                   bool is_negated)
{
    const struct ast_node *field = node->left;
    const struct ast_node *constant = node->right;
    uint32_t op = node->op;
    if (field->kind != AST_FIELD) {
        field = node->right;
        constant = node->left;
        op = mirrored(op);
    }
    if (field->kind != AST_FIELD || (constant->kind != AST_NUMBER && constant->kind != AST_TRUTH)) {
        return region_unknown(arena);
    }
    return of_number(arena, field->field, is_negated ? opposite(op) : op, constant->number,
                     is_negated);
}

static struct region of_texts(struct arena *arena, const struct rule_field *field,
                              const char *const *texts, uint32_t count, bool is_excluded,
                              bool is_negated)
{
    struct region_limit limit = present(field);
    if (is_excluded) {
        limit.not_texts = texts;
        limit.not_text_count = count;
    } else {
        limit.has_texts = true;
        limit.texts = texts;
        limit.text_count = count;
    }
    return literal(arena, limit, is_negated);
}

static struct region of_list(struct arena *arena, const struct ast_node *node, bool is_negated)
{
    if (node->left->kind != AST_FIELD) {
        return region_unknown(arena);
    }
    if (node->left->type == TYPE_TEXT) {
        const char **texts = arena_take(arena, node->item_count * sizeof texts[0]);
        for (uint32_t i = 0; i < node->item_count; i++) {
            texts[i] = node->items[i]->text;
        }
        return of_texts(arena, node->left->field, texts, node->item_count, is_negated, is_negated);
    }
    struct region region = {NULL, 0};
    if (is_negated) {
        struct region_limit limit = present(node->left->field);
        int64_t *holes = arena_take(arena, node->item_count * sizeof holes[0]);
        for (uint32_t i = 0; i < node->item_count; i++) {
            holes[i] = node->items[i]->number;
        }
        limit.holes = holes;
        limit.hole_count = node->item_count;
        return literal(arena, limit, true);
    }
    for (uint32_t i = 0; i < node->item_count; i++) {
        region =
            either(arena, region,
                   of_number(arena, node->left->field, EXPR_EQ, node->items[i]->number, false));
    }
    return region;
}

static struct region of_part(struct arena *arena, const struct ast_node *node, bool is_negated)
{
    if (is_negated) {
        return region_unknown(arena);
    }
    struct region_limit limit = present(node->left->field);
    struct region_part *part = arena_take(arena, sizeof *part);
    *part = (struct region_part){node->right->text, node->kind == AST_STARTS};
    limit.parts = part;
    limit.part_count = 1;
    return literal(arena, limit, false);
}

static struct region of_leaf(struct arena *arena, const struct ast_node *node, bool is_negated)
{
    switch (node->kind) {
    case AST_TRUTH:
        return region_make(arena, (node->number != 0) != is_negated ? &EVERYTHING : NULL, NULL);
    case AST_HAS:
        return region_make(arena,
                           is_negated ? box_absent(arena, node->field)
                                      : box_of(arena, present(node->field)),
                           NULL);
    case AST_FIELD:
        return of_number(arena, node->field, EXPR_EQ, is_negated ? 0 : 1, is_negated);
    case AST_COMPARE:
        return of_comparison(arena, node, is_negated);
    case AST_MATCH:
        if (node->left->kind != AST_FIELD || node->right->kind != AST_TEXT) {
            return region_unknown(arena);
        }
        return of_texts(arena, node->left->field, &node->right->text, 1,
                        (node->op == EXPR_NE) != is_negated, is_negated);
    case AST_IN:
        return of_list(arena, node, is_negated);
    case AST_STARTS:
    case AST_CONTAINS:
        return of_part(arena, node, is_negated);
    case AST_NUMBER:
    case AST_TEXT:
    case AST_SEVERITY:
    case AST_NOT:
    case AST_AND:
    case AST_OR:
    case AST_SUM:
    case AST_NEGATE:
        break;
    }
    return region_unknown(arena);
}

static struct region of_node(struct arena *arena, const struct ast_node *node, bool is_negated)
{
    if (node->kind == AST_NOT) {
        return of_node(arena, node->left, !is_negated);
    }
    if (node->kind != AST_AND && node->kind != AST_OR) {
        return of_leaf(arena, node, is_negated);
    }
    struct region left = of_node(arena, node->left, is_negated);
    struct region right = of_node(arena, node->right, is_negated);
    return (node->kind == AST_AND) != is_negated ? both(arena, left, right)
                                                 : either(arena, left, right);
}

struct region region_of(struct arena *arena, const struct ast_node *root)
{
    return root == NULL ? region_make(arena, &EVERYTHING, NULL) : of_node(arena, root, false);
}

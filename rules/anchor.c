/* anchor.c: see anchor.h. */
#include "rules/anchor.h"

static void find(struct arena *arena, const struct ast_node *node, bool is_negated,
                 struct anchors *out);

static struct anchor *at(struct anchors *anchors, const struct rule_field *field)
{
    for (uint32_t i = 0; i < anchors->count; i++) {
        if (anchors->items[i].field == field) {
            return &anchors->items[i];
        }
    }
    return NULL;
}

const struct anchor *anchors_at(const struct anchors *anchors, const struct rule_field *field)
{
    for (uint32_t i = 0; i < anchors->count; i++) {
        if (anchors->items[i].field == field) {
            return &anchors->items[i];
        }
    }
    return NULL;
}

static void add(struct anchors *anchors, struct anchor anchor)
{
    if (anchors->count < ANCHORS_MAX) {
        anchors->items[anchors->count++] = anchor;
    } else {
        anchors->is_whole = false;
    }
}

static bool has_text(const struct anchor *anchor, const char *text)
{
    for (uint32_t i = 0; i < anchor->text_count; i++) {
        if (strcmp(anchor->texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Both hold: what is left of a. False where nothing is. */
static bool narrow(struct arena *arena, struct anchor *a, const struct anchor *b)
{
    if (a->field->kind != FIELD_STRING) {
        a->low = max_i64(a->low, b->low);
        a->high = min_i64(a->high, b->high);
        return a->low <= a->high;
    }
    const char **texts = arena_take(arena, a->text_count * sizeof texts[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->text_count; i++) {
        if (has_text(b, a->texts[i])) {
            texts[count++] = a->texts[i];
        }
    }
    a->texts = texts;
    a->text_count = count;
    return count > 0;
}

/* Either holds: a grows. False where it grows too large to be of use. */
static bool widen(struct arena *arena, struct anchor *a, const struct anchor *b)
{
    if (a->field->kind != FIELD_STRING) {
        a->low = min_i64(a->low, b->low);
        a->high = max_i64(a->high, b->high);
        return true;
    }
    const char **texts = arena_take(arena, (a->text_count + b->text_count) * sizeof texts[0]);
    memcpy(texts, a->texts, a->text_count * sizeof texts[0]);
    uint32_t count = a->text_count;
    for (uint32_t i = 0; i < b->text_count; i++) {
        if (!has_text(a, b->texts[i])) {
            texts[count++] = b->texts[i];
        }
    }
    a->texts = texts;
    a->text_count = count;
    return count <= ANCHOR_TEXTS_MAX;
}

static void find_both(struct arena *arena, const struct ast_node *node, bool is_negated,
                      struct anchors *out)
{
    struct anchors right;
    find(arena, node->left, is_negated, out);
    find(arena, node->right, is_negated, &right);
    out->is_impossible = out->is_impossible || right.is_impossible;
    out->is_whole = out->is_whole && right.is_whole;
    for (uint32_t i = 0; i < right.count; i++) {
        struct anchor *mine = at(out, right.items[i].field);
        if (mine == NULL) {
            add(out, right.items[i]);
        } else if (!narrow(arena, mine, &right.items[i])) {
            out->is_impossible = true;
        }
    }
}

static void find_either(struct arena *arena, const struct ast_node *node, bool is_negated,
                        struct anchors *out)
{
    struct anchors left;
    struct anchors right;
    find(arena, node->left, is_negated, &left);
    find(arena, node->right, is_negated, &right);
    if (left.is_impossible) {
        *out = right;
        return;
    }
    if (right.is_impossible) {
        *out = left;
        return;
    }
    *out = (struct anchors){.count = 0};
    for (uint32_t i = 0; i < left.count; i++) {
        const struct anchor *other = anchors_at(&right, left.items[i].field);
        struct anchor joined = left.items[i];
        if (other != NULL && widen(arena, &joined, other)) {
            add(out, joined);
        }
    }
}

static struct anchor make_range(const struct rule_field *field, int64_t low, int64_t high)
{
    return (struct anchor){field, NULL, 0, low, high};
}

static uint32_t mirrored(uint32_t op)
{
    return op == EXPR_LT   ? EXPR_GT
           : op == EXPR_LE ? EXPR_GE
           : op == EXPR_GT ? EXPR_LT
           : op == EXPR_GE ? EXPR_LE
                           : op;
}

static void find_flag(const struct rule_field *field, bool is_wanted, struct anchors *out)
{
    int64_t value = is_wanted ? MICRO : 0;
    add(out, make_range(field, value, value));
}

static void find_comparison(const struct ast_node *node, struct anchors *out)
{
    const struct ast_node *field = node->left;
    const struct ast_node *constant = node->right;
    uint32_t op = node->op;
    if (field->kind != AST_FIELD) {
        field = node->right;
        constant = node->left;
        op = mirrored(op);
    }
    if (field->kind != AST_FIELD) {
        return;
    }
    if (constant->kind == AST_TRUTH) {
        find_flag(field->field, (constant->number != 0) == (op == EXPR_EQ), out);
        return;
    }
    if (constant->kind != AST_NUMBER) {
        return;
    }
    int64_t value = constant->number; /* far from the ends of int64: see read_decimal */
    if (op == EXPR_EQ) {
        add(out, make_range(field->field, value, value));
    } else if (op == EXPR_LT || op == EXPR_LE) {
        add(out, make_range(field->field, INT64_MIN, op == EXPR_LT ? value - 1 : value));
    } else if (op == EXPR_GT || op == EXPR_GE) {
        add(out, make_range(field->field, op == EXPR_GT ? value + 1 : value, INT64_MAX));
    }
}

static void find_texts(struct arena *arena, const struct rule_field *field,
                       struct ast_node *const *items, uint32_t count, struct anchors *out)
{
    struct anchor anchor = {field, NULL, 0, 0, 0};
    const char **texts = arena_take(arena, count * sizeof texts[0]);
    for (uint32_t i = 0; i < count; i++) {
        if (!has_text(&anchor, items[i]->text)) {
            texts[anchor.text_count++] = items[i]->text;
            anchor.texts = texts;
        }
    }
    add(out, anchor);
}

static void find_list(struct arena *arena, const struct ast_node *node, struct anchors *out)
{
    if (node->left->kind != AST_FIELD) {
        return;
    }
    if (node->left->type == TYPE_TEXT) {
        find_texts(arena, node->left->field, node->items, node->item_count, out);
        return;
    }
    struct anchor anchor = make_range(node->left->field, INT64_MAX, INT64_MIN);
    for (uint32_t i = 0; i < node->item_count; i++) {
        anchor.low = min_i64(anchor.low, node->items[i]->number);
        anchor.high = max_i64(anchor.high, node->items[i]->number);
    }
    add(out, anchor);
}

static void find_leaf(struct arena *arena, const struct ast_node *node, struct anchors *out)
{
    if (node->kind == AST_COMPARE) {
        find_comparison(node, out);
    } else if (node->kind == AST_MATCH && node->op == EXPR_EQ && node->right->kind == AST_TEXT) {
        find_texts(arena, node->left->field, &node->right, 1, out);
    } else if (node->kind == AST_IN) {
        find_list(arena, node, out);
    } else if (node->kind == AST_FIELD) {
        find_flag(node->field, true, out);
    }
    /* Of a list of numbers an anchor has only the ends. */
    out->is_whole = out->count > 0 && (node->kind != AST_IN || node->left->type == TYPE_TEXT);
}

static void find(struct arena *arena, const struct ast_node *node, bool is_negated,
                 struct anchors *out)
{
    out->count = 0;
    out->is_impossible = out->is_whole = false;
    if (node->kind == AST_NOT) {
        find(arena, node->left, !is_negated, out);
    } else if (node->kind == AST_AND || node->kind == AST_OR) {
        if ((node->kind == AST_AND) != is_negated) {
            find_both(arena, node, is_negated, out);
        } else {
            find_either(arena, node, is_negated, out);
        }
    } else if (node->kind == AST_TRUTH) {
        out->is_impossible = (node->number != 0) == is_negated;
        out->is_whole = true;
    } else if (!is_negated) {
        find_leaf(arena, node, out);
    }
}

void anchors_find(struct arena *arena, const struct ast_node *root, struct anchors *out_anchors)
{
    out_anchors->count = 0;
    out_anchors->is_impossible = false;
    out_anchors->is_whole = root == NULL;
    if (root != NULL) {
        find(arena, root, false, out_anchors);
    }
}

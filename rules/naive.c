/* naive.c: recursion over the tree; plain scans everywhere. Slow on purpose, simple on purpose. */
#include "rules/naive.h"

#include "engine/core/calendar.h"
#include "rules/expr_ast.h"
#include "rules/window.h"

#include <stdlib.h>

/* A value of any type; is_missing only for numbers and texts. */
struct naive_value {
    bool is_missing;
    int64_t number; /* numbers; truths 0 or 1 */
    const char *text;
    size_t size;
};

struct naive_scope {
    const struct event *event;
    uint32_t severity;
};

static struct naive_value evaluate(const struct naive_scope *scope, const struct ast_node *node);

static const struct event_field *scan_field(const struct event *event, uint32_t row)
{
    for (uint32_t i = 0; event != NULL && i < event->head->field_count; i++) {
        if (event->fields[i].field == row) {
            return &event->fields[i];
        }
    }
    return NULL;
}

static struct naive_value load_field(const struct naive_scope *scope,
                                     const struct rule_field *field)
{
    struct naive_value value = {true, 0, "", 0};
    const struct event_field *found = scan_field(scope->event, field->row);
    if (found == NULL || found->kind != field->kind) {
        return value;
    }
    value.is_missing = false;
    if (field->kind == FIELD_STRING) {
        value.text = scope->event->text + found->text_offset;
        value.size = found->size;
    } else if (field->kind == FIELD_BOOL) {
        value.number = found->a != 0;
    } else {
        value.number = (int64_t)found->a;
    }
    return value;
}

static struct naive_value truth(bool is_true)
{
    return (struct naive_value){false, is_true, "", 0};
}

static bool texts_are_equal(struct naive_value a, struct naive_value b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static bool compare_values(uint32_t op, struct naive_value a, struct naive_value b, bool is_text)
{
    if (a.is_missing || b.is_missing) {
        return false;
    }
    if (is_text) {
        return texts_are_equal(a, b) == (op == EXPR_EQ);
    }
    return op == EXPR_EQ   ? a.number == b.number
           : op == EXPR_NE ? a.number != b.number
           : op == EXPR_LT ? a.number < b.number
           : op == EXPR_LE ? a.number <= b.number
           : op == EXPR_GT ? a.number > b.number
                           : a.number >= b.number;
}

static struct naive_value calculate(uint32_t op, struct naive_value a, struct naive_value b)
{
    struct naive_value value = {a.is_missing || b.is_missing, 0, "", 0};
    if (op == EXPR_DIV && !b.is_missing && b.number == 0) {
        value.is_missing = true;
    }
    if (value.is_missing) {
        return value;
    }
    /* Wide arithmetic here, mul_div in the core: two ways to the same number. */
    __extension__ __int128 wide = a.number;
    if (op == EXPR_ADD) {
        wide += b.number;
    } else if (op == EXPR_SUB) {
        wide -= b.number;
    } else if (op == EXPR_MUL) {
        wide = wide * b.number / MICRO;
    } else {
        wide = wide * MICRO / b.number;
    }
    value.number = wide > INT64_MAX ? INT64_MAX : wide < INT64_MIN ? INT64_MIN : (int64_t)wide;
    return value;
}

static bool is_in_list(const struct naive_scope *scope, const struct ast_node *node)
{
    struct naive_value left = evaluate(scope, node->left);
    for (uint32_t i = 0; i < node->item_count; i++) {
        if (compare_values(EXPR_EQ, left, evaluate(scope, node->items[i]),
                           node->left->type == TYPE_TEXT)) {
            return true;
        }
    }
    return false;
}

static bool text_holds(const struct naive_scope *scope, const struct ast_node *node)
{
    struct naive_value text = evaluate(scope, node->left);
    struct naive_value part = evaluate(scope, node->right);
    if (text.is_missing || part.size > text.size) {
        return false;
    }
    if (node->kind == AST_STARTS) {
        return memcmp(text.text, part.text, part.size) == 0;
    }
    return memmem(text.text, text.size, part.text, part.size) != NULL;
}

static struct naive_value evaluate(const struct naive_scope *scope, const struct ast_node *node)
{
    struct naive_value left;
    switch (node->kind) {
    case AST_NUMBER:
    case AST_TRUTH:
        return (struct naive_value){false, node->number, "", 0};
    case AST_TEXT:
        return (struct naive_value){false, 0, node->text, strlen(node->text)};
    case AST_FIELD:
        return load_field(scope, node->field);
    case AST_SEVERITY:
        return (struct naive_value){scope->severity == 0, scope->severity * MICRO, "", 0};
    case AST_HAS:
        return truth(scan_field(scope->event, node->field->row) != NULL);
    case AST_NOT:
        return truth(!naive_is_true(node->left, scope->event, scope->severity));
    case AST_AND:
        return truth(naive_is_true(node->left, scope->event, scope->severity) &&
                     naive_is_true(node->right, scope->event, scope->severity));
    case AST_OR:
        return truth(naive_is_true(node->left, scope->event, scope->severity) ||
                     naive_is_true(node->right, scope->event, scope->severity));
    case AST_COMPARE:
    case AST_MATCH:
        return truth(compare_values(node->op, evaluate(scope, node->left),
                                    evaluate(scope, node->right), node->kind == AST_MATCH));
    case AST_IN:
        return truth(is_in_list(scope, node));
    case AST_STARTS:
    case AST_CONTAINS:
        return truth(text_holds(scope, node));
    case AST_SUM:
        return calculate(node->op, evaluate(scope, node->left), evaluate(scope, node->right));
    case AST_NEGATE:
        left = evaluate(scope, node->left);
        return calculate(EXPR_SUB, (struct naive_value){left.is_missing, 0, "", 0}, left);
    default:
        must(false);
        return truth(false);
    }
}

bool naive_is_true(const struct ast_node *root, const struct event *event, uint32_t severity)
{
    if (root == NULL) {
        return true;
    }
    struct naive_scope scope = {event, severity};
    struct naive_value value = evaluate(&scope, root);
    return !value.is_missing && value.number != 0;
}

bool naive_is_inside(const struct rule_places *places, const struct event *event)
{
    for (uint32_t i = 0; i < places->areas.count; i++) {
        for (uint32_t k = 0; k < event->head->area_count; k++) {
            if (places->areas.items[i] == event->head->areas[k]) {
                return true;
            }
        }
    }
    for (uint32_t i = 0; i < places->cells.count; i++) {
        if (places->cells.items[i] == event->head->cell) {
            return true;
        }
    }
    for (uint32_t i = 0; i < places->circle_count; i++) {
        struct place centre = {places->circles[i].lon, places->circles[i].lat};
        if (place_is_known(event->head->place) &&
            distance_cm(centre, event->head->place) <= places->circles[i].radius_cm) {
            return true;
        }
    }
    return false;
}

static bool is_during(const struct ruleset *set, const struct rule_rows *calendars, int64_t at_ms)
{
    bool is_any = false;
    for (uint32_t i = 0; i < calendars->count; i++) {
        is_any = is_any || calendar_contains(set->city, calendars->items[i], at_ms);
    }
    return is_any;
}

bool naive_is_of_sequence(const struct rule *rule, const struct event *event)
{
    const struct rule_window *window = rule->window;
    bool is_any = window == NULL || window->kind != WINDOW_SEQUENCE;
    for (uint32_t i = 0; !is_any && i < window->stage_count; i++) {
        const struct ast_node *condition = window->stages[i].condition;
        is_any = window->stages[i].type->row == event->head->type &&
                 (window_asks_carried(condition) || naive_is_true(condition, event, 0));
    }
    return is_any;
}

bool naive_takes(const struct ruleset *set, const struct rule *rule, const struct event *event)
{
    bool is_type = false;
    for (uint32_t i = 0; i < rule->type_count; i++) {
        is_type = is_type || rule->types[i]->row == event->head->type;
    }
    if (!is_type || (rule->status != RULE_ACTIVE && rule->status != RULE_SHADOW)) {
        return false;
    }
    if ((rule->in != NULL && !naive_is_inside(rule->in, event)) ||
        (rule->out != NULL && naive_is_inside(rule->out, event))) {
        return false;
    }
    int64_t at_ms = event->head->event_at_ms;
    if (rule->calendars_in.count > 0 && !is_during(set, &rule->calendars_in, at_ms)) {
        return false;
    }
    if (is_during(set, &rule->calendars_out, at_ms)) {
        return false;
    }
    return naive_is_true(rule->where, event, 0) && naive_is_of_sequence(rule, event);
}

static bool is_better(const struct rule *a, const struct rule *b)
{
    const int rank_a = a->status == RULE_SHADOW ? 9 : (int)a->lane;
    const int rank_b = b->status == RULE_SHADOW ? 9 : (int)b->lane;
    return rank_a != rank_b ? rank_a < rank_b : a->priority > b->priority;
}

uint32_t naive_match(const struct ruleset *set, const struct event *event, uint32_t *out_rules,
                     uint32_t limit)
{
    uint32_t matched = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (!naive_takes(set, set->rules[i], event)) {
            continue;
        }
        matched++;
        /* Insert behind every rule that is as good; rules come in row order. */
        uint32_t at = kept;
        while (at > 0 && is_better(set->rules[i], set->rules[out_rules[at - 1]])) {
            at--;
        }
        if (at == limit) {
            continue;
        }
        kept += kept < limit;
        memmove(out_rules + at + 1, out_rules + at, (kept - at - 1) * sizeof out_rules[0]);
        out_rules[at] = i;
    }
    return matched;
}

/* expr_ast.c: recursive descent over tokens, types checked as the tree grows; the first finding ends it. */
#include "rules/expr_ast.h"

#include "rules/expr_lex.h"
#include "rules/expr_lower.h"
#include "rules/window.h"

#include <stdarg.h>

#define EXPRESSION_SIZE_MAX 4000u
#define CANDIDATES_MAX 1024u

struct expr_parser {
    const struct loader *loader;
    const struct tree_node *node;
    const char *what;
    const struct expr_scope *scope;
    struct token token; /* the one looked at */
    uint32_t offset;    /* behind it */
    uint32_t node_count;
    uint32_t depth;
    bool has_failed;
};

static struct ast_node *parse_or(struct expr_parser *parser);

/* Reports once; NULL for convenience. */
__attribute__((format(printf, 4, 5))) static struct ast_node *
fail(struct expr_parser *parser, uint32_t offset, const char *code, const char *format, ...)
{
    if (parser->has_failed) {
        return NULL;
    }
    parser->has_failed = true;
    char text[400];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    struct tree_node place = *parser->node;
    /* Exact for texts on one line, which is how expressions are written; else the start of the text. */
    if (strchr(parser->node->text, '\n') == NULL) {
        place.column += (int)offset + (parser->node->is_plain ? 0 : 1);
    }
    read_report(parser->loader, &place, code, "%s: %s", parser->what, text);
    return NULL;
}

static void advance(struct expr_parser *parser)
{
    parser->token = lex_next(parser->node->text, &parser->offset);
    if (parser->token.kind == TOKEN_BAD) {
        (void)fail(parser, parser->token.offset, "L007", "%.*s: %s", (int)parser->token.size,
                   parser->token.start, parser->token.hint);
    }
}

static struct ast_node *make_node(struct expr_parser *parser, enum ast_kind kind,
                                  enum ast_type type, uint32_t offset)
{
    if (++parser->node_count > AST_NODES_MAX) {
        return fail(parser, offset, "L018", "more than %u terms; split the rule", AST_NODES_MAX);
    }
    struct ast_node *node = arena_take(parser->loader->arena, sizeof *node);
    node->kind = kind;
    node->type = type;
    node->offset = offset;
    return node;
}

static struct ast_node *make_pair(struct expr_parser *parser, enum ast_kind kind,
                                  enum ast_type type, struct ast_node *left, struct ast_node *right)
{
    struct ast_node *node = make_node(parser, kind, type, left->offset);
    if (node != NULL) {
        node->left = left;
        node->right = right;
    }
    return node;
}

static const char *type_words(enum ast_type type)
{
    return type == TYPE_NUMBER ? "a number" : type == TYPE_TEXT ? "a text" : "true or false";
}

static bool want_type(struct expr_parser *parser, const struct ast_node *node, enum ast_type type,
                      const char *where)
{
    if (node->type == type) {
        return true;
    }
    (void)fail(parser, node->offset, "L008", "%s needs %s, not %s", where, type_words(type),
               type_words(node->type));
    return false;
}

static bool want_token(struct expr_parser *parser, enum token_kind kind, const char *words)
{
    if (parser->has_failed) {
        return false;
    }
    if (parser->token.kind != kind) {
        (void)fail(parser, parser->token.offset, "L007", "expected %s%s%.*s", words,
                   parser->token.kind == TOKEN_END ? " before the end" : ", found ",
                   (int)parser->token.size, parser->token.start);
        return false;
    }
    advance(parser);
    return !parser->has_failed;
}

/* ---- names ---- */

static bool type_has_field(const struct rule_type *type, const struct rule_field *field)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i] == field) {
            return true;
        }
    }
    return false;
}

/* Is it a result of the rule's own window? Conditions that are read before the window do not see it. */
static bool window_gives(const struct rule_window *window, const struct rule_field *field)
{
    for (uint32_t i = 0; window != NULL && i < window->result_count; i++) {
        if (window->results[i].target == field) {
            return true;
        }
    }
    for (uint32_t i = 0; window != NULL && i < window->stage_count; i++) {
        const struct rule_stage *stage = &window->stages[i];
        for (uint32_t k = 0; k < stage->carried_count; k++) {
            if (stage->carried[k].target == field) {
                return true;
            }
        }
    }
    return window != NULL && window->count == field;
}

static bool rule_sees_field(const struct rule *rule, const struct rule_field *field)
{
    if (field->is_builtin || window_gives(rule->window, field)) {
        return true;
    }
    for (uint32_t i = 0; i < rule->type_count; i++) {
        if (type_has_field(rule->types[i], field)) {
            return true;
        }
    }
    return false;
}

/* "door.badge": the earlier step of that name, or NULL; *out_rest: "badge". */
static struct rule_stage *find_stage(const struct rule *rule, const char *name,
                                     const char **out_rest)
{
    const char *dot = strchr(name, '.');
    struct rule_window *window = rule->window;
    for (uint32_t i = 0; dot != NULL && window != NULL && i < window->stage_count; i++) {
        const char *step = window->stages[i].name;
        if (step != NULL && strlen(step) == (size_t)(dot - name) &&
            strncmp(step, name, strlen(step)) == 0) {
            *out_rest = dot + 1;
            return &window->stages[i];
        }
    }
    return NULL;
}

/* Makes the step keep a field of its event under that name; NULL if it has none, or keeps too many. */
static struct rule_field *carry_field(struct ruleset *set, const struct rule *rule,
                                      const char *name)
{
    const char *rest = NULL;
    struct rule_stage *stage = find_stage(rule, name, &rest);
    struct rule_field *source = stage == NULL ? NULL : ruleset_find_field(set, rest);
    if (source == NULL || !(source->is_builtin || type_has_field(stage->type, source)) ||
        rule->window->carried_count == POLICY_CARRIED_MAX) {
        return NULL;
    }
    struct rule_field *target = ruleset_find_field(set, name);
    if (target == NULL) {
        if (set->field_count == RULE_FIELDS_MAX) {
            return NULL;
        }
        target = arena_take(set->arena, sizeof *target);
        target->name = arena_text(set->arena, name, strlen(name));
        target->kind = source->kind;
        target->is_carried = true;
        uint32_t at = set->field_count++;
        while (at > 0 && strcmp(set->fields[at - 1]->name, name) > 0) {
            set->fields[at] = set->fields[at - 1];
            at--;
        }
        set->fields[at] = target;
    }
    source->is_used = true;
    stage->carried[stage->carried_count++] = (struct rule_carried){source, target};
    rule->window->carried_count++;
    rule->window->flags |= WINDOW_CARRIES;
    return target;
}

struct rule_field *expr_find_field(struct ruleset *set, const struct rule *rule, const char *name)
{
    struct rule_field *field = ruleset_find_field(set, name);
    return field != NULL && rule_sees_field(rule, field) ? field : carry_field(set, rule, name);
}

bool expr_carries_too_much(const struct rule *rule, const char *name)
{
    const char *rest = NULL;
    return find_stage(rule, name, &rest) != NULL &&
           rule->window->carried_count == POLICY_CARRIED_MAX;
}

const char *expr_nearest_field(const struct ruleset *set, const struct rule *rule, const char *name)
{
    const char *candidates[CANDIDATES_MAX];
    uint32_t count = 0;
    const char *rest = NULL;
    const struct rule_stage *stage = find_stage(rule, name, &rest);
    for (uint32_t i = 0; stage != NULL && i < stage->type->field_count; i++) {
        const char *own = stage->type->fields[i]->name;
        char *text = arena_take(set->arena, strlen(name) + strlen(own) + 1);
        memcpy(text, name, (size_t)(rest - name));
        memcpy(text + (rest - name), own, strlen(own) + 1);
        candidates[count++] = text;
    }
    for (uint32_t i = 0; i < set->field_count && count < CANDIDATES_MAX; i++) {
        if (rule_sees_field(rule, set->fields[i])) {
            candidates[count++] = set->fields[i]->name;
        }
    }
    return problems_nearest(name, candidates, count);
}

static struct rule_field *find_field(struct expr_parser *parser, const char *name, uint32_t offset)
{
    if (!parser->scope->fields_are_given) {
        (void)fail(parser, offset, "L009", "\"%s\": only severity can be used here", name);
        return NULL;
    }
    struct ruleset *set = parser->loader->set;
    struct rule_field *field = expr_find_field(set, parser->scope->rule, name);
    if (field != NULL) {
        field->is_used = true;
        return field;
    }
    if (expr_carries_too_much(parser->scope->rule, name)) {
        (void)fail(parser, offset, "L018",
                   "\"%s\": the steps of a sequence carry at most %u fields", name,
                   POLICY_CARRIED_MAX);
        return NULL;
    }
    const char *nearest = expr_nearest_field(set, parser->scope->rule, name);
    (void)fail(parser, offset, "L009", "no event of this rule has a field \"%s\"%s%s", name,
               nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    return NULL;
}

static struct ast_node *make_field(struct expr_parser *parser, const char *name, uint32_t offset)
{
    struct rule_field *field = find_field(parser, name, offset);
    if (field == NULL) {
        return NULL;
    }
    enum ast_type type = field->kind == FIELD_NUMBER   ? TYPE_NUMBER
                         : field->kind == FIELD_STRING ? TYPE_TEXT
                                                       : TYPE_TRUTH;
    struct ast_node *node = make_node(parser, AST_FIELD, type, offset);
    if (node != NULL) {
        node->field = field;
    }
    return node;
}

static struct ast_node *make_param(struct expr_parser *parser, const char *name, uint32_t offset)
{
    const struct rule *rule = parser->scope->rule;
    for (uint32_t i = 0; i < rule->param_count; i++) {
        const struct rule_param *param = &rule->params[i];
        if (strcmp(param->name, name) != 0) {
            continue;
        }
        struct ast_node *node = NULL;
        if (param->kind == FIELD_STRING) {
            node = make_node(parser, AST_TEXT, TYPE_TEXT, offset);
        } else if (param->kind == FIELD_NUMBER) {
            node = make_node(parser, AST_NUMBER, TYPE_NUMBER, offset);
        } else {
            node = make_node(parser, AST_TRUTH, TYPE_TRUTH, offset);
        }
        if (node != NULL) {
            node->number = param->number;
            node->text = param->text;
        }
        return node;
    }
    return fail(parser, offset, "L009", "the rule has no parameter \"%s\" under params", name);
}

/* ---- primaries ---- */

static struct ast_node *parse_text(struct expr_parser *parser)
{
    struct token token = parser->token;
    if (token.size > EVENT_STRING_MAX) {
        return fail(parser, token.offset, "L008", "a text of %u bytes; fields hold at most %u",
                    token.size, EVENT_STRING_MAX);
    }
    struct ast_node *node = make_node(parser, AST_TEXT, TYPE_TEXT, token.offset);
    if (node != NULL) {
        node->text = arena_text(parser->loader->arena, token.start, token.size);
    }
    advance(parser);
    return node;
}

static struct ast_node *parse_number(struct expr_parser *parser)
{
    struct token token = parser->token;
    const char *text = arena_text(parser->loader->arena, token.start, token.size);
    int64_t number = 0;
    if (!read_millionths(text, &number)) {
        return fail(parser, token.offset, "L007",
                    "%s: at most 11 digits before and 6 behind the point", text);
    }
    struct ast_node *node = make_node(parser, AST_NUMBER, TYPE_NUMBER, token.offset);
    if (node != NULL) {
        node->number = number;
    }
    advance(parser);
    return node;
}

/* Behind the opening bracket of startsWith or contains; field is known in the method form. */
static struct ast_node *parse_text_call(struct expr_parser *parser, enum ast_kind kind,
                                        struct ast_node *field)
{
    if (field == NULL) {
        if (parser->token.kind != TOKEN_NAME) {
            return fail(parser, parser->token.offset, "L007", "expected a field");
        }
        const char *name =
            arena_text(parser->loader->arena, parser->token.start, parser->token.size);
        field = make_field(parser, name, parser->token.offset);
        if (field == NULL) {
            return NULL;
        }
        advance(parser);
        if (!want_token(parser, TOKEN_COMMA, "a comma")) {
            return NULL;
        }
    }
    if (!want_type(parser, field, TYPE_TEXT, "startsWith and contains")) {
        return NULL;
    }
    struct ast_node *part =
        parser->token.kind == TOKEN_TEXT
            ? parse_text(parser)
            : fail(parser, parser->token.offset, "L007", "expected a quoted text to look for");
    if (part == NULL || !want_token(parser, TOKEN_CLOSE, "a closing bracket")) {
        return NULL;
    }
    return make_pair(parser, kind, TYPE_TRUTH, field, part);
}

static struct ast_node *parse_has(struct expr_parser *parser)
{
    struct token token = parser->token;
    if (token.kind != TOKEN_NAME) {
        return fail(parser, token.offset, "L007", "has() takes the name of a field");
    }
    const char *name = arena_text(parser->loader->arena, token.start, token.size);
    struct rule_field *field = find_field(parser, name, token.offset);
    advance(parser);
    if (field == NULL || !want_token(parser, TOKEN_CLOSE, "a closing bracket")) {
        return NULL;
    }
    struct ast_node *node = make_node(parser, AST_HAS, TYPE_TRUTH, token.offset);
    if (node != NULL) {
        node->field = field;
    }
    return node;
}

static struct ast_node *parse_call(struct expr_parser *parser, const char *name, uint32_t offset)
{
    advance(parser); /* the bracket */
    if (parser->has_failed) {
        return NULL;
    }
    if (strcmp(name, "has") == 0) {
        return parse_has(parser);
    }
    if (strcmp(name, "startsWith") == 0) {
        return parse_text_call(parser, AST_STARTS, NULL);
    }
    if (strcmp(name, "contains") == 0) {
        return parse_text_call(parser, AST_CONTAINS, NULL);
    }
    const char *dot = strrchr(name, '.');
    if (dot != NULL && (strcmp(dot, ".startsWith") == 0 || strcmp(dot, ".contains") == 0)) {
        const char *field_name = arena_text(parser->loader->arena, name, (size_t)(dot - name));
        struct ast_node *field = make_field(parser, field_name, offset);
        return field == NULL
                   ? NULL
                   : parse_text_call(parser, dot[1] == 's' ? AST_STARTS : AST_CONTAINS, field);
    }
    return fail(parser, offset, "L007", "no function \"%s\"; there are has, startsWith, contains",
                name);
}

static struct ast_node *parse_name(struct expr_parser *parser)
{
    struct token token = parser->token;
    static const char *const RESERVED[] = {"and", "or", "not", "in"};
    for (size_t i = 0; i < COUNT_OF(RESERVED); i++) {
        if (token_is_name(&token, RESERVED[i])) {
            return fail(parser, token.offset, "L007", "expected a value, found \"%s\"",
                        RESERVED[i]);
        }
    }
    const char *name = arena_text(parser->loader->arena, token.start, token.size);
    advance(parser);
    if (parser->has_failed) {
        return NULL;
    }
    if (parser->token.kind == TOKEN_OPEN) {
        return parse_call(parser, name, token.offset);
    }
    if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
        struct ast_node *node = make_node(parser, AST_TRUTH, TYPE_TRUTH, token.offset);
        if (node != NULL) {
            node->number = name[0] == 't';
        }
        return node;
    }
    if (strcmp(name, "severity") == 0 && parser->scope->severity_is_given) {
        return make_node(parser, AST_SEVERITY, TYPE_NUMBER, token.offset);
    }
    if (strncmp(name, "params.", 7) == 0) {
        return make_param(parser, name + 7, token.offset);
    }
    return make_field(parser, name, token.offset);
}

static struct ast_node *parse_primary(struct expr_parser *parser)
{
    if (parser->has_failed) {
        return NULL;
    }
    switch ((int)parser->token.kind) {
    case TOKEN_NUMBER:
        return parse_number(parser);
    case TOKEN_TEXT:
        return parse_text(parser);
    case TOKEN_NAME:
        return parse_name(parser);
    case TOKEN_OPEN: {
        advance(parser);
        struct ast_node *inner = parse_or(parser);
        return want_token(parser, TOKEN_CLOSE, "a closing bracket") ? inner : NULL;
    }
    case TOKEN_END:
        return fail(parser, parser->token.offset, "L007", "expected a value before the end");
    default:
        return fail(parser, parser->token.offset, "L007", "expected a value, found %.*s",
                    (int)parser->token.size, parser->token.start);
    }
}

/* ---- operators ---- */

static bool enter(struct expr_parser *parser)
{
    if (parser->depth == AST_DEPTH_MAX) {
        (void)fail(parser, parser->token.offset, "L018", "nested more than %u deep", AST_DEPTH_MAX);
        return false;
    }
    parser->depth++;
    return true;
}

static struct ast_node *parse_unary(struct expr_parser *parser)
{
    if (parser->has_failed || parser->token.kind != TOKEN_MINUS) {
        return parse_primary(parser);
    }
    uint32_t offset = parser->token.offset;
    if (!enter(parser)) {
        return NULL;
    }
    advance(parser);
    struct ast_node *inner = parse_unary(parser);
    parser->depth--;
    if (inner == NULL || !want_type(parser, inner, TYPE_NUMBER, "minus")) {
        return NULL;
    }
    if (inner->kind == AST_NUMBER) {
        inner->number = -inner->number;
        return inner;
    }
    struct ast_node *node = make_node(parser, AST_NEGATE, TYPE_NUMBER, offset);
    if (node != NULL) {
        node->left = inner;
    }
    return node;
}

/* left { (first | second) right } over numbers. */
static struct ast_node *parse_chain(struct expr_parser *parser, bool is_sum)
{
    struct ast_node *left = is_sum ? parse_chain(parser, false) : parse_unary(parser);
    while (left != NULL && !parser->has_failed) {
        uint32_t op = 0;
        switch ((int)parser->token.kind) {
        case TOKEN_PLUS:
            op = is_sum ? EXPR_ADD : 0;
            break;
        case TOKEN_MINUS:
            op = is_sum ? EXPR_SUB : 0;
            break;
        case TOKEN_STAR:
            op = is_sum ? 0 : EXPR_MUL;
            break;
        case TOKEN_SLASH:
            op = is_sum ? 0 : EXPR_DIV;
            break;
        default:
            break;
        }
        if (op == 0) {
            return left;
        }
        advance(parser);
        struct ast_node *right = is_sum ? parse_chain(parser, false) : parse_unary(parser);
        if (right == NULL || !want_type(parser, left, TYPE_NUMBER, "arithmetic") ||
            !want_type(parser, right, TYPE_NUMBER, "arithmetic")) {
            return NULL;
        }
        left = make_pair(parser, AST_SUM, TYPE_NUMBER, left, right);
        if (left != NULL) {
            left->op = op;
        }
    }
    return parser->has_failed ? NULL : left;
}

static struct ast_node *make_comparison(struct expr_parser *parser, uint32_t op,
                                        struct ast_node *left, struct ast_node *right)
{
    if (left->type != right->type) {
        return fail(parser, left->offset, "L008", "%s is compared with %s", type_words(left->type),
                    type_words(right->type));
    }
    bool is_equality = op == EXPR_EQ || op == EXPR_NE;
    if (left->type != TYPE_NUMBER && !is_equality) {
        return fail(parser, left->offset, "L008",
                    "%s can only be compared with == and !=", type_words(left->type));
    }
    struct ast_node *node = NULL;
    if (left->type == TYPE_NUMBER) {
        node = make_pair(parser, AST_COMPARE, TYPE_TRUTH, left, right);
    } else {
        if (left->kind != AST_FIELD) {
            struct ast_node *swap = left;
            left = right;
            right = swap;
        }
        bool is_right_simple =
            right->kind == AST_FIELD || right->kind == AST_TEXT || right->kind == AST_TRUTH;
        if (left->kind != AST_FIELD || !is_right_simple) {
            return fail(parser, left->offset, "L008",
                        "a comparison of %s needs a field on one side and a field or a constant "
                        "on the other",
                        left->type == TYPE_TEXT ? "texts" : "truths");
        }
        node = make_pair(parser, left->type == TYPE_TEXT ? AST_MATCH : AST_COMPARE, TYPE_TRUTH,
                         left, right);
    }
    if (node != NULL) {
        node->op = op;
    }
    return node;
}

#define IN_ITEMS_MAX 64u

/* Behind `in`. */
static struct ast_node *parse_in(struct expr_parser *parser, struct ast_node *left)
{
    advance(parser);
    if (!want_token(parser, TOKEN_LIST, "[ after in")) {
        return NULL;
    }
    if (left->type == TYPE_TRUTH || (left->type == TYPE_TEXT && left->kind != AST_FIELD)) {
        return fail(parser, left->offset, "L008", "in needs a number or a text field on its left");
    }
    struct ast_node *node = make_node(parser, AST_IN, TYPE_TRUTH, left->offset);
    struct ast_node *items[IN_ITEMS_MAX];
    uint32_t count = 0;
    while (node != NULL) {
        struct ast_node *item = parse_unary(parser);
        if (item == NULL) {
            return NULL;
        }
        if (item->kind != AST_NUMBER && item->kind != AST_TEXT) {
            return fail(parser, item->offset, "L008", "a list holds only constants");
        }
        if (!want_type(parser, item, left->type, "this list")) {
            return NULL;
        }
        if (count == IN_ITEMS_MAX) {
            return fail(parser, item->offset, "L018", "more than %u items in a list", IN_ITEMS_MAX);
        }
        items[count++] = item;
        if (parser->token.kind != TOKEN_COMMA) {
            break;
        }
        advance(parser);
    }
    if (node == NULL || !want_token(parser, TOKEN_LIST_END, "] or a comma")) {
        return NULL;
    }
    node->left = left;
    node->items =
        arena_grow(parser->loader->arena, items, count * sizeof items[0], count * sizeof items[0]);
    node->item_count = count;
    return node;
}

static struct ast_node *parse_comparison(struct expr_parser *parser)
{
    struct ast_node *left = parse_chain(parser, true);
    if (left == NULL) {
        return NULL;
    }
    if (token_is_name(&parser->token, "in")) {
        return parse_in(parser, left);
    }
    uint32_t op = 0;
    switch ((int)parser->token.kind) {
    case TOKEN_EQ:
        op = EXPR_EQ;
        break;
    case TOKEN_NE:
        op = EXPR_NE;
        break;
    case TOKEN_LT:
        op = EXPR_LT;
        break;
    case TOKEN_LE:
        op = EXPR_LE;
        break;
    case TOKEN_GT:
        op = EXPR_GT;
        break;
    case TOKEN_GE:
        op = EXPR_GE;
        break;
    default:
        return left;
    }
    advance(parser);
    struct ast_node *right = parse_chain(parser, true);
    return right == NULL ? NULL : make_comparison(parser, op, left, right);
}

static struct ast_node *parse_not(struct expr_parser *parser)
{
    if (parser->has_failed || !token_is_name(&parser->token, "not")) {
        return parse_comparison(parser);
    }
    uint32_t offset = parser->token.offset;
    if (!enter(parser)) {
        return NULL;
    }
    advance(parser);
    struct ast_node *inner = parse_not(parser);
    parser->depth--;
    if (inner == NULL || !want_type(parser, inner, TYPE_TRUTH, "not")) {
        return NULL;
    }
    struct ast_node *node = make_node(parser, AST_NOT, TYPE_TRUTH, offset);
    if (node != NULL) {
        node->left = inner;
    }
    return node;
}

static struct ast_node *parse_logic(struct expr_parser *parser, bool is_or)
{
    const char *word = is_or ? "or" : "and";
    struct ast_node *left = is_or ? parse_logic(parser, false) : parse_not(parser);
    while (left != NULL && !parser->has_failed && token_is_name(&parser->token, word)) {
        advance(parser);
        struct ast_node *right = is_or ? parse_logic(parser, false) : parse_not(parser);
        if (right == NULL || !want_type(parser, left, TYPE_TRUTH, word) ||
            !want_type(parser, right, TYPE_TRUTH, word)) {
            return NULL;
        }
        left = make_pair(parser, is_or ? AST_OR : AST_AND, TYPE_TRUTH, left, right);
    }
    return parser->has_failed ? NULL : left;
}

static struct ast_node *parse_or(struct expr_parser *parser)
{
    if (!enter(parser)) {
        return NULL;
    }
    struct ast_node *node = parse_logic(parser, true);
    parser->depth--;
    return node;
}

struct ast_node *expr_parse(const struct loader *loader, const struct tree_node *node,
                            const char *what, const struct expr_scope *scope)
{
    const char *text = NULL;
    if (!read_text(loader, node, what, &text)) {
        return NULL;
    }
    struct expr_parser parser = {.loader = loader, .node = node, .what = what, .scope = scope};
    if (strlen(text) > EXPRESSION_SIZE_MAX) {
        return fail(&parser, 0, "L018", "longer than %u bytes; split the rule",
                    EXPRESSION_SIZE_MAX);
    }
    advance(&parser);
    struct ast_node *root = parse_or(&parser);
    if (root == NULL) {
        return NULL;
    }
    if (parser.token.kind != TOKEN_END) {
        return fail(&parser, parser.token.offset, "L007",
                    "expected the end or an operator, found "
                    "%.*s",
                    (int)parser.token.size, parser.token.start);
    }
    if (!want_type(&parser, root, TYPE_TRUTH, "a condition")) {
        return NULL;
    }
    if (!expr_fits(root)) {
        return fail(&parser, 0, "L018", "too long or too deeply nested; split the rule");
    }
    return root;
}

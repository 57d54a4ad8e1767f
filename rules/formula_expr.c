/* formula_expr.c: see formula_expr.h. A recursive descent into postfix words; depth is bounded by FORMULA_DEPTH_MAX. */
#include "rules/formula_expr.h"

#include "engine/core/base.h"
#include "rules/expr_lex.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64u

enum formula_op {
    OP_NUMBER,
    OP_TEXT,
    OP_READ,
    OP_PREVIOUS,
    OP_HAS,
    OP_NEGATE,
    OP_NOT,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_AND,
    OP_OR,
    OP_STARTS,
    OP_IN, /* row: how many texts lie above the one looked for */
};

struct formula_word {
    enum formula_op op;
    uint32_t row;
    double number;
    const char *text;
};

struct parser {
    struct arena *arena;
    struct problems *problems;
    const struct tree_node *node;
    const struct formula_scope *scope;
    uint32_t offset;
    struct token token;
    struct formula_word words[FORMULA_WORDS_MAX];
    uint32_t count;
    uint32_t depth;
    bool is_wrong; /* a problem was listed; nothing more is */
};

#define COMPLAIN(parser, code, ...)                                                                \
    do {                                                                                           \
        if (!(parser)->is_wrong) {                                                                 \
            problems_add((parser)->problems, PROBLEM_ERROR, (code), (parser)->node->file,          \
                         (parser)->node->line, (parser)->node->column, __VA_ARGS__);               \
        }                                                                                          \
        (parser)->is_wrong = true;                                                                 \
    } while (0)

static enum formula_type parse_or(struct parser *parser);

static void advance(struct parser *parser)
{
    parser->token = lex_next(parser->node->text, &parser->offset);
    if (parser->token.kind == TOKEN_BAD) {
        COMPLAIN(parser, "K003", "\"%s\", character %u: %s", parser->node->text,
                 parser->token.offset + 1, parser->token.hint);
        parser->token.kind = TOKEN_END;
    }
}

static void put(struct parser *parser, struct formula_word word)
{
    if (parser->count == FORMULA_WORDS_MAX) {
        COMPLAIN(parser, "K006", "longer than %u steps", FORMULA_WORDS_MAX);
        return;
    }
    parser->words[parser->count++] = word;
}

static void put_op(struct parser *parser, enum formula_op op)
{
    put(parser, (struct formula_word){.op = op});
}

static void expect(struct parser *parser, enum token_kind kind, const char *sign)
{
    if (parser->token.kind != kind) {
        COMPLAIN(parser, "K003", "\"%s\", character %u: %s is missing", parser->node->text,
                 parser->token.offset + 1, sign);
        return;
    }
    advance(parser);
}

static const char *type_word(enum formula_type type)
{
    return type == FORMULA_NUMBER ? "a number" : type == FORMULA_TEXT ? "a text" : "yes or no";
}

static void want(struct parser *parser, enum formula_type is, enum formula_type wanted,
                 const char *where)
{
    if (is != wanted) {
        COMPLAIN(parser, "K004", "\"%s\": %s takes %s, not %s%s", parser->node->text, where,
                 type_word(wanted), type_word(is),
                 wanted == FORMULA_TRUTH && is == FORMULA_NUMBER ? "; compare it, for example > 0"
                                                                 : "");
    }
}

/* The name at hand as a symbol; a problem where there is none of that name. */
static bool take_symbol(struct parser *parser, struct formula_symbol *out_symbol)
{
    char name[NAME_SIZE];
    const struct token *token = &parser->token;
    if (token->kind != TOKEN_NAME || token->size >= sizeof name) {
        COMPLAIN(parser, "K003", "\"%s\", character %u: a %s is expected here", parser->node->text,
                 token->offset + 1, parser->scope->what);
        return false;
    }
    memcpy(name, token->start, token->size);
    name[token->size] = '\0';
    if (!parser->scope->find(parser->scope->context, name, out_symbol)) {
        const char *nearest = parser->scope->nearest(parser->scope->context, name);
        COMPLAIN(parser, "K002", "there is no %s \"%s\"%s%s", parser->scope->what, name,
                 nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
        return false;
    }
    advance(parser);
    return true;
}

static const char *take_text(struct parser *parser)
{
    if (parser->token.kind != TOKEN_TEXT) {
        COMPLAIN(parser, "K003", "\"%s\", character %u: a text in quotes is expected here",
                 parser->node->text, parser->token.offset + 1);
        return "";
    }
    const char *text = arena_text(parser->arena, parser->token.start, parser->token.size);
    advance(parser);
    return text;
}

/* has(name), previous(name), startsWith(name, "text"). */
static enum formula_type parse_call(struct parser *parser, enum formula_op op)
{
    struct formula_symbol symbol = {.type = FORMULA_NUMBER};
    advance(parser);
    expect(parser, TOKEN_OPEN, "(");
    if (parser->is_wrong || !take_symbol(parser, &symbol)) {
        return FORMULA_TRUTH;
    }
    if (symbol.is_constant) {
        COMPLAIN(parser, "K004", "\"%s\": a parameter is always there and never changes",
                 parser->node->text);
    }
    if (op == OP_STARTS) {
        want(parser, symbol.type, FORMULA_TEXT, "startsWith");
        put(parser, (struct formula_word){.op = OP_READ, .row = symbol.row});
        expect(parser, TOKEN_COMMA, ",");
        put(parser, (struct formula_word){.op = OP_TEXT, .text = take_text(parser)});
        put_op(parser, OP_STARTS);
    } else {
        put(parser, (struct formula_word){.op = op, .row = symbol.row});
    }
    expect(parser, TOKEN_CLOSE, ")");
    return op == OP_PREVIOUS ? symbol.type : FORMULA_TRUTH;
}

static enum formula_type parse_name(struct parser *parser)
{
    struct formula_symbol symbol;
    if (token_is_name(&parser->token, "has")) {
        return parse_call(parser, OP_HAS);
    }
    if (token_is_name(&parser->token, "startsWith")) {
        return parse_call(parser, OP_STARTS);
    }
    if (parser->scope->has_previous && token_is_name(&parser->token, "previous")) {
        return parse_call(parser, OP_PREVIOUS);
    }
    if (!take_symbol(parser, &symbol)) {
        return FORMULA_NUMBER;
    }
    put(parser, symbol.is_constant
                    ? (struct formula_word){.op = OP_NUMBER, .number = symbol.constant}
                    : (struct formula_word){.op = OP_READ, .row = symbol.row});
    return symbol.type;
}

static enum formula_type parse_primary(struct parser *parser)
{
    enum formula_type type = FORMULA_NUMBER;
    if (parser->token.kind == TOKEN_NUMBER) {
        put(parser,
            (struct formula_word){.op = OP_NUMBER, .number = strtod(parser->token.start, NULL)});
        advance(parser);
    } else if (parser->token.kind == TOKEN_TEXT) {
        put(parser, (struct formula_word){.op = OP_TEXT, .text = take_text(parser)});
        type = FORMULA_TEXT;
    } else if (parser->token.kind == TOKEN_OPEN) {
        advance(parser);
        type = parse_or(parser);
        expect(parser, TOKEN_CLOSE, ")");
    } else {
        type = parse_name(parser);
    }
    return type;
}

static enum formula_type parse_unary(struct parser *parser)
{
    if (parser->token.kind != TOKEN_MINUS) {
        return parse_primary(parser);
    }
    if (++parser->depth > FORMULA_DEPTH_MAX) {
        COMPLAIN(parser, "K006", "deeper than %u", FORMULA_DEPTH_MAX);
        return FORMULA_NUMBER;
    }
    advance(parser);
    want(parser, parse_unary(parser), FORMULA_NUMBER, "-");
    put_op(parser, OP_NEGATE);
    parser->depth--;
    return FORMULA_NUMBER;
}

static enum formula_type parse_product(struct parser *parser)
{
    enum formula_type type = parse_unary(parser);
    while (!parser->is_wrong &&
           (parser->token.kind == TOKEN_STAR || parser->token.kind == TOKEN_SLASH)) {
        bool is_division = parser->token.kind == TOKEN_SLASH;
        want(parser, type, FORMULA_NUMBER, is_division ? "/" : "*");
        advance(parser);
        uint32_t first = parser->count;
        want(parser, parse_unary(parser), FORMULA_NUMBER, is_division ? "/" : "*");
        const struct formula_word *divisor = &parser->words[first];
        if (is_division && parser->count == first + 1 && divisor->op == OP_NUMBER &&
            !(divisor->number > 0)) {
            COMPLAIN(parser, "K007", "\"%s\" always divides by zero", parser->node->text);
        }
        put_op(parser, is_division ? OP_DIVIDE : OP_MULTIPLY);
    }
    return type;
}

static enum formula_type parse_sum(struct parser *parser)
{
    enum formula_type type = parse_product(parser);
    while (!parser->is_wrong &&
           (parser->token.kind == TOKEN_PLUS || parser->token.kind == TOKEN_MINUS)) {
        bool is_plus = parser->token.kind == TOKEN_PLUS;
        want(parser, type, FORMULA_NUMBER, is_plus ? "+" : "-");
        advance(parser);
        want(parser, parse_product(parser), FORMULA_NUMBER, is_plus ? "+" : "-");
        put_op(parser, is_plus ? OP_ADD : OP_SUBTRACT);
    }
    return type;
}

static void parse_list(struct parser *parser, enum formula_type type)
{
    uint32_t count = 0;
    want(parser, type, FORMULA_TEXT, "in");
    advance(parser);
    expect(parser, TOKEN_LIST, "[");
    do {
        if (count > 0) {
            advance(parser);
        }
        put(parser, (struct formula_word){.op = OP_TEXT, .text = take_text(parser)});
        count++;
    } while (!parser->is_wrong && parser->token.kind == TOKEN_COMMA);
    expect(parser, TOKEN_LIST_END, "]");
    put(parser, (struct formula_word){.op = OP_IN, .row = count});
    if (count + 4 > FORMULA_DEPTH_MAX) {
        COMPLAIN(parser, "K006", "a list holds at most %u texts", FORMULA_DEPTH_MAX - 4);
    }
}

static enum formula_type parse_compare(struct parser *parser)
{
    static const struct {
        enum token_kind token;
        enum formula_op op;
    } SIGNS[] = {{TOKEN_EQ, OP_EQ}, {TOKEN_NE, OP_NE}, {TOKEN_LT, OP_LT},
                 {TOKEN_LE, OP_LE}, {TOKEN_GT, OP_GT}, {TOKEN_GE, OP_GE}};
    enum formula_type type = parse_sum(parser);
    if (token_is_name(&parser->token, "in")) {
        parse_list(parser, type);
        return FORMULA_TRUTH;
    }
    for (size_t i = 0; i < COUNT_OF(SIGNS); i++) {
        if (parser->token.kind != SIGNS[i].token) {
            continue;
        }
        advance(parser);
        enum formula_type right = parse_sum(parser);
        bool has_order = SIGNS[i].op != OP_EQ && SIGNS[i].op != OP_NE;
        want(parser, right, has_order ? FORMULA_NUMBER : type, "a comparison");
        want(parser, type, has_order ? FORMULA_NUMBER : right, "a comparison");
        put_op(parser, SIGNS[i].op);
        return FORMULA_TRUTH;
    }
    return type;
}

static enum formula_type parse_not(struct parser *parser)
{
    if (!token_is_name(&parser->token, "not")) {
        return parse_compare(parser);
    }
    if (++parser->depth > FORMULA_DEPTH_MAX) {
        COMPLAIN(parser, "K006", "deeper than %u", FORMULA_DEPTH_MAX);
        return FORMULA_TRUTH;
    }
    advance(parser);
    want(parser, parse_not(parser), FORMULA_TRUTH, "not");
    put_op(parser, OP_NOT);
    parser->depth--;
    return FORMULA_TRUTH;
}

static enum formula_type parse_and(struct parser *parser)
{
    enum formula_type type = parse_not(parser);
    while (!parser->is_wrong && token_is_name(&parser->token, "and")) {
        want(parser, type, FORMULA_TRUTH, "and");
        advance(parser);
        want(parser, parse_not(parser), FORMULA_TRUTH, "and");
        put_op(parser, OP_AND);
    }
    return type;
}

static enum formula_type parse_or(struct parser *parser)
{
    if (++parser->depth > FORMULA_DEPTH_MAX) {
        COMPLAIN(parser, "K006", "deeper than %u", FORMULA_DEPTH_MAX);
        return FORMULA_TRUTH;
    }
    enum formula_type type = parse_and(parser);
    while (!parser->is_wrong && token_is_name(&parser->token, "or")) {
        want(parser, type, FORMULA_TRUTH, "or");
        advance(parser);
        want(parser, parse_and(parser), FORMULA_TRUTH, "or");
        put_op(parser, OP_OR);
    }
    parser->depth--;
    return type;
}

/* Most values that lie on the stack at once. */
static uint32_t stack_need(const struct parser *parser)
{
    uint32_t depth = 0, most = 0;
    for (uint32_t i = 0; i < parser->count; i++) {
        enum formula_op op = parser->words[i].op;
        if (op <= OP_HAS) {
            depth++;
        } else if (op == OP_IN) {
            depth -= parser->words[i].row;
        } else if (op != OP_NEGATE && op != OP_NOT) {
            depth--;
        }
        most = depth > most ? depth : most;
    }
    return most;
}

bool formula_parse(struct arena *arena, struct problems *problems, const struct tree_node *node,
                   const struct formula_scope *scope, enum formula_type wanted,
                   struct formula *out_formula)
{
    struct parser parser = {.arena = arena, .problems = problems, .node = node, .scope = scope};
    if (node->kind != TREE_TEXT) {
        COMPLAIN(&parser, "K003", "an expression is expected here");
        return false;
    }
    advance(&parser);
    enum formula_type type = parse_or(&parser);
    if (!parser.is_wrong && parser.token.kind != TOKEN_END) {
        COMPLAIN(&parser, "K003", "\"%s\", character %u: nothing more is expected here", node->text,
                 parser.token.offset + 1);
    }
    want(&parser, type, wanted, "this place");
    if (!parser.is_wrong && stack_need(&parser) > FORMULA_DEPTH_MAX) {
        COMPLAIN(&parser, "K006", "deeper than %u", FORMULA_DEPTH_MAX);
    }
    if (parser.is_wrong) {
        return false;
    }
    size_t size = parser.count * sizeof parser.words[0];
    out_formula->words = arena_grow(arena, parser.words, size, size);
    out_formula->count = parser.count;
    return true;
}

/* ---- evaluating ---- */

static const struct formula_value ABSENT = {.is_absent = true};

static struct formula_value truth(bool is_true)
{
    return (struct formula_value){.number = is_true ? 1 : 0};
}

static struct formula_value compute(enum formula_op op, double left, double right)
{
    switch ((int)op) {
    case OP_ADD:
        return (struct formula_value){.number = left + right};
    case OP_SUBTRACT:
        return (struct formula_value){.number = left - right};
    case OP_MULTIPLY:
        return (struct formula_value){.number = left * right};
    default:
        /* Neither above nor below zero: also what is no number at all. */
        return right > 0 || right < 0 ? (struct formula_value){.number = left / right} : ABSENT;
    }
}

static bool compare(enum formula_op op, const struct formula_value *left,
                    const struct formula_value *right)
{
    if (left->is_absent || right->is_absent) {
        return false;
    }
    int order = left->text != NULL
                    ? strcmp(left->text, right->text)
                    : (left->number > right->number) - (left->number < right->number);
    switch ((int)op) {
    case OP_EQ:
        return order == 0;
    case OP_NE:
        return order != 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static struct formula_value combine(enum formula_op op, const struct formula_value *left,
                                    const struct formula_value *right)
{
    if (op == OP_AND) {
        return truth(left->number > 0 && right->number > 0);
    }
    if (op == OP_OR) {
        return truth(left->number > 0 || right->number > 0);
    }
    if (op == OP_STARTS) {
        return truth(!left->is_absent &&
                     strncmp(left->text, right->text, strlen(right->text)) == 0);
    }
    if (op >= OP_EQ && op <= OP_GE) {
        return truth(compare(op, left, right));
    }
    return left->is_absent || right->is_absent ? ABSENT : compute(op, left->number, right->number);
}

static bool is_among(const struct formula_value *stack, uint32_t count)
{
    bool is_found = false;
    for (uint32_t i = 1; i <= count && !stack[0].is_absent; i++) {
        is_found = is_found || strcmp(stack[0].text, stack[i].text) == 0;
    }
    return is_found;
}

/* One word on the stack of *depth values. */
static void step(const struct formula_word *word, const struct formula_reader *reader,
                 struct formula_value *stack, uint32_t *depth)
{
    struct formula_value *top = *depth > 0 ? &stack[*depth - 1] : NULL;
    switch ((int)word->op) {
    case OP_NUMBER:
        stack[(*depth)++] = (struct formula_value){.number = word->number};
        return;
    case OP_TEXT:
        stack[(*depth)++] = (struct formula_value){.text = word->text};
        return;
    case OP_READ:
    case OP_PREVIOUS:
        stack[(*depth)++] = reader->read(reader->context, word->row, word->op == OP_PREVIOUS);
        return;
    case OP_HAS:
        stack[(*depth)++] = truth(!reader->read(reader->context, word->row, false).is_absent);
        return;
    case OP_NEGATE:
        top->number = -top->number;
        return;
    case OP_NOT:
        *top = truth(!(top->number > 0));
        return;
    case OP_IN:
        *depth -= word->row;
        stack[*depth - 1] = truth(is_among(&stack[*depth - 1], word->row));
        return;
    default:
        stack[*depth - 2] = combine(word->op, &stack[*depth - 2], top);
        --*depth;
        return;
    }
}

struct formula_value formula_evaluate(const struct formula *formula,
                                      const struct formula_reader *reader)
{
    struct formula_value stack[FORMULA_DEPTH_MAX];
    uint32_t depth = 0;
    for (uint32_t i = 0; i < formula->count; i++) {
        step(&formula->words[i], reader, stack, &depth);
    }
    must(depth == 1);
    return stack[0];
}

void formula_walk_rows(const struct formula *formula, void (*see)(void *context, uint32_t row),
                       void *context)
{
    for (uint32_t i = 0; i < formula->count; i++) {
        enum formula_op op = formula->words[i].op;
        if (op == OP_READ || op == OP_PREVIOUS || op == OP_HAS) {
            see(context, formula->words[i].row);
        }
    }
}

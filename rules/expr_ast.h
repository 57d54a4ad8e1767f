/* expr_ast.h: the expression language: parser, types, tree.
 *
 *   or      = and { "or" and }
 *   and     = not { "and" not }
 *   not     = "not" not | compare
 *   compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum | "in" "[" literal { "," literal } "]" ]
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/") unary }
 *   unary   = "-" unary | primary
 *   primary = number | "text" | true | false | field | params.name | severity | "(" or ")"
 *           | has(field) | startsWith(field, "text") | contains(field, "text") | field.startsWith("text") | field.contains("text")
 *
 * Numbers are millionths. A comparison in which a field is missing is false, so is a missing truth field; arithmetic with a
 * missing field is missing. Texts compare by bytes; only == and != are defined on them.
 *
 * Errors  L007 syntax, L008 types, L009 unknown field or parameter, L018 too long or too deep: one per expression */
#ifndef RULES_EXPR_AST_H
#define RULES_EXPR_AST_H

#include "engine/core/expr.h"
#include "rules/read.h"

#define AST_NODES_MAX 400u /* per expression, so that programs stay within EXPR_WORDS_MAX */
#define AST_DEPTH_MAX 24u  /* of parentheses, not and minus signs */

enum ast_kind {
    AST_NUMBER, /* number */
    AST_TEXT,   /* text */
    AST_TRUTH,  /* number 0 or 1 */
    AST_FIELD,  /* field */
    AST_SEVERITY,
    AST_HAS,      /* field */
    AST_NOT,      /* left */
    AST_AND,      /* left, right */
    AST_OR,       /* left, right */
    AST_COMPARE,  /* op EXPR_EQ..EXPR_GE over two numbers, or two truths of which one is a field */
    AST_MATCH,    /* op EXPR_EQ or EXPR_NE over texts: left is a field, right a field or a text */
    AST_IN,       /* left: number, or text field; items: literals */
    AST_STARTS,   /* left: field, right: text */
    AST_CONTAINS, /* left: field, right: text */
    AST_SUM,      /* op EXPR_ADD..EXPR_DIV: left, right */
    AST_NEGATE,   /* left */
};

enum ast_type { TYPE_NUMBER, TYPE_TEXT, TYPE_TRUTH };

struct ast_node {
    enum ast_kind kind;
    enum ast_type type;
    uint32_t op;     /* enum expr_op */
    uint32_t offset; /* in the expression, for messages */
    int64_t number;
    const char *text;
    struct rule_field *field;
    struct ast_node *left, *right;
    struct ast_node **items;
    uint32_t item_count;
};

/* What names an expression may use. */
struct expr_scope {
    const struct rule *rule; /* fields of its types, and its params */
    bool fields_are_given;   /* false: no event at hand when it is evaluated */
    bool severity_is_given;
};

/* Reads the expression in node. NULL when it was wrong; reported. what names it in messages. */
struct ast_node *expr_parse(const struct loader *loader, const struct tree_node *node,
                            const char *what, const struct expr_scope *scope);

/* The field of that name as seen by the rule's events: built in, declared by one of its types, or carried from a named step of its
 * sequence ("door.badge"), which from then on keeps it; NULL if unknown. */
struct rule_field *expr_find_field(struct ruleset *set, const struct rule *rule, const char *name);

/* Could the name be carried, were there room? Then it is one too many. */
bool expr_carries_too_much(const struct rule *rule, const char *name);

/* The nearest name among those fields, or NULL. Borrowed. */
const char *expr_nearest_field(const struct ruleset *set, const struct rule *rule,
                               const char *name);

#endif

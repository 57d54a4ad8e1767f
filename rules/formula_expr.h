/* formula_expr.h: the small expressions of index files: conditions over one case, formulas over counters.
 *
 *   or      = and { "or" and };  and = not { "and" not };  not = "not" not | compare
 *   compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum | "in" "[" "text" { "," "text" } "]" ]
 *   sum     = product { ("+" | "-") product };  product = unary { ("*" | "/") unary };  unary = "-" unary | primary
 *   primary = number | "text" | name | "(" or ")" | has(name) | startsWith(name, "text") | previous(name)
 *
 * Arithmetic with what is absent is absent, so is a division by zero; a comparison with what is absent is false.
 * Numbers are binary floating point: what comes out is shown to people, never stored or compared for equality.
 *
 * Owner   words lie in the arena of the file
 * Errors  one problem per expression, at the node it stands in: K003 syntax, K004 types, K002 unknown name, K006 too
 *         long or too deep, K007 a division by zero that is written down */
#ifndef RULES_FORMULA_EXPR_H
#define RULES_FORMULA_EXPR_H

#include "rules/arena.h"
#include "rules/tree.h"

#define FORMULA_WORDS_MAX 200u
#define FORMULA_DEPTH_MAX 24u /* of the stack, and of parentheses */

enum formula_type { FORMULA_NUMBER, FORMULA_TEXT, FORMULA_TRUTH };

struct formula_word; /* opaque: a postfix operation */

struct formula {
    const struct formula_word *words;
    uint32_t count; /* 0 = there is none */
};

/* A name of the expression: a constant, or a row that is read when it is evaluated. */
struct formula_symbol {
    enum formula_type type;
    bool is_constant;
    double constant;
    uint32_t row;
};

struct formula_scope {
    bool (*find)(const void *context, const char *name, struct formula_symbol *out_symbol);
    const char *(*nearest)(const void *context, const char *name); /* or NULL */
    const void *context;
    const char *what;  /* "fact", "counter or index": for messages */
    bool has_previous; /* previous(name) may be written */
};

struct formula_value {
    bool is_absent;
    double number;    /* of a truth: 0 or 1 */
    const char *text; /* of a text */
};

/* Reads the value of a row; is_previous: of the period before. */
struct formula_reader {
    struct formula_value (*read)(const void *context, uint32_t row, bool is_previous);
    const void *context;
};

/* False after a problem was listed. wanted: the type it must have. */
bool formula_parse(struct arena *arena, struct problems *problems, const struct tree_node *node,
                   const struct formula_scope *scope, enum formula_type wanted,
                   struct formula *out_formula);

struct formula_value formula_evaluate(const struct formula *formula,
                                      const struct formula_reader *reader);

/* Calls see for each row it reads, in order. */
void formula_walk_rows(const struct formula *formula, void (*see)(void *context, uint32_t row),
                       void *context);

#endif

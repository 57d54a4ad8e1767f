/* expr_lower.h: from the typed tree of an expression to the postfix words of engine/core/expr.h. */
#ifndef RULES_EXPR_LOWER_H
#define RULES_EXPR_LOWER_H

#include "engine/city/image_write.h"
#include "rules/expr_ast.h"

/* All programs and text constants of one policy. */
struct program_writer {
    struct arena *arena;
    struct image_writer *image;
    struct expr_word *words;
    uint32_t word_count, word_capacity;
    struct image_string *constants; /* without repeats */
    uint32_t constant_count, constant_capacity;
};

/* Does the program of this tree stay within EXPR_WORDS_MAX and EXPR_STACK_MAX? */
bool expr_fits(const struct ast_node *root);

/* Appends the program; root NULL gives an empty range. Fields have their rows. */
struct image_range expr_lower(struct program_writer *writer, const struct ast_node *root);

#endif

/* expr_lex.h: cuts an expression into tokens. */
#ifndef RULES_EXPR_LEX_H
#define RULES_EXPR_LEX_H

#include <stdbool.h>
#include <stdint.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* field, params.x, keyword: letters, digits, _ and dots */
    TOKEN_NUMBER, /* digits with an optional fraction */
    TOKEN_TEXT,   /* start and size are those between the quotes */
    TOKEN_OPEN,   /* ( */
    TOKEN_CLOSE,  /* ) */
    TOKEN_LIST,   /* [ */
    TOKEN_LIST_END,
    TOKEN_COMMA,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_BAD, /* hint says why */
};

struct token {
    enum token_kind kind;
    uint32_t offset; /* of its first character in the expression */
    const char *start;
    uint32_t size;
    const char *hint; /* TOKEN_BAD */
};

/* The token that starts at or after *offset; moves *offset behind it. text is terminated. */
struct token lex_next(const char *text, uint32_t *offset);

/* Is it that name? */
bool token_is_name(const struct token *token, const char *name);

#endif

/* expr_lex.c: see expr_lex.h. */
#include "rules/expr_lex.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct token make_token(enum token_kind kind, const char *text, uint32_t offset,
                               uint32_t size)
{
    return (struct token){kind, offset, text + offset, size, NULL};
}

static struct token make_bad(const char *text, uint32_t offset, const char *hint)
{
    struct token token = make_token(TOKEN_BAD, text, offset, 1);
    token.hint = hint;
    return token;
}

/* One or two characters of an operator. */
static struct token lex_symbol(const char *text, uint32_t offset)
{
    static const struct {
        const char *symbol;
        enum token_kind kind;
        const char *hint;
    } SYMBOLS[] = {
        {"==", TOKEN_EQ, NULL},         {"!=", TOKEN_NE, NULL},
        {"<=", TOKEN_LE, NULL},         {">=", TOKEN_GE, NULL},
        {"&&", TOKEN_BAD, "write and"}, {"||", TOKEN_BAD, "write or"},
        {"<", TOKEN_LT, NULL},          {">", TOKEN_GT, NULL},
        {"(", TOKEN_OPEN, NULL},        {")", TOKEN_CLOSE, NULL},
        {"[", TOKEN_LIST, NULL},        {"]", TOKEN_LIST_END, NULL},
        {",", TOKEN_COMMA, NULL},       {"+", TOKEN_PLUS, NULL},
        {"-", TOKEN_MINUS, NULL},       {"*", TOKEN_STAR, NULL},
        {"/", TOKEN_SLASH, NULL},       {"=", TOKEN_BAD, "write == to compare"},
        {"!", TOKEN_BAD, "write not"},
    };
    for (size_t i = 0; i < sizeof SYMBOLS / sizeof SYMBOLS[0]; i++) {
        size_t size = strlen(SYMBOLS[i].symbol);
        if (strncmp(text + offset, SYMBOLS[i].symbol, size) == 0) {
            struct token token = make_token(SYMBOLS[i].kind, text, offset, (uint32_t)size);
            token.hint = SYMBOLS[i].hint;
            return token;
        }
    }
    return make_bad(text, offset, "this character has no meaning here");
}

static struct token lex_quoted(const char *text, uint32_t offset)
{
    char quote = text[offset];
    const char *end = strchr(text + offset + 1, quote);
    if (end == NULL) {
        return make_bad(text, offset, "the closing quote is missing");
    }
    struct token token = make_token(TOKEN_TEXT, text, offset, 0);
    token.start = text + offset + 1;
    token.size = (uint32_t)(end - token.start);
    return token;
}

static struct token lex_word(const char *text, uint32_t offset)
{
    uint32_t end = offset;
    while (is_letter(text[end]) || is_digit(text[end]) ||
           (text[end] == '.' && (is_letter(text[end + 1]) || is_digit(text[end + 1])))) {
        end++;
    }
    return make_token(TOKEN_NAME, text, offset, end - offset);
}

static struct token lex_number(const char *text, uint32_t offset)
{
    uint32_t end = offset;
    while (is_digit(text[end])) {
        end++;
    }
    if (text[end] == '.') {
        end++;
        while (is_digit(text[end])) {
            end++;
        }
    }
    if (is_letter(text[end])) {
        return make_bad(text, offset,
                        "a number may not run into a word; durations and exponents "
                        "have no place in an expression");
    }
    return make_token(TOKEN_NUMBER, text, offset, end - offset);
}

struct token lex_next(const char *text, uint32_t *offset)
{
    uint32_t at = *offset;
    while (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
        at++;
    }
    struct token token;
    if (text[at] == '\0') {
        token = make_token(TOKEN_END, text, at, 0);
        *offset = at;
        return token;
    }
    if (text[at] == '"' || text[at] == '\'') {
        token = lex_quoted(text, at);
        *offset = token.kind == TOKEN_BAD ? at + 1 : at + token.size + 2;
        return token;
    }
    if (is_letter(text[at])) {
        token = lex_word(text, at);
    } else if (is_digit(text[at])) {
        token = lex_number(text, at);
    } else {
        token = lex_symbol(text, at);
    }
    *offset = at + token.size;
    return token;
}

bool token_is_name(const struct token *token, const char *name)
{
    return token->kind == TOKEN_NAME && strlen(name) == token->size &&
           memcmp(token->start, name, token->size) == 0;
}

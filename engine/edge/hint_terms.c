/* hint_terms.c: see hint_terms.h. */
#include "engine/edge/hint_terms.h"

#include "engine/core/expr.h"

#define PARTS_MAX 8u   /* of a term being written */
#define PART_SIZE 112u /* longer: its fields are named instead */
#define FIELDS_TOLD_MAX 3u

/* How many values a word takes from the stack; each leaves one. */
static uint32_t taken_by(uint32_t op)
{
    if (op < EXPR_ADD) {
        return 0;
    }
    return op == EXPR_NEGATE || op == EXPR_NOT ? 1 : 2;
}

/* Where the value begins whose last word stands before `end`. */
static uint32_t start_of(const struct policy *policy, uint32_t end)
{
    uint32_t at = end;
    for (uint32_t wanted = 1; wanted > 0;) {
        wanted += taken_by(policy->program[--at].op);
        wanted--;
    }
    return at;
}

struct hint_terms hint_terms_find(const struct policy *policy, struct image_range program,
                                  const struct event *event)
{
    struct hint_terms found = {.failed = 0};
    struct image_range waiting[EXPR_STACK_MAX];
    uint32_t count = 0;
    if (program.count > 0) {
        waiting[count++] = program;
    }
    while (count >
           0) { /* the rightmost is looked at first, so the one kept is the first as written */
        const struct image_range term = waiting[--count];
        const uint32_t end = term.first + term.count;
        if (policy->program[end - 1].op == EXPR_AND && count + 2 <= EXPR_STACK_MAX) {
            const uint32_t right = start_of(policy, end - 1);
            waiting[count++] = (struct image_range){term.first, right - term.first};
            waiting[count++] = (struct image_range){right, end - 1 - right};
        } else if (!match_condition(policy, term, event, 0)) {
            found.first = term;
            found.failed++;
        }
    }
    return found;
}

/* ---- in words ---- */

static void put_name(struct text *text, const struct policy *policy, uint32_t field)
{
    const struct image_string name = policy->fields[field].name;
    text_put_bytes(text, policy_text(policy, name), name.size);
}

static void put_constant(struct text *text, const struct policy *policy, int64_t row)
{
    const struct image_string constant = policy->constants[row];
    text_put(text, "\"");
    text_put_bytes(text, policy_text(policy, constant), constant.size);
    text_put(text, "\"");
}

static const char *sign_of(uint32_t op)
{
    static const char *const SIGNS[] = {
        [EXPR_TEXT_EQ] = "==",  [EXPR_TEXT_NE] = "!=", [EXPR_FIELD_EQ] = "==",
        [EXPR_FIELD_NE] = "!=", [EXPR_ADD] = "+",      [EXPR_SUB] = "-",
        [EXPR_MUL] = "*",       [EXPR_DIV] = "/",      [EXPR_EQ] = "==",
        [EXPR_NE] = "!=",       [EXPR_LT] = "<",       [EXPR_LE] = "<=",
        [EXPR_GT] = ">",        [EXPR_GE] = ">=",      [EXPR_AND] = "and",
        [EXPR_OR] = "or"};
    must(op < COUNT_OF(SIGNS) && SIGNS[op] != NULL);
    return SIGNS[op];
}

static void put_load(struct text *text, const struct policy *policy, const struct expr_word *word)
{
    switch (word->op) {
    case EXPR_NUMBER:
        text_put_micro(text, word->value);
        return;
    case EXPR_TRUTH:
        text_put(text, word->value != 0 ? "true" : "false");
        return;
    case EXPR_SEVERITY:
        text_put(text, "severity");
        return;
    case EXPR_LOAD:
    case EXPR_LOAD_FLAG:
    case EXPR_FLAG:
        put_name(text, policy, word->arg);
        return;
    case EXPR_HAS:
    case EXPR_TEXT_STARTS:
    case EXPR_TEXT_CONTAINS:
        text_put(text, word->op == EXPR_HAS           ? "has("
                       : word->op == EXPR_TEXT_STARTS ? "startsWith("
                                                      : "contains(");
        put_name(text, policy, word->arg);
        if (word->op != EXPR_HAS) {
            text_put(text, ", ");
            put_constant(text, policy, word->value);
        }
        text_put(text, ")");
        return;
    default:
        put_name(text, policy, word->arg);
        text_format(text, " %s ", sign_of(word->op));
        if (word->op == EXPR_FIELD_EQ || word->op == EXPR_FIELD_NE) {
            put_name(text, policy, (uint32_t)word->value);
        } else {
            put_constant(text, policy, word->value);
        }
    }
}

/* Everything but a comparison at the top stands in brackets, so that no rank of signs needs to be known. */
static void put_joined(struct text *text, const struct expr_word *word, const char *left,
                       const char *right, bool is_top)
{
    const bool is_bare = is_top || (word->op >= EXPR_EQ && word->op <= EXPR_GE);
    text_format(text, "%s%s %s %s%s", is_bare ? "" : "(", left, sign_of(word->op), right,
                is_bare ? "" : ")");
}

/* As written, or something of the same meaning. False: it is too long. */
static bool put_term(struct text *out, const struct policy *policy, struct image_range term)
{
    char parts[PARTS_MAX][PART_SIZE], joined[PART_SIZE];
    uint32_t depth = 0;
    for (uint32_t i = 0; i < term.count; i++) {
        const struct expr_word *word = &policy->program[term.first + i];
        const uint32_t taken = taken_by(word->op);
        struct text text;
        if (depth + 1 - taken > PARTS_MAX) {
            return false;
        }
        text_init(&text, joined, sizeof joined);
        if (taken == 0) {
            put_load(&text, policy, word);
        } else if (taken == 1) {
            text_format(&text, word->op == EXPR_NOT ? "not (%s)" : "-%s", parts[depth - 1]);
        } else {
            put_joined(&text, word, parts[depth - 2], parts[depth - 1], i + 1 == term.count);
        }
        if (text.is_cut) {
            return false;
        }
        depth -= taken;
        memcpy(parts[depth++], joined, sizeof joined);
    }
    text_put(out, parts[0]);
    return true;
}

/* Rows of the fields that a term asks for, each once. */
static uint32_t fields_of(const struct policy *policy, struct image_range term,
                          uint32_t out_rows[FIELDS_TOLD_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < term.count && count < FIELDS_TOLD_MAX; i++) {
        const struct expr_word *word = &policy->program[term.first + i];
        const bool is_field =
            word->op >= EXPR_LOAD && word->op <= EXPR_FIELD_NE && word->op != EXPR_SEVERITY;
        bool is_known = !is_field;
        for (uint32_t k = 0; k < count; k++) {
            is_known = is_known || out_rows[k] == word->arg;
        }
        if (!is_known) {
            out_rows[count++] = word->arg;
        }
    }
    return count;
}

static void put_value(struct text *text, const struct policy *policy, uint32_t row,
                      const struct event *event)
{
    const struct event_field *field = event_find_field(event, row);
    put_name(text, policy, row);
    if (field == NULL) {
        text_put(text, " is missing");
    } else if (field->kind == FIELD_STRING) {
        text_put(text, " is \"");
        text_put_bytes(text, event->text + field->text_offset, field->size);
        text_put(text, "\"");
    } else if (field->kind == FIELD_BOOL) {
        text_put(text, field->a != 0 ? " is true" : " is false");
    } else {
        text_put(text, " is ");
        text_put_micro(text, (int64_t)field->a);
    }
}

void hint_terms_put(struct text *text, const struct policy *policy, struct image_range term,
                    const struct event *event)
{
    uint32_t rows[FIELDS_TOLD_MAX];
    const uint32_t count = fields_of(policy, term, rows);
    if (!put_term(text, policy, term)) {
        text_put(text, "its condition on ");
        for (uint32_t i = 0; i < count; i++) {
            text_put(text, i > 0 ? ", " : "");
            put_name(text, policy, rows[i]);
        }
    }
    text_put(text, " does not hold");
    for (uint32_t i = 0; i < count; i++) {
        text_put(text, i > 0 ? ", " : ": ");
        put_value(text, policy, rows[i], event);
    }
}

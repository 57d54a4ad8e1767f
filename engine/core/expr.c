/* expr.c: checks and runs postfix programs on a bounded stack, without recursion.
 *
 * Truths held while running (checked by expr_check before, must()ed here):
 *   (1) depth stays in 0..EXPR_STACK_MAX and is 1 at the end.
 *   (2) A truth is 0 or 1 and never missing.
 *   (3) No word takes a number for a truth or a truth for a number. */
#include "engine/core/expr.h"

/* One running program. */
struct expr_stack {
    int64_t values[EXPR_STACK_MAX];
    bool is_missing[EXPR_STACK_MAX];
    uint32_t depth;
};

static void stack_push(struct expr_stack *stack, int64_t value, bool is_missing)
{
    must(stack->depth < EXPR_STACK_MAX);
    stack->values[stack->depth] = value;
    stack->is_missing[stack->depth] = is_missing;
    stack->depth++;
}

static const struct event_field *find_field(const struct event *event, uint32_t field,
                                            enum field_kind kind)
{
    if (event == NULL) {
        return NULL;
    }
    const struct event_field *found = event_find_field(event, field);
    /* A field sent in another kind than the schema says is as good as absent. */
    return found != NULL && found->kind == (uint8_t)kind ? found : NULL;
}

static bool text_contains(const char *text, uint32_t size, const char *part, uint32_t part_size)
{
    if (part_size > size) {
        return false;
    }
    for (uint32_t i = 0; i <= size - part_size; i++) {
        if (memcmp(text + i, part, part_size) == 0) {
            return true;
        }
    }
    return false;
}

/* A STRING field against a constant. Absent: false, whatever the word asks. */
static bool text_word_is_true(const struct policy *policy, const struct expr_word *word,
                              const struct event *event)
{
    const struct event_field *field = find_field(event, word->arg, FIELD_STRING);
    if (field == NULL) {
        return false;
    }
    const char *text = event->text + field->text_offset;
    struct image_string constant = policy->constants[word->value];
    const char *wanted = policy_text(policy, constant);
    bool is_same = field->size == constant.size && memcmp(text, wanted, constant.size) == 0;
    if (word->op == EXPR_TEXT_EQ) {
        return is_same;
    }
    if (word->op == EXPR_TEXT_NE) {
        return !is_same;
    }
    if (word->op == EXPR_TEXT_STARTS) {
        return field->size >= constant.size && memcmp(text, wanted, constant.size) == 0;
    }
    must(word->op == EXPR_TEXT_CONTAINS);
    return text_contains(text, field->size, wanted, constant.size);
}

static bool field_pair_is_true(const struct expr_word *word, const struct event *event)
{
    const struct event_field *a = find_field(event, word->arg, FIELD_STRING);
    const struct event_field *b = find_field(event, (uint32_t)word->value, FIELD_STRING);
    if (a == NULL || b == NULL) {
        return false;
    }
    bool is_same = a->size == b->size &&
                   memcmp(event->text + a->text_offset, event->text + b->text_offset, a->size) == 0;
    return (word->op == EXPR_FIELD_EQ) == is_same;
}

/* a / b in millionths, exact, clamped; b is not 0. mul_div wants a positive divisor, so one sign moves; which one
 * depends on what can be negated without loss. */
static int64_t divide(int64_t a, int64_t b)
{
    if (b > 0) {
        return mul_div(a, MICRO, b);
    }
    if (b == INT64_MIN) { /* 10^6 / 2^63 = 15625 / 2^57 */
        return sub_clamped(0, mul_div(a, MICRO / 64, INT64_C(1) << 57));
    }
    return a > 0 ? mul_div(-a, MICRO, -b) : sub_clamped(0, mul_div(a, MICRO, -b));
}

static void run_arithmetic(struct expr_stack *stack, uint32_t op)
{
    must(stack->depth >= 2);
    uint32_t top = --stack->depth;
    int64_t a = stack->values[top - 1];
    int64_t b = stack->values[top];
    bool is_missing = stack->is_missing[top - 1] || stack->is_missing[top];
    int64_t result = 0;
    if (op == EXPR_ADD) {
        result = add_clamped(a, b);
    } else if (op == EXPR_SUB) {
        result = sub_clamped(a, b);
    } else if (op == EXPR_MUL) {
        result = mul_div(a, b, MICRO);
    } else {
        must(op == EXPR_DIV);
        is_missing = is_missing || b == 0;
        result = is_missing ? 0 : divide(a, b);
    }
    stack->values[top - 1] = is_missing ? 0 : result;
    stack->is_missing[top - 1] = is_missing;
}

static bool compare(uint32_t op, int64_t a, int64_t b)
{
    switch (op) {
    case EXPR_EQ:
        return a == b;
    case EXPR_NE:
        return a != b;
    case EXPR_LT:
        return a < b;
    case EXPR_LE:
        return a <= b;
    case EXPR_GT:
        return a > b;
    default:
        must(op == EXPR_GE);
        return a >= b;
    }
}

static void run_comparison(struct expr_stack *stack, uint32_t op)
{
    must(stack->depth >= 2);
    uint32_t top = --stack->depth;
    bool is_missing = stack->is_missing[top - 1] || stack->is_missing[top];
    bool is_true = !is_missing && compare(op, stack->values[top - 1], stack->values[top]);
    stack->values[top - 1] = is_true;
    stack->is_missing[top - 1] = false;
}

static void run_logic(struct expr_stack *stack, uint32_t op)
{
    if (op == EXPR_NOT) {
        must(stack->depth >= 1);
        stack->values[stack->depth - 1] = !stack->values[stack->depth - 1];
        return;
    }
    must(stack->depth >= 2);
    uint32_t top = --stack->depth;
    bool a = stack->values[top - 1] != 0;
    bool b = stack->values[top] != 0;
    stack->values[top - 1] = op == EXPR_AND ? (a && b) : (a || b);
}

/* Words that push something about the event. */
static void run_load(const struct policy *policy, struct expr_stack *stack,
                     const struct expr_word *word, const struct event *event, uint32_t severity)
{
    const struct event_field *field = NULL;
    switch (word->op) {
    case EXPR_NUMBER:
    case EXPR_TRUTH:
        stack_push(stack, word->value, false);
        return;
    case EXPR_SEVERITY:
        stack_push(stack, (int64_t)severity * MICRO, severity == 0);
        return;
    case EXPR_HAS:
        stack_push(stack, event != NULL && event_find_field(event, word->arg) != NULL, false);
        return;
    case EXPR_LOAD:
        field = find_field(event, word->arg, FIELD_NUMBER);
        stack_push(stack, field == NULL ? 0 : (int64_t)field->a, field == NULL);
        return;
    case EXPR_LOAD_FLAG:
        field = find_field(event, word->arg, FIELD_BOOL);
        stack_push(stack, field != NULL && field->a != 0 ? MICRO : 0, field == NULL);
        return;
    case EXPR_FLAG:
        field = find_field(event, word->arg, FIELD_BOOL);
        stack_push(stack, field != NULL && field->a != 0, false);
        return;
    case EXPR_FIELD_EQ:
    case EXPR_FIELD_NE:
        stack_push(stack, field_pair_is_true(word, event), false);
        return;
    default:
        stack_push(stack, text_word_is_true(policy, word, event), false);
        return;
    }
}

bool expr_is_true(const struct policy *policy, struct image_range program,
                  const struct event *event, uint32_t severity)
{
    if (program.count == 0) {
        return true;
    }
    must(program.first <= policy->program_count);
    must(program.count <= policy->program_count - program.first);
    must(severity <= 4);
    struct expr_stack stack;
    stack.depth = 0;
    for (uint32_t i = 0; i < program.count; i++) {
        const struct expr_word *word = &policy->program[program.first + i];
        if (word->op < EXPR_ADD) {
            run_load(policy, &stack, word, event, severity);
        } else if (word->op < EXPR_NEGATE) {
            run_arithmetic(&stack, word->op);
        } else if (word->op == EXPR_NEGATE) {
            must(stack.depth >= 1);
            stack.values[stack.depth - 1] = sub_clamped(0, stack.values[stack.depth - 1]);
        } else if (word->op < EXPR_AND) {
            run_comparison(&stack, word->op);
        } else {
            run_logic(&stack, word->op);
        }
    }
    must(stack.depth == 1);
    return stack.values[0] != 0;
}

/* ---- checking ---- */

enum value_kind { VALUE_NUMBER = 1, VALUE_TRUTH = 2 };

/* The stack of kinds while a program is checked. */
struct kind_stack {
    uint8_t kinds[EXPR_STACK_MAX];
    uint32_t depth;
};

static bool field_is(const struct policy *policy, int64_t row, enum field_kind kind)
{
    return row >= 0 && row < (int64_t)policy->field_count &&
           policy->fields[row].kind == (uint32_t)kind;
}

static bool kinds_push(struct kind_stack *stack, enum value_kind kind)
{
    if (stack->depth == EXPR_STACK_MAX) {
        return false;
    }
    stack->kinds[stack->depth++] = (uint8_t)kind;
    return true;
}

/* Takes `count` values of one kind, leaves one of another. */
static bool kinds_apply(struct kind_stack *stack, uint32_t count, enum value_kind from,
                        enum value_kind to)
{
    if (stack->depth < count) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (stack->kinds[--stack->depth] != (uint8_t)from) {
            return false;
        }
    }
    return kinds_push(stack, to);
}

/* Words that push. */
static bool load_is_sound(const struct policy *policy, const struct expr_word *word,
                          bool severity_is_given, struct kind_stack *stack)
{
    switch (word->op) {
    case EXPR_NUMBER:
        return kinds_push(stack, VALUE_NUMBER);
    case EXPR_TRUTH:
        return (word->value == 0 || word->value == 1) && kinds_push(stack, VALUE_TRUTH);
    case EXPR_LOAD:
        return field_is(policy, word->arg, FIELD_NUMBER) && kinds_push(stack, VALUE_NUMBER);
    case EXPR_LOAD_FLAG:
        return field_is(policy, word->arg, FIELD_BOOL) && kinds_push(stack, VALUE_NUMBER);
    case EXPR_FLAG:
        return field_is(policy, word->arg, FIELD_BOOL) && kinds_push(stack, VALUE_TRUTH);
    case EXPR_SEVERITY:
        return severity_is_given && kinds_push(stack, VALUE_NUMBER);
    case EXPR_HAS:
        return word->arg < policy->field_count && kinds_push(stack, VALUE_TRUTH);
    case EXPR_TEXT_EQ:
    case EXPR_TEXT_NE:
    case EXPR_TEXT_STARTS:
    case EXPR_TEXT_CONTAINS:
        return field_is(policy, word->arg, FIELD_STRING) && word->value >= 0 &&
               word->value < (int64_t)policy->constant_count && kinds_push(stack, VALUE_TRUTH);
    case EXPR_FIELD_EQ:
    case EXPR_FIELD_NE:
        return field_is(policy, word->arg, FIELD_STRING) &&
               field_is(policy, word->value, FIELD_STRING) && kinds_push(stack, VALUE_TRUTH);
    default:
        return false;
    }
}

static bool word_is_sound(const struct policy *policy, const struct expr_word *word,
                          bool severity_is_given, struct kind_stack *stack)
{
    if (word->op < EXPR_ADD) {
        return load_is_sound(policy, word, severity_is_given, stack);
    }
    if (word->op < EXPR_NEGATE) {
        return kinds_apply(stack, 2, VALUE_NUMBER, VALUE_NUMBER);
    }
    if (word->op == EXPR_NEGATE) {
        return kinds_apply(stack, 1, VALUE_NUMBER, VALUE_NUMBER);
    }
    if (word->op < EXPR_AND) {
        return kinds_apply(stack, 2, VALUE_NUMBER, VALUE_TRUTH);
    }
    if (word->op < EXPR_NOT) {
        return kinds_apply(stack, 2, VALUE_TRUTH, VALUE_TRUTH);
    }
    return word->op == EXPR_NOT && kinds_apply(stack, 1, VALUE_TRUTH, VALUE_TRUTH);
}

enum err expr_check(const struct policy *policy, struct image_range program, bool severity_is_given)
{
    if (program.first > policy->program_count ||
        program.count > policy->program_count - program.first || program.count > EXPR_WORDS_MAX) {
        return ERR_MALFORMED;
    }
    if (program.count == 0) {
        return ERR_OK;
    }
    struct kind_stack stack;
    stack.depth = 0;
    for (uint32_t i = 0; i < program.count; i++) {
        if (!word_is_sound(policy, &policy->program[program.first + i], severity_is_given,
                           &stack)) {
            return ERR_MALFORMED;
        }
    }
    return stack.depth == 1 && stack.kinds[0] == (uint8_t)VALUE_TRUTH ? ERR_OK : ERR_MALFORMED;
}

/* expr.h: the words of a rule's expression, lowered to postfix code, and their evaluation on integers.
 *
 * Made by rules/expr_lower.c from a typed tree. A program is a run of words in POLICY_PROGRAM that leaves exactly
 * one truth value. Two kinds of values live on the stack: numbers (millionths, each of which may be missing) and
 * truths. A field the event lacks is a missing number; arithmetic hands the gap on and a comparison with a gap is
 * false. Texts never reach the stack: their words name the field and the constant.
 *
 * Shape   16 bytes a word; no jumps, so a program of n words costs n steps
 * Cost    O(words); texts are at most EVENT_STRING_MAX bytes
 * Errors  expr_check accepts a program once, when the policy is opened; expr_is_true then only must() */
#ifndef ENGINE_CORE_EXPR_H
#define ENGINE_CORE_EXPR_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

#define EXPR_WORDS_MAX 512u
#define EXPR_STACK_MAX 32u

/* arg is a row of POLICY_FIELDS unless the comment says otherwise. */
enum expr_op {
    EXPR_NUMBER = 1,    /* -- number: value */
    EXPR_TRUTH = 2,     /* -- truth: value, 0 or 1 */
    EXPR_LOAD = 3,      /* -- number: a NUMBER field */
    EXPR_LOAD_FLAG = 4, /* -- number 0 or 1: a BOOL field, missing where absent */
    EXPR_FLAG = 5,      /* -- truth: a BOOL field, false where absent */
    EXPR_SEVERITY = 6,  /* -- number: the case's severity; only where one is given */
    EXPR_HAS = 7,       /* -- truth: the event carries the field */
    EXPR_TEXT_EQ = 8,   /* -- truth: STRING field is constant `value` (row of POLICY_CONSTANTS) */
    EXPR_TEXT_NE = 9,   /* -- truth: present and another text */
    EXPR_TEXT_STARTS = 10,   /* -- truth */
    EXPR_TEXT_CONTAINS = 11, /* -- truth */
    EXPR_FIELD_EQ =
        12, /* -- truth: two STRING fields, the other one in `value`, are the same text */
    EXPR_FIELD_NE = 13, /* -- truth: both present and different */
    EXPR_ADD = 14,      /* number number -- number; sums clamp */
    EXPR_SUB = 15,
    EXPR_MUL = 16,
    EXPR_DIV = 17,    /* missing where the divisor is 0 */
    EXPR_NEGATE = 18, /* number -- number */
    EXPR_EQ = 19,     /* number number -- truth; false where one is missing */
    EXPR_NE = 20,
    EXPR_LT = 21,
    EXPR_LE = 22,
    EXPR_GT = 23,
    EXPR_GE = 24,
    EXPR_AND = 25, /* truth truth -- truth */
    EXPR_OR = 26,
    EXPR_NOT = 27, /* truth -- truth */
};

struct expr_word {
    uint32_t op;   /* enum expr_op */
    uint32_t arg;  /* field row, else 0 */
    int64_t value; /* constant, or a row: see the op */
};

_Static_assert(sizeof(struct expr_word) == 16, "image row without padding");

/* Does the program keep to its fields, constants and stack, and leave one truth? An empty range does.
 * ERR_MALFORMED. severity_is_given: EXPR_SEVERITY is allowed. The fields, constants and strings of policy have been checked. */
enum err expr_check(const struct policy *policy, struct image_range program,
                    bool severity_is_given) WARN_UNUSED;

/* True for an empty range. event NULL: every field is missing. severity in 1..4, or 0 where none is given. */
bool expr_is_true(const struct policy *policy, struct image_range program,
                  const struct event *event, uint32_t severity);

#endif

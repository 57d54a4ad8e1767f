/* expr.h: the words of a rule's expression, lowered to postfix code, and their evaluation on integers.
 *
 * The author of rules/ fills this file in: see there. */
#ifndef ENGINE_CORE_EXPR_H
#define ENGINE_CORE_EXPR_H
struct expr_word { uint32_t op; uint32_t arg; int64_t value; };
#endif

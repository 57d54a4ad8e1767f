/* panic.h: lets a test say that a statement must trip a must(). */
#ifndef TESTS_UNIT_PANIC_H
#define TESTS_UNIT_PANIC_H

#include <setjmp.h>

extern jmp_buf panic_jump;
extern int panic_is_expected;

#define expect_panic(statement)                                                                    \
    do {                                                                                           \
        panic_is_expected = 1;                                                                     \
        if (setjmp(panic_jump) == 0) {                                                             \
            statement;                                                                             \
            panic_is_expected = 0;                                                                 \
            fail_msg("expected a panic: %s", #statement);                                          \
        }                                                                                          \
    } while (0)

#endif

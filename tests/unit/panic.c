/* panic.c: what must() does inside unit tests: jumps back to a test that expects it, else aborts. */
#include "tests/unit/panic.h"

#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>

jmp_buf panic_jump;
int panic_is_expected;

_Noreturn void gridloop_panic(const char *file, int line, const char *what)
{
    if (panic_is_expected) {
        panic_is_expected = 0;
        longjmp(panic_jump, 1);
    }
    (void)fprintf(stderr, "%s:%d: must hold: %s\n", file, line, what);
    abort();
}

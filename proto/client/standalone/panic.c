/* panic.c: what must() does inside libgridloop, where no engine provides the hook. Not part of the engine's build. */
#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void gridloop_panic(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "libgridloop: %s:%d: must hold: %s\n", file, line, what);
    abort();
}

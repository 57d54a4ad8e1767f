/* demo_child.h: the demo's other processes: the engine, its gateways, its workers; each this very program, started anew.
 *
 * Output goes to a file of the demo's directory; the engine's first line is read through a pipe, as it says that the
 * engine is ready. */
#ifndef ENGINE_CLI_DEMO_CHILD_H
#define ENGINE_CLI_DEMO_CHILD_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stddef.h>
#include <sys/types.h>

struct demo_child {
    pid_t pid; /* 0 = not running */
};

/* Starts `gridloop words...` (NULL at the end) with standard output and error appended to log_path. */
enum err demo_child_start(struct demo_child *child, const char *log_path,
                          const char *const *words) WARN_UNUSED;

/* Starts and waits for the first line of standard output, at most wait_ms; ERR_UNAVAILABLE when none came. */
enum err demo_child_start_and_read(struct demo_child *child, const char *log_path,
                                   const char *const *words, int wait_ms, char *out_line,
                                   size_t line_size) WARN_UNUSED;

/* Sends the signal and waits until the child is gone; its exit code, or 128 + signal. 0 if it was not running. */
int demo_child_stop(struct demo_child *child, int signal_number);

/* Waits for the child to end by itself. */
int demo_child_wait(struct demo_child *child);

#endif

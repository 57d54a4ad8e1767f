/* report.h: what the engine says of itself, as logfmt on standard error: the only printer of the shell.
 *
 *   time=2026-03-03T00:20:01.123Z level=info event=listening url="ipc:///var/lib/..." clients=3
 *
 * Keys and events are stable words for machines; values are quoted where they need it. No contact data and no free
 * text of reports ever comes here.
 *
 * Also the home of gridloop_panic: a bug stops the process at once, with its place, exit code 70. */
#ifndef ENGINE_SHELL_REPORT_H
#define ENGINE_SHELL_REPORT_H

#include "engine/core/base.h"

enum report_level { REPORT_INFO, REPORT_WARN, REPORT_ERROR };

/* Format: "key=%s other=%d"; write string values with REPORT_TEXT around them when they may hold blanks. A line longer
 * than 2 KB is cut. Safe from any thread: one write(2) per line. */
__attribute__((format(printf, 3, 4))) void report(enum report_level level, const char *event,
                                                  const char *format, ...);

/* A value in quotes with `"`, `\` and control bytes escaped; cut to fit. */
struct report_text {
    char text[640];
};
struct report_text report_quote(const char *value);
#define REPORT_TEXT(value) (report_quote(value).text)

#endif

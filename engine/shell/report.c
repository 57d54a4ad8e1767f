/* report.c: logfmt lines, one write(2) each. */
#include "engine/shell/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 2048

static const char *const LEVEL_NAMES[] = {"info", "warn", "error"};

struct report_text report_quote(const char *value)
{
    struct report_text quoted;
    size_t used = 0;
    quoted.text[used++] = '"';
    for (const char *at = value; *at != '\0' && used + 8 < sizeof quoted.text; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            quoted.text[used++] = '\\';
            quoted.text[used++] = *at;
        } else if (byte < 0x20) {
            used += (size_t)snprintf(quoted.text + used, 7, "\\u%04x", byte);
        } else {
            quoted.text[used++] = *at;
        }
    }
    quoted.text[used++] = '"';
    quoted.text[used] = '\0';
    return quoted;
}

static size_t put_head(char *line, enum report_level level, const char *event)
{
    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    int length =
        snprintf(line, LINE_SIZE, "time=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ level=%s event=%s",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, (int)(now.tv_nsec / 1000000), LEVEL_NAMES[level], event);
    must(length > 0);
    return (size_t)length < LINE_SIZE ? (size_t)length : LINE_SIZE - 1;
}

void report(enum report_level level, const char *event, const char *format, ...)
{
    char line[LINE_SIZE + 1];
    size_t used = put_head(line, level, event);
    if (format[0] != '\0' && used + 2 < LINE_SIZE) {
        line[used++] = ' ';
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(line + used, LINE_SIZE - used, format, arguments);
        va_end(arguments);
        used += length < 0                          ? 0
                : (size_t)length < LINE_SIZE - used ? (size_t)length
                                                    : LINE_SIZE - used - 1;
    }
    line[used++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written; /* nobody is left to tell */
}

/* A unit test brings its own, which jumps back into the test. */
__attribute__((weak)) _Noreturn void gridloop_panic(const char *file, int line, const char *what)
{
    report(REPORT_ERROR, "panic", "place=%s:%d must_hold=%s", file, line, REPORT_TEXT(what));
    (void)fprintf(
        stderr,
        "gridloop: a bug stopped the engine at %s:%d: must hold: %s. Nothing acknowledged is "
        "lost; start it again and please report this line (exit %d)\n",
        file, line, what, EX_SOFTWARE);
    _exit(EX_SOFTWARE);
}

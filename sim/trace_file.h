/* trace_file.h: reads and writes traces: recorded or invented events, one JSON object a line, in time order.
 *
 * Format in docs/traces.md. Strict: an unknown key, a wrong type, a time that goes back is an error with its
 * line. "-" is standard input or output.
 *
 * Owner   open/close on the heap; a trace_event borrows from its reader until the next read
 * Errors  ERR_NOT_FOUND at the end of the trace, ERR_INPUT when a problem was added, ERR_IO */
#ifndef SIM_TRACE_FILE_H
#define SIM_TRACE_FILE_H

#include "engine/city/facts.h"
#include "engine/city/problems.h"

#include <jansson.h>

/* What every invented event says of its truth, without a JSON object per event. Texts NULL = unknown. */
struct trace_truth {
    const char *incident;
    const char *kind;
    const char *class_code;
    const char *flags[2]; /* NULL past the last */
};

struct trace_event {
    int64_t at_ms;          /* when it is sent; UTC */
    int64_t delay_ms;       /* it happened so long before it is sent; 0 or more */
    int32_t offset_minutes; /* written after the local time; readers keep what the line said */
    const char *source;     /* gateway */
    const char *id;
    const char *type;
    const char *device; /* or NULL */
    const char *caller; /* or NULL */
    const char *text;   /* or NULL */
    struct place place; /* or place_none() */
    bool is_drill;      /* whatever it opens is marked, and never meets the real */
    struct fact_field fields[EVENT_FIELDS_MAX];
    uint32_t field_count;
    json_t *
        truth; /* what really happened, opaque to the engine; or NULL. A writer takes no reference */
    /* The same in short. A reader fills it from the JSON; a writer writes it where truth is NULL. */
    struct trace_truth told;
};

/* The same event as the engine's edge wants it. Borrows from event. */
struct fact_event trace_event_as_fact(const struct trace_event *event);

/* Adds a field; must() on a 33rd. Strings are borrowed until the event is written. */
void trace_event_add_number(struct trace_event *event, const char *name, int64_t micro);
void trace_event_add_flag(struct trace_event *event, const char *name, bool flag);
void trace_event_add_text(struct trace_event *event, const char *name, const char *text);

struct trace_reader;
enum err trace_reader_open(const char *path, struct problems *problems,
                           struct trace_reader **out_reader) WARN_UNUSED;
enum err trace_reader_next(struct trace_reader *reader, struct trace_event *out_event) WARN_UNUSED;
/* Line of the event read last, from 1. */
int trace_reader_line(const struct trace_reader *reader);
void trace_reader_close(struct trace_reader *reader);

struct trace_writer;
enum err trace_writer_open(const char *path, struct trace_writer **out_writer) WARN_UNUSED;
/* Events in time order: an earlier one is a bug of the caller. Failures are kept for close. */
void trace_writer_add(struct trace_writer *writer, const struct trace_event *event);
enum err trace_writer_close(struct trace_writer *writer) WARN_UNUSED;

/* "2026-03-03T08:20:01.000+08:00", "...Z"; seconds' fraction and its digits are optional. */
bool trace_parse_instant(const char *text, int64_t *out_ms, int32_t *out_offset_minutes);
struct trace_instant {
    char text[40];
};
struct trace_instant trace_format_instant(int64_t at_ms, int32_t offset_minutes);

/* Days since 1970-01-01 of a civil date of the Gregorian calendar (Hinnant's algorithm), and back. */
int64_t trace_day_of(int64_t year, uint32_t month, uint32_t day);
void trace_date_of(int64_t day, int64_t *out_year, uint32_t *out_month, uint32_t *out_day);

#endif

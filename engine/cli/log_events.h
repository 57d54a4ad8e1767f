/* log_events.h: events as they stand in a log, as they would be sent again: for playing them under other rules.
 *
 * A command keeps what its sender said as far as the rules of the time knew it: type, time, device, the place in WGS-84, fields
 * that the rules declared, free text. The id is kept as a hash. What is not there: types and fields that no rule declared,
 * contacts of reporters, reports by persons (a trace has gateways), positions of people.
 *
 * Owner   a log_event borrows from its own buffers and from the core's images: valid until either changes */
#ifndef ENGINE_CLI_LOG_EVENTS_H
#define ENGINE_CLI_LOG_EVENTS_H

#include "engine/cli/cmd_log.h"
#include "sim/trace_file.h"

struct log_event {
    struct trace_event event;
    char source[96], id[48], type[96], device[96];
    char texts[EVENT_FIELDS_MAX * (EVENT_STRING_MAX + 1)];
    char names[EVENT_FIELDS_MAX * 96];
    char text[EVENT_TEXT_MAX + 1];
};

/* What a log has that a trace has not, and how much it has. */
struct log_events_counts {
    uint64_t events;
    uint64_t written;
    uint64_t by_persons;
    uint64_t unknown_types; /* no rule declared the type: its name is not in the log */
    uint64_t refused;       /* before they came to the core */
    uint64_t contacts;      /* events that bore one; it is left out */
    uint64_t acts;          /* of people: simulated people act instead */
    uint64_t redacted;      /* entries whose positions of people are gone */
    uint64_t first_position;
    int64_t first_ms, last_ms;
};

/* One event of a command, as core's images name it. False: it cannot be sent again, counted. */
bool log_event_read(const struct core *core, const struct log_entry *entry,
                    const struct command *command, const struct event *event,
                    struct log_event *out_event, struct log_events_counts *counts);

/* Writes all events of a data directory's log as a trace. The policy that ran last is kept: *out_policy is malloc'ed, its city's
 * digest beside it. An exit code, after saying why. */
struct log_last_rules {
    void *bytes;
    size_t size;
    struct hash128 city, rules;
};
int log_events_write(const char *command, const char *data, const char *path,
                     struct log_events_counts *counts, struct log_last_rules *out_rules);

#endif

/* send_event.h: one event from a line of JSON, or a well-formed example of a type.
 *
 * Two forms of a line: the trace form of docs/traces.md with everything but `type` optional, and CloudEvents 1.0 in
 * JSON (known by `specversion`), whose `data` holds device, lon, lat, text and fields.
 *
 * Owner   a send_event owns what it points at until send_event_fini */
#ifndef ENGINE_CLI_SEND_EVENT_H
#define ENGINE_CLI_SEND_EVENT_H

#include "engine/core/err.h"
#include "engine/core/policy.h"
#include "proto/client/gridloop.h"

#include <jansson.h>

#define SEND_FIELDS_MAX 32u

struct send_event {
    struct gridloop_event event;
    struct gridloop_field fields[SEND_FIELDS_MAX];
    struct gridloop_contact contact;
    const char *source; /* identity, or NULL */
    json_t *json;       /* what the strings borrow from */
    char id[64];
};

struct send_why {
    char text[200];
};

/* ERR_INPUT with a sentence. */
enum err send_event_parse(const char *line, size_t size, struct send_event *out_event,
                          struct send_why *out_why) WARN_UNUSED;

/* A made-up event of that type: fields with usual values; a fitting device, or a place inside the city, and a gateway that
 * may send it, where city and policy are known (else NULL). ERR_NOT_FOUND: the city's rules do not know the type; out_why
 * names the nearest. */
enum err send_event_example(const char *type, const struct city *city, const struct policy *policy,
                            struct send_event *out_event, struct send_why *out_why) WARN_UNUSED;

void send_event_fini(struct send_event *event);

#endif

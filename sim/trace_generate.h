/* trace_generate.h: invents a trace over a city: what cameras, sensors, callers and patrols would report in some hours.
 *
 * True incidents arrive at random at an hourly demand (quiet nights, two peaks), more often at hot spots; each gives a first
 * report, repeats of the same device, sometimes a second source, an all-clear. Around them lies what real feeds bring: storms,
 * broken devices, false alarms, late events, events out of order, events sent twice. Event types and fields are those of
 * rules/packs/city/. What really happened is in the event's `told` (docs/traces.md).
 *
 * A generator makes one event after the other and keeps only what is still to be sent, so that a year needs no more memory
 * than a day. Same city and demand: same events.
 *
 * Shape   one stream of random numbers and one next arrival per kind of incident; a heap of reports to come
 * Cost    about 1 us an event; 72 bytes a report of the next hours
 * Owner   new/free; events are borrowed until the next call
 * Errors  ERR_INPUT: nothing in the city could report; ERR_MEMORY */
#ifndef SIM_TRACE_GENERATE_H
#define SIM_TRACE_GENERATE_H

#include "engine/core/city.h"
#include "sim/trace_file.h"

/* X(NAME, option, default, largest, text) */
#define TRACE_RATES_LIST(X)                                                                        \
    X(HOT_SHARE, "hot-share", 330, 1000, "of 1,000 incidents, how many happen at hot spots")       \
    X(HOT_PLACES, "hot-places", 50, 1000, "of 1,000 places, how many are hot spots")               \
    X(REPEATS, "repeats", 1000, 10000, "repeats of a device, in thousandths of the usual")         \
    X(SECOND, "second", 1000, 10000,                                                               \
      "calls and patrols about the same, in thousandths of the usual")                             \
    X(CLEARS, "clears", 1000, 10000, "all-clears, in thousandths of the usual")                    \
    X(FAINT, "faint", 1000, 10000, "readings below the thresholds, in thousandths of the usual")   \
    X(FALSE_CAMERA, "false-camera", 30, 1000, "of 1,000 first reports of cameras: false alarms")   \
    X(FALSE_SENSOR, "false-sensor", 15, 1000, "of 1,000 first reports of sensors: false alarms")   \
    X(FALSE_HOTLINE, "false-hotline", 50, 1000, "of 1,000 first calls: false alarms")              \
    X(FAULTS, "faults", 5, 100000, "devices that break, a day among 10,000")                       \
    X(STORMS, "storms", 30, 100000, "storms in 1,000 days")                                        \
    X(STORM_SIZE, "storm-size", 3000, 1000000,                                                     \
      "incidents of a storm, in thousandths of an hour's demand")                                  \
    X(LATE, "late", 5, 1000, "of 1,000 events: sent late, after the lateness the rules allow")     \
    X(LATE_MINUTES, "late-minutes", 10, 10000, "by how much, mean")                                \
    X(JITTER, "jitter", 100, 1000,                                                                 \
      "of 1,000 events: up to 20 s on the way, so that orders change")                             \
    X(DOUBLED, "doubled", 5, 1000, "of 1,000 events: sent twice by the same gateway, same id")     \
    X(DOUBLED_ELSEWHERE, "doubled-elsewhere", 2, 1000,                                             \
      "of 1,000 events: sent again by another gateway")

#define TRACE_RATES_ENUM(name, option, value, largest, text) TRACE_RATE_##name,
enum trace_rate { TRACE_RATES_LIST(TRACE_RATES_ENUM) TRACE_RATE_COUNT };
#undef TRACE_RATES_ENUM

struct trace_demand {
    uint64_t seed;
    int64_t from_ms; /* first instant, UTC */
    int64_t hours;
    int64_t incidents_per_hour; /* mean over a day */
    int64_t rates[TRACE_RATE_COUNT];
};

/* 24 hours from 2026-03-03T00:00+08:00, 20 incidents an hour, seed 1, all rates at their defaults. */
struct trace_demand trace_demand_default(void);

struct trace_generated {
    uint64_t incidents; /* true ones */
    uint64_t events;
};

struct trace_generator; /* opaque */

/* city is borrowed for life. */
enum err trace_generator_new(const struct city *city, const struct trace_demand *demand,
                             struct trace_generator **out_generator) WARN_UNUSED;
void trace_generator_free(struct trace_generator *generator); /* NULL is fine */

/* The next event in the order of sending; false at the end. */
bool trace_generator_next(struct trace_generator *generator, struct trace_event *out_event);
struct trace_generated trace_generator_counts(const struct trace_generator *generator);

/* All of it into a file. ERR_IO besides. */
enum err trace_generate(const struct city *city, const struct trace_demand *demand,
                        const char *path, struct trace_generated *out_counts) WARN_UNUSED;

#endif

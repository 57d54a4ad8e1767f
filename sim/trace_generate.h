/* trace_generate.h: invents a trace over a city: what cameras, sensors, callers and patrols would report in some hours.
 *
 * True incidents arrive at random at an hourly demand (quiet nights, two peaks), more often at hot spots; each gives a first
 * report, repeats of the same device, sometimes a second source, an all-clear; some reports are false or below every
 * threshold. Event types and fields are those of rules/packs/city/. The truth of each event says which incident it
 * belongs to (docs/traces.md).
 *
 * Same city, seed, hours and rate: same bytes. Memory: 56 bytes an event. */
#ifndef SIM_TRACE_GENERATE_H
#define SIM_TRACE_GENERATE_H

#include "engine/core/city.h"

struct trace_demand {
    uint64_t seed;
    int64_t from_ms; /* first instant, UTC */
    int64_t hours;
    int64_t incidents_per_hour; /* mean over a day */
};

struct trace_generated {
    uint32_t incidents;
    uint32_t events;
};

/* ERR_INPUT: the city has nothing that could report; ERR_IO, ERR_MEMORY. */
enum err trace_generate(const struct city *city, const struct trace_demand *demand,
                        const char *path, struct trace_generated *out_counts) WARN_UNUSED;

#endif

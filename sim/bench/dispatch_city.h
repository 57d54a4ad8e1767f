/* dispatch_city.h: a city of nothing but roads, people and calls, for comparing dispatch policies.
 *
 * Roads are DIR/nodes.csv and DIR/arcs.csv as docs/city-directory.md has them (roads/), or a lattice of our own. People stand at random
 * crossings, all of one role, one order each, nobody declines, checks or goes home; calls come from random crossings as a
 * Poisson stream, all of one class, and take an exponential time on the spot. So what differs between two runs of a seed is who
 * was sent.
 *
 * Units   ms
 * Owner   open/close
 * Errors  ERR_INPUT with a problem, ERR_IO, ERR_MEMORY */
#ifndef SIM_BENCH_DISPATCH_CITY_H
#define SIM_BENCH_DISPATCH_CITY_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

#define DISPATCH_AREA_COLUMNS 4u
#define DISPATCH_AREA_ROWS 6u

struct dispatch_roads; /* opaque */

/* directory NULL: the lattice. */
enum err dispatch_roads_open(const char *directory, struct problems *problems,
                             struct dispatch_roads **out_roads) WARN_UNUSED;
void dispatch_roads_close(struct dispatch_roads *roads); /* NULL is fine */

struct dispatch_scene {
    uint64_t seed;
    uint32_t workers;
    int64_t work_ms;  /* mean on the spot */
    int64_t every_ms; /* mean between two calls */
    uint32_t calls;
};

/* Writes the city with its people and its one rule into out, and trace.ndjson. */
enum err dispatch_city_write(const struct dispatch_roads *roads, const struct dispatch_scene *scene,
                             const char *out) WARN_UNUSED;

#endif

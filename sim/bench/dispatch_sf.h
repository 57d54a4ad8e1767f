/* dispatch_sf.h: San Francisco's fire calls as they were recorded (sim/real_city.h), with all of its units or a share of them.
 *
 * Calls, their places and times, time on the spot and units are the public records'; nobody recorded a road, so people travel as
 * docs/real-data.md has it: in a straight line at a pace fitted for each kind of unit. "By road" and "in a straight line" are the same there.
 *
 * Owner   open/close
 * Errors  ERR_INPUT with problems, ERR_IO, ERR_MEMORY */
#ifndef SIM_BENCH_DISPATCH_SF_H
#define SIM_BENCH_DISPATCH_SF_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

struct dispatch_sf; /* opaque */

/* data: the folder of the public records. The city goes to `city`, with its trace. */
enum err dispatch_sf_open(const char *data, const char *city, struct problems *problems,
                          struct dispatch_sf **out_sf) WARN_UNUSED;
void dispatch_sf_close(struct dispatch_sf *sf); /* NULL is fine */

/* So many percent of the units of each kind are there, one at least; the seed says which. */
enum err dispatch_sf_staff(const struct dispatch_sf *sf, uint32_t percent,
                           uint64_t seed) WARN_UNUSED;

#endif

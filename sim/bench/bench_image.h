/* bench_image.h: a city image with any number of workers or devices, made from one that was loaded.
 *
 * Added rows follow those of the city: ids sort behind all others. Of every 2,000 added workers one belongs to a gas crew and has
 * its skill (0.05 %), 400 have another role, the rest are grid workers; they have no base, so a fix must place them. Those
 * of the city take no orders then.
 *
 * Owner   *out_bytes is malloc'ed, freed by the caller
 * Errors  ERR_MEMORY; ERR_NOT_FOUND when the city has not the roles */
#ifndef SIM_BENCH_BENCH_IMAGE_H
#define SIM_BENCH_BENCH_IMAGE_H

#include "engine/core/city.h"

#define BENCH_RARE_EVERY 2000u
#define BENCH_RARE_AT 500u /* ... of those, the first */

struct bench_image_options {
    uint32_t workers;     /* added; 0 = the city's own work */
    uint32_t devices;     /* added */
    bool forgets_at_once; /* no reopen window: closed cases leave the core at once */
};

enum err bench_image_new(const struct city *base, const struct bench_image_options *options,
                         void **out_bytes, size_t *out_size) WARN_UNUSED;

#endif

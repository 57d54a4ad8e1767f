/* real_sample.h: measured values and their quantiles, for the fits of the city importers.
 *
 * Owner   init/fini */
#ifndef SIM_REAL_SAMPLE_H
#define SIM_REAL_SAMPLE_H

#include <jansson.h>
#include <stdint.h>

struct real_sample {
    double *values;
    uint32_t count;
    uint32_t capacity;
};

void real_sample_init(struct real_sample *sample);
void real_sample_fini(struct real_sample *sample);
void real_sample_add(struct real_sample *sample, double value);

/* 0 for an empty sample. Sorts it. */
double real_sample_at(struct real_sample *sample, double quantile);

/* {"p1": .., "p99": ..} of the values rounded to whole numbers; the caller's reference. */
json_t *real_sample_curve(struct real_sample *sample);

#endif

/* real_sample.c: see real_sample.h. */
#include "sim/real_sample.h"

#include "engine/city/pool.h"
#include "engine/core/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void real_sample_init(struct real_sample *sample)
{
    *sample = (struct real_sample){.values = NULL};
}

void real_sample_fini(struct real_sample *sample)
{
    free(sample->values);
    sample->values = NULL;
}

void real_sample_add(struct real_sample *sample, double value)
{
    sample->values =
        pool_grow_rows(sample->values, sizeof *sample->values, sample->count, &sample->capacity);
    sample->values[sample->count++] = value;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double real_sample_at(struct real_sample *sample, double quantile)
{
    if (sample->count == 0) {
        return 0;
    }
    must(quantile >= 0 && quantile <= 1);
    qsort(sample->values, sample->count, sizeof *sample->values, compare_doubles);
    return sample->values[(uint32_t)(quantile * (sample->count - 1))];
}

json_t *real_sample_curve(struct real_sample *sample)
{
    static const int PERCENTS[] = {1, 5, 10, 25, 50, 75, 90, 95, 99};
    json_t *curve = json_object();
    for (size_t i = 0; i < COUNT_OF(PERCENTS); i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", PERCENTS[i]);
        (void)json_object_set_new(
            curve, name, json_integer(llround(real_sample_at(sample, PERCENTS[i] / 100.0))));
    }
    return curve;
}

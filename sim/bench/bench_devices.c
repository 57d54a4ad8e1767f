/* bench_devices.c: see bench_devices.h.
 *
 * Facts of a fixed device are resolved when the city is loaded; an event looks its device up and copies them. */
#include "sim/bench/bench_devices.h"

#include "engine/city/facts.h"
#include "sim/bench/bench_driver.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS 65536u
#define GROUP 16u

struct names {
    char of[EVENTS][16];
};

/* p50 of one event in nanoseconds. */
static double time_events(struct facts *facts, const struct names *names, uint32_t count)
{
    static double values[EVENTS / GROUP];
    static struct fact_record record;
    const struct fact_field fields[] = {
        {.name = facts_text("confidence"), .kind = FIELD_NUMBER, .number = 950000},
        {.name = facts_text("fill"), .kind = FIELD_NUMBER, .number = 950000}};
    uint32_t groups = 0;
    for (uint32_t i = 0; i + GROUP <= count; i += GROUP) {
        const int64_t from_ns = bench_now_ns();
        for (uint32_t k = 0; k < GROUP; k++) {
            const struct fact_event event = {.source = facts_text("camera-gateway-1"),
                                             .id = facts_text(names->of[i + k]),
                                             .type = facts_text("camera.garbage_overflow"),
                                             .device = facts_text(names->of[i + k]),
                                             .place = place_none(),
                                             .fields = fields,
                                             .field_count = COUNT_OF(fields)};
            facts_resolve(facts, &event, BENCH_START_MS, &record);
            must(record.head.device != NONE32);
        }
        values[groups++] = (double)(bench_now_ns() - from_ns) / GROUP;
    }
    return bench_quantile(values, groups, 500);
}

static enum err measure(struct bench *bench, const struct bench_city *base, uint32_t devices)
{
    const struct bench_image_options options = {
        .devices = devices - (devices > base->city.device_count ? base->city.device_count : 0)};
    struct bench_row row = {.group = "devices", .unit = "ns p50"};
    const uint32_t count = bench_scale(bench, EVENTS, EVENTS / 4, 1024);
    struct names *names = malloc(sizeof *names);
    struct city city;
    struct facts *facts = NULL;
    struct random random;
    void *bytes = NULL;
    size_t size = 0;
    enum err err =
        names == NULL ? ERR_MEMORY : bench_image_new(&base->city, &options, &bytes, &size);
    if (err == ERR_OK) {
        err = city_open(bytes, size, &city);
    }
    const int64_t from_ns = bench_now_ns();
    if (err == ERR_OK) {
        err = facts_new(&city, &base->policy, &facts);
    }
    const int64_t made_ns = bench_now_ns() - from_ns;
    random_init(&random, bench_seed(bench), "bench.devices");
    for (uint32_t i = 0; err == ERR_OK && i < count; i++) {
        const struct city_device *device = &city.devices[random_below(&random, city.device_count)];
        (void)snprintf(names->of[i], sizeof names->of[i], "%.*s", (int)device->id.size,
                       city_text(&city, device->id));
    }
    for (uint32_t run = 0; err == ERR_OK && run < bench_runs(bench); run++) {
        bench_value(&row, time_events(facts, names, count));
    }
    if (err == ERR_OK) {
        (void)snprintf(row.name, sizeof row.name, "facts of an event, one of %u devices",
                       city.device_count);
        (void)snprintf(row.note, sizeof row.note, "tables made in %.0f ms, image of %.1f MB",
                       (double)made_ns / 1e6, (double)size / 1e6);
        bench_add(bench, &row);
    }
    facts_free(facts);
    free(bytes);
    free(names);
    return err;
}

enum err bench_devices(struct bench *bench)
{
    static const uint32_t DEVICES[] = {1000, 10000, 100000};
    struct bench_city *city;
    enum err err = bench_city_new(bench_seed(bench), CITY_SMALL, &city);
    for (size_t i = 0; i < COUNT_OF(DEVICES) && err == ERR_OK; i++) {
        err = measure(bench, city, DEVICES[i]);
    }
    bench_city_free(city);
    return err;
}

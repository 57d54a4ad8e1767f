/* run_fixture.h: the small town of tests/data with an invented trace, for tests of whole runs.
 *
 * Everything is inline: each test is one translation unit. */
#ifndef TESTS_UNIT_SIM_RUN_FIXTURE_H
#define TESTS_UNIT_SIM_RUN_FIXTURE_H

#include "engine/city/city_load.h"
#include "rules/compile.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define TOWN "tests/data/town"
#define TOWN_START_MS INT64_C(1772496000000) /* 2026-03-03T00:00Z, a Tuesday, 08:00 local */

struct town {
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct problems *problems;
    struct agent_rates rates;
    struct scratch trace;
};

static inline void town_write_event(struct trace_writer *writer, struct random *random,
                                    uint32_t number, int64_t at_ms)
{
    static const char *const CAMERAS[] = {"C-001", "C-002", "C-003"};
    char id[16], plate[16];
    (void)snprintf(id, sizeof id, "e%06u", number);
    (void)snprintf(plate, sizeof plate, "A%03u", (unsigned)random_below(random, 40));
    struct trace_event event = {.at_ms = at_ms, .id = id, .source = "cam-1", .place = place_none()};
    const struct place anywhere = {(int32_t)(1163000000 + random_between(random, 0, 200000)),
                                   (int32_t)(399000000 + random_between(random, 0, 100000))};
    const uint64_t kind = random_below(random, 100);
    const char *camera = CAMERAS[random_below(random, COUNT_OF(CAMERAS))];
    if (kind < 40) {
        event.type = "camera.garbage_overflow";
        event.device = camera;
        trace_event_add_number(&event, "fill", 950000);
    } else if (kind < 60) {
        event.source = "hotline-1"; /* not trusted: verified on site first */
        event.type = "hotline.garbage";
        event.place = anywhere;
    } else if (kind < 75) {
        event.type = "camera.vehicle_stationary";
        event.device = "C-003";
        trace_event_add_text(&event, "plate", plate);
    } else if (kind < 85) {
        event.type = "camera.crowd_density";
        event.device = camera;
        trace_event_add_number(&event, "density", kind < 80 ? 2500000 : 4000000);
    } else if (kind < 95) {
        event.source = "sensor-1";
        event.type = "sensor.water_level";
        event.place = anywhere;
        trace_event_add_number(&event, "level", 300000);
    } else {
        event.source = "sensor-1";
        event.type = kind < 98 ? "sensor.odd" : "sensor.unheard_of";
        event.place = anywhere;
    }
    trace_writer_add(writer, &event);
}

static inline void town_write_trace(struct town *town, uint32_t events)
{
    struct trace_writer *writer;
    struct random random;
    int64_t at_ms = TOWN_START_MS;
    assert_int_equal(scratch_make_file(&town->trace, "run"), ERR_OK);
    assert_int_equal(trace_writer_open(town->trace.path, &writer), ERR_OK);
    random_init(&random, 5, "town.trace");
    for (uint32_t i = 0; i < events; i++) {
        at_ms += random_wait(&random, 4 * MINUTE_MS);
        town_write_event(writer, &random, i, at_ms);
    }
    assert_int_equal(trace_writer_close(writer), ERR_OK);
}

static inline void town_open(struct town *town, uint32_t events)
{
    struct city city;
    *town = (struct town){.problems = problems_new(), .rates = agent_rates_default()};
    assert_int_equal(city_load(TOWN, town->problems, &town->city_bytes, &town->city_size), ERR_OK);
    assert_int_equal(city_open(town->city_bytes, town->city_size, &city), ERR_OK);
    assert_int_equal(rules_compile(TOWN "/rules", &city, town->problems, &town->policy_bytes,
                                   &town->policy_size),
                     ERR_OK);
    town_write_trace(town, events);
}

static inline void town_close(struct town *town)
{
    scratch_remove(&town->trace);
    free(town->policy_bytes);
    free(town->city_bytes);
    problems_free(town->problems);
}

/* Plays the whole trace; what the caller sets in options beside images, trace and rates stays. */
static inline struct run *town_play(struct town *town, struct run_options options)
{
    struct run *run;
    struct trace_reader *reader;
    assert_int_equal(trace_reader_open(town->trace.path, town->problems, &reader), ERR_OK);
    options.city_bytes = town->city_bytes;
    options.city_size = town->city_size;
    options.policy_bytes = town->policy_bytes;
    options.policy_size = town->policy_size;
    options.trace = reader;
    options.rates = &town->rates;
    options.check_every = 500;
    assert_int_equal(run_new(&options, &run), ERR_OK);
    assert_int_equal(run_play(run), ERR_OK);
    trace_reader_close(reader);
    return run;
}

#endif

/* real_sf_rates.c: the times of calls in sim.yaml, from training days only.
 *
 * A demand with a row of its own has its own curves too: calls without hurry are dispatched later and driven slower. */
#include "sim/real_sample.h"
#include "sim/real_sf.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum span { SPAN_ACCEPT, SPAN_TURNOUT, SPAN_WORK, SPAN_COUNT };

/* Which calls a curve is of: all; of a type; of a type and a priority. */
struct calls {
    const char *type, *priority;
};

static const char *const SPAN_NAMES[SPAN_COUNT] = {"accept", "turnout", "work"};

static int64_t span_ms(const struct sf_incident *incident, const struct sf_response *response,
                       enum span span)
{
    const int64_t from[SPAN_COUNT] = {incident->at_ms, response->dispatch_ms,
                                      response->on_scene_ms};
    const int64_t until[SPAN_COUNT] = {response->dispatch_ms, response->response_ms,
                                       response->available_ms};
    return from[span] == NEVER_MS || until[span] == NEVER_MS ? -1 : until[span] - from[span];
}

static bool calls_hold(const struct calls *calls, const struct sf_incident *incident)
{
    return incident->is_train &&
           (calls->type == NULL || strcmp(calls->type, incident->type) == 0) &&
           (calls->priority == NULL || strcmp(calls->priority, incident->priority) == 0);
}

/* Call taking counts once a call: its first unit. */
static void collect_span(const struct sf_data *data, const struct calls *calls, enum span span,
                         struct real_sample *sample)
{
    sample->count = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        if (!calls_hold(calls, incident)) {
            continue;
        }
        const uint32_t count = span == SPAN_ACCEPT ? (incident->count > 0) : incident->count;
        for (uint32_t r = 0; r < count; r++) {
            const int64_t ms = span_ms(incident, &data->responses[incident->first + r], span);
            if (ms >= 0) {
                real_sample_add(sample, (double)ms / 1000);
            }
        }
    }
}

static void print_curve(struct city_file *file, const char *indent, const char *name, json_t *curve,
                        const char *unit, int64_t divisor)
{
    const char *key;
    json_t *value;
    const char *separator = "";
    city_file_print(file, "%s%s: {", indent, name);
    json_object_foreach(curve, key, value)
    {
        const int64_t number = json_integer_value(value);
        if (divisor == 1) {
            city_file_print(file, "%s%s: %" PRId64 "%s", separator, key, number, unit);
        } else {
            city_file_print(file, "%s%s: %" PRId64 ".%03" PRId64, separator, key, number / divisor,
                            number % divisor);
        }
        separator = ", ";
    }
    city_file_print(file, "}\n");
}

static void print_spans(const struct sf_data *data, const struct calls *calls, const char *indent,
                        struct city_file *file, struct real_sample *sample, json_t *facts)
{
    json_t *rows = json_object();
    for (int span = 0; span < SPAN_COUNT; span++) {
        collect_span(data, calls, (enum span)span, sample);
        if (sample->count < SF_OWN_CALLS_MIN) {
            continue;
        }
        json_t *curve = real_sample_curve(sample);
        print_curve(file, indent, SPAN_NAMES[span], curve, "s", 1);
        (void)json_object_set_new(rows, SPAN_NAMES[span], curve);
    }
    char key[96];
    (void)snprintf(key, sizeof key, "%s%s%s", calls->type == NULL ? "all" : calls->type,
                   calls->priority == NULL ? "" : ".",
                   calls->priority == NULL ? "" : calls->priority);
    (void)json_object_set_new(facts, key, rows);
}

/* Travel against what the mode of each unit predicts. */
static void print_class_spread(const struct sf_data *data, const struct sf_fit *fit,
                               const struct calls *calls, struct city_file *file,
                               struct real_sample *sample)
{
    sample->count = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        for (uint32_t r = 0; calls_hold(calls, incident) && r < incident->count; r++) {
            const struct sf_response *response = &data->responses[incident->first + r];
            const enum sf_group group = data->units[response->unit].group;
            struct sf_trip trip;
            if (sf_trip_of(data, incident, response, &trip)) {
                real_sample_add(sample,
                                1000 * trip.seconds / sf_predicted_s(fit, group, trip.metres));
            }
        }
    }
    if (sample->count >= SF_OWN_CALLS_MIN) {
        json_t *curve = real_sample_curve(sample);
        print_curve(file, "    ", "spread", curve, "", 1000);
        json_decref(curve);
    }
}

enum err sf_write_rates(const struct sf_data *data, const struct sf_fit *fit, const char *out,
                        json_t *facts)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "sim.yaml");
    if (err != ERR_OK) {
        return err;
    }
    struct real_sample sample;
    real_sample_init(&sample);
    json_t *times = json_object();
    city_file_print(&file,
                    "# Fitted on the calls of the first %d days only (docs/real-data.md).\n"
                    "# accept: received to dispatched (call taking); turnout: dispatched to "
                    "moving; work: on scene to\n"
                    "# available, the drive to the hospital included.\n"
                    "agents:\n",
                    SF_TRAIN_DAYS);
    print_spans(data, &(struct calls){NULL, NULL}, "  ", &file, &sample, times);
    city_file_print(
        &file, "  by_case: [accept, turnout, spread] # one call taker, one place\n"
               "  spread: {p50: 1}\n  decline: 0\n  ignore: 0\n  return: 0\n  check_fail: 0\n"
               "  verify_no: 0\n  desk_return: 0\n  desk_void: 0\n  reopen: 0\n  exception: 0\n"
               "  signal_loss: 0\nmodes:\n");
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        const int64_t speed = llround(fit->line_kmh[g] * 1000);
        if (speed == 0) {
            continue;
        }
        city_file_print(&file,
                        "  %s:\n    speed_kmh: %" PRId64 ".%03" PRId64
                        "\n    detour: 1\n    start: %" PRId64 "s\n",
                        sf_group_name((enum sf_group)g), speed / 1000, speed % 1000,
                        (int64_t)llround(fit->start_s[g]));
        print_curve(&file, "    ", "spread", fit->spreads[g], "", 1000);
    }
    city_file_print(&file, "classes:\n");
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        const struct calls calls = {fit->demands[i].type, fit->demands[i].priority};
        collect_span(data, &calls, SPAN_WORK, &sample);
        if (sample.count < SF_OWN_CALLS_MIN) {
            continue; /* too few: the curves of all calls */
        }
        city_file_print(&file, "  %s:\n", sf_demand_class(&fit->demands[i]).text);
        print_spans(data, &calls, "    ", &file, &sample, times);
        print_class_spread(data, fit, &calls, &file, &sample);
    }
    real_sample_fini(&sample);
    (void)json_object_set_new(facts, "times_s", times);
    return city_file_close(&file);
}

/* real_sf_fit.c: what is fitted on the training days: units per call, speeds, and the times in sim.yaml.
 *
 * Units per call: whole numbers per call type, priority and kind of unit. Each is the rounded mean; then the numbers that
 * are cheapest to move are moved until all calls together get as many units as they really got. */
#include "sim/real_sf.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OWN_ROW_CALLS_MIN 20u /* a priority gets a row of its own from so many calls on */
#define VALUES_MAX 65536u

/* ---- units per call ---- */

static struct sf_demand *find_demand(struct sf_fit *fit, const char *type, const char *priority)
{
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        struct sf_demand *row = &fit->demands[i];
        const bool is_same = priority == NULL || row->priority == NULL
                                 ? priority == row->priority
                                 : strcmp(priority, row->priority) == 0;
        if (strcmp(row->type, type) == 0 && is_same) {
            return row;
        }
    }
    return NULL;
}

static struct sf_demand *take_demand(struct sf_fit *fit, const struct sf_incident *incident,
                                     const char *priority)
{
    struct sf_demand *row = find_demand(fit, incident->type, priority);
    if (row == NULL) {
        must(fit->demand_count < SF_DEMANDS_MAX);
        row = &fit->demands[fit->demand_count++];
        *row = (struct sf_demand){
            .type = incident->type, .title = incident->title, .priority = priority};
    }
    return row;
}

static void add_call(const struct sf_data *data, const struct sf_incident *incident, struct sf_demand *row)
{
    row->incidents++;
    row->urgent += strcmp(incident->priority, "3") == 0;
    for (uint32_t r = 0; r < incident->count; r++) {
        row->mean[data->units[data->responses[incident->first + r].unit].group] += 1;
    }
}

/* Every type has a row for all priorities; common pairs have their own, whose calls leave the first. */
static void count_demands(const struct sf_data *data, struct sf_fit *fit)
{
    struct sf_fit *pairs = calloc(1, sizeof *pairs);
    must(pairs != NULL);
    for (uint32_t i = 0; i < data->incident_count; i++) {
        if (data->incidents[i].is_train) {
            add_call(data, &data->incidents[i],
                     take_demand(pairs, &data->incidents[i], data->incidents[i].priority));
        }
    }
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        struct sf_demand *rest = take_demand(fit, incident, NULL); /* types seen later only get a rule too */
        if (!incident->is_train) {
            continue;
        }
        const struct sf_demand *pair = find_demand(pairs, incident->type, incident->priority);
        const bool is_own = pair->incidents >= OWN_ROW_CALLS_MIN;
        add_call(data, incident, is_own ? take_demand(fit, incident, incident->priority) : rest);
    }
    free(pairs);
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            fit->demands[i].mean[g] /= fit->demands[i].incidents == 0 ? 1 : fit->demands[i].incidents;
        }
    }
}

static double units_by_rules(const struct sf_fit *fit)
{
    double sum = 0;
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            sum += (double)fit->demands[i].units[g] * fit->demands[i].incidents;
        }
    }
    return sum;
}

/* Moves the number that errs least when moved, among those that do not overshoot; false when none is left. */
static bool move_one(struct sf_fit *fit, double missing)
{
    const double step = missing > 0 ? 1 : -1;
    double best_cost = 1;
    struct sf_demand *best = NULL;
    int best_group = 0;
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        struct sf_demand *row = &fit->demands[i];
        for (int g = 0; g < SF_OTHER; g++) {
            const double before = fabs(row->mean[g] - row->units[g]);
            const double cost = fabs(row->mean[g] - row->units[g] - step) - before;
            uint32_t total = 0;
            for (int k = 0; k < SF_GROUP_COUNT; k++) {
                total += row->units[k];
            }
            const bool is_allowed = step > 0 ? row->units[g] < 8 : row->units[g] > 0 && total > 1;
            if (is_allowed && row->incidents > 0 && row->incidents <= fabs(missing) * 1.5 &&
                cost < best_cost) {
                best_cost = cost;
                best = row;
                best_group = g;
            }
        }
    }
    if (best == NULL) {
        return false;
    }
    best->units[best_group] = step > 0 ? best->units[best_group] + 1 : best->units[best_group] - 1;
    return true;
}

static void fit_units(const struct sf_data *data, struct sf_fit *fit)
{
    double calls = 0;
    double wanted = 0;
    count_demands(data, fit);
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        struct sf_demand *row = &fit->demands[i];
        uint32_t total = 0;
        int largest = 0;
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            wanted += row->mean[g] * row->incidents;
            row->units[g] = (uint32_t)lround(row->mean[g] > 8 ? 8 : row->mean[g]);
            total += row->units[g];
            largest = row->mean[g] > row->mean[largest] ? g : largest;
        }
        row->units[largest] += total == 0;
        calls += row->incidents;
    }
    for (int moves = 0; moves < 100; moves++) {
        const double missing = wanted - units_by_rules(fit);
        if (fabs(missing) < calls / 500 || !move_one(fit, missing)) {
            break;
        }
    }
    fit->units_per_incident_train = wanted / (calls > 0 ? calls : 1);
    fit->units_per_incident_rules = units_by_rules(fit) / (calls > 0 ? calls : 1);
}

/* ---- quantiles ---- */

struct sample {
    double *values;
    uint32_t count;
};

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void sample_add(struct sample *sample, double value)
{
    if (sample->count < VALUES_MAX) {
        sample->values[sample->count++] = value;
    }
}

static double sample_at(struct sample *sample, double quantile)
{
    if (sample->count == 0) {
        return 0;
    }
    qsort(sample->values, sample->count, sizeof *sample->values, compare_doubles);
    return sample->values[(uint32_t)(quantile * (sample->count - 1))];
}

static const int PERCENTS[] = {1, 5, 10, 25, 50, 75, 90, 95, 99};

/* {"p1": .., ...} in whole seconds or thousandths. */
static json_t *sample_curve(struct sample *sample)
{
    json_t *curve = json_object();
    for (size_t i = 0; i < COUNT_OF(PERCENTS); i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", PERCENTS[i]);
        (void)json_object_set_new(curve, name, json_integer(llround(sample_at(sample, PERCENTS[i] / 100.0))));
    }
    return curve;
}

/* ---- speeds ---- */

struct trip {
    double metres; /* straight line from the base */
    double seconds; /* from moving to arrival */
};

/* Trips of the training days from a known base. Below 200 m the base says nothing; below 20 s somebody pressed both
 * buttons at once. */
static uint32_t collect_trips(const struct sf_data *data, enum sf_group group, struct trip *trips)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        for (uint32_t r = 0; incident->is_train && r < incident->count; r++) {
            const struct sf_response *response = &data->responses[incident->first + r];
            const struct sf_unit *unit = &data->units[response->unit];
            if (unit->group != group || unit->base_is_guess || response->on_scene_ms == NEVER_MS ||
                response->response_ms == NEVER_MS) {
                continue;
            }
            const struct trip trip = {
                (double)distance_cm(data->stations[unit->station].place, incident->place) / 100,
                (double)(response->on_scene_ms - response->response_ms) / 1000};
            if (trip.seconds >= 20 && trip.metres >= 200 && count < VALUES_MAX) {
                trips[count++] = trip;
            }
        }
    }
    return count;
}

static int compare_trips(const void *a, const void *b)
{
    const struct trip *x = a, *y = b;
    return x->metres < y->metres ? -1 : x->metres > y->metres;
}

static struct trip middle_trip(const struct trip *trips, uint32_t count)
{
    struct sample metres = {.values = calloc(VALUES_MAX, sizeof(double))};
    struct sample seconds = {.values = calloc(VALUES_MAX, sizeof(double))};
    must(metres.values != NULL && seconds.values != NULL);
    for (uint32_t i = 0; i < count; i++) {
        sample_add(&metres, trips[i].metres);
        sample_add(&seconds, trips[i].seconds);
    }
    const struct trip middle = {sample_at(&metres, 0.5), sample_at(&seconds, 0.5)};
    free(metres.values);
    free(seconds.values);
    return middle;
}

/* A trip is a start, spent on junctions near the base and on finding the door, and a line. The line goes through the
 * medians of the shorter and of the longer half of the trips, which no single odd record can tilt. */
static void fit_line(struct trip *trips, uint32_t count, struct sf_fit *fit, enum sf_group group)
{
    qsort(trips, count, sizeof *trips, compare_trips);
    const struct trip near = middle_trip(trips, count / 2);
    const struct trip far = middle_trip(trips + count / 2, count - count / 2);
    const double slope = (far.seconds - near.seconds) / (far.metres - near.metres);
    const double start_s = near.seconds - slope * near.metres;
    if (count < OWN_ROW_CALLS_MIN * 2 || far.metres <= near.metres || slope <= 0 || start_s < 0) {
        fit->start_s[group] = 0;
        fit->line_kmh[group] = fit->speed_kmh[group];
        return;
    }
    fit->start_s[group] = start_s;
    fit->line_kmh[group] = 3.6 / slope;
}

static void fit_speed(const struct sf_data *data, enum sf_group group, struct sf_fit *fit)
{
    struct trip *trips = calloc(VALUES_MAX, sizeof *trips);
    struct sample sample = {.values = calloc(VALUES_MAX, sizeof(double))};
    must(trips != NULL && sample.values != NULL);
    const uint32_t count = collect_trips(data, group, trips);
    for (uint32_t i = 0; i < count; i++) {
        sample_add(&sample, trips[i].metres / trips[i].seconds * 3.6);
    }
    fit->speed_kmh[group] = sample_at(&sample, 0.5);
    fit_line(trips, count, fit, group);
    sample.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const double predicted_s = fit->start_s[group] + trips[i].metres * 3.6 / fit->line_kmh[group];
        sample_add(&sample, 1000 * trips[i].seconds / predicted_s);
    }
    fit->spreads[group] = sample_curve(&sample);
    free(sample.values);
    free(trips);
}

void sf_fit_make(const struct sf_data *data, struct sf_fit *out_fit)
{
    *out_fit = (struct sf_fit){.demand_count = 0};
    fit_units(data, out_fit);
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        fit_speed(data, (enum sf_group)g, out_fit);
    }
}

/* ---- sim.yaml ---- */

enum span { SPAN_ACCEPT, SPAN_TURNOUT, SPAN_WORK, SPAN_COUNT };

static const char *const SPAN_NAMES[SPAN_COUNT] = {"accept", "turnout", "work"};

static int64_t span_ms(const struct sf_incident *incident, const struct sf_response *response,
                       enum span span)
{
    const int64_t from[SPAN_COUNT] = {incident->at_ms, response->dispatch_ms, response->on_scene_ms};
    const int64_t until[SPAN_COUNT] = {response->dispatch_ms, response->response_ms, response->available_ms};
    return from[span] == NEVER_MS || until[span] == NEVER_MS ? -1 : until[span] - from[span];
}

/* Of one type, or of all (NULL). Call taking counts once a call: its first unit. */
static void collect_span(const struct sf_data *data, const char *type, enum span span, struct sample *sample)
{
    sample->count = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        if (!incident->is_train || (type != NULL && strcmp(type, incident->type) != 0)) {
            continue;
        }
        const uint32_t count = span == SPAN_ACCEPT ? (incident->count > 0) : incident->count;
        for (uint32_t r = 0; r < count; r++) {
            const int64_t ms = span_ms(incident, &data->responses[incident->first + r], span);
            if (ms >= 0) {
                sample_add(sample, (double)ms / 1000);
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
    json_object_foreach (curve, key, value) {
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

static void print_spans(const struct sf_data *data, const char *type, const char *indent,
                        struct city_file *file, struct sample *sample, json_t *facts)
{
    json_t *rows = json_object();
    for (int span = 0; span < SPAN_COUNT; span++) {
        collect_span(data, type, (enum span)span, sample);
        if (sample->count < OWN_ROW_CALLS_MIN) {
            continue;
        }
        json_t *curve = sample_curve(sample);
        print_curve(file, indent, SPAN_NAMES[span], curve, "s", 1);
        (void)json_object_set_new(rows, SPAN_NAMES[span], curve);
    }
    (void)json_object_set_new(facts, type == NULL ? "all" : type, rows);
}

enum err sf_write_rates(const struct sf_data *data, const struct sf_fit *fit, const char *out, json_t *facts)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "sim.yaml");
    if (err != ERR_OK) {
        return err;
    }
    struct sample sample = {.values = calloc(VALUES_MAX, sizeof(double))};
    must(sample.values != NULL);
    json_t *times = json_object();
    city_file_print(&file,
                    "# Fitted on the calls of the first %d days only (docs/real-data.md).\n"
                    "# accept: received to dispatched (call taking); turnout: dispatched to moving; work: on scene to\n"
                    "# available, the drive to the hospital included.\n"
                    "agents:\n",
                    SF_TRAIN_DAYS);
    print_spans(data, NULL, "  ", &file, &sample, times);
    city_file_print(&file, "  by_case: [accept, turnout, spread] # one call taker, one place\n"
                           "  spread: {p50: 1}\n  decline: 0\n  ignore: 0\n  return: 0\n  check_fail: 0\n"
                           "  verify_no: 0\n  desk_return: 0\n  desk_void: 0\n  reopen: 0\n"
                           "  signal_loss: 0\nmodes:\n");
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        const int64_t speed = llround(fit->line_kmh[g] * 1000);
        if (speed == 0) {
            continue;
        }
        city_file_print(&file,
                        "  %s:\n    speed_kmh: %" PRId64 ".%03" PRId64 "\n    detour: 1\n    start: %" PRId64 "s\n",
                        sf_group_name((enum sf_group)g), speed / 1000, speed % 1000,
                        (int64_t)llround(fit->start_s[g]));
        print_curve(&file, "    ", "spread", fit->spreads[g], "", 1000);
    }
    city_file_print(&file, "classes:\n");
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        if (fit->demands[i].priority != NULL) {
            continue;
        }
        collect_span(data, fit->demands[i].type, SPAN_WORK, &sample);
        if (sample.count < OWN_ROW_CALLS_MIN) {
            continue; /* too few: the curve of all calls */
        }
        city_file_print(&file, "  %s:\n", fit->demands[i].type);
        print_spans(data, fit->demands[i].type, "    ", &file, &sample, times);
    }
    free(sample.values);
    (void)json_object_set_new(facts, "times_s", times);
    return city_file_close(&file);
}

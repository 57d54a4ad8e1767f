/* real_sf_fit.c: what is fitted on the training days: units per call and speeds.
 *
 * Units per call: whole numbers per call type, priority and kind of unit. Each is the rounded mean; then the numbers that
 * are cheapest to move are moved until all calls together get as many units as they really got. */
#include "sim/real_sample.h"
#include "sim/real_sf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void add_call(const struct sf_data *data, const struct sf_incident *incident,
                     struct sf_demand *row)
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
        struct sf_demand *rest =
            take_demand(fit, incident, NULL); /* types seen later only get a rule too */
        if (!incident->is_train) {
            continue;
        }
        const struct sf_demand *pair = find_demand(pairs, incident->type, incident->priority);
        const bool is_own = pair->incidents >= SF_OWN_CALLS_MIN;
        add_call(data, incident, is_own ? take_demand(fit, incident, incident->priority) : rest);
    }
    free(pairs);
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            fit->demands[i].mean[g] /=
                fit->demands[i].incidents == 0 ? 1 : fit->demands[i].incidents;
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

/* ---- speeds ---- */

bool sf_trip_of(const struct sf_data *data, const struct sf_incident *incident,
                const struct sf_response *response, struct sf_trip *out_trip)
{
    const struct sf_unit *unit = &data->units[response->unit];
    if (unit->base_is_guess || response->on_scene_ms == NEVER_MS ||
        response->response_ms == NEVER_MS) {
        return false;
    }
    out_trip->seconds = (double)(response->on_scene_ms - response->response_ms) / 1000;
    out_trip->metres =
        (double)distance_cm(data->stations[unit->station].place, incident->place) / 100;
    /* Below 200 m the base says nothing; below 20 s somebody pressed both buttons at once. */
    return out_trip->seconds >= 20 && out_trip->metres >= 200;
}

double sf_predicted_s(const struct sf_fit *fit, enum sf_group group, double metres)
{
    return fit->start_s[group] + metres * 3.6 / fit->line_kmh[group];
}

/* Trips of the training days from a known base; at most one a response. */
static uint32_t collect_trips(const struct sf_data *data, enum sf_group group,
                              struct sf_trip *trips)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        for (uint32_t r = 0; incident->is_train && r < incident->count; r++) {
            const struct sf_response *response = &data->responses[incident->first + r];
            if (data->units[response->unit].group == group &&
                sf_trip_of(data, incident, response, &trips[count])) {
                count++;
            }
        }
    }
    return count;
}

static int compare_trips(const void *a, const void *b)
{
    const struct sf_trip *x = a, *y = b;
    return x->metres < y->metres ? -1 : x->metres > y->metres;
}

static struct sf_trip middle_trip(const struct sf_trip *trips, uint32_t count)
{
    struct real_sample metres, seconds;
    real_sample_init(&metres);
    real_sample_init(&seconds);
    for (uint32_t i = 0; i < count; i++) {
        real_sample_add(&metres, trips[i].metres);
        real_sample_add(&seconds, trips[i].seconds);
    }
    const struct sf_trip middle = {.metres = real_sample_at(&metres, 0.5),
                                   .seconds = real_sample_at(&seconds, 0.5)};
    real_sample_fini(&metres);
    real_sample_fini(&seconds);
    return middle;
}

/* A trip is a start, spent on junctions near the base and on finding the door, and a line. The line goes through the
 * medians of the shorter and of the longer half of the trips, which no single odd record can tilt. */
static void fit_line(struct sf_trip *trips, uint32_t count, struct sf_fit *fit, enum sf_group group)
{
    qsort(trips, count, sizeof *trips, compare_trips);
    const struct sf_trip near = middle_trip(trips, count / 2);
    const struct sf_trip far = middle_trip(trips + count / 2, count - count / 2);
    const double slope = (far.seconds - near.seconds) / (far.metres - near.metres);
    const double start_s = near.seconds - slope * near.metres;
    if (count < SF_OWN_CALLS_MIN * 2 || far.metres <= near.metres || slope <= 0 || start_s < 0) {
        fit->start_s[group] = 0;
        fit->line_kmh[group] = fit->speed_kmh[group];
        return;
    }
    fit->start_s[group] = start_s;
    fit->line_kmh[group] = 3.6 / slope;
}

static void fit_speed(const struct sf_data *data, enum sf_group group, struct sf_fit *fit)
{
    struct sf_trip *trips = calloc(data->response_count + 1u, sizeof *trips);
    struct real_sample sample;
    must(trips != NULL);
    real_sample_init(&sample);
    const uint32_t count = collect_trips(data, group, trips);
    for (uint32_t i = 0; i < count; i++) {
        real_sample_add(&sample, trips[i].metres / trips[i].seconds * 3.6);
    }
    fit->speed_kmh[group] = real_sample_at(&sample, 0.5);
    fit_line(trips, count, fit, group);
    sample.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        real_sample_add(&sample,
                        1000 * trips[i].seconds / sf_predicted_s(fit, group, trips[i].metres));
    }
    fit->spreads[group] = real_sample_curve(&sample);
    real_sample_fini(&sample);
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

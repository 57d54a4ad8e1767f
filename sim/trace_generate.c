/* trace_generate.c: see trace_generate.h. Incidents first, then all their reports sorted by time, then written. */
#include "sim/trace_generate.h"

#include "engine/city/crs.h"
#include "engine/city/shapes.h"
#include "sim/trace_kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum report { REPORT_FIRST, REPORT_REPEAT, REPORT_SECOND, REPORT_CLEAR, REPORT_FAINT };

/* One event to be. */
struct report_row {
    int64_t at_ms;
    uint64_t seed;
    const char *type;
    uint32_t incident;
    uint32_t serial; /* order of making: breaks ties */
    uint32_t device; /* row, or NONE32: a person at the place */
    struct place place;
    uint16_t kind;  /* of TRACE_KINDS */
    uint8_t report; /* enum report */
    uint8_t repeat;
};

/* Devices that can see a kind, and assets where people find it. */
struct sights {
    uint32_t *devices;
    uint32_t device_count;
    uint32_t *assets;
    uint32_t asset_count;
};

struct generation {
    const struct city *city;
    const struct trace_demand *demand;
    struct sights *sights; /* by kind */
    struct report_row *rows;
    uint32_t row_count;
    uint32_t row_capacity;
    uint32_t incident_count;
    struct random random;
    uint32_t gateways[6][64]; /* rows by kind */
    uint32_t gateway_counts[6];
    const uint32_t *gateway_crs;
    char ids[3][80];
};

static bool text_is(const struct city *city, struct image_string string, const char *text)
{
    return string.size == strlen(text) && memcmp(city_text(city, string), text, string.size) == 0;
}

static bool device_sees(const struct city *city, const struct city_device *device,
                        const struct trace_kind *kind)
{
    if (kind->device_kind == NULL || device->kind == NONE32 ||
        !text_is(city, city->asset_kinds[device->kind], kind->device_kind)) {
        return false;
    }
    if (kind->watches == NULL) {
        return true;
    }
    if (strncmp(kind->watches, "area.", 5) != 0) {
        return device->asset != NONE32 &&
               text_is(city, city->asset_kinds[city->assets[device->asset].kind], kind->watches);
    }
    return device->zone != NONE32 &&
           (text_is(city, city->areas[device->zone].name, kind->watches) ||
            (kind->watches_too != NULL &&
             text_is(city, city->areas[device->zone].name, kind->watches_too)));
}

static enum err find_sights(struct generation *generation)
{
    const struct city *city = generation->city;
    generation->sights = calloc(TRACE_KIND_COUNT, sizeof *generation->sights);
    if (generation->sights == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t k = 0; k < TRACE_KIND_COUNT; k++) {
        struct sights *sights = &generation->sights[k];
        const struct trace_kind *kind = &TRACE_KINDS[k];
        sights->devices = calloc(city->device_count + 1u, sizeof *sights->devices);
        sights->assets = calloc(city->asset_count + 1u, sizeof *sights->assets);
        if (sights->devices == NULL || sights->assets == NULL) {
            return ERR_MEMORY;
        }
        for (uint32_t d = 0; d < city->device_count; d++) {
            if (device_sees(city, &city->devices[d], kind)) {
                sights->devices[sights->device_count++] = d;
            }
        }
        for (uint32_t a = 0; kind->near_asset != NULL && a < city->asset_count; a++) {
            if (text_is(city, city->asset_kinds[city->assets[a].kind], kind->near_asset)) {
                sights->assets[sights->asset_count++] = a;
            }
        }
    }
    return ERR_OK;
}

static void find_gateways(struct generation *generation)
{
    const struct city *city = generation->city;
    const void *rows = NULL;
    uint32_t count = 0;
    if (image_rows(&city->image, CITY_GATEWAY_CRS, sizeof(uint32_t), &rows, &count) == ERR_OK &&
        count == city->gateway_count) {
        generation->gateway_crs = rows;
    }
    for (uint32_t g = 0; g < city->gateway_count; g++) {
        const uint32_t kind = city->gateways[g].kind;
        must(kind < COUNT_OF(generation->gateway_counts));
        if (generation->gateway_counts[kind] < COUNT_OF(generation->gateways[kind])) {
            generation->gateways[kind][generation->gateway_counts[kind]++] = g;
        }
    }
}

/* A third of what happens, happens at a twentieth of the places. */
static uint32_t pick_spot(struct generation *generation, const uint32_t *rows, uint32_t count)
{
    must(count > 0);
    const uint32_t hot = (count + 19) / 20;
    if (random_chance(&generation->random, 330)) {
        return rows[random_below(&generation->random, hot) * 20 % count];
    }
    return rows[random_below(&generation->random, count)];
}

static struct place nearby(struct generation *generation, struct place place, int64_t metres)
{
    const int64_t span = metres * 90; /* 1e-7 degrees of latitude; a little more in longitude */
    return (struct place){
        .lon = place.lon + (int32_t)random_between(&generation->random, -span, span),
        .lat = place.lat + (int32_t)random_between(&generation->random, -span, span)};
}

static void add_report(struct generation *generation, const struct report_row *row)
{
    const int64_t end_ms = generation->demand->from_ms + generation->demand->hours * HOUR_MS;
    if (row->type == NULL || row->at_ms >= end_ms) {
        return;
    }
    if (generation->row_count == generation->row_capacity) {
        generation->row_capacity =
            generation->row_capacity == 0 ? 4096 : generation->row_capacity * 2;
        generation->rows =
            realloc(generation->rows, generation->row_capacity * sizeof *generation->rows);
        must(generation->rows != NULL);
    }
    generation->rows[generation->row_count] = *row;
    generation->rows[generation->row_count].serial = generation->row_count;
    generation->row_count++;
}

static void add_people(struct generation *generation, const struct trace_kind *kind,
                       struct report_row row)
{
    struct random *random = &generation->random;
    const struct place place = row.place;
    const int64_t start_ms = row.at_ms;
    row.report = REPORT_SECOND;
    row.device = NONE32;
    if (random_chance(random, kind->call_permille)) {
        row.type = kind->call_type;
        row.at_ms = start_ms + random_between(random, 2 * MINUTE_MS, 40 * MINUTE_MS);
        row.place = nearby(generation, place, 12);
        add_report(generation, &row);
    }
    if (random_chance(random, kind->patrol_permille)) {
        row.type = kind->patrol_type;
        row.at_ms = start_ms + random_between(random, 5 * MINUTE_MS, 60 * MINUTE_MS);
        row.place = nearby(generation, place, 5);
        add_report(generation, &row);
    }
}

static void add_incident(struct generation *generation, uint32_t kind_index, int64_t at_ms)
{
    const struct city *city = generation->city;
    const struct trace_kind *kind = &TRACE_KINDS[kind_index];
    const struct sights *sights = &generation->sights[kind_index];
    struct random *random = &generation->random;
    struct report_row row = {.at_ms = at_ms,
                             .seed = random_next(random),
                             .type = kind->first_type,
                             .incident = ++generation->incident_count,
                             .device = NONE32,
                             .kind = (uint16_t)kind_index};
    if (kind->device_kind != NULL) {
        row.device = pick_spot(generation, sights->devices, sights->device_count);
        const struct city_device *device = &city->devices[row.device];
        row.place = device->asset != NONE32 ? (struct place){city->assets[device->asset].lon,
                                                             city->assets[device->asset].lat}
                                            : (struct place){device->lon, device->lat};
    } else if (sights->asset_count > 0) {
        const struct city_asset *asset =
            &city->assets[pick_spot(generation, sights->assets, sights->asset_count)];
        row.place = nearby(generation, (struct place){asset->lon, asset->lat}, 8);
    } else {
        const struct city_cell *cell = &city->cells[random_below(random, city->cell_count)];
        row.place = nearby(generation, (struct place){cell->lon, cell->lat}, 150);
    }
    if (random_chance(random, kind->faint_permille)) {
        row.report = REPORT_FAINT; /* nothing is there: the device reports below every threshold */
        add_report(generation, &row);
        return;
    }
    add_report(generation, &row);
    const uint32_t repeats =
        row.device == NONE32 ? 0 : (uint32_t)random_below(random, (uint64_t)kind->repeats_max + 1);
    for (uint32_t i = 1; i <= repeats; i++) {
        struct report_row repeat = row;
        repeat.report = REPORT_REPEAT;
        repeat.repeat = (uint8_t)i;
        repeat.at_ms =
            at_ms + kind->repeat_every_ms * i + random_between(random, -SECOND_MS, SECOND_MS);
        add_report(generation, &repeat);
    }
    add_people(generation, kind, row);
    if (random_chance(random, kind->clear_permille)) {
        row.report = REPORT_CLEAR;
        row.type = kind->clear_type;
        row.at_ms = at_ms + random_between(random, 60 * MINUTE_MS, 180 * MINUTE_MS);
        add_report(generation, &row);
    }
}

/* Arrivals of one kind: at the rate of its busiest hour, thinned to each hour's share. */
static void add_kind(struct generation *generation, uint32_t kind_index)
{
    const struct trace_kind *kind = &TRACE_KINDS[kind_index];
    const struct sights *sights = &generation->sights[kind_index];
    const struct trace_demand *demand = generation->demand;
    int64_t weights = 0;
    int64_t profile_sum = 0;
    if (kind->device_kind != NULL && sights->device_count == 0) {
        return;
    }
    for (uint32_t k = 0; k < TRACE_KIND_COUNT; k++) {
        weights += TRACE_KINDS[k].weight;
    }
    for (uint32_t hour = 0; hour < 24; hour++) {
        profile_sum += trace_profile_permille(kind->profile, hour);
    }
    /* Mean wait at the busiest hour: 24 h of the mean rate fit under the profile. */
    const int64_t wait_ms = mul_div(HOUR_MS * weights, profile_sum,
                                    demand->incidents_per_hour * (int64_t)kind->weight * 24 * 1000);
    const int64_t end_ms = demand->from_ms + demand->hours * HOUR_MS;
    int64_t at_ms = demand->from_ms;
    for (;;) {
        at_ms += random_wait(&generation->random, max_i64(wait_ms, 1));
        if (at_ms >= end_ms) {
            return;
        }
        const int64_t local_ms = city_local_ms(generation->city, at_ms);
        const uint32_t hour = (uint32_t)(mod_floor(local_ms, DAY_MS) / HOUR_MS);
        if (random_chance(&generation->random, trace_profile_permille(kind->profile, hour))) {
            add_incident(generation, kind_index, at_ms);
        }
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct report_row *x = a;
    const struct report_row *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* ---- writing ---- */

static uint32_t gateway_of(const struct generation *generation, const struct report_row *row)
{
    const uint32_t kind = strncmp(row->type, "camera.", 7) == 0    ? GATEWAY_CAMERA
                          : strncmp(row->type, "sensor.", 7) == 0  ? GATEWAY_SENSOR
                          : strncmp(row->type, "hotline.", 8) == 0 ? GATEWAY_HOTLINE
                                                                   : GATEWAY_PATROL;
    const uint32_t count = generation->gateway_counts[kind];
    return count == 0 ? NONE32
                      : generation->gateways[kind][row->device == NONE32 ? 0 : row->device % count];
}

static const char *keep_text(struct generation *generation, size_t slot, struct image_string string)
{
    must(string.size < sizeof generation->ids[slot]);
    memcpy(generation->ids[slot], city_text(generation->city, string), string.size);
    generation->ids[slot][string.size] = '\0';
    return generation->ids[slot];
}

static void write_report(struct generation *generation, const struct report_row *row,
                         uint32_t number, struct trace_writer *writer)
{
    static const char *const REPORTS[] = {"first", "repeat", "second_source", "clear",
                                          "false_alarm"};
    const struct trace_kind *kind = &TRACE_KINDS[row->kind];
    const uint32_t gateway = gateway_of(generation, row);
    char id[24], caller[24], incident[24], buffer[64];
    struct random random;
    if (gateway == NONE32) {
        return;
    }
    random_init(&random, row->seed, "fields");
    (void)snprintf(id, sizeof id, "e-%08" PRIu32, number);
    (void)snprintf(incident, sizeof incident, "i-%07" PRIu32, row->incident);
    (void)snprintf(caller, sizeof caller, "caller-%06" PRIu64, row->seed % 1000000);
    struct trace_event event = {
        .at_ms = row->at_ms, .id = id, .type = row->type, .place = place_none()};
    event.offset_minutes =
        (int32_t)((city_local_ms(generation->city, row->at_ms) - row->at_ms) / MINUTE_MS);
    event.source = keep_text(generation, 0, generation->city->gateways[gateway].id);
    if (row->device != NONE32) {
        event.device = keep_text(generation, 1, generation->city->devices[row->device].id);
    } else {
        event.place = row->place;
        if (generation->gateway_crs != NULL && generation->gateway_crs[gateway] != CRS_WGS84) {
            event.place = degrees_to_place(crs_from_wgs84(
                (enum crs)generation->gateway_crs[gateway], place_to_degrees(row->place)));
        }
    }
    if (strncmp(row->type, "hotline.", 8) == 0) {
        event.caller = caller;
        event.text = kind->words;
    }
    trace_kind_fields(row->type, &random, row->report == REPORT_FAINT, row->repeat, buffer, &event);
    event.truth = json_pack("{s:s, s:s, s:s}", "incident", incident, "kind", REPORTS[row->report],
                            "class", kind->class_code);
    must(event.truth != NULL);
    trace_writer_add(writer, &event);
    json_decref(event.truth);
}

static enum err write_rows(struct generation *generation, const char *path)
{
    struct trace_writer *writer;
    const enum err err = trace_writer_open(path, &writer);
    if (err != ERR_OK) {
        return err;
    }
    if (generation->row_count > 0) {
        qsort(generation->rows, generation->row_count, sizeof *generation->rows, compare_rows);
    }
    for (uint32_t i = 0; i < generation->row_count; i++) {
        write_report(generation, &generation->rows[i], i + 1, writer);
    }
    return trace_writer_close(writer);
}

static void fini(struct generation *generation)
{
    for (uint32_t k = 0; generation->sights != NULL && k < TRACE_KIND_COUNT; k++) {
        free(generation->sights[k].devices);
        free(generation->sights[k].assets);
    }
    free(generation->sights);
    free(generation->rows);
}

enum err trace_generate(const struct city *city, const struct trace_demand *demand,
                        const char *path, struct trace_generated *out_counts)
{
    must(demand->hours > 0);
    must(demand->incidents_per_hour > 0);
    struct generation generation = {.city = city, .demand = demand};
    enum err err = find_sights(&generation);
    if (err == ERR_OK && (city->gateway_count == 0 || city->cell_count == 0)) {
        err = ERR_INPUT;
    }
    if (err == ERR_OK) {
        find_gateways(&generation);
        for (uint32_t k = 0; k < TRACE_KIND_COUNT; k++) {
            random_init(&generation.random, demand->seed, TRACE_KINDS[k].first_type);
            add_kind(&generation, k);
        }
        err = write_rows(&generation, path);
    }
    if (err == ERR_OK) {
        *out_counts = (struct trace_generated){.incidents = generation.incident_count,
                                               .events = generation.row_count};
    }
    fini(&generation);
    return err;
}

/* trace_generate.c: see trace_generate.h.
 *
 *   soonest arrival of any kind --incident--> its reports --send_report--> heap by instant of sending --> next event
 *
 * A report is put on the heap when its incident begins and no report is sent before its incident begins, so a report may be
 * taken once it is not later than the soonest arrival. */
#include "sim/trace_generate.h"

#include "engine/city/crs.h"
#include "sim/trace_sights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JITTER_MAX_MS (20 * SECOND_MS) /* below the 30 s of lateness that the shipped rules allow */
#define LATE_MIN_MS (35 * SECOND_MS)
#define STORM_MS HOUR_MS

enum report {
    REPORT_FIRST,
    REPORT_REPEAT,
    REPORT_SECOND,
    REPORT_CLEAR,
    REPORT_FALSE,
    REPORT_FAULT
};
enum flag {
    FLAG_FAINT = 1 << 0,
    FLAG_STORM = 1 << 1,
    FLAG_STUCK = 1 << 2,
    FLAG_LATE = 1 << 3,
    FLAG_DOUBLED = 1 << 4,
    FLAG_ELSEWHERE = 1 << 5
};

/* What a storm brings. */
static const char *const STORM_CLASSES[] = {"E.02.02", "E.02.03", "E.02.04", "C.01.01", "C.01.02"};

/* One event to be. */
struct report_row {
    int64_t at_ms; /* of sending */
    int64_t delay_ms;
    uint64_t seed;
    uint64_t serial; /* order of making: breaks ties */
    uint64_t id;
    uint64_t incident;
    const char *type;
    uint32_t device; /* row, or NONE32: a person at the place */
    struct place place;
    uint16_t kind;  /* of TRACE_KINDS */
    uint8_t report; /* enum report */
    uint8_t flags;
    uint32_t repeat;
};

struct arrivals {
    struct random random;
    int64_t next_ms; /* NEVER_MS: none */
    int64_t wait_ms; /* mean, at the busiest hour */
};

struct trace_generator {
    const struct city *city;
    struct trace_demand demand;
    int64_t end_ms;
    struct trace_sights sights;
    struct arrivals *kinds; /* as TRACE_KINDS */
    struct arrivals faults, storms;
    struct random feed;    /* what happens to events on their way */
    struct random *random; /* of what is being made */
    struct report_row *heap;
    size_t heap_count, heap_room;
    uint64_t serial, incidents, faulty;
    struct trace_generated counts;
    /* texts of the event given out */
    char ids[2][80], id[24], caller[24], incident[24], buffer[64];
};

struct trace_demand trace_demand_default(void)
{
#define TRACE_RATES_DEFAULT(name, option, value, largest, text) [TRACE_RATE_##name] = (value),
    return (struct trace_demand){.seed = 1,
                                 .from_ms = INT64_C(1772467200000), /* 2026-03-03, Shanghai */
                                 .hours = 24,
                                 .incidents_per_hour = 20,
                                 .rates = {TRACE_RATES_LIST(TRACE_RATES_DEFAULT)}};
#undef TRACE_RATES_DEFAULT
}

/* ---- heap ---- */

static bool row_is_sooner(const struct report_row *a, const struct report_row *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void heap_put(struct trace_generator *g, const struct report_row *row)
{
    if (g->heap_count == g->heap_room) {
        g->heap_room = g->heap_room == 0 ? 1024 : g->heap_room * 2;
        g->heap = realloc(g->heap, g->heap_room * sizeof *g->heap);
        must(g->heap != NULL);
    }
    size_t at = g->heap_count++;
    while (at > 0 && row_is_sooner(row, &g->heap[(at - 1) / 2])) {
        g->heap[at] = g->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    g->heap[at] = *row;
}

static struct report_row heap_take(struct trace_generator *g)
{
    must(g->heap_count > 0);
    const struct report_row first = g->heap[0];
    const struct report_row last = g->heap[--g->heap_count];
    size_t at = 0;
    for (size_t child = 1; child < g->heap_count; child = at * 2 + 1) {
        if (child + 1 < g->heap_count && row_is_sooner(&g->heap[child + 1], &g->heap[child])) {
            child++;
        }
        if (!row_is_sooner(&g->heap[child], &last)) {
            break;
        }
        g->heap[at] = g->heap[child];
        at = child;
    }
    if (g->heap_count > 0) {
        g->heap[at] = last;
    }
    return first;
}

/* ---- on the way ---- */

static bool feed_chance(struct trace_generator *g, enum trace_rate rate)
{
    return random_chance(&g->feed, (uint32_t)g->demand.rates[rate]);
}

/* Puts an event on its way; row->at_ms is when it happens. */
static void send_report(struct trace_generator *g, struct report_row row)
{
    if (row.type == NULL || row.at_ms >= g->end_ms) {
        return;
    }
    row.id = ++g->serial;
    row.serial = g->serial;
    if (feed_chance(g, TRACE_RATE_LATE)) {
        row.flags |= FLAG_LATE;
        row.delay_ms = LATE_MIN_MS +
                       random_wait(&g->feed, g->demand.rates[TRACE_RATE_LATE_MINUTES] * MINUTE_MS);
    } else if (feed_chance(g, TRACE_RATE_JITTER)) {
        row.delay_ms = random_between(&g->feed, 1, JITTER_MAX_MS);
    }
    row.at_ms += row.delay_ms;
    heap_put(g, &row);
    const bool is_doubled = feed_chance(g, TRACE_RATE_DOUBLED);
    const bool is_elsewhere = feed_chance(g, TRACE_RATE_DOUBLED_ELSEWHERE);
    if (is_doubled || is_elsewhere) {
        const int64_t later_ms = random_between(&g->feed, SECOND_MS, MINUTE_MS);
        row.flags |= (uint8_t)(is_elsewhere ? FLAG_DOUBLED | FLAG_ELSEWHERE : FLAG_DOUBLED);
        row.serial = ++g->serial;
        row.at_ms += later_ms;
        row.delay_ms += later_ms;
        heap_put(g, &row);
    }
}

/* ---- incidents ---- */

static uint32_t scaled(const struct trace_generator *g, uint32_t permille, enum trace_rate rate)
{
    return (uint32_t)min_i64(1000, (int64_t)permille * g->demand.rates[rate] / 1000);
}

/* Hot spots are spread evenly over the rows. */
static uint32_t pick_spot(struct trace_generator *g, const uint32_t *rows, uint32_t count)
{
    must(count > 0);
    const int64_t places = g->demand.rates[TRACE_RATE_HOT_PLACES];
    const uint32_t hot = (uint32_t)max_i64(1, ((int64_t)count * places + 999) / 1000);
    if (random_chance(g->random, (uint32_t)g->demand.rates[TRACE_RATE_HOT_SHARE])) {
        const uint64_t nth = random_below(g->random, hot);
        return rows[nth * count / hot];
    }
    return rows[random_below(g->random, count)];
}

static struct place nearby(struct trace_generator *g, struct place place, int64_t metres)
{
    const int64_t span = metres * 90; /* 1e-7 degrees of latitude; a little more in longitude */
    return (struct place){.lon = place.lon + (int32_t)random_between(g->random, -span, span),
                          .lat = place.lat + (int32_t)random_between(g->random, -span, span)};
}

static void send_people(struct trace_generator *g, const struct trace_kind *kind,
                        struct report_row row)
{
    const struct place place = row.place;
    const int64_t start_ms = row.at_ms;
    row.report = REPORT_SECOND;
    row.device = NONE32;
    if (random_chance(g->random, scaled(g, kind->call_permille, TRACE_RATE_SECOND))) {
        row.type = kind->call_type;
        row.at_ms = start_ms + random_between(g->random, 2 * MINUTE_MS, 40 * MINUTE_MS);
        row.place = nearby(g, place, 12);
        send_report(g, row);
    }
    if (random_chance(g->random, scaled(g, kind->patrol_permille, TRACE_RATE_SECOND))) {
        row.type = kind->patrol_type;
        row.at_ms = start_ms + random_between(g->random, 5 * MINUTE_MS, 60 * MINUTE_MS);
        row.place = nearby(g, place, 5);
        send_report(g, row);
    }
}

static void send_followers(struct trace_generator *g, const struct trace_kind *kind,
                           struct report_row row)
{
    const int64_t start_ms = row.at_ms;
    const int64_t repeats_max = kind->repeats_max * g->demand.rates[TRACE_RATE_REPEATS] / 1000;
    const uint32_t repeats =
        row.device == NONE32 ? 0 : (uint32_t)random_below(g->random, (uint64_t)repeats_max + 1);
    for (uint32_t i = 1; i <= repeats; i++) {
        struct report_row repeat = row;
        repeat.report = REPORT_REPEAT;
        repeat.repeat = i;
        repeat.at_ms +=
            kind->repeat_every_ms * i + random_between(g->random, -SECOND_MS, SECOND_MS);
        send_report(g, repeat);
    }
    send_people(g, kind, row);
    if (random_chance(g->random, scaled(g, kind->clear_permille, TRACE_RATE_CLEARS))) {
        row.report = REPORT_CLEAR;
        row.type = kind->clear_type;
        row.at_ms = start_ms + random_between(g->random, 60 * MINUTE_MS, 180 * MINUTE_MS);
        send_report(g, row);
    }
}

static struct place place_of_device(const struct city *city, uint32_t row)
{
    const struct city_device *device = &city->devices[row];
    return device->asset != NONE32
               ? (struct place){city->assets[device->asset].lon, city->assets[device->asset].lat}
               : (struct place){device->lon, device->lat};
}

static void place_incident(struct trace_generator *g, uint32_t kind_index, struct report_row *row)
{
    const struct city *city = g->city;
    const struct trace_sight *sight = &g->sights.kinds[kind_index];
    if (TRACE_KINDS[kind_index].device_kind != NULL) {
        row->device = pick_spot(g, sight->devices, sight->device_count);
        row->place = place_of_device(city, row->device);
    } else if (sight->asset_count > 0) {
        const struct city_asset *asset =
            &city->assets[pick_spot(g, sight->assets, sight->asset_count)];
        row->place = nearby(g, (struct place){asset->lon, asset->lat}, 8);
    } else {
        const struct city_cell *cell = &city->cells[random_below(g->random, city->cell_count)];
        row->place = nearby(g, (struct place){cell->lon, cell->lat}, 150);
    }
}

static enum trace_rate false_rate(const char *type)
{
    return strncmp(type, "camera.", 7) == 0   ? TRACE_RATE_FALSE_CAMERA
           : strncmp(type, "sensor.", 7) == 0 ? TRACE_RATE_FALSE_SENSOR
                                              : TRACE_RATE_FALSE_HOTLINE;
}

static void begin_incident(struct trace_generator *g, uint32_t kind_index, int64_t at_ms,
                           uint8_t flags)
{
    const struct trace_kind *kind = &TRACE_KINDS[kind_index];
    struct report_row row = {.at_ms = at_ms,
                             .seed = random_next(g->random),
                             .type = kind->first_type,
                             .incident = ++g->incidents,
                             .device = NONE32,
                             .kind = (uint16_t)kind_index,
                             .flags = flags};
    place_incident(g, kind_index, &row);
    const bool is_faint =
        random_chance(g->random, scaled(g, kind->faint_permille, TRACE_RATE_FAINT));
    const bool is_false =
        random_chance(g->random, (uint32_t)g->demand.rates[false_rate(kind->first_type)]);
    if (is_faint || is_false) { /* nothing is there; faint ones stay below every threshold */
        row.report = REPORT_FALSE;
        row.flags |= is_faint ? FLAG_FAINT : 0;
        send_report(g, row);
        return;
    }
    g->counts.incidents++;
    send_report(g, row);
    send_followers(g, kind, row);
}

/* A device that says the same over and over, or that is stuck below the thresholds. */
static void begin_fault(struct trace_generator *g, int64_t at_ms)
{
    const uint32_t kind_index = (uint32_t)random_below(g->random, TRACE_KIND_COUNT);
    const struct trace_kind *kind = &TRACE_KINDS[kind_index];
    const struct trace_sight *sight = &g->sights.kinds[kind_index];
    if (kind->device_kind == NULL || sight->device_count == 0) {
        return;
    }
    struct report_row row = {.seed = random_next(g->random),
                             .type = kind->first_type,
                             .incident = ++g->incidents,
                             .kind = (uint16_t)kind_index,
                             .report = REPORT_FAULT,
                             .flags = FLAG_STUCK};
    row.device = sight->devices[random_below(g->random, sight->device_count)];
    row.place = place_of_device(g->city, row.device);
    row.flags |= random_chance(g->random, 500) ? FLAG_FAINT : 0;
    const int64_t every_ms = random_between(g->random, 20 * SECOND_MS, 5 * MINUTE_MS);
    const int64_t count = random_between(g->random, 10, 60);
    for (int64_t i = 0; i < count; i++) {
        row.at_ms = at_ms + i * every_ms;
        send_report(g, row);
    }
    g->faulty++;
}

static uint32_t pick_storm_kind(struct trace_generator *g)
{
    for (;;) {
        const uint32_t kind = (uint32_t)random_below(g->random, TRACE_KIND_COUNT);
        const bool is_seen =
            TRACE_KINDS[kind].device_kind == NULL || g->sights.kinds[kind].device_count > 0;
        for (size_t i = 0; is_seen && i < COUNT_OF(STORM_CLASSES); i++) {
            if (strcmp(TRACE_KINDS[kind].class_code, STORM_CLASSES[i]) == 0) {
                return kind;
            }
        }
    }
}

static void begin_storm(struct trace_generator *g, int64_t at_ms)
{
    const int64_t count =
        g->demand.incidents_per_hour * g->demand.rates[TRACE_RATE_STORM_SIZE] / 1000;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t kind = pick_storm_kind(g);
        begin_incident(g, kind, at_ms + random_between(g->random, 0, STORM_MS - 1), FLAG_STORM);
    }
}

/* ---- arrivals ---- */

static void arrivals_next(struct trace_generator *g, struct arrivals *arrivals)
{
    if (arrivals->next_ms != NEVER_MS) {
        arrivals->next_ms += random_wait(&arrivals->random, arrivals->wait_ms);
        arrivals->next_ms = arrivals->next_ms >= g->end_ms ? NEVER_MS : arrivals->next_ms;
    }
}

/* wait_ms 0: never. */
static void arrivals_init(struct trace_generator *g, struct arrivals *arrivals, const char *stream,
                          int64_t wait_ms)
{
    random_init(&arrivals->random, g->demand.seed, stream);
    arrivals->wait_ms = min_i64(wait_ms, 1000000 * DAY_MS / 2);
    arrivals->next_ms = wait_ms == 0 ? NEVER_MS : g->demand.from_ms;
    arrivals_next(g, arrivals);
}

static void arrivals_init_all(struct trace_generator *g)
{
    const struct trace_demand *demand = &g->demand;
    int64_t weights = 0;
    for (uint32_t k = 0; k < TRACE_KIND_COUNT; k++) {
        weights += TRACE_KINDS[k].weight;
    }
    for (uint32_t k = 0; k < TRACE_KIND_COUNT; k++) {
        const struct trace_kind *kind = &TRACE_KINDS[k];
        const bool is_unseen = kind->device_kind != NULL && g->sights.kinds[k].device_count == 0;
        int64_t profile_sum = 0;
        for (uint32_t hour = 0; hour < 24; hour++) {
            profile_sum += trace_profile_permille(kind->profile, hour);
        }
        /* Mean wait at the busiest hour: 24 h of the mean rate fit under the profile. */
        const int64_t wait_ms =
            mul_div(HOUR_MS * weights, profile_sum,
                    demand->incidents_per_hour * (int64_t)kind->weight * 24 * 1000);
        arrivals_init(g, &g->kinds[k], kind->first_type, is_unseen ? 0 : max_i64(wait_ms, 1));
    }
    const int64_t faults = demand->rates[TRACE_RATE_FAULTS] * g->city->device_count;
    const int64_t storms = demand->rates[TRACE_RATE_STORMS];
    arrivals_init(g, &g->faults, "trace.faults",
                  faults == 0 ? 0 : max_i64(1, DAY_MS * 10000 / faults));
    arrivals_init(g, &g->storms, "trace.storms", storms == 0 ? 0 : DAY_MS * 1000 / storms);
}

/* The soonest of all arrivals. Ties: kinds in their order, then faults, then storms. */
static struct arrivals *soonest(struct trace_generator *g)
{
    struct arrivals *best = &g->kinds[0];
    for (uint32_t k = 1; k < TRACE_KIND_COUNT; k++) {
        best = g->kinds[k].next_ms < best->next_ms ? &g->kinds[k] : best;
    }
    best = g->faults.next_ms < best->next_ms ? &g->faults : best;
    return g->storms.next_ms < best->next_ms ? &g->storms : best;
}

static void arrive(struct trace_generator *g, struct arrivals *arrivals)
{
    const int64_t at_ms = arrivals->next_ms;
    g->random = &arrivals->random;
    if (arrivals == &g->faults) {
        begin_fault(g, at_ms);
    } else if (arrivals == &g->storms) {
        begin_storm(g, at_ms);
    } else {
        const uint32_t kind = (uint32_t)(arrivals - g->kinds);
        const uint32_t hour =
            (uint32_t)(mod_floor(city_local_ms(g->city, at_ms), DAY_MS) / HOUR_MS);
        if (random_chance(g->random, trace_profile_permille(TRACE_KINDS[kind].profile, hour))) {
            begin_incident(g, kind, at_ms, 0);
        }
    }
    arrivals_next(g, arrivals);
}

/* ---- events ---- */

static const char *keep_text(struct trace_generator *g, size_t slot, struct image_string string)
{
    must(string.size < sizeof g->ids[slot]);
    memcpy(g->ids[slot], city_text(g->city, string), string.size);
    g->ids[slot][string.size] = '\0';
    return g->ids[slot];
}

static void tell_truth(struct trace_generator *g, const struct report_row *row,
                       struct trace_truth *told)
{
    static const char *const REPORTS[] = {"first", "repeat",      "second_source",
                                          "clear", "false_alarm", "fault"};
    static const struct {
        uint8_t flag;
        const char *word;
    } WORDS[] = {{FLAG_DOUBLED, "doubled"}, {FLAG_LATE, "late"},
                 {FLAG_STORM, "storm"},     {FLAG_STUCK, "stuck"},
                 {FLAG_FAINT, "faint"},     {FLAG_ELSEWHERE, "other_gateway"}};
    size_t used = 0;
    (void)snprintf(g->incident, sizeof g->incident, "i-%07" PRIu64, row->incident);
    told->incident = g->incident;
    told->kind = REPORTS[row->report];
    told->class_code = TRACE_KINDS[row->kind].class_code;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if ((row->flags & WORDS[i].flag) != 0 && used < COUNT_OF(told->flags)) {
            told->flags[used++] = WORDS[i].word;
        }
    }
}

static void make_event(struct trace_generator *g, const struct report_row *row, uint32_t gateway,
                       struct trace_event *event)
{
    const struct city *city = g->city;
    struct random random;
    random_init(&random, row->seed, "fields");
    (void)snprintf(g->id, sizeof g->id, "e-%08" PRIu64, row->id);
    *event = (struct trace_event){.at_ms = row->at_ms,
                                  .delay_ms = row->delay_ms,
                                  .id = g->id,
                                  .type = row->type,
                                  .place = place_none()};
    event->offset_minutes = (int32_t)((city_local_ms(city, row->at_ms) - row->at_ms) / MINUTE_MS);
    event->source = keep_text(g, 0, city->gateways[gateway].id);
    if (row->device != NONE32) {
        event->device = keep_text(g, 1, city->devices[row->device].id);
    } else {
        const uint32_t *crs = g->sights.gateway_crs;
        event->place = row->place;
        if (crs != NULL && crs[gateway] != CRS_WGS84) {
            event->place = degrees_to_place(
                crs_from_wgs84((enum crs)crs[gateway], place_to_degrees(row->place)));
        }
    }
    if (strncmp(row->type, "hotline.", 8) == 0) {
        (void)snprintf(g->caller, sizeof g->caller, "caller-%06" PRIu64, row->seed % 1000000);
        event->caller = g->caller;
        event->text = TRACE_KINDS[row->kind].words;
    }
    trace_kind_fields(row->type, &random, (row->flags & FLAG_FAINT) != 0, row->repeat, g->buffer,
                      event);
    tell_truth(g, row, &event->told);
}

bool trace_generator_next(struct trace_generator *g, struct trace_event *out_event)
{
    for (;;) {
        struct arrivals *arrivals = soonest(g);
        if (arrivals->next_ms != NEVER_MS &&
            (g->heap_count == 0 || g->heap[0].at_ms >= arrivals->next_ms)) {
            arrive(g, arrivals);
            continue;
        }
        if (g->heap_count == 0) {
            return false;
        }
        const struct report_row row = heap_take(g);
        const uint32_t turn = (row.flags & FLAG_ELSEWHERE) != 0 ? 1 : 0;
        const uint32_t gateway = trace_sights_gateway(&g->sights, row.type, row.device, turn);
        if (gateway != NONE32) {
            g->counts.events++;
            make_event(g, &row, gateway, out_event);
            return true;
        }
    }
}

struct trace_generated trace_generator_counts(const struct trace_generator *g)
{
    return g->counts;
}

/* ---- life ---- */

enum err trace_generator_new(const struct city *city, const struct trace_demand *demand,
                             struct trace_generator **out_generator)
{
    struct trace_generator *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return ERR_MEMORY;
    }
    must(demand->incidents_per_hour > 0);
    g->city = city;
    g->demand = *demand;
    g->end_ms = demand->from_ms + demand->hours * HOUR_MS;
    enum err err = trace_sights_init(&g->sights, city);
    if (err == ERR_OK) {
        g->kinds = calloc(TRACE_KIND_COUNT, sizeof *g->kinds);
        err = g->kinds == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (err != ERR_OK) {
        trace_generator_free(g);
        return err;
    }
    random_init(&g->feed, demand->seed, "trace.feed");
    arrivals_init_all(g);
    *out_generator = g;
    return ERR_OK;
}

void trace_generator_free(struct trace_generator *g)
{
    if (g == NULL) {
        return;
    }
    trace_sights_fini(&g->sights);
    free(g->kinds);
    free(g->heap);
    free(g);
}

enum err trace_generate(const struct city *city, const struct trace_demand *demand,
                        const char *path, struct trace_generated *out_counts)
{
    struct trace_generator *generator;
    struct trace_writer *writer;
    struct trace_event event;
    enum err err = trace_generator_new(city, demand, &generator);
    if (err != ERR_OK) {
        return err;
    }
    err = trace_writer_open(path, &writer);
    if (err == ERR_OK) {
        while (trace_generator_next(generator, &event)) {
            trace_writer_add(writer, &event);
        }
        *out_counts = trace_generator_counts(generator);
        err = trace_writer_close(writer);
    }
    trace_generator_free(generator);
    return err;
}

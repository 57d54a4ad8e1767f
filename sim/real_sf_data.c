/* real_sf_data.c: reads the converted trace, the stations, and gives every unit a base. */
#include "sim/real_sf.h"
#include "sim/trace_csv.h"
#include "sim/trace_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *type;
    enum sf_group group;
} GROUPS[] = {{"ENGINE", SF_ENGINE},     {"MEDIC", SF_AMBULANCE}, {"PRIVATE", SF_AMBULANCE},
              {"TRUCK", SF_TRUCK},       {"CHIEF", SF_CHIEF},     {"RESCUE CAPTAIN", SF_CAPTAIN},
              {"RESCUE SQUAD", SF_SQUAD}};

const char *sf_group_name(enum sf_group group)
{
    static const char *const NAMES[SF_GROUP_COUNT] = {
        [SF_ENGINE] = "engine", [SF_AMBULANCE] = "ambulance",    [SF_TRUCK] = "truck",
        [SF_CHIEF] = "chief",   [SF_CAPTAIN] = "rescue_captain", [SF_SQUAD] = "rescue_squad",
        [SF_OTHER] = "other"};
    return NAMES[group];
}

static enum sf_group group_of(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(GROUPS); i++) {
        if (strcmp(type, GROUPS[i].type) == 0) {
            return GROUPS[i].group;
        }
    }
    return SF_OTHER;
}

static const char *keep(struct sf_data *data, const char *text)
{
    return pool_text(&data->pool, text, strlen(text));
}

static uint32_t find_unit(struct sf_data *data, const char *id, const char *type)
{
    for (uint32_t i = 0; i < data->unit_count; i++) {
        if (strcmp(data->units[i].id, id) == 0) {
            return i;
        }
    }
    data->units[data->unit_count] = (struct sf_unit){
        .id = keep(data, id), .type = keep(data, type), .group = group_of(type), .station = NONE32};
    return data->unit_count++;
}

static int64_t instant_of(const json_t *unit, const char *key, int64_t at_ms)
{
    const json_t *value = json_object_get(unit, key);
    return json_is_integer(value) ? at_ms + json_integer_value(value) : NEVER_MS;
}

static const char *field_text(struct sf_data *data, const struct trace_event *event,
                              const char *name)
{
    for (uint32_t i = 0; i < event->field_count; i++) {
        if (strcmp(event->fields[i].name.bytes, name) == 0 &&
            event->fields[i].kind == FIELD_STRING) {
            return pool_text(&data->pool, event->fields[i].text, event->fields[i].text_size);
        }
    }
    return "";
}

static const char *truth_text(struct sf_data *data, const struct trace_event *event,
                              const char *key)
{
    const char *text = json_string_value(json_object_get(event->truth, key));
    return text == NULL ? "" : keep(data, text);
}

#define UNITS_MAX 4096u

static void add_incident(struct sf_data *data, const struct trace_event *event,
                         uint32_t *capacities)
{
    data->incidents = pool_grow_rows(data->incidents, sizeof *data->incidents, data->incident_count,
                                     &capacities[0]);
    struct sf_incident *incident = &data->incidents[data->incident_count++];
    if (data->incident_count == 1) {
        /* Four local days from the midnight before the first call. */
        const int64_t offset_ms = event->offset_minutes * MINUTE_MS;
        data->offset_minutes = event->offset_minutes;
        data->train_until_ms = div_floor(event->at_ms + offset_ms, DAY_MS) * DAY_MS - offset_ms +
                               SF_TRAIN_DAYS * DAY_MS;
    }
    *incident = (struct sf_incident){.type = keep(data, event->type),
                                     .title = truth_text(data, event, "call_type"),
                                     .priority = field_text(data, event, "priority"),
                                     .station_area = field_text(data, event, "station_area"),
                                     .place = event->place,
                                     .at_ms = event->at_ms,
                                     .is_train = event->at_ms < data->train_until_ms,
                                     .first = data->response_count};
    const json_t *units = json_object_get(event->truth, "units");
    for (size_t i = 0; i < json_array_size(units); i++) {
        const json_t *unit = json_array_get(units, i);
        const char *id = json_string_value(json_object_get(unit, "id"));
        const char *type = json_string_value(json_object_get(unit, "type"));
        if (id == NULL || type == NULL || data->unit_count == UNITS_MAX) {
            continue;
        }
        data->responses = pool_grow_rows(data->responses, sizeof *data->responses,
                                         data->response_count, &capacities[1]);
        data->responses[data->response_count++] =
            (struct sf_response){.unit = find_unit(data, id, type),
                                 .dispatch_ms = instant_of(unit, "dispatch_ms", event->at_ms),
                                 .response_ms = instant_of(unit, "response_ms", event->at_ms),
                                 .on_scene_ms = instant_of(unit, "on_scene_ms", event->at_ms),
                                 .transport_ms = instant_of(unit, "transport_ms", event->at_ms),
                                 .available_ms = instant_of(unit, "available_ms", event->at_ms)};
        incident->count++;
    }
}

static enum err read_trace(struct sf_data *data, const char *path, struct problems *problems)
{
    struct trace_reader *reader;
    enum err err = trace_reader_open(path, problems, &reader);
    if (err != ERR_OK) {
        return err;
    }
    uint32_t capacities[2] = {0, 0};
    struct trace_event event;
    while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
        add_incident(data, &event, capacities);
    }
    trace_reader_close(reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* "Fire Station #7 - Division 3 Headquarters" -> 7 */
static enum err read_stations(struct sf_data *data, const char *path, struct problems *problems)
{
    size_t size = 0;
    const char *bytes = trace_file_slurp(path, &data->pool, problems, &size);
    json_t *root = bytes == NULL ? NULL : json_loadb(bytes, size, 0, NULL);
    const json_t *features = json_object_get(root, "features");
    const size_t count = json_array_size(features);
    data->stations = pool_take_rows(&data->pool, sizeof *data->stations, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *feature = json_array_get(features, i);
        const char *name = json_string_value(
            json_object_get(json_object_get(feature, "properties"), "common_name"));
        const json_t *point = json_object_get(json_object_get(feature, "geometry"), "coordinates");
        const char *hash = name == NULL ? NULL : strchr(name, '#');
        if (hash == NULL || json_array_size(point) != 2) {
            problems_add(problems, PROBLEM_ERROR, "R001", path, 0, 0,
                         "feature %zu is not a station with \"common_name\": \"Fire Station #N\"",
                         i + 1);
            continue;
        }
        data->stations[data->station_count++] = (struct sf_station){
            .number = (uint32_t)strtoul(hash + 1, NULL, 10),
            .place = {.lon = (int32_t)lround(json_number_value(json_array_get(point, 0)) * 1e7),
                      .lat = (int32_t)lround(json_number_value(json_array_get(point, 1)) * 1e7)}};
    }
    json_decref(root);
    if (data->station_count == 0) {
        problems_add(problems, PROBLEM_ERROR, "R001", path, 0, 0, "holds no stations");
        return ERR_INPUT;
    }
    return ERR_OK;
}

static uint32_t find_station(const struct sf_data *data, const char *text)
{
    const uint32_t number = (uint32_t)strtoul(text, NULL, 10);
    for (uint32_t i = 0; number > 0 && i < data->station_count; i++) {
        if (data->stations[i].number == number) {
            return i;
        }
    }
    return NONE32;
}

/* How many training calls each unit had in each station's area; the last row is the sum over units. */
static uint32_t *count_calls(const struct sf_data *data)
{
    const size_t row = data->station_count;
    uint32_t *calls = calloc((data->unit_count + 1u) * row, sizeof *calls);
    must(calls != NULL);
    for (uint32_t i = 0; i < data->incident_count; i++) {
        const struct sf_incident *incident = &data->incidents[i];
        const uint32_t station = find_station(data, incident->station_area);
        for (uint32_t r = 0; incident->is_train && station != NONE32 && r < incident->count; r++) {
            calls[data->responses[incident->first + r].unit * row + station]++;
            calls[data->unit_count * row + station]++;
        }
    }
    return calls;
}

/* The station with most calls in one row of count_calls; NONE32 when it has none. */
static uint32_t busiest_station(const uint32_t *calls, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t s = 1; s < count; s++) {
        best = calls[s] > calls[best] ? s : best;
    }
    return calls[best] > 0 ? best : NONE32;
}

/* Engines and trucks carry their station's number. The others stand where most of their training calls were:
 * ambulances are posted in the streets, chiefs have battalions. Who had no call then stands where most calls are. */
static void give_bases(struct sf_data *data)
{
    const size_t row = data->station_count;
    uint32_t *calls = count_calls(data);
    for (uint32_t u = 0; u < data->unit_count; u++) {
        struct sf_unit *unit = &data->units[u];
        if (unit->group == SF_ENGINE || unit->group == SF_TRUCK) {
            unit->station = find_station(data, unit->id + 1);
        }
        if (unit->station == NONE32) {
            unit->station = busiest_station(calls + u * row, data->station_count);
        }
        if (unit->station == NONE32) {
            unit->station = busiest_station(calls + data->unit_count * row, data->station_count);
            unit->base_is_guess = true;
        }
        unit->station = unit->station == NONE32 ? 0 : unit->station;
    }
    free(calls);
}

enum err sf_data_open(const char *data_directory, const char *trace_path, struct problems *problems,
                      struct sf_data **out_data)
{
    struct sf_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return ERR_MEMORY;
    }
    pool_init(&data->pool);
    data->units = pool_take_rows(&data->pool, sizeof *data->units, UNITS_MAX);
    char path[CITY_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/stations/sf_fire_stations.geojson", data_directory);
    enum err err = read_trace(data, trace_path, problems);
    if (err == ERR_OK) {
        err = read_stations(data, path, problems);
    }
    if (err != ERR_OK) {
        sf_data_close(data);
        return err;
    }
    give_bases(data);
    sf_fit_shifts(data);
    *out_data = data;
    return ERR_OK;
}

void sf_data_close(struct sf_data *data)
{
    if (data != NULL) {
        free(data->incidents);
        free(data->responses);
        pool_fini(&data->pool);
        free(data);
    }
}

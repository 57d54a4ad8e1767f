/* real_sf.c: the city directory of San Francisco's fire department, from public records.
 *
 * 299 grid zones are the cells, each in the neighbourhood that holds its middle; 42 stations are assets; every unit
 * that ever answered in the data is a worker. docs/real-data.md says what is assumed. */
#include "sim/real_sf.h"
#include "sim/real_files.h"
#include "sim/trace_convert.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CITY_CODE "6075" /* FIPS 06075, San Francisco County */

struct sf_map {
    struct pool pool;
    struct real_shapes zones;
    struct real_shapes neighbourhoods;
    bool has_zones, has_neighbourhoods;
    uint32_t zones_by_nearest; /* whose middle lies in no neighbourhood: water and edges */
};

struct sf_code {
    char text[40];
};

static struct sf_code unit_code(uint32_t neighbourhood)
{
    struct sf_code code;
    (void)snprintf(code.text, sizeof code.text, CITY_CODE "%03" PRIu32, neighbourhood + 1);
    return code;
}

static struct sf_code zone_code(struct sf_map *map, uint32_t zone)
{
    const char *text = real_shapes_text(&map->zones, zone, "zone_idx");
    struct sf_code code;
    (void)snprintf(code.text, sizeof code.text, "Z%.3s%.6s",
                   strlen(text) == 1   ? "00"
                   : strlen(text) == 2 ? "0"
                                       : "",
                   text);
    return code;
}

static enum err write_units(struct sf_map *map, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "units.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,level,parent\n" CITY_CODE ",San Francisco,2,\n");
    for (uint32_t i = 0; i < map->neighbourhoods.features.count; i++) {
        city_file_row(&file,
                      (const char *[]){unit_code(i).text,
                                       real_shapes_text(&map->neighbourhoods, i, "name"), "1",
                                       CITY_CODE},
                      4);
    }
    return city_file_close(&file);
}

static enum err write_cells(struct sf_map *map, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "cells.geojson");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [\n");
    for (uint32_t i = 0; i < map->zones.features.count; i++) {
        const struct place middle = real_shapes_inner(&map->zones, i);
        uint32_t neighbourhood = real_shapes_find(&map->neighbourhoods, middle);
        if (neighbourhood == NONE32) {
            neighbourhood = real_shapes_nearest(&map->neighbourhoods, middle);
            map->zones_by_nearest++;
        }
        city_file_print(
            &file,
            "%s{\"type\": \"Feature\", \"properties\": {\"code\": \"%s\", \"unit\": \"%s\"}, "
            "\"geometry\": ",
            i == 0 ? "" : ",\n", zone_code(map, i).text, unit_code(neighbourhood).text);
        real_shapes_print(&map->zones, i, &file);
        city_file_print(&file, "}");
    }
    city_file_print(&file, "\n]}\n");
    return city_file_close(&file);
}

/* ---- people and things ---- */

static enum err write_workers(const struct sf_data *data, struct sf_map *map, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "workers.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(
        &file, "id,name,roles,rights,department,shift,capacity,home_cell,lon,lat,has_base,mode\n"
               "desk.dispatch,Dispatch desk,,dispatcher,,,0,,,,false,\n"
               "desk.supervision,Supervision desk,,shift_chief,,,0,,,,false,\n"
               "desk.intake,Intake desk,,intake department_desk,,,0,,,,false,\n"
               "desk.fire,Fire department desk,,department_desk,dept.fire,,0,,,,false,\n"
               "lead.fire,Fire department lead,,department_desk,dept.fire,,0,,,,false,\n");
    for (uint32_t i = 0; i < data->unit_count; i++) {
        const struct sf_unit *unit = &data->units[i];
        const struct place base = data->stations[unit->station].place;
        const uint32_t zone = real_shapes_find(&map->zones, base);
        const char *group = sf_group_name(unit->group);
        const struct sf_code home = zone == NONE32 ? (struct sf_code){""} : zone_code(map, zone);
        char name[80];
        (void)snprintf(name, sizeof name, "%s %s", unit->type, unit->id);
        const struct city_number lon = city_degrees(base.lon);
        const struct city_number lat = city_degrees(base.lat);
        city_file_row(&file,
                      (const char *[]){unit->id, name, group, "worker", "dept.fire",
                                       sf_shift_name(unit).text, "1", home.text, lon.text, lat.text,
                                       "true", group},
                      12);
    }
    return city_file_close(&file);
}

static enum err write_stations(const struct sf_data *data, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "assets.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,kind,lon,lat,department\n");
    for (uint32_t i = 0; i < data->station_count; i++) {
        const struct sf_station *station = &data->stations[i];
        city_file_print(
            &file, "station-%02" PRIu32 ",Fire Station %" PRIu32 ",fire_station,%s,%s,dept.fire\n",
            station->number, station->number, city_degrees(station->place.lon).text,
            city_degrees(station->place.lat).text);
    }
    return city_file_close(&file);
}

static enum err write_city(const struct sf_fit *fit, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "city.yaml");
    if (err != ERR_OK) {
        return err;
    }
    /* The box reaches to the airport, which has calls but no zone. */
    city_file_print(
        &file,
        "city:\n  name: San Francisco Fire\n  name_en: San Francisco Fire\n  code: " CITY_CODE "\n"
        "  time_zone: America/Los_Angeles\n  crs: wgs84\n  levels: [neighbourhood, city]\n"
        "  district_level: 2\n"
        "box: {lon: [-122.53, -122.34], lat: [37.60, 37.84], margin_m: 2000}\n"
        "posts: {command: ops.dispatch, supervision: ops.supervision, desk: ops.desk}\n"
        "modes:\n");
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        /* Who had too few calls in training travels like an engine. */
        const double speed = fit->speed_kmh[g] > 0 ? fit->speed_kmh[g] : fit->speed_kmh[SF_ENGINE];
        const int64_t tenths = llround(speed * 10);
        city_file_print(&file, "  %s: {speed_kmh: %" PRId64 ".%" PRId64 ", detour: 1.0}\n",
                        sf_group_name((enum sf_group)g), tenths / 10, tenths % 10);
    }
    city_file_print(&file, "mode_default: engine\n");
    return city_file_close(&file);
}

static enum err write_catalogue(const struct sf_fit *fit, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "catalogue.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "class,title,department,handle,check,reopen\n");
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        const struct sf_name class = sf_demand_class(&fit->demands[i]);
        city_file_row(
            &file,
            (const char *[]){class.text, fit->demands[i].title, "dept.fire", "24h", "none", "0h"},
            6);
    }
    return city_file_close(&file);
}

static enum err write_tables(const struct sf_fit *fit, const char *out)
{
    static const char *const FILES[][2] = {
        {"departments.csv",
         "code,name,duty_post,lead_post\ndept.fire,Fire Department,fire.duty,fire.lead\n"},
        {"posts.csv", "code,name,department,persons\n"
                      "fire.duty,Fire duty desk,dept.fire,desk.fire\n"
                      "fire.lead,Fire lead,dept.fire,lead.fire\n"
                      "ops.dispatch,Dispatch,,desk.dispatch\n"
                      "ops.supervision,Supervision,,desk.supervision\n"
                      "ops.desk,Intake,,desk.intake\n"},
        {"gateways.csv", "id,name,kind,trusted,types,crs\nsffd-cad,Computer-aided "
                         "dispatch,department,true,call.,wgs84\n"}};
    enum err err = write_city(fit, out);
    for (size_t i = 0; i < COUNT_OF(FILES) && err == ERR_OK; i++) {
        err = real_write_text(out, FILES[i][0], FILES[i][1]);
    }
    return err == ERR_OK ? write_catalogue(fit, out) : err;
}

/* ---- facts for people ---- */

static json_t *demand_facts(const struct sf_fit *fit)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < fit->demand_count; i++) {
        const struct sf_demand *row = &fit->demands[i];
        json_t *object = json_object();
        (void)json_object_set_new(object, "type", json_string(row->type));
        (void)json_object_set_new(object, "priority",
                                  row->priority == NULL ? json_null() : json_string(row->priority));
        (void)json_object_set_new(object, "calls", json_integer(row->incidents));
        for (int g = 0; g < SF_GROUP_COUNT; g++) {
            if (row->mean[g] > 0) {
                (void)json_object_set_new(object, sf_group_name((enum sf_group)g),
                                          json_pack("[f, i]", row->mean[g], (int)row->units[g]));
            }
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static void add_facts(const struct sf_data *data, const struct sf_fit *fit,
                      const struct sf_map *map, json_t *facts)
{
    uint32_t train = 0;
    uint32_t guesses = 0;
    for (uint32_t i = 0; i < data->incident_count; i++) {
        train += data->incidents[i].is_train;
    }
    for (uint32_t i = 0; i < data->unit_count; i++) {
        guesses += data->units[i].base_is_guess;
    }
    const struct {
        const char *key;
        uint32_t value;
    } counts[] = {{"incidents", data->incident_count},
                  {"unit_responses", data->response_count},
                  {"units", data->unit_count},
                  {"stations", data->station_count},
                  {"cells", map->zones.features.count},
                  {"neighbourhoods", map->neighbourhoods.features.count},
                  {"neighbourhood_polygons_repaired", map->neighbourhoods.repaired},
                  {"zone_polygons_repaired", map->zones.repaired},
                  {"cells_by_nearest_neighbourhood", map->zones_by_nearest},
                  {"train_incidents", train},
                  {"units_with_guessed_base", guesses}};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        (void)json_object_set_new(facts, counts[i].key, json_integer(counts[i].value));
    }
    (void)json_object_set_new(facts, "train_until",
                              json_string(trace_format_instant(data->train_until_ms, -480).text));
    (void)json_object_set_new(facts, "units_per_incident",
                              json_real((double)data->response_count / data->incident_count));
    (void)json_object_set_new(facts, "units_per_incident_train",
                              json_real(fit->units_per_incident_train));
    (void)json_object_set_new(facts, "units_per_incident_rules",
                              json_real(fit->units_per_incident_rules));
    json_t *speeds = json_object();
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        (void)json_object_set_new(speeds, sf_group_name((enum sf_group)g),
                                  json_real(fit->speed_kmh[g]));
    }
    (void)json_object_set_new(facts, "speed_kmh", speeds);
    (void)json_object_set_new(facts, "demand_mean_and_rule", demand_facts(fit));
}

/* ---- the whole ---- */

static enum err open_map(const char *data, struct problems *problems, struct sf_map *map)
{
    char path[CITY_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/polygons/sf_grid_zones.geojson", data);
    enum err err = real_shapes_open(path, "zone_idx", &map->pool, problems, &map->zones);
    map->has_zones = err == ERR_OK;
    (void)snprintf(path, sizeof path, "%s/polygons/sf_neighborhoods.geojson", data);
    if (err == ERR_OK) {
        err = real_shapes_open(path, "name", &map->pool, problems, &map->neighbourhoods);
        map->has_neighbourhoods = err == ERR_OK;
    }
    return err;
}

static void close_map(struct sf_map *map)
{
    if (map->has_zones) {
        real_shapes_close(&map->zones);
    }
    if (map->has_neighbourhoods) {
        real_shapes_close(&map->neighbourhoods);
    }
    pool_fini(&map->pool);
}

static enum err write_all(struct sf_data *data, struct sf_map *map, const char *out, json_t *facts)
{
    struct sf_fit fit;
    sf_fit_make(data, &fit);
    enum err err = write_tables(&fit, out);
    if (err == ERR_OK) {
        err = sf_write_calendars(data, out);
    }
    if (err == ERR_OK) {
        err = write_units(map, out);
    }
    if (err == ERR_OK) {
        err = write_cells(map, out);
    }
    if (err == ERR_OK) {
        err = write_workers(data, map, out);
    }
    if (err == ERR_OK) {
        err = write_stations(data, out);
    }
    if (err == ERR_OK) {
        err = sf_write_rules(&fit, out);
    }
    if (err == ERR_OK) {
        err = sf_write_rates(data, &fit, out, facts);
    }
    add_facts(data, &fit, map, facts);
    for (int g = 0; g < SF_GROUP_COUNT; g++) {
        json_decref(fit.spreads[g]);
    }
    return err;
}

enum err real_import_sf(const char *data_directory, const char *out, struct problems *problems,
                        json_t **out_fit)
{
    char calls[CITY_PATH_MAX];
    char trace[CITY_PATH_MAX];
    struct sf_data *data = NULL;
    struct sf_map map = {.has_zones = false};
    struct trace_converted counts;
    json_t *facts = json_object();
    pool_init(&map.pool);
    (void)snprintf(trace, sizeof trace, "%s/trace.ndjson", out);
    enum err err = real_find_records(data_directory, "sffd", problems, calls);
    if (err == ERR_OK) {
        err = city_make_directory(out);
    }
    if (err == ERR_OK) {
        err = trace_convert("sffd", calls, trace, &map.pool, problems, &counts);
    }
    if (err == ERR_OK) {
        err = sf_data_open(data_directory, trace, problems, &data);
    }
    if (err == ERR_OK) {
        err = open_map(data_directory, problems, &map);
    }
    if (err == ERR_OK) {
        err = write_all(data, &map, out, facts);
    }
    if (err == ERR_OK) {
        err = real_write_facts(out, facts);
    }
    sf_data_close(data);
    close_map(&map);
    if (err != ERR_OK) {
        json_decref(facts);
        return err;
    }
    *out_fit = facts;
    return ERR_OK;
}

/* dispatch_city.c: see dispatch_city.h. */
#include "sim/bench/dispatch_city.h"

#include "engine/city/csv.h"
#include "engine/core/distance.h"
#include "sim/city_file.h"
#include "sim/random.h"
#include "sim/trace_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define START_MS INT64_C(1772496000000) /* 2026-03-03T00:00Z */
#define MARGIN_E7 50000                 /* of the box around the crossings, about 500 m */
#define SIDE 60u                        /* of the lattice, crossings */
#define STEP_E7 10000                   /* about 100 m */
#define COORDINATE_SIZE 32

struct dispatch_roads {
    struct pool pool;
    struct text_file arcs; /* as they are */
    struct place *nodes;
    const char **ids;
    uint32_t count;
    struct place low, high;
};

/* ---- roads ---- */

static void grow_box(struct dispatch_roads *roads, struct place at)
{
    roads->low.lon = at.lon < roads->low.lon ? at.lon : roads->low.lon;
    roads->low.lat = at.lat < roads->low.lat ? at.lat : roads->low.lat;
    roads->high.lon = at.lon > roads->high.lon ? at.lon : roads->high.lon;
    roads->high.lat = at.lat > roads->high.lat ? at.lat : roads->high.lat;
}

static enum err read_nodes(struct dispatch_roads *roads, const char *directory,
                           struct problems *problems)
{
    static const struct csv_column COLUMNS[] = {{"node", true}, {"lon", true}, {"lat", true}};
    struct text_file file;
    struct csv csv;
    if (!text_file_read(&roads->pool, problems, directory, "nodes.csv", &file) ||
        !text_file_read(&roads->pool, problems, directory, "arcs.csv", &roads->arcs)) {
        return ERR_INPUT;
    }
    csv_parse(&roads->pool, problems, &file, COLUMNS, COUNT_OF(COLUMNS), &csv);
    if (csv.has_problems || csv.row_count == 0) {
        return ERR_INPUT;
    }
    roads->nodes = pool_take_rows(&roads->pool, sizeof *roads->nodes, csv.row_count);
    roads->ids = pool_take_rows(&roads->pool, sizeof *roads->ids, csv.row_count);
    for (uint32_t i = 0; i < csv.row_count; i++) {
        roads->ids[i] = csv_at(&csv, i, 0)->text;
        roads->nodes[i] = (struct place){(int32_t)(strtod(csv_at(&csv, i, 1)->text, NULL) * 1e7),
                                         (int32_t)(strtod(csv_at(&csv, i, 2)->text, NULL) * 1e7)};
    }
    roads->count = csv.row_count;
    return ERR_OK;
}

/* 60 x 60 crossings a little off the square; a tenth of the streets is missing, a quarter one way. */
static enum err make_lattice(struct dispatch_roads *roads)
{
    struct random random;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return ERR_MEMORY;
    }
    random_init(&random, 1, "bench.dispatch.lattice");
    roads->count = SIDE * SIDE;
    roads->nodes = pool_take_rows(&roads->pool, sizeof *roads->nodes, roads->count);
    roads->ids = pool_take_rows(&roads->pool, sizeof *roads->ids, roads->count);
    for (uint32_t i = 0; i < roads->count; i++) {
        char id[16];
        const int length = snprintf(id, sizeof id, "x%u", i);
        const int32_t lon = (int32_t)(i % SIDE * STEP_E7 + random_below(&random, STEP_E7 / 2));
        const int32_t lat = (int32_t)(i / SIDE * STEP_E7 + random_below(&random, STEP_E7 / 2));
        roads->ids[i] = pool_text(&roads->pool, id, (size_t)length);
        roads->nodes[i] = (struct place){1160000000 + lon, 399000000 + lat};
    }
    (void)fprintf(out, "from,to,both_ways,car_ms\n");
    for (uint32_t i = 0; i < roads->count; i++) {
        const uint32_t others[] = {i % SIDE + 1 < SIDE ? i + 1 : NONE32,
                                   i / SIDE + 1 < SIDE ? i + SIDE : NONE32};
        for (size_t k = 0; k < COUNT_OF(others); k++) {
            if (others[k] == NONE32 || random_chance(&random, 100)) {
                continue;
            }
            const uint32_t ms = 5000 + (uint32_t)random_below(&random, 15000);
            const bool is_one_way = random_chance(&random, 250);
            (void)fprintf(out, "x%u,x%u,%s,%u\n", i, others[k], is_one_way ? "false" : "true", ms);
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return ERR_MEMORY;
    }
    roads->arcs = (struct text_file){
        .name = "arcs.csv", .bytes = pool_text(&roads->pool, text, size), .size = size};
    free(text);
    return ERR_OK;
}

enum err dispatch_roads_open(const char *directory, struct problems *problems,
                             struct dispatch_roads **out_roads)
{
    struct dispatch_roads *roads = calloc(1, sizeof *roads);
    if (roads == NULL) {
        return ERR_MEMORY;
    }
    pool_init(&roads->pool);
    roads->low = (struct place){INT32_MAX, INT32_MAX};
    roads->high = (struct place){INT32_MIN, INT32_MIN};
    const enum err err =
        directory == NULL ? make_lattice(roads) : read_nodes(roads, directory, problems);
    if (err != ERR_OK) {
        dispatch_roads_close(roads);
        return err;
    }
    for (uint32_t i = 0; i < roads->count; i++) {
        grow_box(roads, roads->nodes[i]);
    }
    *out_roads = roads;
    return ERR_OK;
}

void dispatch_roads_close(struct dispatch_roads *roads)
{
    if (roads != NULL) {
        pool_fini(&roads->pool);
        free(roads);
    }
}

/* ---- the city ---- */

static enum err write_text(const char *out, const char *name, const char *text, size_t size)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, name);
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "%.*s", (int)size, text);
    return city_file_close(&file);
}

static enum err write_roads(const struct dispatch_roads *roads, const char *out)
{
    struct city_file file;
    enum err err = city_file_open(&file, out, "roads/nodes.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "node,lon,lat\n");
    for (uint32_t i = 0; i < roads->count; i++) {
        city_file_print(&file, "%s,%s,%s\n", roads->ids[i], city_degrees(roads->nodes[i].lon).text,
                        city_degrees(roads->nodes[i].lat).text);
    }
    err = city_file_close(&file);
    return err == ERR_OK ? write_text(out, "roads/arcs.csv", roads->arcs.bytes, roads->arcs.size)
                         : err;
}

static int32_t line_at(int32_t low, int32_t high, uint32_t i, uint32_t count)
{
    const int64_t from = (int64_t)low - MARGIN_E7, to = (int64_t)high + MARGIN_E7;
    return (int32_t)(from + (to - from) * i / count);
}

/* Areas of equal size, so that the worst of them can be named. */
static enum err write_cells(const struct dispatch_roads *roads, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "cells.geojson");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [");
    for (uint32_t i = 0; i < DISPATCH_AREA_COLUMNS * DISPATCH_AREA_ROWS; i++) {
        const uint32_t x = i % DISPATCH_AREA_COLUMNS, y = i / DISPATCH_AREA_COLUMNS;
        const int32_t west = line_at(roads->low.lon, roads->high.lon, x, DISPATCH_AREA_COLUMNS);
        const int32_t east = line_at(roads->low.lon, roads->high.lon, x + 1, DISPATCH_AREA_COLUMNS);
        const int32_t south = line_at(roads->low.lat, roads->high.lat, y, DISPATCH_AREA_ROWS);
        const int32_t north = line_at(roads->low.lat, roads->high.lat, y + 1, DISPATCH_AREA_ROWS);
        const struct city_number w = city_degrees(west), e = city_degrees(east),
                                 s = city_degrees(south), n = city_degrees(north);
        city_file_print(&file,
                        "%s\n{\"type\": \"Feature\", \"properties\": {\"code\": \"A%02u\", "
                        "\"unit\": \"1\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": "
                        "[[[%s, %s], [%s, %s], [%s, %s], [%s, %s], [%s, %s]]]}}",
                        i == 0 ? "" : ",", i, w.text, s.text, e.text, s.text, e.text, n.text,
                        w.text, n.text, w.text, s.text);
    }
    city_file_print(&file, "\n]}\n");
    return city_file_close(&file);
}

static enum err write_people(const struct dispatch_roads *roads, const struct dispatch_scene *scene,
                             const char *out)
{
    struct city_file file;
    struct random random;
    const enum err err = city_file_open(&file, out, "workers.csv");
    if (err != ERR_OK) {
        return err;
    }
    random_init(&random, scene->seed, "bench.dispatch.people");
    city_file_print(&file, "id,name,roles,rights,department,capacity,lon,lat,has_base,mode\n"
                           "desk.duty,Duty,,shift_chief dispatcher department_desk,dept.calls,0,,,,"
                           "\n");
    for (uint32_t i = 0; i < scene->workers; i++) {
        const struct place at = roads->nodes[random_below(&random, roads->count)];
        city_file_print(&file, "w%04u,Worker %u,crew,worker,dept.calls,1,%s,%s,false,car\n", i, i,
                        city_degrees(at.lon).text, city_degrees(at.lat).text);
    }
    return city_file_close(&file);
}

/* The curve of an exponential time: -ln(1 - p) of the mean, between p0 and p99.9. */
static enum err write_agents(const struct dispatch_scene *scene, const char *out)
{
    static const struct {
        const char *at;
        int64_t permille; /* of the mean */
    } CURVE[] = {{"p0", 1},     {"p10", 105},  {"p20", 223},  {"p30", 357},    {"p40", 511},
                 {"p50", 693},  {"p60", 916},  {"p70", 1204}, {"p80", 1609},   {"p90", 2303},
                 {"p95", 2996}, {"p98", 3912}, {"p99", 4605}, {"p99.5", 5298}, {"p99.9", 6908}};
    struct city_file file;
    const enum err err = city_file_open(&file, out, "sim.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "agents:\n  work: {");
    for (size_t i = 0; i < COUNT_OF(CURVE); i++) {
        city_file_print(&file, "%s%s: %" PRId64 "s", i == 0 ? "" : ", ", CURVE[i].at,
                        max_i64(scene->work_ms * CURVE[i].permille / 1000 / SECOND_MS, 1));
    }
    city_file_print(&file, "}\n  accept: {p50: 1s}\n  turnout: {p50: 1s}\n  spread: {p50: 1}\n"
                           "  decline: 0\n  ignore: 0\n  return: 0\n  check_fail: 0\n"
                           "  verify_no: 0\n  desk_return: 0\n  desk_void: 0\n  reopen: 0\n"
                           "  signal_loss: 0\n  exception: 0\n  fix_every: 10s\n  by_case: [work]\n"
                           "  desk: {p50: 30d}\n");
    return city_file_close(&file);
}

static enum err write_calls(const struct dispatch_roads *roads, const struct dispatch_scene *scene,
                            const char *out)
{
    char path[CITY_PATH_MAX];
    struct trace_writer *writer;
    struct random random;
    int64_t at_ms = START_MS;
    (void)snprintf(path, sizeof path, "%s/trace.ndjson", out);
    const enum err err = trace_writer_open(path, &writer);
    if (err != ERR_OK) {
        return err;
    }
    random_init(&random, scene->seed, "bench.dispatch.calls");
    for (uint32_t i = 0; i < scene->calls; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "c%06u", i);
        at_ms += random_wait(&random, scene->every_ms);
        const struct trace_event event = {.at_ms = at_ms,
                                          .source = "calls",
                                          .id = id,
                                          .type = "call.help",
                                          .place =
                                              roads->nodes[random_below(&random, roads->count)]};
        trace_writer_add(writer, &event);
    }
    return trace_writer_close(writer);
}

static enum err write_tables(const char *out)
{
    static const char *const FILES[][2] = {
        {"units.csv", "code,name,level,parent\n1,Whole,1,\n"},
        {"departments.csv", "code,name,duty_post\ndept.calls,Calls,calls.duty\n"},
        {"posts.csv", "code,name,department,persons\ncalls.duty,Duty,dept.calls,desk.duty\n"},
        {"gateways.csv", "id,name,kind,trusted,types\ncalls,Calls,hotline,true,call.\n"},
        {"calendars.yaml", "calendars:\n  cal.always:\n    week: {mon-sun: \"00:00-24:00\"}\n"
                           "    valid: [2020-01-01, 2040-01-01]\n"},
        {"catalogue.csv",
         "class,title,department,handle,check,reopen\ncall,Call,dept.calls,24h,none,0h\n"},
        {"city.yaml",
         "city:\n  name: Roads\n  name_en: Roads\n  code: \"1\"\n  time_zone: UTC\n  crs: wgs84\n"
         "  levels: [city]\n  district_level: 1\n"
         "posts: {command: calls.duty, supervision: calls.duty, desk: calls.duty}\n"
         "modes:\n  car: {speed_kmh: 25, detour: 1.4}\nmode_default: car\n"}};
    enum err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(FILES) && err == ERR_OK; i++) {
        err = write_text(out, FILES[i][0], FILES[i][1], strlen(FILES[i][1]));
    }
    return err;
}

static enum err write_rules(const char *out)
{
    static const char RULES[] =
        "ruleset: 1\n"
        "defaults:\n  status: active\n  seek_every: 1h\n  stale_fix: 2h\n  worker_lost: 1d\n"
        "  sla: {accept: 10m, dispatch: 12h, check: 1h}\n"
        "events:\n  call.help: {title: \"Call\", lane: report}\n"
        "rules:\n- id: call\n  title: \"Call\"\n  owner: dept.calls\n  event: call.help\n"
        "  open: {class: call, severity: 3, title: \"Call\"}\n"
        "  assign: {role: crew, search: [city], pick: eta, fallback: calls.duty}\n"
        "  sla: {accept: 10m, arrive: 12h, handle: 24h}\n";
    return write_text(out, "rules/calls.yaml", RULES, sizeof RULES - 1);
}

enum err dispatch_city_write(const struct dispatch_roads *roads, const struct dispatch_scene *scene,
                             const char *out)
{
    enum err err = write_tables(out);
    err = err != ERR_OK ? err : write_rules(out);
    err = err != ERR_OK ? err : write_roads(roads, out);
    err = err != ERR_OK ? err : write_cells(roads, out);
    err = err != ERR_OK ? err : write_people(roads, scene, out);
    err = err != ERR_OK ? err : write_agents(scene, out);
    return err != ERR_OK ? err : write_calls(roads, scene, out);
}

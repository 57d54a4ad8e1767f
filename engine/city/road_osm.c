/* road_osm.c: see road_osm.h. The file is read twice: for the ways and the nodes they use, then for where those nodes are. */
#include "engine/city/road_osm.h"

#include "engine/city/crs.h"

#include <readosm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MM_PER_S(kmh) ((uint32_t)((kmh)*1000000u / 3600u))
#define MPH_PERMILLE 1609u

enum travel { TRAVEL_WALK = 1, TRAVEL_BIKE = 2, TRAVEL_MOTOR = 4 };

struct highway {
    const char *name;
    uint32_t travels; /* enum travel bits that may go there where nothing else is said */
    uint32_t kmh;     /* of motor vehicles where maxspeed is silent */
};

static const struct highway HIGHWAYS[] = {
    {"motorway", TRAVEL_MOTOR, 100},
    {"motorway_link", TRAVEL_MOTOR, 60},
    {"trunk", TRAVEL_MOTOR | TRAVEL_BIKE, 80},
    {"trunk_link", TRAVEL_MOTOR | TRAVEL_BIKE, 50},
    {"primary", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 60},
    {"primary_link", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 45},
    {"secondary", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 50},
    {"secondary_link", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 40},
    {"tertiary", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 40},
    {"tertiary_link", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 35},
    {"unclassified", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 30},
    {"residential", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 30},
    {"road", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 30},
    {"living_street", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 10},
    {"service", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 15},
    {"track", TRAVEL_MOTOR | TRAVEL_BIKE | TRAVEL_WALK, 15},
    {"pedestrian", TRAVEL_WALK, 10},
    {"footway", TRAVEL_WALK, 10},
    {"path", TRAVEL_WALK | TRAVEL_BIKE, 10},
    {"cycleway", TRAVEL_WALK | TRAVEL_BIKE, 10},
    {"bridleway", TRAVEL_WALK, 10},
    {"steps", TRAVEL_WALK, 10},
};

struct osm_way {
    uint32_t first, count; /* in refs */
    uint32_t travels;      /* forward */
    uint32_t backward;     /* enum travel bits that may go against it */
    uint32_t motor_mm_per_s;
};

struct osm_node {
    int64_t id;
    uint32_t row; /* of the graph, NONE32 = not met in the file */
};

struct osm {
    struct osm_way *ways;
    int64_t *refs;
    struct osm_node *nodes; /* by id */
    uint32_t way_count, way_capacity, ref_count, ref_capacity, node_count;
    struct road_graph *graph;
};

static const char *tag(const readosm_way *way, const char *key)
{
    for (int i = 0; i < way->tag_count; i++) {
        if (strcmp(way->tags[i].key, key) == 0) {
            return way->tags[i].value;
        }
    }
    return NULL;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What an access tag says of some travels: forbidden, allowed, or nothing. */
static uint32_t allow(uint32_t travels, const char *value, uint32_t which)
{
    static const char *const NO[] = {"no", "private", "use_sidepath", "agricultural", "forestry"};
    static const char *const YES[] = {"yes", "designated", "permissive", "destination", "official"};
    if (is_one_of(value, NO, COUNT_OF(NO))) {
        return travels & ~which;
    }
    return is_one_of(value, YES, COUNT_OF(YES)) ? travels | which : travels;
}

static uint32_t travels_of(const readosm_way *way, const struct highway *highway)
{
    static const char *const NO[] = {"no", "private"};
    uint32_t travels = highway->travels;
    if (is_one_of(tag(way, "access"), NO, COUNT_OF(NO))) { /* "yes" opens no motorway to walkers */
        travels = 0;
    }
    travels = allow(travels, tag(way, "vehicle"), TRAVEL_BIKE | TRAVEL_MOTOR);
    travels = allow(travels, tag(way, "motor_vehicle"), TRAVEL_MOTOR);
    travels = allow(travels, tag(way, "bicycle"), TRAVEL_BIKE);
    return allow(travels, tag(way, "foot"), TRAVEL_WALK);
}

/* 1 = along it only, -1 = against it only, 0 = both ways. */
static int direction_of(const readosm_way *way, const char *highway)
{
    static const char *const ALONG[] = {"yes", "true", "1"};
    static const char *const AGAINST[] = {"-1", "reverse"};
    const char *oneway = tag(way, "oneway");
    const char *junction = tag(way, "junction");
    if (is_one_of(oneway, ALONG, COUNT_OF(ALONG))) {
        return 1;
    }
    if (is_one_of(oneway, AGAINST, COUNT_OF(AGAINST))) {
        return -1;
    }
    if (oneway != NULL && strcmp(oneway, "no") == 0) {
        return 0;
    }
    return (junction != NULL && strcmp(junction, "roundabout") == 0) ||
                   strcmp(highway, "motorway") == 0 || strcmp(highway, "motorway_link") == 0
               ? 1
               : 0;
}

static uint32_t motor_speed_of(const readosm_way *way, const struct highway *highway)
{
    const char *text = tag(way, "maxspeed");
    char *end = NULL;
    const unsigned long value = text == NULL ? 0 : strtoul(text, &end, 10);
    if (value == 0 || value > 300) {
        return MM_PER_S(highway->kmh);
    }
    const bool is_mph = strcmp(end, " mph") == 0 || strcmp(end, "mph") == 0;
    const uint32_t limit =
        is_mph ? MM_PER_S((uint32_t)value) / 1000u * MPH_PERMILLE : MM_PER_S((uint32_t)value);
    const uint32_t usual = MM_PER_S(highway->kmh);
    return limit < usual ? limit : usual;
}

static int on_way(const void *user, const readosm_way *way)
{
    struct osm *osm = (struct osm *)(uintptr_t)user;
    const char *name = tag(way, "highway");
    const struct highway *highway = NULL;
    for (size_t i = 0; name != NULL && i < COUNT_OF(HIGHWAYS); i++) {
        highway = strcmp(HIGHWAYS[i].name, name) == 0 ? &HIGHWAYS[i] : highway;
    }
    if (highway == NULL || way->node_ref_count < 2) {
        return READOSM_OK;
    }
    const uint32_t travels = travels_of(way, highway);
    const int direction = direction_of(way, name);
    const char *bikes = tag(way, "oneway:bicycle");
    const uint32_t free_ways = /* who does not mind the direction */
        travels &
        (TRAVEL_WALK | (bikes != NULL && strcmp(bikes, "no") == 0 ? (uint32_t)TRAVEL_BIKE : 0));
    const struct osm_way row = {
        .first = osm->ref_count,
        .count = (uint32_t)way->node_ref_count,
        .travels = direction >= 0 ? travels : free_ways,
        .backward = direction <= 0 ? travels : free_ways,
        .motor_mm_per_s = motor_speed_of(way, highway),
    };
    if (travels == 0) {
        return READOSM_OK;
    }
    osm->ways = pool_grow_rows(osm->ways, sizeof *osm->ways, osm->way_count, &osm->way_capacity);
    osm->ways[osm->way_count++] = row;
    for (int i = 0; i < way->node_ref_count; i++) {
        osm->refs =
            pool_grow_rows(osm->refs, sizeof *osm->refs, osm->ref_count, &osm->ref_capacity);
        osm->refs[osm->ref_count++] = (int64_t)way->node_refs[i];
    }
    return READOSM_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const struct osm_node *left = a;
    const struct osm_node *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

static void number_refs(struct osm *osm)
{
    osm->nodes = calloc((size_t)osm->ref_count + 1, sizeof *osm->nodes);
    must(osm->nodes != NULL);
    for (uint32_t i = 0; i < osm->ref_count; i++) {
        osm->nodes[i] = (struct osm_node){osm->refs[i], NONE32};
    }
    qsort(osm->nodes, osm->ref_count, sizeof *osm->nodes, compare_ids);
    for (uint32_t i = 0; i < osm->ref_count; i++) {
        if (osm->node_count == 0 || osm->nodes[osm->node_count - 1].id != osm->nodes[i].id) {
            osm->nodes[osm->node_count++] = osm->nodes[i];
        }
    }
}

static struct osm_node *find_node(const struct osm *osm, int64_t id)
{
    const struct osm_node key = {.id = id};
    return osm->node_count == 0
               ? NULL
               : bsearch(&key, osm->nodes, osm->node_count, sizeof key, compare_ids);
}

static int on_node(const void *user, const readosm_node *node)
{
    struct osm *osm = (struct osm *)(uintptr_t)user;
    struct osm_node *row = find_node(osm, (int64_t)node->id);
    if (row != NULL && row->row == NONE32) {
        row->row = road_graph_add_node(
            osm->graph, degrees_to_place((struct degrees){node->longitude, node->latitude}));
    }
    return READOSM_OK;
}

static uint32_t travel_of_mode(const char *name)
{
    static const char *const WALK[] = {"walk", "foot"};
    static const char *const BIKE[] = {"bike", "bicycle", "ebike"};
    if (is_one_of(name, WALK, COUNT_OF(WALK))) {
        return TRAVEL_WALK;
    }
    return is_one_of(name, BIKE, COUNT_OF(BIKE)) ? TRAVEL_BIKE : TRAVEL_MOTOR;
}

/* One arc per two nodes that follow each other and direction that somebody may go. */
static void add_arcs(const struct gather *gather, const struct osm *osm, const struct osm_way *way,
                     uint32_t from, uint32_t to)
{
    const int64_t cm = distance_cm(osm->graph->nodes[from], osm->graph->nodes[to]);
    for (int back = 0; back < 2; back++) {
        const uint32_t travels = back == 0 ? way->travels : way->backward;
        uint32_t ms[ROAD_MODES_MAX];
        for (uint32_t mode = 0; mode < osm->graph->mode_count; mode++) {
            const uint32_t travel = travel_of_mode(gather->mode_names.texts[mode]);
            const uint32_t speed = travel == TRAVEL_MOTOR ? way->motor_mm_per_s
                                                          : gather->mode_rows[mode].speed_mm_per_s;
            ms[mode] = (travels & travel) != 0 ? road_graph_ms(cm, speed) : ROAD_CLOSED;
        }
        if (travels != 0) {
            road_graph_add_arc(osm->graph, back == 0 ? from : to, back == 0 ? to : from, ms);
        }
    }
}

static bool parse(const char *path, struct osm *osm, readosm_node_callback nodes,
                  readosm_way_callback ways)
{
    const void *handle = NULL;
    const int opened = readosm_open(path, &handle);
    const int parsed =
        opened == READOSM_OK ? readosm_parse(handle, osm, nodes, ways, NULL) : opened;
    if (handle != NULL) {
        (void)readosm_close(handle);
    }
    return parsed == READOSM_OK;
}

void gather_osm(struct gather *gather, const char *name, struct road_graph *graph)
{
    char path[4096];
    struct text_file file; /* what the image was made of is part of its digest */
    struct osm osm = {.graph = graph};
    (void)snprintf(path, sizeof path, "%s/%s", gather->directory, name);
    if (!gather_bytes(gather, name, &file)) {
        return;
    }
    bool is_read = parse(path, &osm, NULL, on_way);
    number_refs(&osm);
    is_read = is_read && parse(path, &osm, on_node, NULL);
    for (uint32_t i = 0; is_read && i < osm.way_count; i++) {
        const struct osm_way *way = &osm.ways[i];
        for (uint32_t k = 1; k < way->count; k++) {
            const struct osm_node *from = find_node(&osm, osm.refs[way->first + k - 1]);
            const struct osm_node *to = find_node(&osm, osm.refs[way->first + k]);
            if (from->row != NONE32 && to->row != NONE32) { /* an extract cuts ways at its edge */
                add_arcs(gather, &osm, way, from->row, to->row);
            }
        }
    }
    if (!is_read) {
        problems_add(gather->problems, PROBLEM_ERROR, "C039", name, 0, 0,
                     "is no OpenStreetMap extract in PBF, or it ends early");
    }
    free(osm.ways);
    free(osm.refs);
    free(osm.nodes);
}

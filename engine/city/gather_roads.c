/* gather_roads.c: roads/nodes.csv and roads/arcs.csv, or roads.osm.pbf, to the road graph of the image; see gather.h.
 *
 * An arc leads one way; `both_ways` true makes it two. What it takes by mode is `<mode>_ms`; a filled cell is that time, `-` says
 * that the mode may not go there, and an empty one (or no such column) is its length at the mode's own speed, its length being
 * `metres` or else the straight line between its nodes. */
#include <stdio.h>
#include <string.h>

#include "engine/city/gather.h"
#include "engine/city/road_graph.h"
#include "engine/city/road_osm.h"

#define NODE_FILE "roads/nodes.csv"
#define ARC_FILE "roads/arcs.csv"
#define OSM_FILE "roads.osm.pbf"
#define METRES_MAX 1e6

enum { NODE_ID, NODE_LON, NODE_LAT };
static const struct csv_column NODE_COLUMNS[] = {{"node", true}, {"lon", true}, {"lat", true}};

enum { ARC_FROM, ARC_TO, ARC_METRES, ARC_BOTH_WAYS, ARC_MODES };
static const struct csv_column ARC_COLUMNS[ARC_MODES] = {
    {"from", true}, {"to", true}, {"metres", false}, {"both_ways", false}};

/* Columns of arcs.csv: the fixed ones, then one a mode. */
static uint32_t arc_columns(struct gather *gather, struct csv_column columns[CSV_COLUMNS_MAX])
{
    memcpy(columns, ARC_COLUMNS, sizeof ARC_COLUMNS);
    uint32_t count = ARC_MODES;
    for (uint32_t i = 0; i < gather->mode_names.count && count < CSV_COLUMNS_MAX; i++) {
        char name[80];
        int size = snprintf(name, sizeof name, "%s_ms", gather->mode_names.texts[i]);
        columns[count++] = (struct csv_column){pool_text(&gather->pool, name, (size_t)size), false};
    }
    return count;
}

static int64_t length_of(struct gather *gather, const struct csv *csv, uint32_t row,
                         struct place from, struct place to)
{
    const char *text = gather_text(csv, row, ARC_METRES);
    double metres = 0;
    if (text[0] == '\0') {
        return distance_cm(from, to);
    }
    if (!gather_parse_decimal(text, &metres) || metres < 0 || metres > METRES_MAX) {
        gather_problem(gather, csv, row, ARC_METRES, "C016",
                       "\"%s\" should be a length in metres, 0 to 1000000", text);
        return 0;
    }
    return (int64_t)(metres * 100 + 0.5);
}

static void read_arc(struct gather *gather, const struct csv *csv, uint32_t row,
                     const struct names *nodes, struct road_graph *graph)
{
    const uint32_t from = gather_reference(gather, csv, row, ARC_FROM, nodes, NODE_FILE);
    const uint32_t to = gather_reference(gather, csv, row, ARC_TO, nodes, NODE_FILE);
    for (uint32_t column = ARC_FROM; column <= ARC_TO; column++) {
        if (gather_text(csv, row, column)[0] == '\0') {
            gather_problem(gather, csv, row, column, "C013", "may not be empty");
        }
    }
    if (from == NONE32 || to == NONE32) {
        return;
    }
    const int64_t cm = length_of(gather, csv, row, graph->nodes[from], graph->nodes[to]);
    uint32_t ms[ROAD_MODES_MAX];
    for (uint32_t mode = 0; mode < graph->mode_count; mode++) {
        const uint32_t column = ARC_MODES + mode;
        const char *text = column < csv->column_count ? gather_text(csv, row, column) : "";
        ms[mode] = road_graph_ms(cm, gather->mode_rows[mode].speed_mm_per_s);
        if (strcmp(text, "-") == 0) {
            ms[mode] = ROAD_CLOSED;
        } else if (text[0] != '\0') {
            ms[mode] = gather_number(gather, csv, row, column, 0, ROAD_MS_MAX);
        }
    }
    road_graph_add_arc(graph, from, to, ms);
    if (gather_bool(gather, csv, row, ARC_BOTH_WAYS, false)) {
        road_graph_add_arc(graph, to, from, ms);
    }
}

static void read_tables(struct gather *gather, struct road_graph *graph)
{
    struct csv nodes, arcs;
    struct csv_column columns[CSV_COLUMNS_MAX];
    struct names names = {0};
    gather_csv(gather, NODE_FILE, true, NODE_COLUMNS, COUNT_OF(NODE_COLUMNS), &nodes);
    gather_keys(gather, &nodes, NODE_ID, &names);
    for (uint32_t i = 0; i < names.count; i++) { /* by rank, as references are */
        struct place place = gather_place(gather, &nodes, names.entries[i].source, NODE_LON, true);
        (void)road_graph_add_node(graph, place_is_known(place) ? place : (struct place){0, 0});
    }
    const uint32_t column_count = arc_columns(gather, columns);
    gather_csv(gather, ARC_FILE, true, columns, column_count, &arcs);
    for (uint32_t row = 0; row < arcs.row_count; row++) {
        read_arc(gather, &arcs, row, &names, graph);
    }
    names_fini(&names);
}

void gather_roads(struct gather *gather)
{
    const bool has_tables = text_file_exists(gather->directory, NODE_FILE) ||
                            text_file_exists(gather->directory, ARC_FILE);
    const bool has_osm = text_file_exists(gather->directory, OSM_FILE);
    const uint32_t modes = gather->mode_names.count;
    if ((!has_tables && !has_osm) || modes == 0 || gather->mode_rows == NULL) {
        return;
    }
    const char *file = has_osm ? OSM_FILE : ARC_FILE;
    if ((has_tables && has_osm) || modes > ROAD_MODES_MAX) {
        problems_add(gather->problems, PROBLEM_ERROR, "C036", file, 0, 0,
                     has_osm && has_tables
                         ? "roads stand in roads.osm.pbf and in roads/ too: keep one of them"
                         : "at most 4 modes with roads");
        return;
    }
    struct road_graph graph;
    road_graph_init(&graph, modes);
    if (has_osm) {
        gather_osm(gather, OSM_FILE, &graph);
    } else {
        read_tables(gather, &graph);
    }
    struct road_counts counts = {0};
    road_graph_write(&graph, gather->writer, &counts);
    if (counts.nodes == 0 && problems_error_count(gather->problems) == 0) {
        problems_add(gather->problems, PROBLEM_ERROR, "C037", file, 0, 0,
                     "no mode gets from one node to another and back: the roads lead nowhere");
    } else if (counts.left_out > 0) {
        problems_add(gather->problems, PROBLEM_WARNING, "C038", file, 0, 0,
                     "%u of %u nodes left out: no mode gets from them to the greater part and back",
                     counts.left_out, counts.left_out + counts.nodes);
    }
    road_graph_fini(&graph);
}

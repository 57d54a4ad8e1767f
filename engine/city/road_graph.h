/* road_graph.h: a road graph while it is being read, and its lowering to the city image (engine/core/roads.h).
 *
 * A mode goes where its arcs are open. Of each mode only the largest part in which every node can reach every other is used:
 * a place is snapped to nodes of it, so that a car park without a road never holds a case. Nodes of no such part are left out.
 *
 * Owner   rows are malloc'ed, freed by road_graph_fini
 * Cost    lowering: O((nodes + arcs) x modes + nodes log nodes) */
#ifndef ENGINE_CITY_ROAD_GRAPH_H
#define ENGINE_CITY_ROAD_GRAPH_H

#include "engine/city/image_write.h"
#include "engine/core/city.h"
#include "engine/core/distance.h"

struct road_graph_arc {
    uint32_t from, to; /* nodes */
};

struct road_graph {
    struct place *nodes;
    struct road_graph_arc *arcs;
    uint32_t *ms; /* arc by arc, mode_count each; ROAD_CLOSED */
    uint32_t node_count, node_capacity;
    uint32_t arc_count, arc_capacity, ms_capacity;
    uint32_t mode_count;
};

/* What was used: for people. */
struct road_counts {
    uint32_t nodes, arcs; /* in the image */
    uint32_t left_out;    /* nodes */
};

void road_graph_init(struct road_graph *graph, uint32_t mode_count);
void road_graph_fini(struct road_graph *graph);
uint32_t road_graph_add_node(struct road_graph *graph, struct place place);
/* ms: of each mode. */
void road_graph_add_arc(struct road_graph *graph, uint32_t from, uint32_t to, const uint32_t *ms);

/* Writes the sections CITY_ROAD_*. No section where no part is left. */
void road_graph_write(const struct road_graph *graph, struct image_writer *writer,
                      struct road_counts *out_counts);

/* How long a way of cm takes at a speed, rounded to the nearest ms; at most ROAD_MS_MAX. */
uint32_t road_graph_ms(int64_t cm, uint64_t mm_per_s);

#endif

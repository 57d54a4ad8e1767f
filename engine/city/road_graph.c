/* road_graph.c: see road_graph.h. */
#include "engine/city/road_graph.h"

#include <stdlib.h>

#include "engine/city/pool.h"

#define SQUARE_NODES                                                                               \
    2u /* of an average square of the grid: the nearest node is sought in nine of them */

void road_graph_init(struct road_graph *graph, uint32_t mode_count)
{
    must(mode_count > 0 && mode_count <= ROAD_MODES_MAX);
    *graph = (struct road_graph){.mode_count = mode_count};
}

void road_graph_fini(struct road_graph *graph)
{
    free(graph->nodes);
    free(graph->arcs);
    free(graph->ms);
    *graph = (struct road_graph){.mode_count = graph->mode_count};
}

uint32_t road_graph_add_node(struct road_graph *graph, struct place place)
{
    graph->nodes = pool_grow_rows(graph->nodes, sizeof *graph->nodes, graph->node_count,
                                  &graph->node_capacity);
    graph->nodes[graph->node_count] = place;
    return graph->node_count++;
}

void road_graph_add_arc(struct road_graph *graph, uint32_t from, uint32_t to, const uint32_t *ms)
{
    must(from < graph->node_count && to < graph->node_count);
    graph->arcs =
        pool_grow_rows(graph->arcs, sizeof *graph->arcs, graph->arc_count, &graph->arc_capacity);
    graph->ms = pool_grow_rows(graph->ms, graph->mode_count * sizeof *graph->ms, graph->arc_count,
                               &graph->ms_capacity);
    graph->arcs[graph->arc_count] = (struct road_graph_arc){from, to};
    memcpy(graph->ms + (size_t)graph->arc_count * graph->mode_count, ms,
           graph->mode_count * sizeof *ms);
    graph->arc_count++;
}

uint32_t road_graph_ms(int64_t cm, uint64_t mm_per_s)
{
    const uint64_t ms = ((uint64_t)cm * 10000u + mm_per_s / 2) / mm_per_s;
    return ms < ROAD_MS_MAX ? (uint32_t)ms : ROAD_MS_MAX;
}

/* ---- arcs by their ends ---- */

/* Arcs of node n: order[first[n]] .. order[first[n + 1] - 1], in the order they were added. */
struct by_node {
    uint32_t *first;
    uint32_t *order;
};

static struct by_node sort_arcs(const struct road_graph *graph, bool by_target)
{
    struct by_node sorted = {calloc((size_t)graph->node_count + 2, sizeof(uint32_t)),
                             malloc(((size_t)graph->arc_count + 1) * sizeof(uint32_t))};
    must(sorted.first != NULL && sorted.order != NULL);
    for (uint32_t i = 0; i < graph->arc_count; i++) {
        sorted.first[(by_target ? graph->arcs[i].to : graph->arcs[i].from) + 2]++;
    }
    for (uint32_t n = 1; n < graph->node_count + 2; n++) {
        sorted.first[n] += sorted.first[n - 1];
    }
    for (uint32_t i = 0; i < graph->arc_count; i++) {
        sorted.order[sorted.first[(by_target ? graph->arcs[i].to : graph->arcs[i].from) + 1]++] = i;
    }
    return sorted;
}

static void free_sorted(struct by_node *sorted)
{
    free(sorted->first);
    free(sorted->order);
}

/* ---- the largest part of a mode ---- */

/* Depth first without recursion (Kosaraju): forward for the order of leaving, backward for the parts. */
struct parts {
    const struct road_graph *graph;
    struct by_node out, in;
    uint32_t mode;
    uint32_t *next;  /* where the walk of a node stands in its arcs */
    uint32_t *stack; /* nodes being walked */
    uint32_t *left;  /* nodes in the order they were left */
    uint32_t *part;  /* of a node; 0 = none yet */
    uint32_t left_count;
};

static bool is_open(const struct parts *parts, uint32_t arc)
{
    return parts->graph->ms[(size_t)arc * parts->graph->mode_count + parts->mode] != ROAD_CLOSED;
}

/* Walks everything that can be reached from the root and is of no part yet; returns how many nodes. */
static uint32_t walk(struct parts *parts, uint32_t root, uint32_t mark, bool is_backward)
{
    const struct by_node *arcs = is_backward ? &parts->in : &parts->out;
    uint32_t depth = 0, count = 1;
    parts->part[root] = mark;
    parts->next[root] = arcs->first[root];
    parts->stack[depth++] = root;
    while (depth > 0) {
        const uint32_t node = parts->stack[depth - 1];
        if (parts->next[node] == arcs->first[node + 1]) {
            depth--;
            if (!is_backward) {
                parts->left[parts->left_count++] = node;
            }
            continue;
        }
        const uint32_t arc = arcs->order[parts->next[node]++];
        const struct road_graph_arc *ends = &parts->graph->arcs[arc];
        const uint32_t other = is_backward ? ends->from : ends->to;
        if (is_open(parts, arc) && parts->part[other] == 0) {
            parts->part[other] = mark;
            parts->next[other] = arcs->first[other];
            parts->stack[depth++] = other;
            count++;
        }
    }
    return count;
}

/* Sets the mode's bit of every node of its largest part; of equal ones the first found. A single node is no part. */
static void mark_largest(struct parts *parts, uint32_t *masks)
{
    const uint32_t nodes = parts->graph->node_count;
    memset(parts->part, 0, nodes * sizeof *parts->part);
    parts->left_count = 0;
    for (uint32_t n = 0; n < nodes; n++) {
        if (parts->part[n] == 0) {
            (void)walk(parts, n, 1, false);
        }
    }
    memset(parts->part, 0, nodes * sizeof *parts->part);
    uint32_t mark = 0, best = 0, best_count = 1;
    for (uint32_t i = nodes; i-- > 0;) {
        if (parts->part[parts->left[i]] == 0) {
            const uint32_t count = walk(parts, parts->left[i], ++mark, true);
            best = count > best_count ? mark : best;
            best_count = count > best_count ? count : best_count;
        }
    }
    for (uint32_t n = 0; n < nodes && best > 0; n++) {
        masks[n] |= parts->part[n] == best ? UINT32_C(1) << parts->mode : 0;
    }
}

/* Bits of the modes whose largest part a node belongs to. To be freed. */
static uint32_t *find_parts(const struct road_graph *graph)
{
    const size_t nodes = (size_t)graph->node_count + 1;
    uint32_t *masks = calloc(nodes, sizeof *masks);
    struct parts parts = {.graph = graph,
                          .out = sort_arcs(graph, false),
                          .in = sort_arcs(graph, true),
                          .next = calloc(nodes, sizeof(uint32_t)),
                          .stack = calloc(nodes, sizeof(uint32_t)),
                          .left = calloc(nodes, sizeof(uint32_t)),
                          .part = calloc(nodes, sizeof(uint32_t))};
    must(masks != NULL && parts.next != NULL && parts.stack != NULL && parts.left != NULL &&
         parts.part != NULL);
    for (parts.mode = 0; parts.mode < graph->mode_count; parts.mode++) {
        mark_largest(&parts, masks);
    }
    free_sorted(&parts.out);
    free_sorted(&parts.in);
    free(parts.next);
    free(parts.stack);
    free(parts.left);
    free(parts.part);
    return masks;
}

/* ---- squares ---- */

static struct city_road_grid grid_of(const struct road_graph *graph, const uint32_t *masks,
                                     uint32_t used)
{
    struct place low = {INT32_MAX, INT32_MAX}, high = {INT32_MIN, INT32_MIN};
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (masks[n] != 0) {
            const struct place p = graph->nodes[n];
            low = (struct place){p.lon < low.lon ? p.lon : low.lon,
                                 p.lat < low.lat ? p.lat : low.lat};
            high = (struct place){p.lon > high.lon ? p.lon : high.lon,
                                  p.lat > high.lat ? p.lat : high.lat};
        }
    }
    uint32_t side = 1;
    while ((uint64_t)side * side * SQUARE_NODES < used) {
        side++;
    }
    const uint32_t lon_span = (uint32_t)(((int64_t)high.lon - low.lon) / side + 1);
    const uint32_t lat_span = (uint32_t)(((int64_t)high.lat - low.lat) / side + 1);
    return (struct city_road_grid){.lon_min = low.lon,
                                   .lat_min = low.lat,
                                   .lon_span = lon_span,
                                   .lat_span = lat_span,
                                   .columns = side,
                                   .rows = side};
}

static uint32_t square_of(const struct city_road_grid *grid, struct place place)
{
    const uint32_t column = (uint32_t)((int64_t)place.lon - grid->lon_min) / grid->lon_span;
    const uint32_t row = (uint32_t)((int64_t)place.lat - grid->lat_min) / grid->lat_span;
    return row * grid->columns + column;
}

/* Rows of the image by node of the graph, NONE32 = left out; fills the squares. */
static void number_nodes(const struct road_graph *graph, const uint32_t *masks,
                         const struct city_road_grid *grid, uint32_t *rows, uint32_t *squares)
{
    const uint32_t count = grid->columns * grid->rows;
    memset(squares, 0, ((size_t)count + 1) * sizeof *squares);
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (masks[n] != 0) {
            squares[square_of(grid, graph->nodes[n]) + 1]++;
        }
    }
    for (uint32_t i = 1; i <= count; i++) {
        squares[i] += squares[i - 1];
    }
    uint32_t *next = malloc(((size_t)count + 1) * sizeof *next);
    must(next != NULL);
    memcpy(next, squares, ((size_t)count + 1) * sizeof *next);
    for (uint32_t n = 0; n < graph->node_count; n++) {
        rows[n] = masks[n] != 0 ? next[square_of(grid, graph->nodes[n])]++ : NONE32;
    }
    free(next);
}

/* ---- writing ---- */

/* Straight from end to end of the fastest arc; rounded up. An arc of no time counts as a millisecond. */
static uint32_t fastest_of(const struct road_graph *graph)
{
    uint64_t fastest = 1;
    for (uint32_t i = 0; i < graph->arc_count; i++) {
        const int64_t cm =
            distance_cm(graph->nodes[graph->arcs[i].from], graph->nodes[graph->arcs[i].to]);
        for (uint32_t mode = 0; mode < graph->mode_count; mode++) {
            const uint32_t ms = graph->ms[(size_t)i * graph->mode_count + mode];
            const uint64_t speed = ((uint64_t)cm + 1) * 10000 / (ms == 0 ? 1 : ms) + 1;
            fastest = ms != ROAD_CLOSED && speed > fastest ? speed : fastest;
        }
    }
    return fastest < UINT32_MAX ? (uint32_t)fastest : UINT32_MAX;
}

struct road_rows {
    struct city_road_node *nodes;
    uint32_t *arcs;
    uint32_t *times; /* mode by mode */
    uint32_t node_count, arc_count;
};

/* An arc counts where both its ends do and some mode takes it; a way from a node to itself leads nowhere. */
static bool is_used(const struct road_graph *graph, const uint32_t *rows, uint32_t arc)
{
    const struct road_graph_arc *ends = &graph->arcs[arc];
    if (rows[ends->from] == NONE32 || rows[ends->to] == NONE32 || ends->from == ends->to) {
        return false;
    }
    for (uint32_t mode = 0; mode < graph->mode_count; mode++) {
        if (graph->ms[(size_t)arc * graph->mode_count + mode] != ROAD_CLOSED) {
            return true;
        }
    }
    return false;
}

static void fill_arcs(const struct road_graph *graph, const uint32_t *node_of, const uint32_t *rows,
                      struct road_rows *out)
{
    struct by_node in = sort_arcs(graph, true);
    for (uint32_t row = 0; row < out->node_count; row++) {
        const uint32_t node = node_of[row];
        out->nodes[row].arcs.first = out->arc_count;
        for (uint32_t i = in.first[node]; i < in.first[node + 1]; i++) {
            const uint32_t arc = in.order[i];
            if (is_used(graph, rows, arc)) {
                out->arcs[out->arc_count] = rows[graph->arcs[arc].from];
                for (uint32_t mode = 0; mode < graph->mode_count; mode++) {
                    out->times[(size_t)mode * graph->arc_count + out->arc_count] =
                        graph->ms[(size_t)arc * graph->mode_count + mode];
                }
                out->arc_count++;
            }
        }
        out->nodes[row].arcs.count = out->arc_count - out->nodes[row].arcs.first;
    }
    free_sorted(&in);
    for (uint32_t mode = 1; mode < graph->mode_count;
         mode++) { /* close the gaps of what is unused */
        memmove(out->times + (size_t)mode * out->arc_count,
                out->times + (size_t)mode * graph->arc_count, out->arc_count * sizeof *out->times);
    }
}

static void write_rows(const struct road_graph *graph, const uint32_t *masks,
                       struct image_writer *writer, struct road_rows *out)
{
    struct city_road_grid grid = grid_of(graph, masks, out->node_count);
    grid.fastest_mm_per_s = fastest_of(graph);
    const uint32_t square_count = grid.columns * grid.rows + 1;
    uint32_t *squares = calloc(square_count, sizeof *squares);
    uint32_t *rows = malloc((size_t)graph->node_count * sizeof *rows);
    uint32_t *node_of = malloc((size_t)out->node_count * sizeof *node_of);
    must(squares != NULL && rows != NULL && node_of != NULL);
    number_nodes(graph, masks, &grid, rows, squares);
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (rows[n] != NONE32) {
            node_of[rows[n]] = n;
            out->nodes[rows[n]] = (struct city_road_node){
                .lon = graph->nodes[n].lon, .lat = graph->nodes[n].lat, .modes = masks[n]};
        }
    }
    fill_arcs(graph, node_of, rows, out);
    image_writer_section(writer, CITY_ROAD_NODES, sizeof *out->nodes, out->nodes, out->node_count);
    image_writer_section(writer, CITY_ROAD_ARCS, sizeof *out->arcs, out->arcs, out->arc_count);
    image_writer_section(writer, CITY_ROAD_TIMES, sizeof *out->times, out->times,
                         out->arc_count * graph->mode_count);
    image_writer_section(writer, CITY_ROAD_GRID, sizeof grid, &grid, 1);
    image_writer_section(writer, CITY_ROAD_SQUARES, sizeof *squares, squares, square_count);
    free(squares);
    free(rows);
    free(node_of);
}

void road_graph_write(const struct road_graph *graph, struct image_writer *writer,
                      struct road_counts *out_counts)
{
    uint32_t *masks = find_parts(graph);
    struct road_rows out = {0};
    for (uint32_t n = 0; n < graph->node_count; n++) {
        out.node_count += masks[n] != 0;
    }
    if (out.node_count > 0) {
        out.nodes = calloc(out.node_count, sizeof *out.nodes);
        out.arcs = malloc(((size_t)graph->arc_count + 1) * sizeof *out.arcs);
        out.times = malloc(((size_t)graph->arc_count * graph->mode_count + 1) * sizeof *out.times);
        must(out.nodes != NULL && out.arcs != NULL && out.times != NULL);
        write_rows(graph, masks, writer, &out);
    }
    *out_counts =
        (struct road_counts){out.node_count, out.arc_count, graph->node_count - out.node_count};
    free(out.nodes);
    free(out.arcs);
    free(out.times);
    free(masks);
}

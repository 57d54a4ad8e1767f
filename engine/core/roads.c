/* roads.c: see roads.h. The heap has four children a node: fewer levels, and the four lie in one cache line. */
#include "engine/core/roads.h"

#define ROAD_SETTLED NONE32
#define HEAP_ARITY 4u

uint64_t road_scratch_size(uint32_t node_limit)
{
    return (((uint64_t)node_limit * 4 + 1) * sizeof(uint32_t) + 7) & ~UINT64_C(7);
}

void road_scratch_init(struct road_scratch *scratch, void *bytes, uint32_t node_limit)
{
    uint32_t *rows = bytes;
    *scratch = (struct road_scratch){.ms = rows,
                                     .at = rows + node_limit,
                                     .walks = rows + 2 * (size_t)node_limit,
                                     .heap = rows + 3 * (size_t)node_limit,
                                     .walk = rows + 4 * (size_t)node_limit,
                                     .node_limit = node_limit};
    *scratch->walk = 0;
    memset(scratch->walks, 0, (size_t)node_limit * sizeof *scratch->walks);
}

/* ---- the nearest node ---- */

struct snap {
    const struct city *city;
    struct place place;
    uint32_t mode_bit;
    uint32_t best; /* NONE32 = none yet */
    uint64_t squared;
};

static void snap_square(struct snap *snap, int64_t column, int64_t row)
{
    const struct city *city = snap->city;
    const uint32_t square = (uint32_t)row * city->road_grid->columns + (uint32_t)column;
    for (uint32_t i = city->road_squares[square]; i < city->road_squares[square + 1]; i++) {
        if ((city->road_nodes[i].modes & snap->mode_bit) == 0) {
            continue;
        }
        const struct place at = {city->road_nodes[i].lon, city->road_nodes[i].lat};
        const uint64_t squared = distance_squared(at, snap->place);
        if (snap->best == NONE32 || squared < snap->squared ||
            (squared == snap->squared && i < snap->best)) {
            snap->best = i;
            snap->squared = squared;
        }
    }
}

/* Columns and rows of squares, both ends included. */
struct snap_box {
    int64_t west, east, south, north;
};

/* What of the box lies in the grid. */
static void snap_squares(struct snap *snap, struct snap_box box)
{
    const struct city_road_grid *grid = snap->city->road_grid;
    const int64_t east = min_i64(box.east, (int64_t)grid->columns - 1);
    const int64_t north = min_i64(box.north, (int64_t)grid->rows - 1);
    for (int64_t row = max_i64(box.south, 0); row <= north; row++) {
        for (int64_t column = max_i64(box.west, 0); column <= east; column++) {
            snap_square(snap, column, row);
        }
    }
}

/* Nothing in the ring of squares `ring` away, or beyond it, is nearer than this; 0 = cannot say. */
static int64_t ring_bound_cm(const struct city_road_grid *grid, struct place place, int64_t ring)
{
    if (ring < 2) {
        return 0;
    }
    const int64_t whole = ring - 1; /* squares that lie between, whatever the place's own corner */
    const struct place east = {
        (int32_t)min_i64(LON_LIMIT, place.lon + whole * (int64_t)grid->lon_span), place.lat};
    const struct place north = {
        place.lon, (int32_t)min_i64(LAT_LIMIT, place.lat + whole * (int64_t)grid->lat_span)};
    return min_i64(distance_cm(place, east), distance_cm(place, north));
}

uint32_t roads_nearest_node(const struct city *city, struct place place, uint32_t mode)
{
    if (!roads_are_known(city) || !place_is_known(place)) {
        return NONE32;
    }
    const struct city_road_grid *grid = city->road_grid;
    const int64_t column = div_floor((int64_t)place.lon - grid->lon_min, grid->lon_span);
    const int64_t row = div_floor((int64_t)place.lat - grid->lat_min, grid->lat_span);
    struct snap snap = {
        .city = city, .place = place, .mode_bit = UINT32_C(1) << mode, .best = NONE32};
    const int64_t most =
        max_i64(max_i64(column, grid->columns - 1 - column), max_i64(row, grid->rows - 1 - row));
    /* Squares are as low as the roads are straight, and a place may lie far off: no ring is walked that is all outside. */
    const int64_t outside = max_i64(max_i64(-column, column - (grid->columns - 1)),
                                    max_i64(-row, row - (grid->rows - 1)));
    for (int64_t ring = max_i64(outside, 0); ring <= most; ring++) {
        const int64_t bound_cm = ring_bound_cm(grid, place, ring);
        if (bound_cm > ROAD_SNAP_CM ||
            (snap.best != NONE32 && (uint64_t)bound_cm * (uint64_t)bound_cm > snap.squared)) {
            break;
        }
        const int64_t west = column - ring, east = column + ring;
        const int64_t south = row - ring, north = row + ring;
        snap_squares(&snap, (struct snap_box){west, east, south, south});
        if (ring > 0) {
            snap_squares(&snap, (struct snap_box){west, east, north, north});
            snap_squares(&snap, (struct snap_box){west, west, south + 1, north - 1});
            snap_squares(&snap, (struct snap_box){east, east, south + 1, north - 1});
        }
    }
    const uint64_t far = (uint64_t)ROAD_SNAP_CM * ROAD_SNAP_CM;
    return snap.best != NONE32 && snap.squared <= far ? snap.best : NONE32;
}

/* ---- the walk ---- */

static bool is_sooner(const struct road_scratch *scratch, uint32_t a, uint32_t b)
{
    return scratch->ms[a] != scratch->ms[b] ? scratch->ms[a] < scratch->ms[b] : a < b;
}

static void heap_up(const struct road_scratch *scratch, uint32_t at, uint32_t node)
{
    while (at > 0) {
        const uint32_t above = (at - 1) / HEAP_ARITY;
        const uint32_t other = scratch->heap[above];
        if (!is_sooner(scratch, node, other)) {
            break;
        }
        scratch->heap[at] = other;
        scratch->at[other] = at;
        at = above;
    }
    scratch->heap[at] = node;
    scratch->at[node] = at;
}

static void heap_down(const struct road_scratch *scratch, uint32_t count, uint32_t at,
                      uint32_t node)
{
    for (;;) {
        const uint32_t first = at * HEAP_ARITY + 1;
        if (first >= count) {
            break;
        }
        const uint32_t last = first + HEAP_ARITY < count ? first + HEAP_ARITY : count;
        uint32_t least = first;
        for (uint32_t child = first + 1; child < last; child++) {
            if (is_sooner(scratch, scratch->heap[child], scratch->heap[least])) {
                least = child;
            }
        }
        if (!is_sooner(scratch, scratch->heap[least], node)) {
            break;
        }
        scratch->heap[at] = scratch->heap[least];
        scratch->at[scratch->heap[at]] = at;
        at = least;
    }
    scratch->heap[at] = node;
    scratch->at[node] = at;
}

/* A way of ms from the node to the target was found. */
static void reach(struct road_walk *walk, uint32_t node, uint32_t ms)
{
    const struct road_scratch *scratch = walk->scratch;
    if (scratch->walks[node] != *scratch->walk) {
        scratch->walks[node] = *scratch->walk;
        scratch->ms[node] = ms;
        heap_up(scratch, walk->heap_count++, node);
    } else if (scratch->at[node] != ROAD_SETTLED && ms < scratch->ms[node]) {
        scratch->ms[node] = ms;
        heap_up(scratch, scratch->at[node], node);
    }
}

void road_walk_begin(struct road_walk *walk, const struct city *city,
                     const struct road_scratch *scratch, uint32_t target, uint32_t mode)
{
    must(city->road_node_count <= scratch->node_limit);
    must(target < city->road_node_count && mode < city->mode_count);
    if (++*scratch->walk == 0) { /* the number came round: nobody may take an old row for his own */
        memset(scratch->walks, 0, (size_t)scratch->node_limit * sizeof *scratch->walks);
        *scratch->walk = 1;
    }
    *walk = (struct road_walk){.city = city,
                               .scratch = scratch,
                               .times = city->road_times + (size_t)mode * city->road_arc_count};
    reach(walk, target, 0);
}

bool road_walk_knows(const struct road_walk *walk, uint32_t node, uint32_t *out_ms)
{
    const struct road_scratch *scratch = walk->scratch;
    *out_ms = scratch->ms[node];
    return scratch->walks[node] == *scratch->walk && scratch->at[node] == ROAD_SETTLED;
}

uint32_t road_walk_frontier(const struct road_walk *walk)
{
    return walk->heap_count == 0 ? UINT32_MAX : walk->scratch->ms[walk->scratch->heap[0]];
}

bool road_walk_is_over(const struct road_walk *walk, int64_t driven_ms)
{
    return walk->heap_count == 0 && walk->last_ms <= driven_ms;
}

bool road_walk_next(struct road_walk *walk, uint32_t *out_node, uint32_t *out_ms)
{
    const struct road_scratch *scratch = walk->scratch;
    if (walk->heap_count == 0) {
        return false;
    }
    const uint32_t node = scratch->heap[0];
    const uint32_t ms = scratch->ms[node];
    scratch->at[node] = ROAD_SETTLED;
    walk->heap_count--;
    if (walk->heap_count > 0) {
        heap_down(scratch, walk->heap_count, 0, scratch->heap[walk->heap_count]);
    }
    const struct image_range arcs = walk->city->road_nodes[node].arcs;
    for (uint32_t i = arcs.first; i < arcs.first + arcs.count; i++) {
        const uint32_t time = walk->times[i];
        if (time != ROAD_CLOSED && time <= ROAD_MS_MAX - ms) {
            reach(walk, walk->city->road_arcs[i], ms + time);
        }
    }
    walk->last_ms = ms;
    *out_node = node;
    *out_ms = ms;
    return true;
}

/* ---- from place to place ---- */

static int64_t leg_ms(const struct city *city, struct place place, uint32_t node, uint32_t mode)
{
    const struct place at = {city->road_nodes[node].lon, city->road_nodes[node].lat};
    return city_travel_ms(&city->modes[mode], distance_cm(place, at));
}

int64_t roads_travel_ms(const struct city *city, const struct road_scratch *scratch,
                        struct place from, struct place to, uint32_t mode)
{
    const uint32_t start = roads_nearest_node(city, from, mode);
    const uint32_t target = roads_nearest_node(city, to, mode);
    struct road_walk walk;
    uint32_t node = NONE32, ms = 0;
    if (start == NONE32 || target == NONE32) {
        return -1;
    }
    road_walk_begin(&walk, city, scratch, target, mode);
    while (node != start) {
        if (!road_walk_next(&walk, &node, &ms)) {
            return -1;
        }
    }
    return leg_ms(city, from, start, mode) + ms + leg_ms(city, to, target, mode);
}

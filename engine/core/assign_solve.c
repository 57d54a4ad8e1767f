/* assign_solve.c: see assign_solve.h.
 *
 * Truths, which assign_holds() looks at:
 *   (1) A row is in the list of the column of its pair, and in no other; a column's used is the length of its list.
 *   (2) A column is never used beyond its capacity; its price is 0 while it has room.
 *   (3) What a placed row pays - its pair's cost less the column's price, or alone_cost - is the least it could pay.
 *       With (2) that is the proof that the sum is the least: prices are the dual solution. */
#include "engine/core/assign_solve.h"

#define ASSIGN_SETTLED NONE32
#define HEAP_ARITY 4u

void assign_init(struct assign_problem *problem, struct arena *arena, struct assign_limits limits)
{
    problem->rows = arena_take(arena, sizeof(struct assign_row), limits.rows);
    problem->columns = arena_take(arena, sizeof(struct assign_column), limits.columns);
    problem->pairs = arena_take(arena, sizeof(struct assign_pair), limits.pairs);
    problem->reaches = arena_take(arena, sizeof(struct assign_reach), limits.columns);
    problem->heap = arena_take(arena, sizeof(uint32_t), limits.columns);
    problem->settled = arena_take(arena, sizeof(uint32_t), limits.columns);
    problem->limits = limits;
    problem->search = 0;
    assign_clear(problem);
}

void assign_clear(struct assign_problem *problem)
{
    problem->row_count = problem->column_count = problem->pair_count = 0;
}

uint32_t assign_add_row(struct assign_problem *problem, int64_t alone_cost)
{
    must(alone_cost >= 0 && alone_cost <= ASSIGN_COST_MAX);
    if (problem->row_count == problem->limits.rows) {
        return NONE32;
    }
    problem->rows[problem->row_count] = (struct assign_row){.alone_cost = alone_cost,
                                                            .first = problem->pair_count,
                                                            .pair = NONE32,
                                                            .next = NONE32,
                                                            .prev = NONE32};
    return problem->row_count++;
}

uint32_t assign_add_column(struct assign_problem *problem, uint32_t id, uint32_t capacity)
{
    if (problem->column_count == problem->limits.columns) {
        return NONE32;
    }
    problem->columns[problem->column_count] =
        (struct assign_column){.id = id, .capacity = capacity, .row_first = NONE32};
    problem->reaches[problem->column_count] = (struct assign_reach){.search = 0};
    return problem->column_count++;
}

void assign_begin_pairs(struct assign_problem *problem, uint32_t row)
{
    must(row < problem->row_count && problem->rows[row].pair == NONE32);
    problem->rows[row].first = problem->pair_count;
    problem->rows[row].count = 0;
}

bool assign_add_pair(struct assign_problem *problem, uint32_t row, struct assign_pair pair)
{
    struct assign_row *to = &problem->rows[row];
    must(pair.cost >= 0 && pair.cost <= ASSIGN_COST_MAX && pair.column < problem->column_count);
    must(to->first + to->count == problem->pair_count);
    if (problem->pair_count == problem->limits.pairs) {
        return false;
    }
    problem->pairs[problem->pair_count++] = pair;
    to->count++;
    return true;
}

uint32_t assign_column_of(const struct assign_problem *problem, uint32_t row)
{
    const uint32_t pair = problem->rows[row].pair;
    return pair == NONE32 ? NONE32 : problem->pairs[pair].column;
}

/* ---- the heap of columns that were reached ---- */

struct path {
    struct assign_problem *problem;
    uint32_t row; /* that is placed */
    uint32_t heap_count, settled_count;
    uint32_t looked_at;
    int64_t alone_distance; /* of the cheapest way that ends with a row left alone */
    int64_t
        end_distance; /* ... or in a column with room: what is farther is never taken from the heap */
    uint32_t alone_row;
};

static bool is_nearer(const struct assign_problem *problem, uint32_t a, uint32_t b)
{
    const int64_t a_distance = problem->reaches[a].distance;
    const int64_t b_distance = problem->reaches[b].distance;
    return a_distance != b_distance ? a_distance < b_distance
                                    : problem->columns[a].id < problem->columns[b].id;
}

static void heap_set(struct assign_problem *problem, uint32_t at, uint32_t column)
{
    problem->heap[at] = column;
    problem->reaches[column].at = at;
}

static void heap_up(struct assign_problem *problem, uint32_t at, uint32_t column)
{
    while (at > 0) {
        const uint32_t above = (at - 1) / HEAP_ARITY;
        if (!is_nearer(problem, column, problem->heap[above])) {
            break;
        }
        heap_set(problem, at, problem->heap[above]);
        at = above;
    }
    heap_set(problem, at, column);
}

static uint32_t heap_take(struct path *path)
{
    struct assign_problem *problem = path->problem;
    const uint32_t nearest = problem->heap[0];
    const uint32_t last = problem->heap[--path->heap_count];
    const uint32_t count = path->heap_count;
    problem->reaches[nearest].at = ASSIGN_SETTLED;
    uint32_t at = 0;
    while (count > 0) {
        const uint32_t first = at * HEAP_ARITY + 1;
        if (first >= count) {
            break;
        }
        const uint32_t end = first + HEAP_ARITY < count ? first + HEAP_ARITY : count;
        uint32_t least = first;
        for (uint32_t child = first + 1; child < end; child++) {
            least = is_nearer(problem, problem->heap[child], problem->heap[least]) ? child : least;
        }
        if (!is_nearer(problem, problem->heap[least], last)) {
            break;
        }
        heap_set(problem, at, problem->heap[least]);
        at = least;
    }
    if (count > 0) {
        heap_set(problem, at, last);
    }
    return nearest;
}

/* ---- the path ---- */

static void reach(struct path *path, uint32_t row, uint32_t pair, int64_t distance)
{
    struct assign_problem *problem = path->problem;
    const uint32_t column = problem->pairs[pair].column;
    struct assign_reach *known = &problem->reaches[column];
    const bool is_new = known->search != problem->search;
    if (!is_new && (known->at == ASSIGN_SETTLED || distance >= known->distance)) {
        return;
    }
    if (problem->columns[column].used < problem->columns[column].capacity) {
        path->end_distance = distance;
    }
    known->distance = distance;
    known->pair = pair;
    known->row = row;
    known->search = problem->search;
    heap_up(problem, is_new ? path->heap_count++ : known->at, column);
}

/* A row that has lost its place, after a way of that length: where could it go, and what if it stays alone? */
static void look_at_row(struct path *path, uint32_t row, int64_t distance)
{
    const struct assign_problem *problem = path->problem;
    const struct assign_row *from = &problem->rows[row];
    if (distance + from->alone_cost < path->alone_distance) {
        path->alone_distance = distance + from->alone_cost;
        path->alone_row = row;
        path->end_distance = min_i64(path->end_distance, path->alone_distance);
    }
    for (uint32_t p = from->first; p < from->first + from->count; p++) {
        if (p != from->pair) {
            const struct assign_pair *pair = &problem->pairs[p];
            const int64_t reached = distance + pair->cost - problem->columns[pair->column].price;
            if (reached <= path->end_distance) {
                reach(path, row, p, reached);
            }
        }
    }
    path->looked_at += from->count;
}

static void unlink_row(struct assign_problem *problem, uint32_t row)
{
    struct assign_row *from = &problem->rows[row];
    struct assign_column *column = &problem->columns[problem->pairs[from->pair].column];
    if (from->prev == NONE32) {
        column->row_first = from->next;
    } else {
        problem->rows[from->prev].next = from->next;
    }
    if (from->next != NONE32) {
        problem->rows[from->next].prev = from->prev;
    }
    from->pair = from->next = from->prev = NONE32;
    column->used--;
}

static void link_row(struct assign_problem *problem, uint32_t row, uint32_t pair)
{
    struct assign_row *to = &problem->rows[row];
    struct assign_column *column = &problem->columns[problem->pairs[pair].column];
    to->pair = pair;
    to->prev = NONE32;
    to->next = column->row_first;
    if (to->next != NONE32) {
        problem->rows[to->next].prev = row;
    }
    column->row_first = row;
    column->used++;
    must(column->used <= column->capacity);
}

/* Back along the way: each row goes to the column that was reached from it, the one before takes the place it leaves. */
static void take_way_back(struct path *path, uint32_t column)
{
    struct assign_problem *problem = path->problem;
    while (column != NONE32) {
        const uint32_t row = problem->reaches[column].row;
        const uint32_t left = row == path->row ? NONE32 : assign_column_of(problem, row);
        if (left != NONE32) {
            unlink_row(problem, row);
        }
        link_row(problem, row, problem->reaches[column].pair);
        column = left;
    }
}

uint32_t assign_place(struct assign_problem *problem, uint32_t row)
{
    struct path path = {.problem = problem,
                        .row = row,
                        .alone_distance = INT64_MAX,
                        .end_distance = INT64_MAX,
                        .alone_row = NONE32};
    must(row < problem->row_count && problem->rows[row].pair == NONE32);
    if (++problem->search ==
        0) { /* the number came round: nobody may take an old mark for his own */
        for (uint32_t i = 0; i < problem->column_count; i++) {
            problem->reaches[i].search = 0;
        }
        problem->search = 1;
    }
    uint32_t end = NONE32;
    int64_t length;
    look_at_row(&path, row, 0);
    for (;;) {
        if (path.heap_count == 0 ||
            problem->reaches[problem->heap[0]].distance > path.alone_distance) {
            length = path.alone_distance;
            break;
        }
        const uint32_t column = heap_take(&path);
        const struct assign_column *full = &problem->columns[column];
        const int64_t distance = problem->reaches[column].distance;
        if (full->used < full->capacity) {
            end = column;
            length = distance;
            break;
        }
        problem->settled[path.settled_count++] = column;
        for (uint32_t r = full->row_first; r != NONE32; r = problem->rows[r].next) {
            const int64_t pays = problem->pairs[problem->rows[r].pair].cost - full->price;
            look_at_row(&path, r, distance - pays);
        }
    }
    for (uint32_t i = 0; i < path.settled_count; i++) {
        const uint32_t column = problem->settled[i];
        problem->columns[column].price += problem->reaches[column].distance - length;
    }
    if (end == NONE32 && path.alone_row != row) {
        end = assign_column_of(problem, path.alone_row);
        unlink_row(problem, path.alone_row);
    }
    take_way_back(&path, end);
    return path.looked_at;
}

/* ---- reading ---- */

int64_t assign_cost(const struct assign_problem *problem)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < problem->row_count; i++) {
        const struct assign_row *row = &problem->rows[i];
        sum += row->pair == NONE32 ? row->alone_cost : problem->pairs[row->pair].cost;
    }
    return sum;
}

static bool row_holds(const struct assign_problem *problem, uint32_t index)
{
    const struct assign_row *row = &problem->rows[index];
    int64_t pays = row->alone_cost;
    if (row->pair != NONE32) {
        const struct assign_pair *pair = &problem->pairs[row->pair];
        if (row->pair < row->first || row->pair >= row->first + row->count) {
            return false;
        }
        pays = pair->cost - problem->columns[pair->column].price;
    }
    bool is_least = pays <= row->alone_cost;
    for (uint32_t p = row->first; p < row->first + row->count; p++) {
        const struct assign_pair *pair = &problem->pairs[p];
        is_least = is_least && pays <= pair->cost - problem->columns[pair->column].price;
    }
    return is_least;
}

bool assign_holds(const struct assign_problem *problem, uint32_t row_end)
{
    uint32_t placed = 0, listed = 0;
    for (uint32_t i = 0; i < problem->row_count; i++) {
        placed += problem->rows[i].pair != NONE32;
        if (i < row_end && !row_holds(problem, i)) {
            return false;
        }
    }
    for (uint32_t c = 0; c < problem->column_count; c++) {
        const struct assign_column *column = &problem->columns[c];
        uint32_t used = 0;
        for (uint32_t r = column->row_first; r != NONE32; r = problem->rows[r].next) {
            if (++used > column->used || assign_column_of(problem, r) != c) {
                return false;
            }
        }
        listed += used;
        if (used != column->used || used > column->capacity || column->price > 0 ||
            (column->price < 0 && used < column->capacity)) {
            return false;
        }
    }
    return listed == placed;
}

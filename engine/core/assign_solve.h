/* assign_solve.h: the cheapest way to give each of many orders a worker, or leave it alone.
 *
 * Rows are orders, columns are workers, pairs say who could take what and what that costs. A column takes as many rows as
 * its capacity; a row that nobody takes stays alone, at a cost of its own. The sum is the least there is.
 *
 * Shape   sparse rows of pairs; a price a column, a list of its rows; work space of one search
 * Method  one shortest augmenting path a row (Jonker and Volgenant 1987, here with capacities); the prices of columns make
 *         every later search start where the last one ended
 * Cost    a placement looks at no more than all pairs, mostly at few; it says how many
 * Ties    by distance, then the column's id, then the row that came first
 * Owner   caller's arena; never allocates; rows, columns and pairs are state, the rest is work space
 * Errors  a row, column or pair past its limit is not added, which the caller is told */
#ifndef ENGINE_CORE_ASSIGN_SOLVE_H
#define ENGINE_CORE_ASSIGN_SOLVE_H

#include "engine/core/arena.h"

#define ASSIGN_COST_MAX                                                                            \
    (INT64_C(1) << 44) /* sums of 2^16 of them stay far below the end of int64 */

/* No padding: saved and hashed as words. */
struct assign_pair {
    int64_t cost; /* 0..ASSIGN_COST_MAX */
    uint32_t column;
    uint32_t note; /* the caller's own */
};

struct assign_row {
    int64_t alone_cost;
    uint32_t first, count; /* its pairs */
    uint32_t pair;         /* the one that holds, NONE32 = alone */
    uint32_t next, prev;   /* rows of the same column */
    uint32_t reserved;
};

struct assign_column {
    int64_t price; /* 0 or less; below 0 only where it is full */
    uint32_t id;   /* breaks ties */
    uint32_t capacity, used;
    uint32_t row_first;
};

/* Work space: what the search that runs knows of a column. */
struct assign_reach {
    int64_t distance;
    uint32_t pair, row; /* by which it was reached */
    uint32_t at;        /* in the heap, ASSIGN_SETTLED */
    uint32_t search;    /* number of the search that wrote this */
};

struct assign_limits {
    uint32_t rows, columns, pairs;
};

struct assign_problem {
    struct assign_row *rows;
    struct assign_column *columns;
    struct assign_pair *pairs;
    struct assign_reach *reaches;
    uint32_t *heap;
    uint32_t *settled;
    struct assign_limits limits;
    uint32_t row_count, column_count, pair_count;
    uint32_t search;
};

void assign_init(struct assign_problem *problem, struct arena *arena, struct assign_limits limits);

/* Forgets all rows, columns and pairs. */
void assign_clear(struct assign_problem *problem);

/* Its index, or NONE32 where there is no room. A row is alone until it is placed. */
uint32_t assign_add_row(struct assign_problem *problem, int64_t alone_cost);
uint32_t assign_add_column(struct assign_problem *problem, uint32_t id, uint32_t capacity);

/* Pairs of a row are added one after another; the first after those of another row starts its list anew, so a row that is
 * alone may be given a longer one. */
void assign_begin_pairs(struct assign_problem *problem, uint32_t row);
bool assign_add_pair(struct assign_problem *problem, uint32_t row, struct assign_pair pair);

/* Places a row that is alone, moving others where that makes the sum least; returns how many pairs it looked at. */
uint32_t assign_place(struct assign_problem *problem, uint32_t row);

/* The column that takes the row, NONE32 = alone. */
uint32_t assign_column_of(const struct assign_problem *problem, uint32_t row);

/* Of all rows. */
int64_t assign_cost(const struct assign_problem *problem);

/* Do lists and counts agree, and do the prices prove that no other way is cheaper, for rows before row_end, which have been
 * placed? */
bool assign_holds(const struct assign_problem *problem, uint32_t row_end);

#endif

/* test_assign_solve.c: the assignment solver against every way there is, against a search for cheaper cycles, and on the 500 x 500
 * problem of the OR-Library, whose optimum is known to be 991.
 *
 * Skips that one where ../shared/data is absent. GRIDLOOP_TEST_SEED picks other random problems. */
#define _POSIX_C_SOURCE 200809L /* popen */
#include "engine/core/assign_solve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DATA "../shared/data/lap/assign500.txt.gz"
#define DATA_SIDE 500u
#define DATA_OPTIMUM 991
#define SMALL_ROWS 6u
#define SMALL_COLUMNS 5u
#define SMALL_PROBLEMS 4000u
#define LARGE_ROWS 90u
#define LARGE_COLUMNS 70u
#define LARGE_PROBLEMS 40u
#define NODES (LARGE_ROWS + LARGE_COLUMNS + 1)

struct fixture {
    void *block;
    struct assign_problem problem;
    uint64_t random;
};

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

static uint32_t below(struct fixture *f, uint32_t limit)
{
    return (uint32_t)(next_random(&f->random) % limit);
}

static void open_problem(struct fixture *f, struct assign_limits limits)
{
    struct arena arena = {.base = NULL};
    assign_init(&f->problem, &arena, limits);
    f->block = aligned_alloc(ARENA_ALIGN, arena.used);
    assert_non_null(f->block);
    memset(f->block, 0, arena.used);
    arena = (struct arena){.base = f->block, .size = arena.used};
    assign_init(&f->problem, &arena, limits);
}

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *seed = getenv("GRIDLOOP_TEST_SEED");
    assert_non_null(f);
    f->random = seed == NULL ? 1 : strtoull(seed, NULL, 10);
    print_message("# seed %llu\n", (unsigned long long)f->random);
    open_problem(f, (struct assign_limits){600, 600, 300000});
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    free(f->block);
    free(f);
    return 0;
}

/* Costs from a short range tie often, from a long one hardly ever. */
static void make_random(struct fixture *f, uint32_t rows, uint32_t columns, uint32_t range)
{
    struct assign_problem *problem = &f->problem;
    assign_clear(problem);
    for (uint32_t c = 0; c < columns; c++) {
        const uint32_t capacity = below(f, 4);
        assert_int_equal(assign_add_column(problem, 1000 - c, capacity == 3 ? 2 : 1), c);
    }
    for (uint32_t r = 0; r < rows; r++) {
        const uint32_t alone = below(f, 2 * range);
        assert_int_equal(assign_add_row(problem, alone), r);
        for (uint32_t c = 0; c < columns; c++) {
            const uint32_t cost = below(f, range);
            if (below(f, 3) != 0) {
                assert_true(assign_add_pair(problem, r, (struct assign_pair){cost, c, 0}));
            }
        }
    }
}

static void place_all(struct fixture *f)
{
    for (uint32_t r = 0; r < f->problem.row_count; r++) {
        (void)assign_place(&f->problem, r);
        assert_true(assign_holds(&f->problem, r + 1));
    }
}

/* The least of all ways to place rows from `row` on. */
static int64_t try_all(const struct assign_problem *problem, uint32_t row, uint32_t *used)
{
    if (row == problem->row_count) {
        return 0;
    }
    const struct assign_row *r = &problem->rows[row];
    int64_t best = r->alone_cost + try_all(problem, row + 1, used);
    for (uint32_t p = r->first; p < r->first + r->count; p++) {
        const struct assign_pair *pair = &problem->pairs[p];
        if (used[pair->column] < problem->columns[pair->column].capacity) {
            used[pair->column]++;
            const int64_t cost = pair->cost + try_all(problem, row + 1, used);
            used[pair->column]--;
            best = cost < best ? cost : best;
        }
    }
    return best;
}

static void test_assign_is_the_least_of_all_ways(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < SMALL_PROBLEMS; i++) {
        uint32_t used[SMALL_COLUMNS] = {0};
        const uint32_t rows = 1 + below(f, SMALL_ROWS);
        const uint32_t columns = below(f, SMALL_COLUMNS + 1);
        make_random(f, rows, columns, i % 2 == 0 ? 8 : 1000000);
        place_all(f);
        assert_int_equal(assign_cost(&f->problem), try_all(&f->problem, 0, used));
    }
}

/* Bellman and Ford over the moves that are possible: a row may take a column that has room, push out one of its rows, or be
 * left alone. No cycle of moves may save anything. Nodes: rows, columns, and one for everything that is free. */
static bool has_saving(const struct assign_problem *problem)
{
    int64_t distance[NODES] = {0};
    const uint32_t free_node = problem->row_count + problem->column_count;
    for (uint32_t round = 0; round <= free_node + 1; round++) {
        bool has_changed = false;
        for (uint32_t r = 0; r < problem->row_count; r++) {
            const struct assign_row *row = &problem->rows[r];
            const uint32_t own = assign_column_of(problem, r);
            const int64_t pays = own == NONE32 ? row->alone_cost : problem->pairs[row->pair].cost;
            /* what it has now, given back: from the column (or the free) to the row */
            const uint32_t from = own == NONE32 ? free_node : problem->row_count + own;
            if (distance[from] - pays < distance[r]) {
                distance[r] = distance[from] - pays;
                has_changed = true;
            }
            if (distance[r] + row->alone_cost < distance[free_node]) {
                distance[free_node] = distance[r] + row->alone_cost;
                has_changed = true;
            }
            for (uint32_t p = row->first; p < row->first + row->count; p++) {
                const uint32_t to = problem->row_count + problem->pairs[p].column;
                if (distance[r] + problem->pairs[p].cost < distance[to]) {
                    distance[to] = distance[r] + problem->pairs[p].cost;
                    has_changed = true;
                }
            }
        }
        for (uint32_t c = 0; c < problem->column_count; c++) {
            const uint32_t node = problem->row_count + c;
            const struct assign_column *column = &problem->columns[c];
            if (column->used < column->capacity && distance[node] < distance[free_node]) {
                distance[free_node] = distance[node];
                has_changed = true;
            }
            if (column->used > 0 && distance[free_node] < distance[node]) {
                distance[node] = distance[free_node];
                has_changed = true;
            }
        }
        if (!has_changed) {
            return false;
        }
    }
    return true;
}

static void test_assign_leaves_no_cycle_that_saves(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < LARGE_PROBLEMS; i++) {
        make_random(f, LARGE_ROWS, LARGE_COLUMNS, i % 2 == 0 ? 20 : 1000000);
        place_all(f);
        assert_false(has_saving(&f->problem));
    }
    /* the search itself can find one */
    make_random(f, LARGE_ROWS, LARGE_COLUMNS, 1000000);
    place_all(f);
    struct assign_row *row = &f->problem.rows[0];
    while (row->pair == NONE32) {
        row++;
    }
    f->problem.pairs[row->pair].cost += 100000000;
    assert_true(has_saving(&f->problem));
    assert_false(assign_holds(&f->problem, f->problem.row_count));
}

static void test_assign_gives_a_longer_list_to_who_is_alone(void **state)
{
    struct fixture *f = *state;
    struct assign_problem *problem = &f->problem;
    assign_clear(problem);
    for (uint32_t c = 0; c < 2; c++) {
        assert_int_equal(assign_add_column(problem, c, 1), c);
    }
    for (uint32_t r = 0; r < 2; r++) {
        assert_int_equal(assign_add_row(problem, 1000), r);
        assert_true(assign_add_pair(problem, r, (struct assign_pair){10 + r, 0, 0}));
        (void)assign_place(problem, r);
    }
    assert_int_equal(assign_column_of(problem, 0), 0);
    assert_int_equal(assign_column_of(problem, 1), NONE32);
    assign_begin_pairs(problem, 1);
    assert_true(assign_add_pair(problem, 1, (struct assign_pair){11, 0, 0}));
    assert_true(assign_add_pair(problem, 1, (struct assign_pair){50, 1, 0}));
    (void)assign_place(problem, 1);
    assert_int_equal(assign_column_of(problem, 1), 1);
    assert_int_equal(assign_cost(problem), 60);
    assert_true(assign_holds(problem, 2));
}

static void test_assign_breaks_ties_by_id(void **state)
{
    struct fixture *f = *state;
    struct assign_problem *problem = &f->problem;
    assign_clear(problem);
    assert_int_equal(assign_add_column(problem, 7, 1), 0);
    assert_int_equal(assign_add_column(problem, 3, 1), 1);
    assert_int_equal(assign_add_row(problem, 5), 0);
    assert_true(assign_add_pair(problem, 0, (struct assign_pair){5, 0, 0}));
    assert_true(assign_add_pair(problem, 0, (struct assign_pair){5, 1, 0}));
    (void)assign_place(problem, 0);
    assert_int_equal(assign_column_of(problem, 0), 1); /* not alone either, at the same cost */
}

static void test_assign_says_when_there_is_no_room(void **state)
{
    struct fixture *f = *state;
    struct fixture small = {.random = f->random};
    open_problem(&small, (struct assign_limits){1, 1, 1});
    assert_int_equal(assign_add_column(&small.problem, 1, 1), 0);
    assert_int_equal(assign_add_column(&small.problem, 2, 1), NONE32);
    assert_int_equal(assign_add_row(&small.problem, 9), 0);
    assert_int_equal(assign_add_row(&small.problem, 9), NONE32);
    assert_true(assign_add_pair(&small.problem, 0, (struct assign_pair){1, 0, 0}));
    assert_false(assign_add_pair(&small.problem, 0, (struct assign_pair){1, 0, 0}));
    small.problem.search = UINT32_MAX; /* the number of searches may come round */
    (void)assign_place(&small.problem, 0);
    assert_int_equal(assign_cost(&small.problem), 1);
    free(small.block);
}

static void test_assign_solves_the_problem_of_the_library(void **state)
{
    struct fixture *f = *state;
    struct assign_problem *problem = &f->problem;
    FILE *probe = fopen(DATA, "rb");
    if (probe == NULL) {
        print_message("# skipped: no " DATA "\n");
        skip();
    }
    (void)fclose(probe);
    FILE *file = popen("gzip -dc " DATA, "r");
    unsigned side = 0, cost = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &side), 1);
    assert_int_equal(side, DATA_SIDE);
    assign_clear(problem);
    for (uint32_t c = 0; c < side; c++) {
        assert_int_equal(assign_add_column(problem, c, 1), c);
    }
    for (uint32_t r = 0; r < side; r++) {
        assert_int_equal(assign_add_row(problem, 1000000), r);
        for (uint32_t c = 0; c < side; c++) {
            assert_int_equal(fscanf(file, "%u", &cost), 1);
            assert_true(assign_add_pair(problem, r, (struct assign_pair){cost, c, 0}));
        }
    }
    (void)pclose(file);
    uint64_t looked_at = 0;
    for (uint32_t r = 0; r < side; r++) {
        looked_at += assign_place(problem, r);
    }
    print_message("# %llu pairs looked at\n", (unsigned long long)looked_at);
    assert_int_equal(assign_cost(problem), DATA_OPTIMUM);
    assert_true(assign_holds(problem, side));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign_is_the_least_of_all_ways),
        cmocka_unit_test(test_assign_leaves_no_cycle_that_saves),
        cmocka_unit_test(test_assign_gives_a_longer_list_to_who_is_alone),
        cmocka_unit_test(test_assign_breaks_ties_by_id),
        cmocka_unit_test(test_assign_says_when_there_is_no_room),
        cmocka_unit_test(test_assign_solves_the_problem_of_the_library),
    };
    return cmocka_run_group_tests_name("core/assign_solve", tests, open_fixture, close_fixture);
}

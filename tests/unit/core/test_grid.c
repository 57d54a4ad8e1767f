/* test_grid.c: the grid against a walk over everybody: random people of few and of very many kinds, moving about.
 *
 * GRIDLOOP_SEED chooses another run. */
#include "engine/core/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PERSONS 900u

struct ground {
    struct city city;
    struct city_info info;
    struct city_person *persons;
    struct city_cell cells[6];
    struct city_unit units[4];
    uint32_t slots[PERSONS];
    struct place at[PERSONS]; /* by slot */
    struct grid grid;
    void *block;
};

static uint64_t random_state;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static struct place random_place(void)
{
    if (roll(20) == 0) {
        return place_none();
    }
    const int32_t wide = roll(30) == 0 ? 20000000 : 2400000; /* some far outside the box */
    return (struct place){1162000000 + (int32_t)roll((uint32_t)wide),
                          399000000 + (int32_t)roll(1300000)};
}

/* Two districts of one street each; roles and skills drawn from so many. */
static struct ground *ground_new(uint32_t roles, uint32_t skills)
{
    struct ground *g = calloc(1, sizeof *g);
    const struct limits limits = {.workers = PERSONS + 50, .image_rows = 64};
    struct arena measured = {.base = NULL};
    g->persons = calloc(PERSONS, sizeof *g->persons);
    g->info = (struct city_info){
        .lon_min = 1162000000, .lon_max = 1164000000, .lat_min = 399000000, .lat_max = 400000000};
    for (uint32_t u = 0; u < 4; u++) {
        g->units[u] = (struct city_unit){.level = u < 2 ? 2 : 1, .parent = u < 2 ? NONE32 : u - 2};
    }
    for (uint32_t c = 0; c < 6; c++) {
        g->cells[c].unit = c == 5 ? NONE32 : 2 + c % 2;
    }
    for (uint32_t p = 0; p < PERSONS; p++) {
        g->persons[p] =
            (struct city_person){.roles = UINT64_C(1) << roll(roles),
                                 .skills = UINT64_C(1) << roll(skills),
                                 .rights = roll(4) == 0 ? RIGHT_INSPECTOR : RIGHT_WORKER,
                                 .shift = NONE32,
                                 .capacity = roll(10) == 0 ? 0 : 3,
                                 .home_cell = roll(8) == 0 ? NONE32 : roll(6)};
        g->slots[p] = (p * 7 + 3) % PERSONS;
    }
    g->city = (struct city){.info = &g->info,
                            .persons = g->persons,
                            .person_count = PERSONS,
                            .cells = g->cells,
                            .cell_count = 6,
                            .units = g->units,
                            .unit_count = 4};
    grid_init(&g->grid, &measured, &limits);
    g->block = aligned_alloc(ARENA_ALIGN, measured.used);
    struct arena arena = {.base = g->block, .size = measured.used};
    grid_init(&g->grid, &arena, &limits);
    grid_lay(&g->grid, &g->city, g->slots);
    grid_turn_shifts(&g->grid, &g->city, 0);
    for (uint32_t slot = 0; slot < PERSONS; slot++) {
        g->at[slot] = place_none();
    }
    return g;
}

static void ground_free(struct ground *g)
{
    free(g->block);
    free(g->persons);
    free(g);
}

static bool is_wanted(const struct city_person *person, const struct policy_assign *assign)
{
    return (person->rights & assign->rights) != 0 &&
           (assign->roles == 0 || (person->roles & assign->roles) != 0) &&
           (person->skills & assign->skills) == assign->skills;
}

/* Everybody wanted is of a wanted kind, in a bucket and a block whose masks say so; nobody else is, but the mixed. */
static void compare(const struct ground *g, const struct policy_assign *assign)
{
    const struct kind_mask wanted = grid_wanted(&g->grid, assign);
    for (uint32_t p = 0; p < PERSONS; p++) {
        const uint32_t slot = g->slots[p];
        const uint32_t kind = g->grid.traits_of[slot].kind;
        const bool is_met = kind_mask_has(&wanted, kind);
        if (kind != KIND_MIXED) {
            assert_int_equal(is_met, is_wanted(&g->persons[p], assign));
        }
        const struct place at = grid_at(&g->grid, slot);
        assert_true(at.lon == g->at[slot].lon && at.lat == g->at[slot].lat);
        if (is_met && place_is_known(at)) {
            const uint32_t bucket = grid_bucket(&g->grid, at);
            const uint32_t x = bucket % g->grid.columns;
            const uint32_t y = bucket / g->grid.columns;
            const struct block_bits bits = grid_buckets(&g->grid, grid_block(x, y), &wanted);
            assert_true((block_bits_row(&bits, y) >> x % BLOCK_SIDE & 1) != 0);
            assert_true((block_bits_column(&bits, x) >> y % BLOCK_SIDE & 1) != 0);
        }
    }
    for (uint32_t unit = 0; unit <= g->city.unit_count; unit++) {
        const struct image_range groups = grid_groups(&g->grid, unit);
        uint32_t listed = 0;
        uint32_t own = 0;
        for (uint32_t i = groups.first; i < groups.first + groups.count; i++) {
            const struct grid_group *group = &g->grid.groups[i];
            listed += kind_mask_has(&wanted, group->kind) ? group->count : 0;
        }
        for (uint32_t p = 0; p < PERSONS; p++) {
            const struct city_person *person = &g->persons[p];
            const uint32_t home = person->home_cell;
            const bool is_inside =
                unit == g->city.unit_count ||
                (home != NONE32 && city_unit_of_cell(&g->city, home, g->units[unit].level) == unit);
            own += person->capacity > 0 && is_inside &&
                   kind_mask_has(&wanted, g->grid.traits_of[g->slots[p]].kind);
        }
        assert_int_equal(listed, own);
    }
}

static void live(uint32_t roles, uint32_t skills, bool has_mixed)
{
    struct ground *g = ground_new(roles, skills);
    assert_int_equal(g->grid.has_mixed, has_mixed);
    for (uint32_t step = 0; step < 20000; step++) {
        const uint32_t p = roll(PERSONS);
        const uint32_t slot = g->slots[p];
        if (g->persons[p].capacity > 0) {
            g->at[slot] = random_place();
            grid_move(&g->grid, slot, g->at[slot]);
        }
        if (step % 500 == 0) {
            const struct policy_assign assign = {
                .rights = RIGHT_WORKER,
                .roles = roll(3) == 0 ? 0 : UINT64_C(3) << roll(roles - 1),
                .skills = roll(2) == 0 ? 0 : UINT64_C(1) << roll(skills)};
            grid_check(&g->grid, &g->city, g->slots);
            compare(g, &assign);
        }
    }
    ground_free(g);
}

static void test_grid_equals_everybody(void **state)
{
    (void)state;
    live(5, 4, false);
}

static void test_grid_with_more_kinds_than_are_told_apart(void **state)
{
    (void)state;
    live(40, 30, true);
}

/* Everybody in one place: the chain grows long, and shrinks to nothing. */
static void test_grid_of_a_crowd(void **state)
{
    (void)state;
    struct ground *g = ground_new(3, 2);
    const struct place here = {1163000000, 399500000};
    for (int round = 0; round < 2; round++) {
        for (uint32_t p = 0; p < PERSONS; p++) {
            if (g->persons[p].capacity > 0) {
                grid_move(&g->grid, g->slots[p], round == 0 ? here : place_none());
            }
        }
        grid_check(&g->grid, &g->city, g->slots);
    }
    assert_int_equal(g->grid.count, 0);
    ground_free(g);
}

/* Nobody k + 1 buckets away is nearer than k times the step, nobody outside the four next to a place nearer than they reach. */
static void test_grid_bounds_are_lower_bounds(void **state)
{
    (void)state;
    struct ground *g = ground_new(3, 2);
    uint32_t outside = 0;
    for (int i = 0; i < 100000; i++) {
        const struct place a = {1162000000 + (int32_t)roll(2000000),
                                399000000 + (int32_t)roll(1000000)};
        const struct place b = random_place();
        if (!place_is_known(b)) {
            continue;
        }
        const uint32_t from = grid_bucket(&g->grid, a);
        const uint32_t to = grid_bucket(&g->grid, b);
        const int64_t side = g->grid.columns;
        const int64_t x = llabs((int64_t)(from % side) - to % side);
        const int64_t y = llabs((int64_t)(from / side) - to / side);
        const int64_t k = max_i64(x, y) - 1;
        if (k > 0) {
            assert_true(distance_cm(a, b) >= k * grid_step_cm(&g->grid, a));
        }
        const struct grid_corner corner = grid_corner(&g->grid, a, from);
        const int64_t east = to % side - corner.x;
        const int64_t north = to / side - corner.y;
        if (east < -1 || east > 0 || north < -1 || north > 0) {
            assert_true(distance_cm(a, b) >= corner.reach_cm);
            outside++;
        }
    }
    assert_true(outside > 1000);
    ground_free(g);
}

/* The town is twice as wide as high in degrees. */
static void test_grid_buckets_are_as_wide_as_high(void **state)
{
    (void)state;
    struct ground *g = ground_new(3, 2);
    const struct grid *grid = &g->grid;
    const struct place at = {grid->origin.lon, grid->origin.lat + (int32_t)grid->lat_step};
    const int64_t wide = distance_cm(at, (struct place){at.lon + (int32_t)grid->lon_step, at.lat});
    const int64_t high = distance_cm(at, grid->origin);
    assert_true(wide > high * 4 / 5 && wide < high * 5 / 4);
    assert_true(grid->columns * grid->rows > PERSONS / 3);
    assert_true(grid->columns * grid->rows <= PERSONS / 2 + 1);
    ground_free(g);
}

int main(void)
{
    const char *seed = getenv("GRIDLOOP_SEED");
    random_state = seed == NULL ? 20261122 : strtoull(seed, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)random_state);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_equals_everybody),
        cmocka_unit_test(test_grid_with_more_kinds_than_are_told_apart),
        cmocka_unit_test(test_grid_of_a_crowd),
        cmocka_unit_test(test_grid_bounds_are_lower_bounds),
        cmocka_unit_test(test_grid_buckets_are_as_wide_as_high),
    };
    return cmocka_run_group_tests_name("engine/core/grid", tests, NULL, NULL);
}

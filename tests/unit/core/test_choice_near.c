/* test_choice_near.c: lists of the nearest, of one and of many, against a look at everybody one by one: random people, a part of them
 * resting, stale or without a fix, everywhere in the town and a little beyond. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/choice.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKERS 600u
#define STEPS 240

static uint64_t random_state = 20261122;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static struct place random_place(void)
{
    return (struct place){1162880000 + (int32_t)roll(440000), 398880000 + (int32_t)roll(340000)};
}

static void write_town(const char *at)
{
    char line[200];
    char path[128];
    for (uint32_t i = 0; i < WORKERS; i++) {
        const char *const cell = roll(3) == 0 ? "11010800101" : "";
        (void)snprintf(line, sizeof line, "w%03u,某,grid_worker,,worker,,team.1,,3,%s,%s,,,,%s", i,
                       cell, cell, i % 2 == 0 ? "car" : "walk");
        town_edit(at, "workers.csv", NULL, line);
    }
    (void)snprintf(path, sizeof path, "%s/rules/near.yaml", at);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ruleset: 1\nevents:\n"
                       "  near.city: {title: 试, title_en: try, lane: report}\n"
                       "  near.grid: {title: 试, title_en: try, lane: report}\n"
                       "rules:\n");
    static const char *const rules[][2] = {{"city", "city"}, {"grid", "grid, city"}};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        (void)fprintf(out,
                      "- id: near.%s\n  title: 试\n  title_en: Try\n  owner: dept.sanitation\n"
                      "  event: near.%s\n  open: {class: \"E.09.09\", severity: 4, title: \"v\"}\n"
                      "  assign: {role: grid_worker, search: [%s], pick: nearest}\n",
                      rules[i][0], rules[i][0], rules[i][1]);
    }
    assert_int_equal(fclose(out), 0);
}

static int line_compare(const void *a, const void *b)
{
    const struct near_line *x = a;
    const struct near_line *y = b;
    return x->cost_ms != y->cost_ms
               ? (x->cost_ms > y->cost_ms) - (x->cost_ms < y->cost_ms)
               : (x->line.person > y->line.person) - (x->line.person < y->line.person);
}

/* Nobody's load counts, on either side. */
static void compare_lists(const struct core *core, struct choice_question question)
{
    static struct near_line all[WORKERS + 64];
    static int32_t held[WORKERS + 64];
    static const uint32_t limits[] = {1, 2, 8, 16, ROUND_NEAREST_MAX};
    uint32_t count = 0;
    assert_true(core->workers.count <= COUNT_OF(all));
    for (uint32_t w = 0; w < core->workers.count; w++) {
        held[w] = (int32_t)core->workers.rows[w].load;
        count += choice_near_one(core, question, w, &all[count]);
    }
    qsort(all, count, sizeof all[0], line_compare);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct near_list list = {.held = held, .limit = limits[i]};
        (void)choice_near(core, question, &list);
        assert_int_equal(list.count, min_u32(count, limits[i]));
        assert_true(list.is_cut || list.count == count);
        for (uint32_t k = 0; k < list.count; k++) {
            assert_int_equal(list.lines[k].worker, all[k].worker);
            assert_int_equal(list.lines[k].cost_ms, all[k].cost_ms);
        }
    }
}

static void test_lists_are_the_nearest_of_all(void **unused)
{
    (void)unused;
    static struct town town;
    char words[64];
    const char *at = town_copy();
    struct limits limits = town_limits();
    limits.workers = WORKERS + 40;
    limits.cases = STEPS;
    limits.orders = 4 * STEPS;
    limits.case_extras = 2 * STEPS;
    limits.event_ids = 4 * STEPS;
    write_town(at);
    town_open_at(&town, &limits, at);
    uint32_t compared = 0;
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < 12; i++) {
            (void)snprintf(words, sizeof words, "w%03u", roll(WORKERS));
            const enum worker_status status = roll(4) == 0 ? STATUS_PAUSED : STATUS_READY;
            town_seen(&town, words, status, random_place());
        }
        const char *type = step % 2 == 0 ? "near.city" : "near.grid";
        if (town_event(&town, "sensor-1", type, NULL, random_place(), NULL) != CODE_OPENED) {
            continue;
        }
        const uint32_t slot = cases_find(&town.core->cases, town.last.case_no);
        const uint32_t rule = cases_peek(&town.core->cases, slot)->rule;
        const uint32_t assign = state_policy(town.core)->rules[rule].assigns.first;
        compare_lists(town.core, (struct choice_question){slot, assign, KIND_HANDLE, true, false});
        compared++;
    }
    assert_true(compared > STEPS / 3);
    town_close(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists_are_the_nearest_of_all)};
    return cmocka_run_group_tests_name("core/choice_near", tests, NULL, NULL);
}

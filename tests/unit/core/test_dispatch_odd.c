/* test_dispatch_odd.c: roads and people as no plan has them: arcs without length, a worker on an island, fixes that jump and fixes
 * that tremble, somebody who may carry nothing, a dispatcher and a returning worker in the same instant. Each has one defined
 * outcome: somebody accountable, nobody above capacity, a bounded number of moves. */
#include "engine/core/roads.h"
#include "tests/unit/core/town.c"

static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

/* Along the only street. */
static struct place street(int32_t steps)
{
    return (struct place){1163000000 + steps * 1000, 399050000};
}

static const struct place island = {1163100000, 399090000};

static FILE *file_in(const char *at, const char *name)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", at, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    return out;
}

/* A street of eleven crossings, ten seconds apart; at the middle one three crossings at one place, a circle of arcs that take no
 * time; north of it two crossings that nothing leads to. */
static void write_roads(const char *at)
{
    char command[160];
    (void)snprintf(command, sizeof command, "mkdir %s/roads", at);
    assert_int_equal(system(command), 0);
    FILE *nodes = file_in(at, "roads/nodes.csv");
    (void)fprintf(nodes, "node,lon,lat\n");
    for (int i = 0; i <= 10; i++) {
        (void)fprintf(nodes, "s%d,116.3%02d0000,39.9050000\n", i, i * 2);
    }
    (void)fprintf(nodes, "z1,116.3100000,39.9050000\nz2,116.3100000,39.9050000\n");
    (void)fprintf(nodes, "i0,116.3100000,39.9090000\ni1,116.3105000,39.9090000\n");
    assert_int_equal(fclose(nodes), 0);
    FILE *arcs = file_in(at, "roads/arcs.csv");
    (void)fprintf(arcs, "from,to,both_ways,car_ms,walk_ms\n");
    for (int i = 0; i < 10; i++) {
        (void)fprintf(arcs, "s%d,s%d,true,10000,60000\n", i, i + 1);
    }
    (void)fprintf(arcs, "s5,z1,true,0,0\nz1,z2,true,0,0\nz2,s5,true,0,0\n");
    (void)fprintf(arcs, "i0,i1,true,5000,30000\n");
    assert_int_equal(fclose(arcs), 0);
}

static void write_rules(const char *at)
{
    FILE *out = file_in(at, "rules/odd.yaml");
    (void)fprintf(out,
                  "ruleset: 1\nevents:\n"
                  "  odd.way: {title: 试, title_en: try, lane: report, fields: {value: number}}\n"
                  "  odd.move: {title: 试, title_en: try, lane: report, fields: {value: number}}\n"
                  "rules:\n");
    for (int i = 0; i < 2; i++) {
        (void)fprintf(out,
                      "- id: odd.%s\n  title: 试\n  title_en: Try\n  owner: dept.traffic\n"
                      "  priority: 1\n  event: odd.%s\n"
                      "  open: {class: \"E.09.09\", severity: 4, title: \"v\"}\n"
                      "  assign: {role: traffic_officer, search: [city], pick: eta%s}\n",
                      i == 0 ? "way" : "move", i == 0 ? "way" : "move",
                      i == 0 ? "" : ", reroute: true");
    }
    assert_int_equal(fclose(out), 0);
}

struct odd {
    struct town town;
    const char *copy;
};

static int open_odd(void **state)
{
    struct odd *odd = malloc(sizeof *odd);
    assert_non_null(odd);
    odd->copy = town_copy();
    write_roads(odd->copy);
    write_rules(odd->copy);
    town_open_at(&odd->town, NULL, odd->copy);
    *state = odd;
    return 0;
}

static int close_odd(void **state)
{
    struct odd *odd = *state;
    town_close(&odd->town);
    free(odd);
    return 0;
}

static struct case_no report(struct town *town, const char *type, struct place at)
{
    assert_int_equal(town_event(town, "sensor-1", type, NULL, at, value), CODE_OPENED);
    return town->last.case_no;
}

static enum code act(struct town *town, const char *who, uint64_t order, enum action action)
{
    return town_act(town, who, order, no_case, action, REASON_BUSY, place_none(), NULL);
}

static const struct effect_candidate *chosen(const struct town *town)
{
    const struct effect_decision *decision = town_decision(town);
    assert_non_null(decision);
    assert_true(decision->order != 0);
    return &decision->candidates[0];
}

static uint32_t row_of(const struct town *town, const char *who)
{
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id(who), &view));
    return view.person;
}

/* ---- roads ---- */

static void test_odd_arcs_without_length_take_no_time_and_no_turn(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    town_seen(town, "sun", STATUS_READY, street(0));
    town_seen(town, "qian", STATUS_READY, street(200));
    (void)report(town, "odd.way", street(80)); /* s4: 40 s from the west, 60 s through the circle */
    assert_int_equal(chosen(town)->person, row_of(town, "sun"));
    assert_int_equal(chosen(town)->travel, TRAVEL_ROAD);
    assert_int_equal(chosen(town)->travel_ms, 40000);
    (void)report(town, "odd.way", street(100)); /* at the circle itself */
    assert_int_equal(chosen(town)->person, row_of(town, "qian"));
    assert_int_equal(chosen(town)->travel_ms, 50000);
}

static void test_odd_a_worker_on_an_island_is_reckoned_from_the_shore(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    town_seen(town, "sun", STATUS_READY, island);
    const struct case_no first = report(town, "odd.way", street(200));
    assert_int_equal(chosen(town)->person, row_of(town, "sun")); /* alone with a fix */
    assert_true(chosen(town)->travel_ms > 50000 && chosen(town)->travel_ms < HOUR_MS);
    assert_int_equal(act(town, "sun", town_order_of(town, "sun"), ACTION_DECLINE), CODE_DONE);
    town_seen(town, "qian", STATUS_READY, street(180));
    town_pass(town, 5 * MINUTE_MS);
    assert_true(town_order_of(town, "qian") != 0); /* who has a way */
    (void)first;
    const struct case_no second = report(town, "odd.way", island); /* and a case there is reached */
    assert_true(town_holder(town, second)[0] != '\0');
    assert_true(town_order_of(town, "sun") != 0);
}

/* ---- fixes ---- */

/* Both swap the ends of the street before every round: each round would like to move it. */
static void test_odd_jumping_fixes_move_an_order_no_more_than_the_limit(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    town_seen(town, "sun", STATUS_READY, street(0));
    town_seen(town, "qian", STATUS_READY, street(200));
    const struct case_no no = report(town, "odd.move", street(20));
    assert_int_equal(act(town, "sun", town_order_of(town, "sun"), ACTION_ACCEPT), CODE_DONE);
    for (int i = 0; i < 60; i++) {
        town_seen(town, "sun", STATUS_READY, street(i % 2 == 0 ? 200 : 0));
        town_seen(town, "qian", STATUS_READY, street(i % 2 == 0 ? 0 : 200));
        town_pass(town, 11 * SECOND_MS);
        const bool sun = town_order_of(town, "sun") != 0, qian = town_order_of(town, "qian") != 0;
        assert_true(sun != qian); /* never both, never none */
        const char *who = sun ? "sun" : "qian";
        struct order_view order;
        assert_true(core_find_order(town->core, town_order_of(town, who), &order));
        if (order.state == ORDER_OFFERED) {
            assert_int_equal(act(town, who, order.number, ACTION_ACCEPT), CODE_DONE);
        }
    }
    assert_in_range(town_count(town, ACTION_REROUTE), 1, 3);
    assert_true(town_holder(town, no)[0] != '\0');
}

/* Thirty metres to and fro are noise. */
static void test_odd_trembling_fixes_move_nothing(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    town_seen(town, "sun", STATUS_READY, street(48));
    town_seen(town, "qian", STATUS_READY, street(152));
    (void)report(town, "odd.move", street(100));
    const char *who = town_order_of(town, "sun") != 0 ? "sun" : "qian";
    assert_int_equal(act(town, who, town_order_of(town, who), ACTION_ACCEPT), CODE_DONE);
    for (int i = 0; i < 60; i++) {
        town_seen(town, "sun", STATUS_READY, street(48 + i * 7 % 9 - 4));
        town_seen(town, "qian", STATUS_READY, street(152 + i * 5 % 9 - 4));
        town_pass(town, 11 * SECOND_MS);
    }
    assert_int_equal(town_count(town, ACTION_REROUTE), 0);
    assert_true(town_order_of(town, who) != 0);
}

/* ---- people ---- */

static void test_odd_capacity_zero_carries_what_it_has_and_gets_nothing(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    town_seen(town, "sun", STATUS_READY, street(0));
    town_seen(town, "qian", STATUS_READY, street(200));
    (void)report(town, "odd.move", street(0));
    const uint64_t order = town_order_of(town, "sun");
    assert_int_equal(act(town, "sun", order, ACTION_ACCEPT), CODE_DONE);
    town_edit(
        odd->copy, "workers.csv", "sun,",
        "sun,孙勇,traffic_officer,,worker,dept.traffic,team.t,,0,,,116.3150,39.9050,true,car");
    town_move(town, odd->copy);
    assert_int_equal(town_order_of(town, "sun"), order);
    (void)report(town, "odd.move", street(0)); /* next to sun */
    (void)report(town, "odd.move", street(0)); /* and one that waits */
    for (int i = 0; i < 30; i++) {
        town_seen(town, "sun", STATUS_READY, street(0));
        town_seen(town, "qian", STATUS_READY, street(200));
        town_pass(town, 11 * SECOND_MS);
        core_check(town->core);
        assert_int_equal(town_order_of(town, "sun"), order);
        assert_true(town_order_of(town, "qian") != 0);
    }
    assert_int_equal(
        town_act(town, "sun", order, no_case, ACTION_ARRIVE, REASON_NONE, street(0), NULL),
        CODE_DONE);
    assert_int_equal(act(town, "sun", order, ACTION_DONE), CODE_DONE);
    town_pass(town, MINUTE_MS);
    assert_int_equal(town_order_of(town, "sun"), 0);
}

/* Sun goes off, a dispatcher gives his order to Qian, Sun is back and accepts what he was asked: all in one instant, in every
 * order of the three. One of them has it, and who has not is told so. */
static void test_odd_an_override_and_a_return_in_one_instant(void **state)
{
    struct odd *odd = *state;
    struct town *town = &odd->town;
    static const char *const turns[] = {"oda", "oad", "doa", "dao", "aod", "ado"};
    town_seen(town, "sun", STATUS_READY, street(0));
    town_seen(town, "qian", STATUS_READY, street(200));
    void *before = town_save(town);
    const int64_t now_ms = town->now_ms;
    for (size_t turn = 0; turn < COUNT_OF(turns); turn++) {
        town_restore(town, before);
        town->now_ms = now_ms;
        const struct case_no no = report(town, "odd.move", street(0));
        const uint64_t order = town_order_of(town, "sun");
        assert_true(order != 0);
        enum code accepted = CODE_NOTHING, given = CODE_NOTHING;
        for (const char *at = turns[turn]; *at != '\0'; at++) {
            if (*at == 'o') {
                town_seen(town, "sun", STATUS_OFF, place_none());
            } else if (*at == 'd') {
                given = town_act(town, "dispatcher.du", 0, no, ACTION_REASSIGN, REASON_INSTRUCTED,
                                 place_none(), "qian");
            } else {
                town_seen(town, "sun", STATUS_READY, street(0));
                accepted = act(town, "sun", order, ACTION_ACCEPT);
            }
        }
        assert_int_equal(given, CODE_DONE);
        const bool was_first = strchr(turns[turn], 'a') < strchr(turns[turn], 'd');
        assert_int_equal(accepted == CODE_DONE, was_first);
        assert_int_equal(town_order_of(town, "sun"), 0);
        assert_true(town_order_of(town, "qian") != 0);
        town_pass(town, MINUTE_MS);
        core_check(town->core);
        assert_true(town_order_of(town, "qian") != 0); /* no round undoes the dispatcher's hand */
        assert_int_equal(town_order_of(town, "sun"), 0);
    }
    free(before);
}

int main(void)
{
#define ODD(name) cmocka_unit_test_setup_teardown(test_odd_##name, open_odd, close_odd)
    const struct CMUnitTest tests[] = {
        ODD(arcs_without_length_take_no_time_and_no_turn),
        ODD(a_worker_on_an_island_is_reckoned_from_the_shore),
        ODD(jumping_fixes_move_an_order_no_more_than_the_limit),
        ODD(trembling_fixes_move_nothing),
        ODD(capacity_zero_carries_what_it_has_and_gets_nothing),
        ODD(an_override_and_a_return_in_one_instant),
    };
    return cmocka_run_group_tests_name("tests/unit/core/dispatch_odd", tests, NULL, NULL);
}

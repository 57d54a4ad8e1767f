/* test_assign_round.c: orders matched anew: moved to who is there sooner, waiting ones given closest first, never too often and never
 * against a person's word; severity 1 takes who is on the way to less; several asked at once; through restarts, in slices,
 * and over random days. GRIDLOOP_SEED and GRIDLOOP_STEPS choose another run. */
#include "tests/unit/core/walk.c"

#include "engine/core/assign_round.h"
#include "engine/core/cases.h"
#include "engine/core/snapshot.h"

static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

/* That many half metres east of a corner of the town. */
static struct place east(int32_t steps)
{
    return (struct place){1162970000 + steps * 58, 399050000};
}

static void write_rules(const char *at, const char *defaults)
{
    static const struct {
        const char *type, *severity, *assign;
    } rules[] = {
        {"low", "4", "{role: traffic_officer, search: [city], pick: nearest, reroute: true}"},
        {"offers", "4", "{role: traffic_officer, search: [city], pick: nearest, reroute: offers}"},
        {"guarded", "4",
         "{role: traffic_officer, search: [city], pick: nearest, reroute: true, area_guard: 190}"},
        {"fixed", "4", "{role: traffic_officer, search: [city], pick: nearest}"},
        {"high", "1",
         "{role: traffic_officer, search: [city], pick: nearest, reroute: true, preempt: true}"},
        {"many", "1", "{role: grid_worker, search: [city], pick: nearest, offer: parallel 3}"},
        {"pair", "1",
         "{role: grid_worker, search: [city], pick: nearest, offer: parallel 2, count: 2}"},
    };
    char path[128];
    (void)snprintf(path, sizeof path, "%s/rules/moves.yaml", at);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ruleset: 1\nevents:\n");
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        (void)fprintf(
            out, "  try.%s: {title: 试, title_en: try, lane: report, fields: {value: number}}\n",
            rules[i].type);
    }
    (void)fprintf(out, "rules:\n");
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        (void)fprintf(out,
                      "- id: try.%s\n  title: 试\n  title_en: Try\n  owner: dept.sanitation\n"
                      "  priority: 1\n  event: try.%s\n"
                      "  open: {class: \"E.09.09\", severity: %s, title: \"v\"}\n  assign: %s\n",
                      rules[i].type, rules[i].type, rules[i].severity, rules[i].assign);
    }
    assert_int_equal(fclose(out), 0);
    if (defaults != NULL) {
        town_edit(at, "rules/town.yaml", "  seek_every", defaults);
    }
}

static struct town *open_with(const struct limits *limits, const char *defaults)
{
    struct town *town = malloc(sizeof *town);
    const char *at = town_copy();
    assert_non_null(town);
    write_rules(at, defaults);
    town_open_at(town, limits, at);
    town_seen(town, "sun", STATUS_READY, east(0));
    town_seen(town, "qian", STATUS_READY, east(4000));
    return town;
}

static int open_town(void **state)
{
    *state = open_with(NULL, NULL);
    return 0;
}

static int close_town(void **state)
{
    town_close(*state);
    free(*state);
    return 0;
}

static struct case_no report(struct town *town, const char *type, int32_t metres)
{
    assert_int_equal(town_event(town, "sensor-1", type, NULL, east(metres), value), CODE_OPENED);
    return town->last.case_no;
}

static enum code act(struct town *town, const char *who, enum action action, int32_t metres)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_BUSY, east(metres),
                    NULL);
}

static struct case_no case_of(const struct town *town, const char *who)
{
    struct order_view view;
    const uint64_t order = town_order_of(town, who);
    return order != 0 && core_find_order(town->core, order, &view) ? view.case_no : no_case;
}

static void expect_case(const struct town *town, const char *who, struct case_no no)
{
    assert_true(case_no_is_equal(case_of(town, who), no));
}

static void work(struct town *town, const char *who, int32_t metres)
{
    assert_int_equal(act(town, who, ACTION_ACCEPT, metres), CODE_DONE);
    assert_int_equal(act(town, who, ACTION_ARRIVE, metres), CODE_DONE);
}

/* ---- moves ---- */

static void test_round_moves_an_accepted_order_to_who_is_there_sooner(void **state)
{
    struct town *town = *state;
    const struct case_no first = report(town, "try.low", 4000); /* qian is there */
    expect_case(town, "qian", first);
    work(town, "qian", 4000);
    const struct case_no second = report(town, "try.low", 4100); /* only sun is free, 4 km away */
    expect_case(town, "sun", second);
    const uint64_t old = town_order_of(town, "sun");
    assert_int_equal(act(town, "sun", ACTION_ACCEPT, 0), CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_DONE, 4000), CODE_DONE);
    town_pass(town, SECOND_MS); /* the release begins a round */
    expect_case(town, "qian", second);
    assert_int_equal(town_order_of(town, "sun"), 0);
    assert_int_equal(town_count(town, ACTION_REROUTE), 1);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->why, WHY_MOVED);
    assert_int_equal(
        decision->from,
        town->core->workers.rows[workers_find(&town->core->workers, town_id("sun"))].person);
    assert_true(decision->from_ms > decision->candidates[0].travel_ms);
    assert_int_equal(decision->round_moved, 1);
    /* Too late, and he is told so. */
    assert_int_equal(
        town_act(town, "sun", old, no_case, ACTION_ARRIVE, REASON_NONE, east(4100), NULL),
        CODE_RECALLED);
    work(town, "qian", 4100);
    assert_int_equal(act(town, "qian", ACTION_DONE, 4100), CODE_DONE);
}

static void test_round_lets_two_change_places(void **state)
{
    struct town *town = *state;
    const struct case_no a = report(town, "try.low", 100);
    const struct case_no b = report(town, "try.low", 3900);
    expect_case(town, "sun", a);
    expect_case(town, "qian", b);
    town_pass(town, MINUTE_MS);
    expect_case(town, "sun", a); /* nothing to gain: nobody is moved */
    assert_int_equal(town_count(town, ACTION_REROUTE), 0);
    town_seen(town, "sun", STATUS_READY, east(4000));
    town_seen(town, "qian", STATUS_READY, east(0));
    town_pass(town, 10 * SECOND_MS);
    expect_case(town, "sun", b);
    expect_case(town, "qian", a);
    assert_int_equal(town_count(town, ACTION_REROUTE), 2);
    core_check(town->core);
}

static void test_round_moves_nobody_too_often(void **state)
{
    struct town *town = *state;
    (void)report(town, "try.low", 100);
    (void)report(town, "try.low", 3900);
    for (int i = 0; i < 8; i++) {
        town_seen(town, "sun", STATUS_READY, east(i % 2 == 0 ? 4000 : 0));
        town_seen(town, "qian", STATUS_READY, east(i % 2 == 0 ? 0 : 4000));
        town_pass(town, 11 * SECOND_MS);
    }
    assert_int_equal(town_count(town, ACTION_REROUTE), 6); /* each three times */
}

/* A grave case is far from who has it and near sun, whose order is 1,900 steps from her and 3,900 from the other. */
static void pay_for_another(struct town *town, const char *type, struct case_no *out_lesser,
                            struct case_no *out_grave)
{
    *out_lesser = report(town, type, 100);
    *out_grave = report(town, "try.high", 2100);
    expect_case(town, "sun", *out_lesser);
    expect_case(town, "qian", *out_grave);
    town_seen(town, "sun", STATUS_READY, east(2000));
    town_pass(town, MINUTE_MS);
}

static void test_round_guard_bounds_what_one_pays_for_another(void **state)
{
    struct town *town = *state;
    struct case_no lesser, grave;
    pay_for_another(town, "try.guarded", &lesser, &grave);
    expect_case(town, "sun", lesser); /* more than twice the way it had */
    expect_case(town, "qian", grave);
    assert_int_equal(town_count(town, ACTION_REROUTE), 0);
    town_seen(town, "qian", STATUS_READY, east(3600)); /* 1.84 times */
    town_pass(town, MINUTE_MS);
    expect_case(town, "qian", lesser);
    expect_case(town, "sun", grave);
}

static void test_round_without_a_guard_one_pays_for_another(void **state)
{
    struct town *town = *state;
    struct case_no lesser, grave;
    pay_for_another(town, "try.low", &lesser, &grave);
    expect_case(town, "qian", lesser);
    expect_case(town, "sun", grave);
}

static void test_round_leaves_what_it_may_not_move(void **state)
{
    struct town *town = *state;
    const struct case_no a = report(town, "try.offers", 100);
    const struct case_no b = report(town, "try.fixed", 3900);
    assert_int_equal(act(town, "sun", ACTION_ACCEPT, 0),
                     CODE_DONE); /* offers: accepted, so fixed */
    town_seen(town, "sun", STATUS_READY, east(4000));
    town_seen(town, "qian", STATUS_READY, east(0));
    town_pass(town, MINUTE_MS);
    expect_case(town, "sun", a);
    expect_case(town, "qian", b);
    assert_int_equal(town_count(town, ACTION_REROUTE), 0);
}

static void test_round_never_undoes_a_hand(void **state)
{
    struct town *town = *state;
    const struct case_no a = report(town, "try.low", 100);
    expect_case(town, "sun", a);
    assert_int_equal(town_act(town, "dispatcher.du", 0, a, ACTION_REASSIGN, REASON_INSTRUCTED,
                              place_none(), "qian"),
                     CODE_DONE);
    expect_case(town, "qian", a);
    town_pass(town, MINUTE_MS);
    expect_case(town, "qian", a); /* sun is nearer, and free */
    assert_int_equal(town_count(town, ACTION_REROUTE), 0);
}

/* ---- the queue ---- */

static void test_round_gives_the_closest_waiting_order_first(void **state)
{
    struct town *town = *state;
    town_seen(town, "qian", STATUS_OFF, place_none());
    const struct case_no now = report(town, "try.low", 0);
    work(town, "sun", 0);
    const struct case_no far = report(town, "try.low", 4000);
    town_pass(town, 20 * SECOND_MS);
    const struct case_no near = report(town, "try.low", 300);
    assert_int_equal(town_order_of(town, "qian"), 0);
    assert_int_equal(act(town, "sun", ACTION_DONE, 0), CODE_DONE);
    town_pass(town, SECOND_MS);
    expect_case(town, "sun", near); /* not first come, first served */
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->why, WHY_WAITED);
    assert_int_equal(decision->round_orders, 2);
    work(town, "sun", 300);
    assert_int_equal(act(town, "sun", ACTION_DONE, 300), CODE_DONE);
    town_pass(town, SECOND_MS);
    expect_case(town, "sun", far);
    (void)now;
}

static void test_round_lets_an_old_order_go_before_a_near_one(void **state)
{
    struct town *town = *state;
    town_seen(town, "qian", STATUS_OFF, place_none());
    (void)report(town, "try.low", 0);
    work(town, "sun", 0);
    const struct case_no old = report(town, "try.low", 4000);
    town_pass(town, 3 * HOUR_MS);
    town_seen(town, "sun", STATUS_READY, east(0));
    (void)report(town, "try.low", 300);
    assert_int_equal(act(town, "sun", ACTION_DONE, 0), CODE_DONE);
    town_pass(town, SECOND_MS);
    expect_case(town, "sun", old);
}

static void test_round_asks_everybody_in_turn_and_then_a_desk(void **state)
{
    struct town *town = *state;
    const struct case_no no = report(town, "try.low", 100);
    for (int i = 0; i < 2; i++) {
        const char *who = town_order_of(town, "sun") != 0 ? "sun" : "qian";
        assert_int_equal(act(town, who, ACTION_DECLINE, 0), CODE_DONE);
        town_pass(town, 30 * SECOND_MS);
    }
    assert_int_equal(town_order_of(town, "sun") + town_order_of(town, "qian"), 0);
    town_pass(town, HOUR_MS);
    assert_int_equal(town_order_of(town, "sun") + town_order_of(town, "qian"), 0);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
}

static void test_round_bears_many_orders_at_one_corner(void **state)
{
    struct town *town = *state;
    for (int i = 0; i < 23; i++) {
        (void)report(town, "try.low", 500);
    }
    for (int done = 0; done < 23; done++) {
        town_seen(town, "sun", STATUS_READY, east(500));
        town_seen(town, "qian", STATUS_READY, east(500));
        town_pass(town, SECOND_MS);
        const char *who = town_order_of(town, "sun") != 0 ? "sun" : "qian";
        assert_int_not_equal(town_order_of(town, who), 0); /* while one waits nobody is left free */
        work(town, who, 500);
        assert_int_equal(act(town, who, ACTION_DONE, 500), CODE_DONE);
    }
    town_pass(town, SECOND_MS);
    assert_int_equal(town_order_of(town, "sun") + town_order_of(town, "qian"), 0);
}

static uint32_t load_of(const struct town *town, const char *who)
{
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id(who), &view));
    return view.load;
}

/* Somebody signs off, a dispatcher decides, the source says it is over, the rules are activated anew: at every step that a round
 * can stand at. What is left has a holder, and nobody carries two. */
static void test_round_bears_what_comes_between_its_slices(void **state)
{
    (void)state;
    for (uint32_t what = 0; what < 4; what++) {
        for (uint32_t steps = 1; steps < 12; steps++) {
            struct limits limits = town_limits();
            limits.tick_operations = 1;
            struct town *town = open_with(&limits, NULL);
            const struct case_no a = report(town, "try.low", 100);
            const struct case_no b = report(town, "try.low", 3900);
            town_seen(town, "sun", STATUS_READY, east(4000));
            town_seen(town, "qian", STATUS_READY, east(0));
            town->now_ms += 11 * SECOND_MS;
            for (uint32_t i = 0; i < steps; i++) {
                town_tick(town);
            }
            if (what == 0) {
                town_seen(town, "qian", STATUS_OFF, place_none());
            } else if (what == 1) {
                (void)town_act(town, "dispatcher.du", 0, b, ACTION_REASSIGN, REASON_INSTRUCTED,
                               place_none(), "sun");
            } else if (what == 2) {
                (void)town_act(town, "chief.chu", 0, a, ACTION_VOID, REASON_FALSE_ALARM,
                               place_none(), NULL);
            } else {
                town_activate(town);
            }
            town_pass(town, MINUTE_MS);
            core_check(town->core);
            assert_int_equal(town->core->rounds.phase, ROUND_IDLE);
            assert_true(town_holder(town, b)[0] != '\0');
            const bool is_void = town_case(town, a).state == CASE_VOID;
            assert_int_equal(is_void, what == 2);
            assert_true(load_of(town, "sun") <= 1 && load_of(town, "qian") <= 1);
            const bool sun_has_one = town_order_of(town, "sun") != 0;
            assert_true(sun_has_one || town_order_of(town, "qian") != 0);
            town_close(town);
            free(town);
        }
    }
}

/* Far more orders at once than a round takes and than there are people: each step does no more than it may, rounds go on until
 * all were looked at, and in the end everything is served. */
static void test_round_bears_ten_thousand_orders_at_once(void **state)
{
    (void)state;
    enum { COUNT = 10000, SERVED = 60 };
    struct limits limits = town_limits();
    limits.cases = COUNT + 64;
    limits.orders = 2 * COUNT;
    limits.case_extras = COUNT;
    limits.event_ids = 16384;
    limits.round_orders = 512;
    limits.round_pairs = 8192;
    limits.tick_operations = 512;
    struct town *town = open_with(&limits, NULL);
    town->check_every = 100000;
    for (int i = 0; i < COUNT; i++) {
        (void)report(town, "try.low", i % 4000);
    }
    uint32_t most = 0;
    for (int i = 0; i < 200; i++) {
        town->now_ms += 500;
        do {
            town_tick(town);
            most = town->core->operations > most ? town->core->operations : most;
        } while (core_has_backlog(town->core));
    }
    /* A step ends with what it has begun: one search of everybody, or one placing of an order. */
    print_message("%u operations in a step at most\n", most);
    assert_true(most < 2 * limits.tick_operations);
    for (int served = 0; served < SERVED; served++) {
        const char *who = town_order_of(town, "sun") != 0 ? "sun" : "qian";
        struct case_view view;
        assert_int_not_equal(town_order_of(town, who), 0); /* nobody is idle */
        view = town_case(town, case_of(town, who));
        assert_int_equal(town_act(town, who, town_order_of(town, who), no_case, ACTION_ACCEPT,
                                  REASON_NONE, view.place, NULL),
                         CODE_DONE);
        assert_int_equal(town_act(town, who, town_order_of(town, who), no_case, ACTION_ARRIVE,
                                  REASON_NONE, view.place, NULL),
                         CODE_DONE);
        assert_int_equal(town_act(town, who, town_order_of(town, who), no_case, ACTION_DONE,
                                  REASON_NONE, view.place, NULL),
                         CODE_DONE);
        town_seen(town, who, STATUS_READY, view.place);
        for (int i = 0; i < 40; i++) {
            town->now_ms += 500;
            town_tick(town);
        }
    }
    core_check(town->core);
    town_close(town);
    free(town);
}

/* ---- severity 1 ---- */

static void test_round_severity_1_takes_who_is_on_the_way_to_less(void **state)
{
    struct town *town = *state;
    const struct case_no a = report(town, "try.fixed", 100);
    const struct case_no b = report(town, "try.fixed", 3900);
    assert_int_equal(act(town, "sun", ACTION_ACCEPT, 0), CODE_DONE);
    const uint64_t old = town_order_of(town, "sun");
    const struct case_no high = report(town, "try.high", 200);
    expect_case(town, "sun", high);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->why, WHY_PREEMPTS);
    assert_int_equal(decision->taken, old);
    assert_int_equal(town_count(town, ACTION_PREEMPT), 2); /* both stories say so */
    struct case_view view = town_case(town, a);
    assert_int_equal(view.state, CASE_DISPATCHING);
    assert_int_equal(
        town_act(town, "sun", old, no_case, ACTION_ARRIVE, REASON_NONE, east(100), NULL),
        CODE_RECALLED);
    town_pass(town, SECOND_MS); /* sought again at once; nobody is there, a desk takes it */
    view = town_case(town, a);
    assert_int_equal(view.state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, a), "dept.sanitation.duty");
    /* The next one takes qian; a third finds nobody: not from a case as severe, nor from a site. */
    const struct case_no high2 = report(town, "try.high", 200);
    expect_case(town, "qian", high2);
    (void)report(town, "try.high", 200);
    assert_int_equal(town_decision(town)->order, 0);
    expect_case(town, "sun", high);
    expect_case(town, "qian", high2);
    (void)b;
}

static void test_round_severity_1_leaves_who_is_on_site(void **state)
{
    struct town *town = *state;
    const struct case_no a = report(town, "try.low", 0);
    const struct case_no b = report(town, "try.low", 4000);
    work(town, "sun", 0);
    work(town, "qian", 4000);
    (void)report(town, "try.high", 0);
    assert_int_equal(town_decision(town)->order, 0);
    expect_case(town, "sun", a);
    expect_case(town, "qian", b);
}

static void test_round_the_first_of_several_has_it(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_READY, east(0));
    town_seen(town, "li", STATUS_READY, east(100));
    town_seen(town, "chen", STATUS_READY, east(200));
    const struct case_no no = report(town, "try.many", 0);
    const uint64_t wang = town_order_of(town, "wang"), li = town_order_of(town, "li"),
                   chen = town_order_of(town, "chen");
    assert_true(wang != 0 && li != 0 && chen != 0);
    assert_int_equal(act(town, "wang", ACTION_DECLINE, 0), CODE_DONE); /* he was to lead */
    assert_int_equal(act(town, "chen", ACTION_ACCEPT, 200), CODE_DONE);
    assert_string_equal(town_holder(town, no), "chen");
    assert_int_equal(town_order_of(town, "li"), 0);
    /* An accept that comes after is answered, again and again. */
    assert_int_equal(town_act(town, "li", li, no_case, ACTION_ACCEPT, REASON_NONE, east(100), NULL),
                     CODE_TAKEN);
    assert_int_equal(
        town_act(town, "wang", wang, no_case, ACTION_ACCEPT, REASON_NONE, east(0), NULL),
        CODE_WRONG_STATE);
    assert_int_equal(act(town, "chen", ACTION_ARRIVE, 0), CODE_DONE);
    assert_int_equal(act(town, "chen", ACTION_DONE, 0), CODE_DONE);
}

static void test_round_several_for_two(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_READY, east(0));
    town_seen(town, "li", STATUS_READY, east(100));
    town_seen(town, "chen", STATUS_READY, east(200));
    const struct case_no no = report(town, "try.pair", 0);
    assert_int_equal(act(town, "chen", ACTION_ACCEPT, 200), CODE_DONE);
    assert_true(town_order_of(town, "wang") != 0 && town_order_of(town, "li") != 0);
    assert_int_equal(act(town, "li", ACTION_ACCEPT, 100), CODE_DONE);
    assert_int_equal(town_order_of(town, "wang"), 0); /* two have accepted: enough */
    assert_int_not_equal(town_order_of(town, "chen"), 0);
    assert_string_equal(town_holder(town, no), "li"); /* chen helps, li leads */
}

/* ---- slices, restarts ---- */

/* A town whose own rules all move, take and ask several; operations enough for a few workers a step. */
static struct town *open_lively(void)
{
    struct town *town = malloc(sizeof *town);
    struct limits limits = town_limits();
    const char *at = town_copy();
    char command[320];
    assert_non_null(town);
    limits.tick_operations = 6;
    limits.round_orders = 6;
    limits.round_pairs = 24;
    (void)snprintf(command, sizeof command,
                   "sed -i '/^rules:/,$ s/pick: nearest/pick: nearest, reroute: true, preempt: "
                   "true, offer: parallel 2/; /^rules:/,$ s/severity: 2, title/severity: 1, "
                   "title/' %s/rules/town.yaml",
                   at);
    assert_int_equal(system(command), 0);
    town_open_at(town, &limits, at);
    return town;
}

static void test_round_random_days_replay_through_restarts(void **state)
{
    (void)state;
    const uint64_t seed = walk_number("GRIDLOOP_SEED", 8); /* moves are rare in such days */
    const int steps = (int)walk_number("GRIDLOOP_STEPS", 2000);
    print_message("seed %llu, %d steps\n", (unsigned long long)seed, steps);
    struct town *live = open_lively();
    struct town *restarted = open_lively();
    uint64_t random = seed, again = seed;
    uint32_t in_rounds = 0;
    live->check_every = restarted->check_every = 32;
    for (int step = 0; step < steps; step += 5) {
        walk(live, &random, 5);
        walk(restarted, &again, 5);
        in_rounds += restarted->core->rounds.phase != ROUND_IDLE;
        if (step % 50 == 0 || restarted->core->rounds.phase != ROUND_IDLE) {
            assert_int_equal(town_restart(restarted), ERR_OK);
            assert_true(hash128_is_equal(core_digest(live->core), core_digest(restarted->core)));
        }
    }
    print_message("%u restarts inside a round, %u moved, %u taken\n", in_rounds,
                  live->told[ACTION_REROUTE], live->told[ACTION_PREEMPT]);
    assert_true(in_rounds > 0 && live->told[ACTION_REROUTE] > 0 && live->told[ACTION_PREEMPT] > 0);
    assert_true(hash128_is_equal(live->effects_digest, restarted->effects_digest));
    town_close(live);
    town_close(restarted);
    free(live);
    free(restarted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, open_town, close_town)
        IN_TOWN(test_round_moves_an_accepted_order_to_who_is_there_sooner),
        IN_TOWN(test_round_lets_two_change_places),
        IN_TOWN(test_round_moves_nobody_too_often),
        IN_TOWN(test_round_guard_bounds_what_one_pays_for_another),
        IN_TOWN(test_round_without_a_guard_one_pays_for_another),
        IN_TOWN(test_round_leaves_what_it_may_not_move),
        IN_TOWN(test_round_never_undoes_a_hand),
        IN_TOWN(test_round_gives_the_closest_waiting_order_first),
        IN_TOWN(test_round_lets_an_old_order_go_before_a_near_one),
        IN_TOWN(test_round_asks_everybody_in_turn_and_then_a_desk),
        IN_TOWN(test_round_bears_many_orders_at_one_corner),
        IN_TOWN(test_round_severity_1_takes_who_is_on_the_way_to_less),
        IN_TOWN(test_round_severity_1_leaves_who_is_on_site),
        IN_TOWN(test_round_the_first_of_several_has_it),
        IN_TOWN(test_round_several_for_two),
        cmocka_unit_test(test_round_bears_what_comes_between_its_slices),
        cmocka_unit_test(test_round_bears_ten_thousand_orders_at_once),
        cmocka_unit_test(test_round_random_days_replay_through_restarts),
    };
    return cmocka_run_group_tests_name("core/assign_round", tests, NULL, NULL);
}

/* test_random.c: random events, acts and time over the town: every truth holds after each step, and the same seed gives
 * the same state and the same effects.
 *
 * GRIDLOOP_SEED and GRIDLOOP_STEPS choose another run. */
#include "tests/unit/core/town.c"

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

static uint32_t roll(uint64_t *random, uint32_t limit)
{
    return (uint32_t)(next_random(random) % limit);
}

static struct place random_place(uint64_t *random)
{
    if (roll(random, 8) == 0) {
        return place_none();
    }
    return (struct place){1162950000 + (int32_t)roll(random, 300000),
                          398950000 + (int32_t)roll(random, 200000)};
}

static void random_event(struct town *town, uint64_t *random)
{
    static const char *const sources[] = {"cam-1", "hotline-1", "sensor-1", "wang", "intake.yin"};
    static const char *const devices[] = {NULL, "C-001", "C-002", "C-003", NULL};
    static const char *const types[] = {
        "camera.garbage_overflow", "camera.garbage_cleared", "camera.vehicle_stationary",
        "camera.crowd_density",    "hotline.garbage",        "sensor.water_level",
        "sensor.water_gone",       "sensor.odd",             "sensor.unheard_of"};
    static const char *const plates[] = {"A1", "B2", "C3", "D4"};
    const char *type = types[roll(random, COUNT_OF(types))];
    const int64_t value = roll(random, 5000000);
    const char *name = strstr(type, "crowd") != NULL   ? "density"
                       : strstr(type, "water") != NULL ? "level"
                       : strstr(type, "odd") != NULL   ? "value"
                                                       : "fill";
    const struct town_field numbers[] = {{name, NULL, value}, {0}};
    const struct town_field plate[] = {{"plate", plates[roll(random, COUNT_OF(plates))], 0}, {0}};
    (void)town_event(town, sources[roll(random, COUNT_OF(sources))], type,
                     devices[roll(random, COUNT_OF(devices))], random_place(random),
                     strstr(type, "vehicle") != NULL ? plate : numbers);
}

static struct case_no random_case(struct town *town, uint64_t *random)
{
    struct case_view view;
    struct case_no picked = {0, 0, 0};
    uint32_t slot = 0;
    uint32_t seen = 0;
    while (core_next_case(town->core, &slot, &view)) {
        if (roll(random, ++seen) == 0) {
            picked = view.no;
        }
    }
    return picked;
}

/* Mostly what the owner of an order would do, sometimes nonsense. */
static void random_act(struct town *town, uint64_t *random)
{
    static const char *const field[] = {"wang", "li", "chen", "sun", "qian", "zhao", "zhou"};
    static const char *const office[] = {"dispatcher.du", "chief.chu", "desk.san", "desk.tra", "desk.dai",
                                         "zhao",          "li",        "auditor.an"};
    static const char *const subjects[] = {"wang", "li", "sun", "dept.traffic.duty", "town.desk", NULL};
    const enum reason reason = (enum reason)roll(random, REASON_LIMIT);
    if (roll(random, 3) != 0) {
        const char *who = field[roll(random, COUNT_OF(field))];
        const uint64_t order = town_order_of(town, who);
        struct order_view view;
        struct case_view owner;
        enum action action = (enum action)(1 + roll(random, 9));
        struct place at = random_place(random);
        if (order != 0 && core_find_order(town->core, order, &view)) {
            const uint64_t possible = life_order_actions(view.kind, view.state);
            for (int tries = 0; tries < 20 && (possible & action_bit(action)) == 0; tries++) {
                action = (enum action)(1 + roll(random, 9));
            }
            assert_true(core_find_case(town->core, view.case_no, &owner));
            at = owner.place;
        }
        (void)town_act(town, who, order == 0 ? 1 + roll(random, 50) : order,
                       (struct case_no){0, 0, 0}, action, reason, at, NULL);
        return;
    }
    const struct case_no no = random_case(town, random);
    struct case_view view;
    enum action action = (enum action)roll(random, ACTION_OUTSIDE_LIMIT + 1);
    const bool is_there = core_find_case(town->core, no, &view);
    for (int tries = 0; is_there && tries < 40 && roll(random, 10) != 0; tries++) {
        if (action < ACTION_OUTSIDE_LIMIT && (life_case_actions(view.state) & action_bit(action)) != 0) {
            break;
        }
        action = (enum action)roll(random, ACTION_OUTSIDE_LIMIT);
    }
    (void)town_act(town, office[roll(random, COUNT_OF(office))], 0, no, action, reason, place_none(),
                   subjects[roll(random, COUNT_OF(subjects))]);
}

static void run(struct town *town, uint64_t seed, int steps)
{
    uint64_t random = seed;
    for (int step = 0; step < steps; step++) {
        const uint32_t what = roll(&random, 10);
        if (what < 3) {
            random_event(town, &random);
        } else if (what < 8) {
            random_act(town, &random);
        } else if (what == 8) {
            static const char *const names[] = {"wang", "li", "chen", "sun", "qian", "zhao"};
            town_seen(town, names[roll(&random, COUNT_OF(names))],
                      roll(&random, 10) == 0 ? (enum worker_status)roll(&random, STATUS_LIMIT)
                                             : STATUS_READY,
                      random_place(&random));
        } else {
            town_pass(town, roll(&random, 20) == 0 ? roll(&random, 12) * HOUR_MS
                                                   : roll(&random, 900) * SECOND_MS);
        }
    }
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void test_core_same_seed_same_state_and_effects(void **state)
{
    (void)state;
    const uint64_t seed = number_from("GRIDLOOP_SEED", 20260303);
    const int steps = (int)number_from("GRIDLOOP_STEPS", 20000);
    print_message("seed %llu, %d steps\n", (unsigned long long)seed, steps);
    struct town *first = malloc(sizeof *first);
    struct town *second = malloc(sizeof *second);
    town_open(first, NULL);
    town_open(second, NULL);
    first->check_every = second->check_every = 16;
    run(first, seed, steps);
    run(second, seed, steps);
    assert_true(hash128_is_equal(core_digest(first->core), core_digest(second->core)));
    assert_true(hash128_is_equal(first->effects_digest, second->effects_digest));
    const struct core_counts *counts = core_counts_now(first->core);
    print_message("events %llu opened %llu merged %llu closed %llu void %llu reopenings %llu "
                  "expired %llu returned %llu nobody %llu missed %llu\n",
                  (unsigned long long)counts->events, (unsigned long long)counts->opened,
                  (unsigned long long)counts->merged, (unsigned long long)counts->closed,
                  (unsigned long long)counts->voided, (unsigned long long)counts->reopenings,
                  (unsigned long long)counts->expired, (unsigned long long)counts->returned,
                  (unsigned long long)counts->nobody, (unsigned long long)counts->clocks_missed);
    assert_true(counts->closed > 10 && counts->voided > 1 && counts->reopenings > 0);
    assert_true(counts->expired > 10 && counts->returned > 10 && counts->nobody > 10);
    town_close(first);
    town_close(second);
    free(first);
    free(second);
}

/* After the last event everything accepted ends: nothing hangs without a holder or a clock (laws 6 and 12). */
static void test_core_everything_ends_when_people_act(void **state)
{
    (void)state;
    struct town *town = malloc(sizeof *town);
    uint64_t random = number_from("GRIDLOOP_SEED", 4711);
    static const char *const field[] = {"wang", "li", "chen", "sun", "qian", "zhao", "zhou"};
    town_open(town, NULL);
    town->check_every = 16;
    run(town, random, 4000);
    for (size_t i = 0; i < COUNT_OF(field); i++) {
        town_seen(town, field[i], STATUS_READY, (struct place){1163060000, 399060000});
    }
    for (int round = 0; round < 4000 && core_counts_now(town->core)->open_now > 0; round++) {
        for (size_t i = 0; i < COUNT_OF(field); i++) {
            const uint64_t order = town_order_of(town, field[i]);
            struct order_view view;
            struct case_view owner;
            if (order == 0 || !core_find_order(town->core, order, &view)) {
                continue;
            }
            assert_true(core_find_case(town->core, view.case_no, &owner));
            const enum action good[] = {ACTION_ACCEPT, ACTION_VERIFY_YES, ACTION_CHECK_PASS, ACTION_DONE,
                                        ACTION_ARRIVE};
            for (size_t a = 0; a < COUNT_OF(good); a++) {
                if ((life_order_actions(view.kind, view.state) & action_bit(good[a])) != 0) {
                    (void)town_act(town, field[i], order, (struct case_no){0, 0, 0}, good[a],
                                   REASON_OTHER, owner.place, NULL);
                    break;
                }
            }
        }
        /* What desks hold, they finish; what waits for a hand at the command post is sent out again. */
        const struct case_no no = random_case(town, &random);
        (void)town_act(town, "desk.san", 0, no, ACTION_DONE, REASON_OTHER, place_none(), NULL);
        (void)town_act(town, "desk.tra", 0, no, ACTION_DONE, REASON_OTHER, place_none(), NULL);
        (void)town_act(town, "desk.dai", 0, no, ACTION_DONE, REASON_OTHER, place_none(), NULL);
        (void)town_act(town, "chief.chu", 0, no, ACTION_CLOSE, REASON_OTHER, place_none(), NULL);
        (void)town_act(town, "chief.chu", 0, no, ACTION_VERIFY_NO, REASON_OTHER, place_none(), NULL);
        (void)town_act(town, "dispatcher.du", 0, no, ACTION_SEND_TO_DESK, REASON_OTHER, place_none(),
                       "town.desk");
        town_pass(town, MINUTE_MS);
        for (size_t i = 0; i < COUNT_OF(field); i++) {
            town_seen(town, field[i], STATUS_READY, (struct place){1163060000, 399060000});
        }
    }
    assert_int_equal(core_counts_now(town->core)->open_now, 0);
    town_close(town);
    free(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_same_seed_same_state_and_effects),
        cmocka_unit_test(test_core_everything_ends_when_people_act),
    };
    return cmocka_run_group_tests_name("engine/core/random", tests, NULL, NULL);
}

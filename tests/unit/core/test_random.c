/* test_random.c: random events, acts and time over the town: every truth holds after each step, and the same seed gives
 * the same state and the same effects.
 *
 * GRIDLOOP_SEED and GRIDLOOP_STEPS choose another run. */
#include "tests/unit/core/walk.c"

static void test_core_same_seed_same_state_and_effects(void **state)
{
    (void)state;
    const uint64_t seed = walk_number("GRIDLOOP_SEED", 20260303);
    const int steps = (int)walk_number("GRIDLOOP_STEPS", 20000);
    print_message("seed %llu, %d steps\n", (unsigned long long)seed, steps);
    struct town *first = malloc(sizeof *first);
    struct town *second = malloc(sizeof *second);
    town_open(first, NULL);
    town_open(second, NULL);
    first->check_every = 16;
    second->check_every = UINT32_MAX; /* the same states: looked through once */
    uint64_t random = seed;
    walk(first, &random, steps);
    random = seed;
    walk(second, &random, steps);
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
    for (int action = ACTION_SUSPEND; action <= ACTION_INFORM; action++) {
        if (first->told[action] == 0 && seed == 20260303 && steps >= 20000) {
            fail_msg("action %d never happened: the walk leaves it out", action);
        }
    }
    assert_true(first->told[ACTION_EXTEND_LAPSE] + first->told[ACTION_RECHECK] > 0);
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
    uint64_t random = walk_number("GRIDLOOP_SEED", 4711);
    static const char *const field[] = {"wang", "li", "chen", "sun", "qian", "zhao", "zhou"};
    town_open(town, NULL);
    town->check_every = 16;
    walk(town, &random, 4000);
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
            const enum action good[] = {ACTION_ACCEPT, ACTION_VERIFY_YES, ACTION_CHECK_PASS,
                                        ACTION_DONE, ACTION_ARRIVE};
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
        (void)town_act(town, "chief.chu", 0, no, ACTION_VERIFY_NO, REASON_OTHER, place_none(),
                       NULL);
        (void)town_act(town, "dispatcher.du", 0, no, ACTION_SEND_TO_DESK, REASON_OTHER,
                       place_none(), "town.desk");
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

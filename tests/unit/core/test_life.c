/* test_life.c: the whole table of cases: state, action, role.
 *
 * process.c holds the table. In every state that a case can be in, every person tries every action; what the table does not
 * allow must be refused with the right code and leave the state as it was, but for the sign of life and the kept answer of
 * whoever tried. */
#include "tests/unit/core/process.c"

static void try_case(struct town *town, struct town_deed deed, const struct actor *actor,
                     enum code expected, const struct moment *before)
{
    const bool is_full = deed.text != NULL;
    if (is_full && !process_is_of_plans(deed.action)) {
        assert_int_equal(process_is_offered(town, deed.no, actor, deed.action),
                         process_is_taken(expected));
    }
    const enum case_state state = town_case(town, deed.no).state;
    const uint64_t refused = town_case(town, deed.no).doors.refused;
    const uint32_t effects = town->effect_count = 0;
    const enum code code = town_do(town, actor->id, deed);
    if (code != expected) {
        print_error("state %d action %d by %s: %d, not %d\n", state, deed.action, actor->id, code,
                    expected);
    }
    assert_int_equal(code, expected);
    if (code != CODE_DONE) {
        assert_true(moment_is_now(town, before, actor->id));
        assert_int_equal(town->effect_count, effects + 1); /* the answer and nothing else */
    } else {
        assert_true(town->effect_count > effects + 1);
        assert_int_equal(town->last.state, town_case(town, town->last.case_no).state);
    }
    if (code == CODE_WRONG_STATE) {
        assert_int_equal(town->last.possible, process_allowed[state] & ~refused);
    }
    const bool is_filter = code == CODE_NOT_ELIGIBLE; /* told there: the one that stopped him */
    if (code != CODE_DONE && !is_filter && deed.action < ACTION_OUTSIDE_LIMIT) {
        assert_int_equal(town->last.possible & action_bit(deed.action), 0);
    }
    moment_return(town, before);
}

static void test_life_every_state_action_and_role(void **state)
{
    struct town *town = *state;
    static const struct {
        enum case_state state;
        int how;
    } ways[] = {{CASE_VERIFYING, 0}, {CASE_DISPATCHING, 0},   {CASE_ASSIGNED, 0},
                {CASE_ASSIGNED, 1},  {CASE_ON_SITE, 0},       {CASE_HANDLED, 0},
                {CASE_CHECKING, 0},  {CASE_CHECKING, 1},      {CASE_CLOSED, 0},
                {CASE_VOID, 0},      {CASE_FORCED_CLOSED, 0}, {CASE_SUSPENDED, 0},
                {CASE_SUSPENDED, 1}, {CASE_MERGED, 0}};
    uint32_t tried = 0;
    void *fresh = town_save(town);
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        const struct case_no spare =
            process_open(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
        const struct case_no no = process_bring(town, ways[w].state, ways[w].how);
        assert_int_equal(town_case(town, no).state, ways[w].state);
        struct moment before = moment_take(town);
        for (size_t a = 0; a < PROCESS_ACTORS; a++) {
            for (int action = 0; action < (int)OUTSIDE; action++) {
                for (int full_too = 0; full_too < 2; full_too++) {
                    try_case(town,
                             process_deed(town, no, spare, (enum action)action, REASON_OTHER,
                                          full_too != 0),
                             &process_actors[a],
                             process_expected(town, no, &process_actors[a], (enum action)action,
                                              full_too != 0),
                             &before);
                    tried++;
                }
            }
        }
        moment_free(&before);
        town_restore(town, fresh);
        town->event_serial += 100; /* other event ids: the restored core does not know these */
    }
    free(fresh);
    print_message("%u triples\n", tried);
}

static void test_life_states_nobody_reaches_are_in_the_table_too(void **state)
{
    (void)state;
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        assert_int_equal(life_case_actions((enum case_state)s), process_allowed[s]);
    }
    for (int a = 1; a < ACTION_OUTSIDE_LIMIT; a++) {
        assert_int_equal(life_needs_reason((enum action)a), (process_with_reason >> a) & 1);
    }
    assert_false(life_needs_reason(ACTION_OPEN));
    for (int a = 1; a < ACTION_LIMIT;
         a++) { /* who must give one is offered some, and "other" at last */
        const uint64_t reasons = life_act_reasons((enum action)a);
        assert_int_equal(reasons != 0, life_needs_reason((enum action)a));
        assert_int_equal(reasons >> REASON_OTHER & 1, reasons != 0);
        assert_int_equal(reasons & (1u << REASON_NONE), 0);
    }
    uint32_t count;
    const struct life_case_rule *cases = life_case_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true((cases[i].needs & NEED_REASON) == 0 ||
                    life_needs_reason((enum action)cases[i].action));
    }
    const struct life_order_rule *orders = life_order_rules(&count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true((orders[i].needs & NEED_REASON) == 0 ||
                    life_needs_reason((enum action)orders[i].action));
    }
}

static void test_life_reasons_are_asked_for_first(void **state)
{
    struct town *town = *state;
    const struct case_no no = process_bring(town, CASE_DISPATCHING, 0);
    struct moment before = moment_take(town);
    for (size_t a = 0; a < PROCESS_ACTORS; a++) {
        for (int action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
            if ((process_with_reason & action_bit((enum action)action)) != 0) {
                try_case(town,
                         process_deed(town, no, no_case, (enum action)action, REASON_NONE, false),
                         &process_actors[a], CODE_REASON_NEEDED, &before);
            }
        }
    }
    moment_free(&before);
}

static void test_life_who_handled_or_commanded_may_not_check(void **state)
{
    struct town *town = *state;
    const struct case_no no = process_bring(town, CASE_CHECKING, 0);
    struct case_row *row = &town->core->cases.rows[0];
    static const uint32_t marks[] = {PERSON_HANDLED, PERSON_COMMANDED};
    static const int checks[] = {ACTION_CHECK_PASS, ACTION_CHECK_FAIL, ACTION_CLOSE};
    for (size_t m = 0; m < COUNT_OF(marks); m++) {
        row->persons[row->person_count++] =
            case_person_of(workers_find(&town->core->workers, town_id("chief.chu")), marks[m]);
        struct moment before = moment_take(town);
        for (size_t i = 0; i < COUNT_OF(checks); i++) {
            try_case(town,
                     process_deed(town, no, no_case, (enum action)checks[i], REASON_OTHER, false),
                     &process_actors[4], CODE_CONFLICT_OF_INTEREST, &before);
        }
        moment_free(&before);
        row->person_count--;
    }
}

#define life(name)                                                                                 \
    cmocka_unit_test_setup_teardown(test_life_##name, process_open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        life(every_state_action_and_role),
        life(states_nobody_reaches_are_in_the_table_too),
        life(reasons_are_asked_for_first),
        life(who_handled_or_commanded_may_not_check),
    };
    return cmocka_run_group_tests_name("engine/core/life", tests, NULL, NULL);
}

/* test_life_orders.c: the whole table of orders: kind, state, action, tried by their worker and by others. */
#include "tests/unit/core/process.c"

static uint64_t allowed_on_order(enum order_kind kind, enum order_state state)
{
    if (state == ORDER_OFFERED) {
        return BIT(ACCEPT) | BIT(DECLINE);
    }
    const uint64_t under_way = BIT(RETURN) | BIT(COMMENT);
    if (state == ORDER_ACCEPTED) {
        return under_way | BIT(ARRIVE) |
               (kind == KIND_CHECK_RESULT ? BIT(CHECK_PASS) | BIT(CHECK_FAIL) : 0);
    }
    if (state == ORDER_ARRIVED) {
        return under_way | (kind == KIND_CHECK_RESULT    ? BIT(CHECK_PASS) | BIT(CHECK_FAIL)
                            : kind == KIND_VERIFY_REPORT ? BIT(VERIFY_YES) | BIT(VERIFY_NO)
                            : kind == KIND_HANDLE ? BIT(DONE) | BIT(MAKE_SAFE) | BIT(REQUEST_HELP)
                                                  : BIT(DONE) | BIT(MAKE_SAFE));
    }
    return 0;
}

/* The worker with an active order of the kind on the case. */
static const char *worker_of(struct town *town, enum order_kind kind)
{
    static const char *const names[] = {"li", "wang", "chen", "sun", "qian", "zhao", "zhou"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct order_view view;
        const uint64_t order = town_order_of(town, names[i]);
        if (order != 0 && core_find_order(town->core, order, &view) && view.kind == kind) {
            return names[i];
        }
    }
    fail_msg("nobody has an order of kind %d", kind);
    return NULL;
}

static struct case_no with_order(struct town *town, enum order_kind kind)
{
    if (kind == KIND_VERIFY_REPORT) {
        return process_bring(town, CASE_VERIFYING, 0);
    }
    if (kind == KIND_CHECK_RESULT) {
        return process_bring(town, CASE_CHECKING, 0);
    }
    return process_open(town, "cam-1", "camera.crowd_density", "C-003", crowd);
}

/* Brings the order of that kind into the state; returns its number. */
static uint64_t bring_order(struct town *town, enum order_kind kind, enum order_state state,
                            const char **out_who)
{
    const struct case_no no = with_order(town, kind);
    const char *who = worker_of(town, kind);
    const uint64_t order = town_order_of(town, who);
    *out_who = who;
    if (state == ORDER_EXPIRED) {
        town_pass(town, 10 * MINUTE_MS);
        return order;
    }
    if (state == ORDER_DECLINED) {
        process_do(town, who, ACTION_DECLINE);
        return order;
    }
    if (state == ORDER_OFFERED) {
        return order;
    }
    if (state == ORDER_RECALLED) {
        const bool is_service = kind == KIND_CHECK_RESULT || kind == KIND_VERIFY_REPORT;
        assert_int_equal(town_act(town, is_service ? "chief.chu" : "dispatcher.du", 0, no,
                                  is_service ? ACTION_VOID : ACTION_SEND_TO_DESK, REASON_OTHER,
                                  nowhere, is_service ? NULL : "town.desk"),
                         CODE_DONE);
        return order;
    }
    process_do(town, who, ACTION_ACCEPT);
    if (state == ORDER_RETURNED) {
        process_do(town, who, ACTION_RETURN);
    } else if (state == ORDER_ARRIVED || state == ORDER_DONE) {
        process_do(town, who, ACTION_ARRIVE);
    }
    if (state == ORDER_DONE) {
        process_do(town, who,
                   kind == KIND_CHECK_RESULT    ? ACTION_CHECK_PASS
                   : kind == KIND_VERIFY_REPORT ? ACTION_VERIFY_YES
                                                : ACTION_DONE);
    }
    return order;
}

static void try_order(struct town *town, uint64_t order, enum order_kind kind,
                      enum order_state state, const struct actor *actor, bool is_own, int action,
                      const struct moment *before)
{
    const uint64_t possible = allowed_on_order(kind, state);
    enum code expected = CODE_DONE;
    if (action == 0 || action >= (int)ACTION_OUTSIDE_LIMIT) {
        expected = CODE_UNKNOWN_ACTION;
    } else if (process_is_of_plans((enum action)action)) {
        expected = action != ACTION_PLAN_ANSWER
                       ? process_expected_of_plans((enum action)action, actor)
                   : is_own ? CODE_UNKNOWN_PLAN
                            : CODE_NOT_YOURS;
    } else if (!is_own) {
        expected = CODE_NOT_YOURS;
    } else if ((possible & action_bit((enum action)action)) == 0) {
        expected = state == ORDER_RECALLED  ? CODE_RECALLED
                   : state == ORDER_EXPIRED ? CODE_EXPIRED
                                            : CODE_WRONG_STATE;
    } else if (action == ACTION_REQUEST_HELP) {
        expected = CODE_BAD_AMOUNT; /* tried without a number */
    }
    const enum code code = town_act(town, actor->id, order, no_case, (enum action)action,
                                    REASON_OTHER, near_bin, NULL);
    if (code != expected) {
        print_error("kind %d state %d action %d by %s: %d, not %d\n", kind, state, action,
                    actor->id, code, expected);
    }
    assert_int_equal(code, expected);
    if (code != CODE_DONE) {
        if (!moment_is_now(town, before, actor->id)) {
            fail_msg("kind %d state %d action %d by %s changed something", kind, state, action,
                     actor->id);
        }
        assert_true(expected != CODE_WRONG_STATE || town->last.possible == possible);
    }
    moment_return(town, before);
}

static void test_life_every_order_kind_state_and_action(void **state)
{
    struct town *town = *state;
    static const enum order_kind kinds[] = {KIND_HANDLE, KIND_ASSIST, KIND_VERIFY_REPORT,
                                            KIND_CHECK_RESULT};
    uint32_t tried = 0;
    void *fresh = town_save(town);
    const int64_t start_ms = town->now_ms;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        for (int s = ORDER_OFFERED; s < ORDER_STATE_COUNT; s++) {
            const char *who;
            struct order_view view;
            const uint64_t order = bring_order(town, kinds[k], (enum order_state)s, &who);
            town_pass(town, 0); /* what is due now must not be mistaken for the act's doing */
            assert_true(core_find_order(town->core, order, &view));
            assert_int_equal(view.state, s);
            struct moment before = moment_take(town);
            const struct actor owner = {who, 'w', NULL};
            for (int action = 0; action < (int)OUTSIDE; action++) {
                try_order(town, order, kinds[k], (enum order_state)s, &owner, true, action,
                          &before);
                try_order(town, order, kinds[k], (enum order_state)s, &process_actors[3], false,
                          action, &before);
                try_order(town, order, kinds[k], (enum order_state)s, &process_actors[9], false,
                          action, &before);
                tried += 3;
            }
            moment_free(&before);
            town_restore(town, fresh);
            town->now_ms = start_ms;
            town->event_serial += 100;
        }
    }
    free(fresh);
    print_message("%u triples\n", tried);
}

#define life(name)                                                                                 \
    cmocka_unit_test_setup_teardown(test_life_##name, process_open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        life(every_order_kind_state_and_action),
    };
    return cmocka_run_group_tests_name("engine/core/life_orders", tests, NULL, NULL);
}

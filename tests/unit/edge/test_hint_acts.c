/* test_hint_acts.c: a refusal names the limit that is full, with what raises it, and the position a ruling waits for. */
#include "tests/unit/core/town.c"

#include "engine/edge/hint_acts.h"
#include "engine/edge/hint_limits.h"
#include "engine/edge/words.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static char out[HINT_SIZE];

static const char *hint_of(const struct town *town, enum code code, enum action action)
{
    Gridloop__Wire__Act act = GRIDLOOP__WIRE__ACT__INIT;
    act.action = action;
    const struct hint_act ask = {
        .core = town->core, .act = &act, .code = code, .no = town->last.case_no};
    return hint_act_put(&ask, out);
}

static const char *limit_of(const struct town *town, enum code code, uint32_t rule)
{
    struct text text;
    text_init(&text, out, sizeof out);
    const struct hint_limit ask = {town->core, code, ACTION_NONE, rule};
    hint_limits_put(&text, &ask);
    assert_false(text.is_cut);
    return out;
}

static enum code bin(struct town *town, const char *device)
{
    return town_event(town, "cam-1", "camera.garbage_overflow", device, nowhere, full);
}

static void test_a_full_table_names_its_limit(void **state)
{
    (void)state;
    struct town town;
    struct limits limits = town_limits();
    limits.cases = 1;
    town_open(&town, &limits);
    assert_int_equal(bin(&town, "C-001"), CODE_OPENED);
    const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};
    assert_int_equal(town_event(&town, "cam-1", "camera.crowd_density", "C-002", nowhere, crowd),
                     CODE_TABLE_FULL);
    assert_string_equal(
        limit_of(&town, CODE_TABLE_FULL, NONE32),
        "limit cases=1 is reached: serve --limit cases=N with a new --data holds more "
        "限额 cases=1 已满：须以更大的 --limit cases=N 和新的 --data 启动");
    assert_non_null(strstr(hint_of(&town, CODE_TABLE_FULL, ACTION_SPLIT), "limit cases=1 "));
    assert_non_null(strstr(hint_of(&town, CODE_TABLE_FULL, ACTION_SILENCE), "limit silences=4 "));
    assert_non_null(strstr(hint_of(&town, CODE_TABLE_FULL, ACTION_KEY_REGISTER), "at most 4 "));
    assert_non_null(strstr(hint_of(&town, CODE_TABLE_FULL, ACTION_REASSIGN), "at most 16 persons"));
    town_close(&town);
}

static void test_orders_are_named_where_they_are_full(void **state)
{
    (void)state;
    struct town town;
    struct limits limits = town_limits();
    limits.orders = 1;
    town_open(&town, &limits);
    town_seen(&town, "wang", STATUS_READY, (struct place){1163061000, 399061000});
    assert_int_equal(bin(&town, "C-001"), CODE_OPENED);
    assert_true(town_order_of(&town, "wang") != 0);
    assert_int_equal(town_act(&town, "dispatcher.du", 0, town.last.case_no, ACTION_REASSIGN,
                              REASON_OTHER, nowhere, "li"),
                     CODE_TABLE_FULL);
    assert_non_null(strstr(hint_of(&town, CODE_TABLE_FULL, ACTION_REASSIGN), "limit orders=1 "));
    town_close(&town);
}

static void test_a_full_case_names_its_limit(void **state)
{
    (void)state;
    struct town town;
    struct limits limits = town_limits();
    limits.case_events = 1;
    town_open(&town, &limits);
    assert_int_equal(bin(&town, "C-001"), CODE_OPENED);
    town_pass(&town, HOUR_MS);
    assert_int_equal(bin(&town, "C-001"), CODE_TOO_MANY_EVENTS);
    assert_non_null(strstr(limit_of(&town, CODE_TOO_MANY_EVENTS, NONE32), "limit case_events=1 "));
    town_close(&town);
}

static void test_a_full_window_names_its_rule_or_its_limit(void **state)
{
    (void)state;
    const char *directory = town_copy();
    town_edit(
        directory, "rules/town.yaml", NULL,
        "- {id: odd.few, title: x, owner: dept.traffic, priority: 900, event: sensor.water_gone, "
        "where: level > 0, by: [device], window: {within: 60s, at_least: 2, max_keys: 2}, "
        "open: {class: \"E.09.09\", severity: 4, title: x}, assign: {role: grid_worker}}");
    struct town town;
    struct limits limits = town_limits();
    limits.window_keys = 3;
    town_open_at(&town, &limits, directory);
    const struct town_field gone[] = {{"level", NULL, 5000000}, {0}};
    const char *const devices[] = {"C-001", "C-002", "C-003"};
    enum code code = CODE_NOTHING;
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        code = town_event(&town, "sensor-1", "sensor.water_gone", devices[i], nowhere, gone);
    }
    assert_int_equal(code, CODE_WINDOW_FULL);
    uint32_t rule = 0;
    while (rule < town.policy.rule_count && town.policy.rules[rule].window == NONE32) {
        rule++;
    }
    assert_non_null(strstr(limit_of(&town, CODE_WINDOW_FULL, rule), "watches max_keys=2 keys"));
    assert_string_equal(limit_of(&town, CODE_WINDOW_FULL, NONE32), ""); /* one key is left */
    town_close(&town);
}

/* Sanitation, traffic, and away from sanitation again; nobody went there. */
static struct case_no quarrel(struct town *town)
{
    const struct {
        const char *who;
        enum action action;
        enum reason reason;
        const char *post;
    } steps[] = {{"dispatcher.du", ACTION_SEND_TO_DESK, REASON_OTHER, "dept.sanitation.duty"},
                 {"desk.san", ACTION_RETURN, REASON_NOT_MINE, NULL},
                 {"dispatcher.du", ACTION_SEND_TO_DESK, REASON_OTHER, "dept.traffic.duty"},
                 {"desk.tra", ACTION_HAND_OVER, REASON_NOT_MINE, "dept.sanitation.duty"},
                 {"desk.san", ACTION_RETURN, REASON_BUSY, NULL}};
    assert_int_equal(bin(town, "C-001"), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        assert_int_equal(town_act(town, steps[i].who, 0, no, steps[i].action, steps[i].reason,
                                  nowhere, steps[i].post),
                         CODE_DONE);
    }
    return no;
}

static void test_a_ruling_before_its_time_names_who_is_waited_for(void **state)
{
    struct town *town = *state;
    struct town_deed position = {
        .action = ACTION_POSITION, .reason = REASON_BY_CLAUSE, .text = "clause 5"};
    struct town_deed ruling = {
        .action = ACTION_RULE, .reason = REASON_BY_CLAUSE, .subject = "dept.traffic.duty"};
    position.no = ruling.no = quarrel(town);
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_WRONG_STATE);
    assert_non_null(strstr(hint_of(town, CODE_WRONG_STATE, ACTION_RULE),
                           ": dept.sanitation.duty, dept.traffic.duty"));
    assert_true(hint_act_says_more(CODE_WRONG_STATE, town->last.possible, out));
    assert_string_equal(hint_of(town, CODE_WRONG_STATE, ACTION_DONE), "");
    assert_int_equal(town_do(town, "desk.san", position), CODE_DONE);
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_WRONG_STATE);
    assert_non_null(strstr(hint_of(town, CODE_WRONG_STATE, ACTION_RULE), ": dept.traffic.duty"));
    town_pass(town, 5 * HOUR_MS);
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_UNCITED);
    assert_non_null(strstr(hint_of(town, CODE_UNCITED, ACTION_RULE), "all of them 1,"));
}

static void test_a_list_or_a_sentence_says_no_more(void **state)
{
    (void)state;
    char actions[512];
    const uint64_t possible = action_bit(ACTION_ACCEPT) | action_bit(ACTION_DECLINE);
    (void)words_actions(possible, LANG_EN, actions, sizeof actions);
    assert_false(hint_act_says_more(CODE_WRONG_STATE, possible, actions));
    assert_false(hint_act_says_more(CODE_NO_RIGHT, 0, words_code(CODE_NO_RIGHT, LANG_EN)));
    assert_false(hint_act_says_more(CODE_NO_RIGHT, 0, ""));
    assert_true(hint_act_says_more(CODE_CHILD_OPEN, possible, "open children: 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_table_names_its_limit),
        cmocka_unit_test(test_orders_are_named_where_they_are_full),
        cmocka_unit_test(test_a_full_case_names_its_limit),
        cmocka_unit_test(test_a_full_window_names_its_rule_or_its_limit),
        cmocka_unit_test_setup_teardown(test_a_ruling_before_its_time_names_who_is_waited_for,
                                        town_setup, town_teardown),
        cmocka_unit_test(test_a_list_or_a_sentence_says_no_more),
    };
    return cmocka_run_group_tests_name("edge/hint_acts", tests, NULL, NULL);
}

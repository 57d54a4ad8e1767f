/* test_compile.c: rule files become an image that the core accepts and that decides as written. */
#include "tests/unit/rules/fixture.h"

#include "engine/core/match.h"
#include "rules/compile.h"
#include "tests/unit/panic.h"

static struct fixture_city fixture;

static int set_up(void **state)
{
    (void)state;
    fixture_city_init(&fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_city_fini(&fixture);
    return 0;
}

static uint32_t field_row(const struct policy *policy, const char *name)
{
    for (uint32_t i = 0; i < policy->field_count; i++) {
        struct image_string s = policy->fields[i].name;
        if (s.size == strlen(name) && memcmp(policy_text(policy, s), name, s.size) == 0) {
            return i;
        }
    }
    fail_msg("no field %s", name);
    return NONE32;
}

#define HEAD                                                                                       \
    "ruleset: 1\n"                                                                                 \
    "events:\n"                                                                                    \
    "  camera.a: {title: 甲, title_en: A, lane: telemetry, fields: {confidence: number, plate: "  \
    "string, exempt: bool}}\n"                                                                     \
    "  camera.b: {title: 乙, title_en: B, lane: report, fields: {confidence: number}}\n"          \
    "rules:\n"
#define TAIL                                                                                       \
    "  open: {class: \"E.01.02\", severity: 3, title: \"{plate} 在 {zone.name}\"}\n"              \
    "  assign: {role: grid_worker, search: [grid, 800, street, district, city]}\n"

/* Compiles or prints what was wrong. */
static void compile(const char *text, void **out_bytes, struct policy *out_policy)
{
    struct scratch directory;
    fixture_directory_init(&directory, text);
    struct problems *problems = problems_new();
    size_t size = 0;
    enum err err = rules_compile(directory.path, &fixture.city, problems, out_bytes, &size);
    scratch_remove(&directory);
    problems_print(problems, stderr);
    problems_free(problems);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(policy_open(*out_bytes, size, &fixture.city, out_policy), ERR_OK);
}

static void test_compile_where_decides(void **state)
{
    (void)state;
    void *bytes = NULL;
    struct policy policy;
    compile(HEAD "- id: t.one\n  title: 一\n  owner: dept.traffic\n  event: camera.a\n"
                 "  where: confidence >= 0.8 and plate.startsWith(\"京\") and not exempt\n" TAIL,
            &bytes, &policy);
    struct fixture_event event;
    uint32_t rule = NONE32;
    fixture_event_init(&event, 0);
    fixture_event_add_number(&event, field_row(&policy, "confidence"), 800000);
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    fixture_event_add_text(&event, field_row(&policy, "plate"), "京A12345");
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 1);
    assert_int_equal(rule, 0);
    fixture_event_add_flag(&event, field_row(&policy, "exempt"), true);
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    free(bytes);
}

static void test_compile_best_rule_comes_first(void **state)
{
    (void)state;
    void *bytes = NULL;
    struct policy policy;
    compile(
        HEAD
        "- id: t.low\n  title: 低\n  owner: dept.traffic\n  event: [camera.a, camera.b]\n  "
        "priority: 10\n" TAIL
        "- id: t.high\n  title: 高\n  owner: dept.traffic\n  event: camera.a\n  priority: 20\n" TAIL
        "- id: t.never\n  title: 停\n  owner: dept.traffic\n  event: camera.a\n  status: "
        "disabled\n" TAIL,
        &bytes, &policy);
    struct fixture_event event;
    uint32_t rules[3] = {NONE32, NONE32, NONE32};
    fixture_event_init(&event, 0);
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, rules, 3), 2);
    assert_memory_equal(policy_text(&policy, policy.rules[rules[0]].id), "t.high", 6);
    assert_memory_equal(policy_text(&policy, policy.rules[rules[1]].id), "t.low", 5);
    fixture_event_init(&event, 1);
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, rules, 3), 1);
    free(bytes);
}

static void test_compile_area_and_time_decide(void **state)
{
    (void)state;
    void *bytes = NULL;
    struct policy policy;
    compile(HEAD
            "- id: t.place\n  title: 处\n  owner: dept.traffic\n  event: camera.a\n"
            "  area: {in: [area.square, {at: [0.5, 0.5], radius_m: 100}], not_in: area.station}\n"
            "  time: {in: cal.night}\n" TAIL,
            &bytes, &policy);
    struct fixture_event event;
    uint32_t rule = NONE32;
    fixture_event_init(&event, 0); /* 1970-01-01 00:00, at night */
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    event.head.area_count = 1;
    event.head.areas[0] = 7; /* second polygon of area.square */
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 1);
    event.head.event_at_ms = 12 * HOUR_MS;
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    event.head.event_at_ms = 0;
    event.head.area_count = 0;
    event.head.place = (struct place){5000000, 5008000}; /* 88 m north */
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 1);
    event.head.area_count = 1;
    event.head.areas[0] = 9; /* area.station */
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    event.head.area_count = 0;
    event.head.place.lat = 5010000; /* 111 m */
    assert_int_equal(match_event(&policy, &fixture.city, &event.event, &rule, 1), 0);
    free(bytes);
}

static void expect_moves(const struct policy *policy, const struct policy_rule *rule)
{
    const struct policy_rounds *rounds = &policy->info->rounds;
    assert_int_equal(rounds->every_ms, 20000);
    assert_int_equal(rounds->switch_ms, 60000);
    assert_int_equal(rounds->ring_ms, 120000);
    assert_int_equal(rounds->nearest, 8);
    assert_int_equal(rounds->switch_max, 2);
    assert_int_equal(rounds->ageing_permille, 50);
    assert_int_equal(rounds->clock_permille, 200);
    assert_int_equal(rounds->weights[0], 9);
    const struct policy_assign *moved = &policy->assigns[rule->assigns.first + 1];
    assert_int_equal(moved->reroute, REROUTE_ACCEPTED);
    assert_int_equal(moved->parallel, 3);
    assert_int_equal(moved->preempts, 1);
    assert_int_equal(moved->guard_percent, 150);
    assert_int_equal(policy->assigns[rule->assigns.first].reroute, REROUTE_NEVER);
    assert_int_equal(policy->assigns[rule->assigns.first].parallel, 1);
}

static void test_compile_clauses_are_lowered(void **state)
{
    (void)state;
    void *bytes = NULL;
    struct policy policy;
    compile(
        "ruleset: 1\n"
        "defaults: {lateness: 45s, priority: 7, sla: {accept: 10m, check: 2wd},\n"
        "           reassign: {every: 20s, nearest: 8, switch_penalty: 1m, switch_limit: 2,\n"
        "                      ring_penalty: 2m, ageing: 5, deadline: 20, weights: [9, 3, 2, 1]},\n"
        "           check: {role: inspector, search: [district], pick: least_loaded}}\n"
        "events:\n"
        "  camera.a: {title: 甲, lane: life_safety, fields: {fill: number}}\n"
        "  camera.z: {title: 丙, lane: drain}\n"
        "rules:\n"
        "- id: t.full\n  title: 全\n  title_en: Full\n  owner: dept.sanitation\n  event: camera.a\n"
        "  dedupe: {key: [device, class], window: 30m}\n"
        "  merge: {key: [class], asset: nearest(litter_bin), radius_m: 20, while: open, reopen: "
        "24h,\n"
        "          take: {severity: min, location: best_accuracy, evidence: union}}\n"
        "  open: {class: \"E.01.02\", severity: 4, title: \"{asset.name} 满\", title_en: "
        "\"{asset.name} full\", evidence: [snapshot, clip]}\n"
        "  assign:\n"
        "  - {role: [grid_worker, city_officer], skills: sanitation, count: 2, max_load: 6, "
        "fallback: dept.sanitation.duty}\n"
        "  - {if: severity <= 2, role: patrol_police, search: [2000], pick: eta, on_shift: any, "
        "task: 支援, reroute: true, offer: parallel 3, preempt: true, area_guard: 150}\n"
        "  sla: {accept: 5m, arrive: 20m, handle: 4wh}\n"
        "  escalate:\n"
        "  - {when: unaccepted, after: 10m, do: reassign}\n"
        "  - {when: unhandled, after: 80%, to: dept.sanitation.lead}\n"
        "  - {when: severity <= 2, to: [fire.119, district.command], now: true, severity: 1}\n"
        "  close: {event: camera.z, match: [device], within: 2h, else: check_result}\n",
        &bytes, &policy);
    const struct policy_rule *rule = &policy.rules[0];
    assert_int_equal(policy.info->lateness_ms, 45000);
    expect_moves(&policy, rule);
    assert_int_equal(policy.info->check.unit, UNIT_WORK_DAY_END);
    assert_int_equal(policy.assigns[policy.info->check_assigns.first].rights, RIGHT_INSPECTOR);
    assert_int_equal(rule->priority, 7);
    assert_int_equal(rule->dedupe.keys.count, 2);
    assert_int_equal(policy.keys[rule->dedupe.keys.first + 1], KEY_CLASS);
    assert_int_equal(rule->merge.flags, MERGE_ENABLED | MERGE_TAKE_SEVERITY | MERGE_TAKE_PLACE);
    assert_int_equal(rule->merge.radius_cm, 2000);
    assert_int_equal(rule->merge.reopen_ms, 24 * HOUR_MS);
    assert_int_equal(rule->merge.asset_kind, 2);
    assert_int_equal(rule->evidence, EVIDENCE_SNAPSHOT | EVIDENCE_CLIP);
    assert_int_equal(rule->assigns.count, 2);
    const struct policy_assign *assign = &policy.assigns[rule->assigns.first];
    assert_int_equal(assign[0].roles, 3);
    assert_int_equal(assign[0].count, 2);
    assert_int_equal(assign[0].max_load, 6);
    assert_int_equal(assign[0].rights, RIGHT_WORKER);
    assert_int_equal(assign[1].ignore_shift, 1);
    assert_int_equal(assign[1].pick, PICK_ETA);
    assert_true(match_condition(&policy, assign[1].program, NULL, 2));
    assert_false(match_condition(&policy, assign[1].program, NULL, 3));
    assert_int_equal(rule->sla.handle.value, 4 * HOUR_MS);
    assert_int_equal(rule->sla.handle.unit, UNIT_WORK_TIME);
    const struct policy_step *step = &policy.steps[rule->steps.first];
    assert_int_equal(rule->steps.count, 3);
    assert_int_equal(step[0].flags, STEP_REASSIGN);
    assert_int_equal(step[1].after_permille, 800);
    assert_int_equal(step[2].when, STEP_SEVERITY);
    assert_int_equal(step[2].posts.count, 2);
    assert_int_equal(step[2].severity, 1);
    assert_int_equal(rule->close.type, 1);
    assert_int_equal(policy.types[1].closers.count, 1);
    assert_int_equal(policy.types[0].lane, LANE_LIFE_SAFETY);
    assert_int_equal(rule->captures.count, 2); /* asset.name, device */
    free(bytes);
}

static void test_compile_same_files_same_bytes(void **state)
{
    (void)state;
    static const char TEXT[] = HEAD "- id: t.one\n  title: 一\n  owner: dept.traffic\n  event: "
                                    "camera.a\n  where: plate in [\"a\",\"b\"]\n" TAIL;
    struct scratch directory;
    fixture_directory_init(&directory, TEXT);
    void *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        struct problems *problems = problems_new();
        assert_int_equal(
            rules_compile(directory.path, &fixture.city, problems, &bytes[i], &sizes[i]), ERR_OK);
        problems_free(problems);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    scratch_remove(&directory);
}

static void test_compile_shipped_pack(void **state)
{
    (void)state;
    struct problems *problems = problems_new();
    void *bytes = NULL;
    size_t size = 0;
    enum err err = rules_compile("rules/packs/city", &fixture.city, problems, &bytes, &size);
    problems_print(problems, stderr);
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(err, ERR_OK);
    struct policy policy;
    assert_int_equal(policy_open(bytes, size, &fixture.city, &policy), ERR_OK);
    assert_true(policy.rule_count >= 12);
    for (uint32_t i = 0; i < policy.rule_count; i++) {
        const struct policy_rule *rule = &policy.rules[i];
        const bool opens = rule->lane == RULE_LANE_DISPATCH;
        bool is_bilingual = rule->title.size > 0 && rule->title_en.size > 0 &&
                            (!opens || rule->case_title.size > 0) &&
                            (!opens || rule->case_title_en.size > 0);
        assert_true(is_bilingual);
    }
    problems_free(problems);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compile_where_decides),
        cmocka_unit_test(test_compile_best_rule_comes_first),
        cmocka_unit_test(test_compile_area_and_time_decide),
        cmocka_unit_test(test_compile_clauses_are_lowered),
        cmocka_unit_test(test_compile_same_files_same_bytes),
        cmocka_unit_test(test_compile_shipped_pack),
    };
    return cmocka_run_group_tests_name("rules/compile", tests, set_up, tear_down);
}

/* test_absences.c: a rule that fires because what had to follow does not come; what waits, for how long, and through what. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

#define RULE(id, absent, rest)                                                                     \
    "- id: " id "\n"                                                                               \
    "  title: 试\n"                                                                               \
    "  owner: dept.traffic\n"                                                                      \
    "  priority: 990\n"                                                                            \
    "  event: test.a\n"                                                                            \
    "  where: value >= 5\n"                                                                        \
    "  absent: " absent "\n" rest                                                                  \
    "  open: {class: \"E.05.03\", severity: 2, title: \"{device} {job}\"}\n"                       \
    "  assign: {role: grid_worker, search: [grid, 3000], pick: nearest, fallback: "                \
    "dept.traffic.duty}\n"
#define PLAIN "{after: test.a, expect: test.b, match: [device, job], within: 30m}"
/* Uses a field and a type that come before the others, so that their rows move. */
#define BEFORE                                                                                     \
    "- {id: aaa.first, title: t, owner: dept.traffic, event: aaa.x, where: aa >= 1,\n"             \
    "   open: {class: \"E.05.03\", severity: 2, title: t}, assign: {role: grid_worker}}\n"
#define TYPE_BEFORE "  aaa.x: {title: 先, title_en: x, lane: telemetry, fields: {aa: number}}\n"
#define TYPES                                                                                      \
    "  test.a: {title: 甲, title_en: a, lane: telemetry, fields: {value: number, job: string}}\n" \
    "  test.b: {title: 乙, title_en: b, lane: telemetry, fields: {value: number, job: string}}\n"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

#define ODD "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: number}}\n"

static void edit(const char *directory, const char *types, const char *rule)
{
    town_edit(directory, "rules/town.yaml", "  sensor.odd:", types);
    town_edit(directory, "rules/town.yaml", NULL, rule);
}

static void open_with(struct town *town, const char *rule)
{
    const char *directory = town_copy();
    edit(directory, ODD TYPES, rule);
    town_open_at(town, NULL, directory);
}

static void move_to(struct town *town, const char *rule)
{
    const char *directory = town_copy();
    edit(directory, ODD TYPES TYPE_BEFORE, rule);
    town_move(town, directory);
}

static enum code send_at(struct town *town, const char *type, const char *device, const char *job,
                         int64_t after_ms, uint32_t flags)
{
    static uint64_t serial;
    char id[32];
    const struct town_field fields[] = {{"value", NULL, 5000000}, {"job", job, 0}, {0}};
    const struct town_field bare[] = {{"value", NULL, 5000000}, {0}};
    (void)snprintf(id, sizeof id, "w%llu", (unsigned long long)++serial);
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("sensor-1"));
    const struct town_report report = {.id = id,
                                       .type = type,
                                       .device = device,
                                       .place = nowhere,
                                       .after_ms = after_ms,
                                       .flags = (uint16_t)flags,
                                       .fields = job == NULL ? bare : fields};
    town_send(town, "sensor-1",
              (struct town_outbox){mark.epoch == 0 ? 1 : mark.epoch, mark.last_seq + 1, serial},
              &report, 1);
    return (enum code)town->last.code;
}

static enum code send(struct town *town, const char *type, const char *device, const char *job)
{
    return send_at(town, type, device, job, 0, 0);
}

static uint64_t opened(const struct town *town)
{
    return town->core->counts.cases_opened;
}

static const struct case_row *newest(const struct town *town)
{
    const struct cases *cases = &town->core->cases;
    assert_true(cases->high > 0);
    return &cases->rows[cases->high - 1];
}

static const struct effect_firing *last_firing(const struct town *town)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        if (town->effects[i - 1].kind == EFFECT_FIRING) {
            return &town->effects[i - 1].of.firing;
        }
    }
    return NULL;
}

static void test_absences_open_when_the_limit_has_run_out(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, RULE("test.absent", PLAIN, ""));
    const int64_t from_ms = town.core->now_ms;
    assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 0);
    assert_int_equal(last_firing(&town)->need, 1800);
    town_pass(&town, 30 * MINUTE_MS - 1);
    assert_int_equal(opened(&town), 0);
    town_pass(&town, 1);
    assert_int_equal(opened(&town), 1);
    assert_int_equal(last_firing(&town)->code, CODE_OPENED);
    assert_int_equal(town_count(&town, ACTION_ABSENT), 1);
    const struct case_row *row = newest(&town);
    const struct city *city = state_city(town.core);
    assert_int_equal(row->opened_at_ms, town.core->now_ms);
    assert_int_equal(row->onset_at_ms, from_ms);
    assert_true(row->device != NONE32 && row->cell != NONE32);
    assert_int_equal(row->place.lon, city->devices[row->device].lon);
    assert_int_equal(row->place.lat, city->devices[row->device].lat);
    const struct case_view view = town_case(&town, row->no);
    assert_int_equal(view.field_count, 2); /* device and job */
    assert_int_equal(town.core->waits.used, 0);
    town_pass(&town, 2 * HOUR_MS);
    assert_int_equal(opened(&town), 1);
    town_close(&town);
}

static void test_absences_end_with_what_is_expected(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, RULE("test.absent", PLAIN, ""));
    assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
    assert_int_equal(send(&town, "test.a", "C-002", "j1"), CODE_WAITING);
    town_pass(&town, 10 * MINUTE_MS);
    (void)send(&town, "test.b", "C-001", "j2");                        /* another job */
    (void)send(&town, "test.b", "C-001", NULL);                        /* of no job */
    (void)send_at(&town, "test.b", "C-001", "j1", -11 * MINUTE_MS, 0); /* from before */
    (void)send_at(&town, "test.b", "C-001", "j1", 0, EVENT_IS_DRILL);  /* of a drill */
    assert_int_equal(town.core->waits.used, 2);
    town_pass(&town, 19 * MINUTE_MS);
    (void)send(&town, "test.b", "C-001", "j1");
    assert_int_equal(town.core->waits.used, 1);
    town_pass(&town, HOUR_MS);
    assert_int_equal(opened(&town), 1); /* that of C-002 */
    assert_int_equal(town.core->waits.used, 0);
    town_close(&town);
}

static void test_absences_keep_the_first_limit(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, RULE("test.absent", PLAIN, ""));
    assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
    town_pass(&town, 29 * MINUTE_MS);
    assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 29 * 60);
    town_pass(&town, MINUTE_MS);
    assert_int_equal(opened(&town), 1);
    town_pass(&town, HOUR_MS);
    assert_int_equal(opened(&town), 1);
    town_close(&town);
}

/* A heartbeat: each is what was expected after the one before. */
static void test_absences_watch_a_heartbeat(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, RULE("test.absent", "{expect: test.a, match: [device], within: 10m}", ""));
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
        town_pass(&town, 9 * MINUTE_MS);
    }
    assert_int_equal(opened(&town), 0);
    town_pass(&town, MINUTE_MS);
    assert_int_equal(opened(&town), 1);
    town_close(&town);
}

static void test_absences_are_bounded(void **state)
{
    (void)state;
    static const char *const JOBS[] = {"j1", "j2", "j3", "j4"};
    struct town town;
    open_with(&town, RULE("test.absent", PLAIN, ""));
    for (size_t i = 0; i < COUNT_OF(JOBS); i++) {
        assert_int_equal(send(&town, "test.a", "C-001", JOBS[i]), CODE_WAITING);
    }
    assert_int_equal(send(&town, "test.a", "C-001", "j5"), CODE_WINDOW_FULL);
    assert_int_equal(town.core->windows.used, 4);
    (void)send(&town, "test.b", "C-001", "j2");
    assert_int_equal(send(&town, "test.a", "C-001", "j5"), CODE_WAITING);
    assert_int_equal(send(&town, "test.a", "C-001", NULL), CODE_BY_MISSING);
    town_pass(&town, HOUR_MS);
    assert_int_equal(opened(&town), 4);
    town_close(&town);
}

static void test_absences_survive_a_restart(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, RULE("test.absent", PLAIN, ""));
    assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
    assert_int_equal(send(&town, "test.a", "C-001", "j2"), CODE_WAITING);
    (void)send(&town, "test.b", "C-001", "j1"); /* leaves a free row */
    town_pass(&town, 10 * MINUTE_MS);
    void *saved = town_save(&town);
    town_pass(&town, 20 * MINUTE_MS);
    assert_int_equal(opened(&town), 1);
    const struct hash128 after = core_digest(town.core);
    town_restore(&town, saved);
    free(saved);
    assert_int_equal(opened(&town), 0);
    town.now_ms -= 20 * MINUTE_MS;
    town_pass(&town, 20 * MINUTE_MS);
    assert_int_equal(opened(&town), 1);
    assert_true(hash128_is_equal(core_digest(town.core), after));
    town_close(&town);
}

static void test_absences_survive_other_rules(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        uint64_t opened;
    } CHANGED[] = {
        {RULE("test.absent", PLAIN, "  dedupe: {key: [job], window: 1h}\n"), 1},
        {BEFORE RULE("test.absent", PLAIN, ""), 1},
        {RULE("aaa.renamed", PLAIN, "  was: test.absent\n"), 1},
        {RULE("aaa.other", PLAIN, ""), 0},
        {RULE("test.absent", PLAIN, "  status: disabled\n"), 0},
        {RULE("test.absent", "{expect: test.b, match: [device, job], within: 31m}", ""), 0},
        {RULE("test.absent", "{expect: test.b, match: [device], within: 30m}", ""), 0},
        {RULE("test.absent", "{expect: test.a, match: [device, job], within: 30m}", ""), 0},
    };
    for (size_t i = 0; i < COUNT_OF(CHANGED); i++) {
        struct town town;
        open_with(&town, RULE("test.absent", PLAIN, ""));
        assert_int_equal(send(&town, "test.a", "C-001", "j1"), CODE_WAITING);
        const uint32_t device = town.core->waits.rows[0].device;
        town_pass(&town, 10 * MINUTE_MS);
        move_to(&town, CHANGED[i].rule);
        if (CHANGED[i].opened > 0) {
            const struct policy *policy = state_policy(town.core);
            const struct image_string name = policy->types[town.core->waits.rows[0].type].name;
            assert_memory_equal(policy_text(policy, name), "test.a", 6);
        }
        town_pass(&town, HOUR_MS);
        if (opened(&town) != CHANGED[i].opened) {
            fail_msg("%s opened %llu", CHANGED[i].rule, (unsigned long long)opened(&town));
        }
        assert_int_equal(town.core->waits.used, 0);
        if (CHANGED[i].opened > 0) {
            assert_int_equal(newest(&town)->device, device);
            const struct case_view view = town_case(&town, newest(&town)->no);
            const struct policy *policy = state_policy(town.core);
            assert_int_equal(view.field_count, 2);
            for (uint32_t k = 0; k < 2; k++) {
                const struct image_string name = policy->fields[view.fields[k].field].name;
                const char *expected = k == 0 ? "device" : "job";
                assert_int_equal(name.size, strlen(expected));
                assert_memory_equal(policy_text(policy, name), expected, name.size);
            }
        }
        town_close(&town);
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absences_open_when_the_limit_has_run_out),
        cmocka_unit_test(test_absences_end_with_what_is_expected),
        cmocka_unit_test(test_absences_keep_the_first_limit),
        cmocka_unit_test(test_absences_watch_a_heartbeat),
        cmocka_unit_test(test_absences_are_bounded),
        cmocka_unit_test(test_absences_survive_a_restart),
        cmocka_unit_test(test_absences_survive_other_rules),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_absences.c", tests, NULL, NULL);
}

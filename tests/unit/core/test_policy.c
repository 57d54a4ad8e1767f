/* test_policy.c: policy_open on a small image made byte by byte: what it accepts, and each truth it insists on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/core/expr.h"
#include "engine/core/match.h"
#include "tests/unit/panic.h"

enum { SECTIONS = 10, IMAGE_SIZE_MAX = 8192 };

/* Two rules on one type, one field, one assign. */
struct sample {
    struct policy_info info;
    struct policy_type type;
    struct policy_field field;
    struct policy_rule rules[2];
    uint32_t type_rules[2];
    struct policy_assign assign;
    struct policy_step step;
    struct match_type match_type;
    struct match_record match_records[2];
    char strings[16];
    struct city city;
    struct city_info city_info;
    _Alignas(8) uint8_t bytes[IMAGE_SIZE_MAX];
    uint64_t size;
};

static void make_sample(struct sample *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->strings, "aabb", 4);
    s->city.info = &s->city_info;
    s->city.image.digest = (struct hash128){7, 8};
    s->city.department_count = 1;
    s->city.class_count = 2;
    s->city.post_count = 3;
    s->city.role_count = 4;
    s->city_info.level_count = 2;
    s->info.city_digest = s->city.image.digest;
    s->info.seek_every_ms = 1;
    s->info.rounds = (struct policy_rounds){
        .every_ms = 10000, .nearest = 16, .switch_max = 3, .weights = {8, 4, 2, 1}};
    s->info.accuracy_field = NONE32;
    s->step.plan = NONE32;
    s->info.check_assigns.count = 1;
    s->info.lanes_of_one = 1u << RULE_LANE_DISPATCH;
    s->type.name = (struct image_string){0, 2};
    s->type.rules.count = 2;
    s->field = (struct policy_field){{0, 2}, FIELD_NUMBER, 0};
    for (uint32_t i = 0; i < 2; i++) {
        struct policy_rule *rule = &s->rules[i];
        rule->id = (struct image_string){2 * i, 2};
        rule->severity = 3;
        rule->merge.asset_kind = rule->case_department = rule->inhibit = NONE32;
        rule->close.type = rule->window = NONE32;
        rule->assigns.count = 1;
        rule->steps.count = 1;
        s->type_rules[i] = i;
        s->match_records[i] = (struct match_record){.rank = i};
        memset(s->match_records[i].tests, MATCH_ATTRIBUTE_NONE, MATCH_TESTS);
    }
    s->match_type.areas.groups = NONE32;
    s->rules[0].priority = 5;
    s->assign.count = 1;
    s->assign.parallel = 1;
    s->assign.fallback = NONE32;
    s->assign.rights = RIGHT_WORKER;
    s->assign.roles = 8;
}

static void put(struct sample *s, uint32_t number, uint32_t id, const void *rows, size_t row_size,
                uint64_t count)
{
    struct image_section section = {id, (uint32_t)row_size, s->size, count};
    memcpy(s->bytes + IMAGE_HEADER_SIZE + number * sizeof section, &section, sizeof section);
    must(s->size + row_size * count <= IMAGE_SIZE_MAX);
    memcpy(s->bytes + s->size, rows, row_size * count);
    s->size = (s->size + row_size * count + 7) & ~UINT64_C(7);
}

static enum err open_sample(struct sample *s, struct policy *out_policy)
{
    memset(s->bytes, 0, sizeof s->bytes);
    s->size = IMAGE_HEADER_SIZE + SECTIONS * sizeof(struct image_section);
    put(s, 0, SECTION_STRINGS, s->strings, 1, 4);
    put(s, 1, POLICY_INFO, &s->info, sizeof s->info, 1);
    put(s, 2, POLICY_TYPES, &s->type, sizeof s->type, 1);
    put(s, 3, POLICY_FIELDS, &s->field, sizeof s->field, 1);
    put(s, 4, POLICY_RULES, s->rules, sizeof s->rules[0], 2);
    put(s, 5, POLICY_ASSIGNS, &s->assign, sizeof s->assign, 1);
    put(s, 6, POLICY_STEPS, &s->step, sizeof s->step, 1);
    put(s, 7, POLICY_TYPE_RULES, s->type_rules, sizeof s->type_rules[0], 2);
    put(s, 8, MATCH_TYPES, &s->match_type, sizeof s->match_type, 1);
    put(s, 9, MATCH_RECORDS, s->match_records, sizeof s->match_records[0],
        COUNT_OF(s->match_records));
    uint32_t head[2] = {IMAGE_POLICY, SECTIONS};
    memcpy(s->bytes, IMAGE_MAGIC, 8);
    memcpy(s->bytes + 8, head, sizeof head);
    memcpy(s->bytes + 16, &s->size, sizeof s->size);
    memset(s->bytes + 24, 1, 16); /* a digest: its truth is the caller's matter */
    return policy_open(s->bytes, s->size, &s->city, out_policy);
}

static void test_policy_open_gives_views(void **state)
{
    (void)state;
    static struct sample s;
    struct policy policy;
    make_sample(&s);
    assert_int_equal(open_sample(&s, &policy), ERR_OK);
    assert_int_equal(policy.rule_count, 2);
    assert_int_equal(policy.rules[0].priority, 5);
    assert_int_equal(policy.program_count, 0);
    assert_memory_equal(policy_text(&policy, policy.rules[1].id), "bb", 2);
}

static void test_policy_open_other_city_is_a_mismatch(void **state)
{
    (void)state;
    static struct sample s;
    struct policy policy;
    make_sample(&s);
    s.info.city_digest.lo++;
    assert_int_equal(open_sample(&s, &policy), ERR_MISMATCH);
}

/* Breaks one truth at a time. */
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct policy policy;                                                                      \
        make_sample(s);                                                                            \
        assert_int_equal(open_sample(s, &policy), ERR_OK);                                         \
        change;                                                                                    \
        if (open_sample(s, &policy) != ERR_MALFORMED) {                                            \
            fail_msg("accepted: %s", #change);                                                     \
        }                                                                                          \
    } while (0)

static void test_policy_open_refuses_each_broken_truth(void **state)
{
    (void)state;
    static struct sample sample;
    struct sample *s = &sample;
    REFUSED(s->info.lateness_ms = -1);
    REFUSED(s->info.seek_every_ms = 0);
    REFUSED(s->info.accept.unit = 4);
    REFUSED(s->info.check_assigns.count = 2);
    REFUSED(s->type.name.offset = 3);
    REFUSED(s->type.lane = LANE_COUNT);
    REFUSED(s->type.rules.first = 1);
    REFUSED(s->type.closers.count = 1);
    REFUSED(s->field.kind = 0);
    REFUSED(s->field.kind = 4);
    REFUSED(s->type_rules[1] = 2);
    REFUSED(s->type_rules[1] = 0);
}

static void test_policy_open_refuses_each_broken_truth_of_a_rule(void **state)
{
    (void)state;
    static struct sample sample;
    struct sample *s = &sample;
    REFUSED(s->rules[1].priority = 6); /* no longer best first */
    REFUSED(s->rules[1].status = RULE_DISABLED);
    REFUSED(s->rules[1].status = RULE_SHADOW + 1);
    REFUSED(s->rules[1].status = RULE_SHADOW); /* the type does not say that it meets many */
    REFUSED(s->rules[1].window = 0);
    REFUSED(s->type.watches.count = 1);
    REFUSED(s->rules[1].lane = RULE_LANE_NOTIFY);
    REFUSED(s->rules[1].lane = RULE_LANE_COUNT);
    REFUSED(s->rules[1].class_row = NONE32); /* lane dispatch opens cases */
    REFUSED(s->type.meets_many = 1);
    REFUSED(s->info.lanes_of_one = 0);
    REFUSED(s->info.lanes_of_one = 9);
    REFUSED(s->rules[1].id = s->rules[0].id);
    REFUSED(s->rules[0].department = 1);
    REFUSED(s->rules[0].class_row = 2);
    REFUSED(s->rules[0].priority = 1001);
    REFUSED(s->rules[0].severity = 0);
    REFUSED(s->rules[0].severity = 5);
    REFUSED(s->rules[0].case_title.size = 5);
    REFUSED(s->rules[0].case_title_en.offset = 5);
    REFUSED(s->rules[0].program.count = 1);
    REFUSED(s->rules[0].areas_in.count = 1);
    REFUSED(s->rules[0].circles_out.count = 1);
    REFUSED(s->rules[0].calendars_in.count = 1);
    REFUSED(s->rules[0].assigns.count = 2);
    REFUSED(s->rules[0].steps.first = UINT32_MAX);
    REFUSED(s->rules[0].captures.count = 1);
    REFUSED(s->rules[0].dedupe.window_ms = -1);
    REFUSED(s->rules[0].merge.radius_cm = -1);
    REFUSED(s->rules[0].merge.asset_kind = 0);
    REFUSED(s->rules[0].merge.flags = 8);
    REFUSED(s->rules[0].close.type = 1);
    REFUSED(s->rules[0].sla.handle.value = -1);
    REFUSED(s->rules[0].inhibit = 0);
    REFUSED(s->rules[0].inhibited_by.count = 1);
    REFUSED(s->rules[0].tags.count = 1);
    REFUSED(s->rules[0].flags = 8);
}

static void test_policy_open_refuses_each_broken_truth_of_an_assign(void **state)
{
    (void)state;
    static struct sample sample;
    struct sample *s = &sample;
    REFUSED(s->assign.roles = 16);
    REFUSED(s->assign.skills = 1);
    REFUSED(s->assign.count = 0);
    REFUSED(s->assign.count = ASSIGN_COUNT_MAX + 1);
    REFUSED(s->assign.pick = 3);
    REFUSED(s->assign.fallback = 3);
    REFUSED(s->assign.rights = 0);
    REFUSED(s->assign.rights = 1u << 9);
    REFUSED(s->assign.rings.count = 1);
    REFUSED(s->step.after_ms = -1);
    REFUSED(s->step.after_permille = 1); /* only of the handle clock */
    REFUSED(s->step.when = 7);
    REFUSED(s->step.flags = 2);
    REFUSED(s->step.severity = 5);
    REFUSED(s->step.posts.count = 1);
    REFUSED(s->match_type.attributes.count = 1);
    REFUSED(s->match_type.records = 1);
}

static void test_policy_open_refuses_broken_rounds(void **state)
{
    (void)state;
    static struct sample sample;
    struct sample *s = &sample;
    REFUSED(s->info.rounds.every_ms = ROUND_EVERY_MIN_MS - 1);
    REFUSED(s->info.rounds.nearest = 0);
    REFUSED(s->info.rounds.nearest = ROUND_NEAREST_MAX + 1);
    REFUSED(s->info.rounds.switch_ms = -1);
    REFUSED(s->info.rounds.ring_ms = DAY_MS + 1);
    REFUSED(s->info.rounds.switch_max = ROUND_SWITCHES_MAX + 1);
    REFUSED(s->info.rounds.ageing_permille = ROUND_PERMILLE_MAX + 1);
    REFUSED(s->info.rounds.clock_permille = ROUND_PERMILLE_MAX + 1);
    REFUSED(s->info.rounds.weights[3] = 0);
    REFUSED(s->info.rounds.weights[0] = ROUND_WEIGHT_MAX + 1);
    REFUSED(s->assign.reroute = REROUTE_ACCEPTED + 1);
    REFUSED(s->assign.parallel = 0);
    REFUSED(s->assign.parallel = PARALLEL_MAX + 1);
    REFUSED(s->assign.preempts = 2);
    REFUSED(s->assign.guard_percent = GUARD_PERCENT_MAX + 1);
    REFUSED((s->assign.reroute = REROUTE_OFFERS, s->assign.pick = PICK_LEAST_LOADED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_open_gives_views),
        cmocka_unit_test(test_policy_open_other_city_is_a_mismatch),
        cmocka_unit_test(test_policy_open_refuses_each_broken_truth),
        cmocka_unit_test(test_policy_open_refuses_each_broken_truth_of_a_rule),
        cmocka_unit_test(test_policy_open_refuses_each_broken_truth_of_an_assign),
        cmocka_unit_test(test_policy_open_refuses_broken_rounds),
    };
    return cmocka_run_group_tests_name("core/policy", tests, NULL, NULL);
}

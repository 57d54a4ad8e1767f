/* test_story.c: the sentences of the story, word for word, in both languages. */
#include "engine/edge/story.h"

#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* 2026-03-03 08:21 at UTC+8. */
#define AT_MS INT64_C(1772497260000)
#define OFFSET_MS (8 * HOUR_MS)

/* A city and a policy as open views over rows made here: no file, no image. */
struct world {
    char strings[2048];
    uint32_t string_size;
    struct city_info info;
    struct city_transition transition;
    struct city_person persons[4];
    struct city_post posts[1];
    struct city_gateway gateways[2];
    struct city_device devices[1];
    struct city_asset assets[1];
    struct city_cell cells[1];
    struct city_class classes[1];
    struct policy_type types[1];
    struct policy_field fields[2];
    struct policy_rule rules[1];
    struct policy_assign assigns[1];
    struct city city;
    struct policy policy;
};

static struct image_string put(struct world *w, const char *s)
{
    struct image_string string = {w->string_size, (uint32_t)strlen(s)};
    assert_true(w->string_size + string.size < sizeof(w->strings));
    memcpy(w->strings + w->string_size, s, string.size);
    w->string_size += string.size;
    return string;
}

static void add_person(struct world *w, uint32_t row, const char *name, const char *name_en)
{
    w->persons[row].name = put(w, name);
    w->persons[row].name_en = put(w, name_en);
    w->persons[row].id_hash = (struct hash128){row + 1, 7};
}

static void build(struct world *w)
{
    memset(w, 0, sizeof(*w));
    w->info.name = put(w, "清河区");
    w->info.name_en = put(w, "Qinghe");
    w->transition = (struct city_transition){INT64_MIN, OFFSET_MS};
    add_person(w, 0, "王芳", "Wang Fang");
    add_person(w, 1, "李强", "Li Qiang");
    add_person(w, 2, "陈静", "Chen Jing");
    add_person(w, 3, "赵敏", "Zhao Min");
    w->posts[0].name = put(w, "城管局值班");
    w->posts[0].name_en = put(w, "law-enforcement desk");
    w->gateways[0].kind = GATEWAY_CAMERA;
    w->gateways[1].kind = GATEWAY_HOTLINE;
    w->devices[0].id = put(w, "C-017");
    w->assets[0].name = put(w, "东门垃圾箱");
    w->cells[0].code = put(w, "110108001");
    w->classes[0].title = put(w, "垃圾满溢");
    w->classes[0].title_en = put(w, "bin overflowing");
    w->types[0].name = put(w, "camera.garbage_overflow");
    w->types[0].title = put(w, "垃圾箱满溢");
    w->types[0].title_en = put(w, "bin overflowing");
    w->fields[0].name = put(w, "caller");
    w->fields[1].name = put(w, "fill_percent");
    w->rules[0].id = put(w, "sanitation.garbage_overflow");
    w->city = (struct city){.info = &w->info,
                            .transitions = &w->transition,
                            .transition_count = 1,
                            .cells = w->cells,
                            .cell_count = 1,
                            .posts = w->posts,
                            .post_count = 1,
                            .persons = w->persons,
                            .person_count = 4,
                            .gateways = w->gateways,
                            .gateway_count = 2,
                            .devices = w->devices,
                            .device_count = 1,
                            .assets = w->assets,
                            .asset_count = 1,
                            .classes = w->classes,
                            .class_count = 1,
                            .strings = w->strings,
                            .string_size = w->string_size};
    w->policy = (struct policy){.types = w->types,
                                .type_count = 1,
                                .fields = w->fields,
                                .field_count = 2,
                                .rules = w->rules,
                                .rule_count = 1,
                                .assigns = w->assigns,
                                .assign_count = 1,
                                .strings = w->strings,
                                .string_size = w->string_size};
}

/* A line about case 1 with every row set to none. */
static struct effect line(enum action action)
{
    struct effect effect = {.kind = EFFECT_TIMELINE, .at_ms = AT_MS};
    effect.of.timeline = (struct effect_timeline){.case_no = {110108, 20260303, 1},
                                                  .action = (uint16_t)action,
                                                  .severity = 3,
                                                  .actor = NONE32,
                                                  .gateway = NONE32,
                                                  .subject = NONE32,
                                                  .post = NONE32,
                                                  .rule = NONE32,
                                                  .class_row = NONE32,
                                                  .cell = NONE32,
                                                  .asset = NONE32,
                                                  .device = NONE32,
                                                  .place = {PLACE_NONE, PLACE_NONE},
                                                  .deadline_ms = NEVER_MS,
                                                  .distance_cm = -1};
    return effect;
}

static void expect_told(const struct world *w, const struct effect *effect, enum lang lang,
                        const char *sentence)
{
    char out[STORY_SENTENCE_SIZE];
    size_t size = story_sentence(effect, &w->city, &w->policy, lang, out, sizeof(out));
    assert_string_equal(out, sentence);
    assert_int_equal(size, strlen(sentence));
}

/* A camera's event: a caller's number (a string) and a fill level. */
struct report {
    struct event_head head;
    struct event_field fields[2];
    struct event event;
};

static void report_bin(struct report *report)
{
    memset(report, 0, sizeof(*report));
    report->head.type = 0;
    report->head.device = 0;
    report->head.field_count = 2;
    report->fields[0] = (struct event_field){.field = 0, .kind = FIELD_STRING, .size = 11};
    report->fields[1] = (struct event_field){.field = 1, .kind = FIELD_NUMBER, .a = 93000000};
    report->event = (struct event){.head = &report->head,
                                   .fields = report->fields,
                                   .text = "13800001234",
                                   .free_text = "call 13800001234"};
    report->head.text_size = 16;
}

static void test_story_tells_how_a_case_opened(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct report report;
    report_bin(&report);
    struct effect effect = line(ACTION_OPEN);
    effect.of.timeline.gateway = 0;
    effect.of.timeline.device = 0;
    effect.of.timeline.rule = 0;
    effect.of.timeline.event = &report.event;
    expect_told(&w, &effect, LANG_EN,
                "08:21 camera C-017: bin overflowing (fill_percent 93) -> rule "
                "sanitation.garbage_overflow -> case 1 (110108-20260303-0001), severity Ⅲ");
    expect_told(&w, &effect, LANG_ZH,
                "08:21 摄像头 C-017：垃圾箱满溢（fill_percent 93） -> 规则 "
                "sanitation.garbage_overflow -> 1 号案件（110108-20260303-0001），等级 Ⅲ");
}

static void test_story_names_the_place_of_a_report_without_device(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_OPEN);
    effect.of.timeline.gateway = 1;
    effect.of.timeline.class_row = 0;
    effect.of.timeline.cell = 0;
    expect_told(&w, &effect, LANG_EN,
                "08:21 hotline: bin overflowing, at cell 110108001 -> case 1 "
                "(110108-20260303-0001), severity Ⅲ");
    effect.of.timeline.asset = 0;
    expect_told(&w, &effect, LANG_EN,
                "08:21 hotline: bin overflowing, at 东门垃圾箱 -> case 1 "
                "(110108-20260303-0001), severity Ⅲ");
}

static void test_story_never_tells_strings_of_a_report(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct report report;
    report_bin(&report);
    struct effect effect = line(ACTION_MERGE);
    effect.of.timeline.event = &report.event;
    char out[STORY_SENTENCE_SIZE];
    assert_true(story_sentence(&effect, &w.city, &w.policy, LANG_EN, out, sizeof(out)) > 0);
    assert_null(strstr(out, "1380"));
    assert_non_null(strstr(out, "fill_percent 93"));
}

static void test_story_tells_a_merge_with_distance_and_count(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_MERGE);
    effect.of.timeline.gateway = 1;
    effect.of.timeline.class_row = 0;
    effect.of.timeline.distance_cm = 1100;
    effect.of.timeline.event_count = 2;
    expect_told(&w, &effect, LANG_EN,
                "08:21 hotline: bin overflowing, 11 m away -> merged into case 1, 2 reports now");
    expect_told(&w, &effect, LANG_ZH,
                "08:21 热线：垃圾满溢，相距 11 米 -> 并入 1 号案件（共 2 次上报）");
}

static void offer_to_wang(struct effect *effect)
{
    memset(effect, 0, sizeof(*effect));
    effect->kind = EFFECT_DECISION;
    effect->at_ms = AT_MS;
    struct effect_decision *decision = &effect->of.decision;
    decision->case_no = (struct case_no){110108, 20260303, 1};
    decision->order = 5;
    decision->order_kind = KIND_HANDLE;
    decision->considered = 3;
    decision->candidate_count = 3;
    decision->candidates[0] = (struct effect_candidate){.person = 0,
                                                        .code = CODE_ELIGIBLE,
                                                        .is_home_cell = true,
                                                        .distance_cm = 42000,
                                                        .travel_ms = 5 * MINUTE_MS};
    decision->candidates[1] = (struct effect_candidate){.person = 1,
                                                        .code = CODE_AT_CAPACITY,
                                                        .load = 6,
                                                        .capacity = 6,
                                                        .distance_cm = 18000,
                                                        .travel_ms = -1};
    decision->candidates[2] = (struct effect_candidate){
        .person = 2, .code = CODE_OFF_SHIFT, .distance_cm = 26000, .travel_ms = -1};
}

static void test_story_tells_why_this_worker(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect;
    offer_to_wang(&effect);
    expect_told(&w, &effect, LANG_EN,
                "08:21 offered to Wang Fang, 420 m, own cell. Not Li Qiang 180 m: AT_CAPACITY "
                "6/6. Not Chen Jing 260 m: OFF_SHIFT");
    expect_told(&w, &effect, LANG_ZH,
                "08:21 派给王芳，420 米，本责任网格。未派李强 180 米：已满负荷 6/6。未派陈静 260 "
                "米：不在班");
    w.assigns[0].pick = PICK_ETA;
    char out[STORY_SENTENCE_SIZE];
    assert_true(story_sentence(&effect, &w.city, &w.policy, LANG_EN, out, sizeof(out)) > 0);
    assert_non_null(strstr(out, "420 m, about 5 min, own cell"));
}

static void test_story_tells_both_choices_of_an_override(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect;
    offer_to_wang(&effect);
    effect.of.decision.why = WHY_BY_HAND;
    effect.of.decision.reason = REASON_INSTRUCTED;
    effect.of.decision.from = 1;
    effect.of.decision.from_ms = 3 * MINUTE_MS;
    expect_told(&w, &effect, LANG_EN,
                "08:21 given by hand to Li Qiang (instructed), about 3 min, AT_CAPACITY; the "
                "engine's own choice: Wang Fang, 420 m, own cell. Not Chen Jing 260 m: OFF_SHIFT");
    expect_told(&w, &effect, LANG_ZH,
                "08:21 人工指派给李强（上级指示），约 3 分钟，已满负荷；引擎的选择：王芳，420 "
                "米，本责任网格。未派陈静 260 米：不在班");
    effect.of.decision.from = 0;
    effect.of.decision.candidate_count = 1;
    expect_told(&w, &effect, LANG_EN,
                "08:21 given by hand to Wang Fang (instructed), about 3 min; the engine's own "
                "choice: the same, Wang Fang, 420 m, own cell");
    effect.of.decision.from = 1;
    effect.of.decision.candidate_count = 0;
    effect.of.decision.considered = 0;
    expect_told(&w, &effect, LANG_EN,
                "08:21 given by hand to Li Qiang (instructed), about 3 min; the engine's own "
                "choice: nobody eligible: nobody to look at");
}

static void test_story_tells_nobody_with_the_binding_filter(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect;
    offer_to_wang(&effect);
    effect.of.decision.order = 0;
    effect.of.decision.candidate_count = 0;
    effect.of.decision.considered = 40;
    effect.of.decision.binding = CODE_WRONG_SKILL;
    effect.of.decision.removed[CODE_WRONG_SKILL - CODE_ELIGIBLE] = 38;
    effect.of.decision.removed[CODE_OFF_SHIFT - CODE_ELIGIBLE] = 2;
    expect_told(&w, &effect, LANG_EN,
                "08:21 nobody eligible, binding filter WRONG_SKILL (38 of 40), OFF_SHIFT 2");
    expect_told(&w, &effect, LANG_ZH, "08:21 无人可派，主要限制：技能不符（38/40），不在班 2");
}

static void test_story_tells_acts_with_reason_remark_and_clock(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_ACCEPT);
    effect.of.timeline.actor = 0;
    effect.of.timeline.clock = CLOCK_HANDLE;
    effect.of.timeline.deadline_ms = AT_MS + 4 * HOUR_MS;
    expect_told(&w, &effect, LANG_EN, "08:21 Wang Fang accepted; handle by 12:21");
    expect_told(&w, &effect, LANG_ZH, "08:21 王芳接单；处置时限至 12:21");
    effect.of.timeline.deadline_ms = AT_MS + 24 * HOUR_MS;
    expect_told(&w, &effect, LANG_EN, "08:21 Wang Fang accepted; handle by 03-04 08:21");

    effect = line(ACTION_RETURN);
    effect.of.timeline.actor = 0;
    effect.of.timeline.reason = REASON_PRIVATE_LAND;
    effect.of.timeline.text = "fenced in";
    effect.of.timeline.text_size = 9;
    expect_told(&w, &effect, LANG_EN, "08:21 Wang Fang returned it: private land, \"fenced in\"");
    expect_told(&w, &effect, LANG_ZH, "08:21 王芳退回：属私人用地，“fenced in”");
}

static void test_story_tells_check_and_close(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_CHECK_PASS);
    effect.of.timeline.actor = 3;
    expect_told(&w, &effect, LANG_EN, "08:21 check by Zhao Min, not the handler: passed");
    expect_told(&w, &effect, LANG_ZH, "08:21 赵敏（非处置人）核查：通过");
    effect.of.timeline.state_before = CASE_CHECKING;
    effect.of.timeline.state = CASE_CLOSED;
    expect_told(&w, &effect, LANG_EN, "08:21 check by Zhao Min, not the handler: passed. CLOSED");
    expect_told(&w, &effect, LANG_ZH, "08:21 赵敏（非处置人）核查：通过，结案");
    effect = line(ACTION_CLOSE);
    effect.of.timeline.state = CASE_CLOSED;
    effect.of.timeline.clock = CLOCK_RETIRE;
    effect.of.timeline.deadline_ms = AT_MS + DAY_MS;
    expect_told(&w, &effect, LANG_EN, "08:21 CLOSED");
}

static void test_story_tells_the_clock_only_where_it_starts(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_START_CHECK);
    effect.of.timeline.clock = CLOCK_CHECK;
    effect.of.timeline.deadline_ms = AT_MS + HOUR_MS;
    expect_told(&w, &effect, LANG_EN, "08:21 handled, now to be checked; check by 09:21");
    effect.of.timeline.action = ACTION_DONE;
    effect.of.timeline.actor = 0;
    expect_told(&w, &effect, LANG_EN, "08:21 Wang Fang done");
}

static void test_story_tells_how_many_a_notice_stands_for(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = {.kind = EFFECT_NOTICE, .at_ms = AT_MS};
    effect.of.notice = (struct effect_notice){
        .post = 0, .step = 0, .rule = NONE32, .code = CODE_NOTHING, .severity = 2, .count = 1};
    expect_told(&w, &effect, LANG_EN, "08:21 told law-enforcement desk: no case, severity Ⅱ");
    effect.of.notice.count = 3;
    expect_told(&w, &effect, LANG_EN,
                "08:21 told law-enforcement desk: no case, severity Ⅱ, 3 told together");
    expect_told(&w, &effect, LANG_ZH, "08:21 通知城管局值班：未立案，等级 Ⅱ，合并通知 3 起");
    effect.of.notice.is_again = true;
    expect_told(&w, &effect, LANG_EN,
                "08:21 told law-enforcement desk: no case, severity Ⅱ, again, 3 in all");
    expect_told(&w, &effect, LANG_ZH, "08:21 通知城管局值班：未立案，等级 Ⅱ，再次提醒，共 3 起");
}

static void test_story_tells_desk_escalation_and_missed_clock(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_TO_DESK);
    effect.of.timeline.post = 0;
    expect_told(&w, &effect, LANG_EN, "08:21 handed to law-enforcement desk");
    effect.of.timeline.action = ACTION_ESCALATE;
    effect.of.timeline.severity = 1;
    expect_told(&w, &effect, LANG_EN, "08:21 escalated to law-enforcement desk, severity Ⅰ");
    effect = line(ACTION_MISS);
    effect.of.timeline.clock = CLOCK_HANDLE;
    effect.of.timeline.deadline_ms = AT_MS;
    effect.of.timeline.holder = (struct holder){HOLDER_PERSON, 1};
    expect_told(&w, &effect, LANG_EN, "08:21 handle clock missed, was due 08:21; held by Li Qiang");
    expect_told(&w, &effect, LANG_ZH, "08:21 处置时限已超，应于 08:21；责任人：李强");
}

static void test_story_tells_a_refusal_with_what_is_possible(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = {.kind = EFFECT_RESULT, .at_ms = AT_MS};
    effect.of.result.principal = w.persons[0].id_hash;
    effect.of.result.code = CODE_WRONG_STATE;
    effect.of.result.order = 5;
    effect.of.result.state = ORDER_ARRIVED;
    effect.of.result.possible = UINT64_C(1) << ACTION_DONE | UINT64_C(1) << ACTION_RETURN;
    expect_told(&w, &effect, LANG_EN,
                "08:21 refused Wang Fang, WRONG_STATE: not possible in this state; the order is "
                "on site; possible now: done, return");
    effect.of.result.code = CODE_DONE;
    expect_told(&w, &effect, LANG_EN, "");
}

static void test_story_has_a_sentence_for_every_action(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    for (uint32_t i = 0; i < words_count(VOCABULARY_ACTION); i++) {
        uint32_t action = words_at(VOCABULARY_ACTION, i)->number;
        for (uint32_t lang = LANG_EN; lang <= LANG_ZH; lang++) {
            char out[STORY_SENTENCE_SIZE];
            struct effect effect = line((enum action)action);
            size_t size =
                story_sentence(&effect, &w.city, &w.policy, (enum lang)lang, out, sizeof(out));
            assert_int_equal(size > 0, action != ACTION_NONE);
        }
    }
}

static void test_story_feed_line_names_the_case_once(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    char out[STORY_SENTENCE_SIZE];
    struct effect effect = line(ACTION_ARRIVE);
    effect.of.timeline.actor = 0;
    (void)story_feed_line(&effect, &w.city, &w.policy, LANG_EN, out, sizeof(out));
    assert_string_equal(out, "08:21 case 1: Wang Fang arrived");
    (void)story_feed_line(&effect, &w.city, &w.policy, LANG_ZH, out, sizeof(out));
    assert_string_equal(out, "08:21 1 号案件：王芳到场");
    effect = line(ACTION_MERGE);
    effect.of.timeline.class_row = 0;
    (void)story_feed_line(&effect, &w.city, &w.policy, LANG_EN, out, sizeof(out));
    assert_string_equal(out, "08:21 bin overflowing -> merged into case 1, 0 reports now");
}

static void test_story_is_cut_between_characters(void **state)
{
    (void)state;
    struct world w;
    build(&w);
    struct effect effect = line(ACTION_ARRIVE);
    effect.of.timeline.actor = 0;
    for (size_t size = 1; size < 24; size++) {
        char out[24];
        size_t used = story_sentence(&effect, &w.city, &w.policy, LANG_ZH, out, size);
        assert_true(used < size);
        assert_int_equal(strlen(out), used);
        /* "08:21 " is six bytes of ASCII; then characters of three. */
        assert_true(used <= 6 || (used - 6) % 3 == 0);
    }
}

static void test_story_says_nothing_before_a_city_is_active(void **state)
{
    (void)state;
    char out[8] = "x";
    struct effect effect = line(ACTION_ARRIVE);
    assert_int_equal(story_sentence(&effect, NULL, NULL, LANG_EN, out, sizeof(out)), 0);
    assert_string_equal(out, "");
}

static void test_story_offer_repeats_its_decision(void **state)
{
    (void)state;
    struct effect offer = line(ACTION_OFFER);
    struct effect accept = line(ACTION_ACCEPT);
    assert_true(story_is_told_before(&offer));
    assert_false(story_is_told_before(&accept));
}

static void test_story_a_row_outside_the_city_is_a_bug(void **state)
{
    (void)state;
    static struct world w;
    build(&w);
    static struct effect effect;
    effect = line(ACTION_ARRIVE);
    effect.of.timeline.actor = 4;
    static char out[64];
    expect_panic((void)story_sentence(&effect, &w.city, &w.policy, LANG_EN, out, sizeof(out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_story_tells_how_a_case_opened),
        cmocka_unit_test(test_story_names_the_place_of_a_report_without_device),
        cmocka_unit_test(test_story_never_tells_strings_of_a_report),
        cmocka_unit_test(test_story_tells_a_merge_with_distance_and_count),
        cmocka_unit_test(test_story_tells_why_this_worker),
        cmocka_unit_test(test_story_tells_both_choices_of_an_override),
        cmocka_unit_test(test_story_tells_nobody_with_the_binding_filter),
        cmocka_unit_test(test_story_tells_acts_with_reason_remark_and_clock),
        cmocka_unit_test(test_story_tells_check_and_close),
        cmocka_unit_test(test_story_tells_the_clock_only_where_it_starts),
        cmocka_unit_test(test_story_tells_how_many_a_notice_stands_for),
        cmocka_unit_test(test_story_tells_desk_escalation_and_missed_clock),
        cmocka_unit_test(test_story_tells_a_refusal_with_what_is_possible),
        cmocka_unit_test(test_story_has_a_sentence_for_every_action),
        cmocka_unit_test(test_story_feed_line_names_the_case_once),
        cmocka_unit_test(test_story_is_cut_between_characters),
        cmocka_unit_test(test_story_says_nothing_before_a_city_is_active),
        cmocka_unit_test(test_story_offer_repeats_its_decision),
        cmocka_unit_test(test_story_a_row_outside_the_city_is_a_bug),
    };
    return cmocka_run_group_tests_name("tests/unit/edge/test_story.c", tests, NULL, NULL);
}

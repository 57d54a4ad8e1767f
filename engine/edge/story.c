/* story.c: see story.h. One teller per effect kind; the timeline's are in story_timeline.c. */
#include "engine/edge/story.h"
#include "engine/core/core.h"

#include "engine/edge/labels.h"
#include "engine/edge/teller.h"
#include "engine/edge/words_city.h"

#include <inttypes.h>

/* How many of a decision's passed-over workers a sentence bears. */
#define REJECTED_TOLD_MAX 3u

/* ---- decisions ---- */

/* "Li Qiang 180 m: AT_CAPACITY 6/6". */
static void say_rejected(struct teller *t, const struct effect_candidate *candidate)
{
    teller_say(t, ". Not ", "。未派");
    teller_say_person(t, candidate->person);
    if (candidate->distance_cm >= 0) {
        text_put(&t->text, " ");
        teller_say_distance(t, candidate->distance_cm);
    }
    teller_say(t, ": ", "：");
    text_put(&t->text, t->lang == LANG_ZH ? words_code(candidate->code, LANG_ZH)
                                          : words_code_name(candidate->code));
    if (candidate->code == CODE_AT_CAPACITY || candidate->code == CODE_BUSIER) {
        text_put(&t->text, " ");
        text_put_number(&t->text, candidate->load);
        text_put(&t->text, "/");
        text_put_number(&t->text, candidate->capacity);
    }
    if (candidate->code == CODE_FARTHER && candidate->travel == TRAVEL_LONGER) {
        text_format(&t->text, t->lang == LANG_ZH ? "（%s）" : " (%s)",
                    words_travel(TRAVEL_LONGER, t->lang));
    }
}

/* "Wang Fang, 420 m, own cell". */
static void say_chosen(struct teller *t, const struct effect_candidate *chosen, bool tells_travel)
{
    teller_say_person(t, chosen->person);
    if (chosen->distance_cm >= 0) {
        teller_say(t, ", ", "，");
        teller_say_distance(t, chosen->distance_cm);
    }
    if (tells_travel && chosen->travel_ms >= 0) {
        int64_t minutes = (chosen->travel_ms + MINUTE_MS - 1) / MINUTE_MS; /* rounds up */
        text_format(&t->text,
                    t->lang == LANG_ZH ? "，约 %" PRId64 " 分钟" : ", about %" PRId64 " min",
                    minutes);
        if (chosen->travel != TRAVEL_STRAIGHT) {
            text_format(&t->text, t->lang == LANG_ZH ? "（%s）" : " %s",
                        words_travel(chosen->travel, t->lang));
        }
    }
    if (chosen->is_home_cell) {
        teller_say(t, ", own cell", "，本责任网格");
    }
    if (chosen->is_home_position) {
        teller_say(t, ", taken to be at base: no fresh fix", "，无新定位，按驻点计");
    }
}

static void say_minutes(struct teller *t, int64_t ms)
{
    text_format(&t->text, t->lang == LANG_ZH ? "约 %" PRId64 " 分钟" : "about %" PRId64 " min",
                (ms + MINUTE_MS - 1) / MINUTE_MS);
}

/* ", moved from Li Qiang, about 9 min away; 7 orders matched together". */
static void say_why(struct teller *t, const struct effect_decision *decision)
{
    if (decision->why == WHY_PREEMPTS) {
        text_format(&t->text,
                    t->lang == LANG_ZH ? "，Ⅰ级优先，由工单 %" PRIu64 " 调来"
                                       : ", taken from order %" PRIu64 " of a lesser case",
                    decision->taken);
        return;
    }
    if (decision->why == WHY_MOVED && decision->from != NONE32) {
        teller_say(t, ", moved from ", "，由");
        teller_say_person(t, decision->from);
        if (decision->from_ms >= 0) {
            teller_say(t, ", who is ", "改派（其到场");
            say_minutes(t, decision->from_ms);
            teller_say(t, " away; this one is ", "，改后");
            say_minutes(t, max_i64(0, decision->candidates[0].travel_ms));
            teller_say(t, "", "）");
        }
    } else if (decision->why == WHY_WAITED) {
        teller_say(t, ", the closest pair of what waited", "，候派工单就近匹配");
    }
    if (decision->round_orders > 0) {
        text_format(&t->text,
                    t->lang == LANG_ZH ? "；本轮统筹 %" PRIu32 " 单，调整 %" PRIu32 " 单"
                                       : "; %" PRIu32 " orders matched together, %" PRIu32
                                         " given anew",
                    decision->round_orders, decision->round_moved);
    }
}

/* "given by hand to Li Qiang (well placed), about 8 min away; the engine: ". */
static void say_by_hand(struct teller *t, const struct effect_decision *decision)
{
    teller_say(t, "given by hand to ", "人工指派给");
    teller_say_person(t, decision->from);
    if (decision->reason != REASON_NONE) {
        text_format(&t->text, t->lang == LANG_ZH ? "（%s）" : " (%s)",
                    words_reason(decision->reason, t->lang));
    }
    if (decision->from_ms >= 0) {
        teller_say(t, ", ", "，");
        say_minutes(t, decision->from_ms);
    }
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        const struct effect_candidate *candidate = &decision->candidates[i];
        if (candidate->person == decision->from && candidate->code != CODE_ELIGIBLE) {
            teller_say(t, ", ", "，");
            text_put(&t->text, t->lang == LANG_ZH ? words_code(candidate->code, LANG_ZH)
                                                  : words_code_name(candidate->code));
        }
    }
    teller_say(t, "; the engine's own choice: ", "；引擎的选择：");
}

static void tell_nobody_decision(struct teller *t, const struct effect_decision *decision)
{
    teller_say(t, "nobody eligible", "无人可派");
    if (decision->considered == 0) {
        teller_say(t, ": nobody to look at", "：无候选人员");
        return;
    }
    uint32_t binding = decision->binding;
    if (binding >= CODE_ELIGIBLE && binding < CODE_LIMIT) {
        teller_say(t, ", binding filter ", "，主要限制：");
        text_put(&t->text,
                 t->lang == LANG_ZH ? words_code(binding, LANG_ZH) : words_code_name(binding));
        text_format(&t->text,
                    t->lang == LANG_ZH ? "（%" PRIu32 "/%" PRIu32 "）"
                                       : " (%" PRIu32 " of %" PRIu32 ")",
                    decision->removed[binding - CODE_ELIGIBLE], decision->considered);
    }
    for (uint32_t code = CODE_ELIGIBLE + 1; code < CODE_LIMIT; code++) {
        uint32_t count = decision->removed[code - CODE_ELIGIBLE];
        if (count == 0 || code == binding) {
            continue;
        }
        teller_say(t, ", ", "，");
        text_format(&t->text, "%s %" PRIu32,
                    t->lang == LANG_ZH ? words_code(code, LANG_ZH) : words_code_name(code), count);
    }
}

static void tell_decision(struct teller *t, const struct effect_decision *decision)
{
    must(decision->candidate_count <= DECISION_CANDIDATES_MAX);
    if (decision->order_kind != KIND_HANDLE && decision->order_kind != 0) {
        text_put(&t->text, words_order_kind(decision->order_kind, t->lang));
        teller_say(t, ": ", "：");
    }
    const bool is_by_hand = decision->why == WHY_BY_HAND && decision->from != NONE32;
    if (is_by_hand) {
        say_by_hand(t, decision);
    }
    if (decision->order == 0 || decision->candidate_count == 0 ||
        decision->candidates[0].code != CODE_ELIGIBLE) {
        tell_nobody_decision(t, decision);
        return;
    }
    const struct effect_candidate *chosen = &decision->candidates[0];
    must(decision->assign < t->policy->assign_count);
    teller_say(t, is_by_hand ? "" : "offered to ", is_by_hand ? "" : "派给");
    if (is_by_hand && chosen->person == decision->from) {
        teller_say(t, "the same, ", "同为");
    }
    say_chosen(t, chosen, t->policy->assigns[decision->assign].pick == PICK_ETA);
    say_why(t, decision);
    /* Those who were nearer and not taken first, then, as they stand by distance, who came next. */
    uint32_t told = 0;
    for (uint32_t i = 1; i < decision->candidate_count && told < REJECTED_TOLD_MAX; i++) {
        const bool is_taken = is_by_hand && decision->candidates[i].person == decision->from;
        if (decision->candidates[i].code != CODE_ELIGIBLE && !is_taken) {
            say_rejected(t, &decision->candidates[i]);
            told++;
        }
    }
}

/* ---- the rest ---- */

/* "held back by silence 3, case ...-0001": every reason that is kept. */
static void tell_reasons(struct teller *t, const struct effect_firing *firing)
{
    teller_say(t, "held back", "已抑制");
    for (uint32_t i = 0; i < firing->reason_count && i < SUPPRESS_REASONS_MAX; i++) {
        const struct suppress_reason *reason = &firing->reasons[i];
        text_put(&t->text, i > 0 ? ", " : t->lang == LANG_ZH ? "：" : " by ");
        if (reason->silence != 0) {
            text_format(&t->text, t->lang == LANG_ZH ? "静默 %llu" : "silence %llu",
                        (unsigned long long)reason->silence);
        } else if (!case_no_is_none(reason->case_no)) {
            teller_say(t, "case ", "案件 ");
            teller_say_case(t, reason->case_no);
        } else {
            teller_say(t, "a silenced firing of ", "被静默的 ");
            (void)labels_put_rule(&t->text, t->policy, reason->rule);
        }
    }
}

static bool tell_firing(struct teller *t, const struct effect_firing *firing)
{
    switch (firing->code) {
    case CODE_NO_RULE:
        teller_say(t, "an event that no active rule takes", "无规则匹配的事件");
        return true;
    case CODE_DEDUPED:
        teller_say(t, "a repeat, counted only", "重复上报，仅计数");
        break;
    case CODE_SUPPRESSED:
        tell_reasons(t, firing);
        break;
    case CODE_SHADOW:
        teller_say(t, "in shadow, would be: ", "影子评估，本应：");
        text_put(&t->text, words_code(firing->would, t->lang));
        break;
    case CODE_WAITING:
        text_put(&t->text, words_code(firing->code, t->lang));
        text_format(&t->text, " (%u/%u)", firing->have, firing->need);
        break;
    case CODE_BY_MISSING:
    case CODE_WINDOW_FULL:
    case CODE_LOST_LANE:
    case CODE_CASELESS:
        text_put(&t->text, words_code(firing->code, t->lang));
        break;
    default:
        return false; /* the timeline or a notice tells it */
    }
    if (firing->rule != NONE32) {
        teller_say(t, ", rule ", "，规则 ");
        (void)labels_put_rule(&t->text, t->policy, firing->rule);
    }
    if (!case_no_is_none(firing->case_no)) {
        text_put(&t->text, " -> ");
        teller_say_case(t, firing->case_no);
    }
    return true;
}

static bool tell_result(struct teller *t, const struct effect_result *result)
{
    if (!words_code_is_refusal(result->code)) {
        return false;
    }
    uint32_t person = labels_find_person(t->city, result->principal);
    teller_say(t, "refused ", "拒绝 ");
    if (labels_put_person(&t->text, t->city, person, t->lang)) {
        teller_say(t, ", ", "，");
    }
    text_format(&t->text, "%s: ", words_code_name(result->code));
    text_put(&t->text, words_code(result->code, t->lang));
    if (result->code == CODE_WRONG_STATE) {
        char verbs[256];
        teller_say(t, result->order != 0 ? "; the order is " : "; the case is ",
                   result->order != 0 ? "；工单" : "；案件");
        text_put(&t->text, result->order != 0 ? words_order_state(result->state, t->lang)
                                              : words_case_state(result->state, t->lang));
        (void)words_actions(result->possible, t->lang, verbs, sizeof(verbs));
        teller_say(t, "; possible now: ", "；当前可执行：");
        text_put(&t->text, verbs[0] != '\0' ? verbs : t->lang == LANG_ZH ? "无" : "nothing");
    }
    return true;
}

static void tell_notice(struct teller *t, const struct effect_notice *notice)
{
    teller_say(t, "told ", "通知");
    teller_say_post(t, notice->post);
    teller_say(t, ": ", "：");
    if (notice->code != CODE_NOTHING) {
        text_put(&t->text, words_code(notice->code, t->lang));
        teller_say(t, ", ", "，");
    } else if (notice->step == NONE32 && notice->rule == NONE32) {
        teller_say(t, "nobody eligible, ", "无人可派，");
    }
    if (notice->rule != NONE32) {
        teller_say(t, "rule ", "规则 ");
        (void)labels_put_rule(&t->text, t->policy, notice->rule);
        teller_say(t, ", ", "，");
    }
    if (case_no_is_none(notice->case_no)) {
        teller_say(t, "no case", "未立案");
    } else {
        teller_say_case(t, notice->case_no);
    }
    text_format(&t->text, t->lang == LANG_ZH ? "，等级 %s" : ", severity %s",
                story_severity(notice->severity));
    if (notice->is_again) {
        text_format(&t->text,
                    t->lang == LANG_ZH ? "，再次提醒，共 %" PRIu32 " 起"
                                       : ", again, %" PRIu32 " in all",
                    notice->count);
    } else if (notice->count > 1) {
        text_format(&t->text,
                    t->lang == LANG_ZH ? "，合并通知 %" PRIu32 " 起"
                                       : ", %" PRIu32 " told together",
                    notice->count);
    }
}

/* "plan progress, East district: 120 of 300 done, 40 under way, 3 late". Turns of a plan are told by the timeline. */
static bool tell_plan(struct teller *t, const struct effect_plan *plan)
{
    const struct plan_counts *c = &plan->counts;
    if (plan->what != ACTION_PLAN_PROGRESS && plan->what != ACTION_PLAN_SILENT &&
        plan->what != ACTION_PLAN_END) {
        return false;
    }
    if (plan->is_drill) {
        teller_say(t, "[drill] ", "【演练】");
    }
    text_put(&t->text, words_action(plan->what, t->lang));
    if (plan->unit != NONE32 && plan->unit < t->city->unit_count) {
        const struct image_string name = t->city->units[plan->unit].name;
        teller_say(t, ", ", "，");
        text_put_bytes(&t->text, city_text(t->city, name), name.size);
    }
    text_format(&t->text,
                t->lang == LANG_ZH ? "：%" PRIu32 " 项中已完成 %" PRIu32 "，进行中 %" PRIu32
                                     "，逾期 %" PRIu32 "，不合格 %" PRIu32
                                   : ": of %" PRIu32 " tasks %" PRIu32 " done, %" PRIu32
                                     " under way, %" PRIu32 " late, %" PRIu32 " failed",
                c->total, c->done, c->started, c->overdue, c->failed);
    return true;
}

static void tell_activated(struct teller *t)
{
    const struct city_info *info = t->city->info;
    struct image_string name =
        t->lang == LANG_EN && info->name_en.size > 0 ? info->name_en : info->name;
    teller_say(t, "in force: ", "启用：");
    text_put_bytes(&t->text, city_text(t->city, name), name.size);
    text_format(&t->text,
                t->lang == LANG_ZH ? "，%" PRIu32 " 个网格，%" PRIu32 " 条规则"
                                   : ", %" PRIu32 " cells, %" PRIu32 " rules",
                t->city->cell_count, t->policy->rule_count);
}

/* The case that the effect is about, for sentences that do not name it themselves; none otherwise.
 */
static struct case_no unnamed_case(const struct effect *effect)
{
    static const struct case_no NO_CASE = {0, 0, 0};
    switch (effect->kind) {
    case EFFECT_TIMELINE:
        if (effect->of.timeline.action == ACTION_OPEN ||
            effect->of.timeline.action == ACTION_MERGE) {
            return NO_CASE;
        }
        return effect->of.timeline.case_no;
    case EFFECT_DECISION:
        return effect->of.decision.case_no;
    case EFFECT_RESULT:
        return effect->of.result.case_no;
    case EFFECT_PLAN:
        return effect->of.plan.case_no;
    case EFFECT_FIRING:
    case EFFECT_ITEM:
    case EFFECT_NOTICE:
    case EFFECT_ACTIVATED:
    case EFFECT_CONTACT:
    case EFFECT_SILENCE:
    default:
        return NO_CASE;
    }
}

/* "maintenance 3, device=cam-12, until 10:00: repaired" */
static void tell_silence(struct teller *t, const struct effect_silence *silence)
{
    const struct silence_row *row = &silence->row;
    const bool is_zh = t->lang == LANG_ZH;
    if (silence->what == ACTION_UNSILENCE) {
        teller_say(t, "ended: ", "已解除：");
    }
    teller_say(t, row->kind == SILENCED_FOR_MAINTENANCE ? "maintenance" : "silence",
               row->kind == SILENCED_FOR_MAINTENANCE ? "设备维护" : "操作员静默");
    text_format(&t->text, " %llu", (unsigned long long)row->number);
    for (uint32_t i = 0; i < row->matcher_count; i++) {
        const struct silence_matcher *matcher = &row->matchers[i];
        text_format(&t->text, " %s=%.*s", silence_match_name(matcher->kind), (int)matcher->size,
                    matcher->text);
    }
    text_put(&t->text, is_zh ? "，至 " : ", until ");
    teller_put_instant(&t->text, t->city, row->until_ms, t->at_ms);
    if (silence->actor != NONE32) {
        text_put(&t->text, is_zh ? "，操作人 " : ", by ");
        (void)labels_put_person(&t->text, t->city, silence->actor, t->lang);
    }
    text_format(&t->text, is_zh ? "：%.*s" : ": %.*s", (int)row->why_size, row->why);
}

static bool tell(struct teller *t, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_TIMELINE:
        teller_tell_timeline(t, &effect->of.timeline);
        return true;
    case EFFECT_DECISION:
        tell_decision(t, &effect->of.decision);
        return true;
    case EFFECT_FIRING:
        return tell_firing(t, &effect->of.firing);
    case EFFECT_RESULT:
        return tell_result(t, &effect->of.result);
    case EFFECT_NOTICE:
        tell_notice(t, &effect->of.notice);
        return true;
    case EFFECT_PLAN:
        return tell_plan(t, &effect->of.plan);
    case EFFECT_SILENCE:
        tell_silence(t, &effect->of.silence);
        return true;
    case EFFECT_ACTIVATED:
        tell_activated(t);
        return true;
    case EFFECT_ITEM:
    case EFFECT_CONTACT: /* the act or the event it came with is told */
    default:
        return false; /* the worker's own screen shows it */
    }
}

static size_t tell_line(const struct effect *effect, struct teller *t, bool names_case, char *out,
                        size_t out_size)
{
    text_init(&t->text, out, out_size);
    if (t->city == NULL || t->policy == NULL) {
        return 0;
    }
    t->at_ms = effect->at_ms;
    teller_put_instant(&t->text, t->city, effect->at_ms, effect->at_ms);
    text_put(&t->text, " ");
    struct case_no no = unnamed_case(effect);
    if (names_case && !case_no_is_none(no)) {
        teller_say_case(t, no);
        teller_say(t, ": ", "：");
    }
    size_t before = t->text.used;
    if (!tell(t, effect) || t->text.used == before) {
        out[0] = '\0';
        return 0;
    }
    return t->text.used;
}

size_t story_sentence(const struct effect *effect, const struct city *city,
                      const struct policy *policy, enum lang lang, char *out, size_t out_size)
{
    struct teller t = {.city = city, .policy = policy, .lang = lang};
    words_use(city);
    return tell_line(effect, &t, false, out, out_size);
}

size_t story_feed_line(const struct effect *effect, const struct city *city,
                       const struct policy *policy, enum lang lang, char *out, size_t out_size)
{
    struct teller t = {.city = city, .policy = policy, .lang = lang};
    words_use(city);
    return tell_line(effect, &t, true, out, out_size);
}

bool story_is_told_before(const struct effect *effect)
{
    return effect->kind == EFFECT_TIMELINE && (effect->of.timeline.action == ACTION_OFFER ||
                                               effect->of.timeline.action == ACTION_NOBODY);
}

size_t story_instant(const struct city *city, int64_t at_ms, int64_t near_ms, char *out,
                     size_t out_size)
{
    struct text text;
    text_init(&text, out, out_size);
    teller_put_instant(&text, city, at_ms, near_ms);
    return text.used;
}

const char *story_severity(uint32_t severity)
{
    static const char *const GLYPHS[] = {"?", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"};
    return GLYPHS[severity < COUNT_OF(GLYPHS) ? severity : 0];
}

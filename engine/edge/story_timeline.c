/* story_timeline.c: a sentence for every action of a case's timeline. */
#include "engine/edge/teller.h"

#include "engine/edge/labels.h"
#include "engine/edge/story.h"

#include <inttypes.h>

/* How many of a report's numbers a sentence bears, and how much of a worker's remark. */
#define FIELDS_TOLD_MAX 3u
#define REMARK_SIZE_MAX 240u

/* ---- reports ---- */

/* Up to three numbers of a report by name: "(fill_percent 93, confidence 0.97)". Strings stay
 * untold. */
static void say_fields(struct teller *t, const struct event *event)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < event->head->field_count && told < FIELDS_TOLD_MAX; i++) {
        const struct event_field *field = &event->fields[i];
        if (field->kind == FIELD_STRING || field->field >= t->policy->field_count) {
            continue;
        }
        struct image_string name = t->policy->fields[field->field].name;
        teller_say(t, told == 0 ? " (" : ", ", told == 0 ? "（" : "，");
        text_put_bytes(&t->text, policy_text(t->policy, name), name.size);
        text_put(&t->text, " ");
        if (field->kind == FIELD_BOOL) {
            teller_say(t, field->a != 0 ? "yes" : "no", field->a != 0 ? "是" : "否");
        } else {
            text_put_micro(&t->text, (int64_t)field->a);
        }
        told++;
    }
    if (told > 0) {
        teller_say(t, ")", "）");
    }
}

/* "camera C-017: bin overflowing (fill_percent 93)". */
static void say_report(struct teller *t, const struct effect_timeline *line)
{
    bool has_source = false;
    if (line->gateway != NONE32) {
        must(line->gateway < t->city->gateway_count);
        text_put(&t->text, words_gateway_kind(t->city->gateways[line->gateway].kind, t->lang));
        has_source = true;
    } else if (line->actor != NONE32) {
        teller_say_person(t, line->actor);
        has_source = true;
    }
    uint32_t device = line->event != NULL ? line->event->head->device : line->device;
    if (device != NONE32) {
        must(device < t->city->device_count);
        struct image_string id = t->city->devices[device].id;
        text_put(&t->text, has_source ? " " : "");
        text_put_bytes(&t->text, city_text(t->city, id), id.size);
        has_source = true;
    }
    if (has_source) {
        teller_say(t, ": ", "：");
    }
    if (line->event == NULL ||
        !labels_put_type(&t->text, t->policy, line->event->head->type, t->lang)) {
        (void)labels_put_class(&t->text, t->city, line->class_row, t->lang);
    }
    if (line->event != NULL) {
        say_fields(t, line->event);
    }
    if (line->event != NULL && (line->event->head->flags & EVENT_HAS_CONTACT) != 0) {
        teller_say(t, ", with a sealed contact", "，已留联系方式（加密）");
    }
}

static void tell_open(struct teller *t, const struct effect_timeline *line)
{
    say_report(t, line);
    struct labels_where where = {line->asset, NONE32, line->cell, line->place};
    const bool is_somewhere =
        line->asset != NONE32 || line->cell != NONE32 || line->place.lon != PLACE_NONE;
    if (is_somewhere &&
        (line->event == NULL || line->event->head->device == NONE32 || line->asset != NONE32)) {
        teller_say(t, ", at ", "，位于");
        (void)labels_put_where(&t->text, t->city, &where, t->lang);
    }
    if (line->rule != NONE32) {
        teller_say(t, " -> rule ", " -> 规则 ");
        (void)labels_put_rule(&t->text, t->policy, line->rule);
    }
    text_put(&t->text, " -> ");
    teller_say_case(t, line->case_no);
    char number[WORDS_CASE_NO_SIZE];
    text_format(&t->text, t->lang == LANG_ZH ? "（%s），等级 %s" : " (%s), severity %s",
                words_case_no(line->case_no, number), story_severity(line->severity));
    if (!case_no_is_none(line->other)) {
        teller_say(t, ", split off from ", "，拆自 ");
        teller_say_case(t, line->other);
    }
    if (line->action == ACTION_OPEN && line->state == CASE_VERIFYING) {
        teller_say(t, ", to be verified first", "，先行核实");
    }
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_merge(struct teller *t, const struct effect_timeline *line)
{
    say_report(t, line);
    if (line->distance_cm > 0) {
        teller_say(t, ", ", "，相距 ");
        teller_say_distance(t, line->distance_cm);
        teller_say(t, " away", "");
    }
    teller_say(t, " -> merged into ", " -> 并入 ");
    teller_say_case(t, line->case_no);
    text_format(&t->text,
                t->lang == LANG_ZH ? "（共 %" PRIu32 " 次上报）" : ", %" PRIu32 " reports now",
                line->event_count);
}

/* ---- what people did ---- */

/* Whoever acted: a person, else the source, else the engine itself (then nothing is said). */
void teller_say_actor(struct teller *t, const struct effect_timeline *line)
{
    if (line->actor != NONE32) {
        teller_say_person(t, line->actor);
        teller_say(t, " ", "");
    }
}

/* ": private land, \"fenced in\"". */
void teller_say_reason(struct teller *t, const struct effect_timeline *line)
{
    bool has_remark = line->text != NULL && line->text_size > 0;
    if (line->reason != REASON_NONE) {
        teller_say(t, ": ", "：");
        text_put(&t->text, words_reason(line->reason, t->lang));
    }
    if (has_remark) {
        teller_say(t, line->reason != REASON_NONE ? ", \"" : ": \"",
                   line->reason != REASON_NONE ? "，“" : "：“");
        struct text remark;
        char bytes[REMARK_SIZE_MAX];
        text_init(&remark, bytes, sizeof(bytes));
        text_put_bytes(&remark, line->text, line->text_size);
        text_put_bytes(&t->text, bytes, remark.used);
        teller_say(t, remark.is_cut ? "...\"" : "\"", remark.is_cut ? "……”" : "”");
    }
}

/* "<post>" or "<person>", whoever is accountable from now on. */
static bool say_holder(struct teller *t, struct holder holder)
{
    if (holder.kind == HOLDER_PERSON) {
        return labels_put_person(&t->text, t->city, holder.index, t->lang);
    }
    if (holder.kind == HOLDER_POST) {
        return labels_put_post(&t->text, t->city, holder.index, t->lang);
    }
    return false;
}

static void say_subject(struct teller *t, const struct effect_timeline *line, const char *en,
                        const char *zh)
{
    teller_say(t, en, zh);
    if (line->subject != NONE32) {
        teller_say_person(t, line->subject);
    } else if (line->post != NONE32) {
        teller_say_post(t, line->post);
    } else {
        (void)say_holder(t, line->holder);
    }
}

static void tell_offer(struct teller *t, const struct effect_timeline *line)
{
    if (line->order_kind != KIND_HANDLE && line->order_kind != 0) {
        text_put(&t->text, words_order_kind(line->order_kind, t->lang));
        teller_say(t, ": ", "：");
    }
    say_subject(t, line, "offered to ", "派给");
    if (line->distance_cm >= 0) {
        teller_say(t, ", ", "，");
        teller_say_distance(t, line->distance_cm);
    }
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_check(struct teller *t, const struct effect_timeline *line, const char *en,
                       const char *zh)
{
    teller_say(t, "check by ", "");
    if (line->actor != NONE32) {
        teller_say_person(t, line->actor);
        teller_say(t, ", not the handler", "（非处置人）");
    } else {
        teller_say(t, "the device", "设备");
    }
    teller_say(t, ": ", "核查：");
    teller_say(t, en, zh);
    teller_say_reason(t, line);
}

static void tell_passed(struct teller *t, const struct effect_timeline *line)
{
    tell_check(t, line, "passed", "通过");
}

static void tell_failed(struct teller *t, const struct effect_timeline *line)
{
    tell_check(t, line, "failed", "不通过");
}

static void tell_clear(struct teller *t, const struct effect_timeline *line)
{
    say_report(t, line);
    teller_say(t, " -> the source says it is over", " -> 来源报告已消除");
}

static void tell_severity(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    text_format(&t->text, t->lang == LANG_ZH ? "等级调整为 %s" : "severity is now %s",
                story_severity(line->severity));
}

static void tell_miss(struct teller *t, const struct effect_timeline *line)
{
    if (t->lang == LANG_ZH) {
        text_format(&t->text, "%s已超", words_clock(line->clock, LANG_ZH));
    } else {
        text_format(&t->text, "%s clock missed", words_clock(line->clock, LANG_EN));
    }
    if (line->deadline_ms != NEVER_MS && line->deadline_ms != 0) {
        teller_say(t, ", was due ", "，应于 ");
        teller_put_instant(&t->text, t->city, line->deadline_ms, t->at_ms);
    }
    if (line->holder.kind != HOLDER_NONE) {
        teller_say(t, "; held by ", "；责任人：");
        (void)say_holder(t, line->holder);
    }
}

static void tell_escalate(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "escalated to ", "升级至");
    text_format(&t->text, t->lang == LANG_ZH ? "，等级 %s" : ", severity %s",
                story_severity(line->severity));
}

static void tell_nobody(struct teller *t, const struct effect_timeline *line)
{
    teller_say(t, "nobody eligible", "无人可派");
    if (line->code != CODE_NOTHING) {
        teller_say(t, "; what stops most: ", "，主要限制：");
        text_put(&t->text, words_code(line->code, t->lang));
    }
}

/* "reassigned to Li Qiang: another person is better placed". */
static void tell_hand_over(struct teller *t, const struct effect_timeline *line, const char *en,
                           const char *zh)
{
    teller_say_actor(t, line);
    say_subject(t, line, en, zh);
    teller_say_reason(t, line);
}

/* "<who> <did>: <why>": most acts. */
static void tell_act(struct teller *t, const struct effect_timeline *line, const char *en,
                     const char *zh)
{
    teller_say_actor(t, line);
    teller_say(t, en, zh);
    teller_say_reason(t, line);
}

static void tell_rating(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    if (t->lang == LANG_ZH) {
        text_format(&t->text, "记录回执 %u 的评价：%u 星", line->report, line->amount);
    } else {
        text_format(&t->text, "noted %u stars for report %u", line->amount, line->report);
    }
}

static void tell_lost(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "no sign of life from ", "失联：");
    teller_say(t, "; the order goes to others", "；工单改派他人");
}

static void tell_expire(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "not accepted in time by ", "接单超时：");
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

/* "put to adjudication at Command: handed to and fro; positions by 14:20". */
static void tell_adjudicate(struct teller *t, const struct effect_timeline *line)
{
    if (line->code == CODE_TABLE_FULL) {
        teller_say(t, "should be put to adjudication, and too many are",
                   "应提请裁定，待裁定事项已满");
    } else {
        say_subject(t, line, "put to adjudication at ", "提请裁定：");
    }
    teller_say_reason(t, line);
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_silent(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "no position in time from ", "逾期未陈述意见：");
}

static void tell_position(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    say_subject(t, line, "stated the position of ", "陈述意见，代表");
    teller_say_reason(t, line);
}

/* "ruled for Sanitation's desk, citing positions 1 and 3: by its clause". */
static void tell_rule(struct teller *t, const struct effect_timeline *line)
{
    const char *sign = t->lang == LANG_ZH ? "，引用意见 " : ", citing position ";
    teller_say_actor(t, line);
    say_subject(t, line, "ruled: it leads from now on: ", "裁定由其牵头：");
    for (uint32_t i = 0; i < 32; i++) {
        if ((line->amount & (1u << i)) != 0) {
            text_format(&t->text, "%s%" PRIu32, sign, i + 1);
            sign = t->lang == LANG_ZH ? "、" : ", ";
        }
    }
    teller_say_reason(t, line);
    if (line->code == CODE_NOTHING) {
        teller_say(t, " (remembered for its class here)", "（已纳入确权）");
    }
}

static void tell_ruled_before(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "by an earlier ruling it belongs to ", "按确权归属：");
}

static void tell_short_notice(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "less notice than the class asks for, to ", "通知时间不足：");
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_joint_visit(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "one visit does for both: ", "合并上门：");
    text_format(&t->text, t->lang == LANG_ZH ? "，另有工单 %" PRIu32 : ", with order %" PRIu32,
                line->amount);
}

static void tell_reroute(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "recalled, another is there sooner: ", "优化改派，撤回派给：");
}

/* Told in both cases: in the lesser one the code says that the worker is taken from it. */
static void tell_preempt(struct teller *t, const struct effect_timeline *line)
{
    if (line->code == CODE_PREEMPTED) {
        say_subject(t, line, "severity 1 goes first, recalled: ", "Ⅰ级案件优先，撤回派给：");
        teller_say(t, "; waits again with its age, for ", "；本案按原时序重新候派，让位于");
    } else {
        say_subject(t, line, "severity 1 goes first: ", "Ⅰ级案件优先：");
        teller_say(t, " taken from ", " 调自");
    }
    teller_say_case(t, line->other);
}

/* Nobody could answer where it was: who went is told by the entry before. */
static void tell_stuck(struct teller *t, const struct effect_timeline *line)
{
    if (line->post != NONE32) {
        say_subject(t, line, "nobody on duty at ", "无人在岗：");
    } else {
        teller_say(t, "its cell or department is gone", "原网格或部门已撤销");
    }
    teller_say(t, "; held by ", "；责任人：");
    (void)say_holder(t, line->holder);
}

static uint32_t find_cell(const struct city *city, const char *code, uint32_t size)
{
    for (uint32_t i = 0; i < city->cell_count; i++) {
        const struct image_string other = city->cells[i].code;
        if (other.size == size && memcmp(city_text(city, other), code, size) == 0) {
            return i;
        }
    }
    return NONE32;
}

static void say_cell(struct teller *t, uint32_t cell)
{
    const struct labels_where where = {NONE32, NONE32, cell, place_none()};
    if (!labels_put_where(&t->text, t->city, &where, t->lang)) {
        teller_say(t, "no cell", "无网格");
    }
}

/* "the border moved: from cell Mill Lane to cell Market" */
static void tell_rehome(struct teller *t, const struct effect_timeline *line)
{
    teller_say(t, "the border moved: from ", "网格边界调整：由");
    say_cell(t, line->text == NULL ? NONE32 : find_cell(t->city, line->text, line->text_size));
    teller_say(t, " to ", "划入");
    say_cell(t, line->cell);
    teller_say(t, "; held by ", "；责任人：");
    (void)say_holder(t, line->holder);
}

/* "handed it over to the street's desk, keeps only the inspection: instructed". */
static void tell_desk_hand_over(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    say_subject(t, line, "handed it over to ", "移交");
    if (line->amount == 1) {
        teller_say(t, ", keeping its share", "，保留本部门部分");
    } else if (line->amount == 2) {
        teller_say(t, ", keeping only the inspection", "，仅保留检查");
    }
    teller_say_reason(t, line);
}

/* Actions told as "<who> <words>: <why>". The clock is told where the action starts or changes one. */
struct act_words {
    enum action action;
    const char *en;
    const char *zh;
    bool tells_clock;
};

static const struct act_words ACTS[] = {
    {ACTION_ACCEPT, "accepted", "接单", true},
    {ACTION_DECLINE, "declined", "拒单", true},
    {ACTION_ARRIVE, "arrived", "到场", false},
    {ACTION_RELATED, "held a smaller event back", "抑制一条关联事件", false},
    {ACTION_SILENCE, "silenced", "静默", false},
    {ACTION_UNSILENCE, "ended the silence", "解除静默", false},
    {ACTION_DONE, "done", "处置完成", false},
    {ACTION_RETURN, "returned it", "退回", true},
    {ACTION_VERIFY_YES, "confirmed the report", "核实属实", false},
    {ACTION_VERIFY_NO, "did not confirm the report", "核实不属实", false},
    {ACTION_DISPATCH, "dispatched again", "重新派遣", true},
    {ACTION_VOID, "declared it VOID", "作废", false},
    {ACTION_FORCE_CLOSE, "CLOSED by order", "强制结案", false},
    {ACTION_REOPEN, "reopened", "重新立案", true},
    {ACTION_COMMENT, "noted", "备注", false},
    {ACTION_FILE, "filed", "立案", true},
    {ACTION_CLOSE, "CLOSED", "结案", false},
    {ACTION_START_CHECK, "handled, now to be checked", "已处置，启动核查", true},
    {ACTION_AWAIT_CLEAR, "handled, now waiting for the source to confirm", "已处置，等待来源确认",
     true},
    {ACTION_RETIRE, "left the engine for the history", "归档", false},
    {ACTION_PLAN_CONFIRM, "confirmed the plan", "确认启动预案", false},
    {ACTION_PLAN_STAND_DOWN, "stood the plan down", "终止响应", false},
    {ACTION_PLAN_ACK, "acknowledged the start", "确认已启动", false},
    {ACTION_PLAN_START, "started the plan by hand", "人工启动预案", false},
    {ACTION_PLAN_PROGRESS, "told how the plan stands", "通报预案进度", false},
    {ACTION_PLAN_CANCEL, "cancelled: the plan stood down", "响应终止，任务取消", false},
    {ACTION_PLAN_END, "the plan has ended", "预案已结束", false},
    {ACTION_LATE_REPORT, "no report from the place itself in time", "逾期未报", true},
    {ACTION_ABSENT, "what had to follow did not come in time", "应发生而未发生", true},
    {ACTION_SELF_HANDLED, "handled it on the spot", "自处置", false},
    {ACTION_REVEAL, "looked up the reporter's contact", "查看了上报人联系方式", false},
    {ACTION_ERASE, "erased the reporter's contact", "删除了上报人联系方式", false},
    {ACTION_READ_EVIDENCE, "took the evidence out", "调取了证据", false},
    {ACTION_KEY_REGISTER, "registered a key", "登记了密钥", false},
    {ACTION_KEY_REVOKE, "revoked a key", "吊销了密钥", false},
    {ACTION_SOLVED, "noted that the reporter says it is solved", "记录反映人反馈：已解决", false},
    {ACTION_NOT_SOLVED, "noted that the reporter says it is not solved", "记录反映人反馈：未解决",
     false},
};

/* Actions told as "<who> <words> <to whom>: <why>". */
static const struct act_words HAND_OVERS[] = {
    {ACTION_REASSIGN, "reassigned it to ", "改派给", true},
    {ACTION_NEXT_LEAD, "to lead, of those asked, is now ", "在已派单人员中改请牵头：", false},
    {ACTION_SEND_TO_DESK, "sent it to ", "转派至", true},
    {ACTION_TO_DESK, "handed to ", "转由岗位承接：", true},
    {ACTION_RECALL, "recalled from ", "撤回派给：", false},
};

static const struct act_words *find_words(const struct act_words *words, size_t count,
                                          uint32_t action)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].action == action) {
            return &words[i];
        }
    }
    return NULL;
}

/* "the plan waits for dept.ecology.duty; confirm the plan by 08:30". */
static void tell_plan_ask(struct teller *t, const struct effect_timeline *line)
{
    if (line->code != CODE_NOTHING) {
        teller_say(t, "the plan has not begun: ", "预案未启动：");
        text_put(&t->text, words_code(line->code, t->lang));
        return;
    }
    teller_say(t, "the plan waits for ", "预案待确认：");
    teller_say_post(t, line->post);
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

/* "East district has sent nobody; told city.command". */
static void tell_plan_silent(struct teller *t, const struct effect_timeline *line)
{
    text_put_bytes(&t->text, line->text, line->text_size);
    teller_say(t, " has sent nobody; told ", "未派人检查；已报告");
    teller_say_post(t, line->post);
}

static void tell_plan_late(struct teller *t, const struct effect_timeline *line)
{
    if (line->subject != NONE32) {
        teller_say_person(t, line->subject);
        teller_say(t, " has not acknowledged the start; told ", "逾期未确认启动；已报告");
    } else {
        teller_say(t, "the start was not acknowledged in time; told ", "逾期未确认启动；已报告");
    }
    teller_say_post(t, line->post);
}

/* Whoever confirmed it has a line of his own. */
static void tell_plan_begin(struct teller *t, const struct effect_timeline *line)
{
    (void)line;
    teller_say(t, "the plan has begun", "预案已启动");
}

static void tell_plan_answer(struct teller *t, const struct effect_timeline *line)
{
    tell_act(t, line, "answered a line of the checklist", "填报检查项");
    if (line->text != NULL && line->text_size > 0) {
        teller_say(t, ": ", "：");
        text_put_bytes(&t->text, line->text, line->text_size);
    }
}

/* Actions with a sentence of their own. */
static const struct {
    enum action action;
    void (*tell)(struct teller *t, const struct effect_timeline *line);
} OWN_SENTENCES[] = {
    {ACTION_OPEN, tell_open},
    {ACTION_MERGE, tell_merge},
    {ACTION_OFFER, tell_offer},
    {ACTION_NOBODY, tell_nobody},
    {ACTION_MISS, tell_miss},
    {ACTION_ESCALATE, tell_escalate},
    {ACTION_LOST, tell_lost},
    {ACTION_EXPIRE, tell_expire},
    {ACTION_CHECK_PASS, tell_passed},
    {ACTION_CHECK_FAIL, tell_failed},
    {ACTION_CLEAR, tell_clear},
    {ACTION_SEVERITY, tell_severity},
    {ACTION_PLAN_ASK, tell_plan_ask},
    {ACTION_PLAN_SILENT, tell_plan_silent},
    {ACTION_PLAN_TASK_LATE, tell_plan_late},
    {ACTION_PLAN_BEGIN, tell_plan_begin},
    {ACTION_PLAN_ANSWER, tell_plan_answer},
    {ACTION_RATE, tell_rating},
    {ACTION_ADJUDICATE, tell_adjudicate},
    {ACTION_SILENT, tell_silent},
    {ACTION_POSITION, tell_position},
    {ACTION_RULE, tell_rule},
    {ACTION_RULED_BEFORE, tell_ruled_before},
    {ACTION_SHORT_NOTICE, tell_short_notice},
    {ACTION_JOINT_VISIT, tell_joint_visit},
    {ACTION_REROUTE, tell_reroute},
    {ACTION_PREEMPT, tell_preempt},
    {ACTION_STUCK, tell_stuck},
    {ACTION_REHOME, tell_rehome},
    {ACTION_HAND_OVER, tell_desk_hand_over},
};

static void tell_action(struct teller *t, const struct effect_timeline *line)
{
    const struct act_words *words = find_words(ACTS, COUNT_OF(ACTS), line->action);
    if (words != NULL) {
        tell_act(t, line, words->en, words->zh);
    } else {
        words = find_words(HAND_OVERS, COUNT_OF(HAND_OVERS), line->action);
        if (words != NULL) {
            tell_hand_over(t, line, words->en, words->zh);
        }
    }
    if (words != NULL) {
        if (words->tells_clock) {
            teller_say_deadline(t, line->clock, line->deadline_ms);
        }
        return;
    }
    for (size_t i = 0; i < COUNT_OF(OWN_SENTENCES); i++) {
        if (OWN_SENTENCES[i].action == line->action) {
            OWN_SENTENCES[i].tell(t, line);
        }
    }
}

void teller_tell_timeline(struct teller *t, const struct effect_timeline *line)
{
    if (line->is_drill) {
        teller_say(t, "[drill] ", "【演练】");
    }
    if (!teller_tell_flow(t, line)) {
        tell_action(t, line);
    }
    bool says_so = line->action == ACTION_CLOSE || line->action == ACTION_FORCE_CLOSE;
    if (line->state == CASE_CLOSED && line->state_before != CASE_CLOSED && !says_so) {
        teller_say(t, ". CLOSED", "，结案");
    }
}

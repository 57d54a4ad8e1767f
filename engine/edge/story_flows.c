/* story_flows.c: sentences for what happens beside the straight way: time given and taken, supervision, other cases, help. */
#include "engine/edge/teller.h"

#include "engine/edge/labels.h"

#include <inttypes.h>

/* "until 03-09 18:00" */
static void say_until(struct teller *t, const struct effect_timeline *line)
{
    if (line->until_ms != 0) {
        teller_say(t, " until ", "至 ");
        teller_put_instant(&t->text, t->city, line->until_ms, t->at_ms);
    }
}

static void tell_pause(struct teller *t, const struct effect_timeline *line)
{
    const bool is_control = line->action == ACTION_CONTROL;
    teller_say_actor(t, line);
    teller_say(t, is_control ? "put it under control" : "suspended it",
               is_control ? "管控" : "挂账");
    say_until(t, line);
    teller_say_reason(t, line);
    if (line->post != NONE32) {
        teller_say(t, "; kept by ", "；由");
        (void)labels_put_post(&t->text, t->city, line->post, t->lang);
        teller_say(t, "", "看管");
    }
}

static void tell_resume(struct teller *t, const struct effect_timeline *line)
{
    if (line->actor == NONE32) {
        teller_say(t, "its time is over: it goes on", "期限届满，恢复办理");
        return;
    }
    teller_say_actor(t, line);
    teller_say(t, "took it up again", "恢复办理");
    teller_say_reason(t, line);
}

static void tell_extend_yes(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    teller_say(t, "approved the extension", "同意延期");
    teller_say_reason(t, line);
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_supervise(struct teller *t, const struct effect_timeline *line)
{
    if (line->actor == NONE32) {
        teller_say(t, "supervised by itself, its clock is missed", "超时自动督办");
    } else {
        teller_say_actor(t, line);
        teller_say(t, "supervises it", "督办");
        teller_say_reason(t, line);
    }
    teller_say(t, "; answer due ", "；须于 ");
    teller_put_instant(&t->text, t->city, line->deadline_ms, t->at_ms);
    teller_say(t, "", " 前回复");
}

static void tell_help(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    if (line->subject != NONE32) {
        teller_say(t, "asked for help by ", "吹哨，请求");
        teller_say_person(t, line->subject);
        teller_say(t, "", "支援");
    } else {
        text_format(&t->text,
                    t->lang == LANG_ZH ? "吹哨，请求 %" PRIu32 " 人支援"
                                       : "asked for %" PRIu32 " more to help",
                    line->amount);
    }
    teller_say_reason(t, line);
}

static void tell_inform(struct teller *t, const struct effect_timeline *line)
{
    teller_say_actor(t, line);
    teller_say(t, "asked ", "请");
    if (line->post != NONE32) {
        (void)labels_put_post(&t->text, t->city, line->post, t->lang);
    }
    teller_say(t, " for data", "协查数据");
    teller_say_reason(t, line);
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_recalendar(struct teller *t, const struct effect_timeline *line)
{
    teller_say(t, "the calendar changed", "工作日历变更，时限重算");
    teller_say_deadline(t, line->clock, line->deadline_ms);
}

/* How much the sources weigh so far, in thousandths; what the rule asks for stands in the rule. */
static void tell_confirm(struct teller *t, const struct effect_timeline *line)
{
    const bool is_enough = line->action == ACTION_CONFIRMED;
    teller_say(t,
               is_enough ? "several sources confirm it, with the weight "
                         : "waits for another source, with the weight ",
               is_enough ? "多源印证属实，权重 " : "待其他来源印证，权重 ");
    text_format(&t->text, "%" PRIu32 ".%03" PRIu32, line->amount / 1000, line->amount % 1000);
    if (!is_enough) {
        teller_say_deadline(t, line->clock, line->deadline_ms);
    }
}

static const struct {
    enum action action;
    void (*tell)(struct teller *t, const struct effect_timeline *line);
} SENTENCES[] = {
    {ACTION_SUSPEND, tell_pause},        {ACTION_CONTROL, tell_pause},
    {ACTION_RESUME, tell_resume},        {ACTION_EXTEND_YES, tell_extend_yes},
    {ACTION_SUPERVISE, tell_supervise},  {ACTION_REQUEST_HELP, tell_help},
    {ACTION_INFORM, tell_inform},        {ACTION_RECALENDAR, tell_recalendar},
    {ACTION_CONFIRM_WAIT, tell_confirm}, {ACTION_CONFIRMED, tell_confirm},
};

/* "<who> <words> [the other case]: <why>". */
static const struct {
    enum action action;
    const char *en;
    const char *zh;
} PLAIN[] = {
    {ACTION_EXTEND, "asks for an extension", "申请延期"},
    {ACTION_EXTEND_NO, "refused the extension", "不同意延期"},
    {ACTION_EXTEND_LAPSE, "the extension asked for lapsed", "延期申请失效"},
    {ACTION_APPEAL, "appeals the missed clock", "提出超时申诉"},
    {ACTION_APPEAL_YES, "upheld the appeal: exempted, the fact stays",
     "申诉成立，予以免责（超时事实保留）"},
    {ACTION_APPEAL_NO, "refused the appeal", "申诉不成立"},
    {ACTION_ANSWER, "answered the supervision", "回复督办"},
    {ACTION_MERGE_INTO, "merged it into ", "并入 "},
    {ACTION_ABSORB, "takes in ", "并入他案："},
    {ACTION_REPLACE, "replaced it by ", "由他案替代："},
    {ACTION_SPLIT, "split off ", "拆出新案："},
    {ACTION_LINK_CHILD, "took as a child ", "设为子案："},
    {ACTION_UNLINK_CHILD, "let go as a child ", "解除子案："},
    {ACTION_GET_PARENT, "became a child of ", "成为子案，主案："},
    {ACTION_LEAVE_PARENT, "is no longer a child of ", "不再为子案，原主案："},
    {ACTION_RELATE, "related it to ", "关联案件："},
    {ACTION_CONFIRM_LAPSE, "no other source confirmed it in time: whoever looks decides",
     "逾期未获其他来源印证，由现场核实决定"},
    {ACTION_MAKE_SAFE, "made it safe", "现场已排险"},
    {ACTION_RECHECK, "in the sample: a second checker looks", "抽中复核，另派人员核查"},
};

bool teller_tell_flow(struct teller *t, const struct effect_timeline *line)
{
    for (size_t i = 0; i < COUNT_OF(SENTENCES); i++) {
        if (SENTENCES[i].action == line->action) {
            SENTENCES[i].tell(t, line);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(PLAIN); i++) {
        if (PLAIN[i].action == line->action) {
            teller_say_actor(t, line);
            teller_say(t, PLAIN[i].en, PLAIN[i].zh);
            if (!case_no_is_none(line->other)) {
                teller_say_case(t, line->other);
            }
            teller_say_reason(t, line);
            return true;
        }
    }
    return false;
}

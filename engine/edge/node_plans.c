/* node_plans.c: answers a person who asks how emergency plans stand, page by page, from the core's views.
 *
 * Any person sees the numbers. Who was asked and who did it is for desks, chiefs, overseers and auditors; everybody else is
 * given the tasks that are theirs. Nothing here changes state or reaches the log.
 *
 * Cost    a page of tasks O(tasks looked at), of plans or districts O(tasks of the plan) a row; bounded with the counters'
 *         askers together
 * Owner   rows and texts lie in the arena of the request */
#include "engine/core/expr.h"
#include "engine/edge/labels.h"
#include "engine/edge/node_state.h"
#include "engine/edge/title.h"
#include "engine/edge/words.h"
#include "proto/case_text.h"

#include <stdio.h>

#define TASKS_PER_PAGE 128u
#define LOOKED_AT_MAX 4096u /* tasks of one page, shown or not */
#define ROWS_PER_PAGE 32u
#define TEXT_SIZE 512u
#define ASKED_PER_S 20u
#define SEES_ALL                                                                                   \
    (RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER | RIGHT_DEPARTMENT_DESK | RIGHT_OVERSEER | RIGHT_AUDITOR)

struct asking {
    struct node *node;
    struct node_reply reply;
    const struct city *city;
    const struct policy *policy;
    uint32_t person; /* row of CITY_PERSONS */
    enum lang lang;
    struct case_no no;
    uint32_t after;
};

/* ---- texts in the arena ---- */

/* NULL where it is empty or there is no room: then the field is absent. */
static char *keep(struct asking *asking, const char *text, size_t size)
{
    char *out = size == 0 ? NULL : codec_arena_take(&asking->node->arena, size + 1);
    if (out != NULL) {
        memcpy(out, text, size);
        out[size] = '\0';
    }
    return out;
}

static char *keep_city(struct asking *asking, struct image_string text)
{
    return keep(asking, city_text(asking->city, text), text.size);
}

static char *keep_policy(struct asking *asking, struct image_string text, struct image_string en)
{
    const struct image_string best = asking->lang == LANG_EN && en.size > 0 ? en : text;
    return keep(asking, policy_text(asking->policy, best), best.size);
}

static char *keep_case(struct asking *asking, struct case_no no)
{
    char number[WORDS_CASE_NO_SIZE];
    return case_no_is_none(no) ? NULL : keep(asking, number, strlen(words_case_no(no, number)));
}

static char *keep_person(struct asking *asking, uint32_t person)
{
    char bytes[TEXT_SIZE];
    struct text text;
    text_init(&text, bytes, sizeof bytes);
    (void)labels_put_person(&text, asking->city, person, asking->lang);
    return keep(asking, bytes, text.used);
}

static char *keep_target(struct asking *asking, struct image_string text, struct image_string en,
                         uint32_t asset)
{
    char bytes[TEXT_SIZE];
    title_render_target(asking->city, asking->policy,
                        asking->lang == LANG_EN && en.size > 0 ? en : text, asset, bytes,
                        sizeof bytes);
    return keep(asking, bytes, strlen(bytes));
}

/* ---- plans and districts ---- */

static Gridloop__Wire__PlanCounts *put_counts(struct asking *asking, const struct plan_counts *from)
{
    static const Gridloop__Wire__PlanCounts blank = GRIDLOOP__WIRE__PLAN_COUNTS__INIT;
    Gridloop__Wire__PlanCounts *to = codec_arena_take(&asking->node->arena, sizeof *to);
    if (to == NULL) {
        return NULL;
    }
    *to = blank;
    to->has_total = to->has_waiting = to->has_open = to->has_started = to->has_done = 1;
    to->has_cancelled = to->has_overdue = to->has_failed = 1;
    to->total = from->total;
    to->waiting = from->waiting;
    to->open = from->open;
    to->started = from->started;
    to->done = from->done;
    to->cancelled = from->cancelled;
    to->overdue = from->overdue;
    to->failed = from->failed;
    return to;
}

static void put_instant(int64_t at_ms, protobuf_c_boolean *has, int64_t *to)
{
    if (at_ms != 0 && at_ms != NEVER_MS) {
        *has = 1;
        *to = at_ms;
    }
}

static void put_plan(struct asking *asking, const struct plan_view *view,
                     Gridloop__Wire__PlanRow *row)
{
    static const struct image_string none = {0, 0};
    row->case_no = keep_case(asking, view->case_no);
    if (view->plan != NONE32) {
        const struct policy_plan *plan = &asking->policy->plans[view->plan];
        row->plan = keep_policy(asking, plan->id, none);
        row->title = keep_policy(asking, plan->title, plan->title_en);
    }
    row->has_state = row->has_drill = 1;
    row->state = view->state;
    row->drill = view->is_drill;
    if (view->confirm_post != NONE32) {
        row->confirm_post = keep_city(asking, asking->city->posts[view->confirm_post].code);
    }
    put_instant(view->asked_at_ms, &row->has_asked_at_ms, &row->asked_at_ms);
    put_instant(view->begun_at_ms, &row->has_begun_at_ms, &row->begun_at_ms);
    put_instant(view->ended_at_ms, &row->has_ended_at_ms, &row->ended_at_ms);
    put_instant(view->deadline_ms, &row->has_deadline_ms, &row->deadline_ms);
    row->counts = put_counts(asking, &view->counts);
}

static bool put_district(struct asking *asking, const struct plan_view *plan, uint32_t unit,
                         Gridloop__Wire__PlanRow *row)
{
    const struct city_unit *district = &asking->city->units[unit];
    struct plan_counts counts;
    if (district->level != asking->city->info->district_level ||
        !core_plan_counts(asking->node->core, asking->no, unit, &counts)) {
        return false;
    }
    row->case_no = keep_case(asking, asking->no);
    row->district = keep_city(asking, district->code);
    row->district_name = keep_city(asking, district->name);
    row->counts = put_counts(asking, &counts);
    row->has_silent = 1;
    row->silent = plan->state == PLAN_ACTIVE && asking->node->now_ms >= plan->silent_from_ms &&
                  core_plan_is_silent(asking->node->core, asking->no, unit);
    return true;
}

static bool find_plan(const struct asking *asking, struct plan_view *out_plan)
{
    uint32_t slot = 0;
    while (core_next_plan(asking->node->core, &slot, out_plan)) {
        if (case_no_is_equal(out_plan->case_no, asking->no)) {
            return true;
        }
    }
    return false;
}

static void answer_list(struct asking *asking, const struct plan_view *of_plan)
{
    static const Gridloop__Wire__PlanRow blank = GRIDLOOP__WIRE__PLAN_ROW__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__PlanList list = GRIDLOOP__WIRE__PLAN_LIST__INIT;
    Gridloop__Wire__PlanRow rows[ROWS_PER_PAGE];
    Gridloop__Wire__PlanRow *pointers[ROWS_PER_PAGE];
    uint32_t at = asking->after, count = 0;
    struct plan_view view;
    bool has_more = true;
    while (has_more && count < ROWS_PER_PAGE) {
        rows[count] = blank;
        pointers[count] = &rows[count];
        if (of_plan == NULL) {
            has_more = core_next_plan(asking->node->core, &at, &view);
            if (has_more) {
                put_plan(asking, &view, &rows[count++]);
            }
        } else {
            has_more = at < asking->city->unit_count;
            count += has_more && put_district(asking, of_plan, at++, &rows[count]);
        }
    }
    list.n_rows = count;
    list.rows = pointers;
    list.has_next = has_more;
    list.next = at;
    list.has_offset_minutes = 1;
    list.offset_minutes =
        (int32_t)((city_local_ms(asking->city, asking->node->now_ms) - asking->node->now_ms) /
                  MINUTE_MS);
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_PLAN_LIST;
    answer.plan_list = &list;
    node_queue_answer(asking->node, asking->reply, &answer);
}

/* ---- tasks ---- */

/* As act_is_of_post: on its roster, or at the desk of its department. */
static bool is_of_post(const struct asking *asking, uint32_t post)
{
    const struct city *city = asking->city;
    const struct city_post *row = &city->posts[post];
    const struct city_person *person = &city->persons[asking->person];
    for (uint32_t i = 0; i < row->persons.count; i++) {
        if (city->post_persons[row->persons.first + i] == asking->person) {
            return true;
        }
    }
    return row->department != NONE32 && person->department == row->department &&
           (person->rights & RIGHT_DEPARTMENT_DESK) != 0;
}

static bool is_own(const struct asking *asking, const struct duty_view *duty)
{
    return duty->person == asking->person || duty->done_by == asking->person ||
           (duty->post != NONE32 && is_of_post(asking, duty->post));
}

static bool may_acknowledge(const struct asking *asking, const struct duty_view *duty)
{
    const uint32_t rights = asking->city->persons[asking->person].rights;
    return case_no_is_none(duty->case_no) && duty->state == DUTY_OPEN &&
           (is_own(asking, duty) || (rights & (RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER)) != 0);
}

/* "line 3 is stopped as listed; power is down by 30 % or more" */
static char *keep_failed(struct asking *asking, const struct policy_plan_task *task,
                         const struct duty_view *duty)
{
    char bytes[TEXT_SIZE];
    struct text text;
    text_init(&text, bytes, sizeof bytes);
    for (uint32_t i = 0; i < task->checks.count; i++) {
        const struct policy_check *check = &asking->policy->checks[task->checks.first + i];
        char line[TEXT_SIZE];
        if ((duty->failed >> i & 1) == 0) {
            continue;
        }
        title_render_target(asking->city, asking->policy,
                            asking->lang == LANG_EN && check->text_en.size > 0 ? check->text_en
                                                                               : check->text,
                            duty->asset, line, sizeof line);
        text_format(&text, "%s%s", text.used > 0 ? "; " : "", line);
    }
    return keep(asking, bytes, text.used);
}

static void put_who(struct asking *asking, const struct duty_view *duty,
                    Gridloop__Wire__PlanTask *row)
{
    const struct city *city = asking->city;
    if (duty->person != NONE32) {
        row->person = keep_city(asking, city->persons[duty->person].id);
        row->person_name = keep_person(asking, duty->person);
    }
    if (duty->post != NONE32) {
        row->post = keep_city(asking, city->posts[duty->post].code);
    }
    if (duty->done_by != NONE32) {
        row->done_by = keep_city(asking, city->persons[duty->done_by].id);
        row->done_by_name = keep_person(asking, duty->done_by);
    }
}

static void put_task(struct asking *asking, const struct duty_view *duty,
                     Gridloop__Wire__PlanTask *row)
{
    static const struct image_string none = {0, 0};
    if (duty->task != NONE32) {
        const struct policy_plan_task *task = &asking->policy->plan_tasks[duty->task];
        row->task = keep_policy(asking, task->id, none);
        row->text = keep_target(asking, task->text, task->text_en, duty->asset);
        row->failed = duty->failed == 0 ? NULL : keep_failed(asking, task, duty);
        row->has_inspection = 1;
        row->inspection = task->kind == PLAN_TASK_INSPECT;
    }
    if (duty->asset != NONE32) {
        row->target = keep_city(asking, asking->city->assets[duty->asset].code);
        row->target_name = keep_city(asking, asking->city->assets[duty->asset].name);
    }
    if (duty->unit != NONE32) {
        row->district_name = keep_city(asking, asking->city->units[duty->unit].name);
    }
    put_who(asking, duty, row);
    row->has_order = row->has_state = row->has_overdue = row->has_yours = 1;
    row->order = duty->order;
    row->state = duty->state;
    row->overdue = duty->is_overdue;
    row->yours = may_acknowledge(asking, duty);
    row->case_no = keep_case(asking, duty->case_no);
    put_instant(duty->due_ms, &row->has_due_ms, &row->due_ms);
    put_instant(duty->begun_at_ms, &row->has_begun_at_ms, &row->begun_at_ms);
    put_instant(duty->ended_at_ms, &row->has_ended_at_ms, &row->ended_at_ms);
}

static void answer_tasks(struct asking *asking)
{
    static const Gridloop__Wire__PlanTask blank = GRIDLOOP__WIRE__PLAN_TASK__INIT;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__PlanTasks list = GRIDLOOP__WIRE__PLAN_TASKS__INIT;
    Gridloop__Wire__PlanTask rows[TASKS_PER_PAGE];
    Gridloop__Wire__PlanTask *pointers[TASKS_PER_PAGE];
    const bool sees_all = (asking->city->persons[asking->person].rights & SEES_ALL) != 0;
    uint32_t at = asking->after, count = 0;
    struct duty_view duty;
    bool has_more = true;
    for (uint32_t looked = 0; has_more && looked < LOOKED_AT_MAX && count < TASKS_PER_PAGE;
         looked++) {
        has_more = core_next_duty(asking->node->core, asking->no, &at, &duty);
        if (has_more && (sees_all || is_own(asking, &duty))) {
            rows[count] = blank;
            pointers[count] = &rows[count];
            put_task(asking, &duty, &rows[count++]);
        }
    }
    list.n_tasks = count;
    list.tasks = pointers;
    list.has_next = has_more;
    list.next = at;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_PLAN_TASKS;
    answer.plan_tasks = &list;
    node_queue_answer(asking->node, asking->reply, &answer);
}

/* ---- asked ---- */

static void answer(struct asking *asking, const Gridloop__Wire__PlanAsk *wire)
{
    struct plan_view plan;
    struct node_refusal refusal = {.code = CODE_NOTHING};
    if (wire->what == 4) {
        node_answer_silences(asking->node, asking->reply, asking->after, asking->lang == LANG_ZH);
    } else if (wire->what == 1) {
        answer_list(asking, NULL);
    } else if (wire->what != 2 && wire->what != 3) {
        refusal = (struct node_refusal){
            .code = CODE_UNKNOWN_COMMAND,
            .hint = "what: 1 plans, 2 districts of one, 3 tasks of one, 4 silences"};
    } else if (wire->case_no == NULL || case_text_parse(wire->case_no, &asking->no) != ERR_OK ||
               !find_plan(asking, &plan)) {
        refusal.code = CODE_UNKNOWN_PLAN;
    } else if (wire->what == 2) {
        answer_list(asking, &plan);
    } else {
        answer_tasks(asking);
    }
    if (refusal.code != CODE_NOTHING) {
        node_answer_refusal(asking->node, asking->reply, &refusal);
    }
}

void node_receive_plan_ask(struct node *node, struct node_reply reply,
                           const struct session *session, const Gridloop__Wire__PlanAsk *wire)
{
    const struct session_rate rate = {ASKED_PER_S, ASKED_PER_S, node->options.speed};
    int64_t wait_ms = 0;
    struct asking asking = {.node = node,
                            .reply = reply,
                            .city = core_city(node->core),
                            .policy = core_policy(node->core),
                            .person = labels_find_person(core_city(node->core), session->principal),
                            .lang = wire->chinese ? LANG_ZH : LANG_EN,
                            .after = wire->after};
    if (asking.person == NONE32) {
        node_answer_refusal(
            node, reply,
            &(struct node_refusal){.code = CODE_NO_RIGHT, .hint = "plans are shown to persons"});
    } else if (outputs_is_tight(&node->outputs)) {
        node_refuse_load(node, reply);
    } else if (!session_take_token(&node->asker, rate, node->now_ms, &wait_ms)) {
        node->counts.rate_refused++;
        node_answer_refusal(
            node, reply,
            &(struct node_refusal){.code = CODE_RATE,
                                   .retry_after_ms = wait_ms / node->options.speed + 1});
    } else {
        answer(&asking, wire);
    }
}

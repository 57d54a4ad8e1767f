/* api_plans.c: plans and silences, as the engine tells them to whoever asks: it looks after who may see what. */
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"

#include <stdio.h>

enum plan_question { ASK_PLANS = 1, ASK_DISTRICTS = 2, ASK_TASKS = 3, ASK_SILENCES = 4 };

static void set_text(json_t *out, const char *name, const char *value)
{
    (void)json_object_set_new(out, name,
                              value == NULL || value[0] == '\0' ? json_null() : json_string(value));
}

static void set_instant(json_t *out, const char *name, bool is_there, int64_t value)
{
    (void)json_object_set_new(out, name, is_there ? json_integer(value) : json_null());
}

static json_t *silence_row(const Gridloop__Wire__Silence *row)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "number", json_integer((json_int_t)row->number));
    (void)json_object_set_new(out, "maintenance", json_boolean(row->maintenance));
    set_text(out, "matchers", row->matchers);
    set_text(out, "desk", row->desk);
    set_text(out, "actor", row->actor);
    set_text(out, "actor_name", row->actor_name);
    set_text(out, "why", row->why);
    set_instant(out, "from_ms", row->has_from_ms, row->from_ms);
    set_instant(out, "until_ms", row->has_until_ms, row->until_ms);
    (void)json_object_set_new(out, "held", json_integer((json_int_t)row->held));
    return out;
}

static json_t *plan_row(const Gridloop__Wire__PlanRow *row)
{
    json_t *out = json_object();
    set_text(out, "id", row->case_no);
    set_text(out, "case", row->case_no);
    set_text(out, "plan", row->plan);
    set_text(out, "title", row->title);
    set_text(out, "state", words_plan_state_name(row->state));
    (void)json_object_set_new(out, "drill", json_boolean(row->drill));
    set_text(out, "confirm_post", row->confirm_post);
    set_instant(out, "asked_at_ms", row->has_asked_at_ms, row->asked_at_ms);
    set_instant(out, "begun_at_ms", row->has_begun_at_ms, row->begun_at_ms);
    set_instant(out, "ended_at_ms", row->has_ended_at_ms, row->ended_at_ms);
    set_instant(out, "deadline_ms", row->has_deadline_ms, row->deadline_ms);
    set_text(out, "district", row->district);
    set_text(out, "district_name", row->district_name);
    (void)json_object_set_new(out, "silent", json_boolean(row->silent));
    if (row->counts != NULL) {
        const Gridloop__Wire__PlanCounts *c = row->counts;
        (void)json_object_set_new(out, "counts",
                                  json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "total",
                                            (int)c->total, "waiting", (int)c->waiting, "open",
                                            (int)c->open, "started", (int)c->started, "done",
                                            (int)c->done, "cancelled", (int)c->cancelled, "overdue",
                                            (int)c->overdue, "failed", (int)c->failed));
    }
    return out;
}

static json_t *task_row(const Gridloop__Wire__PlanTask *row)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "order", json_integer((json_int_t)row->order));
    set_text(out, "task", row->task);
    set_text(out, "text", row->text);
    (void)json_object_set_new(out, "inspection", json_boolean(row->inspection));
    set_text(out, "target", row->target);
    set_text(out, "target_name", row->target_name);
    set_text(out, "district_name", row->district_name);
    set_text(out, "person", row->person);
    set_text(out, "person_name", row->person_name);
    set_text(out, "post", row->post);
    set_text(out, "done_by", row->done_by);
    set_text(out, "done_by_name", row->done_by_name);
    set_text(out, "state", words_duty_state_name(row->state));
    (void)json_object_set_new(out, "overdue", json_boolean(row->overdue));
    set_text(out, "failed", row->failed);
    set_text(out, "case", row->case_no);
    set_instant(out, "due_ms", row->has_due_ms, row->due_ms);
    set_instant(out, "begun_at_ms", row->has_begun_at_ms, row->begun_at_ms);
    set_instant(out, "ended_at_ms", row->has_ended_at_ms, row->ended_at_ms);
    (void)json_object_set_new(out, "yours", json_boolean(row->yours));
    return out;
}

static void on_told(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    char next[24] = "";
    uint32_t after = 0;
    if (web_refused(exchange, answer)) {
        return;
    }
    json_t *items = json_array();
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_SILENCE_LIST) {
        for (size_t i = 0; i < answer->silence_list->n_rows; i++) {
            (void)json_array_append_new(items, silence_row(answer->silence_list->rows[i]));
        }
        after = answer->silence_list->has_next ? answer->silence_list->next : 0;
    } else if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_PLAN_LIST) {
        for (size_t i = 0; i < answer->plan_list->n_rows; i++) {
            (void)json_array_append_new(items, plan_row(answer->plan_list->rows[i]));
        }
        after = answer->plan_list->has_next ? answer->plan_list->next : 0;
    } else if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_PLAN_TASKS) {
        for (size_t i = 0; i < answer->plan_tasks->n_tasks; i++) {
            (void)json_array_append_new(items, task_row(answer->plan_tasks->tasks[i]));
        }
        after = answer->plan_tasks->has_next ? answer->plan_tasks->next : 0;
    }
    (void)snprintf(next, sizeof next, "%u", after);
    web_answer_list(exchange, items, after > 0 ? next : NULL);
}

static void ask(struct web_exchange *exchange, enum plan_question question, const char *case_no)
{
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__PlanAsk plan = GRIDLOOP__WIRE__PLAN_ASK__INIT;
    int64_t after = 0;
    char number[WORDS_CASE_NO_SIZE];
    if (!web_query_int(exchange, "cursor", &after)) {
        return;
    }
    const char *lang = web_query(exchange, "lang");
    plan.has_what = 1;
    plan.what = (uint32_t)question;
    plan.has_after = 1;
    plan.after = (uint32_t)after;
    plan.has_chinese = 1;
    plan.chinese = lang == NULL || strcmp(lang, "en") != 0;
    if (case_no != NULL) {
        (void)snprintf(number, sizeof number, "%s", case_no);
        plan.case_no = number;
    }
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_PLAN_ASK;
    request.plan_ask = &plan;
    web_ask(exchange, web_who(exchange)->id, &request, on_told);
}

void api_plans(struct web_exchange *exchange)
{
    ask(exchange, ASK_PLANS, NULL);
}

void api_plan_districts(struct web_exchange *exchange)
{
    ask(exchange, ASK_DISTRICTS, web_param(exchange, "id"));
}

void api_plan_tasks(struct web_exchange *exchange)
{
    ask(exchange, ASK_TASKS, web_param(exchange, "id"));
}

void api_silences(struct web_exchange *exchange)
{
    ask(exchange, ASK_SILENCES, NULL);
}

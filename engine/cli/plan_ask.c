/* plan_ask.c: see plan_ask.h. Pages are asked for until there are no more. */
#include "engine/cli/plan_ask.h"

#include "engine/core/code.h"
#include "engine/core/life.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define KIND_PLAN_ASK 9u
#define ASK_SIZE_MAX 256u
#define RESEND_MS 1000
#define ANSWER_MS 5000 /* then it is said that nobody answers */

enum what { WHAT_PLANS = 1, WHAT_DISTRICTS = 2, WHAT_TASKS = 3, WHAT_SILENCES = 4 };

int plan_ask_open(struct plan_asker *asker, const char *url, const char *identity, const char *lang)
{
    char found[CLI_URL_SIZE];
    *asker = (struct plan_asker){.lang = cli_lang(lang), .exit_code = EX_OK};
    asker->link.socket = -1;
    if (identity == NULL) {
        (void)fprintf(stderr,
                      "gridloop: --as ID is needed: who asks, a person of the city (exit %d)\n",
                      EX_USAGE);
        return asker->exit_code = EX_USAGE;
    }
    if (cli_find_url(url, found) == NULL) {
        return asker->exit_code = EX_UNAVAILABLE;
    }
    const enum err err = link_open(&asker->link, found, identity, ASK_SIZE_MAX);
    if (err == ERR_REFUSED) {
        (void)fprintf(stderr, "gridloop: --key is no key of %s: gridloop key show FILE (exit %d)\n",
                      identity, EX_USAGE);
        return asker->exit_code = EX_USAGE;
    }
    if (err != ERR_OK) {
        (void)fprintf(
            stderr,
            "gridloop: an identity of 1-64 of A-Z a-z 0-9 . _ - and a tcp:// or ipc:// address are "
            "expected: \"%s\", %s (exit %d)\n",
            identity, found, EX_USAGE);
        return asker->exit_code = EX_USAGE;
    }
    return EX_OK;
}

void plan_ask_close(struct plan_asker *asker)
{
    if (asker->link.socket >= 0) {
        link_close(&asker->link);
    }
}

/* ---- one page ---- */

static bool refused(struct plan_asker *asker, const Gridloop__Wire__Reject *reject,
                    int64_t *send_at_ms)
{
    if (reject->code == CODE_RATE || reject->code == CODE_OVERLOADED ||
        reject->code == CODE_NO_CITY) {
        *send_at_ms = link_monotonic_ms() + max_i64(reject->retry_after_ms, 10);
        return false;
    }
    const bool is_right = reject->code == CODE_NO_RIGHT || reject->code == CODE_UNKNOWN_IDENTITY;
    const bool is_old = reject->code == CODE_UNKNOWN_COMMAND;
    asker->exit_code = is_right ? EX_NOPERM : is_old ? EX_UNAVAILABLE : EX_NOINPUT;
    (void)fprintf(stderr, "%s %s: %s; %s (exit %d)\n", cli_refused(asker->lang),
                  words_code_name(reject->code), words_code(reject->code, asker->lang),
                  is_old ? "this engine is older than this program"
                         : (reject->hint != NULL ? reject->hint : ""),
                  asker->exit_code);
    return true;
}

/* The answer borrows from the link until the next call; NULL after saying why. */
static const Gridloop__Wire__Answer *ask(struct plan_asker *asker, enum what what,
                                         const char *case_no, uint32_t after,
                                         struct codec_answer *got)
{
    Gridloop__Wire__PlanAsk wire = GRIDLOOP__WIRE__PLAN_ASK__INIT;
    const int64_t end_ms = link_monotonic_ms() + ANSWER_MS;
    const uint64_t first = asker->link.next_request_id;
    int64_t send_at_ms = 0;
    char number[CASE_TEXT_SIZE];
    (void)snprintf(number, sizeof number, "%s", case_no != NULL ? case_no : "");
    wire.has_what = wire.has_after = wire.has_chinese = 1;
    wire.what = (uint32_t)what;
    wire.after = after;
    wire.chinese = asker->lang == LANG_ZH;
    wire.case_no = case_no != NULL ? number : NULL;
    while (link_monotonic_ms() < end_ms) {
        uint64_t asked = 0;
        if (link_monotonic_ms() >= send_at_ms) {
            const size_t size = gridloop__wire__plan_ask__pack(&wire, link_inner(&asker->link));
            const bool is_sent = link_send(&asker->link, KIND_PLAN_ASK, size, &asked) == ERR_OK;
            send_at_ms = link_monotonic_ms() + (is_sent ? RESEND_MS : 25);
        }
        link_wait(&asker->link, 25);
        while (link_receive(&asker->link, got)) {
            if (got->request_id < first) { /* of a page asked for twice */
                continue;
            }
            if (got->answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_PLAN_LIST ||
                got->answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_PLAN_TASKS ||
                got->answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_SILENCE_LIST) {
                asker->now_ms = got->answer->now_ms;
                return got->answer;
            }
            if (got->answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT &&
                refused(asker, got->answer->reject, &send_at_ms)) {
                return NULL;
            }
        }
    }
    asker->exit_code = cli_no_engine(link_url(&asker->link));
    return NULL;
}

/* ---- rows as JSON ---- */

static void put_text(json_t *row, const char *name, const char *text)
{
    (void)json_object_set_new(row, name,
                              text != NULL && text[0] != '\0' ? json_string(text) : json_null());
}

static void put_instant(json_t *row, const char *name, protobuf_c_boolean has, int64_t at_ms)
{
    (void)json_object_set_new(row, name, has ? json_integer(at_ms) : json_null());
}

static json_t *counts_json(const Gridloop__Wire__PlanCounts *counts)
{
    return counts == NULL
               ? json_object()
               : json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "total",
                           (json_int_t)counts->total, "done", (json_int_t)counts->done, "started",
                           (json_int_t)counts->started, "open", (json_int_t)counts->open, "waiting",
                           (json_int_t)counts->waiting, "cancelled", (json_int_t)counts->cancelled,
                           "overdue", (json_int_t)counts->overdue, "failed",
                           (json_int_t)counts->failed);
}

static json_t *plan_json(const Gridloop__Wire__PlanRow *from)
{
    json_t *row = json_object();
    put_text(row, "case", from->case_no);
    put_text(row, "plan", from->plan);
    put_text(row, "title", from->title);
    put_text(row, "state", words_plan_state_name(from->state));
    (void)json_object_set_new(row, "drill", json_boolean(from->drill));
    put_text(row, "confirm_post", from->confirm_post);
    put_instant(row, "asked_at_ms", from->has_asked_at_ms, from->asked_at_ms);
    put_instant(row, "begun_at_ms", from->has_begun_at_ms, from->begun_at_ms);
    put_instant(row, "ended_at_ms", from->has_ended_at_ms, from->ended_at_ms);
    put_instant(row, "deadline_ms", from->has_deadline_ms, from->deadline_ms);
    (void)json_object_set_new(row, "counts", counts_json(from->counts));
    return row;
}

static json_t *district_json(const Gridloop__Wire__PlanRow *from)
{
    json_t *row = json_object();
    put_text(row, "district", from->district);
    put_text(row, "name", from->district_name);
    (void)json_object_set_new(row, "silent", json_boolean(from->silent));
    (void)json_object_set_new(row, "counts", counts_json(from->counts));
    return row;
}

static json_t *task_json(const Gridloop__Wire__PlanTask *from)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "order", json_integer((json_int_t)from->order));
    put_text(row, "task", from->task);
    put_text(row, "text", from->text);
    (void)json_object_set_new(row, "inspection", json_boolean(from->inspection));
    put_text(row, "target", from->target);
    put_text(row, "target_name", from->target_name);
    put_text(row, "district", from->district_name);
    put_text(row, "person", from->person);
    put_text(row, "person_name", from->person_name);
    put_text(row, "post", from->post);
    put_text(row, "done_by", from->done_by);
    put_text(row, "done_by_name", from->done_by_name);
    put_text(row, "state", words_duty_state_name(from->state));
    (void)json_object_set_new(row, "overdue", json_boolean(from->overdue));
    put_text(row, "failed", from->failed);
    put_text(row, "case", from->case_no);
    put_instant(row, "due_ms", from->has_due_ms, from->due_ms);
    put_instant(row, "begun_at_ms", from->has_begun_at_ms, from->begun_at_ms);
    put_instant(row, "ended_at_ms", from->has_ended_at_ms, from->ended_at_ms);
    (void)json_object_set_new(row, "yours", json_boolean(from->yours));
    return row;
}

static json_t *silence_json(const Gridloop__Wire__Silence *from)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "number", json_integer((json_int_t)from->number));
    put_text(row, "kind", from->maintenance ? "MAINTENANCE" : "SILENCE");
    put_text(row, "matchers", from->matchers);
    put_text(row, "desk", from->desk);
    put_text(row, "actor", from->actor);
    put_text(row, "actor_name", from->actor_name);
    put_text(row, "why", from->why);
    put_instant(row, "from_ms", from->has_from_ms, from->from_ms);
    put_instant(row, "until_ms", from->has_until_ms, from->until_ms);
    (void)json_object_set_new(row, "held", json_integer((json_int_t)from->held));
    return row;
}

/* All pages of one question. */
static json_t *ask_all(struct plan_asker *asker, enum what what, const char *case_no)
{
    json_t *rows = json_array();
    uint32_t after = 0;
    bool has_more = true;
    while (has_more) {
        struct codec_answer got;
        const Gridloop__Wire__Answer *answer = ask(asker, what, case_no, after, &got);
        if (answer == NULL) {
            json_decref(rows);
            return NULL;
        }
        if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_PLAN_TASKS) {
            for (size_t i = 0; i < answer->plan_tasks->n_tasks; i++) {
                (void)json_array_append_new(rows, task_json(answer->plan_tasks->tasks[i]));
            }
            has_more = answer->plan_tasks->has_next;
            after = answer->plan_tasks->next;
            continue;
        }
        if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_SILENCE_LIST) {
            for (size_t i = 0; i < answer->silence_list->n_rows; i++) {
                (void)json_array_append_new(rows, silence_json(answer->silence_list->rows[i]));
            }
            asker->offset_minutes = answer->silence_list->offset_minutes;
            has_more = answer->silence_list->has_next;
            after = answer->silence_list->next;
            continue;
        }
        const Gridloop__Wire__PlanList *list = answer->plan_list;
        for (size_t i = 0; i < list->n_rows; i++) {
            (void)json_array_append_new(rows, what == WHAT_PLANS ? plan_json(list->rows[i])
                                                                 : district_json(list->rows[i]));
        }
        asker->offset_minutes = list->offset_minutes;
        has_more = list->has_next;
        after = list->next;
    }
    return rows;
}

json_t *plan_ask_plans(struct plan_asker *asker)
{
    return ask_all(asker, WHAT_PLANS, NULL);
}

json_t *plan_ask_silences(struct plan_asker *asker)
{
    return ask_all(asker, WHAT_SILENCES, NULL);
}

json_t *plan_ask_districts(struct plan_asker *asker, const char *case_no)
{
    return ask_all(asker, WHAT_DISTRICTS, case_no);
}

json_t *plan_ask_tasks(struct plan_asker *asker, const char *case_no)
{
    return ask_all(asker, WHAT_TASKS, case_no);
}

/* ---- which one is meant ---- */

static const char *text_at(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "";
}

static bool is_running(const json_t *row)
{
    return strcmp(text_at(row, "state"), "ENDED") != 0;
}

/* "110108-20260303-0001" by itself, a tail of it, or its serial without zeroes: "1". */
static bool is_case(const char *number, const char *word)
{
    const size_t size = strlen(number), part = strlen(word);
    const char *serial = strrchr(number, '-');
    if (part == 0 || part > size) {
        return false;
    }
    const bool is_tail =
        strcmp(number + size - part, word) == 0 && (part == size || number[size - part - 1] == '-');
    return is_tail || (serial != NULL && strcmp(serial + 1 + strspn(serial + 1, "0"), word) == 0);
}

static bool is_meant(const json_t *row, const char *word)
{
    const char *plan = text_at(row, "plan");
    if (word == NULL) {
        return is_running(row);
    }
    return is_case(text_at(row, "case"), word) || strcmp(plan, word) == 0 ||
           (strncmp(plan, "plan.", 5) == 0 && strcmp(plan + 5, word) == 0);
}

const json_t *plan_ask_find(struct plan_asker *asker, const json_t *plans, const char *word)
{
    const json_t *running = NULL, *ended = NULL;
    uint32_t running_count = 0, ended_count = 0;
    for (size_t i = 0; i < json_array_size(plans); i++) {
        const json_t *row = json_array_get(plans, i);
        if (is_meant(row, word)) {
            *(is_running(row) ? &running : &ended) = row;
            *(is_running(row) ? &running_count : &ended_count) += 1;
        }
    }
    if (running_count == 1 || (running_count == 0 && ended_count > 0)) {
        return running != NULL ? running : ended; /* of several that are over, the last */
    }
    asker->exit_code = running_count > 1 ? EX_USAGE : EX_NOINPUT;
    (void)fprintf(stderr, "%s: %s%s%s; activated:",
                  words_code_name(running_count > 1 ? CODE_AMBIGUOUS : CODE_UNKNOWN_PLAN),
                  running_count > 1 ? "more than one plan runs; name its case"
                                    : words_code(CODE_UNKNOWN_PLAN, asker->lang),
                  word != NULL ? ": " : "", word != NULL ? word : "");
    for (size_t i = 0; i < json_array_size(plans); i++) {
        const json_t *row = json_array_get(plans, i);
        uint32_t state = 0;
        (void)words_parse_plan_state(text_at(row, "state"), &state);
        (void)fprintf(stderr, "%s %s %s%s (%s)", i > 0 ? "," : "", text_at(row, "case"),
                      text_at(row, "plan"),
                      json_is_true(json_object_get(row, "drill")) ? " DRILL" : "",
                      words_plan_state(state, asker->lang));
    }
    (void)fprintf(stderr, "%s (exit %d)\n", json_array_size(plans) == 0 ? " none" : "",
                  asker->exit_code);
    return NULL;
}

/* api_answer.c: see api_answer.h. */
#include "engine/shell/api_answer.h"

#include "engine/core/life.h"
#include "engine/edge/hint_acts.h"
#include "engine/edge/text.h"

#include <stdio.h>
#include <string.h>

json_t *api_answer_actions(uint64_t actions)
{
    char verb[64];
    json_t *list = json_array();
    for (uint32_t action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
        if ((actions & action_bit((enum action)action)) != 0) {
            words_action_verb(action, verb, sizeof verb);
            (void)json_array_append_new(list, json_string(verb));
        }
    }
    return list;
}

json_t *api_answer_label(enum vocabulary vocabulary, uint32_t number)
{
    return json_pack("{s:s, s:s}", "zh", words_label(vocabulary, number, LANG_ZH), "en",
                     words_label(vocabulary, number, LANG_EN));
}

/* By what the sender can do about it. */
int api_answer_status(enum code code)
{
    static const struct {
        enum code code;
        int status;
    } ROWS[] = {{CODE_MALFORMED, 400},
                {CODE_TOO_LARGE, 413},
                {CODE_UNKNOWN_TYPE, 422},
                {CODE_BAD_FIELD, 422},
                {CODE_BAD_PLACE, 422},
                {CODE_OUTSIDE_CITY, 422},
                {CODE_UNKNOWN_DEVICE, 422},
                {CODE_TOO_OLD, 422},
                {CODE_IN_FUTURE, 422},
                {CODE_NO_RIGHT, 403},
                {CODE_UNKNOWN_IDENTITY, 403},
                {CODE_NOT_YOURS, 403},
                {CODE_CONFLICT_OF_INTEREST, 403},
                {CODE_SEQ_REUSED, 422},
                {CODE_RATE, 429},
                {CODE_OVERLOADED, 503},
                {CODE_NO_CITY, 503},
                {CODE_RESOLVE_AGAIN, 503},
                {CODE_TABLE_FULL, 503},
                {CODE_NO_KEYS, 503},
                {CODE_EVIDENCE_FULL, 507},
                {CODE_BAD_DIGEST, 422},
                {CODE_UNKNOWN_COMMAND, 400},
                {CODE_UNKNOWN_SILENCE, 404},
                {CODE_UNKNOWN_CASE, 404},
                {CODE_UNKNOWN_ORDER, 404},
                {CODE_UNKNOWN_WORKER, 422},
                {CODE_UNKNOWN_PLAN, 404},
                {CODE_UNKNOWN_RECEIPT, 404},
                {CODE_UNKNOWN_ACTION, 400},
                {CODE_REASON_NEEDED, 422},
                {CODE_TEXT_NEEDED, 422},
                {CODE_PLACE_NEEDED, 422},
                {CODE_OTHER_CASE_NEEDED, 422},
                {CODE_BAD_UNTIL, 422},
                {CODE_BAD_AMOUNT, 422},
                {CODE_BAD_STARS, 422},
                {CODE_BAD_MATCHER, 422},
                {CODE_GONE, 410},
                {CODE_FORGOTTEN, 409}};
    if (!words_code_is_refusal(code)) {
        return 200;
    }
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].code == code) {
            return ROWS[i].status;
        }
    }
    return 409;
}

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        (void)json_object_set_new(object, name, json_string(text));
    }
}

/* ---- results ---- */

/* Contacts stand in this one answer and in no store of ours. */
static json_t *contacts_of(const Gridloop__Wire__ActResult *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->n_contacts; i++) {
        json_t *one = json_object();
        put_text(one, "name", result->contacts[i]->name);
        put_text(one, "phone", result->contacts[i]->phone);
        put_text(one, "note", result->contacts[i]->note);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void put_receipt(json_t *body, const Gridloop__Wire__ActResult *result)
{
    char receipt[RECEIPT_TEXT_SIZE];
    struct case_no no;
    if (result->report != 0 && result->case_no != NULL &&
        case_text_parse(result->case_no, &no) == ERR_OK) {
        (void)json_object_set_new(body, "report", json_integer(result->report));
        (void)json_object_set_new(body, "receipt",
                                  json_string(receipt_text_print(no, result->report, receipt)));
    }
}

static void read_result(const Gridloop__Wire__ActResult *result, bool is_order,
                        struct api_reply *out)
{
    const uint32_t code = result->code;
    json_t *body = out->body;
    const enum vocabulary states = is_order ? VOCABULARY_ORDER_STATE : VOCABULARY_CASE_STATE;
    out->code = words_code_name(code);
    out->status = code < CODE_LIMIT ? api_answer_status((enum code)code) : 409;
    out->is_problem = out->status != 200;
    (void)json_object_set_new(body, "code", json_string(out->code));
    put_text(body, "case", result->case_no);
    if (result->order != 0) {
        (void)json_object_set_new(body, "order", json_integer((json_int_t)result->order));
    }
    if (result->has_state && result->state != 0) {
        (void)json_object_set_new(body, "state", json_string(words_name(states, result->state)));
    }
    (void)json_object_set_new(body, "possible", api_answer_actions(result->possible));
    put_receipt(body, result);
    if (result->n_contacts > 0) {
        (void)json_object_set_new(body, "contacts", contacts_of(result));
    }
    (void)json_object_set_new(body, "zh", json_string(words_code(code, LANG_ZH)));
    (void)json_object_set_new(body, "en", json_string(words_code(code, LANG_EN)));
    const char *hint = result->hint != NULL ? result->hint : "";
    const bool has_more = hint_act_says_more(code, result->possible, hint);
    struct text detail;
    text_init(&detail, out->detail, sizeof out->detail);
    text_put(&detail, words_code(code, LANG_EN));
    text_put(&detail, has_more ? "; " : "");
    text_put(&detail, has_more ? hint : "");
}

/* ---- tasks ---- */

static json_t *checklist_of(const Gridloop__Wire__Item *item)
{
    json_t *list = json_array();
    for (size_t i = 0; i < item->n_checklist; i++) {
        const Gridloop__Wire__ChecklistLine *line = item->checklist[i];
        json_t *one = json_object();
        put_text(one, "id", line->id);
        put_text(one, "text", line->text);
        (void)json_object_set_new(one, "required", json_boolean(line->required));
        (void)json_object_set_new(one, "photo", json_boolean(line->photo));
        (void)json_object_set_new(one, "number", json_boolean(line->number));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *item_of(const Gridloop__Wire__Item *item)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "seq", json_integer((json_int_t)item->seq));
    (void)json_object_set_new(row, "kind", json_string(words_item_kind_name(item->kind)));
    (void)json_object_set_new(row, "order", json_integer((json_int_t)item->order));
    if (item->code != 0) {
        (void)json_object_set_new(row, "code", json_string(words_code_name(item->code)));
        (void)json_object_set_new(row, "code_label", api_answer_label(VOCABULARY_CODE, item->code));
    }
    put_text(row, "case", item->case_no);
    (void)json_object_set_new(row, "order_kind",
                              json_string(words_order_kind_name(item->order_kind)));
    (void)json_object_set_new(row, "order_state",
                              json_string(words_order_state_name(item->order_state)));
    put_text(row, "title", item->title);
    put_text(row, "class", item->class_code);
    (void)json_object_set_new(row, "severity", json_integer(item->severity));
    if (item->place != NULL && item->place->has_lon_e7 && item->place->has_lat_e7) {
        (void)json_object_set_new(row, "lon_e7", json_integer(item->place->lon_e7));
        (void)json_object_set_new(row, "lat_e7", json_integer(item->place->lat_e7));
    }
    put_text(row, "place", item->place_name);
    if (item->has_deadline_ms) {
        (void)json_object_set_new(row, "deadline_ms", json_integer(item->deadline_ms));
    }
    put_text(row, "task", item->task);
    put_text(row, "reporter", item->reporter);
    if (item->n_checklist > 0) {
        (void)json_object_set_new(row, "checklist", checklist_of(item));
    }
    return row;
}

static void read_tasks(const Gridloop__Wire__Tasks *tasks, struct api_reply *out)
{
    json_t *items = json_array();
    for (size_t i = 0; i < tasks->n_items; i++) {
        (void)json_array_append_new(items, item_of(tasks->items[i]));
    }
    (void)json_object_set_new(out->body, "seq", json_integer((json_int_t)tasks->seq));
    (void)json_object_set_new(out->body, "items", items);
}

/* ---- all of it ---- */

static void read_reject(const Gridloop__Wire__Reject *reject, struct api_reply *out)
{
    const uint32_t code = reject->code;
    out->code = words_code_name(code);
    out->status = code < CODE_LIMIT ? api_answer_status((enum code)code) : 503;
    out->status = out->status == 200 ? 502 : out->status;
    out->is_problem = true;
    out->retry_after_ms = reject->has_retry_after_ms ? reject->retry_after_ms : 0;
    (void)json_object_set_new(out->body, "code", json_string(out->code));
    (void)json_object_set_new(out->body, "zh", json_string(words_code(code, LANG_ZH)));
    (void)json_object_set_new(out->body, "en", json_string(words_code(code, LANG_EN)));
    if (out->retry_after_ms != 0) {
        (void)json_object_set_new(out->body, "retry_after_ms", json_integer(out->retry_after_ms));
    }
    (void)snprintf(out->detail, sizeof out->detail, "%.200s",
                   reject->hint != NULL && reject->hint[0] != '\0' ? reject->hint
                                                                   : words_code(code, LANG_EN));
}

static void read_nothing(struct api_reply *out)
{
    out->code = "NO_ANSWER";
    out->status = 504;
    out->is_problem = true;
    (void)json_object_set_new(out->body, "code", json_string(out->code));
    (void)snprintf(out->detail, sizeof out->detail,
                   "the engine did not answer in time; what was asked may have taken effect: ask "
                   "again with the same Idempotency-Key");
}

void api_answer_read(const Gridloop__Wire__Answer *answer, bool is_order,
                     struct api_reply *out_reply)
{
    *out_reply = (struct api_reply){.status = 200, .body = json_object(), .code = "DONE"};
    if (answer != NULL) {
        (void)json_object_set_new(out_reply->body, "now_ms", json_integer(answer->now_ms));
        (void)json_object_set_new(out_reply->body, "speed", json_integer(answer->speed));
    }
    if (answer != NULL && answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT) {
        read_result(answer->act_result, is_order, out_reply);
    } else if (answer != NULL && answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_TASKS) {
        read_tasks(answer->tasks, out_reply);
    } else if (answer != NULL && answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        read_reject(answer->reject, out_reply);
    } else {
        read_nothing(out_reply);
    }
}

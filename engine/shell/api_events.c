/* api_events.c: events over HTTP: CloudEvents 1.0 (binary, structured, batch), and what platforms push, by a map.
 *
 *   body -> records -> events by the map -> one batch to the engine as the token's gateway -> a row for every event
 *
 * Answered when the events are durable, each with its code. 200 when at least one was taken; else the status of the first
 * refusal. A record that is none of the form is MALFORMED, or TOO_LARGE, with the code of docs/doors.md in its hint. Without an outbox: an
 * event counts once by its id as long as the engine remembers ids (limit event_ids); who needs more uses a gateway with an outbox. */
#include "engine/core/base.h"
#include "engine/doors/door_maps.h"
#include "engine/doors/door_wire.h"
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/api_answer.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_SIZE 512u
#define CLOUD_MAP "cloudevents"

/* Rows of the answer; those of events sent are filled in when the engine has answered. Freed with the exchange, so it holds
 * nothing but itself: the rows are answered away. */
struct push {
    json_t *rows;
    uint32_t at[DOOR_EVENTS_MAX]; /* row of the i-th event sent */
    uint32_t count;
};

static void add_refused(json_t *rows, uint32_t index, enum code code, const char *hint)
{
    (void)json_array_append_new(rows,
                                json_pack("{s:i, s:s, s:s, s:s+, s:o}", "index", (int)index, "code",
                                          words_code_name((uint32_t)code), "case", "", "hint", hint,
                                          "", "text", api_answer_label(VOCABULARY_CODE, code)));
}

static void add_event(struct push *push, struct door_wire *wire, const struct door_event *event,
                      uint32_t index)
{
    char why[DOOR_WIRE_WHY_SIZE];
    if (!door_wire_add(wire, &event->event, why)) {
        add_refused(push->rows, index, CODE_MALFORMED, why);
        return;
    }
    push->at[push->count++] = (uint32_t)json_array_size(push->rows);
    (void)json_array_append_new(push->rows,
                                json_pack("{s:i, s:s, s:s}", "index", (int)index, "id",
                                          event->event.id != NULL ? event->event.id : "", "type",
                                          event->event.type));
}

/* Maps one record; its events go into the wire and get a row each, and so does each member that is refused. */
static void take(struct push *push, struct door_wire *wire, const struct door_map *map,
                 const json_t *record, uint32_t index)
{
    struct door_events events;
    struct problems *problems = problems_new();
    door_events_init(&events);
    (void)door_events_map(&events, map, problems, (struct door_origin){"body", 0}, record);
    for (uint32_t i = 0, k = 0; i < events.count || k < events.refusal_count;) {
        const struct door_refusal *refusal = &events.refusals[k];
        if (k < events.refusal_count &&
            (i == events.count || refusal->member <= events.rows[i].member)) {
            add_refused(push->rows, index + refusal->member,
                        refusal->is_size ? CODE_TOO_LARGE : CODE_MALFORMED, refusal->text);
            k++;
        } else {
            add_event(push, wire, &events.rows[i], index + events.rows[i].member);
            i++;
        }
    }
    door_events_fini(&events);
    problems_free(problems);
}

static void answer(struct web_exchange *exchange, struct push *push)
{
    int status = 200, first = 0;
    bool is_taken = push->rows != NULL && json_array_size(push->rows) == 0;
    size_t i;
    json_t *row;
    json_array_foreach(push->rows, i, row)
    {
        const char *word = json_string_value(json_object_get(row, "code"));
        uint32_t code = CODE_MALFORMED;
        (void)(word != NULL && words_parse(VOCABULARY_CODE, word, &code));
        status = api_answer_status((enum code)code);
        is_taken = is_taken || status == 200;
        first = first == 0 ? status : first;
    }
    json_t *rows = push->rows;
    push->rows = NULL;
    web_answer_json(
        exchange, is_taken ? 200 : first,
        json_pack("{s:o, s:I}", "items", rows, "now_ms", (json_int_t)web_now_ms(exchange)));
}

static void fill(json_t *row, const Gridloop__Wire__EventResult *result)
{
    char receipt[80] = "";
    const char *case_no = result->case_no != NULL ? result->case_no : "";
    const uint32_t code = result->code;
    if (result->report != 0) {
        (void)snprintf(receipt, sizeof receipt, "%.64s.%u", case_no, result->report);
    }
    (void)json_object_set_new(row, "code", json_string(words_name(VOCABULARY_CODE, code)));
    (void)json_object_set_new(row, "case", json_string(case_no));
    (void)json_object_set_new(row, "receipt", json_string(receipt));
    (void)json_object_set_new(row, "late", json_boolean(result->late != 0));
    (void)json_object_set_new(row, "hint", json_string(result->hint != NULL ? result->hint : ""));
    (void)json_object_set_new(row, "text", api_answer_label(VOCABULARY_CODE, code));
}

static void on_answer(struct web_exchange *exchange, const Gridloop__Wire__Answer *got)
{
    struct push *push = web_context(exchange);
    if (got == NULL || got->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK) {
        json_decref(push->rows);
        push->rows = NULL;
        if (!web_refused(exchange, got)) {
            web_problem(exchange, 502, "MALFORMED",
                        "the engine gave another answer than asked for");
        }
        return;
    }
    const Gridloop__Wire__BatchAck *ack = got->batch_ack;
    for (uint32_t i = 0; i < push->count && i < ack->n_results; i++) {
        fill(json_array_get(push->rows, push->at[i]), ack->results[i]);
    }
    answer(exchange, push);
}

/* Everything of body (a list of records, or one) through the map. */
static void push_all(struct web_exchange *exchange, const struct door_map *map, const json_t *body,
                     bool is_list)
{
    struct push *push = calloc(1, sizeof *push);
    struct door_wire wire;
    if (push == NULL) {
        web_problem(exchange, 503, "OVERLOADED", "out of memory");
        return;
    }
    door_wire_init(&wire);
    push->rows = json_array();
    web_set_context(exchange, push);
    for (size_t i = 0; is_list && i < json_array_size(body); i++) {
        take(push, &wire, map, json_array_get(body, i), (uint32_t)i);
    }
    if (!is_list) {
        take(push, &wire, map, body, 0);
    }
    if (wire.count == 0) {
        answer(exchange, push);
    } else {
        web_ask(exchange, web_who(exchange)->id, door_wire_request(&wire), on_answer);
    }
    door_wire_fini(&wire);
}

static json_t *read_body(struct web_exchange *exchange)
{
    size_t size = 0;
    json_error_t error;
    const void *bytes = web_body(exchange, &size);
    json_t *body = json_loadb(bytes != NULL ? bytes : "", size, JSON_REJECT_DUPLICATES, &error);
    if (body == NULL) {
        web_problem(exchange, 400, "MALFORMED", "D018: not JSON: line %d, column %d: %s",
                    error.line, error.column, error.text);
    }
    return body;
}

/* ---- CloudEvents ---- */

/* The attributes of the binary mode: ce-id, ce-source ...; values are percent-encoded where they are not ASCII. */
static json_t *binary_event(const struct web_exchange *exchange, json_t *data)
{
    static const char *const NAMES[] = {"specversion", "id", "source", "type", "subject", "time"};
    json_t *event = json_object();
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        char name[32], value[HEADER_SIZE];
        (void)snprintf(name, sizeof name, "ce-%s", NAMES[i]);
        if (web_header(exchange, name, value, sizeof value)) {
            (void)json_object_set_new(event, NAMES[i], json_string(value));
        }
    }
    (void)json_object_set_new(event, "data", data);
    return event;
}

void api_events_post(struct web_exchange *exchange)
{
    char type[HEADER_SIZE] = "";
    const struct door_map *map = door_maps_find(web_of(exchange)->doors, CLOUD_MAP);
    must(map != NULL);
    (void)web_header(exchange, "content-type", type, sizeof type);
    type[strcspn(type, "; ")] = '\0';
    const bool is_batch = strcasecmp(type, "application/cloudevents-batch+json") == 0;
    const bool is_one = strcasecmp(type, "application/cloudevents+json") == 0;
    if (!is_batch && !is_one && strcasecmp(type, "application/json") != 0) {
        web_problem(
            exchange, 415, "MALFORMED",
            "Content-Type application/cloudevents+json, application/cloudevents-batch+json, "
            "or application/json with ce- headers expected, not \"%.100s\"",
            type);
        return;
    }
    json_t *body = read_body(exchange);
    if (body == NULL) {
        return;
    }
    if (is_batch && !json_is_array(body)) {
        web_problem(exchange, 400, "MALFORMED", "a batch is a JSON list of events");
    } else if (is_batch && json_array_size(body) > DOOR_EVENTS_MAX) {
        web_problem(exchange, 413, "TOO_LARGE", "at most %u events", DOOR_EVENTS_MAX);
    } else {
        json_t *event =
            is_batch || is_one ? json_incref(body) : binary_event(exchange, json_incref(body));
        push_all(exchange, map, event, is_batch);
        json_decref(event);
    }
    json_decref(body);
}

/* ---- what platforms push ---- */

void api_push_post(struct web_exchange *exchange)
{
    const char *name = web_param(exchange, "map");
    const struct door_map *map = door_maps_find(web_of(exchange)->doors, name);
    if (map == NULL) {
        web_problem(
            exchange, 404, "UNKNOWN_MAP",
            "no map \"%.64s\": a file doors/NAME.yaml of the city when the engine started, or a "
            "shipped one",
            name);
        return;
    }
    json_t *body = read_body(exchange);
    if (body != NULL) {
        push_all(exchange, map, body, false);
        json_decref(body);
    }
}

/* api_acts.c: acts on cases, orders, plans and silences: the same commands as everybody else's. */
#include "engine/core/life.h"
#include "engine/shell/api.h"
#include "engine/shell/web_writing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number above 0 in the path; 0 after a problem. */
static uint64_t read_number(struct web_exchange *exchange, const char *name)
{
    const char *text = web_param(exchange, name);
    char *end = NULL;
    errno = 0;
    const unsigned long long number =
        text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (number == 0 || errno != 0 || *end != '\0' || number > INT64_MAX) {
        web_problem(exchange, 404, "UNKNOWN_ORDER",
                    "a number is expected in the path, not \"%.40s\"", text);
        return 0;
    }
    return number;
}

/* Reveals are answered with contacts in clear: asked again, the engine is asked again, and knows the key. */
static void ask_act(struct web_exchange *exchange, struct web_write *write,
                    const struct api_request *request)
{
    write->is_secret = request->act.action == ACTION_REVEAL;
    web_write_ask(exchange, web_who(exchange)->id, write, request);
}

static void act_on(struct web_exchange *exchange, struct api_target target)
{
    struct web_write write;
    struct api_request request;
    struct json_fault fault;
    json_t *body = web_write_begin(exchange, &write);
    if (body == NULL) {
        return;
    }
    write.is_order = target.order != 0;
    target.key = write.key;
    if (api_request_act(body, &target, &request, &fault)) {
        ask_act(exchange, &write, &request);
    } else {
        web_write_refuse(exchange, &write, &fault);
    }
    json_decref(body);
}

void api_acts_on_case(struct web_exchange *exchange)
{
    act_on(exchange, (struct api_target){.case_no = web_param(exchange, "id")});
}

void api_acts_on_order(struct web_exchange *exchange)
{
    const uint64_t order = read_number(exchange, "number");
    if (order != 0) {
        act_on(exchange, (struct api_target){.order = order});
    }
}

/* {id} is the case a plan was activated for; a plan that is started by hand has none yet: /plans/new/acts. */
void api_acts_on_plan(struct web_exchange *exchange)
{
    struct web_write write;
    struct api_request request;
    struct json_fault fault;
    json_t *body = web_write_begin(exchange, &write);
    if (body == NULL) {
        return;
    }
    const json_t *order = json_object_get(body, "order");
    struct api_target target = {.case_no = web_param(exchange, "id"), .key = write.key};
    if (order != NULL && json_is_integer(order) && json_integer_value(order) > 0) {
        target =
            (struct api_target){.order = (uint64_t)json_integer_value(order), .key = write.key};
        (void)json_object_del(body, "order");
        write.is_order = true;
    } else if (strcmp(target.case_no, "new") == 0) {
        target.case_no = NULL;
    }
    if (!api_request_act(body, &target, &request, &fault)) {
        web_write_refuse(exchange, &write, &fault);
    } else if (request.act.action < ACTION_PLAN_CONFIRM || request.act.action > ACTION_PLAN_START) {
        (void)snprintf(fault.pointer, sizeof fault.pointer, "/action");
        (void)snprintf(fault.detail, sizeof fault.detail,
                       "one of plan_confirm, plan_stand_down, plan_ack, plan_answer, plan_start is "
                       "expected");
        web_write_refuse(exchange, &write, &fault);
    } else {
        ask_act(exchange, &write, &request);
    }
    json_decref(body);
}

/* ---- silences ---- */

void api_silences_add(struct web_exchange *exchange)
{
    struct web_write write;
    struct api_request request;
    struct json_fault fault;
    json_t *body = web_write_begin(exchange, &write);
    if (body == NULL) {
        return;
    }
    write.is_order = true; /* its number stands where an order's does */
    write.is_created = true;
    if (api_request_silence(body, web_now_ms(exchange), &request, &fault)) {
        request.act.key = write.key;
        ask_act(exchange, &write, &request);
    } else {
        web_write_refuse(exchange, &write, &fault);
    }
    json_decref(body);
}

void api_silences_end(struct web_exchange *exchange)
{
    struct web_write write;
    struct api_request request;
    const uint64_t number = read_number(exchange, "number");
    if (number == 0 || !web_write_begin_bytes(exchange, &write)) {
        return;
    }
    if (number > UINT32_MAX) {
        web_write_drop(exchange, &write);
        web_problem(exchange, 404, "UNKNOWN_SILENCE", "no such silence, or it is over");
        return;
    }
    write.is_order = true;
    api_request_unsilence((uint32_t)number, &request);
    request.act.key = write.key;
    ask_act(exchange, &write, &request);
}

/* ---- files ---- */

void api_blobs_put(struct web_exchange *exchange)
{
    struct web_write write;
    struct api_request request;
    uint8_t digest[API_DIGEST_SIZE];
    size_t size = 0;
    const void *bytes = web_body(exchange, &size);
    if (!api_digest_parse(web_param(exchange, "digest"), digest)) {
        web_problem(exchange, 400, "BAD_DIGEST",
                    "the path ends in the BLAKE2b-128 digest of the bytes, 32 hexadecimal digits");
        return;
    }
    if (size == 0) {
        web_problem(exchange, 400, "MALFORMED", "the body is the file: 1 byte to 2 MiB");
        return;
    }
    if (web_write_begin_bytes(exchange, &write)) {
        api_request_blob(digest, bytes, size, &request);
        web_write_ask(exchange, web_who(exchange)->id, &write, &request);
    }
}

/* api_answer.h: what the engine answered, as a status of HTTP and JSON.
 *
 *   ActResult, done        200  {code, state, case, order, receipt, report, possible, contacts, zh, en, now_ms}
 *   ActResult, refused     403 rights and whose it is, 404 unknown, 410 gone, 409 otherwise:  code, state, possible beside
 *                          the problem's members, so that whoever lost a race sees what is possible now
 *   Tasks                  200  {seq, items:[...], now_ms, speed}
 *   Reject                 400, 403, 404, 409, 422, 429, 503 by code, with retry_after_ms
 *   no answer              504
 *
 * Names are those of the command line's --json; words are the stable names: "WRONG_STATE", "ON_SITE", and actions as they are sent:
 * "check_pass".
 *
 * Owner   the json_t is the caller's */
#ifndef ENGINE_SHELL_API_ANSWER_H
#define ENGINE_SHELL_API_ANSWER_H

#include "engine/edge/words.h"
#include "proto/codec.h"

#include <jansson.h>

struct api_reply {
    int status;
    json_t *body;
    bool is_problem;         /* body holds what belongs beside type, title, status and detail */
    const char *code;        /* stable name */
    char detail[256];        /* of a problem */
    uint32_t retry_after_ms; /* 0: none */
};

/* is_order: state is that of an order. answer NULL: none came. */
void api_answer_read(const Gridloop__Wire__Answer *answer, bool is_order,
                     struct api_reply *out_reply);

/* 200 for what went in; else the status that says why not. */
int api_answer_status(enum code code);

/* ["accept","decline"] of a bit per action. */
json_t *api_answer_actions(uint64_t actions);
/* {"zh":..,"en":..} of a word. */
json_t *api_answer_label(enum vocabulary vocabulary, uint32_t number);

#endif

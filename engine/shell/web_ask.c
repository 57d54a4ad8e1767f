/* web_ask.c: what an exchange waits for: an answer of the engine, or work on a thread of the pool. */
#include "engine/edge/words.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- asks ---- */

static struct web_ask *find_free(struct web *web)
{
    for (uint32_t i = 0; i < WEB_ASKS_MAX; i++) {
        struct web_ask *ask = &web->asks[(web->ask_last + 1 + i) & (WEB_ASKS_MAX - 1)];
        if (ask->id == 0) {
            web->ask_last += 1 + i;
            ask->id = web->ask_last;
            return ask;
        }
    }
    return NULL;
}

static void finish(struct web_ask *ask, const Gridloop__Wire__Answer *answer)
{
    struct web_exchange *exchange = ask->exchange;
    web_answered_fn *answered = ask->answered;
    *ask = (struct web_ask){0};
    answered(exchange, answer);
    web_exchange_let_go(exchange);
}

/* The request as a frame of that identity; malloc'ed. NULL: it does not fit. */
static uint8_t *seal(const char *identity, const Gridloop__Wire__Request *request, uint64_t id,
                     size_t *out_size)
{
    Gridloop__Wire__Request numbered = *request;
    const struct codec_seal seal = {.key_id = identity};
    numbered.has_request_id = 1;
    numbered.request_id = id;
    const size_t capacity = codec_request_size(&seal, &numbered);
    uint8_t *frame = malloc(capacity + 1);
    if (frame != NULL &&
        codec_seal_request(&seal, &numbered, frame, capacity, out_size) != ERR_OK) {
        free(frame);
        frame = NULL;
    }
    return frame;
}

void web_ask_within(struct web_exchange *exchange, const char *identity,
                    const Gridloop__Wire__Request *request, uint32_t wait_ms,
                    web_answered_fn *answered)
{
    struct web *web = exchange->web;
    struct web_ask *ask = find_free(web);
    size_t size = 0;
    uint8_t *frame = ask != NULL ? seal(identity, request, ask->id, &size) : NULL;
    web_exchange_hold(exchange);
    if (frame == NULL || !web_link_ask(web->link, ask->id, frame, size)) {
        free(frame);
        if (ask != NULL) {
            *ask = (struct web_ask){0};
        }
        answered(exchange, NULL);
        web_exchange_let_go(exchange);
        return;
    }
    free(frame);
    ask->exchange = exchange;
    ask->answered = answered;
    ask->until_ms = uv_now(&web->uv) + wait_ms;
    if (exchange->wsi != NULL) {
        lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
    }
}

void web_ask(struct web_exchange *exchange, const char *identity,
             const Gridloop__Wire__Request *request, web_answered_fn *answered)
{
    web_ask_within(exchange, identity, request, WEB_ASK_MS, answered);
}

void web_take_answers(struct web *web)
{
    uint64_t id = 0, size = 0;
    const void *bytes;
    struct codec_answer opened;
    while ((bytes = web_link_answer(web->link, &id, &size)) != NULL) {
        struct web_ask *ask = &web->asks[id & (WEB_ASKS_MAX - 1)];
        codec_arena_reset(&web->arena);
        const bool is_good =
            codec_open_answer(bytes, (size_t)size, &web->arena, &opened) == CODE_NOTHING;
        web_link_answer_done(web->link);
        if (ask->id == id && id != 0) {
            finish(ask, is_good ? opened.answer : NULL);
        }
    }
}

void web_expire_asks(struct web *web, bool is_all)
{
    const uint64_t now_ms = uv_now(&web->uv);
    for (uint32_t i = 0; i < WEB_ASKS_MAX; i++) {
        struct web_ask *ask = &web->asks[i];
        if (ask->id != 0 && (is_all || now_ms >= ask->until_ms)) {
            web->counts.asks_late++;
            finish(ask, NULL);
        }
    }
}

/* The status that says best what a refusal of the engine is. */
static int status_of(uint32_t code)
{
    switch (code) {
    case CODE_MALFORMED:
        return 400;
    case CODE_NO_RIGHT:
    case CODE_UNKNOWN_IDENTITY:
        return 403;
    case CODE_TOO_LARGE:
        return 413;
    case CODE_RATE:
        return 429;
    case CODE_OVERLOADED:
    case CODE_NO_CITY:
        return 503;
    case CODE_SEQ_REUSED:
        return 422;
    default:
        return 409;
    }
}

bool web_refused(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    if (answer == NULL) {
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 503, "OVERLOADED",
                    "the engine did not answer in time; what was asked may still be done: ask for "
                    "the state before asking again");
        return true;
    }
    if (answer->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        return false;
    }
    const Gridloop__Wire__Reject *reject = answer->reject;
    if (reject->retry_after_ms > 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%u", (reject->retry_after_ms + 999) / 1000);
        web_set_header(exchange, "Retry-After", seconds);
    }
    web_problem(exchange, status_of(reject->code), words_code_name(reject->code), "%s",
                reject->hint != NULL && reject->hint[0] != '\0'
                    ? reject->hint
                    : words_code(reject->code, LANG_EN));
    return true;
}

/* ---- works ---- */

static void run_work(uv_work_t *work)
{
    struct web_exchange *exchange = work->data;
    exchange->work_run(exchange->context);
}

static void on_work(uv_work_t *work, int status)
{
    struct web_exchange *exchange = work->data;
    (void)status;
    exchange->web->works--;
    exchange->work_done(exchange);
    web_exchange_let_go(exchange);
}

void web_work(struct web_exchange *exchange, void (*work)(void *context),
              void (*on_done)(struct web_exchange *exchange))
{
    struct web *web = exchange->web;
    exchange->work_run = work;
    exchange->work_done = on_done;
    exchange->work.data = exchange;
    if (web->works >= WEB_WORKS_MAX ||
        uv_queue_work(&web->uv, &exchange->work, run_work, on_work) != 0) {
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 429, "OVERLOADED", "too many at once; try again in a second");
        return;
    }
    web->works++;
    web_exchange_hold(exchange);
    if (exchange->wsi != NULL) {
        lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
    }
}

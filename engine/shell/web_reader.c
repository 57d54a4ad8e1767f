/* web_reader.c: questions to the history, asked on threads of the pool, so that a slow one delays nobody but those behind it.
 *
 *   web_history_question --a reader is free--> pool: ask(db) --> web thread: answer
 *                        \--none is--> waits its turn
 *
 * Each reader has a connection of its own. A question that takes longer than WEB_QUERY_MS is given up. What it works on is
 * in its struct alone: nothing else of the web thread may be looked at while it is asked. */
#include "engine/shell/web_history.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS_PER_LOOK 20000 /* of SQLite's machine, between two looks at the clock */
#define WAITING_MAX 256u     /* questions that have no reader yet */

static int is_over(void *context)
{
    const struct web_reader *reader = context;
    return uv_hrtime() > reader->until_ns;
}

static enum err open_reader(struct web_reader *reader, const char *data,
                            struct history_fault *fault)
{
    char path[600];
    reader->until_ns = uv_hrtime() + WEB_QUERY_MS * UINT64_C(1000000);
    if (reader->db != NULL) {
        return ERR_OK;
    }
    (void)snprintf(path, sizeof path, "%.500s/" HISTORY_FILE, data);
    const enum err err = history_schema_read(path, &reader->db, fault);
    if (err == ERR_OK) {
        sqlite3_progress_handler(reader->db, STEPS_PER_LOOK, is_over, reader);
    } else {
        reader->db = NULL;
    }
    return err;
}

/* On a thread of the pool. */
static void run(uv_work_t *work)
{
    struct web_exchange *exchange = work->data;
    struct web_question *question = exchange->question;
    question->err = open_reader(exchange->reader, exchange->web->data, &question->fault);
    if (question->err == ERR_OK) {
        question->db = exchange->reader->db;
        question->err = question->ask(question);
    }
}

static void start(struct web *web);

static void finish(struct web_exchange *exchange)
{
    struct web_question *question = exchange->question;
    if (question->err == ERR_OK) {
        question->answer(exchange, question);
    } else {
        web_history_fault(exchange, question->err, &question->fault);
    }
    exchange->question = NULL;
    free(question);
    web_exchange_let_go(exchange);
}

static void on_asked(uv_work_t *work, int status)
{
    struct web_exchange *exchange = work->data;
    struct web *web = exchange->web;
    (void)status;
    exchange->reader->is_busy = false;
    finish(exchange);
    start(web);
}

/* As many as there are readers free. */
static void start(struct web *web)
{
    for (uint32_t i = 0; i < WEB_READERS && web->waiting != NULL; i++) {
        struct web_reader *reader = &web->readers[i];
        struct web_exchange *exchange = web->waiting;
        if (reader->is_busy) {
            continue;
        }
        web->waiting = exchange->waiting_next;
        web->waiting_count--;
        exchange->reader = reader;
        exchange->work.data = exchange;
        reader->is_busy = uv_queue_work(&web->uv, &exchange->work, run, on_asked) == 0;
        must(reader->is_busy);
    }
}

void web_history_question(struct web_exchange *exchange, struct web_question *question)
{
    struct web *web = web_of(exchange);
    must(exchange->question == NULL && question->ask != NULL && question->answer != NULL);
    if (web->waiting_count >= WAITING_MAX) {
        free(question);
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 503, "OVERLOADED", "too many ask the history at once");
        return;
    }
    exchange->question = question;
    exchange->waiting_next = NULL;
    struct web_exchange **last = &web->waiting;
    while (*last != NULL) {
        last = &(*last)->waiting_next;
    }
    *last = exchange;
    web->waiting_count++;
    web_exchange_hold(exchange);
    if (exchange->wsi != NULL) {
        lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0);
    }
    start(web);
}

void web_readers_stop(struct web *web)
{
    while (web->waiting != NULL) {
        struct web_exchange *exchange = web->waiting;
        web->waiting = exchange->waiting_next;
        web->waiting_count--;
        exchange->question->err = ERR_UNAVAILABLE;
        (void)snprintf(exchange->question->fault.text, sizeof exchange->question->fault.text,
                       "the engine is stopping");
        finish(exchange);
    }
}

void web_readers_close(struct web *web)
{
    for (uint32_t i = 0; i < WEB_READERS; i++) {
        must(!web->readers[i].is_busy);
        (void)sqlite3_close(web->readers[i].db);
        web->readers[i].db = NULL;
    }
}

/* worker.c: a worker app: items told on one link, acts and reports done on another.
 *
 * Two links, because a poll is held by the engine for many seconds and an act must not wait behind it.
 *
 * The engine tells an item again until a poll acknowledges it. The mark of the state file is the last item the app
 * has taken; an item up to it is not told twice. An engine that does not know our outbox counts items of its own, so
 * there its word wins: an item may come again, never be lost. */
#include "proto/client/courier.h"
#include "proto/client/gridloop.h"
#include "proto/client/pack.h"
#include "proto/client/status.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define HOLD_MS_DEFAULT 20000u
#define HOLD_MS_MAX 25000u
#define RESEND_MS_DEFAULT 1000u
#define CHECKLIST_MAX 32u
#define ITEMS_DEFAULT 1000u
#define POLL_SIZE_MAX 256u
#define POLL_GRACE_MS 3000 /* after the engine should have answered a held poll */
#define KIND_POLL 4u

struct gridloop_worker {
    struct courier courier; /* acts and reports */
    struct link items;
    struct gridloop_worker_options options;
    uint64_t poll_id;
    uint32_t renewals;  /* of the session of items, as last seen */
    int64_t poll_at_ms; /* 0 = none under way */
    int64_t poll_hold_until_ms;
    int presence;  /* as told by the poll under way */
    uint32_t told; /* items and results since the counter was reset */
    char why[STATUS_WHY_SIZE];
};

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void on_settled(void *context, uint32_t batch_index, const Gridloop__Wire__Answer *answer)
{
    struct gridloop_worker *worker = context;
    uint8_t bytes[OUTBOX_ITEM_SIZE_MAX];
    struct outbox_item item = {0};
    if (outbox_read(worker->courier.outbox, batch_index, 0, bytes, sizeof(bytes), &item) !=
        ERR_OK) {
        return; /* its number is unknown; the file's failure is met at the next send */
    }
    struct gridloop_act_result result = {
        .number = item.number, .case_no = "", .hint = "", .code = GRIDLOOP_FORGOTTEN};
    if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT) {
        const Gridloop__Wire__ActResult *got = answer->act_result;
        result.code = (int)got->code;
        result.case_no = or_empty(got->case_no);
        result.order = got->order;
        result.state = (int)got->state;
        result.possible = got->possible;
        result.hint = or_empty(got->hint);
        result.report = got->report;
    } else if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
        result.code = (int)answer->reject->code;
        result.hint = or_empty(answer->reject->hint);
    } else if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK &&
               answer->batch_ack->n_results > 0) {
        result.code = (int)answer->batch_ack->results[0]->code;
        result.case_no = or_empty(answer->batch_ack->results[0]->case_no);
        result.report = answer->batch_ack->results[0]->report;
    }
    worker->told++;
    if (worker->options.on_result != NULL) {
        worker->options.on_result(worker->options.context, &result);
    }
}

static void set_mark(struct gridloop_worker *worker, uint64_t mark)
{
    enum err err = outbox_set_mark(worker->courier.outbox, mark);
    if (err != ERR_OK) {
        worker->courier.failure = err;
    }
}

static void on_welcome(void *context, const Gridloop__Wire__Welcome *welcome)
{
    struct gridloop_worker *worker = context;
    if (!welcome->has_item_seq) {
        return;
    }
    bool knows_us = welcome->has_epoch && welcome->epoch == outbox_epoch(worker->courier.outbox);
    uint64_t mark = outbox_mark(worker->courier.outbox);
    if (!knows_us || welcome->item_seq > mark) {
        set_mark(worker, welcome->item_seq);
    }
}

int gridloop_worker_open(const char *urls, const char *identity, const char *state_path,
                         const struct gridloop_worker_options *options,
                         struct gridloop_worker **out_worker)
{
    if (urls == NULL || identity == NULL || state_path == NULL || out_worker == NULL ||
        (options != NULL && options->items_max > UINT32_MAX / 4)) {
        return GRIDLOOP_INVALID;
    }
    struct gridloop_worker *worker = calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return GRIDLOOP_NO_MEMORY;
    }
    if (options != NULL) {
        worker->options = *options;
    }
    struct gridloop_worker_options *chosen = &worker->options;
    chosen->hold_ms = chosen->hold_ms == 0 ? HOLD_MS_DEFAULT : chosen->hold_ms;
    chosen->hold_ms = chosen->hold_ms > HOLD_MS_MAX ? HOLD_MS_MAX : chosen->hold_ms;
    struct outbox_options outbox = {.bytes_max = UINT64_C(16) << 20,
                                    .items_max =
                                        chosen->items_max != 0 ? chosen->items_max : ITEMS_DEFAULT,
                                    .sync = (enum outbox_sync)chosen->sync};
    struct courier_options courier = {.batch_items_max = 1,
                                      .resend_ms = chosen->resend_ms != 0 ? chosen->resend_ms
                                                                          : RESEND_MS_DEFAULT,
                                      .credit_max = 8,
                                      .on_settled = on_settled,
                                      .on_welcome = on_welcome,
                                      .context = worker};
    uint64_t cut_size = 0;
    const struct link_key key = {worker->options.key_path, worker->options.engine_key};
    enum err err = courier_open(&worker->courier, urls, identity, key, state_path, &outbox,
                                &courier, &cut_size);
    if (err == ERR_OK) {
        err = link_open_with(&worker->items, urls, identity, key, POLL_SIZE_MAX);
        if (err != ERR_OK) {
            courier_close(&worker->courier);
        }
    }
    if (err != ERR_OK) {
        free(worker);
        return status_of_err(err);
    }
    *out_worker = worker;
    return GRIDLOOP_OK;
}

void gridloop_worker_close(struct gridloop_worker *worker)
{
    if (worker != NULL) {
        link_close(&worker->items);
        courier_close(&worker->courier);
        free(worker);
    }
}

/* Lines past the 32 of a policy's longest checklist come from no engine of ours. */
static size_t take_checklist(const Gridloop__Wire__Item *from,
                             struct gridloop_checklist_line lines[CHECKLIST_MAX])
{
    size_t count = from->n_checklist < CHECKLIST_MAX ? from->n_checklist : CHECKLIST_MAX;
    for (size_t i = 0; i < count; i++) {
        const Gridloop__Wire__ChecklistLine *line = from->checklist[i];
        lines[i] = (struct gridloop_checklist_line){.id = or_empty(line->id),
                                                    .text = or_empty(line->text),
                                                    .is_required = line->required,
                                                    .needs_photo = line->photo,
                                                    .is_number = line->number};
    }
    return count;
}

/* Hands the items on, in order, stopping at the first that the app does not take. */
static void take_tasks(struct gridloop_worker *worker, const Gridloop__Wire__Tasks *tasks)
{
    uint64_t mark = outbox_mark(worker->courier.outbox);
    uint64_t taken = mark;
    for (size_t i = 0; i < tasks->n_items; i++) {
        const Gridloop__Wire__Item *from = tasks->items[i];
        if (from->seq <= taken) {
            continue;
        }
        struct gridloop_item item = {
            .seq = from->seq,
            .kind = (int)from->kind,
            .order = from->order,
            .code = (int)from->code,
            .case_no = or_empty(from->case_no),
            .order_kind = (int)from->order_kind,
            .order_state = (int)from->order_state,
            .title = or_empty(from->title),
            .class_code = or_empty(from->class_code),
            .place_name = or_empty(from->place_name),
            .task = or_empty(from->task),
            .severity = (int)from->severity,
            .deadline_ms = from->deadline_ms,
        };
        if (from->place != NULL && from->place->has_lon_e7 && from->place->has_lat_e7) {
            item.has_place = true;
            item.lon = from->place->lon_e7 / 1e7;
            item.lat = from->place->lat_e7 / 1e7;
        }
        struct gridloop_checklist_line lines[CHECKLIST_MAX];
        item.checklist = lines;
        item.checklist_count = take_checklist(from, lines);
        worker->told++;
        if (worker->options.on_item == NULL ||
            !worker->options.on_item(worker->options.context, &item)) {
            break;
        }
        taken = from->seq;
    }
    if (taken > mark) {
        set_mark(worker, taken);
    }
}

static void take_items(struct gridloop_worker *worker)
{
    struct codec_answer got;
    while (link_receive(&worker->items, &got)) {
        if (got.request_id == worker->poll_id) {
            worker->poll_at_ms = 0;
        }
        if (got.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_TASKS) {
            take_tasks(worker, got.answer->tasks);
        } else if (got.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
            const Gridloop__Wire__Reject *reject = got.answer->reject;
            int64_t retry_ms =
                reject->has_retry_after_ms ? min_i64(reject->retry_after_ms, 60000) : 1000;
            worker->poll_hold_until_ms = link_monotonic_ms() + max_i64(retry_ms, 200);
            (void)snprintf(worker->why, sizeof(worker->why), "%s: %s",
                           gridloop_code_name((int)reject->code), or_empty(reject->hint));
        }
    }
}

/* One poll is under way at a time; another presence does not wait for its end. */
static void send_poll(struct gridloop_worker *worker, int presence, const struct gridloop_fix *fix)
{
    int64_t now_ms = link_monotonic_ms();
    if (worker->renewals != worker->items.sealing.renewals) {
        worker->renewals = worker->items.sealing.renewals;
        worker->poll_at_ms = 0; /* held under a session that the engine has forgotten */
    }
    if (!worker->courier.is_greeted || now_ms < worker->poll_hold_until_ms) {
        return; /* the welcome sets the mark first */
    }
    bool is_under_way = worker->poll_at_ms != 0;
    if (is_under_way &&
        now_ms - worker->poll_at_ms > (int64_t)worker->options.hold_ms + POLL_GRACE_MS) {
        /* The engine is gone, or another one by now. */
        courier_greet_again(&worker->courier);
        worker->poll_at_ms = 0;
        worker->poll_hold_until_ms = 0;
        if (link_next(&worker->items) != ERR_OK) {
            worker->poll_hold_until_ms = now_ms + 1000;
        }
        return;
    }
    if (is_under_way && presence == worker->presence) {
        return;
    }
    uint32_t size = pack_poll(outbox_mark(worker->courier.outbox), worker->options.hold_ms,
                              presence, fix, link_inner(&worker->items), POLL_SIZE_MAX);
    if (link_send(&worker->items, KIND_POLL, size, &worker->poll_id) == ERR_OK) {
        worker->poll_at_ms = now_ms;
        worker->presence = presence;
    }
}

static void wait_for_both(const struct gridloop_worker *worker, uint32_t wait_ms)
{
    struct pollfd waiting[2] = {{.fd = link_fd(&worker->items), .events = POLLIN},
                                {.fd = link_fd(&worker->courier.link), .events = POLLIN}};
    uint32_t due_ms = courier_wait_ms(&worker->courier);
    (void)poll(waiting, 2, (int)(wait_ms < due_ms ? wait_ms : due_ms));
}

int gridloop_worker_poll(struct gridloop_worker *worker, uint32_t wait_ms, int presence,
                         const struct gridloop_fix *fix)
{
    int64_t end_ms = link_monotonic_ms() + wait_ms;
    worker->told = 0;
    for (;;) {
        (void)courier_turn(&worker->courier);
        take_items(worker);
        send_poll(worker, presence, fix);
        (void)courier_turn(&worker->courier); /* what the callbacks did goes out at once */
        if (worker->told > 0) {
            return GRIDLOOP_OK;
        }
        int64_t left_ms = end_ms - link_monotonic_ms();
        if (left_ms <= 0 || worker->courier.failure != ERR_OK) {
            return status_of_courier(&worker->courier, worker->why);
        }
        wait_for_both(worker, (uint32_t)min_i64(left_ms, 1000));
    }
}

static int put(struct gridloop_worker *worker, uint8_t tag, const uint8_t *bytes, uint32_t size,
               uint64_t *out_number)
{
    uint64_t number = 0;
    enum err err = outbox_put(worker->courier.outbox, tag, false, bytes, size, &number);
    if (err != ERR_OK) {
        (void)snprintf(worker->why, sizeof(worker->why), "%s",
                       gridloop_status_text(status_of_err(err)));
        return status_of_err(err);
    }
    if (out_number != NULL) {
        *out_number = number;
    }
    return GRIDLOOP_OK;
}

int gridloop_worker_act(struct gridloop_worker *worker, const struct gridloop_act *act,
                        uint64_t *out_number)
{
    uint8_t bytes[4096];
    uint32_t size = 0;
    struct pack_why why = {""};
    enum err err = pack_act(act, NULL, bytes, sizeof(bytes), &size, &why);
    if (err != ERR_OK) {
        (void)snprintf(worker->why, sizeof(worker->why), "%s", why.text);
        return GRIDLOOP_INVALID;
    }
    return put(worker, COURIER_ACT, bytes, size, out_number);
}

int gridloop_worker_report(struct gridloop_worker *worker, const struct gridloop_event *event,
                           uint64_t *out_number)
{
    uint8_t event_bytes[OUTBOX_ITEM_SIZE_MAX];
    uint8_t bytes[OUTBOX_ITEM_SIZE_MAX];
    uint32_t event_size = 0;
    uint32_t size = 0;
    char id[48];
    struct pack_why why = {"report: too large"};
    const struct outbox *outbox = worker->courier.outbox;
    (void)snprintf(id, sizeof(id), "%llx-%llu", (unsigned long long)outbox_epoch(outbox),
                   (unsigned long long)outbox_next_number(outbox));
    enum err err = pack_event(event, id, event_bytes, sizeof(event_bytes), &event_size, &why);
    err = err != ERR_OK ? err : pack_report(event_bytes, event_size, bytes, sizeof(bytes), &size);
    if (err != ERR_OK) {
        (void)snprintf(worker->why, sizeof(worker->why), "%s", why.text);
        return GRIDLOOP_INVALID;
    }
    return put(worker, COURIER_REPORT, bytes, size, out_number);
}

int gridloop_worker_flush(struct gridloop_worker *worker, uint32_t wait_ms)
{
    struct courier *courier = &worker->courier;
    return courier_flush(courier, wait_ms) ? GRIDLOOP_OK : status_of_courier(courier, worker->why);
}

uint64_t gridloop_worker_waiting(const struct gridloop_worker *worker)
{
    return outbox_waiting(worker->courier.outbox);
}

/* The link that heard from the engine last knows best. */
static const struct link *fresher_link(const struct gridloop_worker *worker)
{
    const struct link *acts = &worker->courier.link;
    return worker->items.heard_at_ms > acts->heard_at_ms ? &worker->items : acts;
}

int64_t gridloop_worker_now_ms(const struct gridloop_worker *worker)
{
    return link_log_now_ms(fresher_link(worker));
}

uint32_t gridloop_worker_speed(const struct gridloop_worker *worker)
{
    return fresher_link(worker)->speed;
}

const char *gridloop_worker_why(const struct gridloop_worker *worker)
{
    return worker->why;
}

int gridloop_worker_fd(const struct gridloop_worker *worker, int index)
{
    return link_fd(index == 0 ? &worker->items : &worker->courier.link);
}

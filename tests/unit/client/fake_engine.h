/* fake_engine.h: a responder on a raw REP socket in a thread of the test: keeps the once-only rules of the engine and
 * loses, doubles and reorders what it is told to.
 *
 * Header only, so that each test is one program of one file and this. */
#ifndef TESTS_UNIT_CLIENT_FAKE_ENGINE_H
#define TESTS_UNIT_CLIENT_FAKE_ENGINE_H

#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "sim/scratch.h"

#define FAKE_EVENTS_MAX 200000u
#define FAKE_HELD_MAX 16u
#define FAKE_NOW_MS INT64_C(1772496000000)

/* One answer kept back. */
struct fake_held {
    void *body;
    size_t size;
    void *control;
};

struct fake_engine {
    char url[SCRATCH_PATH_SIZE + 16];
    uint32_t drop_percent;    /* of requests and of answers each */
    uint32_t double_percent;  /* of answers */
    uint32_t reorder_percent; /* of answers kept back for later */
    uint64_t seed;
    uint32_t credit;
    uint32_t overloaded_left;       /* batches to refuse with OVERLOADED first */
    char poison_type[64];           /* a batch that holds it is MALFORMED */
    _Atomic uint32_t told_item_seq; /* items 1 .. this are waiting for the worker */
    /* what it saw */
    uint64_t epoch, last_seq, item_ack;
    uint64_t digests[4096];               /* by seq */
    uint8_t times_taken[FAKE_EVENTS_MAX]; /* by the number at the end of an event id "e<number>" */
    _Atomic uint64_t taken, batches, resends, gaps, acts, hellos;
    int socket;
    pthread_t thread;
    _Atomic bool is_stopped;
    struct fake_held held[FAKE_HELD_MAX];
    uint32_t held_count;
    uint8_t *arena_block;
    struct codec_arena arena;
};

static uint32_t fake_random(struct fake_engine *fake, uint32_t bound)
{
    fake->seed += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(fake->seed) >> 33) % bound;
}

/* Consumes held. */
static void fake_release(struct fake_engine *fake, struct fake_held held)
{
    struct nn_iovec part = {&held.body, NN_MSG};
    struct nn_msghdr message = {&part, 1, &held.control, NN_MSG};
    if (nn_sendmsg(fake->socket, &message, NN_DONTWAIT) < 0) {
        nn_freemsg(held.body);
        nn_freemsg(held.control);
    }
}

static void *fake_copy(const void *bytes, size_t size)
{
    void *copy = nn_allocmsg(size, 0);
    memcpy(copy, bytes, size);
    return copy;
}

/* The size of an ancillary chunk is in its own head. */
static void *fake_copy_control(const void *control)
{
    return fake_copy(control, ((const struct nn_cmsghdr *)control)->cmsg_len);
}

/* Consumes control. */
static void fake_answer(struct fake_engine *fake, const Gridloop__Wire__Answer *answer,
                        void *control)
{
    struct codec_seal seal = {.key_id = NULL};
    size_t size = codec_answer_size(&seal, answer);
    struct fake_held held = {nn_allocmsg(size, 0), size, control};
    must(codec_seal_answer(&seal, answer, held.body, size, &size) == ERR_OK);
    if (fake_random(fake, 100) < fake->drop_percent) {
        nn_freemsg(held.body);
        nn_freemsg(held.control);
        return;
    }
    if (fake_random(fake, 100) < fake->double_percent) {
        fake_release(
            fake, (struct fake_held){fake_copy(held.body, size), size, fake_copy_control(control)});
    }
    if (fake->held_count < FAKE_HELD_MAX && fake_random(fake, 100) < fake->reorder_percent) {
        fake->held[fake->held_count++] = held;
        return;
    }
    fake_release(fake, held);
    while (fake->held_count > 0 && fake_random(fake, 3) != 0) {
        uint32_t which = fake_random(fake, fake->held_count);
        fake_release(fake, fake->held[which]);
        fake->held[which] = fake->held[--fake->held_count];
    }
}

static void fake_reject(struct fake_engine *fake, uint64_t request_id, enum code code,
                        uint64_t expected, void *control)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    reject.has_code = 1;
    reject.code = code;
    reject.has_expected_seq = expected != 0;
    reject.expected_seq = expected;
    reject.has_retry_after_ms = code == CODE_OVERLOADED;
    reject.retry_after_ms = 20;
    answer.has_request_id = 1;
    answer.request_id = request_id;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    answer.reject = &reject;
    fake_answer(fake, &answer, control);
}

/* The once-only rule. true: new and to be taken; *out_code is a refusal otherwise, NOTHING for a resend. */
static bool fake_admit(struct fake_engine *fake, uint64_t epoch, uint64_t seq, uint64_t digest,
                       enum code *out_code)
{
    if (epoch < fake->epoch) {
        *out_code = CODE_EPOCH_OLD;
        return false;
    }
    if (epoch > fake->epoch) {
        fake->epoch = epoch;
        fake->last_seq = 0;
    }
    if (seq <= fake->last_seq) {
        *out_code =
            fake->digests[seq % COUNT_OF(fake->digests)] == digest ? CODE_NOTHING : CODE_SEQ_REUSED;
        fake->resends++;
        return false;
    }
    if (seq != fake->last_seq + 1) {
        *out_code = CODE_SEQ_GAP;
        fake->gaps++;
        return false;
    }
    fake->last_seq = seq;
    fake->digests[seq % COUNT_OF(fake->digests)] = digest;
    *out_code = CODE_NOTHING;
    return true;
}

static void fake_batch(struct fake_engine *fake, const struct codec_request *got, void *control)
{
    const Gridloop__Wire__EventBatch *batch = got->request->event_batch;
    if (fake->overloaded_left > 0) {
        fake->overloaded_left--;
        fake_reject(fake, got->request_id, CODE_OVERLOADED, 0, control);
        return;
    }
    for (size_t i = 0; i < batch->n_events; i++) {
        if (fake->poison_type[0] != '\0' &&
            strcmp(batch->events[i]->type, fake->poison_type) == 0) {
            fake_reject(fake, got->request_id, CODE_MALFORMED, 0, control);
            return;
        }
    }
    enum code code = CODE_NOTHING;
    bool is_new = fake_admit(fake, batch->epoch, batch->seq, got->content_digest, &code);
    if (code != CODE_NOTHING) {
        fake_reject(fake, got->request_id, code, code == CODE_SEQ_GAP ? fake->last_seq + 1 : 0,
                    control);
        return;
    }
    static Gridloop__Wire__EventResult results[CODEC_EVENTS_MAX];
    static Gridloop__Wire__EventResult *list[CODEC_EVENTS_MAX];
    for (size_t i = 0; i < batch->n_events; i++) {
        gridloop__wire__event_result__init(&results[i]);
        results[i].has_code = 1;
        results[i].code = CODE_OPENED;
        list[i] = &results[i];
        if (is_new && batch->events[i]->id[0] == 'e') {
            fake->times_taken[strtoul(batch->events[i]->id + 1, NULL, 10) % FAKE_EVENTS_MAX]++;
        }
    }
    fake->taken += is_new ? batch->n_events : 0;
    fake->batches += is_new;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__BatchAck ack = GRIDLOOP__WIRE__BATCH_ACK__INIT;
    ack.has_epoch = ack.has_seq = ack.has_credit = 1;
    ack.epoch = batch->epoch;
    ack.seq = batch->seq;
    ack.credit = fake->credit;
    ack.n_results = batch->n_events;
    ack.results = list;
    answer.has_request_id = answer.has_now_ms = answer.has_speed = 1;
    answer.request_id = got->request_id;
    answer.now_ms = FAKE_NOW_MS;
    answer.speed = 60;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
    answer.batch_ack = &ack;
    fake_answer(fake, &answer, control);
}

static void fake_act(struct fake_engine *fake, const struct codec_request *got, void *control)
{
    const Gridloop__Wire__Act *act = got->request->act;
    enum code code = CODE_NOTHING;
    if (act->epoch != 0) {
        bool is_new = fake_admit(fake, act->epoch, act->seq, got->content_digest, &code);
        fake->acts += is_new;
    }
    if (code != CODE_NOTHING) {
        fake_reject(fake, got->request_id, code, code == CODE_SEQ_GAP ? fake->last_seq + 1 : 0,
                    control);
        return;
    }
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__ActResult result = GRIDLOOP__WIRE__ACT_RESULT__INIT;
    char case_no[] = "110108-20260303-0001";
    result.has_code = result.has_order = 1;
    result.code = CODE_DONE;
    result.order = act->order;
    result.case_no = case_no;
    answer.has_request_id = 1;
    answer.request_id = got->request_id;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
    answer.act_result = &result;
    fake_answer(fake, &answer, control);
}

static void fake_poll(struct fake_engine *fake, const struct codec_request *got, void *control)
{
    uint64_t ack = got->request->poll->ack_seq;
    fake->item_ack = ack > fake->item_ack ? ack : fake->item_ack;
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Tasks tasks = GRIDLOOP__WIRE__TASKS__INIT;
    Gridloop__Wire__Item items[8];
    Gridloop__Wire__Item *list[8];
    char title[] = "垃圾桶满溢";
    for (uint64_t seq = ack + 1; seq <= fake->told_item_seq && tasks.n_items < 8; seq++) {
        Gridloop__Wire__Item *item = &items[tasks.n_items];
        gridloop__wire__item__init(item);
        item->has_seq = item->has_kind = item->has_order = item->has_order_kind = 1;
        item->seq = seq;
        item->kind = 1;
        item->order = 100 + seq;
        item->order_kind = 1;
        item->title = title;
        list[tasks.n_items++] = item;
    }
    tasks.items = list;
    answer.has_request_id = 1;
    answer.request_id = got->request_id;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_TASKS;
    answer.tasks = &tasks;
    fake_answer(fake, &answer, control);
}

static void fake_hello(struct fake_engine *fake, const struct codec_request *got, void *control)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Welcome welcome = GRIDLOOP__WIRE__WELCOME__INIT;
    fake->hellos++;
    welcome.has_epoch = welcome.has_last_seq = welcome.has_credit = welcome.has_item_seq = 1;
    welcome.epoch = fake->epoch;
    welcome.last_seq = fake->last_seq;
    welcome.credit = fake->credit;
    welcome.item_seq = fake->item_ack;
    answer.has_request_id = 1;
    answer.request_id = got->request_id;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_WELCOME;
    answer.welcome = &welcome;
    fake_answer(fake, &answer, control);
}

/* Consumes control. */
static void fake_handle(struct fake_engine *fake, const void *bytes, size_t size, void *control)
{
    struct codec_request got;
    must(codec_open_frame(bytes, size, &fake->arena, &got) == CODE_NOTHING);
    switch ((uint32_t)got.request->kind_case) {
    case GRIDLOOP__WIRE__REQUEST__KIND_HELLO:
        fake_hello(fake, &got, control);
        return;
    case GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH:
        fake_batch(fake, &got, control);
        return;
    case GRIDLOOP__WIRE__REQUEST__KIND_ACT:
        fake_act(fake, &got, control);
        return;
    case GRIDLOOP__WIRE__REQUEST__KIND_POLL:
        fake_poll(fake, &got, control);
        return;
    default:
        fake_reject(fake, got.request_id, CODE_UNKNOWN_COMMAND, 0, control);
        return;
    }
}

static void *fake_run(void *context)
{
    struct fake_engine *fake = context;
    while (!fake->is_stopped) {
        void *body = NULL;
        void *control = NULL;
        struct nn_iovec part = {&body, NN_MSG};
        struct nn_msghdr message = {&part, 1, &control, NN_MSG};
        int size = nn_recvmsg(fake->socket, &message, 0);
        if (size < 0) {
            continue;
        }
        if (fake_random(fake, 100) < fake->drop_percent) {
            nn_freemsg(control);
        } else {
            fake_handle(fake, body, (size_t)size, control);
        }
        nn_freemsg(body);
    }
    return NULL;
}

static void fake_start(struct fake_engine *fake)
{
    const int wait_ms = 20;
    fake->arena_block = aligned_alloc(64, CODEC_ARENA_SIZE);
    must(fake->arena_block != NULL);
    codec_arena_init(&fake->arena, fake->arena_block, CODEC_ARENA_SIZE);
    fake->socket = nn_socket(AF_SP_RAW, NN_REP);
    must(fake->socket >= 0);
    const int size_max = (int)CODEC_FRAME_SIZE_MAX;
    must(nn_setsockopt(fake->socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &size_max, sizeof(size_max)) ==
         0);
    must(nn_setsockopt(fake->socket, NN_SOL_SOCKET, NN_RCVTIMEO, &wait_ms, sizeof(wait_ms)) == 0);
    must(nn_bind(fake->socket, fake->url) >= 0);
    fake->is_stopped = false;
    must(pthread_create(&fake->thread, NULL, fake_run, fake) == 0);
}

static void fake_stop(struct fake_engine *fake)
{
    fake->is_stopped = true;
    must(pthread_join(fake->thread, NULL) == 0);
    for (uint32_t i = 0; i < fake->held_count; i++) {
        nn_freemsg(fake->held[i].body);
        nn_freemsg(fake->held[i].control);
    }
    fake->held_count = 0;
    must(nn_close(fake->socket) == 0);
    free(fake->arena_block);
}

#endif

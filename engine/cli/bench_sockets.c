/* bench_sockets.c: see bench_sockets.h.
 *
 * One turn takes what waits, writes it as one group, syncs on a second thread while the next turn receives. */
#include "engine/cli/bench_sockets.h"

#include "engine/core/code.h"
#include "engine/shell/log_thread.h"
#include "engine/shell/nano.h"
#include "engine/shell/posix_disk.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITING_MAX 256u
#define ROUTE_MAX 256u

/* A frame that waits for the disk. */
struct waiting {
    uint8_t route[ROUTE_MAX];
    uint32_t route_size;
    uint64_t request_id, epoch, seq, position;
    size_t event_count;
};

struct sockets {
    uv_loop_t loop;
    uv_poll_t poll;
    uv_check_t check;
    struct nano nano;
    struct posix_disk disk;
    struct log *log;
    struct log_thread *thread;
    struct codec_arena arena;
    struct waiting waiting[WAITING_MAX];
    uint32_t first, count;
    Gridloop__Wire__EventResult result;
    Gridloop__Wire__EventResult *results[CODEC_EVENTS_MAX];
    uint8_t *answer;
};

static void answer(struct sockets *sockets, const struct waiting *row)
{
    Gridloop__Wire__Answer message = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__BatchAck ack = GRIDLOOP__WIRE__BATCH_ACK__INIT;
    const struct codec_seal seal = {.key_id = NULL};
    size_t size = 0;
    ack.has_epoch = ack.has_seq = ack.has_durable_position = 1;
    ack.epoch = row->epoch;
    ack.seq = row->seq;
    ack.durable_position = row->position;
    ack.n_results = row->event_count;
    ack.results = sockets->results;
    message.has_request_id = 1;
    message.request_id = row->request_id;
    message.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
    message.batch_ack = &ack;
    must(codec_seal_answer(&seal, &message, sockets->answer, CODEC_FRAME_SIZE_MAX, &size) ==
         ERR_OK);
    (void)nano_send(&sockets->nano, row->route, row->route_size, sockets->answer, size);
}

static void take(void *context, const void *route, uint32_t route_size, const void *frame,
                 uint64_t frame_size)
{
    struct sockets *sockets = context;
    struct codec_request request;
    must(codec_open_frame(frame, frame_size, &sockets->arena, &request) == CODE_NOTHING);
    must(request.request->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH);
    must(sockets->count < WAITING_MAX && route_size <= ROUTE_MAX);
    struct waiting *row = &sockets->waiting[(sockets->first + sockets->count++) % WAITING_MAX];
    *row = (struct waiting){.route_size = route_size,
                            .request_id = request.request_id,
                            .epoch = request.request->event_batch->epoch,
                            .seq = request.request->event_batch->seq,
                            .event_count = request.request->event_batch->n_events};
    memcpy(row->route, route, route_size);
    must(log_encode(sockets->log, 1, LOG_BATCH, frame, frame_size, NULL, 0, &row->position) ==
         ERR_OK);
}

static void on_durable(void *context, uint64_t position)
{
    struct sockets *sockets = context;
    while (sockets->count > 0 && sockets->waiting[sockets->first].position <= position) {
        answer(sockets, &sockets->waiting[sockets->first]);
        sockets->first = (sockets->first + 1) % WAITING_MAX;
        sockets->count--;
    }
}

static void on_failure(void *context, enum err err)
{
    (void)context;
    must(err == ERR_OK); /* ends this process; the bench sees that no answers come */
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct sockets *sockets = handle->loop->data;
    (void)events;
    must(status >= 0);
    (void)nano_receive(&sockets->nano, 0, take, sockets);
}

static void on_check(uv_check_t *handle)
{
    struct sockets *sockets = handle->loop->data;
    log_thread_submit(sockets->thread);
}

void bench_sockets_run(const char *url, const char *directory)
{
    static struct sockets sockets;
    static const Gridloop__Wire__EventResult result = GRIDLOOP__WIRE__EVENT_RESULT__INIT;
    const struct log_options options = log_options_default();
    const struct log_thread_events events = {on_durable, on_failure, &sockets};
    struct log_fault fault;
    uint64_t cut;
    char why[256];
    sockets.result = result;
    sockets.result.has_code = 1;
    sockets.result.code = CODE_DEDUPED;
    for (uint32_t i = 0; i < CODEC_EVENTS_MAX; i++) {
        sockets.results[i] = &sockets.result;
    }
    void *scratch = aligned_alloc(64, CODEC_ARENA_SIZE);
    sockets.answer = malloc(CODEC_FRAME_SIZE_MAX);
    must(scratch != NULL && sockets.answer != NULL);
    codec_arena_init(&sockets.arena, scratch, CODEC_ARENA_SIZE);
    must(uv_loop_init(&sockets.loop) == 0);
    sockets.loop.data = &sockets;
    nano_init(&sockets.nano);
    must(posix_disk_open(&sockets.disk, directory) == ERR_OK);
    must(log_open(&sockets.disk.disk, &options, &sockets.log, &cut, &fault) == ERR_OK);
    must(log_thread_open(&sockets.loop, sockets.log, &events, &sockets.thread) == ERR_OK);
    must(nano_listen(&sockets.nano, url, why, sizeof why) == ERR_OK);
    must(uv_poll_init(&sockets.loop, &sockets.poll, sockets.nano.listeners[0].fd) == 0);
    must(uv_poll_start(&sockets.poll, UV_READABLE, on_readable) == 0);
    must(uv_check_init(&sockets.loop, &sockets.check) == 0);
    must(uv_check_start(&sockets.check, on_check) == 0);
    (void)uv_run(&sockets.loop, UV_RUN_DEFAULT);
    _exit(0);
}

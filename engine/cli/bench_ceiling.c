/* bench_ceiling.c: see bench_ceiling.h.
 *
 * One turn takes what waits, writes it as one group, syncs on a second thread while the next turn receives. */
#include "engine/cli/bench_ceiling.h"

#include "engine/core/code.h"
#include "engine/shell/log_thread.h"
#include "engine/shell/nano.h"
#include "engine/shell/posix_disk.h"
#include "proto/codec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

struct ceiling {
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

static void answer(struct ceiling *ceiling, const struct waiting *row)
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
    ack.results = ceiling->results;
    message.has_request_id = 1;
    message.request_id = row->request_id;
    message.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK;
    message.batch_ack = &ack;
    must(codec_seal_answer(&seal, &message, ceiling->answer, CODEC_FRAME_SIZE_MAX, &size) ==
         ERR_OK);
    (void)nano_send(&ceiling->nano, row->route, row->route_size, ceiling->answer, size);
}

static void take(void *context, const void *route, uint32_t route_size, const void *frame,
                 uint64_t frame_size)
{
    struct ceiling *ceiling = context;
    struct codec_request request;
    must(codec_open_frame(frame, frame_size, &ceiling->arena, &request) == CODE_NOTHING);
    must(request.request->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH);
    must(ceiling->count < WAITING_MAX && route_size <= ROUTE_MAX);
    struct waiting *row = &ceiling->waiting[(ceiling->first + ceiling->count++) % WAITING_MAX];
    *row = (struct waiting){.route_size = route_size,
                            .request_id = request.request_id,
                            .epoch = request.request->event_batch->epoch,
                            .seq = request.request->event_batch->seq,
                            .event_count = request.request->event_batch->n_events};
    memcpy(row->route, route, route_size);
    must(log_encode(ceiling->log, 1, LOG_BATCH, frame, frame_size, NULL, 0, &row->position) ==
         ERR_OK);
}

static void on_durable(void *context, uint64_t position)
{
    struct ceiling *ceiling = context;
    while (ceiling->count > 0 && ceiling->waiting[ceiling->first].position <= position) {
        answer(ceiling, &ceiling->waiting[ceiling->first]);
        ceiling->first = (ceiling->first + 1) % WAITING_MAX;
        ceiling->count--;
    }
}

static void on_failure(void *context, enum err err)
{
    (void)context;
    must(err == ERR_OK); /* ends this process; the bench sees that no answers come */
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct ceiling *ceiling = handle->loop->data;
    (void)events;
    must(status >= 0);
    (void)nano_receive(&ceiling->nano, 0, take, ceiling);
}

static void on_check(uv_check_t *handle)
{
    struct ceiling *ceiling = handle->loop->data;
    log_thread_submit(ceiling->thread);
}

_Noreturn static void run(const char *url, const char *directory)
{
    static struct ceiling ceiling;
    static const Gridloop__Wire__EventResult result = GRIDLOOP__WIRE__EVENT_RESULT__INIT;
    const struct log_options options = log_options_default();
    const struct log_thread_events events = {on_durable, on_failure, &ceiling};
    struct log_fault fault;
    uint64_t cut;
    char why[256];
    ceiling.result = result;
    ceiling.result.has_code = 1;
    ceiling.result.code = CODE_DEDUPED;
    for (uint32_t i = 0; i < CODEC_EVENTS_MAX; i++) {
        ceiling.results[i] = &ceiling.result;
    }
    void *scratch = aligned_alloc(64, CODEC_ARENA_SIZE);
    ceiling.answer = malloc(CODEC_FRAME_SIZE_MAX);
    must(scratch != NULL && ceiling.answer != NULL);
    codec_arena_init(&ceiling.arena, scratch, CODEC_ARENA_SIZE);
    must(uv_loop_init(&ceiling.loop) == 0);
    ceiling.loop.data = &ceiling;
    nano_init(&ceiling.nano);
    must(posix_disk_open(&ceiling.disk, directory) == ERR_OK);
    must(log_open(&ceiling.disk.disk, &options, &ceiling.log, &cut, &fault) == ERR_OK);
    must(log_thread_open(&ceiling.loop, ceiling.log, &events, &ceiling.thread) == ERR_OK);
    must(nano_listen(&ceiling.nano, url, why, sizeof why) == ERR_OK);
    must(uv_poll_init(&ceiling.loop, &ceiling.poll, ceiling.nano.listeners[0].fd) == 0);
    must(uv_poll_start(&ceiling.poll, UV_READABLE, on_readable) == 0);
    must(uv_check_init(&ceiling.loop, &ceiling.check) == 0);
    must(uv_check_start(&ceiling.check, on_check) == 0);
    (void)uv_run(&ceiling.loop, UV_RUN_DEFAULT);
    _exit(0);
}

enum err bench_ceiling_start(const char *url, const char *directory, pid_t *out_pid)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        return ERR_MEMORY;
    }
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
            _exit(1);
        }
        run(url, directory);
    }
    *out_pid = pid;
    return ERR_OK;
}

/* bench_ceiling.c: see bench_ceiling.h. */
#include "engine/cli/bench_ceiling.h"

#include "engine/cli/bench_engine.h"
#include "engine/cli/bench_sockets.h"
#include "engine/core/code.h"
#include "engine/shell/compile_pair.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/loop.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What the core gives is counted on its way to the node. */
struct counted_sink {
    const struct effect_sink *to;
    uint32_t count;
};

static void pass_on(void *context, const struct effect *effect)
{
    struct counted_sink *sink = context;
    sink->count++;
    sink->to->emit(sink->to->context, effect);
}

/* The core takes batches without their events: who sent them and which number comes next remain its own. Each event is then a repeat of
 * one and the same case, as nearly all events of the ingest rows are. */
static void step_without_core(struct core *core, int64_t now_ms, const struct command *command,
                              const struct effect_sink *sink)
{
    struct counted_sink counted = {.to = sink};
    const struct effect_sink counting = {pass_on, &counted};
    struct command taken = *command;
    if (command->head->kind != COMMAND_EVENTS) {
        core_step(core, now_ms, command, sink);
        return;
    }
    taken.body.events.event_count = 0;
    taken.body.events.size = 0;
    core_step(core, now_ms, &taken, &counting);
    if (counted.count > 0) {
        return; /* refused as a whole */
    }
    struct effect effect = {.kind = EFFECT_RESULT, .at_ms = now_ms};
    effect.of.result = (struct effect_result){.principal = command->head->principal,
                                              .epoch = command->head->epoch,
                                              .seq = command->head->seq,
                                              .code = CODE_DEDUPED,
                                              .case_no = {310001, 20260303, 1}};
    for (uint32_t i = 0; i < command->body.events.event_count; i++) {
        effect.of.result.index = i;
        sink->emit(sink->context, &effect);
    }
}

_Noreturn static void run_no_core(const char *url, const char *directory, const char *city)
{
    static struct data_directory data;
    static struct data_fault fault;
    static struct compiled_pair pair;
    static struct pair_missing missing;
    static struct nano nano;
    struct frame_gate gate;
    struct problems *problems = problems_new();
    struct log_clock clock = {.mode = LOG_CLOCK_SCALED, .speed = 1};
    struct node_options options = node_options_default();
    struct node *node = NULL;
    char why[256];
    clock.start_ms = BENCH_ENGINE_START_MS;
    options.clock_mode = LOG_CLOCK_SCALED;
    options.step = step_without_core;
    must(compile_pair(city, NULL, problems, &pair, &missing) == ERR_OK);
    must(data_directory_open(&data, directory, &fault) == ERR_OK);
    must(node_open(&options, &node) == ERR_OK);
    must(node_activate(node, pair.city_bytes, pair.city_size, pair.policy_bytes,
                       pair.policy_size) == ERR_OK);
    log_clock_start(&clock, INT64_MIN);
    nano_init(&nano);
    must(frame_gate_init(&gate, node, &nano, NULL) == ERR_OK);
    must(nano_listen(&nano, url, why, sizeof why) == ERR_OK);
    const struct loop_options loop = {.node = node,
                                      .log = data.log,
                                      .clock = &clock,
                                      .nano = &nano,
                                      .gate = &gate,
                                      .disk = &data.disk.disk};
    _exit(loop_run(&loop));
}

enum err bench_ceiling_start(enum bench_ceiling kind, const char *url, const char *directory,
                             const char *city, pid_t *out_pid)
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
        if (kind == BENCH_SOCKETS) {
            bench_sockets_run(url, directory);
        }
        run_no_core(url, directory, city);
    }
    *out_pid = pid;
    return ERR_OK;
}

/* loop.c: the engine thread.
 *
 *   RUNNING --TERM--> DRAINING --idle--> SEALING --durable--> stopped
 *      |                 |                  |
 *      +----error, second TERM--------------+--> stopped at once
 *
 * A turn runs in the check phase after every poll phase; an idle handle keeps the poll phase from waiting while a turn
 * left work behind. The log thread tells durable positions in the poll phase, so a turn follows at once. */
#include "engine/shell/loop.h"

#include "engine/edge/log_expiry.h"
#include "engine/edge/snapshot_file.h"
#include "engine/edge/turn.h"
#include "engine/edge/words.h"
#include "engine/shell/log_thread.h"
#include "engine/shell/pulse.h"
#include "engine/shell/report.h"

#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <uv.h>

#define OUTPUTS_PER_TURN 4096
#define SEAL_AFTER_MS 100 /* idle that long: a seal makes the tail provable */
#define NUMBERS_EVERY_MS 60000
#define DRAIN_MS_MAX 10000 /* a drain that takes longer is given up */
#define SLEEP_MS_MAX 3600000
#define EXPIRE_EVERY_MS HOUR_MS /* old evidence goes when new comes, at most this often */

enum phase { PHASE_RUNNING, PHASE_DRAINING, PHASE_SEALING, PHASE_STOPPED };

struct loop {
    const struct loop_options *options;
    uv_loop_t uv;
    uv_poll_t sockets[NANO_LISTENERS_MAX];
    uv_check_t turn;
    uv_idle_t again; /* running while there is work left, so that the poll phase does not wait */
    uv_timer_t wake; /* node_next_wake_ms */
    uv_timer_t seal; /* SEAL_AFTER_MS after the last batch */
    uv_timer_t numbers;
    uv_timer_t drain;
    uv_signal_t signals[3];
    uv_signal_t child; /* SIGCHLD: a snapshot is written, or not */
    struct log_thread *thread;
    struct pulse pulse;
    uv_work_t writing; /* a file of evidence, on a thread of libuv's pool */
    struct node_blob blob;
    enum code blob_code;
    char blob_why[EVIDENCE_WHY_SIZE];
    bool is_writing;
    uv_work_t expiring; /* positions in the log, on a thread of libuv's pool */
    struct log_expiry expiry;
    enum err expiry_err;
    struct log_fault expiry_fault;
    bool is_expiring;
    bool has_expiry_failed; /* told once, tried again at the next start */
    int64_t expired_at_ms;  /* evidence was last looked through, log time */
    enum phase phase;
    bool is_seal_due;
    uint64_t urgent_position; /* of the last batch with life-safety requests */
    bool has_work;            /* the turn shall run again at once */
    bool is_clean;            /* everything accepted is on disk and sealed */
    uint32_t jumps_told;
    bool is_history_crowded;
    uint64_t history_crowdings; /* times it became so */
    int exit_code;
};

static void stop(struct loop *loop, int exit_code)
{
    if (loop->phase != PHASE_STOPPED) {
        loop->phase = PHASE_STOPPED;
        loop->exit_code = exit_code;
        uv_stop(&loop->uv);
    }
}

static int64_t read_clock(struct loop *loop)
{
    struct log_clock *clock = loop->options->clock;
    int64_t now_ms = log_clock_now(clock);
    if (clock->jump_count != loop->jumps_told) {
        loop->jumps_told = clock->jump_count;
        report(REPORT_WARN, "clock_jumped", "by_ms=%lld doing=slewing", (long long)clock->slew_ms);
    }
    return now_ms;
}

static void fail_log(struct loop *loop, const char *doing, enum err err)
{
    report(REPORT_ERROR, "log_failed",
           "doing=%s error=%s durable=%llu note=\"nothing after this position was acknowledged\"",
           doing, words_err_name(err),
           (unsigned long long)node_durable_position(loop->options->node));
    stop(loop, EX_IOERR);
}

/* Law 10: what a key was to be made or deleted for must not go on without. */
static bool fail_keys(struct loop *loop, enum err err)
{
    if (err == ERR_OK) {
        return false;
    }
    report(REPORT_ERROR, "keys_failed", "error=%s why=%s note=\"nothing more was acknowledged\"",
           words_err_name(err), REPORT_TEXT(key_vault_why(loop->options->keys)));
    stop(loop, EX_IOERR);
    return true;
}

/* ---- a turn ---- */

/* Appends one batch; false after an error. */
static bool append_batch(void *context, const struct node_batch *batch)
{
    struct loop *loop = context;
    uint64_t position = 0;
    const struct key_vault *keys = loop->options->keys;
    if (loop->phase == PHASE_STOPPED ||
        (keys != NULL && fail_keys(loop, key_vault_failure(keys)))) {
        return false;
    }
    enum err err = log_encode(loop->options->log, batch->time_ms, LOG_BATCH, batch->payload,
                              batch->payload_size, batch->places, batch->places_size, &position);
    if (err != ERR_OK) {
        fail_log(loop, "encode", err);
        return false;
    }
    node_appended(loop->options->node, position, batch->time_ms);
    return true;
}

static struct turn_disk look_at_disk(void *context)
{
    const struct loop *loop = context;
    return (struct turn_disk){.pending_bytes = log_pending_size(loop->options->log),
                              .awaits_segment = log_awaits_segment(loop->options->log)};
}

/* Law 8: the group that waits for the disk has a bound. The log thread's next word wakes the loop. */
static bool is_disk_behind(struct loop *loop)
{
    const struct turn_disk disk = look_at_disk(loop);
    return turn_is_disk_behind(&disk);
}

static void send_outputs(struct loop *loop)
{
    struct node_output output;
    uint32_t left = OUTPUTS_PER_TURN;
    while (left > 0 && node_next_output(loop->options->node, &output)) {
        left--;
        if (web_link_send(web_link_of(loop->options->web), &output)) {
            continue;
        }
        frame_gate_send(loop->options->gate, &output);
    }
    if (left == 0) {
        loop->has_work = true;
    }
}

static void settle(struct loop *loop)
{
    log_thread_settle(loop->thread);
    send_outputs(loop);
}

/* Between two batches only while an alarm is on its way to the disk: a group for every batch costs ingest some of its rate. */
static void settle_urgent(void *context)
{
    struct loop *loop = context;
    if (node_durable_position(loop->options->node) < loop->urgent_position) {
        settle(loop);
    }
}

static uint64_t read_ns(void *context)
{
    (void)context;
    return uv_hrtime();
}

static void append_batches(struct loop *loop, int64_t now_ms)
{
    const struct turn_host host = {.disk = look_at_disk,
                                   .append = append_batch,
                                   .settle = settle_urgent,
                                   .clock_ns = read_ns,
                                   .context = loop};
    struct turn_done done;
    if (turn_run(loop->options->node, now_ms, &host, &done) == TURN_ENDED) {
        loop->has_work = true;
    }
    loop->urgent_position =
        done.is_urgent ? node_position(loop->options->node) : loop->urgent_position;
    if (done.batches > 0 && loop->phase == PHASE_RUNNING) {
        (void)uv_timer_start(&loop->seal, loop->seal.timer_cb, SEAL_AFTER_MS, 0);
    }
}

/* A seal carries no command: it only says that everything before it is on disk. */
static void append_seal(struct loop *loop, int64_t now_ms)
{
    uint64_t position = 0;
    enum err err = log_encode(loop->options->log, now_ms, LOG_SEAL, NULL, 0, NULL, 0, &position);
    if (err != ERR_OK) {
        fail_log(loop, "seal", err);
        return;
    }
    node_sealed(loop->options->node, position, now_ms);
}

/* After SEAL_AFTER_MS without a batch; later when the last group is still being written. */
static void seal_if_quiet(struct loop *loop, int64_t now_ms)
{
    struct node *node = loop->options->node;
    if (!loop->is_seal_due || loop->phase != PHASE_RUNNING) {
        return;
    }
    loop->is_seal_due = false;
    if (log_needs_seal(loop->options->log)) {
        append_seal(loop, now_ms);
    } else if (node_durable_position(node) != node_position(node)) {
        (void)uv_timer_start(&loop->seal, loop->seal.timer_cb, SEAL_AFTER_MS, 0);
    }
}

/* Is it time to go to the next phase of stopping? */
static void advance_phase(struct loop *loop, int64_t now_ms)
{
    struct node *node = loop->options->node;
    if (loop->phase == PHASE_DRAINING && node_is_idle(node)) {
        loop->phase = PHASE_SEALING;
        if (log_needs_seal(loop->options->log)) {
            append_seal(loop, now_ms);
        }
    }
    if (loop->phase == PHASE_SEALING && node_durable_position(node) == node_position(node)) {
        loop->is_clean = true;
        stop(loop, EX_OK);
    }
}

static void arm_wake(struct loop *loop)
{
    int64_t due_ms = node_next_wake_ms(loop->options->node);
    if (due_ms == NEVER_MS || is_disk_behind(loop)) {
        (void)uv_timer_stop(&loop->wake);
        return;
    }
    int64_t wait_ms = log_clock_real_ms_until(loop->options->clock, due_ms);
    (void)uv_timer_start(&loop->wake, loop->wake.timer_cb, (uint64_t)min_i64(wait_ms, SLEEP_MS_MAX),
                         0);
}

/* True: a snapshot waits for the disk, so nothing may be appended in this turn. That takes one sync. */
static bool hold_for_snapshot(struct loop *loop)
{
    struct snapshot_child *snapshots = loop->options->snapshots;
    const struct node *node = loop->options->node;
    if (snapshots == NULL || loop->phase != PHASE_RUNNING ||
        !snapshot_child_is_due(snapshots, !log_space_is_low(loop->options->log))) {
        return false;
    }
    if (node_durable_position(node) != node_position(node)) {
        return true;
    }
    snapshot_child_start(snapshots);
    return false;
}

/* New reports wait for the history; life-safety and what ends cases does not. */
static bool is_history_crowded(struct loop *loop)
{
    bool is_crowded = history_thread_is_crowded(loop->options->history);
    if (is_crowded && !loop->is_history_crowded) {
        loop->history_crowdings++;
        report(REPORT_WARN, "history_crowded",
               "position=%llu history=%llu times=%llu doing=\"refusing new reports until it "
               "catches up\"",
               (unsigned long long)node_position(loop->options->node),
               (unsigned long long)history_thread_position(loop->options->history),
               (unsigned long long)loop->history_crowdings);
    }
    loop->is_history_crowded = is_crowded;
    return is_crowded;
}

/* ---- evidence ---- */

static void write_evidence(uv_work_t *work)
{
    struct loop *loop = work->data;
    loop->blob_code = evidence_put(loop->options->evidence, &loop->blob, loop->blob_why);
    if (loop->blob.now_ms - loop->expired_at_ms >= EXPIRE_EVERY_MS) {
        loop->expired_at_ms = loop->blob.now_ms;
        (void)evidence_expire(loop->options->evidence, loop->blob.now_ms);
    }
}

static void on_evidence(uv_work_t *work, int status)
{
    struct loop *loop = work->data;
    loop->is_writing = false;
    node_blob_done(loop->options->node, status == 0 ? loop->blob_code : CODE_OVERLOADED,
                   loop->blob_why[0] != '\0' ? loop->blob_why : NULL);
    if (loop->phase != PHASE_STOPPED) {
        (void)uv_idle_start(&loop->again, loop->again.idle_cb);
    }
}

static void start_writing(struct loop *loop)
{
    if (loop->options->evidence == NULL || loop->is_writing ||
        !node_take_blob(loop->options->node, &loop->blob)) {
        return;
    }
    loop->is_writing = true;
    loop->writing.data = loop;
    if (uv_queue_work(&loop->uv, &loop->writing, write_evidence, on_evidence) != 0) {
        on_evidence(&loop->writing, UV_ECANCELED);
    }
}

/* ---- rules ---- */

static void start_rules(struct loop *loop)
{
    struct node_rules asked;
    if (loop->options->on_rules != NULL && node_take_rules(loop->options->node, &asked)) {
        loop->options->on_rules(loop->options->context, &loop->uv, &asked);
    }
}

/* ---- positions leave the log ---- */

/* The older of the two snapshots that are kept: both would have to be lost before a start is impossible. 0: too few. */
static uint64_t find_base(const struct disk *disk)
{
    struct snapshot_list list;
    return snapshot_list(disk, &list) == ERR_OK && list.count >= SNAPSHOTS_KEPT
               ? list.positions[SNAPSHOTS_KEPT - 1]
               : 0;
}

static void expire_positions(uv_work_t *work)
{
    struct loop *loop = work->data;
    const struct log_options options = log_options_default();
    const uint64_t base = find_base(loop->options->disk);
    loop->expiry.until_position =
        base < loop->expiry.until_position ? base : loop->expiry.until_position;
    loop->expiry_err =
        log_expire(loop->options->disk, &options, &loop->expiry, &loop->expiry_fault);
}

static void on_positions(uv_work_t *work, int status)
{
    struct loop *loop = work->data;
    loop->is_expiring = false;
    if (status != 0) {
        return;
    }
    if (loop->expiry_err != ERR_OK) {
        loop->has_expiry_failed = true;
        report(REPORT_ERROR, "expiry_failed",
               "error=%s file=%s why=%s note=\"old positions stay in the log\"",
               words_err_name(loop->expiry_err), loop->expiry_fault.file,
               REPORT_TEXT(loop->expiry_fault.what));
    } else if (loop->expiry.entries > 0) {
        report(REPORT_INFO, "positions_expired", "entries=%llu position=%llu",
               (unsigned long long)loop->expiry.entries, (unsigned long long)loop->expiry.position);
    }
    loop->expiry.after_position =
        loop->expiry_err == ERR_OK ? loop->expiry.position : loop->expiry.after_position;
}

static void start_expiry(struct loop *loop)
{
    const struct loop_options *options = loop->options;
    if (options->positions_keep_ms == 0 || loop->is_expiring || loop->has_expiry_failed ||
        loop->phase != PHASE_RUNNING) {
        return;
    }
    loop->is_expiring = true;
    loop->expiry.before_ms = sub_clamped(options->clock->log_ms, options->positions_keep_ms);
    loop->expiry.until_position =
        options->history != NULL ? history_thread_position(options->history) : UINT64_MAX;
    loop->expiring.data = loop;
    if (uv_queue_work(&loop->uv, &loop->expiring, expire_positions, on_positions) != 0) {
        loop->is_expiring = false;
    }
}

static uint32_t find_shed(struct loop *loop)
{
    uint32_t reasons = log_space_is_low(loop->options->log) ? (uint32_t)NODE_SHED_DISK : 0;
    return reasons | (is_history_crowded(loop) ? (uint32_t)NODE_SHED_HISTORY : 0);
}

static void run_turn(struct loop *loop)
{
    if (loop->phase == PHASE_STOPPED) {
        return;
    }
    loop->has_work = false;
    int64_t now_ms = read_clock(loop);
    settle(loop); /* what has become durable leaves before more is decided */
    if (!hold_for_snapshot(loop)) {
        append_batches(loop, now_ms);
        seal_if_quiet(loop, now_ms);
    }
    if (loop->phase == PHASE_STOPPED) {
        return;
    }
    node_shed_reports(loop->options->node, find_shed(loop));
    start_writing(loop);
    start_rules(loop);
    log_thread_submit(loop->thread);
    send_outputs(loop);
    advance_phase(loop, now_ms);
    log_thread_submit(loop->thread);
    arm_wake(loop);
    if (loop->has_work) {
        (void)uv_idle_start(&loop->again, loop->again.idle_cb);
    } else {
        (void)uv_idle_stop(&loop->again);
    }
}

/* ---- callbacks ---- */

static void on_frame(void *context, const void *route, uint32_t route_size, const void *frame,
                     uint64_t frame_size)
{
    struct loop *loop = context;
    frame_gate_receive(loop->options->gate, route, route_size, frame, frame_size,
                       loop->options->clock->log_ms);
}

/* From the web thread, which has proven who asks. */
static void on_web_frame(void *context, const void *route, uint32_t route_size, const void *frame,
                         uint64_t frame_size)
{
    struct loop *loop = context;
    node_receive(loop->options->node, route, route_size, frame, frame_size,
                 loop->options->clock->log_ms);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct loop *loop = handle->loop->data;
    (void)events;
    if (status < 0) {
        report(REPORT_ERROR, "socket_failed", "error=%s", uv_err_name(status));
        stop(loop, EX_OSERR);
        return;
    }
    (void)read_clock(loop);
    if (nano_receive(loop->options->nano, (uint32_t)(handle - loop->sockets), on_frame, loop)) {
        (void)uv_idle_start(&loop->again, loop->again.idle_cb);
    }
}

static void on_check(uv_check_t *handle)
{
    run_turn(handle->loop->data);
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle; /* its being active makes the poll phase return at once */
}

/* Timers run before the poll phase: keep that from waiting, so that the turn follows. */
static void on_wake(uv_timer_t *handle)
{
    struct loop *loop = handle->loop->data;
    (void)uv_idle_start(&loop->again, on_idle);
}

static void on_seal(uv_timer_t *handle)
{
    struct loop *loop = handle->loop->data;
    loop->is_seal_due = true;
    (void)uv_idle_start(&loop->again, on_idle);
}

static void on_durable(void *context, uint64_t position)
{
    struct loop *loop = context;
    if (loop->options->keys != NULL &&
        fail_keys(loop, key_vault_durable(loop->options->keys, position))) {
        return; /* an erasure is answered when its key is gone */
    }
    node_durable(loop->options->node, position);
    history_thread_durable(loop->options->history, position);
    web_link_durable(web_link_of(loop->options->web), position);
}

static void on_failure(void *context, enum err err)
{
    fail_log(context, "write", err);
}

static void on_numbers(uv_timer_t *handle)
{
    struct loop *loop = handle->loop->data;
    struct node_counts edge = node_counts_now(loop->options->node);
    const struct core_counts *core = core_counts_now(node_core(loop->options->node));
    if (loop->options->keys != NULL &&
        fail_keys(loop, key_vault_tidy(loop->options->keys,
                                       node_durable_position(loop->options->node)))) {
        return;
    }
    if (loop->options->keys != NULL && !key_vault_is_cut(loop->options->keys)) {
        report(REPORT_WARN, "keys_read",
               "note=\"another process reads keys.db: keys that were deleted stand in it until it "
               "lets go\"");
    }
    start_expiry(loop);
    report(REPORT_INFO, "numbers",
           "position=%llu history=%llu open=%llu events=%llu opened=%llu merged=%llu closed=%llu "
           "frames=%llu queued=%llu polls=%llu refused=%llu overloaded=%llu history_crowded=%llu",
           (unsigned long long)node_position(loop->options->node),
           (unsigned long long)(loop->options->history != NULL
                                    ? history_thread_position(loop->options->history)
                                    : 0),
           (unsigned long long)core->open_now, (unsigned long long)core->events,
           (unsigned long long)core->opened, (unsigned long long)core->merged,
           (unsigned long long)core->closed, (unsigned long long)edge.frames,
           (unsigned long long)edge.queued, (unsigned long long)edge.polls_held,
           (unsigned long long)(edge.refused + edge.malformed + edge.unknown_identity +
                                edge.rate_refused),
           (unsigned long long)edge.overloaded, (unsigned long long)loop->history_crowdings);
}

static void on_child(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->loop->data;
    (void)number;
    snapshot_child_reap(loop->options->snapshots);
}

static void on_drain_late(uv_timer_t *handle)
{
    report(REPORT_WARN, "drain_given_up", "after_ms=%d", DRAIN_MS_MAX);
    stop(handle->loop->data, EX_OK);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->loop->data;
    if (number == SIGHUP) {
        if (loop->options->on_reload != NULL) {
            loop->options->on_reload(loop->options->context, &loop->uv);
        }
        return;
    }
    if (loop->phase != PHASE_RUNNING) {
        report(REPORT_WARN, "stopping_now", "note=\"second signal\"");
        stop(loop, EX_OK);
        return;
    }
    report(REPORT_INFO, "draining", "signal=%d", number);
    loop->phase = PHASE_DRAINING;
    pulse_say_stopping(&loop->pulse);
    node_stop_intake(loop->options->node);
    (void)uv_timer_start(&loop->drain, on_drain_late, DRAIN_MS_MAX, 0);
}

/* ---- life ---- */

static void open_handles(struct loop *loop)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP};
    must(uv_check_init(&loop->uv, &loop->turn) == 0);
    must(uv_check_start(&loop->turn, on_check) == 0);
    must(uv_idle_init(&loop->uv, &loop->again) == 0);
    loop->again.idle_cb = on_idle;
    must(uv_idle_start(&loop->again, on_idle) == 0);
    must(uv_timer_init(&loop->uv, &loop->wake) == 0);
    loop->wake.timer_cb = on_wake;
    must(uv_timer_init(&loop->uv, &loop->seal) == 0);
    loop->seal.timer_cb = on_seal;
    must(uv_timer_init(&loop->uv, &loop->drain) == 0);
    must(uv_timer_init(&loop->uv, &loop->numbers) == 0);
    must(uv_timer_start(&loop->numbers, on_numbers, NUMBERS_EVERY_MS, NUMBERS_EVERY_MS) == 0);
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        must(uv_signal_init(&loop->uv, &loop->signals[i]) == 0);
        must(uv_signal_start(&loop->signals[i], on_signal, SIGNALS[i]) == 0);
    }
    must(uv_signal_init(&loop->uv, &loop->child) == 0);
    if (loop->options->snapshots != NULL) {
        must(uv_signal_start(&loop->child, on_child, SIGCHLD) == 0);
    }
}

/* ERR_IO when the system refuses a descriptor or a thread. */
static enum err start(struct loop *loop)
{
    const struct loop_options *options = loop->options;
    for (uint32_t i = 0; i < options->nano->count; i++) {
        if (uv_poll_init(&loop->uv, &loop->sockets[i], options->nano->listeners[i].fd) != 0 ||
            uv_poll_start(&loop->sockets[i], UV_READABLE, on_readable) != 0) {
            return ERR_IO;
        }
    }
    struct log_thread_events events = {on_durable, on_failure, loop};
    enum err err = log_thread_open(&loop->uv, options->log, &events, &loop->thread);
    if (err == ERR_OK) {
        web_link_start(web_link_of(options->web), &loop->uv, on_web_frame, loop);
        start_expiry(loop);
        pulse_start(&loop->pulse, &loop->uv, options->gate, options->log, loop->thread,
                    options->notify);
    }
    return err;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

int loop_run(const struct loop_options *options)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL || uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return EX_OSERR;
    }
    loop->options = options;
    loop->uv.data = loop;
    open_handles(loop);
    enum err err = start(loop);
    if (err == ERR_OK) {
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
        node_set_gauges(options->node, (struct node_gauge_source){NULL, NULL});
        log_thread_close(loop->thread, NULL);
        web_stop(options->web);
        history_thread_finish(options->history); /* then the last snapshot knows what it needs */
        if (loop->is_clean && options->snapshots != NULL) {
            snapshot_child_finish(options->snapshots, !log_space_is_low(options->log));
        }
    } else {
        report(REPORT_ERROR, "start_failed", "error=%s", words_err_name(err));
        loop->exit_code = EX_OSERR;
    }
    uv_walk(&loop->uv, close_handle, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    must(uv_loop_close(&loop->uv) == 0);
    int exit_code = loop->exit_code;
    free(loop);
    return exit_code;
}

/* pulse.c: one timer. It runs on the engine thread, so a watchdog that hears nothing knows that this thread hangs. */
#include "engine/shell/pulse.h"

#include "engine/shell/report.h"

#include <stdio.h>
#include <unistd.h>

#define PULSE_MS 1000

/* Pages of /proc/self/statm's second number; 0 where there is no such file. */
static uint64_t resident_bytes(void)
{
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%llu %llu", &size, &resident) != 2) {
        resident = 0;
    }
    (void)fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void read_gauges(void *context, struct node_gauges *out_gauges)
{
    struct pulse *pulse = context;
    struct log_times times = log_thread_times(pulse->thread);
    *out_gauges = (struct node_gauges){.uptime_ms = uv_hrtime() / 1000000 - pulse->began_ms,
                                       .memory_bytes = resident_bytes(),
                                       .pending_bytes = log_pending_size(pulse->log),
                                       .syncs = times.groups,
                                       .sync_us = times.total_us,
                                       .sync_p50_us = log_times_quantile_us(&times, 500),
                                       .sync_p99_us = log_times_quantile_us(&times, 990),
                                       .sync_max_us = times.max_us};
    if (pulse->gate->seals != NULL) {
        out_gauges->has_seals = true;
        out_gauges->seals = seals_counts_now(pulse->gate->seals);
    }
}

static void on_pulse(uv_timer_t *timer)
{
    struct pulse *pulse = timer->data;
    log_thread_look_up_space(pulse->thread);
    bool is_low = log_space_is_low(pulse->log);
    if (is_low != pulse->was_low) {
        pulse->was_low = is_low;
        report(is_low ? REPORT_WARN : REPORT_INFO, is_low ? "disk_nearly_full" : "disk_has_room",
               is_low ? "doing=\"refusing new reports; open cases are worked on\""
                      : "doing=\"taking reports again\"");
    }
    if (pulse->notify != NULL && pulse->notify->watchdog_ms > 0) {
        service_notify_say(pulse->notify, "WATCHDOG=1\n");
    }
}

void pulse_start(struct pulse *pulse, uv_loop_t *uv, const struct frame_gate *gate, struct log *log,
                 struct log_thread *thread, const struct service_notify *notify)
{
    *pulse = (struct pulse){.gate = gate,
                            .log = log,
                            .thread = thread,
                            .notify = notify,
                            .began_ms = uv_hrtime() / 1000000};
    must(uv_timer_init(uv, &pulse->timer) == 0);
    pulse->timer.data = pulse;
    uint64_t every_ms = PULSE_MS;
    if (notify != NULL && notify->watchdog_ms > 0 && notify->watchdog_ms / 2 < PULSE_MS) {
        every_ms = notify->watchdog_ms >= 2 ? (uint64_t)notify->watchdog_ms / 2 : 1;
    }
    must(uv_timer_start(&pulse->timer, on_pulse, 0, every_ms) == 0);
    node_set_gauges(gate->node, (struct node_gauge_source){read_gauges, pulse});
    if (notify != NULL) {
        service_notify_say(notify, "READY=1\nSTATUS=running\n");
    }
}

void pulse_say_stopping(const struct pulse *pulse)
{
    if (pulse->notify != NULL) {
        service_notify_say(pulse->notify, "STOPPING=1\nSTATUS=finishing what was accepted\n");
    }
}

/* counters.c: names every number of the node, the core and, where somebody gives them, the process around. */
#include "engine/edge/counters.h"

#include "engine/edge/node_state.h"
#include "engine/edge/words.h"

#include <stdarg.h>
#include <stdio.h>

struct list {
    struct counter *rows;
    uint32_t count;
};

__attribute__((format(printf, 3, 4))) static void put(struct list *list, double value,
                                                      const char *format, ...)
{
    must(list->count < COUNTERS_MAX);
    struct counter *row = &list->rows[list->count++];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(row->name, sizeof row->name, format, arguments);
    va_end(arguments);
    must(size > 0 && (uint32_t)size < COUNTER_NAME_SIZE);
    row->value = value;
}

static void put_codes(struct list *list, const char *name, const uint64_t counts[CODE_LIMIT])
{
    for (uint32_t code = 0; code < CODE_LIMIT; code++) {
        if (counts[code] > 0) {
            put(list, (double)counts[code], "%s{code=\"%s\"}", name, words_code_name(code));
        }
    }
}

static void put_queues(struct list *list, const struct node *node)
{
    static const char *const LANES[LANE_COUNT] = {"life_safety", "drain", "report", "telemetry"};
    for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
        put(list, node->lanes.queues[lane].count, "gridloop_queue_requests{lane=\"%s\"}",
            LANES[lane]);
    }
    put(list, node->lanes.limit_per_lane, "gridloop_queue_requests_max");
    put(list, (double)node->lanes.bytes, "gridloop_queue_bytes");
    put(list, (double)node->lanes.bytes_limit, "gridloop_queue_bytes_max");
    put(list, node->outputs.count, "gridloop_answers_waiting");
    put(list, (double)node->outputs.used, "gridloop_answers_waiting_bytes");
    put(list, node_pressure(node), "gridloop_pressure_level");
    put(list, node_credit(node), "gridloop_credit_batches");
    put(list, (node->shed & NODE_SHED_DISK) != 0, "gridloop_shedding{reason=\"disk\"}");
    put(list, (node->shed & NODE_SHED_HISTORY) != 0, "gridloop_shedding{reason=\"history\"}");
}

/* Identities that have sent anything since the start. */
static uint32_t count_active(const struct sessions *sessions)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sessions->count; i++) {
        count += sessions->rows[i].kind != SESSION_NONE && sessions->rows[i].tokens >= 0;
    }
    return count;
}

static void put_traffic(struct list *list, const struct node *node)
{
    struct node_counts counts = node_counts_now(node);
    put(list, count_active(&node->sessions), "gridloop_sessions");
    put(list, (double)counts.polls_held, "gridloop_polls_held");
    put(list, (double)counts.frames, "gridloop_frames_total");
    put(list, (double)counts.answers, "gridloop_answers_total");
    put(list, (double)counts.outputs_dropped, "gridloop_answers_dropped_total");
    put(list, (double)counts.batches, "gridloop_log_batches_total");
    put(list, (double)counts.commands, "gridloop_log_commands_total");
    put(list, (double)counts.resends, "gridloop_resends_total");
    put(list, (double)counts.cuts, "gridloop_cuts_total");
    put_codes(list, "gridloop_results_total", counts.results);
    put_codes(list, "gridloop_rejects_total", counts.rejects);
}

/* What is held back now, or will be. */
static void put_silences(struct list *list, const struct core *core)
{
    struct silence_row row;
    uint32_t slot = 0;
    uint32_t count = 0;
    while (core_next_silence(core, &slot, &row)) {
        count++;
    }
    put(list, (double)count, "gridloop_silences");
}

/* The core counts since the log began; a restart does not change these. */
static void put_core(struct list *list, const struct core_counts *core)
{
    put(list, (double)core->events, "gridloop_events_total");
    put(list, (double)core->open_now, "gridloop_cases_open");
    put(list, (double)core->cases_opened, "gridloop_cases_opened_total");
    put(list, (double)(core->closed + core->voided + core->forced_closed),
        "gridloop_cases_ended_total");
    put(list, (double)core->reopenings, "gridloop_cases_reopened_total");
    put(list, (double)core->offers, "gridloop_offers_total");
    put(list, (double)core->accepted, "gridloop_accepts_total");
    put(list, (double)core->declined, "gridloop_declines_total");
    put(list, (double)core->expired, "gridloop_offers_expired_total");
    put(list, (double)core->nobody, "gridloop_offers_nobody_total");
    put(list, (double)core->clocks_missed, "gridloop_clocks_missed_total");
    put(list, (double)core->escalations, "gridloop_escalations_total");
}

static void put_keys(struct list *list, const struct core *core)
{
    struct key_row row;
    uint32_t slot = 0, good = 0, revoked = 0;
    while (core_next_key(core, &slot, &row)) {
        good += row.revoked_at_ms == NEVER_MS;
        revoked += row.revoked_at_ms != NEVER_MS;
    }
    put(list, good, "gridloop_keys{state=\"good\"}");
    put(list, revoked, "gridloop_keys{state=\"revoked\"}");
}

/* Sealed frames: what comes in vain is counted here and nowhere else. */
static void put_seals(struct list *list, const struct seals_counts *seals)
{
    put(list, seals->sessions, "gridloop_seal_sessions");
    put(list, seals->half_open, "gridloop_seal_sessions_half_open");
    put(list, (double)seals->opened, "gridloop_seal_sessions_opened_total");
    put(list, (double)seals->evicted, "gridloop_seal_sessions_evicted_total");
    put(list, (double)seals->hellos, "gridloop_seal_hellos_total");
    put(list, (double)seals->proofs, "gridloop_seal_proofs_total");
    put(list, (double)seals->refused, "gridloop_seal_proofs_refused_total");
    put(list, (double)seals->dropped, "gridloop_seal_frames_dropped_total");
    put(list, (double)seals->unknown, "gridloop_seal_frames_unknown_session_total");
}

static void put_process(struct list *list, const struct node *node)
{
    struct node_gauges gauges = {.memory_bytes = 0};
    put(list, (double)node->position, "gridloop_log_position");
    put(list, (double)node->durable, "gridloop_log_durable_position");
    if (node->gauges.read == NULL) {
        return;
    }
    node->gauges.read(node->gauges.context, &gauges);
    put(list, (double)gauges.uptime_ms / 1e3, "gridloop_uptime_seconds");
    put(list, (double)gauges.memory_bytes, "gridloop_memory_resident_bytes");
    put(list, (double)gauges.pending_bytes, "gridloop_log_pending_bytes");
    put(list, (double)gauges.sync_p50_us / 1e6, "gridloop_log_sync_seconds{quantile=\"0.5\"}");
    put(list, (double)gauges.sync_p99_us / 1e6, "gridloop_log_sync_seconds{quantile=\"0.99\"}");
    put(list, (double)gauges.sync_us / 1e6, "gridloop_log_sync_seconds_sum");
    put(list, (double)gauges.syncs, "gridloop_log_sync_seconds_count");
    put(list, (double)gauges.sync_max_us / 1e6, "gridloop_log_sync_seconds_max");
    if (gauges.has_seals) {
        put_seals(list, &gauges.seals);
    }
}

uint32_t counters_read(const struct node *node, struct counter out[COUNTERS_MAX])
{
    struct list list = {.rows = out};
    put_process(&list, node);
    put_queues(&list, node);
    put_traffic(&list, node);
    put_core(&list, core_counts_now(node->core));
    put_silences(&list, node->core);
    put_keys(&list, node->core);
    return list.count;
}

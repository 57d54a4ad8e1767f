/* node_load.c: what a node does when more comes in than it can carry: pressure, credit, violators, the newest sample of a
 * device, what is refused early and the reason given.
 *
 *   pressure  frames waiting    answers or a lane   credit of an identity   telemetry
 *      0      < 4 batches                           all                     all of it
 *      1      >= 4 batches      or 1/8 full         half                    newest of each device
 *      2      >= 16 batches     or 1/4 full         a quarter               newest of each device
 *      3      >= 64 batches     or 1/2 full         one                     newest of each device
 *
 * Credit is told in every ack. Sending against a lowered credit is answered OVERLOADED; sending past the full credit again
 * and again is a violation, and the sender is cut off for a while: nobody obeys a rule that costs nothing to break. */
#include "engine/edge/node_state.h"

#define PRESSURE_MAX 3u
#define VIOLATIONS_MAX 16u             /* ... of the full credit within */
#define VIOLATIONS_MS (10 * SECOND_MS) /* ... this time cut an identity off (real ms) */
#define CUT_MS (5 * SECOND_MS)         /* ... for so long (real ms) */
#define RETRY_MS INT64_C(250)          /* real ms to wait; doubled with each level of pressure */
#define RETRY_SHED_MS (5 * SECOND_MS)  /* ... while reports are shed as a whole */

/* 1/8, 1/4, 1/2: 1, 2, 3. */
static uint32_t level_of_share(uint64_t used, uint64_t limit)
{
    return used >= limit / 2 ? 3 : used >= limit / 4 ? 2 : used >= limit / 8 ? 1 : 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

uint32_t node_pressure(const struct node *node)
{
    const struct lanes *lanes = &node->lanes;
    uint64_t batches = lanes->bytes / node->options.edge.batch_bytes;
    uint32_t level = batches >= 64 ? 3 : batches >= 16 ? 2 : batches >= 4 ? 1 : 0;
    level = larger(level, level_of_share(lanes->bytes, lanes->bytes_limit));
    for (uint32_t lane = 0; lane < LANE_COUNT; lane++) {
        level = larger(level, level_of_share(lanes->queues[lane].count, lanes->limit_per_lane));
    }
    level = larger(level, level_of_share(node->outputs.count, node->outputs.limit));
    level = larger(level, level_of_share(node->outputs.used, node->outputs.capacity));
    must(level <= PRESSURE_MAX);
    return level;
}

uint32_t node_credit(const struct node *node)
{
    uint32_t credit = node->options.edge.credit >> node_pressure(node);
    return credit > 0 ? credit : 1;
}

int64_t node_retry_ms(const struct node *node)
{
    return RETRY_MS << node_pressure(node);
}

/* ---- violators ---- */

bool node_is_cut(const struct node *node, const struct session *session, int64_t *out_retry_ms)
{
    if (node->now_ms >= session->cut_until_ms) {
        return false;
    }
    *out_retry_ms = (session->cut_until_ms - node->now_ms) / node->options.speed + 1;
    return true;
}

void node_note_violation(struct node *node, struct session *session)
{
    int64_t window_ms = VIOLATIONS_MS * node->options.speed;
    if (session->violations == 0 || node->now_ms - session->violations_from_ms >= window_ms) {
        session->violations = 0;
        session->violations_from_ms = node->now_ms;
    }
    if (++session->violations >= VIOLATIONS_MAX) {
        session->violations = 0;
        session->cut_until_ms = add_clamped(node->now_ms, CUT_MS * node->options.speed);
        node->counts.cuts++;
    }
}

/* ---- telemetry ---- */

static struct hash128 text_hash(const char *text)
{
    return facts_hash(text, strlen(text));
}

void node_coalesce(struct node *node, uint32_t row, const Gridloop__Wire__EventBatch *batch)
{
    const struct request *request = lanes_at(&node->lanes, row);
    const struct session *session = sessions_at(&node->sessions, request->session);
    bool is_pressed = node_pressure(node) > 0;
    for (size_t i = 0; i < batch->n_events; i++) {
        const Gridloop__Wire__Event *event = batch->events[i];
        if (event->device == NULL || event->device[0] == '\0' || event->type == NULL) {
            continue; /* nobody knows what it would replace */
        }
        struct latest_sample sample = {
            .key = hash128_join(hash128_join(session->principal, text_hash(event->device)),
                                text_hash(event->type)),
            .ticket = request->ticket,
            .at_ms = event->has_at_ms && event->at_ms != 0 ? event->at_ms : request->received_at_ms,
            .row = row,
            .event = (uint32_t)i};
        if (latest_note(&node->latest, &node->lanes, &sample, is_pressed)) {
            node->counts.coalesced++;
        }
    }
}

/* ---- refusals ---- */

void node_refuse_load(struct node *node, struct node_reply reply)
{
    struct node_refusal refusal = {.code = CODE_OVERLOADED, .retry_after_ms = node_retry_ms(node)};
    if (node->is_stopping) {
        refusal.hint = "the engine is stopping; it will take this when it is back";
        refusal.retry_after_ms = RETRY_SHED_MS;
    } else if ((node->shed & NODE_SHED_DISK) != 0) {
        refusal.hint = "the disk is nearly full: only life-safety events and work on open cases "
                       "are taken; free "
                       "space on the engine's disk";
        refusal.retry_after_ms = RETRY_SHED_MS;
    } else if ((node->shed & NODE_SHED_HISTORY) != 0) {
        refusal.hint =
            "the history is behind: only life-safety events and work on open cases are taken";
        refusal.retry_after_ms = RETRY_SHED_MS;
    }
    node->counts.overloaded++;
    node_answer_refusal(node, reply, &refusal);
}

void node_set_gauges(struct node *node, struct node_gauge_source source)
{
    node->gauges = source;
}

void node_shed_reports(struct node *node, uint32_t reasons)
{
    node->shed = reasons;
}

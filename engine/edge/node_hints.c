/* node_hints.c: what the answer to an event says besides its code: what it was refused for, why no rule took it, what held it back.
 *
 * Worked out anew from the frame, so that a resend is told the same. What held an event back, and how much a rule had of what it
 * needs, is known only when it is decided: kept for the last of them, in memory, and after a restart known again of those that the
 * log's tail gave back. */
#include "engine/core/life.h"
#include "engine/edge/hint_limits.h"
#include "engine/edge/hints.h"
#include "engine/edge/labels.h"
#include "engine/edge/node_state.h"
#include "engine/edge/words.h"

void node_note_firing(struct node *node, const struct effect_firing *firing)
{
    struct node_held *held = &node->held_now;
    const bool is_held = firing->code == CODE_SUPPRESSED && firing->reason_count > 0;
    const bool is_settled = held->code != CODE_NOTHING && held->code != CODE_WINDOW_FULL;
    if (is_settled ||
        (!is_held && firing->code != CODE_WAITING && firing->code != CODE_WINDOW_FULL)) {
        return;
    }
    *held = (struct node_held){.rule = firing->rule,
                               .code = firing->code,
                               .have = firing->have,
                               .need = firing->need,
                               .count = firing->reason_count};
    if (is_held) {
        held->first = firing->reasons[0];
    }
}

void node_keep_held(struct node *node, const struct command_head *head)
{
    for (uint32_t i = 0; i < node->result_count && head->epoch != 0; i++) {
        const struct node_held *held = &node->held[i];
        if (held->code != CODE_NOTHING && held->code == node->results[i].code) {
            struct node_kept *kept = &node->kept[node->kept_count++ % NODE_KEPT_MAX];
            *kept = (struct node_kept){
                .principal = head->principal, .epoch = head->epoch, .seq = head->seq, .index = i};
            kept->held = *held;
        }
    }
}

/* What was noted of an event when it was decided; NULL when nobody knows any more. */
static const struct node_held *find_held(const struct node *node, const struct request *request,
                                         uint32_t index)
{
    const uint32_t count = node->kept_count < NODE_KEPT_MAX ? node->kept_count : NODE_KEPT_MAX;
    if (node->has_held) {
        return &node->held[index];
    }
    const struct hash128 principal = node->sessions.rows[request->session].principal;
    for (uint32_t i = 0; i < count && request->epoch != 0; i++) {
        const struct node_kept *kept = &node->kept[i];
        if (kept->seq == request->seq && kept->epoch == request->epoch && kept->index == index &&
            hash128_is_equal(kept->principal, principal)) {
            return &kept->held;
        }
    }
    return NULL;
}

/* "silence 3", "case 110108-20260303-0001", "a silenced firing of rule.id", "rule.id has 2 of 3". */
static void put_held(const struct node *node, const struct node_held *held, struct text *text)
{
    char number[WORDS_CASE_NO_SIZE];
    const struct suppress_reason *first = &held->first;
    const struct policy *policy = core_policy(node->core);
    if (held->code == CODE_WAITING) {
        text_put(text, "rule ");
        (void)labels_put_rule(text, policy, held->rule < policy->rule_count ? held->rule : NONE32);
        text_format(text, " has %u of %u", held->have, held->need);
        return;
    }
    if (first->silence != 0) {
        text_format(text, "silence %llu", (unsigned long long)first->silence);
    } else if (!case_no_is_none(first->case_no)) {
        text_format(text, "case %s", words_case_no(first->case_no, number));
    } else {
        text_put(text, "a silenced firing of ");
        (void)labels_put_rule(text, policy,
                              first->rule < policy->rule_count ? first->rule : NONE32);
    }
    if (held->count > 1) {
        text_format(text, " and %u more", held->count - 1);
    }
}

/* The events of the request, decoded again from its frame, once for an answer. */
static void read_events(struct node *node, const struct request *request, struct node_asked *asked)
{
    asked->is_read = true;
    if (request->frame == NULL || codec_open_frame(request->frame, request->frame_size,
                                                   &node->arena, &asked->opened) != CODE_NOTHING) {
        return;
    }
    const Gridloop__Wire__Request *wire = asked->opened.request;
    if (wire->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH) {
        asked->count = (uint32_t)wire->event_batch->n_events;
        asked->events = wire->event_batch->events;
    } else if (wire->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_REPORT) {
        asked->count = 1;
        asked->events = &wire->report->event;
    }
}

static void put_event(struct node *node, const struct request *request, struct node_asked *asked,
                      uint32_t index, enum code code, char *out)
{
    struct node_sent_event sent;
    const struct session *session = &node->sessions.rows[request->session];
    if (!asked->is_read) {
        read_events(node, request, asked);
    }
    if (index >= asked->count || node->facts == NULL) {
        return;
    }
    node_resolve_event(node, request, asked->opened.key_id, asked->events[index], index,
                       (struct hash128){0, 0}, &sent);
    const struct hint_ask ask = {.city = core_city(node->core),
                                 .policy = core_policy(node->core),
                                 .facts = node->facts,
                                 .event = &sent.event,
                                 .record = node->record,
                                 .now_ms = node->last_time_ms,
                                 .gateway =
                                     session->kind == SESSION_GATEWAY ? session->row : NONE32,
                                 .code = code};
    (void)hints_put(&ask, out);
}

const char *node_hint(struct node *node, const struct request *request, struct node_asked *asked,
                      uint32_t index, const struct effect_result *result, char *out)
{
    struct text text;
    text_init(&text, out, HINT_SIZE);
    if (result->code == CODE_SUPPRESSED || result->code == CODE_WAITING) {
        const struct node_held *held = find_held(node, request, index);
        if (held != NULL && held->code == result->code) {
            put_held(node, held, &text);
        }
        return out;
    }
    if (result->code == CODE_TABLE_FULL || result->code == CODE_WINDOW_FULL ||
        result->code == CODE_TOO_MANY_EVENTS) {
        const struct node_held *held = find_held(node, request, index);
        const bool is_known = held != NULL && held->code == result->code;
        const struct hint_limit limit = {.core = node->core,
                                         .code = result->code,
                                         .action = ACTION_NONE,
                                         .rule = is_known ? held->rule : NONE32};
        hint_limits_put(&text, &limit);
    }
    if (out[0] == '\0' && result->code == CODE_DEDUPED && case_no_is_none(result->case_no)) {
        text_put(&text, "the same was counted before, and it made no case");
        return out;
    }
    if (out[0] == '\0' && (result->code == CODE_NO_RULE || words_code_is_refusal(result->code))) {
        put_event(node, request, asked, index, (enum code)result->code, out);
        if (out[0] == '\0' && words_code_is_refusal(result->code)) {
            text_put(&text, words_code(result->code, LANG_EN));
        }
    }
    return out;
}

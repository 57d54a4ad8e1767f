/* absences.c: see absences.h. */
#include "engine/core/absences.h"

#include "engine/core/cases.h"
#include "engine/core/firing.h"
#include "engine/core/flow.h"
#include "engine/core/keys.h"
#include "engine/core/rehome.h"
#include "engine/core/waits.h"
#include "engine/core/window_rows.h"

static bool is_captured(const struct policy *policy, const struct policy_rule *rule, uint32_t field)
{
    for (uint32_t i = 0; i < rule->captures.count; i++) {
        if (policy->keys[rule->captures.first + i] == field) {
            return true;
        }
    }
    return false;
}

/* Texts of the fields that the case captures, or of the others, as far as there is room. */
static void keep_texts(struct core *core, const struct policy_rule *rule, const struct event *event,
                       bool of_captured, struct wait_row *row)
{
    for (uint32_t i = 0; i < row->field_count; i++) {
        const struct event_field *from = &event->fields[i];
        struct event_field *to = &row->fields[i];
        if (from->kind != (uint8_t)FIELD_STRING || from->size > WAIT_TEXT_SIZE - row->text_used ||
            is_captured(state_policy(core), rule, from->field) != of_captured) {
            continue;
        }
        to->size = from->size;
        to->text_offset = row->text_used;
        memcpy(row->text + row->text_used, event->text + from->text_offset, from->size);
        row->text_used += from->size;
    }
}

static void keep(struct core *core, const struct policy_rule *rule, const struct event *event,
                 struct intake_source source, struct wait_row *row)
{
    const struct event_head *head = event->head;
    row->event_id = head->id;
    row->event_at_ms = head->event_at_ms;
    row->since_ms = core->now_ms;
    row->place = head->place;
    row->type = head->type;
    row->device = head->device;
    row->cell = head->cell;
    row->asset = head->asset;
    row->zone = head->zone;
    row->gateway = source.gateway;
    row->worker = source.worker;
    row->flags = head->flags & (uint16_t)(EVENT_BY_PERSON | EVENT_IS_DRILL);
    row->area_count = head->area_count;
    memcpy(row->areas, head->areas, sizeof row->areas);
    row->field_count = head->field_count;
    for (uint32_t i = 0; i < row->field_count; i++) {
        row->fields[i] = event->fields[i];
        row->fields[i].size = 0;
        row->fields[i].text_offset = 0;
    }
    keep_texts(core, rule, event, true, row);
    keep_texts(core, rule, event, false, row);
}

void absences_take(struct core *core, uint32_t rule_row, const struct event *event,
                   struct intake_source source, struct correlated *out)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = &policy->rules[rule_row];
    const struct policy_window *window = &policy->windows[rule->window];
    out->outcome = CORRELATION_WAITING;
    out->have = out->need = out->severity = 0;
    out->slot = NONE32;
    out->case_no = (struct case_no){0, 0, 0};
    out->event = *event;
    if (!keys_are_in(policy, window->by, event)) {
        out->outcome = CORRELATION_BY_MISSING;
        return;
    }
    out->need = (uint32_t)((window->within_ms + SECOND_MS - 1) / SECOND_MS);
    const struct hash128 key =
        keys_of(core, window_rows_base(core, rule->window), window->by, NONE32, event);
    const uint32_t known = window_rows_find(core, key);
    if (known != NONE32) {
        const struct wait_row *row = &core->waits.rows[core->windows.rows[known].wait - 1];
        out->have = (uint32_t)((core->now_ms - row->since_ms) / SECOND_MS);
        return;
    }
    const uint32_t slot = window_rows_take(core, rule->window, key);
    const uint32_t wait = slot == NONE32 ? NONE32 : window_rows_wait(core, slot);
    if (wait == NONE32) {
        if (slot != NONE32) {
            window_rows_drop(core, slot);
        }
        out->outcome = CORRELATION_FULL;
        out->need = 0;
        return;
    }
    struct wait_row *row = &core->waits.rows[wait];
    keep(core, rule, event, source, row);
    core->windows.rows[slot].newest_ms = event->head->event_at_ms;
    timers_arm(&core->timers, wait_timer_id(core, wait),
               add_clamped(core->now_ms, window->within_ms));
}

/* The limit has run out: the rule fires on what it kept. Without room for a case it is tried again. */
void absences_timer(struct core *core, uint32_t slot)
{
    const struct wait_row row = core->waits.rows[slot];
    must(row.is_used != 0);
    const struct policy *policy = state_policy(core);
    const struct policy_window *window = &policy->windows[core->windows.rows[row.key_slot].window];
    struct event_head head = {.size = sizeof head,
                              .type = (uint16_t)row.type,
                              .id = row.event_id,
                              .event_at_ms = row.event_at_ms,
                              .place = row.place,
                              .device = row.device,
                              .cell = row.cell,
                              .asset = row.asset,
                              .zone = row.zone,
                              .area_count = (uint8_t)row.area_count,
                              .field_count = (uint8_t)row.field_count,
                              .flags = (uint16_t)row.flags};
    memcpy(head.areas, row.areas, sizeof head.areas);
    const struct event event = {
        .head = &head, .fields = row.fields, .text = row.text, .free_text = ""};
    const struct intake_source source = {.gateway = row.gateway, .worker = row.worker};
    struct case_no no = {0, 0, 0};
    enum code code = CODE_NO_RULE;
    if (policy_rule_is_evaluated(&policy->rules[window->rule])) {
        code = firing_alone(core, window->rule, &event, source, &no);
    }
    if (code == CODE_TABLE_FULL) {
        timers_arm(&core->timers, wait_timer_id(core, slot),
                   add_clamped(core->now_ms, SEEK_FALLBACK_MS));
        return;
    }
    const bool is_told = code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED ||
                         code == CODE_SUPPRESSED; /* with a case: it is paused */
    const uint32_t found = is_told && !case_no_is_none(no) ? cases_find(&core->cases, no) : NONE32;
    if (found != NONE32) {
        if (rehome_is_older(core, row.since_ms)) {
            rehome_ask(core, found);
        }
        flow_say(core, found,
                 &(struct flow_note){.action = ACTION_ABSENT,
                                     .deadline_ms = add_clamped(row.since_ms, window->within_ms)});
    }
    window_rows_drop(core, row.key_slot);
}

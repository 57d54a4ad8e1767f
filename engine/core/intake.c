/* intake.c: see intake.h. */
#include "engine/core/intake.h"

#include "engine/core/cases.h"
#include "engine/core/contacts.h"
#include "engine/core/firing.h"
#include "engine/core/flow.h"
#include "engine/core/keys.h"
#include "engine/core/late_reports.h"
#include "engine/core/links.h"
#include "engine/core/memory.h"
#include "engine/core/merging.h"
#include "engine/core/plans.h"
#include "engine/core/windows.h"

static bool may_send(const struct core *core, struct intake_source source,
                     const struct event *event)
{
    const struct city *city = state_city(core);
    const struct policy *policy = state_policy(core);
    if (source.gateway == NONE32) {
        return true; /* persons report by their rights, checked before */
    }
    const struct city_gateway *gateway = &city->gateways[source.gateway];
    if (event->contact != NULL &&
        (gateway->kind == GATEWAY_SENSOR || gateway->kind == GATEWAY_CAMERA)) {
        return false; /* a machine speaks for nobody */
    }
    if (event->head->type == NONE16) {
        return true;
    }
    const struct image_string name = policy->types[event->head->type].name;
    return city_gateway_may_send(city, gateway, policy_text(policy, name), name.size);
}

static enum code check_time(const struct core *core, struct intake_source source,
                            const struct event *event, bool *out_is_late)
{
    const struct policy_info *info = state_policy(core)->info;
    const int64_t at = event->head->event_at_ms;
    if (at > add_clamped(core->now_ms, info->future_ms)) {
        return CODE_IN_FUTURE;
    }
    const bool may_be_repeat = !source.has_outbox && at <= core->event_ids.horizon_ms;
    if (at < sub_clamped(core->now_ms, EVENT_AGE_MS) || may_be_repeat) {
        return CODE_TOO_OLD;
    }
    *out_is_late = at < sub_clamped(core->now_ms, info->lateness_ms);
    return CODE_NOTHING;
}

/* Does the event say that something is over? Clears the cases it names; the oldest gives the case number. */
static enum code clear_cases(struct core *core, const struct event *event, uint32_t gateway,
                             struct case_no *out_no)
{
    const struct policy *policy = state_policy(core);
    const struct image_range closers = policy->types[event->head->type].closers;
    enum code code = CODE_NOTHING;
    for (uint32_t i = 0; i < closers.count; i++) {
        const struct policy_rule *rule = &policy->rules[policy->closers[closers.first + i]];
        if (!keys_are_in(policy, rule->close.keys, event)) {
            continue;
        }
        const struct hash128 base = hash128_join((struct hash128){SALT_CLOSE, 0}, rule->id_hash);
        const struct hash128 key = keys_of(core, base, rule->close.keys, rule->class_row, event);
        for (uint32_t slot = cases_first_close(&core->cases, key); slot != NONE32;) {
            const struct case_row *row = cases_peek(&core->cases, slot);
            const uint32_t next = row->close_next;
            if (!case_state_is_terminal((enum case_state)row->state) &&
                (row->flags & CASE_IS_CLEARED) == 0) {
                *out_no = row->no;
                code = CODE_CLEARED;
                flow_cleared(core, slot, event, gateway);
            }
            slot = next;
        }
    }
    return code;
}

/* An event that refers to the alert of a running plan: it ends it, speaks of it again, or puts another in its place. */
static enum code follow_alert(struct core *core, uint32_t plan, uint32_t matched,
                              const struct event *event, struct intake_source source,
                              struct case_no *out_no)
{
    const uint32_t slot = cases_find(&core->cases, core->plans.rows[plan].no);
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    *out_no = row->no;
    if ((row->flags & CASE_IS_CLEARED) != 0) {
        return CODE_ALERT_OVER;
    }
    if (rule != NULL && rule->close.type == event->head->type) {
        flow_cleared(core, slot, event, source.gateway);
        return CODE_CLEARED;
    }
    if (rule != NULL && matched == row->rule) {
        plans_add_alert(core, plan, event);
        return merging_join(core, slot, rule, event, source);
    }
    /* Another level: what stands for it takes over, and this one ends without grace. */
    plans_replace(core, plan);
    flow_cleared(core, slot, event, source.gateway);
    return matched == NONE32 ? CODE_CLEARED : CODE_NOTHING;
}
static enum code decide(struct core *core, struct intake_source source, const struct event *event,
                        struct effect_result *result)
{
    const struct event_head *head = event->head;
    if (head->verdict != CODE_NOTHING) {
        return (enum code)head->verdict;
    }
    if (!may_send(core, source, event)) {
        return CODE_NO_RIGHT;
    }
    const struct memory_row *seen =
        hash128_is_none(head->id) ? NULL : memory_find(&core->event_ids, head->id);
    if (seen != NULL) { /* a known id is known however old it is */
        result->case_no = links_follow_no(core, seen->case_no);
        return CODE_DEDUPED;
    }
    const enum code time = check_time(core, source, event, &result->is_late);
    if (time != CODE_NOTHING) {
        return time;
    }
    if (head->type == NONE16) {
        return CODE_NO_RULE;
    }
    uint32_t plan = NONE32;
    const enum code refers = plans_find_alert(core, event, &plan);
    if (refers != CODE_NOTHING) {
        return refers;
    }
    lates_event(core, event);
    windows_watch(core, event);
    struct firing_list list;
    firing_match(core, event, &list);
    const uint32_t first = firing_first(core, &list);
    const enum code cleared =
        plan == NONE32 ? clear_cases(core, event, source.gateway, &result->case_no)
                       : follow_alert(core, plan, first, event, source, &result->case_no);
    enum code code = cleared == CODE_NOTHING ? CODE_NO_RULE : cleared;
    if (plan == NONE32 || cleared == CODE_NOTHING) {
        code = firing_all(core, &list, event, source, code, &result->case_no);
        result->report = firing_report(core, code, result->case_no);
    } else {
        firing_say(core, event, first, code, result->case_no, list.matched);
    }
    if (!hash128_is_none(head->id) && code != CODE_TABLE_FULL && code != CODE_WINDOW_FULL) {
        memory_add(&core->event_ids, head->id, max_i64(core->now_ms, head->event_at_ms),
                   result->case_no);
    }
    return code;
}

static void count(struct core_counts *counts, enum code code)
{
    counts->events++;
    counts->opened += code == CODE_OPENED;
    counts->merged += code == CODE_MERGED;
    counts->deduped += code == CODE_DEDUPED;
    counts->suppressed += code == CODE_SUPPRESSED || code == CODE_COALESCED;
    counts->no_rule += code == CODE_NO_RULE || code == CODE_TOLD;
    counts->waiting += code == CODE_WAITING;
    counts->reopened += code == CODE_REOPENED;
    counts->cleared += code == CODE_CLEARED;
    counts->refused += code != CODE_OPENED && code != CODE_MERGED && code != CODE_DEDUPED &&
                       code != CODE_SUPPRESSED && code != CODE_NO_RULE && code != CODE_REOPENED &&
                       code != CODE_CLEARED && code != CODE_COALESCED && code != CODE_TOLD &&
                       code != CODE_WAITING;
}

void intake_event(struct core *core, struct intake_source source, const struct event *event,
                  struct effect_result *result)
{
    must((source.gateway == NONE32) != (source.worker == NONE32));
    const enum code code = decide(core, source, event, result);
    result->code = (uint16_t)code;
    contacts_settle(core, event, code, result->case_no);
    count(&core->counts, code);
}

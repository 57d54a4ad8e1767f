/* late_reports.c: see late_reports.h.
 *
 *   sign --> LATE_WAITING --report--> forgotten          report first --> LATE_REPORTED --limit--> forgotten
 *                    \--limit--> a 迟报 case                                    \--sign--> nothing is owed
 */
#include "engine/core/late_reports.h"

#include "engine/core/cases.h"
#include "engine/core/opening.h"

static const struct policy_late *find_clause(const struct core *core, uint32_t rule)
{
    const struct policy *policy = state_policy(core);
    for (uint32_t i = 0; i < policy->late_count; i++) {
        if (policy->lates[i].rule == rule) {
            return &policy->lates[i];
        }
    }
    return NULL;
}

static uint32_t find_row(const struct core *core, uint32_t rule, uint32_t asset)
{
    for (uint32_t i = 0; i < core->plans.late_high; i++) {
        const struct late_row *row = &core->plans.lates[i];
        if (row->is_used != 0 && row->rule == rule && row->asset == asset) {
            return i;
        }
    }
    return NONE32;
}

static uint32_t take_row(struct core *core)
{
    struct plans *plans = &core->plans;
    for (uint32_t i = 0; i < plans->late_high; i++) {
        if (plans->lates[i].is_used == 0) {
            return i;
        }
    }
    return plans->late_high < plans->late_limit ? plans->late_high++ : NONE32;
}

static void give_row(struct core *core, uint32_t slot)
{
    timers_cancel(&core->timers, late_timer_id(core, slot));
    memset(&core->plans.lates[slot], 0, sizeof core->plans.lates[slot]);
}

static void put(struct core *core, const struct policy_late *clause, uint32_t asset,
                enum late_state state, struct case_no no)
{
    const uint32_t slot = take_row(core);
    if (slot == NONE32) {
        const struct effect effect = {.kind = EFFECT_NOTICE,
                                      .at_ms = core->now_ms,
                                      .of.notice = {.case_no = no,
                                                    .post = state_city(core)->info->command_post,
                                                    .step = NONE32,
                                                    .rule = NONE32,
                                                    .code = CODE_TABLE_FULL,
                                                    .severity = 1}};
        state_emit(core, &effect);
        return;
    }
    core->plans.lates[slot] =
        (struct late_row){.is_used = 1,
                          .asset = asset,
                          .rule = clause->rule,
                          .state = state,
                          .no = no,
                          .due_ms = add_clamped(core->now_ms, clause->within_ms)};
    timers_arm(&core->timers, late_timer_id(core, slot), core->plans.lates[slot].due_ms);
}

void lates_case_opened(struct core *core, uint32_t case_slot)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const struct policy_late *clause = row->rule == NONE32 ? NULL : find_clause(core, row->rule);
    if (clause == NULL || row->asset == NONE32 || (row->flags & CASE_IS_DRILL) != 0 ||
        state_city(core)->assets[row->asset].kind != clause->kind) {
        return;
    }
    if (find_row(core, row->rule, row->asset) == NONE32) { /* waited for already, or reported */
        put(core, clause, row->asset, LATE_WAITING, row->no);
    }
}

/* The object that the report is about: named by a field, or the one its device stands for. */
static uint32_t object_of(const struct core *core, const struct policy_late *clause,
                          const struct event *event)
{
    const struct city *city = state_city(core);
    const struct event_field *field =
        clause->field == NONE32 ? NULL : event_find_field(event, clause->field);
    if (field == NULL) {
        return event->head->asset;
    }
    const struct city_registry *registry = city_registry_of(city, clause->kind);
    for (uint32_t i = 0; registry != NULL && i < registry->assets.count; i++) {
        const uint32_t asset = registry->assets.first + i;
        const struct image_string code = city->assets[asset].code;
        if (code.size == field->size &&
            memcmp(city_text(city, code), event->text + field->text_offset, code.size) == 0) {
            return asset;
        }
    }
    return NONE32;
}

void lates_event(struct core *core, const struct event *event)
{
    const struct policy *policy = state_policy(core);
    for (uint32_t i = 0; i < policy->late_count; i++) {
        const struct policy_late *clause = &policy->lates[i];
        if (clause->type != event->head->type || (event->head->flags & EVENT_IS_DRILL) != 0) {
            continue;
        }
        const uint32_t asset = object_of(core, clause, event);
        const uint32_t slot = asset == NONE32 ? NONE32 : find_row(core, clause->rule, asset);
        if (slot != NONE32) {
            give_row(core, slot);
        }
        if (asset != NONE32) { /* in time, or before any sign: nothing is owed for a while */
            put(core, clause, asset, LATE_REPORTED, (struct case_no){0, 0, 0});
        }
    }
}

void lates_timer(struct core *core, uint32_t slot)
{
    const struct late_row row = core->plans.lates[slot];
    must(row.is_used != 0);
    const struct policy_late *clause =
        row.rule == NONE32 || row.asset == NONE32 ? NULL : find_clause(core, row.rule);
    struct case_no no = {0, 0, 0};
    if (row.state == LATE_WAITING && clause != NULL) {
        if (opening_alone(core, clause->late_rule, row.asset, NONE32, false, &no) != CODE_OPENED) {
            core->plans.lates[slot].due_ms = add_clamped(core->now_ms, SEEK_FALLBACK_MS);
            timers_arm(&core->timers, late_timer_id(core, slot), core->plans.lates[slot].due_ms);
            return;
        }
        core->counts.clocks_missed++;
        const uint32_t sign = cases_find(&core->cases, row.no);
        if (sign != NONE32) {
            flow_say(core, sign,
                     &(struct flow_note){.action = ACTION_LATE_REPORT,
                                         .clock = CLOCK_LATE_REPORT,
                                         .deadline_ms = row.due_ms});
        }
    }
    give_row(core, slot);
}

/* opening.c: see opening.h. */
#include "engine/core/opening.h"

#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/confirm.h"
#include "engine/core/flow.h"
#include "engine/core/inhibits.h"
#include "engine/core/keys.h"
#include "engine/core/late_reports.h"
#include "engine/core/ledger.h"
#include "engine/core/match.h"
#include "engine/core/merging.h"
#include "engine/core/plans.h"
#include "engine/core/sources.h"

uint32_t opening_assigns(const struct core *core, const struct policy_rule *rule,
                         const struct event *event, uint32_t severity)
{
    const struct policy *policy = state_policy(core);
    uint32_t mask = 0;
    for (uint32_t i = 0; i < rule->assigns.count && i < 8; i++) {
        const struct policy_assign *assign = &policy->assigns[rule->assigns.first + i];
        if (match_condition(policy, assign->program, event, severity)) {
            mask |= 1u << i;
        }
    }
    return mask;
}

static uint32_t district_of(const struct core *core, uint32_t cell)
{
    const struct city *city = state_city(core);
    const uint32_t unit =
        cell == NONE32 ? NONE32 : city_unit_of_cell(city, cell, city->info->district_level);
    if (unit != NONE32 && city->units[unit].number != 0) {
        return city->units[unit].number;
    }
    return city->info->city_code;
}

/* The department whose case it is where that is not the rule's owner. */
static uint32_t owner_of(const struct core *core, const struct policy_rule *rule, uint32_t asset)
{
    const struct city *city = state_city(core);
    if ((rule->flags & RULE_OWNER_OF_ASSET) != 0 && asset != NONE32 &&
        city->assets[asset].department != NONE32) {
        return city->assets[asset].department;
    }
    return rule->case_department;
}

static void fill_case(struct core *core, struct case_row *row, uint32_t rule_row,
                      const struct event *event, struct intake_source source, uint32_t asset)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = &policy->rules[rule_row];
    row->state = CASE_REPORTED;
    const uint32_t severity = event->severity != 0 ? event->severity : rule->severity;
    row->severity = (uint8_t)severity;
    row->rule = rule_row;
    row->class_row = rule->class_row;
    row->cell = event->head->cell;
    row->asset = asset != NONE32 ? asset : event->head->asset;
    row->device = event->head->device;
    row->gateway = source.gateway;
    row->place = row->first_place = event->head->place;
    row->accuracy_cm = merging_accuracy_cm(core, event);
    row->owner = owner_of(core, rule, row->asset);
    row->opened_at_ms = core->now_ms;
    row->onset_at_ms = event->head->event_at_ms;
    row->event_count = 1;
    row->flags |= (event->head->flags & EVENT_IS_DRILL) != 0 ? (uint32_t)CASE_IS_DRILL : 0;
    row->assign_mask = (uint8_t)opening_assigns(core, rule, event, severity);
    struct case_captures captures = {.count = 0};
    for (uint32_t i = 0; i < rule->captures.count; i++) {
        const uint32_t key = policy->keys[rule->captures.first + i];
        const struct event_field *field = key == KEY_CLASS ? NULL : event_find_field(event, key);
        if (field != NULL) {
            (void)captures_add(&captures, event, field);
        }
    }
    case_captures_put(core, row, &captures);
}

/* Filed on its word? A gateway that gave too many false alarms under this rule is verified first, however trusted. */
static bool is_trusted(const struct core *core, uint32_t rule, struct intake_source source)
{
    return source.worker != NONE32 || source.gateway == NONE32 /* the engine itself */ ||
           (state_city(core)->gateways[source.gateway].is_trusted != 0 &&
            !sources_is_doubtful(core, rule, source.gateway));
}

static void tell_plans(struct core *core, uint32_t slot, const struct event *event)
{
    plans_case_opened(core, slot, event);
    lates_case_opened(core, slot);
}

enum code opening_case(struct core *core, uint32_t rule_row, const struct event *event,
                       struct intake_source source, uint32_t asset, struct case_no *out_no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    uint32_t slot;
    if (cases_take(&core->cases, district_of(core, event->head->cell),
                   city_local_date(state_city(core), core->now_ms), &slot) != ERR_OK) {
        return CODE_TABLE_FULL;
    }
    struct case_row *row = cases_at(&core->cases, slot);
    fill_case(core, row, rule_row, event, source, asset);
    *out_no = row->no;
    ledger_note(core, row);
    core->counts.open_now++;
    core->counts.cases_opened++;
    if ((rule->merge.flags & MERGE_ENABLED) != 0) {
        merging_link(core, slot, rule, event, asset);
    }
    if (rule->close.type != NONE32 && keys_are_in(state_policy(core), rule->close.keys, event)) {
        const struct hash128 base = hash128_join((struct hash128){SALT_CLOSE, 0}, rule->id_hash);
        cases_link_close(&core->cases, slot,
                         keys_of(core, base, rule->close.keys, rule->class_row, event));
    }
    inhibits_file(core, slot, event);
    struct flow_note note = {.action = ACTION_OPEN,
                             .gateway = source.gateway + 1,
                             .actor = source.worker + 1,
                             .event = event,
                             .text = event->free_text,
                             .text_size = event->head->text_size};
    row->holder = (struct holder){HOLDER_POST, state_city(core)->info->command_post};
    if ((event->head->flags & EVENT_SELF_HANDLED) != 0 && source.worker != NONE32) {
        row->filed_at_ms = core->now_ms;
        (void)case_person_add(row, source.worker, PERSON_HANDLED);
        flow_say(core, slot, &note);
        note.action = ACTION_SELF_HANDLED;
        flow_say(core, slot, &note);
        flow_self_handled(core, slot);
        return CODE_OPENED;
    }
    flow_say(core, slot, &note);
    if (confirm_of(core, rule_row) != NULL) {
        confirm_open(core, slot, source);
    } else if (is_trusted(core, rule_row, source)) {
        flow_file(core, slot);
    } else {
        flow_verify(core, slot);
    }
    tell_plans(core, slot, event);
    return CODE_OPENED;
}

enum code opening_alone(struct core *core, uint32_t rule, uint32_t asset, uint32_t worker,
                        bool is_drill, struct case_no *out_no)
{
    const struct city *city = state_city(core);
    struct event_head head = {.size = sizeof head,
                              .type = NONE16,
                              .event_at_ms = core->now_ms,
                              .place = place_none(),
                              .device = NONE32,
                              .cell = NONE32,
                              .asset = asset,
                              .zone = NONE32,
                              .flags = is_drill ? (uint16_t)EVENT_IS_DRILL : 0};
    if (asset != NONE32) {
        head.place = (struct place){city->assets[asset].lon, city->assets[asset].lat};
        head.cell = city->assets[asset].cell;
    }
    const struct event event = {.head = &head, .fields = NULL, .text = "", .free_text = ""};
    const struct intake_source source = {.gateway = NONE32, .worker = worker};
    return opening_case(core, rule, &event, source, asset, out_no);
}

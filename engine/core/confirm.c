/* confirm.c: see confirm.h. */
#include "engine/core/confirm.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/flow.h"
#include "engine/core/sources.h"

const struct policy_confirm *confirm_of(const struct core *core, uint32_t rule)
{
    const struct policy *policy = state_policy(core);
    uint32_t low = 0;
    uint32_t high = policy->confirm_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (policy->confirms[middle].rule == rule) {
            return &policy->confirms[middle];
        }
        if (policy->confirms[middle].rule < rule) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void add_source(struct core *core, struct case_row *row, struct intake_source source)
{
    if (source.worker != NONE32) {
        row->sources_seen |= 1u << GATEWAY_PATROL;
    } else if (!sources_is_doubtful(core, row->rule, source.gateway)) {
        row->sources_seen |= 1u << state_city(core)->gateways[source.gateway].kind;
    }
}

static uint32_t sum_of(const struct policy_confirm *confirm, uint32_t sources_seen)
{
    uint32_t sum = 0;
    for (uint32_t kind = 0; kind < CONFIRM_KINDS; kind++) {
        sum += (sources_seen & (1u << kind)) != 0 ? confirm->weights[kind] : 0;
    }
    return sum;
}

void confirm_open(struct core *core, uint32_t slot, struct intake_source source)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct policy_confirm *confirm = confirm_of(core, row->rule);
    must(confirm != NULL);
    if (source.worker == NONE32 && source.gateway == NONE32) {
        flow_file(core, slot); /* the engine itself needs no witness */
        return;
    }
    add_source(core, row, source);
    const uint32_t sum = sum_of(confirm, row->sources_seen);
    if (sum >= confirm->at_least) {
        flow_file(core, slot);
        return;
    }
    row->state = CASE_VERIFYING;
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    clocks_bind(core, slot, CLOCK_CONFIRM);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_CONFIRM_WAIT, .amount = sum});
    flow_arm_seek(core, slot, !dispatch_service(core, slot, KIND_VERIFY_REPORT, false));
}

void confirm_report(struct core *core, uint32_t slot, struct intake_source source)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct policy_confirm *confirm =
        row->clock == CLOCK_CONFIRM && row->rule != NONE32 ? confirm_of(core, row->rule) : NULL;
    if (confirm == NULL) {
        return;
    }
    add_source(core, row, source);
    const uint32_t sum = sum_of(confirm, row->sources_seen);
    if (sum < confirm->at_least) {
        return;
    }
    flow_recall_all(core, slot, false);
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    flow_arm_seek(core, slot, false);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_CONFIRMED, .amount = sum});
    flow_file(core, slot);
}

void confirm_due(struct core *core, uint32_t slot)
{
    clocks_bind(core, slot, CLOCK_VERIFY);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_CONFIRM_LAPSE});
}

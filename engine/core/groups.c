/* groups.c: see groups.h. */
#include "engine/core/groups.h"

#include "engine/core/cases.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/match.h"

void groups_init(struct groups *groups, struct arena *arena, const struct limits *limits)
{
    groups->limit = limits->groups;
    groups->free_first = NONE32;
    groups->rows = arena_take(arena, sizeof groups->rows[0], limits->groups);
    table_init(&groups->by_key, arena, limits->groups);
}

/* What one telling is of. */
struct bundle {
    struct case_no no;
    uint32_t count; /* firings, 0 = one, told as it came */
    bool is_again;
};

/* The posts of each step that holds, about the case, or about the event where there is none. */
static void tell(struct core *core, uint32_t rule_row, struct bundle bundle)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = &policy->rules[rule_row];
    const uint32_t slot = case_no_is_none(bundle.no) ? NONE32 : cases_find(&core->cases, bundle.no);
    const uint32_t severity =
        slot == NONE32 ? rule->severity : cases_peek(&core->cases, slot)->severity;
    for (uint32_t i = 0; i < rule->steps.count; i++) {
        const struct policy_step *step = &policy->steps[rule->steps.first + i];
        const bool holds =
            step->when != STEP_SEVERITY || match_condition(policy, step->program, NULL, severity);
        for (uint32_t k = 0; holds && k < step->posts.count; k++) {
            const struct effect effect = {.kind = EFFECT_NOTICE,
                                          .at_ms = core->now_ms,
                                          .of.notice = {.case_no = bundle.no,
                                                        .post = policy->rows[step->posts.first + k],
                                                        .step = rule->steps.first + i,
                                                        .rule = rule_row,
                                                        .count = bundle.count,
                                                        .is_again = bundle.is_again,
                                                        .code = CODE_TOLD,
                                                        .severity = (uint8_t)severity}};
            state_emit(core, &effect);
        }
    }
}

static uint32_t take_row(struct groups *groups)
{
    const uint32_t slot = groups->free_first;
    if (slot != NONE32) {
        groups->free_first = groups->rows[slot].next;
        return slot;
    }
    return groups->high < groups->limit ? groups->high++ : NONE32;
}

static void drop_row(struct core *core, uint32_t slot)
{
    struct group_row *row = &core->groups.rows[slot];
    timers_cancel(&core->timers, group_timer_id(core, slot));
    table_remove(&core->groups.by_key, row->key);
    memset(row, 0, sizeof *row);
    row->next = core->groups.free_first;
    core->groups.free_first = slot;
}

void groups_notify(struct core *core, uint32_t rule_row, const struct event *event,
                   struct case_no no)
{
    struct groups *groups = &core->groups;
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    uint32_t slot = NONE32;
    if (rule->group.interval_ms > 0) {
        const struct hash128 base = hash128_join((struct hash128){SALT_GROUP, 0}, rule->id_hash);
        const struct hash128 key = keys_of(core, base, rule->group.keys, NONE32, event);
        slot = table_find(&groups->by_key, key);
        if (slot == NONE32 && (slot = take_row(groups)) != NONE32) {
            groups->rows[slot] = (struct group_row){
                .key = key, .told_ms = NEVER_MS, .is_used = 1, .rule = rule_row, .next = NONE32};
            table_add(&groups->by_key, key, slot);
            timers_arm(&core->timers, group_timer_id(core, slot),
                       add_clamped(core->now_ms, rule->group.wait_ms));
        }
    }
    if (slot == NONE32) { /* does not group, or the table is full */
        tell(core, rule_row, (struct bundle){no, 0, false});
        return;
    }
    struct group_row *row = &groups->rows[slot];
    row->no = no;
    row->waiting += row->waiting < UINT32_MAX;
    row->total += row->total < UINT32_MAX;
}

/* Is the newest case open still? What was about no case is over once it is told. */
static bool stands(const struct core *core, struct case_no no)
{
    const uint32_t slot = case_no_is_none(no) ? NONE32 : cases_find(&core->cases, no);
    return slot != NONE32 &&
           !case_state_is_terminal((enum case_state)cases_peek(&core->cases, slot)->state);
}

void groups_timer(struct core *core, uint32_t slot)
{
    struct group_row *row = &core->groups.rows[slot];
    must(row->is_used != 0);
    const struct policy_told group = state_policy(core)->rules[row->rule].group;
    row->no = links_follow_no(core, row->no);
    const bool is_again = row->waiting == 0;
    if (is_again && !stands(core, row->no)) {
        drop_row(core, slot);
        return;
    }
    if (!is_again || core->now_ms >= add_clamped(row->told_ms, group.repeat_ms)) {
        tell(core, row->rule,
             (struct bundle){row->no, is_again ? row->total : row->waiting, is_again});
        row->told_ms = core->now_ms;
        row->waiting = 0;
    }
    timers_arm(&core->timers, group_timer_id(core, slot),
               add_clamped(core->now_ms, group.interval_ms));
}

void groups_adopt(struct core *core)
{
    const struct policy *policy = state_policy(core);
    for (uint32_t i = 0; i < core->groups.high; i++) {
        const struct group_row *row = &core->groups.rows[i];
        if (row->is_used == 0) {
            continue;
        }
        const struct policy_rule *rule = row->rule == NONE32 ? NULL : &policy->rules[row->rule];
        const bool tells =
            rule != NULL && rule->lane == RULE_LANE_NOTIFY && rule->status == RULE_ACTIVE;
        if (tells && rule->group.interval_ms > 0) {
            continue;
        }
        if (tells && row->waiting > 0) {
            tell(core, row->rule,
                 (struct bundle){links_follow_no(core, row->no), row->waiting, false});
        }
        drop_row(core, i);
    }
}

static bool row_holds(const struct core *core, uint32_t slot)
{
    const struct group_row *row = &core->groups.rows[slot];
    const struct policy *policy = state_policy(core);
    const bool is_armed = timers_is_armed(&core->timers, group_timer_id(core, slot));
    if (row->is_used == 0) {
        return !is_armed && (row->next == NONE32 || row->next < core->groups.high);
    }
    return row->is_used == 1 && is_armed && row->rule < policy->rule_count &&
           policy->rules[row->rule].lane == RULE_LANE_NOTIFY &&
           policy->rules[row->rule].group.interval_ms > 0 && row->waiting <= row->total &&
           (row->told_ms != NEVER_MS || row->waiting > 0);
}

bool groups_index(struct core *core)
{
    struct groups *groups = &core->groups;
    uint32_t free_count = 0;
    for (uint32_t i = 0; i < groups->high; i++) {
        if (!core->has_images || !row_holds(core, i)) {
            return false;
        }
        if (groups->rows[i].is_used == 0) {
            free_count++;
        } else if (table_find(&groups->by_key, groups->rows[i].key) != NONE32) {
            return false;
        } else {
            table_put(&groups->by_key, groups->rows[i].key, i);
        }
    }
    uint32_t met = 0;
    for (uint32_t i = groups->free_first; i != NONE32; i = groups->rows[i].next) {
        if (i >= groups->high || groups->rows[i].is_used != 0 || ++met > free_count) {
            return false;
        }
    }
    return met == free_count;
}

void groups_check(const struct core *core)
{
    const struct groups *groups = &core->groups;
    must(groups->high <= groups->limit);
    for (uint32_t i = 0; i < groups->high; i++) {
        must(row_holds(core, i));
        must(groups->rows[i].is_used == 0 || table_find(&groups->by_key, groups->rows[i].key) == i);
    }
    table_check(&groups->by_key);
}

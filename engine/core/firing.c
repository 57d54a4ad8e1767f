/* firing.c: see firing.h. */
#include "engine/core/firing.h"

#include "engine/core/absences.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"
#include "engine/core/groups.h"
#include "engine/core/inhibits.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/match.h"
#include "engine/core/memory.h"
#include "engine/core/merging.h"
#include "engine/core/opening.h"
#include "engine/core/silences.h"
#include "engine/core/windows.h"

/* An event on its way through its rules. */
struct firing_run {
    const struct event *event; /* as the rule at work sees it */
    const struct event *own;   /* as it came */
    struct intake_source source;
    const struct firing_list *list;
    uint32_t winners[RULE_LANE_COUNT]; /* by lane: the first rule that fired, NONE32 */
    enum code code;
    struct case_no case_no;
};

/* The dedupe window of a rule, as this event meets it. */
struct repeat {
    bool is_kept; /* the rule has one */
    bool is_seen; /* the event is a repeat */
    struct hash128 key;
};

static void say(struct core *core, const struct event *event, struct effect_firing firing)
{
    firing.event_id = event->head->id;
    struct effect effect; /* not cleared: larger effects share its room */
    effect.kind = EFFECT_FIRING;
    effect.at_ms = core->now_ms;
    effect.of.firing = firing;
    state_emit(core, &effect);
}

void firing_say(struct core *core, const struct event *event, uint32_t rule, enum code code,
                struct case_no no, uint32_t candidates)
{
    say(core, event,
        (struct effect_firing){.rule = rule,
                               .code = (uint16_t)code,
                               .case_no = no,
                               .candidates = candidates,
                               .winner = NONE32});
}

void firing_match(const struct core *core, const struct event *event, struct firing_list *out_list)
{
    const struct policy *policy = state_policy(core);
    must(event->head->type < policy->type_count);
    const uint32_t limit = policy->types[event->head->type].meets_many != 0 ? FIRING_RULES_MAX : 1u;
    out_list->matched = match_event(policy, state_city(core), event, out_list->rules, limit);
    out_list->count = out_list->matched < limit ? out_list->matched : limit;
}

uint32_t firing_first(const struct core *core, const struct firing_list *list)
{
    if (list->count == 0) {
        return NONE32;
    }
    const struct policy_rule *rule = &state_policy(core)->rules[list->rules[0]];
    return policy_rule_rank(rule->status, rule->lane) == RULE_LANE_DISPATCH ? list->rules[0]
                                                                            : NONE32;
}

static void remember(struct core *core, const struct policy_rule *rule, const struct repeat *repeat,
                     struct case_no no)
{
    if (repeat->is_kept) {
        memory_put(&core->dedupe, repeat->key, add_clamped(core->now_ms, rule->dedupe.window_ms),
                   no);
    }
}

static struct hash128 key_of(const struct core *core, const struct policy_rule *rule,
                             const struct event *event)
{
    const struct hash128 base = hash128_join((struct hash128){SALT_DEDUPE, 0}, rule->id_hash);
    return keys_of(core, base, rule->dedupe.keys, rule->class_row, event);
}

/* The guess is the rule that looked for a repeat last: a batch mostly says one thing. A rule with a window may see another event than
 * the one that came, so its key is not made ahead. */
void firing_look_ahead(const struct core *core, const struct event *event,
                       struct event_ahead *out_ahead)
{
    const struct policy *policy = state_policy(core);
    *out_ahead = (struct event_ahead){.rule = NULL};
    if (event->head->verdict != CODE_NOTHING || event->head->type != core->deduped_type ||
        core->deduped_rule >= policy->rule_count) {
        return;
    }
    const struct policy_rule *rule = &policy->rules[core->deduped_rule];
    if (rule->window != NONE32 || rule->dedupe.keys.count == 0) {
        return;
    }
    *out_ahead = (struct event_ahead){rule, key_of(core, rule, event)};
    rowmap_prefetch(&core->dedupe.index, out_ahead->key);
}

void firing_look_closer(const struct core *core, const struct event_ahead *ahead)
{
    const struct memory_row *seen =
        ahead->rule == NULL ? NULL : memory_find(&core->dedupe, ahead->key);
    if (seen != NULL) {
        cases_prefetch(&core->cases, seen->case_no);
    }
}

/* A repeat gives the case of the first, and pushes a window that slides. */
static struct repeat repeat_of(struct core *core, const struct policy_rule *rule,
                               const struct event *event, struct case_no *out_no)
{
    struct repeat repeat = {.is_kept = rule->dedupe.keys.count > 0};
    if (!repeat.is_kept) {
        return repeat;
    }
    core->deduped_rule = (uint32_t)(rule - state_policy(core)->rules);
    core->deduped_type = event->head->type;
    repeat.key = event->ahead != NULL && event->ahead->rule == rule ? event->ahead->key
                                                                    : key_of(core, rule, event);
    const struct memory_row *seen = memory_find(&core->dedupe, repeat.key);
    repeat.is_seen = seen != NULL && core->now_ms < seen->until_ms;
    if (repeat.is_seen) {
        *out_no = links_follow_no(core, seen->case_no);
        if ((rule->flags & RULE_DEDUPE_SLIDES) != 0) {
            remember(core, rule, &repeat, *out_no);
        }
    }
    return repeat;
}

/* Tells the case that a smaller one was held back by it. */
static void relate(struct core *core, const struct firing_run *run, struct inhibit_found found)
{
    const uint32_t held = inhibits_count(core, found);
    if (found.case_slot != NONE32) {
        flow_say(core, found.case_slot,
                 &(struct flow_note){.action = ACTION_RELATED,
                                     .gateway = run->source.gateway + 1,
                                     .actor = run->source.worker + 1,
                                     .amount = held});
    }
}

/* The silences that hold the rule back, and until when. */
static uint32_t find_silences(struct core *core, const struct policy_rule *rule,
                              const struct firing_run *run, struct effect_firing *firing,
                              int64_t *out_until_ms)
{
    const struct policy *policy = state_policy(core);
    uint32_t slots[SUPPRESS_REASONS_MAX];
    if (core->silences.high == 0 || (rule->flags & RULE_NEVER_SILENCED) != 0 ||
        (rule->breaks.count > 0 && match_condition(policy, rule->breaks, run->event, 0))) {
        return 0;
    }
    const uint32_t count =
        silences_find(core, rule, run->event, run->source.gateway, slots, SUPPRESS_REASONS_MAX);
    for (uint32_t i = 0; i < count && i < SUPPRESS_REASONS_MAX; i++) {
        const struct silence_row *row = &core->silences.rows[slots[i]];
        firing->reasons[i] = (struct suppress_reason){.silence = row->number, .rule = NONE32};
        *out_until_ms = max_i64(*out_until_ms, row->until_ms);
        if (rule->status != RULE_SHADOW) {
            silences_count(core, slots[i]);
        }
    }
    return count;
}

/* Is the firing held back? With every reason; an open case that hides it is told, and a silenced firing hides in its turn. */
static bool is_held_back(struct core *core, uint32_t rule_row, const struct firing_run *run,
                         struct effect_firing *firing)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    struct inhibit_found found[SUPPRESS_REASONS_MAX];
    int64_t until_ms = 0;
    const bool is_real = rule->status != RULE_SHADOW;
    const uint32_t silenced = find_silences(core, rule, run, firing, &until_ms);
    const uint32_t hidden =
        rule->inhibited_by.count == 0
            ? 0
            : inhibits_find(core, rule, run->event, found, SUPPRESS_REASONS_MAX);
    for (uint32_t i = 0; i < hidden && i < SUPPRESS_REASONS_MAX; i++) {
        if (silenced + i < SUPPRESS_REASONS_MAX) {
            const uint32_t slot = found[i].case_slot;
            firing->reasons[silenced + i] = (struct suppress_reason){
                .rule = found[i].rule,
                .case_no = slot == NONE32 ? (struct case_no){0, 0, 0}
                                          : cases_peek(&core->cases, slot)->no};
        }
        if (is_real) {
            relate(core, run, found[i]);
        }
    }
    if (is_real && silenced > 0 && hidden == 0) {
        inhibits_file_silenced(core, rule_row, run->event, until_ms);
    }
    firing->reason_count = silenced + hidden;
    return firing->reason_count > 0;
}

/* Lane dispatch: repeats are counted, the rest is merged or opens a case. */
static enum code dispatch(struct core *core, uint32_t rule_row, const struct firing_run *run,
                          struct effect_firing *firing, struct case_no *out_no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    const struct event *event = run->event;
    const struct repeat repeat = repeat_of(core, rule, event, out_no);
    if (repeat.is_seen) {
        return CODE_DEDUPED;
    }
    if (is_held_back(core, rule_row, run, firing)) {
        return CODE_SUPPRESSED; /* no window begins: what goes on afterwards is no repeat */
    }
    const bool merges = (rule->merge.flags & MERGE_ENABLED) != 0;
    const uint32_t asset = merges ? merging_asset(core, rule, event) : event->head->asset;
    const uint32_t into = merges ? merging_find(core, rule, event, asset) : NONE32;
    enum code code;
    if (into != NONE32) {
        *out_no = cases_peek(&core->cases, into)->no;
        code = merging_join(core, into, rule, event, run->source);
    } else {
        code = opening_case(core, rule_row, event, run->source, asset, out_no);
    }
    if (code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED ||
        code == CODE_SUPPRESSED) {
        remember(core, rule, &repeat, *out_no);
    }
    return code;
}

/* Lane escalate: each step acts once on a case. DEDUPED when all that hold have done so. */
static enum code escalate(struct core *core, uint32_t rule_row, struct case_no no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    const uint32_t slot = case_no_is_none(no) ? NONE32 : cases_find(&core->cases, no);
    enum code code = CODE_DEDUPED;
    for (uint32_t i = 0; i < rule->steps.count; i++) {
        const uint32_t step = rule->steps.first + i;
        if (slot == NONE32 || !clocks_ladder_runs(core, slot)) {
            return CODE_CASELESS;
        }
        struct hash128 key = hash128_join((struct hash128){SALT_STEP, i}, rule->id_hash);
        key = hash128_add(hash128_add(key, ((uint64_t)no.district << 32) | no.day), no.serial);
        const struct memory_row *seen = memory_find(&core->dedupe, key);
        if (clocks_step_holds(core, slot, step) &&
            (seen == NULL || seen->until_ms <= core->now_ms)) {
            memory_put(&core->dedupe, key, add_clamped(core->now_ms, PAUSE_MAX_MS), no);
            clocks_do_step(core, slot, step, rule_row);
            code = CODE_TOLD;
        }
    }
    return code;
}

/* Lanes escalate and notify. */
static enum code act_beside(struct core *core, uint32_t rule_row, const struct firing_run *run,
                            struct effect_firing *firing)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    struct case_no before = run->case_no;
    const struct repeat repeat = repeat_of(core, rule, run->event, &before);
    if (repeat.is_seen) {
        return CODE_DEDUPED;
    }
    if (is_held_back(core, rule_row, run, firing)) {
        return CODE_SUPPRESSED;
    }
    enum code code = CODE_TOLD;
    if (rule->lane == RULE_LANE_ESCALATE) {
        code = escalate(core, rule_row, run->case_no);
    } else {
        groups_notify(core, rule_row, run->event, run->case_no);
    }
    if (code != CODE_CASELESS) {
        remember(core, rule, &repeat, run->case_no);
    }
    return code;
}

/* The rule that has decided where only one does. */
static uint32_t winner_of(const struct core *core, const struct policy_rule *rule,
                          const struct firing_run *run)
{
    const bool is_one = (state_policy(core)->info->lanes_of_one & (1u << rule->lane)) != 0;
    return is_one ? run->winners[rule->lane] : NONE32;
}

/* What a rule in shadow would come to, beside what the others did. Its own dedupe window runs; it has no cases of its own to join. */
static enum code would_be(struct core *core, uint32_t rule_row, const struct firing_run *run,
                          struct effect_firing *firing)
{
    const struct policy *policy = state_policy(core);
    const struct policy_rule *rule = &policy->rules[rule_row];
    struct case_no *const out_no = &firing->case_no;
    const struct repeat repeat = repeat_of(core, rule, run->event, out_no);
    if (repeat.is_seen) {
        return CODE_DEDUPED;
    }
    const uint32_t winner = winner_of(core, rule, run);
    if (winner != NONE32 && rule->priority <= policy->rules[winner].priority) {
        return CODE_LOST_LANE;
    }
    if (is_held_back(core, rule_row, run, firing)) {
        return CODE_SUPPRESSED;
    }
    if (rule->lane != RULE_LANE_DISPATCH) {
        *out_no = run->case_no;
        remember(core, rule, &repeat, *out_no);
        return rule->lane == RULE_LANE_ESCALATE && case_no_is_none(*out_no) ? CODE_CASELESS
                                                                            : CODE_TOLD;
    }
    const bool merges = (rule->merge.flags & MERGE_ENABLED) != 0;
    const uint32_t asset = merges ? merging_asset(core, rule, run->event) : NONE32;
    const uint32_t into = merges ? merging_find(core, rule, run->event, asset) : NONE32;
    enum code code = CODE_OPENED;
    if (into != NONE32) {
        const struct case_row *row = cases_peek(&core->cases, into);
        *out_no = row->no;
        code = case_state_is_terminal((enum case_state)row->state) ? CODE_REOPENED : CODE_MERGED;
    }
    remember(core, rule, &repeat, *out_no);
    return code;
}

/* What a rule with state says that does not fire: NOTHING, it fires. One whose condition still holds since it fired has its
 * lane, as a repeat of that. */
static enum code code_of(enum correlation outcome)
{
    static const uint16_t CODES[] = {
        [CORRELATION_FIRES] = CODE_NOTHING,    [CORRELATION_WAITING] = CODE_WAITING,
        [CORRELATION_HOLDS] = CODE_DEDUPED,    [CORRELATION_BY_MISSING] = CODE_BY_MISSING,
        [CORRELATION_FULL] = CODE_WINDOW_FULL, [CORRELATION_NONE] = CODE_NO_RULE};
    return (enum code)CODES[outcome];
}

/* One rule of the list that fires, or holds, in its lane. held: NOTHING, or DEDUPED where it holds since *case_no. */
static void act_in_lane(struct core *core, uint32_t rule_row, struct firing_run *run,
                        enum code held, struct effect_firing *firing)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    if (run->winners[rule->lane] == NONE32) {
        run->winners[rule->lane] = rule_row;
    }
    if (held != CODE_NOTHING) {
        firing->code = (uint16_t)held;
        run->code = rule->lane == RULE_LANE_DISPATCH ? held : run->code;
        run->case_no = rule->lane == RULE_LANE_DISPATCH ? firing->case_no : run->case_no;
        return;
    }
    if (rule->lane == RULE_LANE_DISPATCH) {
        run->code = dispatch(core, rule_row, run, firing, &run->case_no);
        firing->code = (uint16_t)run->code;
    } else {
        firing->code = (uint16_t)act_beside(core, rule_row, run, firing);
        run->code = run->code == CODE_NO_RULE && firing->code == CODE_TOLD ? CODE_TOLD : run->code;
    }
    firing->case_no = run->case_no;
}

/* One rule of the list. False: it has nothing to do with the event. */
static bool fire(struct core *core, uint32_t rule_row, struct firing_run *run,
                 struct effect_firing *firing)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    struct correlated taken; /* 3 KiB: only its head is set for a rule without state */
    taken.outcome = CORRELATION_FIRES;
    taken.have = taken.need = taken.severity = 0;
    taken.slot = NONE32;
    taken.case_no = (struct case_no){0, 0, 0};
    *firing = (struct effect_firing){
        .rule = rule_row, .candidates = run->list->matched, .winner = NONE32};
    if (rule->window != NONE32 && state_policy(core)->windows[rule->window].kind == WINDOW_ABSENT) {
        absences_take(core, rule_row, run->own, run->source, &taken);
    } else if (rule->window != NONE32) {
        windows_take(core, rule_row, run->own, &taken);
    }
    if (taken.outcome == CORRELATION_NONE) {
        return false;
    }
    const enum code said = code_of(taken.outcome);
    const bool fires = said == CODE_NOTHING || said == CODE_DEDUPED;
    run->event = rule->window == NONE32 ? run->own : &taken.event;
    firing->have = taken.have;
    firing->need = taken.need;
    firing->case_no = taken.case_no;
    firing->winner = fires && rule->status != RULE_SHADOW ? winner_of(core, rule, run) : NONE32;
    if (rule->status == RULE_SHADOW) {
        firing->code = CODE_SHADOW;
        firing->would =
            (uint16_t)(said == CODE_NOTHING ? would_be(core, rule_row, run, firing) : said);
    } else if (!fires) {
        firing->code = (uint16_t)said;
        run->code = run->code == CODE_NO_RULE ? said : run->code;
    } else if (firing->winner != NONE32) {
        firing->code = CODE_LOST_LANE;
        firing->case_no = (struct case_no){0, 0, 0};
    } else {
        act_in_lane(core, rule_row, run, said, firing);
    }
    if (said == CODE_NOTHING) {
        windows_fired(core, &taken, (enum code)firing->code, firing->case_no);
    }
    run->event = run->own;
    return true;
}

enum code firing_all(struct core *core, const struct firing_list *list, const struct event *event,
                     struct intake_source source, enum code code, struct case_no *case_no)
{
    struct firing_run run = {.event = event,
                             .own = event,
                             .source = source,
                             .list = list,
                             .winners = {NONE32, NONE32, NONE32},
                             .code = code,
                             .case_no = *case_no};
    bool is_told = false;
    for (uint32_t i = 0; i < list->count; i++) {
        struct effect_firing firing;
        if (fire(core, list->rules[i], &run, &firing)) {
            say(core, event, firing);
            is_told = true;
        }
    }
    if (!is_told) {
        firing_say(core, event, NONE32, code, *case_no, list->matched);
    }
    *case_no = run.case_no;
    return run.code;
}

enum code firing_alone(struct core *core, uint32_t rule_row, const struct event *event,
                       struct intake_source source, struct case_no *out_no)
{
    const struct firing_list list = {.rules = {rule_row}, .count = 1, .matched = 1};
    struct firing_run run = {.event = event,
                             .own = event,
                             .source = source,
                             .list = &list,
                             .winners = {NONE32, NONE32, NONE32},
                             .code = CODE_NO_RULE};
    struct effect_firing firing = {.rule = rule_row, .candidates = 1, .winner = NONE32};
    if (state_policy(core)->rules[rule_row].status == RULE_SHADOW) {
        firing.code = CODE_SHADOW;
        firing.would = (uint16_t)would_be(core, rule_row, &run, &firing);
    } else {
        act_in_lane(core, rule_row, &run, CODE_NOTHING, &firing);
    }
    say(core, event, firing);
    *out_no = firing.case_no;
    return (enum code)firing.code;
}

uint16_t firing_report(const struct core *core, enum code code, struct case_no no)
{
    if (code != CODE_OPENED && code != CODE_MERGED && code != CODE_REOPENED) {
        return 0;
    }
    const uint32_t slot = cases_find(&core->cases, no);
    must(slot != NONE32);
    return (uint16_t)cases_peek(&core->cases, slot)->event_count;
}

/* firing.c: see firing.h. */
#include "engine/core/firing.h"

#include "engine/core/cases.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/memory.h"
#include "engine/core/merging.h"
#include "engine/core/opening.h"

void firing_say(struct core *core, const struct event *event, uint32_t rule, enum code code,
                        struct case_no no, uint32_t candidates)
{
    const struct effect effect = {.kind = EFFECT_FIRING,
                                  .at_ms = core->now_ms,
                                  .of.firing = {.rule = rule,
                                                .code = (uint16_t)code,
                                                .case_no = no,
                                                .event_id = event->head->id,
                                                .candidates = candidates}};
    state_emit(core, &effect);
}

/* A rule fires: repeats are counted, the rest is merged or opens a case. */
enum code firing_of(struct core *core, uint32_t rule_row, const struct event *event,
                      struct intake_source source, struct case_no *out_no)
{
    const struct policy_rule *rule = &state_policy(core)->rules[rule_row];
    const bool dedupes = rule->dedupe.keys.count > 0;
    struct hash128 key = {0, 0};
    if (dedupes) {
        const struct hash128 base = hash128_join((struct hash128){SALT_DEDUPE, 0}, rule->id_hash);
        key = keys_of(core, base, rule->dedupe.keys, rule->class_row, event);
        const struct memory_row *seen = memory_find(&core->dedupe, key);
        if (seen != NULL && core->now_ms < seen->until_ms) {
            *out_no = links_follow_no(core, seen->case_no);
            if ((rule->flags & RULE_DEDUPE_SLIDES) != 0) {
                memory_put(&core->dedupe, key,
                           add_clamped(core->now_ms, rule->dedupe.window_ms), *out_no);
            }
            return CODE_DEDUPED;
        }
    }
    const bool merges = (rule->merge.flags & MERGE_ENABLED) != 0;
    const uint32_t asset = merges ? merging_asset(core, rule, event) : event->head->asset;
    const uint32_t into = merges ? merging_find(core, rule, event, asset) : NONE32;
    enum code code;
    if (into != NONE32) {
        *out_no = cases_peek(&core->cases, into)->no;
        code = merging_join(core, into, rule, event, source);
    } else {
        code = opening_case(core, rule_row, event, source, asset, out_no);
    }
    if (dedupes && (code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED || code == CODE_SUPPRESSED)) {
        memory_put(&core->dedupe, key, add_clamped(core->now_ms, rule->dedupe.window_ms), *out_no);
    }
    return code;
}

/* Which of the case's reports was just taken: the reporter's receipt. A repeat has none of its own. */
uint16_t firing_report(const struct core *core, enum code code, struct case_no no)
{
    if (code != CODE_OPENED && code != CODE_MERGED && code != CODE_REOPENED) {
        return 0;
    }
    const uint32_t slot = cases_find(&core->cases, no);
    must(slot != NONE32);
    return (uint16_t)cases_peek(&core->cases, slot)->event_count;
}

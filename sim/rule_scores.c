/* rule_scores.c: see rule_scores.h. */
#include "sim/rule_scores.h"

#include <stdlib.h>

#include "engine/city/facts.h"
#include "engine/core/code.h"
#include "engine/core/policy.h"

void rule_scores_init(struct rule_scores *scores, uint32_t rule_count)
{
    *scores = (struct rule_scores){.rule_count = rule_count};
    scores->counts = calloc(rule_count + 1u, sizeof scores->counts[0]);
    must(scores->counts != NULL);
}

void rule_scores_fini(struct rule_scores *scores)
{
    free(scores->counts);
    free(scores->notes);
    *scores = (struct rule_scores){.counts = NULL};
}

static void note(struct rule_scores *scores, struct rule_note added)
{
    if (scores->note_count == scores->note_room) {
        scores->note_room = scores->note_room == 0 ? 1024 : scores->note_room * 2;
        scores->notes = reallocarray(scores->notes, scores->note_room, sizeof scores->notes[0]);
        must(scores->notes != NULL);
    }
    scores->notes[scores->note_count++] = added;
}

/* Where a firing is counted; NULL: it has not fired. */
static uint64_t *counter_of(struct rule_counts *counts, uint32_t code)
{
    switch (code) {
    case CODE_OPENED:
        return &counts->opened;
    case CODE_MERGED:
    case CODE_REOPENED:
        return &counts->joined;
    case CODE_DEDUPED:
        return &counts->repeats;
    case CODE_SUPPRESSED:
        return &counts->held_back;
    case CODE_LOST_LANE:
        return &counts->lost_lane;
    case CODE_TOLD:
    case CODE_CASELESS:
        return &counts->told;
    default:
        return NULL;
    }
}

void rule_scores_see(struct rule_scores *scores, const struct effect *effect)
{
    if (effect->kind != EFFECT_FIRING || effect->of.firing.rule >= scores->rule_count) {
        return;
    }
    const struct effect_firing *firing = &effect->of.firing;
    struct rule_counts *counts = &scores->counts[firing->rule];
    const uint16_t code = firing->code == CODE_SHADOW ? firing->would : firing->code;
    uint64_t *counter = counter_of(counts, code);
    counts->waiting += code == CODE_WAITING;
    if (counter == NULL) {
        return;
    }
    counts->fired++;
    ++*counter;
    if (code == CODE_OPENED || code == CODE_MERGED || code == CODE_REOPENED) {
        note(scores, (struct rule_note){firing->event_id, firing->rule, code});
    }
}

/* ---- beside the truth ---- */

struct known_event {
    struct hash128 id;
    uint32_t row;
};

static int by_id(const void *left, const void *right)
{
    const struct known_event *a = left;
    const struct known_event *b = right;
    if (a->id.hi != b->id.hi) {
        return a->id.hi < b->id.hi ? -1 : 1;
    }
    return (a->id.lo > b->id.lo) - (a->id.lo < b->id.lo);
}

static int by_value(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* How many different ones. Sorts them. */
static uint64_t count_distinct(uint64_t *values, size_t count)
{
    uint64_t distinct = 0;
    if (count > 1) {
        qsort(values, count, sizeof values[0], by_value);
    }
    for (size_t i = 0; i < count; i++) {
        distinct += i == 0 || values[i] != values[i - 1];
    }
    return distinct;
}

/* The types that the rule is about, as events name them. The caller frees. */
static uint64_t *type_hashes(const struct policy *policy, uint32_t rule, size_t *out_count)
{
    uint64_t *hashes = malloc((policy->type_count + 1u) * sizeof hashes[0]);
    must(hashes != NULL);
    *out_count = 0;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        const struct policy_type *type = &policy->types[i];
        for (uint32_t k = 0; k < type->rules.count; k++) {
            if (policy->type_rules[type->rules.first + k] == rule) {
                hashes[(*out_count)++] =
                    facts_hash(policy_text(policy, type->name), type->name.size).lo;
                break;
            }
        }
    }
    return hashes;
}

/* Incidents that the rule could have known of: those with a report of its types. */
static uint64_t count_incidents(const struct policy *policy, const struct run_gateways *gateways,
                                uint32_t rule, uint64_t *scratch)
{
    size_t type_count = 0;
    size_t count = 0;
    uint64_t *types = type_hashes(policy, rule, &type_count);
    for (uint32_t i = 0; i < gateways->event_count; i++) {
        const struct event_record *event = &gateways->events[i];
        for (size_t k = 0; k < type_count; k++) {
            if (event->incident != 0 && event->truth_kind == TRUTH_REPORT &&
                event->type_hash == types[k]) {
                scratch[count++] = event->incident;
                break;
            }
        }
    }
    free(types);
    return count_distinct(scratch, count);
}

struct rule_score rule_scores_of(const struct rule_scores *scores, const struct policy *policy,
                                 const struct run_gateways *gateways, uint32_t rule)
{
    must(rule < scores->rule_count);
    struct rule_score score = {.counts = scores->counts[rule]};
    struct known_event *known = malloc(((size_t)gateways->event_count + 1) * sizeof known[0]);
    const size_t room =
        gateways->event_count > scores->note_count ? gateways->event_count : scores->note_count;
    uint64_t *incidents = malloc((room + 1) * sizeof incidents[0]);
    must(known != NULL && incidents != NULL);
    for (uint32_t i = 0; i < gateways->event_count; i++) {
        known[i] = (struct known_event){gateways->events[i].id, i};
    }
    if (gateways->event_count > 1) {
        qsort(known, gateways->event_count, sizeof known[0], by_id);
    }
    size_t reached = 0;
    for (size_t i = 0; i < scores->note_count; i++) {
        const struct rule_note *at = &scores->notes[i];
        const struct known_event wanted = {.id = at->event_id};
        const struct known_event *found =
            at->rule == rule && gateways->event_count > 0
                ? bsearch(&wanted, known, gateways->event_count, sizeof known[0], by_id)
                : NULL;
        const struct event_record *event = found == NULL ? NULL : &gateways->events[found->row];
        if (event == NULL || event->incident == 0) {
            continue;
        }
        score.cases_known += at->code == CODE_OPENED;
        score.cases_true += at->code == CODE_OPENED && event->truth_kind != TRUTH_FALSE;
        if (event->truth_kind == TRUTH_REPORT) {
            incidents[reached++] = event->incident;
        }
    }
    score.incidents_reached = count_distinct(incidents, reached);
    score.incidents = count_incidents(policy, gateways, rule, incidents);
    free(known);
    free(incidents);
    return score;
}

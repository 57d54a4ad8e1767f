/* lint_pairs.c: rules beside each other on one event type: conflicts, shadows, repeats, overlapping departments.
 *
 * Every pair is looked at, first by words that fit a cache line: what could be reported of it at all? Only then are
 * regions intersected, and only an overlap that an event shows is reported. */
#include "rules/lint_parts.h"

#include <stdlib.h>
#include <xxhash.h>

/* A rule under one of its types. */
struct pair_key {
    uint64_t needs;  /* a bit per field (row modulo 64) that every box limits */
    uint64_t action; /* digest of what it does */
    uint32_t priority, owner, rule, reserved;
};

struct pair_run {
    struct lint_run *run;
    const struct rule_type *type;
    uint64_t pairs_left, overlaps_left;
};

static void digest_bytes(XXH3_state_t *digest, const void *bytes, size_t size)
{
    (void)XXH3_64bits_update(digest, &size, sizeof size);
    (void)XXH3_64bits_update(digest, bytes, size);
}

static void digest_assign(XXH3_state_t *digest, const struct rule_assign *assign)
{
    const uint64_t words[] = {assign->roles,  assign->skills,       assign->pick,
                              assign->count,  assign->max_load,     assign->fallback,
                              assign->rights, assign->ignore_shift, assign->condition != NULL};
    digest_bytes(digest, words, sizeof words);
    for (uint32_t i = 0; i < assign->ring_count; i++) {
        const int64_t ring[] = {assign->rings[i].radius_cm, assign->rings[i].kind,
                                assign->rings[i].level};
        digest_bytes(digest, ring, sizeof ring);
    }
}

/* What a rule does: class, severity, owner, whom it sends, within what time. Words for people are left out. */
static uint64_t digest_action(XXH3_state_t *digest, const struct rule *rule)
{
    (void)XXH3_64bits_reset(digest);
    const uint32_t head[] = {rule->class_row, rule->severity, rule->department, rule->assign_count};
    digest_bytes(digest, head, sizeof head);
    for (uint32_t i = 0; i < rule->assign_count; i++) {
        digest_assign(digest, &rule->assigns[i]);
    }
    const int64_t limits[] = {rule->sla.accept.value, rule->sla.accept.unit,
                              rule->sla.arrive.value, rule->sla.arrive.unit,
                              rule->sla.handle.value, rule->sla.handle.unit};
    digest_bytes(digest, limits, sizeof limits);
    return XXH3_64bits_digest(digest);
}

static uint64_t needs_of(const struct region *region)
{
    uint64_t needs = UINT64_MAX;
    for (uint32_t i = 0; i < region->count; i++) {
        uint64_t fields = 0;
        for (uint32_t k = 0; k < region->boxes[i]->count; k++) {
            fields |= UINT64_C(1) << (region->boxes[i]->limits[k].field->row % 64);
        }
        needs &= fields;
    }
    return needs;
}

static bool rows_are_within(const struct rule_rows *inner, const struct rule_rows *outer)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < inner->count; i++) {
        while (k < outer->count && outer->items[k] < inner->items[i]) {
            k++;
        }
        if (k == outer->count || outer->items[k] != inner->items[i]) {
            return false;
        }
    }
    return true;
}

static bool places_are_within(const struct rule_places *inner, const struct rule_places *outer)
{
    if (!rows_are_within(&inner->areas, &outer->areas) ||
        !rows_are_within(&inner->cells, &outer->cells)) {
        return false;
    }
    for (uint32_t i = 0; i < inner->circle_count; i++) {
        bool is_found = false;
        for (uint32_t k = 0; k < outer->circle_count; k++) {
            is_found = is_found || memcmp(&inner->circles[i], &outer->circles[k],
                                          sizeof inner->circles[i]) == 0;
        }
        if (!is_found) {
            return false;
        }
    }
    return true;
}

static bool types_are_within(const struct rule *inner, const struct rule *outer)
{
    for (uint32_t i = 0; i < inner->type_count; i++) {
        bool is_found = false;
        for (uint32_t k = 0; k < outer->type_count; k++) {
            is_found = is_found || inner->types[i] == outer->types[k];
        }
        if (!is_found) {
            return false;
        }
    }
    return true;
}

/* Is every event that inner takes certainly taken by outer? */
static bool is_within(const struct lint_run *run, const struct rule_extent *inner,
                      const struct rule_extent *outer)
{
    const struct rule *a = inner->rule;
    const struct rule *b = outer->rule;
    if (!types_are_within(a, b) ||
        (b->in != NULL && (a->in == NULL || !places_are_within(a->in, b->in))) ||
        (b->out != NULL && (a->out == NULL || !places_are_within(b->out, a->out)))) {
        return false;
    }
    return week_is_within(run->weeks, a, inner->week, b, outer->week) &&
           region_is_within(&inner->region, &outer->region);
}

static bool may_meet(const struct rule_extent *a, const struct rule_extent *b)
{
    for (uint32_t i = 0; i < a->region.count; i++) {
        for (uint32_t k = 0; k < b->region.count; k++) {
            if (region_may_meet(a->region.boxes[i], b->region.boxes[k])) {
                return week_may_meet(a->week, b->week) &&
                       !witness_places_are_apart(a->rule, b->rule);
            }
        }
    }
    return false;
}

/* later is the one to change: the one that stands later, or the hidden one. */
static void report(struct pair_run *pairs, enum lint_code code, const struct rule *rule,
                   const struct rule *other, const char *witness)
{
    static const char *const SENTENCES[LINT_CODE_COUNT] = {
        [LINT_L201] = "rules %s (%s) and %s (%s, %s:%d) take the same %s events with priority %u "
                      "and do different things; give one of them another priority, or split their "
                      "conditions",
        [LINT_L202] = "rule %s (%s) never gets its turn: %s (%s, %s:%d) takes every %s event that "
                      "it takes, with a priority above %u",
        [LINT_L203] = "rule %s (%s) says the same as %s (%s, %s:%d) on %s events, priority %u; "
                      "remove one",
        [LINT_L204] = "rules %s (%s) and %s (%s, %s:%d) of different departments take the same %s "
                      "events (this one with priority %u); say which conditions are whose"};
    struct lint_run *run = pairs->run;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)lint_add(run, code, rule, other, rule->node, witness, SENTENCES[code], rule->id,
                   lint_department(run, rule->department), other->id,
                   lint_department(run, other->department), other->file, other->node->line,
                   pairs->type->name, rule->priority);
#pragma GCC diagnostic pop
}

/* Reports once per pair: under the first type that both have. */
static bool is_first_type(const struct pair_run *pairs, const struct rule *a, const struct rule *b)
{
    for (uint32_t i = 0; i < a->type_count; i++) {
        for (uint32_t k = 0; k < b->type_count; k++) {
            if (a->types[i] == b->types[k] && a->types[i]->row < pairs->type->row) {
                return false;
            }
        }
    }
    return true;
}

static void look_closer(struct pair_run *pairs, const struct pair_key *a, const struct pair_key *b)
{
    struct lint_run *run = pairs->run;
    const struct rule_extent *first = &run->extents[a->rule];
    const struct rule_extent *second = &run->extents[b->rule];
    const bool is_other_action = a->action != b->action;
    const bool a_in_b = (b->needs & ~a->needs) == 0 && is_within(run, first, second);
    const bool b_in_a = (a->needs & ~b->needs) == 0 && is_within(run, second, first);
    enum lint_code code = LINT_CODE_COUNT;
    const struct rule *rule = second->rule;
    const struct rule *other = first->rule;
    if (a->priority == b->priority && is_other_action) {
        code = LINT_L201;
    } else if (a_in_b && b_in_a && !is_other_action) {
        code = LINT_L203;
    } else if ((a_in_b && b->priority > a->priority) || (b_in_a && a->priority > b->priority)) {
        code = LINT_L202;
        rule = a->priority < b->priority ? first->rule : second->rule;
        other = a->priority < b->priority ? second->rule : first->rule;
    } else if (a->owner != b->owner) {
        code = LINT_L204;
    }
    if (code == LINT_CODE_COUNT || lint_is_full(run, code) ||
        (run->options.errors_only && lint_code_level(code) != PROBLEM_ERROR)) {
        return;
    }
    struct witness witness;
    if (!is_first_type(pairs, first->rule, second->rule) ||
        !witness_find(run->set, run->weeks, pairs->type, first, second, &witness)) {
        return;
    }
    char text[2048];
    (void)witness_print(run->set, &witness, text, sizeof text);
    report(pairs, code, rule, other, text);
}

/* Could anything be said of the two? */
static bool is_of_interest(const struct pair_run *pairs, const struct pair_key *a,
                           const struct pair_key *b)
{
    const bool is_conflict = a->priority == b->priority && a->action != b->action;
    if (pairs->run->options.errors_only) {
        return is_conflict;
    }
    return is_conflict || a->owner != b->owner || (a->needs & ~b->needs) == 0 ||
           (b->needs & ~a->needs) == 0;
}

static void compare_all(struct pair_run *pairs, const struct pair_key *keys, uint32_t count)
{
    struct lint_run *run = pairs->run;
    for (uint32_t i = 0; i < count; i++) {
        if (pairs->pairs_left < i) {
            const uint64_t rest = (uint64_t)count * (count - 1) / 2 - (uint64_t)i * (i - 1) / 2;
            run->lint.pairs_skipped += rest;
            return;
        }
        pairs->pairs_left -= i;
        for (uint32_t k = 0; k < i; k++) {
            if (!is_of_interest(pairs, &keys[k], &keys[i])) {
                continue;
            }
            if (pairs->overlaps_left == 0) {
                run->lint.pairs_skipped++;
                continue;
            }
            pairs->overlaps_left--;
            if (may_meet(&run->extents[keys[k].rule], &run->extents[keys[i].rule])) {
                look_closer(pairs, &keys[k], &keys[i]);
            }
        }
    }
}

/* Rules under a type, in order of rules. */
struct type_entry {
    uint32_t type, rule;
};

static int entry_compare(const void *left, const void *right)
{
    const struct type_entry *a = left;
    const struct type_entry *b = right;
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static uint32_t list_entries(const struct ruleset *set, struct type_entry **out_entries)
{
    size_t total = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        total += set->rules[i]->type_count;
    }
    struct type_entry *entries = arena_take(set->arena, total * sizeof entries[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        const bool competes = rule->status == RULE_ACTIVE && rule->lane == RULE_LANE_DISPATCH;
        for (uint32_t k = 0; competes && k < rule->type_count; k++) {
            entries[count++] = (struct type_entry){rule->types[k]->row, i};
        }
    }
    if (count > 0) {
        qsort(entries, count, sizeof entries[0], entry_compare);
    }
    *out_entries = entries;
    return count;
}

void lint_pairs(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    struct type_entry *entries = NULL;
    const uint32_t count = list_entries(set, &entries);
    struct pair_key *all = arena_take(set->arena, set->rule_count * sizeof all[0]);
    struct pair_key *keys = arena_take(set->arena, set->rule_count * sizeof keys[0]);
    XXH3_state_t *digest = XXH3_createState();
    must(digest != NULL);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        all[i] = (struct pair_key){needs_of(&run->extents[i].region),
                                   digest_action(digest, rule),
                                   rule->priority,
                                   rule->department,
                                   i,
                                   0};
    }
    (void)XXH3_freeState(digest);
    struct pair_run pairs = {run, NULL, LINT_PAIRS_MAX, LINT_OVERLAPS_MAX};
    for (uint32_t first = 0, end = 0; first < count; first = end) {
        while (end < count && entries[end].type == entries[first].type) {
            keys[end - first] = all[entries[end].rule];
            end++;
        }
        pairs.type = set->types[entries[first].type];
        if (end - first > POLICY_TYPE_RULES_MAX) {
            const struct rule *rule = set->rules[entries[first + POLICY_TYPE_RULES_MAX].rule];
            (void)lint_add(run, LINT_L018, rule, NULL, rule->node, NULL,
                           "more than %u rules on event type %s", POLICY_TYPE_RULES_MAX,
                           pairs.type->name);
        }
        compare_all(&pairs, keys, end - first);
    }
}

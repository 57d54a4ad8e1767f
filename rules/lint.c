/* lint.c: see lint.h. Conditions are compared as they were written, so two ways to say the same are not seen as one. */
#include "rules/lint.h"

#include "rules/anchor.h"

#include <stdlib.h>
#include <xxhash.h>

static bool rows_are_within(const struct rule_rows *inner, const struct rule_rows *outer)
{
    for (uint32_t i = 0; i < inner->count; i++) {
        bool is_found = false;
        for (uint32_t k = 0; k < outer->count; k++) {
            is_found = is_found || outer->items[k] == inner->items[i];
        }
        if (!is_found) {
            return false;
        }
    }
    return inner->count > 0;
}

static void lint_never(const struct ruleset *set, const struct rule *rule,
                       struct problems *problems)
{
    const struct tree_node *node = rule->node;
    struct anchors anchors;
    anchors_find(set->arena, rule->where, &anchors);
    if (anchors.is_impossible) {
        problems_add(problems, PROBLEM_ERROR, "L101", rule->where_node->file,
                     rule->where_node->line, rule->where_node->column,
                     "rule %s: where can never be true", rule->id);
    }
    if (rule->in != NULL && rule->out != NULL && rule->in->circle_count == 0 &&
        rows_are_within(&rule->in->areas, &rule->out->areas)) {
        problems_add(problems, PROBLEM_ERROR, "L101", node->file, node->line, node->column,
                     "rule %s: every area of in is excluded by not_in", rule->id);
    }
    if (rows_are_within(&rule->calendars_in, &rule->calendars_out)) {
        problems_add(problems, PROBLEM_ERROR, "L101", node->file, node->line, node->column,
                     "rule %s: every calendar of in is excluded by not_in", rule->id);
    }
}

/* A rule under one of its types, with a digest of its conditions. */
struct lint_entry {
    uint32_t type;
    uint32_t priority;
    XXH64_hash_t signature;
    bool is_unconditional;
    const struct rule *rule;
};

static void digest_rows(XXH3_state_t *digest, const struct rule_rows *rows)
{
    (void)XXH3_64bits_update(digest, &rows->count, sizeof rows->count);
    (void)XXH3_64bits_update(digest, rows->items, rows->count * sizeof rows->items[0]);
}

static void digest_places(XXH3_state_t *digest, const struct rule_places *places)
{
    static const struct rule_rows NONE = {NULL, 0};
    digest_rows(digest, places == NULL ? &NONE : &places->areas);
    uint32_t count = places == NULL ? 0 : places->circle_count;
    (void)XXH3_64bits_update(digest, &count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t words[3] = {places->circles[i].lon, places->circles[i].lat,
                            places->circles[i].radius_cm};
        (void)XXH3_64bits_update(digest, words, sizeof words);
    }
}

static XXH64_hash_t sign_conditions(XXH3_state_t *digest, const struct rule *rule)
{
    (void)XXH3_64bits_reset(digest);
    const char *where = rule->where_node == NULL ? "" : rule->where_node->text;
    (void)XXH3_64bits_update(digest, where, strlen(where) + 1);
    digest_places(digest, rule->in);
    digest_places(digest, rule->out);
    digest_rows(digest, &rule->calendars_in);
    digest_rows(digest, &rule->calendars_out);
    for (uint32_t i = 0; i < rule->param_count; i++) {
        (void)XXH3_64bits_update(digest, rule->params[i].name, strlen(rule->params[i].name) + 1);
        (void)XXH3_64bits_update(digest, rule->params[i].text, strlen(rule->params[i].text) + 1);
    }
    return XXH3_64bits_digest(digest);
}

static bool is_unconditional(const struct rule *rule)
{
    return rule->where == NULL && rule->in == NULL && rule->out == NULL &&
           rule->calendars_in.count == 0 && rule->calendars_out.count == 0;
}

/* Unconditional rules first, then equal conditions beside each other. */
static int entry_compare(const void *left, const void *right)
{
    const struct lint_entry *a = left;
    const struct lint_entry *b = right;
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    if (a->is_unconditional != b->is_unconditional) {
        return a->is_unconditional ? -1 : 1;
    }
    if (a->signature != b->signature) {
        return a->signature < b->signature ? -1 : 1;
    }
    return a->rule->row < b->rule->row ? -1 : a->rule->row > b->rule->row;
}

static void report_overlap(const struct ruleset *set, struct problems *problems,
                           const struct lint_entry *first, const struct lint_entry *second)
{
    const struct tree_node *node = second->rule->node;
    problems_add(problems, PROBLEM_ERROR, "L201", node->file, node->line, node->column,
                 "rules %s and %s both take the same %s events with priority %u; give one of them "
                 "another priority",
                 first->rule->id, second->rule->id, set->types[second->type]->name,
                 second->priority);
}

static void lint_overlaps(const struct ruleset *set, struct problems *problems,
                          const struct lint_entry *entries, uint32_t count)
{
    uint32_t group = 0; /* first entry of the same type and priority */
    uint32_t type_first = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].type != entries[type_first].type) {
            type_first = i;
        }
        if (i - type_first == POLICY_TYPE_RULES_MAX) {
            const struct tree_node *node = entries[i].rule->node;
            problems_add(problems, PROBLEM_ERROR, "L018", node->file, node->line, node->column,
                         "more than %u rules on event type %s", POLICY_TYPE_RULES_MAX,
                         set->types[entries[i].type]->name);
        }
        if (entries[i].type != entries[group].type ||
            entries[i].priority != entries[group].priority) {
            group = i;
        }
        if (i == group) {
            continue;
        }
        if (entries[group].is_unconditional) {
            report_overlap(set, problems, &entries[group], &entries[i]);
        } else if (entries[i].signature == entries[i - 1].signature) {
            report_overlap(set, problems, &entries[i - 1], &entries[i]);
        }
    }
}

void ruleset_lint(const struct ruleset *set, struct problems *problems)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        lint_never(set, set->rules[i], problems);
        count += set->rules[i]->status == RULE_ACTIVE ? set->rules[i]->type_count : 0;
    }
    if (count == 0) {
        return;
    }
    XXH3_state_t *digest = XXH3_createState();
    must(digest != NULL);
    struct lint_entry *entries = arena_take(set->arena, count * sizeof entries[0]);
    uint32_t at = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->status != RULE_ACTIVE) {
            continue;
        }
        XXH64_hash_t signature = sign_conditions(digest, rule);
        for (uint32_t k = 0; k < rule->type_count; k++) {
            entries[at++] = (struct lint_entry){rule->types[k]->row, rule->priority, signature,
                                                is_unconditional(rule), rule};
        }
    }
    (void)XXH3_freeState(digest);
    qsort(entries, count, sizeof entries[0], entry_compare);
    lint_overlaps(set, problems, entries, count);
}

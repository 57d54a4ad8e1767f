/* lint_basis.c: rules against the clauses they stand on: repealed, not yet in force, replaced by another rule's; and rules
 * whose owner is not settled. */
#include "rules/lint_parts.h"
#include "rules/read.h"

#include <stdio.h>

/* "2026-01-01" of a day, by the city's own calendar arithmetic. */
static const char *date_words(const struct lint_run *run, int32_t day)
{
    const uint32_t date = city_date_of_day(day);
    char text[16];
    const int size =
        snprintf(text, sizeof text, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    return arena_text(run->set->arena, text, (size_t)size);
}

static void lint_clause(struct lint_run *run, const struct rule *rule, const struct tree_node *item)
{
    const struct rule_basis *basis = ruleset_find_basis(run->set, item->text);
    const int32_t today = run->options.as_of_day;
    if (basis == NULL) {
        return;
    }
    if (basis->until_day <= today) {
        (void)lint_add(run, LINT_L207, rule, NULL, item, NULL,
                       "rule %s (%s) stands on %s (%s), which is no longer in force since %s; give "
                       "it the clause that replaced it, or disable it",
                       rule->id, lint_department(run, rule->department), basis->id, basis->title,
                       date_words(run, basis->until_day));
    } else if (basis->from_day > today) {
        (void)lint_add(
            run, LINT_L207, rule, NULL, item, NULL,
            "rule %s (%s) stands on %s (%s), which is not in force before %s; disable it "
            "until then",
            rule->id, lint_department(run, rule->department), basis->id, basis->title,
            date_words(run, basis->from_day));
    }
}

static void lint_validity(struct lint_run *run, const struct rule *rule)
{
    const int32_t today = run->options.as_of_day;
    if (rule->valid_until_day <= today || rule->valid_from_day > today) {
        const bool is_over = rule->valid_until_day <= today;
        (void)lint_add(run, LINT_L207, rule, NULL, rule->node, NULL,
                       "rule %s (%s) is %s %s; disable it or change valid", rule->id,
                       lint_department(run, rule->department),
                       is_over ? "no longer valid since" : "not valid before",
                       date_words(run, is_over ? rule->valid_until_day : rule->valid_from_day));
    }
}

/* A rule of several owners is out of force until one is chosen: by a ruling, then in the file. */
static void lint_owners(struct lint_run *run, const struct rule *rule)
{
    char names[256];
    size_t length = 0;
    for (uint32_t i = 0; i < rule->owners.count && length < sizeof names; i++) {
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", i == 0 ? "" : " or ",
                             lint_department(run, rule->owners.items[i]));
    }
    if (rule->owners.count > 1) {
        (void)lint_add(run, LINT_L209, rule, NULL, rule->node, NULL,
                       "rule %s is out of force until one owner is chosen: %s", rule->id, names);
    }
}

static bool list_has(const struct tree_node *list, const char *text)
{
    for (uint32_t i = 0; list != NULL && i < read_list_count(list); i++) {
        const struct tree_node *item = read_list_item(list, i);
        if (item->kind == TREE_TEXT && strcmp(item->text, text) == 0) {
            return true;
        }
    }
    return false;
}

/* The clause of newer that replaces one of older, or NULL. */
static const struct rule_basis *replacement(const struct lint_run *run, const struct rule *newer,
                                            const struct rule *older, const char **out_old)
{
    for (uint32_t i = 0; newer->basis != NULL && i < read_list_count(newer->basis); i++) {
        const struct rule_basis *basis =
            ruleset_find_basis(run->set, read_list_item(newer->basis, i)->text);
        for (uint32_t k = 0;
             basis != NULL && older->basis != NULL && k < read_list_count(older->basis); k++) {
            const char *old = read_list_item(older->basis, k)->text;
            if (list_has(basis->replaces, old)) {
                *out_old = old;
                return basis;
            }
        }
    }
    return NULL;
}

static void lint_pair(struct lint_run *run, const struct rule *newer, const struct rule *older)
{
    const char *old = NULL;
    const struct rule_basis *basis = replacement(run, newer, older, &old);
    if (basis != NULL) {
        (void)lint_add(run, LINT_L208, older, newer, older->node, NULL,
                       "rule %s (%s) stands on %s, rule %s (%s, %s:%d) on %s that replaces it, and "
                       "both open the same class",
                       older->id, lint_department(run, older->department), old, newer->id,
                       lint_department(run, newer->department), newer->file, newer->node->line,
                       basis->id);
    } else if (list_has(newer->supersedes, older->id)) {
        (void)lint_add(run, LINT_L208, older, newer, older->node, NULL,
                       "rule %s (%s) is superseded by %s (%s, %s:%d) and still active", older->id,
                       lint_department(run, older->department), newer->id,
                       lint_department(run, newer->department), newer->file, newer->node->line);
    }
}

/* Rules that replace something are few; each is held against the rules of its class. */
void lint_basis(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (!run->options.errors_only) {
            lint_owners(run, rule);
        }
        if (rule->status != RULE_ACTIVE) {
            continue;
        }
        lint_validity(run, rule);
        for (uint32_t k = 0; rule->basis != NULL && k < read_list_count(rule->basis); k++) {
            lint_clause(run, rule, read_list_item(rule->basis, k));
        }
        const bool is_newer =
            rule->supersedes != NULL || (set->base_count > 0 && rule->basis != NULL);
        for (uint32_t k = 0; is_newer && !run->options.errors_only && k < set->rule_count; k++) {
            if (k != i && rule->class_row != NONE32 && set->rules[k]->status == RULE_ACTIVE &&
                set->rules[k]->class_row == rule->class_row) {
                lint_pair(run, rule, set->rules[k]);
            }
        }
    }
}

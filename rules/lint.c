/* lint.c: see lint.h. The driver: extents first, then each part, then the findings in order. */
#include "rules/lint.h"

#include "rules/lint_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name, *en, *zh;
    enum problem_level level;
} CODES[] = {
#define LINT_ROW(code, level, en, zh) {#code, en, zh, PROBLEM_##level},
    LINT_LIST(LINT_ROW)
#undef LINT_ROW
};

const char *lint_code_name(enum lint_code code)
{
    return CODES[code].name;
}

enum problem_level lint_code_level(enum lint_code code)
{
    return CODES[code].level;
}

const char *lint_code_words(enum lint_code code, bool is_chinese)
{
    return is_chinese ? CODES[code].zh : CODES[code].en;
}

bool lint_is_full(const struct lint_run *run, enum lint_code code)
{
    return run->lint.found[code] >= LINT_PER_CODE_MAX;
}

/* The reason for which a rule waives a finding; errors cannot be waived. */
static const char *waiver(const struct rule *rule, enum lint_code code)
{
    for (uint32_t i = 0; rule != NULL && i < rule->waiver_count; i++) {
        if (strcmp(rule->waivers[i].code, CODES[code].name) == 0) {
            return CODES[code].level == PROBLEM_ERROR ? NULL : rule->waivers[i].reason;
        }
    }
    return NULL;
}

bool lint_add(struct lint_run *run, enum lint_code code, const struct rule *rule,
              const struct rule *other, const struct tree_node *node, const char *witness,
              const char *format, ...)
{
    struct lint *lint = &run->lint;
    if (lint->found[code]++ >= LINT_PER_CODE_MAX) {
        return false;
    }
    if (lint->count == lint->capacity) {
        const uint32_t capacity = lint->capacity == 0 ? 64 : 2 * lint->capacity;
        lint->items = arena_grow(run->set->arena, lint->items, lint->count * sizeof lint->items[0],
                                 capacity * sizeof lint->items[0]);
        lint->capacity = capacity;
    }
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct arena *arena = run->set->arena;
    const char *reason = waiver(rule, code);
    lint->items[lint->count++] =
        (struct lint_finding){code,
                              rule,
                              other,
                              node,
                              arena_text(arena, text, strlen(text)),
                              witness == NULL ? NULL : arena_text(arena, witness, strlen(witness)),
                              reason != NULL ? reason : waiver(other, code)};
    return true;
}

const char *lint_department(const struct lint_run *run, uint32_t department)
{
    const struct city *city = run->set->city;
    if (department >= city->department_count) {
        return "?";
    }
    const struct image_string code = city->departments[department].code;
    return arena_text(run->set->arena, city_text(city, code), code.size);
}

static int finding_compare(const void *left, const void *right)
{
    const struct lint_finding *a = left;
    const struct lint_finding *b = right;
    const uint32_t a_row = a->rule == NULL ? NONE32 : a->rule->row;
    const uint32_t b_row = b->rule == NULL ? NONE32 : b->rule->row;
    if (a_row != b_row) {
        return a_row < b_row ? -1 : 1;
    }
    if (a->code != b->code) {
        return a->code < b->code ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

struct lint lint_ruleset(const struct ruleset *set, const struct lint_options *options)
{
    struct lint_run run = {.set = set, .options = *options};
    run.weeks = weeks_new(set->arena, set->city);
    run.extents = arena_take(set->arena, set->rule_count * sizeof run.extents[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        run.extents[i] = (struct rule_extent){rule, region_of(set->arena, rule->where),
                                              weeks_of(run.weeks, rule)};
    }
    lint_rules(&run);
    lint_pairs(&run);
    lint_basis(&run);
    if (options->with_roster) {
        lint_roster(&run);
        lint_posts(&run);
        lint_reach(&run);
        lint_state(&run);
        lint_demand(&run);
    }
    if (run.lint.count > 0) {
        qsort(run.lint.items, run.lint.count, sizeof run.lint.items[0], finding_compare);
    }
    return run.lint;
}

void lint_report(const struct ruleset *set, const struct lint *lint, struct problems *problems)
{
    (void)set;
    for (uint32_t i = 0; i < lint->count; i++) {
        const struct lint_finding *finding = &lint->items[i];
        if (finding->reason != NULL) {
            continue;
        }
        const struct tree_node *node = finding->node;
        problems_add(problems, lint_code_level(finding->code), lint_code_name(finding->code),
                     node == NULL ? "" : node->file, node == NULL ? 0 : node->line,
                     node == NULL ? 0 : node->column, "%s%s%s", finding->text,
                     finding->witness == NULL ? "" : "; both take ",
                     finding->witness == NULL ? "" : finding->witness);
    }
}

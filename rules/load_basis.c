/* load_basis.c: see load_basis.h.
 *
 *   basis:
 *     gb.2019.12: {title: 市容管理条例 第十二条, from: 2019-05-01, until: 2026-01-01, replaces: [gb.2004.7]}
 *
 * Where no file declares a clause, the texts under a rule's basis are words for people; where one does, they are ids. */
#include "rules/load_basis.h"

#include "engine/city/date.h"

static bool read_date(const struct loader *loader, const struct tree_node *node, const char *what,
                      int32_t *out_day)
{
    const char *text = NULL;
    if (!read_text(loader, node, what, &text)) {
        return false;
    }
    if (!date_parse(text, out_day)) {
        read_report(loader, node, "L005",
                    "%s \"%s\" should be a date that exists, such as 2026-10-01", what, text);
        return false;
    }
    return true;
}

/* from and until of a clause or a rule; until is the first day no longer. */
static void read_span(const struct loader *loader, const struct tree_node *node, int32_t *from_day,
                      int32_t *until_day)
{
    const struct tree_node *from = read_find(node, "from");
    const struct tree_node *until = read_find(node, "until");
    if (from != NULL) {
        (void)read_date(loader, from, "from", from_day);
    }
    if (until != NULL && read_date(loader, until, "until", until_day) && *until_day <= *from_day) {
        read_report(loader, until, "L005", "until should be later than from");
    }
}

static void load_one(const struct loader *loader, const struct tree_node *key,
                     const struct tree_node *value)
{
    static const struct key_spec KEYS[] = {{"title", KEY_REQUIRED},
                                           {"title_en", KEY_KNOWN},
                                           {"from", KEY_KNOWN},
                                           {"until", KEY_KNOWN},
                                           {"replaces", KEY_KNOWN}};
    struct ruleset *set = loader->set;
    if (!read_check_map(loader, value, "a basis", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct rule_basis *known = ruleset_find_basis(set, key->text);
    if (known != NULL) {
        read_report(loader, key, "L006", "basis \"%s\" is declared already in %s:%d", key->text,
                    known->node->file, known->node->line);
        return;
    }
    if (set->base_count == RULE_BASES_MAX) {
        read_report(loader, key, "L018", "more than %u bases", RULE_BASES_MAX);
        return;
    }
    struct rule_basis basis = {key->text, "", INT32_MIN, INT32_MAX, read_find(value, "replaces"),
                               key};
    (void)read_text(loader, read_find(value, "title"), "title", &basis.title);
    read_span(loader, value, &basis.from_day, &basis.until_day);
    set->bases[set->base_count++] = basis;
}

void load_basis_file(const struct loader *loader, const struct tree_node *root)
{
    const struct tree_node *map = read_find(root, "basis");
    if (map == NULL) {
        return;
    }
    if (map->kind != TREE_MAP) {
        read_report(loader, map, "L003", "basis must be a map of ids to clauses");
        return;
    }
    if (loader->set->bases == NULL) {
        loader->set->bases =
            arena_take(loader->arena, RULE_BASES_MAX * sizeof loader->set->bases[0]);
    }
    for (uint32_t i = 0; i < map->count; i++) {
        load_one(loader, map->keys[i], map->items[i]);
    }
}

/* One `{L204: reason}`. */
static void load_waiver(const struct loader *loader, const struct tree_node *node,
                        struct rule *rule)
{
    if (node->kind != TREE_MAP || node->count != 1 || node->items[0]->kind != TREE_TEXT ||
        node->items[0]->text[0] == '\0') {
        read_report(loader, node, "L003",
                    "lint_ignore is a list of {code: reason}, such as [{L204: both are called}]");
        return;
    }
    if (rule->waiver_count == RULE_WAIVERS_MAX) {
        read_report(loader, node, "L018", "more than %u findings waived", RULE_WAIVERS_MAX);
        return;
    }
    rule->waivers[rule->waiver_count++] =
        (struct rule_waiver){node->keys[0]->text, node->items[0]->text};
}

void load_basis_rule(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec VALID_KEYS[] = {{"from", KEY_KNOWN}, {"until", KEY_KNOWN}};
    rule->basis = read_find(node, "basis");
    rule->supersedes = read_find(node, "supersedes");
    rule->valid_from_day = INT32_MIN;
    rule->valid_until_day = INT32_MAX;
    const struct tree_node *valid = read_find(node, "valid");
    if (valid != NULL && read_check_map(loader, valid, "valid", VALID_KEYS, COUNT_OF(VALID_KEYS))) {
        read_span(loader, valid, &rule->valid_from_day, &rule->valid_until_day);
    }
    const struct tree_node *waivers = read_find(node, "lint_ignore");
    for (uint32_t i = 0; waivers != NULL && i < read_list_count(waivers); i++) {
        load_waiver(loader, read_list_item(waivers, i), rule);
    }
}

static const char *nearest_basis(const struct loader *loader, const char *name)
{
    const struct ruleset *set = loader->set;
    const char **names = arena_take(loader->arena, set->base_count * sizeof names[0]);
    for (uint32_t i = 0; i < set->base_count; i++) {
        names[i] = set->bases[i].id;
    }
    return problems_nearest(name, names, set->base_count);
}

static void check_bases(const struct loader *loader, const struct tree_node *list)
{
    for (uint32_t i = 0; list != NULL && i < read_list_count(list); i++) {
        const struct tree_node *item = read_list_item(list, i);
        if (item->kind == TREE_TEXT && ruleset_find_basis(loader->set, item->text) == NULL) {
            const char *nearest = nearest_basis(loader, item->text);
            read_report(loader, item, "L016", "no clause \"%s\" under basis:%s%s", item->text,
                        nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        }
    }
}

static void check_rules(const struct loader *loader, const struct tree_node *list)
{
    for (uint32_t i = 0; list != NULL && i < read_list_count(list); i++) {
        const struct tree_node *item = read_list_item(list, i);
        const char *id = NULL;
        if (read_text(loader, item, "supersedes", &id) &&
            ruleset_find_rule(loader->set, id) == NULL) {
            read_report(loader, item, "L016", "supersedes: no rule \"%s\" in this rule set", id);
        }
    }
}

void load_basis_check(const struct loader *loader)
{
    const struct ruleset *set = loader->set;
    for (uint32_t i = 0; i < set->base_count; i++) {
        check_bases(loader, set->bases[i].replaces);
    }
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (set->base_count > 0) {
            check_bases(loader, set->rules[i]->basis);
        }
        check_rules(loader, set->rules[i]->supersedes);
    }
}

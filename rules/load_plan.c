/* load_plan.c: see load_plan.h. One file is one plan; its tasks are read in load_plan_task.c. */
#include "rules/load_plan.h"

#include "rules/load_clauses.h"
#include "rules/load_rule.h"
#include "rules/naive.h"

#include <stdlib.h>

#define CONDITION_TEXT_MAX 255u

struct rule *load_inner_rule(const struct loader *loader, const struct tree_node *node,
                             const char *id, uint32_t department)
{
    struct ruleset *set = loader->set;
    struct rule *rule = arena_take(loader->arena, sizeof *rule);
    const char *slash = strrchr(node->file, '/');
    rule->id = id;
    rule->is_inner = true;
    rule->node = node;
    rule->file = slash == NULL ? node->file : slash + 1;
    rule->title = rule->title_en = rule->case_title = rule->case_title_en = "";
    rule->status = RULE_ACTIVE;
    rule->severity = 4;
    rule->department = department;
    rule->merge_asset_kind = rule->case_department = NONE32;
    rule->valid_until_day = INT32_MAX;
    rule->next_inner = set->inner_first;
    set->inner_first = rule;
    set->inner_count++;
    return rule;
}

/* Inner rules join the others, to be sorted with them. */
static void join_inner_rules(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    const size_t total = (size_t)set->rule_count + set->inner_count;
    struct rule **rules = arena_take(loader->arena, (total + 1) * sizeof rules[0]);
    if (set->rule_count > 0) {
        memcpy(rules, set->rules, set->rule_count * sizeof rules[0]);
    }
    for (struct rule *rule = set->inner_first; rule != NULL; rule = rule->next_inner) {
        rule->row = set->rule_count;
        rules[set->rule_count++] = rule;
    }
    set->rules = rules;
}

uint32_t load_column(const struct loader *loader, const struct tree_node *node,
                     const struct plan_group *group, const char *name)
{
    const struct city *city = loader->set->city;
    const struct image_range columns = group->registry->columns;
    const char *names[REGISTRY_COLUMNS_MAX];
    for (uint32_t i = 0; i < columns.count; i++) {
        const struct image_string text = city->columns[columns.first + i].name;
        names[i] = arena_text(loader->arena, city_text(city, text), text.size);
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    const char *nearest = problems_nearest(name, names, columns.count);
    const struct image_string kind = city->asset_kinds[group->kind];
    read_report(loader, node, "L009", "the registry %.*s has no column \"%s\"%s%s", (int)kind.size,
                city_text(city, kind), name,
                nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    return NONE32;
}

bool load_target_text(const struct loader *loader, const struct tree_node *node,
                      const struct plan_group *group, const char *what, const char **out_text)
{
    const char *text = NULL;
    const char *alias = group == NULL ? "asset" : group->name;
    const size_t alias_size = strlen(alias);
    if (!read_text(loader, node, what, &text)) {
        return false;
    }
    char *out = arena_take(loader->arena, strlen(text) * 6 + 1);
    size_t used = 0;
    for (const char *at = text; *at != '\0';) {
        if (*at != '{') {
            out[used++] = *at++;
            continue;
        }
        const char *end = strchr(at, '}');
        const size_t size = end == NULL ? 0 : (size_t)(end - at - 1);
        if (end == NULL || size <= alias_size + 1 || strncmp(at + 1, alias, alias_size) != 0 ||
            at[1 + alias_size] != '.') {
            read_report(loader, node, "L009", "%s: {%s.name}, {%s.code} or {%s.column} expected",
                        what, alias, alias, alias);
            return false;
        }
        const char *name = arena_text(loader->arena, at + 2 + alias_size, size - alias_size - 1);
        const bool is_own = strcmp(name, "name") == 0 || strcmp(name, "code") == 0;
        if (!is_own && (group == NULL || load_column(loader, node, group, name) == NONE32)) {
            return false;
        }
        used += (size_t)sprintf(out + used, "{asset.%s}", name);
        at = end + 1;
    }
    *out_text = out;
    return true;
}

bool load_inner_open(const struct loader *loader, const struct tree_node *node,
                     const struct plan_group *group, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"class", KEY_REQUIRED},
                                           {"severity", KEY_REQUIRED},
                                           {"title", KEY_REQUIRED},
                                           {"title_en", KEY_KNOWN}};
    if (!read_check_map(loader, node, "open", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    int64_t severity = 4;
    const struct tree_node *title_en = read_find(node, "title_en");
    bool is_good = read_name(loader, read_find(node, "class"), REF_CLASS, &rule->class_row);
    is_good =
        read_integer(loader, read_find(node, "severity"), "severity", 1, 4, &severity) && is_good;
    is_good =
        load_target_text(loader, read_find(node, "title"), group, "title", &rule->case_title) &&
        is_good;
    if (title_en != NULL) {
        is_good =
            load_target_text(loader, title_en, group, "title_en", &rule->case_title_en) && is_good;
    }
    rule->severity = (uint32_t)severity;
    return is_good;
}

/* ---- for_each ---- */

/* The columns of a registry as fields "e.column", so that `where` is an expression like any other. */
static struct ruleset *columns_as_fields(const struct loader *loader,
                                         const struct plan_group *group)
{
    const struct city *city = loader->set->city;
    const struct image_range columns = group->registry->columns;
    struct ruleset *set = arena_take(loader->arena, sizeof *set);
    *set = *loader->set;
    set->fields = arena_take(loader->arena, (columns.count + 1) * sizeof set->fields[0]);
    set->field_count = columns.count;
    for (uint32_t i = 0; i < columns.count; i++) { /* sorted by name as the columns are */
        const struct city_column *column = &city->columns[columns.first + i];
        struct rule_field *field = arena_take(loader->arena, sizeof *field);
        const size_t size = strlen(group->name) + column->name.size + 2;
        char *name = arena_take(loader->arena, size);
        (void)snprintf(name, size, "%s.%.*s", group->name, (int)column->name.size,
                       city_text(city, column->name));
        *field = (struct rule_field){.name = name,
                                     .kind = column->kind == COLUMN_NUMBER  ? FIELD_NUMBER
                                             : column->kind == COLUMN_TRUTH ? FIELD_BOOL
                                                                            : FIELD_STRING,
                                     .row = i};
        set->fields[i] = field;
    }
    return set;
}

/* One row of the registry, as an event carries its fields. */
static bool row_is_chosen(const struct loader *loader, const struct plan_group *group,
                          const struct ast_node *where, uint32_t asset, char *text)
{
    const struct city *city = loader->set->city;
    struct event_field fields[REGISTRY_COLUMNS_MAX];
    struct event_head head = {.field_count = 0};
    uint32_t used = 0;
    for (uint32_t i = 0; i < group->registry->columns.count; i++) {
        const struct city_column *column = &city->columns[group->registry->columns.first + i];
        const struct city_value *value = city_value_at(city, group->registry, asset, i);
        if (value->text.size == 0) {
            continue;
        }
        const uint32_t size =
            value->text.size < CONDITION_TEXT_MAX ? value->text.size : CONDITION_TEXT_MAX;
        memcpy(text + used, city_text(city, value->text), size);
        fields[head.field_count++] =
            (struct event_field){.field = (uint16_t)i,
                                 .kind = column->kind == COLUMN_NUMBER  ? FIELD_NUMBER
                                         : column->kind == COLUMN_TRUTH ? FIELD_BOOL
                                                                        : FIELD_STRING,
                                 .size = (uint8_t)size,
                                 .text_offset = used,
                                 .a = (uint64_t)value->number};
        used += size;
    }
    const struct event event = {.head = &head, .fields = fields, .text = text, .free_text = ""};
    return naive_is_true(where, &event, 0);
}

static void choose_targets(const struct loader *loader, const struct tree_node *where_node,
                           struct plan_group *group)
{
    struct ast_node *where = NULL;
    if (where_node != NULL) {
        struct rule_type type = {.name = group->name};
        struct rule_type *types[] = {&type};
        struct rule rule = {.id = group->name, .types = types, .type_count = 1};
        struct loader columns = *loader;
        columns.set = columns_as_fields(loader, group);
        type.fields = columns.set->fields;
        type.field_count = columns.set->field_count;
        struct expr_scope scope = {&rule, true, false};
        where = expr_parse(&columns, where_node, "where", &scope);
        if (where == NULL) {
            return;
        }
    }
    const struct image_range assets = group->registry->assets;
    char *text = arena_take(loader->arena, (size_t)REGISTRY_COLUMNS_MAX * CONDITION_TEXT_MAX);
    group->targets.items = arena_take(loader->arena, (assets.count + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < assets.count; i++) {
        if (row_is_chosen(loader, group, where, assets.first + i, text)) {
            group->targets.items[group->targets.count++] = assets.first + i;
        }
    }
    if (group->targets.count == 0) {
        problems_add(loader->problems, PROBLEM_WARNING, "L021", group->node->file,
                     group->node->line, group->node->column,
                     "for_each %s: none of the %u rows of the registry is chosen; the plan would "
                     "send nobody there",
                     group->name, assets.count);
    }
}

static void load_group(const struct loader *loader, const struct tree_node *node, struct plan *plan)
{
    static const struct key_spec KEYS[] = {
        {"registry", KEY_REQUIRED}, {"as", KEY_REQUIRED}, {"where", KEY_KNOWN}};
    if (!read_check_map(loader, node, "for_each", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct plan_group *group = &plan->groups[plan->group_count];
    *group = (struct plan_group){.node = node};
    const struct tree_node *registry = read_find(node, "registry");
    if (!read_text(loader, read_find(node, "as"), "as", &group->name) ||
        !read_name(loader, registry, REF_ASSET_KIND, &group->kind)) {
        return;
    }
    group->registry = city_registry_of(loader->set->city, group->kind);
    if (group->registry == NULL) {
        read_report(
            loader, registry, "L016",
            "\"%s\" is a kind of assets without columns; a registry is registries/%s.csv in "
            "the city",
            registry->text, registry->text);
        return;
    }
    for (uint32_t i = 0; i < plan->group_count; i++) {
        if (strcmp(plan->groups[i].name, group->name) == 0) {
            read_report(loader, node, "L006", "\"%s\" names another for_each already", group->name);
            return;
        }
    }
    choose_targets(loader, read_find(node, "where"), group);
    plan->group_count++;
}

/* ---- the plan ---- */

static void load_deactivate(const struct loader *loader, const struct tree_node *node,
                            struct plan *plan)
{
    static const struct key_spec KEYS[] = {
        {"with_case", KEY_KNOWN}, {"grace", KEY_KNOWN}, {"tasks", KEY_KNOWN}};
    static const struct word_spec TASKS[] = {{"cancel_unstarted", PLAN_CANCEL_UNSTARTED},
                                             {"keep", 0}};
    const struct tree_node *value = NULL;
    bool with_case = true;
    uint32_t flag = 0;
    if (!read_check_map(loader, node, "deactivate", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    if ((value = read_find(node, "with_case")) != NULL) {
        (void)read_truth(loader, value, "with_case", &with_case);
    }
    if ((value = read_find(node, "grace")) != NULL) {
        (void)read_duration(loader, value, "grace", &plan->grace_ms);
    }
    plan->flags = with_case ? (uint32_t)PLAN_WITH_CASE : 0;
    if ((value = read_find(node, "tasks")) != NULL &&
        read_word(loader, value, "tasks", TASKS, COUNT_OF(TASKS), &flag)) {
        plan->flags |= flag;
    }
}

static void load_reports(const struct loader *loader, const struct tree_node *root,
                         struct plan *plan)
{
    static const struct key_spec PROGRESS[] = {
        {"every", KEY_REQUIRED}, {"to", KEY_REQUIRED}, {"show", KEY_KNOWN}};
    static const struct key_spec SILENT[] = {{"after", KEY_REQUIRED}, {"to", KEY_REQUIRED}};
    static const struct word_spec SHOWN[] = {
        {"done", 0}, {"overdue", 0}, {"failed", 0}, {"by_district", 0}};
    const struct tree_node *progress = read_find(root, "progress");
    const struct tree_node *silent = read_find(root, "silent");
    if (progress != NULL &&
        read_check_map(loader, progress, "progress", PROGRESS, COUNT_OF(PROGRESS))) {
        const struct tree_node *show = read_find(progress, "show");
        uint32_t ignored = 0;
        (void)read_duration(loader, read_find(progress, "every"), "every", &plan->progress_ms);
        (void)read_name(loader, read_find(progress, "to"), REF_POST, &plan->progress_post);
        for (uint32_t i = 0; show != NULL && i < read_list_count(show); i++) {
            (void)read_word(loader, read_list_item(show, i), "show", SHOWN, COUNT_OF(SHOWN),
                            &ignored);
        }
    }
    if (silent != NULL && read_check_map(loader, silent, "silent", SILENT, COUNT_OF(SILENT))) {
        (void)read_duration(loader, read_find(silent, "after"), "after", &plan->silent_ms);
        (void)read_name(loader, read_find(silent, "to"), REF_POST, &plan->silent_post);
    }
}

void load_plan_file(const struct loader *loader, const struct tree_node *root)
{
    static const struct key_spec KEYS[] = {
        {"plan", KEY_REQUIRED},    {"title", KEY_REQUIRED}, {"title_en", KEY_KNOWN},
        {"owner", KEY_REQUIRED},   {"units", KEY_KNOWN},    {"for_each", KEY_KNOWN},
        {"tasks", KEY_KNOWN},      {"progress", KEY_KNOWN}, {"silent", KEY_KNOWN},
        {"deactivate", KEY_KNOWN}, {"basis", KEY_KNOWN},    {"note", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    if (!read_check_map(loader, root, "a plan", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct plan *plan = arena_take(loader->arena, sizeof *plan);
    const char *slash = strrchr(root->file, '/');
    *plan = (struct plan){.title = "",
                          .title_en = "",
                          .file = slash == NULL ? root->file : slash + 1,
                          .progress_post = NONE32,
                          .silent_post = NONE32,
                          .flags = PLAN_WITH_CASE | PLAN_CANCEL_UNSTARTED,
                          .node = root};
    if (!read_text(loader, read_find(root, "plan"), "plan", &plan->id)) {
        return;
    }
    if (!load_is_identifier(plan->id)) {
        read_report(loader, read_find(root, "plan"), "L005",
                    "plan \"%s\" must be made of a-z, 0-9, _ and dots", plan->id);
    }
    (void)read_text(loader, read_find(root, "title"), "title", &plan->title);
    if ((value = read_find(root, "title_en")) != NULL) {
        (void)read_text(loader, value, "title_en", &plan->title_en);
    }
    (void)read_name(loader, read_find(root, "owner"), REF_DEPARTMENT, &plan->department);
    value = read_find(root, "for_each");
    for (uint32_t i = 0; value != NULL && i < read_list_count(value); i++) {
        if (plan->group_count == POLICY_GROUPS_MAX) {
            read_report(loader, value, "L018", "more than %u for_each", POLICY_GROUPS_MAX);
            break;
        }
        load_group(loader, read_list_item(value, i), plan);
    }
    load_plan_tasks(loader, root, plan);
    load_reports(loader, root, plan);
    if ((value = read_find(root, "deactivate")) != NULL) {
        load_deactivate(loader, value, plan);
    }
    struct ruleset *set = loader->set;
    if (set->plan_count == POLICY_PLANS_MAX) {
        read_report(loader, root, "L018", "more than %u plans", POLICY_PLANS_MAX);
        return;
    }
    set->plans[set->plan_count++] = plan;
}

/* ---- rules that lead to plans ---- */

void load_activate(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"plan", KEY_REQUIRED},
                                           {"confirm_by", KEY_KNOWN},
                                           {"confirm_within", KEY_KNOWN},
                                           {"else", KEY_KNOWN}};
    static const struct word_spec ELSES[] = {{"escalate", 0}, {"activate", 1}};
    if (!read_check_map(loader, node, "activate", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct rule_activate *activate = arena_take(loader->arena, sizeof *activate);
    *activate = (struct rule_activate){.name = read_find(node, "plan"), .confirm_post = NONE32};
    const struct tree_node *by = read_find(node, "confirm_by");
    const struct tree_node *within = read_find(node, "confirm_within");
    const struct tree_node *otherwise = read_find(node, "else");
    if ((by == NULL) != (within == NULL)) {
        read_report(loader, node, "L004", "confirm_by and confirm_within belong together");
    }
    if (by != NULL) {
        (void)read_name(loader, by, REF_POST, &activate->confirm_post);
    }
    if (within != NULL) {
        (void)read_duration(loader, within, "confirm_within", &activate->confirm_ms);
    }
    if (otherwise != NULL) {
        (void)read_word(loader, otherwise, "else", ELSES, COUNT_OF(ELSES), &activate->begins_alone);
    }
    rule->activate = activate;
}

void load_late_report(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"registry", KEY_REQUIRED}, {"within", KEY_REQUIRED},
                                           {"event", KEY_REQUIRED},    {"field", KEY_KNOWN},
                                           {"open", KEY_REQUIRED},     {"escalate", KEY_KNOWN}};
    if (!read_check_map(loader, node, "late_report", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct rule_late *late = arena_take(loader->arena, sizeof *late);
    const struct tree_node *field = read_find(node, "field");
    const struct tree_node *escalate = read_find(node, "escalate");
    const struct tree_node *event = read_find(node, "event");
    bool is_good = read_name(loader, read_find(node, "registry"), REF_ASSET_KIND, &late->kind);
    is_good =
        read_duration(loader, read_find(node, "within"), "within", &late->within_ms) && is_good;
    late->type = load_type(loader, event);
    if (field != NULL && late->type != NULL) {
        for (uint32_t i = 0; field->kind == TREE_TEXT && i < late->type->field_count; i++) {
            if (strcmp(late->type->fields[i]->name, field->text) == 0) {
                late->field = late->type->fields[i];
            }
        }
        if (late->field == NULL || late->field->kind != FIELD_STRING) {
            read_report(loader, field, "L009", "%s has no text field \"%s\"", late->type->name,
                        field->kind == TREE_TEXT ? field->text : "");
        }
    }
    const size_t size = strlen(rule->id) + sizeof "/late";
    char *id = arena_take(loader->arena, size);
    (void)snprintf(id, size, "%s/late", rule->id);
    const struct plan_group group = {
        .name = "asset", .kind = late->kind, .registry = NULL, .node = node};
    struct plan_group target = group;
    target.registry = is_good ? city_registry_of(loader->set->city, late->kind) : NULL;
    if (is_good && target.registry == NULL) {
        read_report(loader, read_find(node, "registry"), "L016",
                    "\"%s\" is a kind of assets without columns; a registry is registries/%s.csv",
                    read_find(node, "registry")->text, read_find(node, "registry")->text);
        return;
    }
    late->rule = load_inner_rule(loader, node, id, rule->department);
    late->rule->title = rule->title;
    late->rule->title_en = rule->title_en;
    (void)load_inner_open(loader, read_find(node, "open"), is_good ? &target : NULL, late->rule);
    if (escalate != NULL) {
        (void)load_steps(loader, escalate, late->rule);
    }
    rule->late = late;
}

/* ---- the end ---- */

static int plan_compare(const void *left, const void *right)
{
    const struct plan *const *a = left;
    const struct plan *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

static struct plan *find_plan(const struct ruleset *set, const char *id)
{
    for (uint32_t i = 0; i < set->plan_count; i++) {
        if (strcmp(set->plans[i]->id, id) == 0) {
            return set->plans[i];
        }
    }
    return NULL;
}

static struct plan *find_named(const struct loader *loader, const struct tree_node *node)
{
    const char *names[POLICY_PLANS_MAX];
    const char *name = NULL;
    if (!read_text(loader, node, "plan", &name)) {
        return NULL;
    }
    for (uint32_t i = 0; i < loader->set->plan_count; i++) {
        names[i] = loader->set->plans[i]->id;
    }
    struct plan *plan = find_plan(loader->set, name);
    if (plan == NULL) {
        const char *nearest = problems_nearest(name, names, loader->set->plan_count);
        read_report(loader, node, "L012", "no plan \"%s\" in plans/%s%s", name,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return plan;
}

void load_plans_end(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    if (set->plan_count > 1) {
        qsort(set->plans, set->plan_count, sizeof set->plans[0], plan_compare);
    }
    for (uint32_t i = 0; i < set->plan_count; i++) {
        set->plans[i]->row = i;
        if (i > 0 && strcmp(set->plans[i - 1]->id, set->plans[i]->id) == 0) {
            read_report(loader, set->plans[i]->node, "L006", "plan \"%s\" stands in %s already",
                        set->plans[i]->id, set->plans[i - 1]->file);
        }
    }
    join_inner_rules(loader); /* their ladders may begin plans too */
    for (uint32_t i = 0; i < set->rule_count; i++) {
        struct rule *rule = set->rules[i];
        if (rule->activate != NULL) {
            rule->activate->plan = find_named(loader, rule->activate->name);
        }
        for (uint32_t k = 0; k < rule->step_count; k++) {
            if (rule->steps[k].plan_name != NULL) {
                rule->steps[k].plan = find_named(loader, rule->steps[k].plan_name);
            }
        }
    }
}

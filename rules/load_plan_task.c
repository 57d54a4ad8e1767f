/* load_plan_task.c: the tasks of a plan: who acknowledges, who is sent, by what checklist. See load_plan.h. */
#include "rules/load_clauses.h"
#include "rules/load_plan.h"

#define SERVICE_DEFAULT_MS (25 * MINUTE_MS)

static const char *join(const struct loader *loader, const char *a, const char *mark, const char *b)
{
    const size_t size = strlen(a) + strlen(mark) + strlen(b) + 1;
    char *text = arena_take(loader->arena, size);
    (void)snprintf(text, size, "%s%s%s", a, mark, b);
    return text;
}

/* ---- who is named ---- */

static uint32_t find_person(const struct city *city, const char *id, size_t size)
{
    uint32_t low = 0;
    uint32_t high = city->person_count;
    while (low < high) { /* persons ascend by id */
        const uint32_t middle = low + (high - low) / 2;
        const struct image_string other = city->persons[middle].id;
        const size_t shorter = size < other.size ? size : other.size;
        int order = memcmp(city_text(city, other), id, shorter);
        if (order == 0) {
            order = other.size < size ? -1 : other.size > size;
        }
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NONE32;
}

/* A person's id or a post's code; NONE32 when it is neither. */
static uint32_t find_holder(const struct city *city, const char *text, size_t size)
{
    const uint32_t person = find_person(city, text, size);
    for (uint32_t i = 0; person == NONE32 && i < city->post_count; i++) {
        const struct image_string code = city->posts[i].code;
        if (code.size == size && memcmp(city_text(city, code), text, size) == 0) {
            return PLAN_HOLDER_POST | i;
        }
    }
    return person;
}

static void one_holder(const struct loader *loader, const struct tree_node *node,
                       struct plan_task *task)
{
    const char *text = NULL;
    if (!read_text(loader, node, "to", &text)) {
        return;
    }
    const uint32_t holder = find_holder(loader->set->city, text, strlen(text));
    if (holder == NONE32) {
        const char *nearest = refs_nearest(loader->refs, REF_POST, text);
        read_report(loader, node, "L013", "no person and no post \"%s\"%s%s", text,
                    nearest == NULL ? "" : "; nearest post: ", nearest == NULL ? "" : nearest);
        return;
    }
    task->holders.items = arena_take(loader->arena, sizeof(uint32_t));
    task->holders.items[0] = holder;
    task->holders.count = 1;
}

/* to: "{e.contact}": a column that names a person or a post in every chosen row. */
static void column_holders(const struct loader *loader, const struct tree_node *node,
                           const struct plan_group *group, struct plan_task *task)
{
    const struct city *city = loader->set->city;
    const size_t alias = strlen(group->name);
    const char *text = NULL;
    if (!read_text(loader, node, "to", &text)) {
        return;
    }
    const size_t size = strlen(text);
    if (size < alias + 4 || text[0] != '{' || text[size - 1] != '}' ||
        strncmp(text + 1, group->name, alias) != 0 || text[1 + alias] != '.') {
        read_report(loader, node, "L003",
                    "to must be a column that names somebody, \"{%s.contact}\"", group->name);
        return;
    }
    const char *name = arena_text(loader->arena, text + alias + 2, size - alias - 3);
    const uint32_t column = load_column(loader, node, group, name);
    if (column == NONE32) {
        return;
    }
    task->holders.items = arena_take(loader->arena, (group->targets.count + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < group->targets.count; i++) {
        const uint32_t asset = group->targets.items[i];
        const struct image_string cell = city_value_at(city, group->registry, asset, column)->text;
        const uint32_t holder = find_holder(city, city_text(city, cell), cell.size);
        if (holder == NONE32) {
            const struct image_string code = city->assets[asset].code;
            read_report(loader, node, "L013",
                        "column \"%s\" of %.*s is \"%.*s\": no person and no post of that name",
                        name, (int)code.size, city_text(city, code), (int)cell.size,
                        city_text(city, cell));
            return; /* the others are likely wrong the same way */
        }
        task->holders.items[task->holders.count++] = holder;
    }
}

/* ---- checklists ---- */

/* pass: "value >= 30" or "value >= e.column". */
static bool load_pass(const struct loader *loader, const struct tree_node *node,
                      const struct plan_group *group, struct plan_check *check)
{
    static const char *const OPS[] = {"==", "!=", "<", "<=", ">", ">="};
    const char *text = NULL;
    if (!read_text(loader, node, "pass", &text)) {
        return false;
    }
    const char *at = text + strspn(text, " ");
    bool is_good = strncmp(at, "value", 5) == 0;
    at += is_good ? 5 : 0;
    at += strspn(at, " ");
    const size_t op_size = strspn(at, "=!<>");
    const char *op = arena_text(loader->arena, at, op_size);
    uint32_t found = NONE32;
    for (uint32_t i = 0; i < COUNT_OF(OPS); i++) {
        found = strcmp(OPS[i], op) == 0 ? i : found;
    }
    at += op_size;
    at += strspn(at, " ");
    is_good = is_good && found != NONE32 && *at != '\0';
    const size_t alias = strlen(group->name);
    if (is_good && strncmp(at, group->name, alias) == 0 && at[alias] == '.') {
        check->column = load_column(loader, node, group, at + alias + 1);
        is_good = check->column != NONE32;
    } else if (is_good && !read_millionths(at, &check->threshold)) {
        is_good = false;
    }
    if (!is_good) {
        read_report(loader, node, "L007",
                    "pass must compare value with a number or a column: \"value >= %s.cut_pct\"",
                    group->name);
        return false;
    }
    check->op = (uint32_t)EXPR_EQ + found;
    return true;
}

static void load_check(const struct loader *loader, const struct tree_node *node,
                       const struct plan_group *group, struct plan_check *check)
{
    static const struct key_spec KEYS[] = {{"id", KEY_REQUIRED},   {"text", KEY_REQUIRED},
                                           {"text_en", KEY_KNOWN}, {"evidence", KEY_KNOWN},
                                           {"input", KEY_KNOWN},   {"pass", KEY_KNOWN},
                                           {"required", KEY_KNOWN}};
    static const struct word_spec INPUTS[] = {{"number", 1}, {"yes_no", 0}};
    static const struct word_spec EVIDENCES[] = {{"photo", CHECK_LINE_EVIDENCE},
                                                 {"document", CHECK_LINE_EVIDENCE}};
    *check = (struct plan_check){.id = "",
                                 .text = "",
                                 .text_en = "",
                                 .op = EXPR_NE, /* without pass: anything but 0 (no) is good */
                                 .column = NONE32};
    if (!read_check_map(loader, node, "a checklist line", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *value = NULL;
    uint32_t word = 0;
    bool is_required = false;
    (void)read_text(loader, read_find(node, "id"), "id", &check->id);
    (void)load_target_text(loader, read_find(node, "text"), group, "text", &check->text);
    if ((value = read_find(node, "text_en")) != NULL) {
        (void)load_target_text(loader, value, group, "text_en", &check->text_en);
    }
    if ((value = read_find(node, "evidence")) != NULL &&
        read_word(loader, value, "evidence", EVIDENCES, COUNT_OF(EVIDENCES), &word)) {
        check->flags |= word;
    }
    if ((value = read_find(node, "input")) != NULL) {
        (void)read_word(loader, value, "input", INPUTS, COUNT_OF(INPUTS), &word);
    }
    if ((value = read_find(node, "required")) != NULL &&
        read_truth(loader, value, "required", &is_required) && is_required) {
        check->flags |= CHECK_LINE_REQUIRED;
    }
    if ((value = read_find(node, "pass")) != NULL) {
        (void)load_pass(loader, value, group, check);
    }
}

static void load_checklist(const struct loader *loader, const struct tree_node *node,
                           const struct plan_group *group, struct plan_task *task)
{
    const uint32_t count = read_list_count(node);
    if (count > POLICY_CHECKS_MAX) {
        read_report(loader, node, "L018", "a checklist of %u lines; at most %u", count,
                    POLICY_CHECKS_MAX);
        return;
    }
    task->checks = arena_take(loader->arena, (count + 1) * sizeof task->checks[0]);
    for (uint32_t i = 0; i < count; i++) {
        load_check(loader, read_list_item(node, i), group, &task->checks[i]);
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(task->checks[k].id, task->checks[i].id) == 0) {
                read_report(loader, read_list_item(node, i), "L006",
                            "checklist line \"%s\" is there already", task->checks[i].id);
            }
        }
    }
    task->check_count = count;
}

/* ---- tasks ---- */

static void load_inspection(const struct loader *loader, const struct tree_node *node,
                            const struct plan *plan, const struct plan_group *group,
                            struct plan_task *task)
{
    static const struct key_spec FAIL[] = {{"open", KEY_REQUIRED}};
    const struct tree_node *value = NULL;
    const char *id = join(loader, plan->id, "/", task->id);
    task->kind = PLAN_TASK_INSPECT;
    task->rule = load_inner_rule(loader, node, id, plan->department);
    task->rule->title = plan->title;
    task->rule->title_en = plan->title_en;
    task->rule->sla.handle = (struct clock_limit){task->due_ms, UNIT_CONTINUOUS, 0};
    if ((value = read_find(node, "open")) == NULL) {
        read_report(loader, node, "L004", "an inspection needs open: {class, severity, title}");
    } else {
        (void)load_inner_open(loader, value, group, task->rule);
    }
    struct expr_scope scope = {task->rule, false, true};
    (void)load_assigns(loader, read_find(node, "assign"), &scope, RIGHT_WORKER | RIGHT_INSPECTOR,
                       &task->rule->assigns, &task->rule->assign_count);
    if ((value = read_find(node, "escalate")) != NULL) {
        (void)load_steps(loader, value, task->rule);
    }
    if ((value = read_find(node, "checklist")) != NULL) {
        load_checklist(loader, value, group, task);
    }
    if ((value = read_find(node, "on_fail")) != NULL &&
        read_check_map(loader, value, "on_fail", FAIL, COUNT_OF(FAIL))) {
        task->fail_rule =
            load_inner_rule(loader, value, join(loader, id, "/", "fail"), plan->department);
        task->fail_rule->title = plan->title;
        task->fail_rule->title_en = plan->title_en;
        (void)load_inner_open(loader, read_find(value, "open"), group, task->fail_rule);
    }
}

/* Does a task of that id stand further down? Then it would have to wait for this one's place, and could wait for this one. */
static bool stands_below(const struct tree_node *node, const char *id)
{
    bool is_below = false;
    for (uint32_t i = 0; i < read_list_count(node); i++) {
        const struct tree_node *item = read_list_item(node, i);
        const struct tree_node *name = item->kind == TREE_MAP ? read_find(item, "id") : NULL;
        is_below =
            is_below || (name != NULL && name->kind == TREE_TEXT && strcmp(name->text, id) == 0);
    }
    return is_below;
}

static void refuse_need(const struct loader *loader, const struct tree_node *item, const char *name,
                        const struct plan *plan, const struct plan_task *task, const char *nearest)
{
    bool is_above = false; /* for other targets, or under units */
    for (uint32_t i = 0; i < plan->task_count; i++) {
        is_above = is_above || strcmp(plan->tasks[i].id, name) == 0;
    }
    if (strcmp(task->id, name) == 0) {
        read_report(loader, item, "L012", "needs: \"%s\" is this task itself", name);
    } else if (!is_above && stands_below(read_find(plan->node, "tasks"), name)) {
        read_report(
            loader, item, "L012",
            "needs: \"%s\" stands further down: a task waits only for those above it, so that no "
            "two wait for each other",
            name);
    } else {
        read_report(loader, item, "L012",
                    "needs: no task \"%s\" stands before this one for the same targets%s%s", name,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
}

static void load_needs(const struct loader *loader, const struct tree_node *node,
                       const struct plan *plan, struct plan_task *task)
{
    for (uint32_t i = 0; i < read_list_count(node); i++) {
        const struct tree_node *item = read_list_item(node, i);
        const char *name = NULL;
        const char *names[POLICY_PLAN_TASKS_MAX];
        uint32_t found = NONE32;
        if (!read_text(loader, item, "needs", &name)) {
            continue;
        }
        uint32_t count = 0;
        for (uint32_t k = 0; k < plan->task_count; k++) {
            if (plan->tasks[k].group == task->group) {
                names[count++] = plan->tasks[k].id;
                found = strcmp(plan->tasks[k].id, name) == 0 ? k : found;
            }
        }
        if (found == NONE32) {
            refuse_need(loader, item, name, plan, task, problems_nearest(name, names, count));
        } else {
            task->needs |= UINT32_C(1) << found;
        }
    }
}

/* Which for_each: named, or the only one. */
static const struct plan_group *find_group(const struct loader *loader,
                                           const struct tree_node *node, const struct plan *plan,
                                           struct plan_task *task)
{
    const struct tree_node *over = read_find(node, "for");
    const char *name = NULL;
    if (over == NULL && plan->group_count == 1) {
        task->group = 0;
        return &plan->groups[0];
    }
    for (uint32_t i = 0;
         over != NULL && read_text(loader, over, "for", &name) && i < plan->group_count; i++) {
        if (strcmp(plan->groups[i].name, name) == 0) {
            task->group = i;
            return &plan->groups[i];
        }
    }
    read_report(loader, over == NULL ? node : over, over == NULL ? "L004" : "L012",
                "for: one of the names given by `as` under for_each is needed here");
    return NULL;
}

static void load_common(const struct loader *loader, const struct tree_node *node,
                        const struct plan_group *group, struct plan_task *task)
{
    const struct tree_node *value = NULL;
    task->text = task->text_en = "";
    task->node = node;
    task->service_ms = SERVICE_DEFAULT_MS;
    (void)read_text(loader, read_find(node, "id"), "id", &task->id);
    (void)read_duration(loader, read_find(node, "due"), "due", &task->due_ms);
    if ((value = read_find(node, "text")) != NULL) {
        (void)load_target_text(loader, value, group, "text", &task->text);
    }
    if ((value = read_find(node, "text_en")) != NULL) {
        (void)load_target_text(loader, value, group, "text_en", &task->text_en);
    }
    if ((value = read_find(node, "service")) != NULL) {
        (void)read_duration(loader, value, "service", &task->service_ms);
    }
}

static void load_task(const struct loader *loader, const struct tree_node *node, struct plan *plan,
                      bool is_first_tier)
{
    static const struct key_spec KEYS[] = {
        {"id", KEY_REQUIRED},     {"for", KEY_KNOWN},     {"to", KEY_KNOWN},
        {"ack", KEY_KNOWN},       {"text", KEY_KNOWN},    {"text_en", KEY_KNOWN},
        {"due", KEY_REQUIRED},    {"needs", KEY_KNOWN},   {"open", KEY_KNOWN},
        {"assign", KEY_KNOWN},    {"service", KEY_KNOWN}, {"escalate", KEY_KNOWN},
        {"checklist", KEY_KNOWN}, {"on_fail", KEY_KNOWN}};
    static const struct word_spec ACKS[] = {{"required", 1}};
    if (!read_check_map(loader, node, "a task", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    if (plan->task_count == POLICY_PLAN_TASKS_MAX) {
        read_report(loader, node, "L018", "more than %u tasks", POLICY_PLAN_TASKS_MAX);
        return;
    }
    struct plan_task *task = &plan->tasks[plan->task_count];
    *task = (struct plan_task){.id = "", .group = NONE32};
    const struct plan_group *group = is_first_tier ? NULL : find_group(loader, node, plan, task);
    if (!is_first_tier && group == NULL) {
        return;
    }
    load_common(loader, node, group, task);
    for (uint32_t i = 0; i < plan->task_count; i++) {
        if (strcmp(plan->tasks[i].id, task->id) == 0) {
            read_report(loader, node, "L006", "task \"%s\" is there already", task->id);
            return;
        }
    }
    const struct tree_node *to = read_find(node, "to");
    const struct tree_node *assign = read_find(node, "assign");
    const struct tree_node *needs = read_find(node, "needs");
    const struct tree_node *ack = read_find(node, "ack");
    uint32_t ignored = 0;
    if ((to != NULL) == (assign != NULL) || (is_first_tier && assign != NULL)) {
        read_report(loader, node, "L004",
                    is_first_tier
                        ? "a unit needs to: a person or a post"
                        : "a task needs one of to (who acknowledges) and assign (who is sent)");
        return;
    }
    if (needs != NULL) {
        load_needs(loader, needs, plan, task);
    }
    if (ack != NULL) {
        (void)read_word(loader, ack, "ack", ACKS, COUNT_OF(ACKS), &ignored);
    }
    if (assign != NULL) {
        load_inspection(loader, node, plan, group, task);
    } else if (group == NULL) {
        one_holder(loader, to, task);
    } else {
        column_holders(loader, to, group, task);
    }
    plan->task_count++;
}

void load_plan_tasks(const struct loader *loader, const struct tree_node *root, struct plan *plan)
{
    const struct tree_node *units = read_find(root, "units");
    const struct tree_node *tasks = read_find(root, "tasks");
    for (uint32_t i = 0; units != NULL && i < read_list_count(units); i++) {
        load_task(loader, read_list_item(units, i), plan, true);
    }
    for (uint32_t i = 0; tasks != NULL && i < read_list_count(tasks); i++) {
        load_task(loader, read_list_item(tasks, i), plan, false);
    }
    if (plan->task_count == 0) {
        read_report(loader, root, "L004", "a plan needs units or tasks: it would do nothing");
    }
}

/* lower_plan.c: see lower_plan.h; nothing is decided here. */
#include "rules/lower_plan.h"

#include "rules/table.h"

#include <xxhash.h>

struct plan_tables {
    const struct ruleset *set;
    struct image_writer *image;
    struct table plans, groups, tasks, checks, activates, lates, targets;
};

static struct image_string put_text(struct plan_tables *tables, const char *text)
{
    return image_writer_string(tables->image, text, strlen(text));
}

static struct hash128 hash_of(const char *text)
{
    const XXH128_hash_t hash = XXH3_128bits(text, strlen(text));
    return (struct hash128){hash.high64, hash.low64};
}

static struct image_range put_checks(struct plan_tables *tables, const struct plan_task *task)
{
    const struct image_range range = {tables->checks.count, task->check_count};
    for (uint32_t i = 0; i < task->check_count; i++) {
        const struct plan_check *check = &task->checks[i];
        const struct policy_check row = {.id_hash = hash_of(check->id),
                                         .id = put_text(tables, check->id),
                                         .text = put_text(tables, check->text),
                                         .text_en = put_text(tables, check->text_en),
                                         .threshold = check->threshold,
                                         .op = check->op,
                                         .column = check->column,
                                         .flags = check->flags};
        (void)table_add(&tables->checks, &row, 1);
    }
    return range;
}

static struct policy_plan_task lower_task(struct plan_tables *tables, const struct plan_task *task)
{
    return (struct policy_plan_task){
        .id = put_text(tables, task->id),
        .text = put_text(tables, task->text),
        .text_en = put_text(tables, task->text_en),
        .holders = table_add(&tables->targets, task->holders.items, task->holders.count),
        .checks = put_checks(tables, task),
        .due_ms = task->due_ms,
        .kind = task->kind,
        .group = task->group,
        .needs = task->needs,
        .rule = task->rule == NULL ? NONE32 : task->rule->row,
        .fail_rule = task->fail_rule == NULL ? NONE32 : task->fail_rule->row};
}

static void lower_plan(struct plan_tables *tables, const struct plan *plan)
{
    struct policy_plan row = {.id_hash = hash_of(plan->id),
                              .id = put_text(tables, plan->id),
                              .title = put_text(tables, plan->title),
                              .title_en = put_text(tables, plan->title_en),
                              .file = put_text(tables, plan->file),
                              .groups = {tables->groups.count, plan->group_count},
                              .tasks = {tables->tasks.count, plan->task_count},
                              .progress_ms = plan->progress_ms,
                              .silent_ms = plan->silent_ms,
                              .grace_ms = plan->grace_ms,
                              .line = (uint32_t)plan->node->line,
                              .department = plan->department,
                              .progress_post = plan->progress_post,
                              .silent_post = plan->silent_post,
                              .flags = plan->flags};
    for (uint32_t i = 0; i < plan->group_count; i++) {
        const struct plan_group *group = &plan->groups[i];
        const struct policy_group to = {
            .name = put_text(tables, group->name),
            .targets = table_add(&tables->targets, group->targets.items, group->targets.count),
            .kind = group->kind};
        (void)table_add(&tables->groups, &to, 1);
    }
    for (uint32_t i = 0; i < plan->task_count; i++) {
        const struct plan_task *task = &plan->tasks[i];
        const struct policy_plan_task to = lower_task(tables, task);
        (void)table_add(&tables->tasks, &to, 1);
        row.task_rows += task->group == NONE32 ? 1 : plan->groups[task->group].targets.count;
    }
    (void)table_add(&tables->plans, &row, 1);
}

static void lower_links(struct plan_tables *tables)
{
    for (uint32_t i = 0; i < tables->set->rule_count; i++) { /* rules are sorted: so are these */
        const struct rule *rule = tables->set->rules[i];
        if (rule->activate != NULL) {
            const struct policy_activate row = {.confirm_ms = rule->activate->confirm_ms,
                                                .rule = rule->row,
                                                .plan = rule->activate->plan->row,
                                                .confirm_post = rule->activate->confirm_post,
                                                .begins_alone = rule->activate->begins_alone};
            (void)table_add(&tables->activates, &row, 1);
        }
        if (rule->late != NULL) {
            const struct policy_late row = {
                .within_ms = rule->late->within_ms,
                .rule = rule->row,
                .late_rule = rule->late->rule->row,
                .kind = rule->late->kind,
                .type = rule->late->type->row,
                .field = rule->late->field == NULL ? NONE32 : rule->late->field->row};
            (void)table_add(&tables->lates, &row, 1);
        }
    }
}

static void put_section(struct plan_tables *tables, uint32_t id, const struct table *table)
{
    image_writer_section(tables->image, id, (uint32_t)table->row_size, table->rows, table->count);
}

void lower_plans(const struct ruleset *set, struct image_writer *image)
{
    struct arena *arena = set->arena;
    struct plan_tables tables = {.set = set,
                                 .image = image,
                                 .plans = table_of(arena, sizeof(struct policy_plan)),
                                 .groups = table_of(arena, sizeof(struct policy_group)),
                                 .tasks = table_of(arena, sizeof(struct policy_plan_task)),
                                 .checks = table_of(arena, sizeof(struct policy_check)),
                                 .activates = table_of(arena, sizeof(struct policy_activate)),
                                 .lates = table_of(arena, sizeof(struct policy_late)),
                                 .targets = table_of(arena, sizeof(uint32_t))};
    for (uint32_t i = 0; i < set->plan_count; i++) {
        lower_plan(&tables, set->plans[i]);
    }
    lower_links(&tables);
    put_section(&tables, POLICY_PLANS, &tables.plans);
    put_section(&tables, POLICY_PLAN_GROUPS, &tables.groups);
    put_section(&tables, POLICY_PLAN_TASKS, &tables.tasks);
    put_section(&tables, POLICY_CHECKS, &tables.checks);
    put_section(&tables, POLICY_ACTIVATES, &tables.activates);
    put_section(&tables, POLICY_LATES, &tables.lates);
    put_section(&tables, POLICY_TARGETS, &tables.targets);
}

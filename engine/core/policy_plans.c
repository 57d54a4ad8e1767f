/* policy_plans.c: see policy_plans.h. Plans, groups and tasks are reached through ranges of their owners; every row that is
 * named is checked here, so that the core follows them without looking. */
#include "engine/core/policy_plans.h"

#include "engine/core/expr.h"

#define DURATION_MS_MAX (INT64_C(100) * 366 * DAY_MS)

static bool text_is_sound(const struct policy *policy, struct image_string s)
{
    return s.offset <= policy->string_size && s.size <= policy->string_size - s.offset;
}

static bool range_is_sound(struct image_range range, uint32_t row_count, uint32_t count_max)
{
    return range.first <= row_count && range.count <= row_count - range.first &&
           range.count <= count_max;
}

static bool duration_is_sound(int64_t ms)
{
    return ms >= 0 && ms <= DURATION_MS_MAX;
}

static bool row_or_none(uint32_t row, uint32_t count)
{
    return row < count || row == NONE32;
}

/* Only rules of lane dispatch open cases. */
static bool rule_opens(const struct policy *policy, uint32_t row)
{
    return row < policy->rule_count && policy->rules[row].lane == RULE_LANE_DISPATCH;
}

static bool group_is_sound(const struct policy *policy, const struct city *city,
                           const struct policy_group *group)
{
    if (!text_is_sound(policy, group->name) || group->kind >= city->asset_kind_count ||
        !range_is_sound(group->targets, policy->target_count, POLICY_TARGETS_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < group->targets.count; i++) {
        const uint32_t *row = &policy->targets[group->targets.first + i];
        if (*row >= city->asset_count || (i > 0 && row[-1] >= *row) ||
            city->assets[*row].kind != group->kind) {
            return false;
        }
    }
    return true;
}

static bool check_is_sound(const struct policy *policy, const struct city *city,
                           const struct policy_check *check, const struct policy_group *group)
{
    const struct city_registry *registry =
        group == NULL ? NULL : city_registry_of(city, group->kind);
    const bool is_column_sound =
        check->column == NONE32 || (registry != NULL && check->column < registry->columns.count);
    return text_is_sound(policy, check->id) && text_is_sound(policy, check->text) &&
           text_is_sound(policy, check->text_en) && check->op >= EXPR_EQ && check->op <= EXPR_GE &&
           is_column_sound &&
           (check->flags & ~(uint32_t)(CHECK_LINE_REQUIRED | CHECK_LINE_EVIDENCE)) == 0;
}

static bool holders_are_sound(const struct policy *policy, const struct city *city,
                              const struct policy_plan_task *task, uint32_t wanted)
{
    if (!range_is_sound(task->holders, policy->target_count, POLICY_TARGETS_MAX) ||
        task->holders.count != wanted) {
        return false;
    }
    for (uint32_t i = 0; i < wanted; i++) {
        const uint32_t holder = policy->targets[task->holders.first + i];
        const bool is_post = (holder & PLAN_HOLDER_POST) != 0;
        if (is_post ? (holder & ~PLAN_HOLDER_POST) >= city->post_count
                    : holder >= city->person_count) {
            return false;
        }
    }
    return true;
}

static bool task_is_sound(const struct policy *policy, const struct city *city,
                          const struct policy_plan *plan, uint32_t index)
{
    const struct policy_plan_task *task = &policy->plan_tasks[plan->tasks.first + index];
    const bool is_inspect = task->kind == PLAN_TASK_INSPECT;
    if (!text_is_sound(policy, task->id) || !text_is_sound(policy, task->text) ||
        !text_is_sound(policy, task->text_en) || task->kind > PLAN_TASK_INSPECT ||
        !duration_is_sound(task->due_ms) || task->due_ms == 0 ||
        (task->group != NONE32 && task->group >= plan->groups.count) ||
        (task->needs >> index) != 0 || /* only on earlier ones: no circle */
        !range_is_sound(task->checks, policy->check_count, POLICY_CHECKS_MAX)) {
        return false;
    }
    const struct policy_group *group =
        task->group == NONE32 ? NULL : &policy->groups[plan->groups.first + task->group];
    for (uint32_t i = 0; i < index; i++) { /* what it needs is about the same target */
        const struct policy_plan_task *other = &policy->plan_tasks[plan->tasks.first + i];
        if ((task->needs & (1u << i)) != 0 && other->group != task->group) {
            return false;
        }
    }
    for (uint32_t i = 0; i < task->checks.count; i++) {
        if (!check_is_sound(policy, city, &policy->checks[task->checks.first + i], group)) {
            return false;
        }
    }
    const uint32_t wanted = is_inspect ? 0 : group == NULL ? 1 : group->targets.count;
    return holders_are_sound(policy, city, task, wanted) &&
           (is_inspect ? group != NULL && rule_opens(policy, task->rule)
                       : task->rule == NONE32 && task->checks.count == 0) &&
           (task->fail_rule == NONE32 || rule_opens(policy, task->fail_rule));
}

static bool plan_is_sound(const struct policy *policy, const struct city *city,
                          const struct policy_plan *plan)
{
    bool is_sound = text_is_sound(policy, plan->id) && text_is_sound(policy, plan->title) &&
                    text_is_sound(policy, plan->title_en) && text_is_sound(policy, plan->file) &&
                    range_is_sound(plan->groups, policy->group_count, POLICY_GROUPS_MAX) &&
                    range_is_sound(plan->tasks, policy->plan_task_count, POLICY_PLAN_TASKS_MAX) &&
                    duration_is_sound(plan->progress_ms) && duration_is_sound(plan->silent_ms) &&
                    duration_is_sound(plan->grace_ms) &&
                    plan->department < city->department_count &&
                    row_or_none(plan->progress_post, city->post_count) &&
                    row_or_none(plan->silent_post, city->post_count) &&
                    (plan->flags & ~(uint32_t)(PLAN_WITH_CASE | PLAN_CANCEL_UNSTARTED)) == 0;
    for (uint32_t i = 0; is_sound && i < plan->groups.count; i++) {
        is_sound = group_is_sound(policy, city, &policy->groups[plan->groups.first + i]);
    }
    uint64_t rows = 0;
    for (uint32_t i = 0; is_sound && i < plan->tasks.count; i++) {
        const struct policy_plan_task *task = &policy->plan_tasks[plan->tasks.first + i];
        is_sound = task_is_sound(policy, city, plan, i);
        if (is_sound) {
            rows += task->group == NONE32
                        ? 1
                        : policy->groups[plan->groups.first + task->group].targets.count;
        }
    }
    return is_sound && rows == plan->task_rows;
}

static bool activates_are_sound(const struct policy *policy, const struct city *city)
{
    for (uint32_t i = 0; i < policy->activate_count; i++) {
        const struct policy_activate *row = &policy->activates[i];
        if (row->rule >= policy->rule_count || row->plan >= policy->plan_count ||
            !row_or_none(row->confirm_post, city->post_count) ||
            !duration_is_sound(row->confirm_ms) || row->begins_alone > 1 ||
            (row->confirm_ms > 0) != (row->confirm_post != NONE32) ||
            (i > 0 && policy->activates[i - 1].rule >= row->rule)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < policy->late_count; i++) {
        const struct policy_late *row = &policy->lates[i];
        if (row->rule >= policy->rule_count || !rule_opens(policy, row->late_rule) ||
            row->kind >= city->asset_kind_count || row->type >= policy->type_count ||
            !row_or_none(row->field, policy->field_count) || !duration_is_sound(row->within_ms) ||
            row->within_ms == 0 || (i > 0 && policy->lates[i - 1].rule >= row->rule)) {
            return false;
        }
    }
    return true;
}

bool policy_plans_hold(const struct policy *policy, const struct city *city)
{
    if (policy->plan_count > POLICY_PLANS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < policy->plan_count; i++) {
        if (!plan_is_sound(policy, city, &policy->plans[i])) {
            return false;
        }
    }
    return activates_are_sound(policy, city);
}

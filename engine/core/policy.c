/* policy.c: opens a policy image: every index, range, order and bound is checked once, here.
 *
 * A hostile or damaged image must end in ERR_MALFORMED; the core reads an opened policy without looking again.
 * Cost O(rows + ranges); ranges owned by one row are bounded by the POLICY_..._MAX numbers. */
#include "engine/core/policy.h"

#include "engine/core/distance.h"
#include "engine/core/expr.h"
#include "engine/core/limits.h"
#include "engine/core/match.h"
#include "engine/core/policy_plans.h"
#include "engine/core/policy_windows.h"

/* Longer than any clock of a city; keeps sums of instants far from their limits. */
#define DURATION_MS_MAX (INT64_C(100) * 366 * DAY_MS)
#define RADIUS_CM_MAX INT64_C(100000000) /* 1,000 km */
#define CLOCK_DAYS_MAX INT64_C(36600)

/* Everything one check may need. */
struct policy_checker {
    const struct policy *policy;
    const struct city *city;
};

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

static bool limit_is_sound(struct clock_limit limit)
{
    bool is_days = limit.unit == UNIT_WORK_DAY_END || limit.unit == UNIT_NATURAL_DAY;
    int64_t value_max = is_days ? CLOCK_DAYS_MAX : DURATION_MS_MAX;
    return limit.unit <= UNIT_NATURAL_DAY && limit.value >= 0 && limit.value <= value_max;
}

static bool row_is_sound(uint32_t row, uint32_t count)
{
    return row < count || row == NONE32;
}

static int text_compare(const struct policy *policy, struct image_string a, struct image_string b)
{
    uint32_t size = a.size < b.size ? a.size : b.size;
    int order = memcmp(policy->strings + a.offset, policy->strings + b.offset, size);
    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

/* Rows of a city table, strictly ascending, so that membership is a binary search. */
static bool rows_are_ascending(const struct policy *policy, struct image_range range,
                               uint32_t count_max, uint32_t city_rows)
{
    if (!range_is_sound(range, policy->row_count, count_max)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t row = policy->rows[range.first + i];
        if (row >= city_rows || (i > 0 && policy->rows[range.first + i - 1] >= row)) {
            return false;
        }
    }
    return true;
}

/* Rows of a city table, each once, in the order in which people are told. */
static bool rows_are_distinct(const struct policy *policy, struct image_range range,
                              uint32_t count_max, uint32_t city_rows)
{
    if (!range_is_sound(range, policy->row_count, count_max)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (policy->rows[range.first + k] == policy->rows[range.first + i]) {
                return false;
            }
        }
        if (policy->rows[range.first + i] >= city_rows) {
            return false;
        }
    }
    return true;
}

static bool keys_are_sound(const struct policy *policy, struct image_range range,
                           uint32_t count_max, bool class_is_allowed)
{
    if (!range_is_sound(range, policy->key_count, count_max)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t key = policy->keys[range.first + i];
        if (key >= policy->field_count && !(class_is_allowed && key == KEY_CLASS)) {
            return false;
        }
    }
    return true;
}

static bool rounds_are_sound(const struct policy_rounds *rounds)
{
    bool is_sound = duration_is_sound(rounds->every_ms) && rounds->every_ms >= ROUND_EVERY_MIN_MS &&
                    duration_is_sound(rounds->switch_ms) && rounds->switch_ms <= DAY_MS &&
                    duration_is_sound(rounds->ring_ms) && rounds->ring_ms <= DAY_MS &&
                    rounds->nearest >= 1 && rounds->nearest <= ROUND_NEAREST_MAX &&
                    rounds->switch_max <= ROUND_SWITCHES_MAX &&
                    rounds->ageing_permille <= ROUND_PERMILLE_MAX &&
                    rounds->clock_permille <= ROUND_PERMILLE_MAX;
    for (uint32_t i = 0; i < COUNT_OF(rounds->weights); i++) {
        is_sound = is_sound && rounds->weights[i] >= 1 && rounds->weights[i] <= ROUND_WEIGHT_MAX;
    }
    return is_sound;
}

static bool info_is_sound(const struct policy *policy)
{
    const struct policy_info *info = policy->info;
    return duration_is_sound(info->lateness_ms) && duration_is_sound(info->future_ms) &&
           limit_is_sound(info->accept) && limit_is_sound(info->dispatch) &&
           limit_is_sound(info->check) &&
           range_is_sound(info->check_assigns, policy->assign_count, POLICY_ASSIGNS_MAX) &&
           range_is_sound(info->verify_assigns, policy->assign_count, POLICY_ASSIGNS_MAX) &&
           duration_is_sound(info->seek_every_ms) && info->seek_every_ms > 0 &&
           duration_is_sound(info->stale_fix_ms) && duration_is_sound(info->worker_lost_ms) &&
           info->verify_below_permille <= 1000 &&
           (info->accuracy_field == NONE32 ||
            (info->accuracy_field < policy->field_count &&
             policy->fields[info->accuracy_field].kind == FIELD_NUMBER)) &&
           (info->lanes_of_one >> RULE_LANE_COUNT) == 0 &&
           (info->lanes_of_one & (1u << RULE_LANE_DISPATCH)) != 0 &&
           rounds_are_sound(&info->rounds);
}

static bool fields_are_sound(const struct policy *policy)
{
    if (policy->field_count >= NONE16) {
        return false;
    }
    for (uint32_t i = 0; i < policy->field_count; i++) {
        const struct policy_field *field = &policy->fields[i];
        if (!text_is_sound(policy, field->name) || field->kind < FIELD_NUMBER ||
            field->kind > FIELD_BOOL) {
            return false;
        }
        if (i > 0 && text_compare(policy, policy->fields[i - 1].name, field->name) >= 0) {
            return false;
        }
    }
    for (uint32_t i = 0; i < policy->constant_count; i++) {
        if (!text_is_sound(policy, policy->constants[i]) ||
            policy->constants[i].size > EVENT_STRING_MAX) {
            return false;
        }
    }
    return true;
}

/* Best first: rank, priority descending, row; only rules that are evaluated. */
static bool type_rules_are_sound(const struct policy *policy, struct image_range range)
{
    if (!range_is_sound(range, policy->type_rule_count, POLICY_TYPE_RULES_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t row = policy->type_rules[range.first + i];
        if (row >= policy->rule_count || !policy_rule_is_evaluated(&policy->rules[row])) {
            return false;
        }
        if (i == 0) {
            continue;
        }
        uint32_t before = policy->type_rules[range.first + i - 1];
        const struct policy_rule *a = &policy->rules[before];
        const struct policy_rule *b = &policy->rules[row];
        const uint32_t rank_a = policy_rule_rank(a->status, a->lane);
        const uint32_t rank_b = policy_rule_rank(b->status, b->lane);
        if (rank_a > rank_b || (rank_a == rank_b && a->priority < b->priority) ||
            (rank_a == rank_b && a->priority == b->priority && before >= row)) {
            return false;
        }
    }
    return true;
}

/* Does one rule of the type ask for the whole list? */
static bool type_meets_many(const struct policy *policy, struct image_range range)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const struct policy_rule *rule = &policy->rules[policy->type_rules[range.first + i]];
        if (policy_rule_rank(rule->status, rule->lane) != RULE_LANE_DISPATCH ||
            rule->window != NONE32) {
            return true;
        }
    }
    return false;
}

static bool types_are_sound(const struct policy *policy)
{
    if (policy->type_count >= NONE16) {
        return false;
    }
    for (uint32_t i = 0; i < policy->type_count; i++) {
        const struct policy_type *type = &policy->types[i];
        if (!text_is_sound(policy, type->name) || !text_is_sound(policy, type->title) ||
            !text_is_sound(policy, type->title_en) || type->lane >= LANE_COUNT) {
            return false;
        }
        if (i > 0 && text_compare(policy, policy->types[i - 1].name, type->name) >= 0) {
            return false;
        }
        if (!type_rules_are_sound(policy, type->rules) ||
            type->meets_many != (uint32_t)type_meets_many(policy, type->rules) ||
            !range_is_sound(type->closers, policy->closer_count, policy->rule_count)) {
            return false;
        }
        for (uint32_t k = 0; k < type->closers.count; k++) {
            uint32_t row = policy->closers[type->closers.first + k];
            if (row >= policy->rule_count || policy->rules[row].close.type != i) {
                return false;
            }
        }
    }
    return true;
}

static bool rings_are_sound(const struct policy *policy, const struct city *city)
{
    for (uint32_t i = 0; i < policy->ring_count; i++) {
        const struct policy_ring *ring = &policy->rings[i];
        if (ring->kind > RING_CITY || ring->radius_cm < 0 || ring->radius_cm > RADIUS_CM_MAX) {
            return false;
        }
        if (ring->kind == RING_LEVEL &&
            (ring->level < 1 || ring->level > city->info->level_count)) {
            return false;
        }
        if (ring->kind == RING_RADIUS && ring->radius_cm == 0) {
            return false;
        }
    }
    return true;
}

static bool circles_are_sound(const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->circle_count; i++) {
        const struct policy_circle *circle = &policy->circles[i];
        struct place centre = {circle->lon, circle->lat};
        if (!place_is_known(centre) || !place_is_valid(centre) || circle->radius_cm <= 0 ||
            circle->radius_cm > RADIUS_CM_MAX) {
            return false;
        }
    }
    return true;
}

static bool mask_fits(uint64_t mask, uint32_t bit_count)
{
    return bit_count >= 64 || (mask >> bit_count) == 0;
}

static bool assigns_are_sound(const struct policy *policy, const struct city *city)
{
    const uint32_t rights_known = (uint32_t)RIGHT_ADMINISTRATOR * 2u - 1u;
    for (uint32_t i = 0; i < policy->assign_count; i++) {
        const struct policy_assign *assign = &policy->assigns[i];
        bool is_sound =
            mask_fits(assign->roles, city->role_count) &&
            mask_fits(assign->skills, city->skill_count) && text_is_sound(policy, assign->task) &&
            range_is_sound(assign->rings, policy->ring_count, POLICY_RINGS_MAX) &&
            expr_check(policy, assign->program, true) == ERR_OK && assign->pick <= PICK_ETA &&
            assign->count >= 1 && assign->count <= ASSIGN_COUNT_MAX && assign->ignore_shift <= 1 &&
            row_is_sound(assign->fallback, city->post_count) && assign->rights != 0 &&
            (assign->rights & ~rights_known) == 0 && assign->reroute <= REROUTE_ACCEPTED &&
            assign->parallel >= 1 && assign->parallel <= PARALLEL_MAX && assign->preempts <= 1 &&
            assign->guard_percent <= GUARD_PERCENT_MAX &&
            (assign->reroute == REROUTE_NEVER || assign->pick != PICK_LEAST_LOADED);
        if (!is_sound) {
            return false;
        }
    }
    return true;
}

static bool steps_are_sound(const struct policy *policy, const struct city *city)
{
    for (uint32_t i = 0; i < policy->step_count; i++) {
        const struct policy_step *step = &policy->steps[i];
        bool is_sound =
            rows_are_distinct(policy, step->posts, POLICY_POSTS_MAX, city->post_count) &&
            expr_check(policy, step->program, true) == ERR_OK &&
            (step->when == STEP_SEVERITY || step->program.count == 0) &&
            duration_is_sound(step->after_ms) && step->after_permille <= 10000 &&
            (step->after_permille == 0 || step->when == STEP_UNHANDLED) &&
            step->when <= STEP_NOT_SAFE && (step->flags & ~(uint32_t)STEP_REASSIGN) == 0 &&
            step->severity <= 4 && row_is_sound(step->plan, policy->plan_count);
        if (!is_sound) {
            return false;
        }
    }
    return true;
}

static bool rule_clauses_are_sound(const struct policy_checker *checker,
                                   const struct policy_rule *rule)
{
    const struct policy *policy = checker->policy;
    const struct city *city = checker->city;
    const uint32_t flags_known = MERGE_ENABLED | MERGE_TAKE_SEVERITY | MERGE_TAKE_PLACE;
    const bool has_class = rule->class_row != NONE32; /* a key of the class needs one */
    bool is_merge_sound =
        keys_are_sound(policy, rule->merge.keys, POLICY_KEYS_MAX, has_class) &&
        rule->merge.radius_cm >= 0 && rule->merge.radius_cm <= RADIUS_CM_MAX &&
        duration_is_sound(rule->merge.reopen_ms) && duration_is_sound(rule->merge.window_ms) &&
        rule->merge.square_cm >= rule->merge.radius_cm && rule->merge.square_cm <= RADIUS_CM_MAX &&
        row_is_sound(rule->merge.asset_kind, city->asset_kind_count) &&
        (rule->merge.asset_kind == NONE32 || rule->merge.radius_cm > 0) &&
        (rule->merge.flags & ~flags_known) == 0;
    bool is_close_sound = keys_are_sound(policy, rule->close.keys, POLICY_KEYS_MAX, false) &&
                          duration_is_sound(rule->close.within_ms) &&
                          row_is_sound(rule->close.type, policy->type_count) &&
                          rule->close.otherwise == CLOSE_ELSE_CHECK;
    return is_merge_sound && is_close_sound &&
           keys_are_sound(policy, rule->dedupe.keys, POLICY_KEYS_MAX, has_class) &&
           duration_is_sound(rule->dedupe.window_ms) && limit_is_sound(rule->sla.accept) &&
           limit_is_sound(rule->sla.arrive) && limit_is_sound(rule->sla.handle) &&
           limit_is_sound(rule->sla.dispatch) && limit_is_sound(rule->sla.make_safe);
}

static bool rule_conditions_are_sound(const struct policy_checker *checker,
                                      const struct policy_rule *rule)
{
    const struct policy *policy = checker->policy;
    const struct city *city = checker->city;
    return expr_check(policy, rule->program, false) == ERR_OK &&
           rows_are_ascending(policy, rule->areas_in, city->area_count, city->area_count) &&
           rows_are_ascending(policy, rule->areas_out, city->area_count, city->area_count) &&
           range_is_sound(rule->circles_in, policy->circle_count, POLICY_CIRCLES_MAX) &&
           range_is_sound(rule->circles_out, policy->circle_count, POLICY_CIRCLES_MAX) &&
           rows_are_ascending(policy, rule->cells_in, city->cell_count, city->cell_count) &&
           rows_are_ascending(policy, rule->cells_out, city->cell_count, city->cell_count) &&
           rows_are_ascending(policy, rule->calendars_in, POLICY_CALENDARS_MAX,
                              city->calendar_count) &&
           rows_are_ascending(policy, rule->calendars_out, POLICY_CALENDARS_MAX,
                              city->calendar_count);
}

static bool group_is_sound(const struct policy *policy, const struct policy_rule *rule)
{
    const struct policy_told *group = &rule->group;
    if (group->interval_ms == 0) {
        return group->wait_ms == 0 && group->repeat_ms == 0 && group->keys.count == 0;
    }
    return rule->lane == RULE_LANE_NOTIFY && duration_is_sound(group->wait_ms) &&
           group->wait_ms > 0 && duration_is_sound(group->interval_ms) &&
           duration_is_sound(group->repeat_ms) && group->repeat_ms >= group->interval_ms &&
           keys_are_sound(policy, group->keys, POLICY_KEYS_MAX, false);
}

/* Tags, what hides it and what it hides. */
static bool held_back_is_sound(const struct policy *policy, const struct policy_rule *rule,
                               uint32_t row)
{
    if (!range_is_sound(rule->tags, policy->tag_count, POLICY_TAGS_MAX) ||
        !range_is_sound(rule->inhibited_by, policy->inhibited_count, POLICY_INHIBITED_MAX) ||
        expr_check(policy, rule->breaks, false) != ERR_OK ||
        !row_is_sound(rule->inhibit, policy->inhibit_count)) {
        return false;
    }
    for (uint32_t i = 0; i < rule->tags.count; i++) {
        if (!text_is_sound(policy, policy->tags[rule->tags.first + i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < rule->inhibited_by.count; i++) {
        if (policy->inhibited[rule->inhibited_by.first + i] >= policy->inhibit_count) {
            return false;
        }
    }
    if (rule->inhibit == NONE32) {
        return true;
    }
    const struct policy_inhibit *inhibit = &policy->inhibits[rule->inhibit];
    return inhibit->rule == row && keys_are_sound(policy, inhibit->keys, POLICY_KEYS_MAX, false) &&
           inhibit->radius_cm >= 0 && inhibit->radius_cm <= RADIUS_CM_MAX &&
           inhibit->max_severity >= 1 && inhibit->max_severity <= 4;
}

/* Every row belongs to the rule that it names, and was looked at there. */
static bool inhibits_are_owned(const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->inhibit_count; i++) {
        const uint32_t rule = policy->inhibits[i].rule;
        if (rule >= policy->rule_count || policy->rules[rule].inhibit != i) {
            return false;
        }
    }
    return true;
}

static bool rules_are_sound(const struct policy_checker *checker)
{
    const struct policy *policy = checker->policy;
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        bool is_sound =
            text_is_sound(policy, rule->id) && text_is_sound(policy, rule->title) &&
            text_is_sound(policy, rule->title_en) && text_is_sound(policy, rule->case_title) &&
            text_is_sound(policy, rule->case_title_en) && text_is_sound(policy, rule->file) &&
            range_is_sound(rule->assigns, policy->assign_count, POLICY_ASSIGNS_MAX) &&
            range_is_sound(rule->steps, policy->step_count, POLICY_STEPS_MAX) &&
            keys_are_sound(policy, rule->captures, CASE_FIELDS_MAX, false) &&
            rule->department < checker->city->department_count &&
            (rule->class_row < checker->city->class_count ||
             (rule->lane != RULE_LANE_DISPATCH && rule->class_row == NONE32)) &&
            rule->priority <= POLICY_PRIORITY_MAX && rule->severity >= 1 && rule->severity <= 4 &&
            rule->status <= RULE_SHADOW && rule->lane < RULE_LANE_COUNT &&
            row_is_sound(rule->case_department, checker->city->department_count) &&
            (rule->flags &
             ~(uint32_t)(RULE_DEDUPE_SLIDES | RULE_OWNER_OF_ASSET | RULE_NEVER_SILENCED)) == 0 &&
            held_back_is_sound(policy, rule, i) && group_is_sound(policy, rule);
        if (!is_sound) {
            return false;
        }
        if (i > 0 && text_compare(policy, policy->rules[i - 1].id, rule->id) >= 0) {
            return false;
        }
        if (!rule_conditions_are_sound(checker, rule) || !rule_clauses_are_sound(checker, rule)) {
            return false;
        }
    }
    return true;
}

static bool confirms_are_sound(const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->confirm_count; i++) {
        const struct policy_confirm *row = &policy->confirms[i];
        bool is_sound = row->rule < policy->rule_count && duration_is_sound(row->within_ms) &&
                        row->within_ms > 0 && limit_is_sound(row->arrive) &&
                        range_is_sound(row->assigns, policy->assign_count, POLICY_ASSIGNS_MAX) &&
                        row->at_least >= 1 && row->at_least <= CONFIRM_SUM_MAX &&
                        (i == 0 || policy->confirms[i - 1].rule < row->rule);
        for (uint32_t kind = 0; kind < CONFIRM_KINDS; kind++) {
            is_sound = is_sound && row->weights[kind] <= CONFIRM_SUM_MAX;
        }
        if (!is_sound) {
            return false;
        }
    }
    return true;
}

/* One section to read. */
struct policy_view {
    uint32_t section;
    uint32_t row_size;
    const void *rows;
    uint32_t count;
};

enum {
    VIEW_STRINGS,
    VIEW_INFO,
    VIEW_TYPES,
    VIEW_FIELDS,
    VIEW_RULES,
    VIEW_PROGRAM,
    VIEW_KEYS,
    VIEW_RINGS,
    VIEW_ASSIGNS,
    VIEW_STEPS,
    VIEW_ROWS,
    VIEW_CLOSERS,
    VIEW_TYPE_RULES,
    VIEW_CIRCLES,
    VIEW_CONSTANTS,
    VIEW_PLANS,
    VIEW_GROUPS,
    VIEW_PLAN_TASKS,
    VIEW_CHECKS,
    VIEW_ACTIVATES,
    VIEW_LATES,
    VIEW_CONFIRMS,
    VIEW_TARGETS,
    VIEW_WINDOWS,
    VIEW_RESULTS,
    VIEW_LEVELS,
    VIEW_STAGES,
    VIEW_NEAR,
    VIEW_WATCHES,
    VIEW_TAGS,
    VIEW_INHIBITS,
    VIEW_INHIBITED,
    VIEW_MATCH_TYPES,
    VIEW_MATCH_ATTRIBUTES,
    VIEW_MATCH_KEYS,
    VIEW_MATCH_ACCESSES,
    VIEW_MATCH_GROUPS,
    VIEW_MATCH_ENTRIES,
    VIEW_MATCH_RECORDS,
    VIEW_MATCH_CLAUSES,
    VIEW_COUNT
};

#define TAKE(member, counter, view)                                                                \
    do {                                                                                           \
        policy->member = views[view].rows;                                                         \
        policy->counter = views[view].count;                                                       \
    } while (0)

static void take_views(struct policy *policy, const struct policy_view views[VIEW_COUNT])
{
    policy->info = views[VIEW_INFO].rows;
    TAKE(strings, string_size, VIEW_STRINGS);
    TAKE(types, type_count, VIEW_TYPES);
    TAKE(fields, field_count, VIEW_FIELDS);
    TAKE(rules, rule_count, VIEW_RULES);
    TAKE(program, program_count, VIEW_PROGRAM);
    TAKE(keys, key_count, VIEW_KEYS);
    TAKE(rings, ring_count, VIEW_RINGS);
    TAKE(assigns, assign_count, VIEW_ASSIGNS);
    TAKE(steps, step_count, VIEW_STEPS);
    TAKE(rows, row_count, VIEW_ROWS);
    TAKE(closers, closer_count, VIEW_CLOSERS);
    TAKE(type_rules, type_rule_count, VIEW_TYPE_RULES);
    TAKE(circles, circle_count, VIEW_CIRCLES);
    TAKE(constants, constant_count, VIEW_CONSTANTS);
    TAKE(plans, plan_count, VIEW_PLANS);
    TAKE(groups, group_count, VIEW_GROUPS);
    TAKE(plan_tasks, plan_task_count, VIEW_PLAN_TASKS);
    TAKE(checks, check_count, VIEW_CHECKS);
    TAKE(activates, activate_count, VIEW_ACTIVATES);
    TAKE(lates, late_count, VIEW_LATES);
    TAKE(confirms, confirm_count, VIEW_CONFIRMS);
    TAKE(targets, target_count, VIEW_TARGETS);
    TAKE(windows, window_count, VIEW_WINDOWS);
    TAKE(results, result_count, VIEW_RESULTS);
    TAKE(levels, level_count, VIEW_LEVELS);
    TAKE(stages, stage_count, VIEW_STAGES);
    TAKE(near, near_count, VIEW_NEAR);
    TAKE(watches, watch_count, VIEW_WATCHES);
    TAKE(tags, tag_count, VIEW_TAGS);
    TAKE(inhibits, inhibit_count, VIEW_INHIBITS);
    TAKE(inhibited, inhibited_count, VIEW_INHIBITED);
    policy->match_types = views[VIEW_MATCH_TYPES].rows;
    TAKE(match_attributes, match_attribute_count, VIEW_MATCH_ATTRIBUTES);
    TAKE(match_keys, match_key_count, VIEW_MATCH_KEYS);
    TAKE(match_accesses, match_access_count, VIEW_MATCH_ACCESSES);
    TAKE(match_groups, match_group_count, VIEW_MATCH_GROUPS);
    TAKE(match_entries, match_entry_count, VIEW_MATCH_ENTRIES);
    TAKE(match_records, match_record_count, VIEW_MATCH_RECORDS);
    TAKE(match_clauses, match_clause_count, VIEW_MATCH_CLAUSES);
}

#undef TAKE

static enum err read_views(struct policy *policy)
{
    struct policy_view views[VIEW_COUNT] = {
        [VIEW_STRINGS] = {SECTION_STRINGS, 1, NULL, 0},
        [VIEW_INFO] = {POLICY_INFO, sizeof(struct policy_info), NULL, 0},
        [VIEW_TYPES] = {POLICY_TYPES, sizeof(struct policy_type), NULL, 0},
        [VIEW_FIELDS] = {POLICY_FIELDS, sizeof(struct policy_field), NULL, 0},
        [VIEW_RULES] = {POLICY_RULES, sizeof(struct policy_rule), NULL, 0},
        [VIEW_PROGRAM] = {POLICY_PROGRAM, sizeof(struct expr_word), NULL, 0},
        [VIEW_KEYS] = {POLICY_KEYS, sizeof(uint32_t), NULL, 0},
        [VIEW_RINGS] = {POLICY_RINGS, sizeof(struct policy_ring), NULL, 0},
        [VIEW_ASSIGNS] = {POLICY_ASSIGNS, sizeof(struct policy_assign), NULL, 0},
        [VIEW_STEPS] = {POLICY_STEPS, sizeof(struct policy_step), NULL, 0},
        [VIEW_ROWS] = {POLICY_ROWS, sizeof(uint32_t), NULL, 0},
        [VIEW_CLOSERS] = {POLICY_CLOSERS, sizeof(uint32_t), NULL, 0},
        [VIEW_TYPE_RULES] = {POLICY_TYPE_RULES, sizeof(uint32_t), NULL, 0},
        [VIEW_CIRCLES] = {POLICY_CIRCLES, sizeof(struct policy_circle), NULL, 0},
        [VIEW_CONSTANTS] = {POLICY_CONSTANTS, sizeof(struct image_string), NULL, 0},
        [VIEW_PLANS] = {POLICY_PLANS, sizeof(struct policy_plan), NULL, 0},
        [VIEW_GROUPS] = {POLICY_PLAN_GROUPS, sizeof(struct policy_group), NULL, 0},
        [VIEW_PLAN_TASKS] = {POLICY_PLAN_TASKS, sizeof(struct policy_plan_task), NULL, 0},
        [VIEW_CHECKS] = {POLICY_CHECKS, sizeof(struct policy_check), NULL, 0},
        [VIEW_ACTIVATES] = {POLICY_ACTIVATES, sizeof(struct policy_activate), NULL, 0},
        [VIEW_LATES] = {POLICY_LATES, sizeof(struct policy_late), NULL, 0},
        [VIEW_CONFIRMS] = {POLICY_CONFIRMS, sizeof(struct policy_confirm), NULL, 0},
        [VIEW_TARGETS] = {POLICY_TARGETS, sizeof(uint32_t), NULL, 0},
        [VIEW_WINDOWS] = {POLICY_WINDOWS, sizeof(struct policy_window), NULL, 0},
        [VIEW_RESULTS] = {POLICY_RESULTS, sizeof(struct policy_result), NULL, 0},
        [VIEW_LEVELS] = {POLICY_LEVELS, sizeof(struct policy_level), NULL, 0},
        [VIEW_STAGES] = {POLICY_STAGES, sizeof(struct policy_stage), NULL, 0},
        [VIEW_NEAR] = {POLICY_NEAR, sizeof(uint32_t), NULL, 0},
        [VIEW_WATCHES] = {POLICY_WATCHES, sizeof(uint32_t), NULL, 0},
        [VIEW_TAGS] = {POLICY_TAGS, sizeof(struct image_string), NULL, 0},
        [VIEW_INHIBITS] = {POLICY_INHIBITS, sizeof(struct policy_inhibit), NULL, 0},
        [VIEW_INHIBITED] = {POLICY_INHIBITED, sizeof(uint32_t), NULL, 0},
        [VIEW_MATCH_TYPES] = {MATCH_TYPES, sizeof(struct match_type), NULL, 0},
        [VIEW_MATCH_ATTRIBUTES] = {MATCH_ATTRIBUTES, sizeof(struct match_attribute), NULL, 0},
        [VIEW_MATCH_KEYS] = {MATCH_KEYS, sizeof(uint64_t), NULL, 0},
        [VIEW_MATCH_ACCESSES] = {MATCH_ACCESSES, sizeof(struct match_access), NULL, 0},
        [VIEW_MATCH_GROUPS] = {MATCH_GROUPS, sizeof(struct match_group), NULL, 0},
        [VIEW_MATCH_ENTRIES] = {MATCH_ENTRIES, sizeof(uint32_t), NULL, 0},
        [VIEW_MATCH_RECORDS] = {MATCH_RECORDS, sizeof(struct match_record), NULL, 0},
        [VIEW_MATCH_CLAUSES] = {MATCH_CLAUSES, sizeof(struct match_clause), NULL, 0},
    };
    for (uint32_t i = 0; i < VIEW_COUNT; i++) {
        enum err err = image_rows(&policy->image, views[i].section, views[i].row_size,
                                  &views[i].rows, &views[i].count);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (views[VIEW_INFO].count != 1 || views[VIEW_MATCH_TYPES].count != views[VIEW_TYPES].count) {
        return ERR_MALFORMED;
    }
    take_views(policy, views);
    return ERR_OK;
}

enum err policy_open(const void *bytes, uint64_t size, const struct city *city,
                     struct policy *out_policy)
{
    must(city != NULL);
    struct policy policy;
    memset(&policy, 0, sizeof policy);
    enum err err = image_open(bytes, size, IMAGE_POLICY, &policy.image);
    if (err != ERR_OK) {
        return err;
    }
    err = read_views(&policy);
    if (err != ERR_OK) {
        return err;
    }
    if (!hash128_is_equal(policy.info->city_digest, city->image.digest)) {
        return ERR_MISMATCH;
    }
    struct policy_checker checker = {&policy, city};
    /* Fields and strings first: the checks of programs lean on them; rules before types, which name rules. */
    bool is_sound = info_is_sound(&policy) && fields_are_sound(&policy) &&
                    rings_are_sound(&policy, city) && circles_are_sound(&policy) &&
                    assigns_are_sound(&policy, city) && steps_are_sound(&policy, city) &&
                    rules_are_sound(&checker) && inhibits_are_owned(&policy) &&
                    types_are_sound(&policy) && confirms_are_sound(&policy) &&
                    policy_plans_hold(&policy, city) && policy_windows_hold(&policy, city);
    if (!is_sound) {
        return ERR_MALFORMED;
    }
    err = match_check(&policy);
    if (err != ERR_OK) {
        return err;
    }
    *out_policy = policy;
    return ERR_OK;
}

/* lower.c: rows of engine/core/policy.h from the structures of ruleset.h; nothing is decided here. */
#include "rules/lower.h"

#include "engine/city/image_write.h"
#include "rules/expr_lower.h"
#include "rules/index.h"
#include "rules/lower_plan.h"
#include "rules/lower_window.h"
#include "rules/plan.h"
#include "rules/table.h"

#include <stdlib.h>
#include <xxhash.h>

/* One lowering in progress. */
struct lowering {
    const struct ruleset *set;
    struct image_writer *image;
    struct program_writer programs;
    struct table types, fields, rules, keys, rings, assigns, steps, rows, closers, type_rules,
        circles, confirms, tags, inhibits, inhibited;
    struct index_tables index;
    uint32_t *inhibit_rows; /* by rule row; NONE32 = hides nothing */
    int64_t *square_cm;     /* by class: greatest merge radius of its rules */
    struct window_tables windows;
};

static struct image_string put_text(struct lowering *lowering, const char *text)
{
    return image_writer_string(lowering->image, text, strlen(text));
}

static struct image_range put_keys(struct lowering *lowering, const struct rule_keys *keys)
{
    uint32_t rows[POLICY_KEYS_MAX];
    for (uint32_t i = 0; i < keys->count; i++) {
        rows[i] = keys->fields[i] == NULL ? KEY_CLASS : keys->fields[i]->row;
    }
    return table_add(&lowering->keys, rows, keys->count);
}

static struct image_range put_rows(struct lowering *lowering, const struct rule_rows *rows)
{
    return table_add(&lowering->rows, rows->items, rows->count);
}

static struct image_range put_assigns(struct lowering *lowering, const struct rule_assign *assigns,
                                      uint32_t count)
{
    struct policy_assign rows[POLICY_ASSIGNS_MAX];
    must(count <= POLICY_ASSIGNS_MAX);
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < count; i++) {
        const struct rule_assign *assign = &assigns[i];
        rows[i].roles = assign->roles;
        rows[i].skills = assign->skills;
        rows[i].task = put_text(lowering, assign->task);
        rows[i].rings = table_add(&lowering->rings, assign->rings, assign->ring_count);
        rows[i].program = expr_lower(&lowering->programs, assign->condition);
        rows[i].pick = assign->pick;
        rows[i].count = assign->count;
        rows[i].max_load = assign->max_load;
        rows[i].ignore_shift = assign->ignore_shift;
        rows[i].fallback = assign->fallback;
        rows[i].rights = assign->rights;
        rows[i].reroute = assign->reroute;
        rows[i].parallel = assign->parallel;
        rows[i].preempts = assign->preempts;
        rows[i].guard_percent = assign->guard_percent;
    }
    return table_add(&lowering->assigns, rows, count);
}

static struct image_range put_steps(struct lowering *lowering, const struct rule *rule)
{
    struct policy_step rows[POLICY_STEPS_MAX];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct rule_step *step = &rule->steps[i];
        rows[i].posts = put_rows(lowering, &step->posts);
        rows[i].program = expr_lower(&lowering->programs, step->condition);
        rows[i].after_ms = step->after_ms;
        rows[i].after_permille = step->after_permille;
        rows[i].when = step->when;
        rows[i].flags = step->flags;
        rows[i].severity = step->severity;
        rows[i].plan = step->plan == NULL ? NONE32 : step->plan->row;
    }
    return table_add(&lowering->steps, rows, rule->step_count);
}

static void lower_conditions(struct lowering *lowering, const struct rule *rule,
                             struct policy_rule *row)
{
    row->program = expr_lower(&lowering->programs, rule->where);
    if (rule->in != NULL) {
        row->areas_in = put_rows(lowering, &rule->in->areas);
        row->cells_in = put_rows(lowering, &rule->in->cells);
        row->circles_in = table_add(&lowering->circles, rule->in->circles, rule->in->circle_count);
    }
    if (rule->out != NULL) {
        row->areas_out = put_rows(lowering, &rule->out->areas);
        row->cells_out = put_rows(lowering, &rule->out->cells);
        row->circles_out =
            table_add(&lowering->circles, rule->out->circles, rule->out->circle_count);
    }
    row->calendars_in = put_rows(lowering, &rule->calendars_in);
    row->calendars_out = put_rows(lowering, &rule->calendars_out);
}

static void lower_confirm(struct lowering *lowering, const struct rule *rule)
{
    const struct rule_confirm *confirm = rule->confirm;
    struct policy_confirm row;
    memset(&row, 0, sizeof row);
    row.within_ms = confirm->within_ms;
    row.arrive = confirm->arrive;
    row.assigns = put_assigns(lowering, confirm->assigns, confirm->assign_count);
    row.rule = rule->row;
    row.at_least = confirm->at_least;
    memcpy(row.weights, confirm->weights, sizeof row.weights);
    (void)table_add(&lowering->confirms, &row, 1);
}

/* Rules of one class find each other's cases: the squares must be large enough for all of them. */
static void find_squares(struct lowering *lowering)
{
    const struct ruleset *set = lowering->set;
    lowering->square_cm =
        arena_take(set->arena, set->city->class_count * sizeof lowering->square_cm[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->class_row != NONE32 &&
            rule->merge_radius_cm > lowering->square_cm[rule->class_row]) {
            lowering->square_cm[rule->class_row] = rule->merge_radius_cm;
        }
    }
}

/* What holds it back, and what its open cases hold back. */
static void lower_held_back(struct lowering *lowering, const struct rule *rule,
                            struct policy_rule *row)
{
    row->breaks = expr_lower(&lowering->programs, rule->breaks);
    row->tags.first = lowering->tags.count;
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        const struct image_string tag = put_text(lowering, rule->tags[i]);
        (void)table_add(&lowering->tags, &tag, 1);
    }
    row->tags.count = rule->tag_count;
    row->inhibited_by.first = lowering->inhibited.count;
    for (uint32_t i = 0; i < rule->inhibited_count; i++) {
        const uint32_t inhibit = lowering->inhibit_rows[rule->inhibited_by[i]];
        (void)table_add(&lowering->inhibited, &inhibit, 1);
    }
    row->inhibited_by.count = rule->inhibited_count;
    row->inhibit = NONE32;
    if (rule->inhibits != NULL) {
        struct policy_inhibit inhibit;
        memset(&inhibit, 0, sizeof inhibit);
        inhibit.keys = put_keys(lowering, &rule->inhibit_keys);
        inhibit.radius_cm = rule->inhibit_radius_cm;
        inhibit.rule = rule->row;
        inhibit.max_severity = rule->inhibit_severity;
        row->inhibit = table_add(&lowering->inhibits, &inhibit, 1).first;
        must(row->inhibit == lowering->inhibit_rows[rule->row]);
    }
}

/* Rows of POLICY_INHIBITS by rule, before the first rule that is hidden by one asks. */
static void number_inhibits(struct lowering *lowering)
{
    const struct ruleset *set = lowering->set;
    uint32_t count = 0;
    lowering->inhibit_rows =
        arena_take(set->arena, set->rule_count * sizeof lowering->inhibit_rows[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        lowering->inhibit_rows[i] = set->rules[i]->inhibits == NULL ? NONE32 : count++;
    }
}

static void lower_rule(struct lowering *lowering, const struct rule *rule)
{
    struct policy_rule row;
    memset(&row, 0, sizeof row);
    XXH128_hash_t hash = XXH3_128bits(rule->id, strlen(rule->id));
    row.id_hash = (struct hash128){hash.high64, hash.low64};
    row.id = put_text(lowering, rule->id);
    row.title = put_text(lowering, rule->title);
    row.title_en = put_text(lowering, rule->title_en);
    row.case_title = put_text(lowering, rule->case_title);
    row.case_title_en = put_text(lowering, rule->case_title_en);
    row.file = put_text(lowering, rule->file);
    row.line = (uint32_t)rule->node->line;
    lower_conditions(lowering, rule, &row);
    row.assigns = put_assigns(lowering, rule->assigns, rule->assign_count);
    row.steps = put_steps(lowering, rule);
    row.captures = put_keys(lowering, &rule->captures);
    row.dedupe.keys = put_keys(lowering, &rule->dedupe_keys);
    row.dedupe.window_ms = rule->dedupe_window_ms;
    row.group.keys = put_keys(lowering, &rule->group_keys);
    row.group.wait_ms = rule->group_wait_ms;
    row.group.interval_ms = rule->group_interval_ms;
    row.group.repeat_ms = rule->group_repeat_ms;
    row.merge.keys = put_keys(lowering, &rule->merge_keys);
    row.merge.radius_cm = rule->merge_radius_cm;
    row.merge.reopen_ms = rule->merge_reopen_ms;
    row.merge.window_ms = rule->merge_window_ms;
    row.merge.square_cm =
        rule->class_row == NONE32 ? 0 : lowering->square_cm[rule->class_row]; /* opens no case */
    row.merge.asset_kind = rule->merge_asset_kind;
    row.merge.flags = rule->merge_flags;
    row.close.keys = put_keys(lowering, &rule->close_keys);
    row.close.within_ms = rule->close_within_ms;
    row.close.type = rule->close_type == NULL ? NONE32 : rule->close_type->row;
    row.close.otherwise = CLOSE_ELSE_CHECK;
    row.sla = rule->sla;
    row.department = rule->department;
    row.class_row = rule->class_row;
    row.priority = rule->priority;
    row.severity = rule->severity;
    row.status = rule->status;
    row.evidence = rule->evidence;
    row.flags = rule->flags;
    row.case_department = rule->case_department;
    row.lane = rule->lane;
    row.window =
        lower_window(&lowering->windows, &lowering->programs, &lowering->keys, lowering->set, rule);
    lower_held_back(lowering, rule, &row);
    (void)table_add(&lowering->rules, &row, 1);
}

static int rule_compare(const void *left, const void *right)
{
    const struct rule *const *a = left;
    const struct rule *const *b = right;
    const uint32_t rank_a = policy_rule_rank((*a)->status, (*a)->lane);
    const uint32_t rank_b = policy_rule_rank((*b)->status, (*b)->lane);
    if (rank_a != rank_b) {
        return rank_a < rank_b ? -1 : 1;
    }
    if ((*a)->priority != (*b)->priority) {
        return (*a)->priority > (*b)->priority ? -1 : 1;
    }
    return (*a)->row < (*b)->row ? -1 : (*a)->row > (*b)->row;
}

/* The rules of every type and the rules every type closes. */
struct type_buckets {
    const struct rule ***rules; /* type_count arrays, best first */
    uint32_t *rule_counts;
    uint32_t **closers; /* rows, ascending */
    uint32_t *closer_counts;
};

static void fill_buckets(struct lowering *lowering, struct type_buckets *buckets)
{
    const struct ruleset *set = lowering->set;
    struct arena *arena = set->arena;
    size_t count = set->type_count;
    buckets->rules = arena_take(arena, count * sizeof buckets->rules[0]);
    buckets->rule_counts = arena_take(arena, count * sizeof buckets->rule_counts[0]);
    buckets->closers = arena_take(arena, count * sizeof buckets->closers[0]);
    buckets->closer_counts = arena_take(arena, count * sizeof buckets->closer_counts[0]);
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        for (uint32_t t = 0; pass == 1 && t < set->type_count; t++) {
            buckets->rules[t] =
                arena_take(arena, buckets->rule_counts[t] * sizeof buckets->rules[t][0]);
            buckets->closers[t] =
                arena_take(arena, buckets->closer_counts[t] * sizeof buckets->closers[t][0]);
            buckets->rule_counts[t] = buckets->closer_counts[t] = 0;
        }
        for (uint32_t i = 0; i < set->rule_count; i++) {
            const struct rule *rule = set->rules[i];
            const bool is_evaluated = rule->status == RULE_ACTIVE || rule->status == RULE_SHADOW;
            for (uint32_t k = 0; is_evaluated && k < rule->type_count; k++) {
                uint32_t t = rule->types[k]->row;
                if (pass == 1) {
                    buckets->rules[t][buckets->rule_counts[t]] = rule;
                }
                buckets->rule_counts[t]++;
            }
            if (rule->close_type != NULL) {
                uint32_t t = rule->close_type->row;
                if (pass == 1) {
                    buckets->closers[t][buckets->closer_counts[t]] = i;
                }
                buckets->closer_counts[t]++;
            }
        }
    }
}

static void lower_types(struct lowering *lowering)
{
    const struct ruleset *set = lowering->set;
    struct type_buckets buckets;
    fill_buckets(lowering, &buckets);
    for (uint32_t t = 0; t < set->type_count; t++) {
        const struct rule_type *type = set->types[t];
        uint32_t count = buckets.rule_counts[t];
        if (count > 0) {
            qsort(buckets.rules[t], count, sizeof buckets.rules[t][0], rule_compare);
        }
        struct policy_type row;
        memset(&row, 0, sizeof row);
        row.name = put_text(lowering, type->name);
        row.title = put_text(lowering, type->title);
        row.title_en = put_text(lowering, type->title_en);
        row.lane = type->lane;
        row.rules = (struct image_range){lowering->type_rules.count, count};
        for (uint32_t i = 0; i < count; i++) {
            const struct rule *rule = buckets.rules[t][i];
            (void)table_add(&lowering->type_rules, &rule->row, 1);
            row.meets_many |= policy_rule_rank(rule->status, rule->lane) != RULE_LANE_DISPATCH ||
                              rule->window != NULL;
        }
        row.watches = lower_watches(&lowering->windows, set, type, buckets.rules[t], count);
        row.closers = table_add(&lowering->closers, buckets.closers[t], buckets.closer_counts[t]);
        (void)table_add(&lowering->types, &row, 1);
        index_add_type(&lowering->index, buckets.rules[t], count);
    }
}

static void lower_fields(struct lowering *lowering)
{
    for (uint32_t i = 0; i < lowering->set->field_count; i++) {
        const struct rule_field *field = lowering->set->fields[i];
        if (field->row != NONE32) {
            struct policy_field row = {put_text(lowering, field->name), field->kind, 0};
            (void)table_add(&lowering->fields, &row, 1);
        }
    }
}

static struct policy_info lower_info(struct lowering *lowering)
{
    const struct ruleset *set = lowering->set;
    const struct rule_defaults *defaults = &set->defaults;
    struct policy_info info;
    memset(&info, 0, sizeof info);
    info.city_digest = set->city->image.digest;
    info.rules_digest = set->digest;
    info.lateness_ms = defaults->lateness_ms;
    info.future_ms = defaults->future_ms;
    info.accept = defaults->accept;
    info.dispatch = defaults->dispatch;
    info.check = defaults->check;
    info.check_assigns = put_assigns(lowering, defaults->check_assigns, defaults->check_count);
    info.verify_assigns = put_assigns(lowering, defaults->verify_assigns, defaults->verify_count);
    info.seek_every_ms = defaults->seek_every_ms;
    info.rounds = defaults->rounds;
    info.stale_fix_ms = defaults->stale_fix_ms;
    info.worker_lost_ms = defaults->worker_lost_ms;
    info.verify_below_permille = defaults->verify_below_percent * 10;
    info.verify_samples = defaults->verify_samples;
    info.accuracy_field = ruleset_find_field(set, "accuracy_m")->row;
    info.lanes_of_one = defaults->lanes_of_one;
    return info;
}

static void put_section(struct lowering *lowering, uint32_t id, const struct table *table)
{
    image_writer_section(lowering->image, id, (uint32_t)table->row_size, table->rows, table->count);
}

static void put_sections(struct lowering *lowering, const struct policy_info *info)
{
    struct image_writer *image = lowering->image;
    const struct program_writer *programs = &lowering->programs;
    image_writer_section(image, POLICY_INFO, sizeof *info, info, 1);
    put_section(lowering, POLICY_TYPES, &lowering->types);
    put_section(lowering, POLICY_FIELDS, &lowering->fields);
    put_section(lowering, POLICY_RULES, &lowering->rules);
    image_writer_section(image, POLICY_PROGRAM, sizeof(struct expr_word), programs->words,
                         programs->word_count);
    put_section(lowering, POLICY_KEYS, &lowering->keys);
    put_section(lowering, POLICY_RINGS, &lowering->rings);
    put_section(lowering, POLICY_ASSIGNS, &lowering->assigns);
    put_section(lowering, POLICY_STEPS, &lowering->steps);
    put_section(lowering, POLICY_ROWS, &lowering->rows);
    put_section(lowering, POLICY_CLOSERS, &lowering->closers);
    put_section(lowering, POLICY_TYPE_RULES, &lowering->type_rules);
    put_section(lowering, POLICY_CIRCLES, &lowering->circles);
    put_section(lowering, POLICY_CONFIRMS, &lowering->confirms);
    put_section(lowering, POLICY_TAGS, &lowering->tags);
    put_section(lowering, POLICY_INHIBITS, &lowering->inhibits);
    put_section(lowering, POLICY_INHIBITED, &lowering->inhibited);
    image_writer_section(image, POLICY_CONSTANTS, sizeof(struct image_string), programs->constants,
                         programs->constant_count);
    put_window_tables(&lowering->windows, image);
    put_section(lowering, MATCH_TYPES, &lowering->index.types);
    put_section(lowering, MATCH_ATTRIBUTES, &lowering->index.attributes);
    put_section(lowering, MATCH_KEYS, &lowering->index.keys);
    put_section(lowering, MATCH_ACCESSES, &lowering->index.accesses);
    put_section(lowering, MATCH_GROUPS, &lowering->index.groups);
    put_section(lowering, MATCH_ENTRIES, &lowering->index.entries);
    put_section(lowering, MATCH_RECORDS, &lowering->index.records);
    put_section(lowering, MATCH_CLAUSES, &lowering->index.clauses);
}

static void init_tables(struct lowering *lowering)
{
    struct arena *arena = lowering->set->arena;
    lowering->types = table_of(arena, sizeof(struct policy_type));
    lowering->fields = table_of(arena, sizeof(struct policy_field));
    lowering->rules = table_of(arena, sizeof(struct policy_rule));
    lowering->keys = table_of(arena, sizeof(uint32_t));
    lowering->rings = table_of(arena, sizeof(struct policy_ring));
    lowering->assigns = table_of(arena, sizeof(struct policy_assign));
    lowering->steps = table_of(arena, sizeof(struct policy_step));
    lowering->rows = table_of(arena, sizeof(uint32_t));
    lowering->closers = table_of(arena, sizeof(uint32_t));
    lowering->type_rules = table_of(arena, sizeof(uint32_t));
    lowering->circles = table_of(arena, sizeof(struct policy_circle));
    lowering->confirms = table_of(arena, sizeof(struct policy_confirm));
    lowering->tags = table_of(arena, sizeof(struct image_string));
    lowering->inhibits = table_of(arena, sizeof(struct policy_inhibit));
    lowering->inhibited = table_of(arena, sizeof(uint32_t));
    lowering->index = index_tables_of(arena, lowering->image);
    lowering->windows = window_tables_of(arena);
}

enum err ruleset_lower(const struct ruleset *set, void **out_bytes, size_t *out_size)
{
    struct lowering lowering;
    memset(&lowering, 0, sizeof lowering);
    lowering.set = set;
    lowering.image = image_writer_new(IMAGE_POLICY);
    if (lowering.image == NULL) {
        return ERR_MEMORY;
    }
    lowering.programs.arena = set->arena;
    lowering.programs.image = lowering.image;
    init_tables(&lowering);
    lower_fields(&lowering);
    find_squares(&lowering);
    number_inhibits(&lowering);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        lower_rule(&lowering, set->rules[i]);
    }
    lower_types(&lowering);
    struct policy_info info = lower_info(&lowering);
    for (uint32_t i = 0; i < set->rule_count;
         i++) { /* after all other assigns: their rows stay in the order of rules */
        if (set->rules[i]->confirm != NULL) {
            lower_confirm(&lowering, set->rules[i]);
        }
    }
    put_sections(&lowering, &info);
    lower_plans(set, lowering.image);
    enum err err = image_writer_finish(lowering.image, out_bytes, out_size);
    image_writer_free(lowering.image);
    return err;
}

/* load_window.c: see load_window.h. Results become fields that only their rule sees, so that conditions, titles and captures
 * need to know nothing about windows. */
#include "rules/load_window.h"

#include "rules/load_clauses.h"
#include "rules/load_rule.h"

#define RADIUS_M_MAX 20000
#define MAX_KEYS_DEFAULT 10000u
#define MAX_KEYS_MAX 10000000
#define GAP_DEFAULT_MS MINUTE_MS
#define WITHIN_MS_MAX (366 * DAY_MS)
#define SLOPE_MS_MAX (7 * DAY_MS)

/* ---- results ---- */

static bool type_has(const struct rule *rule, const struct rule_field *field)
{
    for (uint32_t t = 0; t < rule->type_count; t++) {
        for (uint32_t i = 0; i < rule->types[t]->field_count; i++) {
            if (rule->types[t]->fields[i] == field) {
                return true;
            }
        }
    }
    return false;
}

/* A number field of that name, which the rule's own events must not carry; NULL after a report. */
static struct rule_field *result_field(const struct loader *loader, const struct tree_node *node,
                                       const struct rule *rule, const char *name)
{
    struct ruleset *set = loader->set;
    struct rule_field *field = ruleset_find_field(set, name);
    if (field != NULL &&
        (field->is_builtin || type_has(rule, field) || field->kind != FIELD_NUMBER)) {
        read_report(loader, node, "L006",
                    "\"%s\" is a field of events already; name the result otherwise", name);
        return NULL;
    }
    if (field != NULL) {
        return field;
    }
    if (set->field_count == RULE_FIELDS_MAX) {
        read_report(loader, node, "L018", "more than %u fields", RULE_FIELDS_MAX);
        return NULL;
    }
    field = arena_take(loader->arena, sizeof *field);
    field->name = name;
    field->kind = FIELD_NUMBER;
    field->node = node;
    uint32_t at = set->field_count++;
    while (at > 0 && strcmp(set->fields[at - 1]->name, name) > 0) {
        set->fields[at] = set->fields[at - 1];
        at--;
    }
    set->fields[at] = field;
    return field;
}

static bool read_rank(const char *name, uint32_t *out_permille)
{
    int64_t permille = 0;
    if (name[0] != 'p' || name[1] < '0' || name[1] > '9' || !read_decimal(name + 1, 1, &permille) ||
        permille < 1 || permille > 1000) {
        return false;
    }
    *out_permille = (uint32_t)permille;
    return true;
}

static bool read_function(const struct loader *loader, const struct tree_node *node,
                          const char *name, struct rule_result *result)
{
    static const struct word_spec WORDS[] = {
        {"count", RESULT_COUNT}, {"sum", RESULT_SUM},   {"avg", RESULT_AVG},    {"min", RESULT_MIN},
        {"max", RESULT_MAX},     {"last", RESULT_LAST}, {"slope", RESULT_SLOPE}};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strcmp(name, WORDS[i].word) == 0) {
            result->op = WORDS[i].value;
            return true;
        }
    }
    if (read_rank(name, &result->permille)) {
        result->op = RESULT_RANK;
        return true;
    }
    read_report(
        loader, node, "L007",
        "no aggregate \"%s\"; there are count, sum, avg, min, max, last, slope, p50, p90 ...",
        name);
    return false;
}

/* Which of the values that a sample keeps; samples keep each field once. */
static bool place_value(const struct loader *loader, const struct tree_node *node,
                        const struct rule_window *window, struct rule_result *result)
{
    uint32_t next = 0;
    for (uint32_t i = 0; result->field != NULL && i < window->result_count; i++) {
        if (window->results[i].field == result->field) {
            result->value = window->results[i].value;
            return true;
        }
        next += window->results[i].field != NULL && window->results[i].value == next;
    }
    if (result->field != NULL && next == WINDOW_VALUES_MAX) {
        read_report(loader, node, "L018", "a window keeps the values of at most %u fields",
                    WINDOW_VALUES_MAX);
        return false;
    }
    result->value = result->field == NULL ? 0 : next;
    return true;
}

/* "p90(density)", "slope(count, 5m)", "count". */
static bool load_result(const struct loader *loader, const struct tree_node *key,
                        const struct tree_node *node, struct rule *rule, struct rule_result *result)
{
    const char *text = NULL;
    if (!read_text(loader, node, "an aggregate", &text)) {
        return false;
    }
    const size_t name_size = strcspn(text, "(");
    const size_t size = strlen(text);
    if (!read_function(loader, node, arena_text(loader->arena, text, name_size), result)) {
        return false;
    }
    if ((text[name_size] == '\0') != (result->op == RESULT_COUNT) ||
        (text[name_size] == '(' && text[size - 1] != ')')) {
        read_report(loader, node, "L007",
                    "an aggregate is count, or such as max(field) or slope(field, 5m)");
        return false;
    }
    result->name = key->text;
    if (result->op != RESULT_COUNT) {
        const char *from = text + name_size + 1;
        const size_t field_size = strcspn(from, ",) ");
        const char *name = arena_text(loader->arena, from, field_size);
        struct tree_node field_node = *node;
        field_node.text = arena_text(loader->arena, from, field_size);
        result->field = expr_find_field(loader->set, rule, name);
        if (result->field == NULL || result->field->kind != FIELD_NUMBER) {
            const char *nearest = expr_nearest_field(loader->set, rule, name);
            read_report(loader, node, result->field == NULL ? "L009" : "L008",
                        result->field == NULL
                            ? "no event of this rule has a field \"%s\"; nearest: %s"
                            : "\"%s\" is no number; nearest field: %s",
                        name, nearest == NULL ? "none" : nearest);
            return false;
        }
        result->field->is_used = true;
        const char *rest = from + field_size + strspn(from + field_size, " ");
        if (*rest == ',') {
            rest += 1 + strspn(rest + 1, " ");
            field_node.text = arena_text(loader->arena, rest, strcspn(rest, ") "));
            if (result->op != RESULT_SLOPE) {
                read_report(loader, node, "L007", "only slope takes a time of its own");
                return false;
            }
            if (!read_duration(loader, &field_node, "the time of a slope", &result->span_ms)) {
                return false;
            }
        } else if (*rest != ')' || rest[1] != '\0') {
            read_report(loader, node, "L007", "%s takes one field", key->text);
            return false;
        }
    }
    return place_value(loader, node, rule->window, result);
}

static bool load_results(const struct loader *loader, const struct tree_node *node,
                         struct rule *rule)
{
    struct rule_window *window = rule->window;
    if (node->kind != TREE_MAP || node->count > POLICY_RESULTS_MAX) {
        read_report(loader, node, "L018", "agg must be a map of at most %u names to aggregates",
                    POLICY_RESULTS_MAX);
        return false;
    }
    bool is_good = true;
    for (uint32_t i = 0; i < node->count; i++) {
        struct rule_result result = {.name = NULL};
        const char *name = node->keys[i]->text;
        if (!load_is_identifier(name) || strchr(name, '.') != NULL ||
            (name[0] >= '0' && name[0] <= '9')) {
            read_report(loader, node->keys[i], "L005",
                        "result \"%s\" must be made of a-z, 0-9 and _", name);
            is_good = false;
        } else if (load_result(loader, node->keys[i], node->items[i], rule, &result)) {
            window->results[window->result_count++] = result;
        } else {
            is_good = false;
        }
    }
    /* Only now: no aggregate is over another. */
    for (uint32_t i = 0; i < window->result_count; i++) {
        window->results[i].target = result_field(loader, node, rule, window->results[i].name);
        is_good = is_good && window->results[i].target != NULL;
    }
    return is_good;
}

/* ---- window ---- */

static bool read_count(const struct loader *loader, const struct tree_node *map, const char *key,
                       int64_t high, uint32_t *out_value)
{
    const struct tree_node *node = read_find(map, key);
    int64_t value = 0;
    if (node == NULL) {
        return true;
    }
    if (!read_integer(loader, node, key, 1, high, &value)) {
        return false;
    }
    *out_value = (uint32_t)value;
    return true;
}

static bool read_span(const struct loader *loader, const struct tree_node *map, const char *key,
                      int64_t *out_ms)
{
    const struct tree_node *node = read_find(map, key);
    if (node == NULL) {
        return true;
    }
    if (!read_duration(loader, node, key, out_ms)) {
        return false;
    }
    if (*out_ms > WITHIN_MS_MAX) {
        read_report(loader, node, "L005", "%s may be a year at most", key);
        return false;
    }
    return true;
}

/* of, radius_m, registry: k of the devices around. */
static bool load_near(const struct loader *loader, const struct tree_node *node,
                      struct rule_window *window)
{
    int64_t radius_m = 0;
    const struct tree_node *radius = read_find(node, "radius_m");
    const struct tree_node *registry = read_find(node, "registry");
    if (radius == NULL || registry == NULL || window->at_least == 0) {
        read_report(loader, node, "L004", "of needs at_least, radius_m and registry beside it");
        return false;
    }
    if (!read_integer(loader, radius, "radius_m", 1, RADIUS_M_MAX, &radius_m) ||
        !read_name(loader, registry, REF_ASSET_KIND, &window->registry)) {
        return false;
    }
    window->radius_cm = radius_m * 100;
    window->kind = WINDOW_NEAR;
    if (window->lateness_ms > window->within_ms) {
        window->lateness_ms = window->within_ms;
    }
    if (window->at_least > window->of) {
        read_report(loader, node, "L005", "at_least %u of %u devices can never be",
                    window->at_least, window->of);
        return false;
    }
    if (read_find(node, "agg") != NULL || read_find(node, "min_samples") != NULL ||
        read_find(node, "at_most") != NULL || read_find(node, "having") != NULL) {
        read_report(loader, node, "L005",
                    "of goes with within, at_least, distinct, radius_m, registry, max_keys");
        return false;
    }
    if (window->distinct != NULL && strcmp(window->distinct->name, "device") != 0) {
        read_report(loader, node, "L005", "with of, devices are counted: distinct: device");
        return false;
    }
    window->flags &= ~(uint32_t)WINDOW_DISTINCT;
    window->distinct = NULL;
    return true;
}

static void check_slopes(const struct loader *loader, const struct tree_node *node,
                         const struct rule_window *window)
{
    for (uint32_t i = 0; i < window->result_count; i++) {
        const struct rule_result *result = &window->results[i];
        const int64_t span_ms = result->span_ms == 0 ? window->within_ms : result->span_ms;
        if (result->op == RESULT_SLOPE && span_ms > SLOPE_MS_MAX) {
            read_report(loader, node, "L005",
                        "a slope is taken over 7 days at most; give it a time of its own");
        }
    }
}

static void load_sliding(const struct loader *loader, const struct tree_node *node,
                         struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"within", KEY_REQUIRED}, {"kind", KEY_KNOWN},     {"at_least", KEY_KNOWN},
        {"at_most", KEY_KNOWN},   {"distinct", KEY_KNOWN}, {"of", KEY_KNOWN},
        {"radius_m", KEY_KNOWN},  {"registry", KEY_KNOWN}, {"min_samples", KEY_KNOWN},
        {"agg", KEY_KNOWN},       {"having", KEY_KNOWN},   {"max_keys", KEY_KNOWN}};
    static const struct word_spec KINDS[] = {{"sliding", WINDOW_COUNT}};
    struct rule_window *window = rule->window;
    const struct tree_node *value = NULL;
    window->kind = WINDOW_COUNT;
    if (!read_check_map(loader, node, "window", KEYS, COUNT_OF(KEYS)) ||
        !read_span(loader, node, "within", &window->within_ms)) {
        return;
    }
    if ((value = read_find(node, "kind")) != NULL) {
        (void)read_word(loader, value, "kind", KINDS, COUNT_OF(KINDS), &window->kind);
    }
    (void)read_count(loader, node, "at_least", WINDOW_SAMPLES_MAX, &window->at_least);
    (void)read_count(loader, node, "min_samples", WINDOW_SAMPLES_MAX, &window->min_samples);
    (void)read_count(loader, node, "max_keys", MAX_KEYS_MAX, &window->max_keys);
    (void)read_count(loader, node, "of", POLICY_NEAR_MAX, &window->of);
    if (read_find(node, "at_most") != NULL &&
        read_count(loader, node, "at_most", WINDOW_SAMPLES_MAX, &window->at_most)) {
        window->flags |= WINDOW_AT_MOST;
    }
    if ((value = read_find(node, "distinct")) != NULL) {
        struct rule_keys keys = {.count = 0};
        if (load_keys(loader, value, rule, "distinct", false, &keys) && keys.count == 1) {
            window->distinct = keys.fields[0];
            window->flags |= WINDOW_DISTINCT;
        }
    }
    if (window->of > 0) {
        (void)load_near(loader, node, window);
    } else if (read_find(node, "radius_m") != NULL || read_find(node, "registry") != NULL) {
        read_report(loader, node, "L004",
                    "radius_m and registry go with of: how many devices are looked at");
    }
    if ((value = read_find(node, "agg")) != NULL && load_results(loader, value, rule)) {
        check_slopes(loader, value, window);
    }
    window->count = result_field(loader, node, rule, "window.count");
    if ((value = read_find(node, "having")) != NULL) {
        const struct expr_scope scope = {rule, true, false};
        window->having = expr_parse(loader, value, "having", &scope);
    }
}

/* ---- levels ---- */

static void load_levels(const struct loader *loader, const struct tree_node *node,
                        struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"severity", KEY_REQUIRED}, {"when", KEY_REQUIRED}};
    struct rule_window *window = rule->window;
    const uint32_t count = read_list_count(node);
    if (window->kind != WINDOW_COUNT || count == 0 || count > POLICY_LEVELS_MAX) {
        read_report(loader, node, window->kind != WINDOW_COUNT ? "L004" : "L018",
                    "levels are 1 to %u, and need a window beside them, without of",
                    POLICY_LEVELS_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = read_list_item(node, i);
        int64_t severity = 0;
        if (!read_check_map(loader, item, "a level", KEYS, COUNT_OF(KEYS)) ||
            !read_integer(loader, read_find(item, "severity"), "severity", 1, 4, &severity)) {
            continue;
        }
        struct rule_level *level = &window->levels[window->level_count];
        const struct expr_scope scope = {rule, true, false};
        level->severity = (uint32_t)severity;
        level->condition = expr_parse(loader, read_find(item, "when"), "when", &scope);
        if (window->level_count > 0 && level[-1].severity >= level->severity) {
            read_report(loader, item, "L005",
                        "levels are written from the worst on: severity must rise");
        }
        window->level_count += level->condition != NULL;
    }
    if (read_find(rule->node, "merge") == NULL) {
        read_report(loader, node, "L004", "levels move one case: the rule needs merge");
    }
    if (window->level_count > 0) {
        rule->severity = window->levels[window->level_count - 1].severity;
    }
}

static void load_hold(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"down", KEY_REQUIRED}};
    if (read_check_map(loader, node, "hold", KEYS, COUNT_OF(KEYS)) &&
        read_span(loader, node, "down", &rule->window->hold_ms) &&
        read_find(rule->node, "levels") == NULL) {
        read_report(loader, node, "L004", "hold goes with levels");
    }
}

/* ---- sequence ---- */

void load_sequence_types(const struct loader *loader, const struct tree_node *node,
                         struct rule *rule)
{
    const uint32_t count = read_list_count(node);
    rule->types = arena_take(loader->arena, count * sizeof rule->types[0]);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = read_list_item(node, i);
        const struct tree_node *event = item->kind == TREE_MAP ? read_find(item, "event") : NULL;
        struct rule_type *type = event == NULL ? NULL : load_type(loader, event);
        bool is_known = type == NULL;
        for (uint32_t k = 0; k < rule->type_count; k++) {
            is_known = is_known || rule->types[k] == type;
        }
        if (!is_known) {
            rule->types[rule->type_count++] = type;
        }
    }
}

/* The name under which later steps know the fields of this one. No field of events may look like one of them. */
static void load_stage_name(const struct loader *loader, const struct tree_node *node,
                            const struct rule_window *window, struct rule_stage *stage)
{
    const char *name = NULL;
    if (node == NULL || !read_text(loader, node, "as", &name)) {
        return;
    }
    if (!load_is_identifier(name) || strchr(name, '.') != NULL ||
        (name[0] >= '0' && name[0] <= '9') || strcmp(name, "params") == 0 ||
        strcmp(name, "window") == 0) {
        read_report(loader, node, "L005",
                    "as \"%s\": a step is named with a-z, 0-9 and _, and not params or window",
                    name);
        return;
    }
    const size_t size = strlen(name);
    for (uint32_t i = 0; i < loader->set->field_count; i++) {
        const struct rule_field *field = loader->set->fields[i];
        if (!field->is_carried && strncmp(field->name, name, size) == 0 &&
            field->name[size] == '.') {
            read_report(loader, node, "L006",
                        "as \"%s\": events have a field \"%s\" already; name the step otherwise",
                        name, field->name);
            return;
        }
    }
    for (uint32_t i = 0; i < window->stage_count; i++) {
        if (window->stages[i].name != NULL && strcmp(window->stages[i].name, name) == 0) {
            read_report(loader, node, "L006", "as \"%s\": an earlier step has that name", name);
            return;
        }
    }
    stage->name = name;
}

bool window_asks_carried(const struct ast_node *node)
{
    if (node == NULL) {
        return false;
    }
    return (node->field != NULL && node->field->is_carried) || window_asks_carried(node->left) ||
           window_asks_carried(node->right);
}

static void load_sequence(const struct loader *loader, const struct tree_node *node,
                          struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"event", KEY_REQUIRED}, {"where", KEY_KNOWN}, {"as", KEY_KNOWN}};
    struct rule_window *window = rule->window;
    const uint32_t count = read_list_count(node);
    window->kind = WINDOW_SEQUENCE;
    if (node->kind != TREE_LIST || count < 2 || count > POLICY_STAGES_MAX) {
        read_report(loader, node, "L018", "a sequence is a list of 2 to %u steps",
                    POLICY_STAGES_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = read_list_item(node, i);
        struct rule_stage *stage = &window->stages[window->stage_count];
        if (!read_check_map(loader, item, "a step of a sequence", KEYS, COUNT_OF(KEYS))) {
            continue;
        }
        stage->type = ruleset_find_type(loader->set, read_find(item, "event")->text);
        const struct tree_node *where = read_find(item, "where");
        if (stage->type == NULL) {
            continue; /* reported with the types */
        }
        if (where != NULL) {
            struct rule *step = arena_take(loader->arena, sizeof *step);
            *step = *rule;
            step->types = &stage->type;
            step->type_count = 1;
            const struct expr_scope scope = {step, true, false}; /* and what earlier steps carry */
            stage->condition = expr_parse(loader, where, "where", &scope);
        }
        load_stage_name(loader, read_find(item, "as"), window, stage);
        window->stage_count++;
    }
    if (window->within_ms == 0) {
        read_report(loader, node, "L004", "a sequence needs within beside it");
    }
}

/* ---- all of it ---- */

static void load_by(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    struct rule_window *window = rule->window;
    if (window->kind == WINDOW_ABSENT) {
        if (node != NULL) {
            read_report(loader, node, "L005", "with absent, match is the key; remove by");
        }
    } else if (node != NULL && window->kind == WINDOW_NEAR) {
        read_report(loader, node, "L005", "with of, the devices around are the key; remove by");
    } else if (node != NULL) {
        (void)load_keys(loader, node, rule, "by", false, &window->by);
        for (uint32_t i = 0; i < window->by.count; i++) {
            if (window->by.fields[i]->is_carried) {
                read_report(
                    loader, node, "L009",
                    "by: \"%s\" is known only once the step has come; every step must carry "
                    "what it is counted under",
                    window->by.fields[i]->name);
            }
        }
    } else if (window->kind == WINDOW_FOR) {
        struct rule_field *device = ruleset_find_field(loader->set, "device");
        device->is_used = true;
        (void)load_add_key(&window->by, device);
    } else if (window->kind != WINDOW_NEAR) {
        read_report(loader, rule->node, "L004",
                    "a window or a sequence needs by: what is counted together");
    }
}

static void check_condition(const struct loader *loader, const struct tree_node *node,
                            const struct rule *rule)
{
    const struct rule_window *window = rule->window;
    const bool has_condition = window->at_least > 0 || (window->flags & WINDOW_AT_MOST) != 0 ||
                               window->having != NULL || window->min_samples > 0 ||
                               read_find(rule->node, "levels") != NULL;
    if (window->kind == WINDOW_COUNT && !has_condition) {
        read_report(
            loader, node, "L004",
            "a window needs at_least, at_most, min_samples, having or levels to become true");
    }
}

void load_window(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const struct tree_node *by = read_find(node, "by");
    const struct tree_node *lasting = read_find(node, "for");
    const struct tree_node *window = read_find(node, "window");
    const struct tree_node *sequence = read_find(node, "sequence");
    const struct tree_node *levels = read_find(node, "levels");
    const struct tree_node *hold = read_find(node, "hold");
    const struct tree_node *was = read_find(node, "was");
    const struct tree_node *absent = read_find(node, "absent");
    absent = load_is_absence(absent) ? absent : NULL;
    const int given = (lasting != NULL) + (window != NULL) + (sequence != NULL) + (absent != NULL);
    if (given > 1) {
        read_report(loader, node, "L005", "a rule has one of for, window, sequence and absent");
        return;
    }
    if (given == 0 && by == NULL && levels == NULL && hold == NULL && was == NULL) {
        return;
    }
    rule->window = arena_take(loader->arena, sizeof *rule->window);
    rule->window->registry = NONE32;
    rule->window->kind = WINDOW_KEYED;
    rule->window->within_ms = window == NULL && lasting == NULL && sequence == NULL ? 1 : 0;
    rule->window->lateness_ms = loader->set->defaults.lateness_ms;
    rule->window->max_keys = MAX_KEYS_DEFAULT;
    if (lasting != NULL) {
        rule->window->kind = WINDOW_FOR;
        rule->window->gap_ms = GAP_DEFAULT_MS;
        (void)read_span(loader, node, "for", &rule->window->within_ms);
        (void)read_span(loader, node, "gap", &rule->window->gap_ms);
    } else if (read_find(node, "gap") != NULL) {
        read_report(loader, read_find(node, "gap"), "L004", "gap goes with for");
    }
    if (sequence != NULL) {
        (void)read_span(loader, node, "within", &rule->window->within_ms);
        load_sequence(loader, sequence, rule);
    } else if (read_find(node, "within") != NULL) {
        read_report(loader, read_find(node, "within"), "L004",
                    "within goes with sequence, or into window");
    }
    if (window != NULL) {
        load_sliding(loader, window, rule);
    }
    if (absent != NULL) {
        load_absence(loader, absent, rule);
    }
    load_by(loader, by, rule);
    if (levels != NULL) {
        load_levels(loader, levels, rule);
    }
    if (hold != NULL) {
        load_hold(loader, hold, rule);
    }
    if (was != NULL && read_text(loader, was, "was", &rule->window->was) && given == 0) {
        read_report(loader, was, "L004",
                    "was carries state over: the rule needs for, window, sequence or absent");
    }
    check_condition(loader, window, rule);
}

void load_geo(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct word_spec WORDS[] = {{"first", 0}, {"centroid", WINDOW_CENTROID}};
    uint32_t flag = 0;
    if (!read_word(loader, node, "geo", WORDS, COUNT_OF(WORDS), &flag) || flag == 0) {
        return;
    }
    if (rule->window == NULL ||
        (rule->window->kind != WINDOW_COUNT && rule->window->kind != WINDOW_NEAR)) {
        read_report(loader, node, "L004",
                    "geo: centroid is the middle of a window's samples; the rule has no window");
        return;
    }
    rule->window->flags |= flag;
}

static void count_watch(const struct loader *loader, const struct rule *rule,
                        const struct rule_type *type, uint32_t *counts)
{
    if ((rule->status == RULE_ACTIVE || rule->status == RULE_SHADOW) &&
        ++counts[type->row] == POLICY_WATCHES_MAX + 1) {
        read_report(loader, rule->node, "L018",
                    "more than %u rules whose for or absent looks at event type %s",
                    POLICY_WATCHES_MAX, type->name);
    }
}

void load_windows_end(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    uint32_t *counts = arena_take(loader->arena, (set->type_count + 1) * sizeof counts[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        for (uint32_t k = 0; rule->window != NULL && k < rule->type_count; k++) {
            if (rule->window->kind == WINDOW_FOR) {
                count_watch(loader, rule, rule->types[k], counts);
            }
        }
        if (rule->window != NULL && rule->window->kind == WINDOW_ABSENT &&
            rule->window->stage_count > 0) {
            count_watch(loader, rule, rule->window->stages[0].type, counts);
        }
    }
}

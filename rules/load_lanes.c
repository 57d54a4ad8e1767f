/* load_lanes.c: see load_lanes.h. */
#include "rules/load_lanes.h"

#include "rules/expr_ast.h"
#include "rules/load_clauses.h"

static const char *const LANES[] = {"dispatch", "escalate", "notify"};

static void load_hit(const struct loader *loader, const struct tree_node *node, uint32_t lane)
{
    static const struct key_spec KEYS[] = {{"hit", KEY_REQUIRED}};
    static const struct word_spec HITS[] = {{"priority", 1}, {"all", 0}};
    uint32_t is_one = 0;
    if (!read_check_map(loader, node, "a lane", KEYS, COUNT_OF(KEYS)) ||
        !read_word(loader, read_find(node, "hit"), "hit", HITS, COUNT_OF(HITS), &is_one)) {
        return;
    }
    if (lane == RULE_LANE_DISPATCH && is_one == 0) {
        read_report(loader, node, "L005",
                    "lane dispatch is \"hit: priority\": one event makes one case. Rules that act "
                    "beside it belong to lane escalate or notify");
    }
    loader->set->defaults.lanes_of_one |= is_one << lane;
}

void load_lanes_file(const struct loader *loader, const struct tree_node *root)
{
    static const struct key_spec KEYS[] = {
        {"dispatch", KEY_KNOWN}, {"escalate", KEY_KNOWN}, {"notify", KEY_KNOWN}};
    const struct tree_node *node = read_find(root, "lanes");
    if (node == NULL || !read_check_map(loader, node, "lanes", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    for (uint32_t lane = 0; lane < RULE_LANE_COUNT; lane++) {
        const struct tree_node *value = read_find(node, LANES[lane]);
        if (value != NULL) {
            load_hit(loader, value, lane);
        }
    }
}

void load_add_type(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                   struct rule_type *type)
{
    if (rule->type_count == RULE_EVENTS_MAX) {
        read_report(loader, node, "L018", "event names more than %u types", RULE_EVENTS_MAX);
        return;
    }
    rule->types[rule->type_count++] = type;
}

bool load_types_below(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const size_t size = node->kind == TREE_TEXT ? strlen(node->text) : 0;
    if (size < 3 || strcmp(node->text + size - 2, ".*") != 0) {
        return false;
    }
    if (rule->lane != RULE_LANE_NOTIFY) {
        read_report(loader, node, "L010",
                    "\"%s\": only rules of lane notify take all types below a name; list the types",
                    node->text);
        return true;
    }
    const uint32_t before = rule->type_count;
    for (uint32_t i = 0; i < loader->set->type_count; i++) {
        struct rule_type *type = loader->set->types[i];
        bool is_new = strncmp(type->name, node->text, size - 1) == 0;
        for (uint32_t k = 0; is_new && k < rule->type_count; k++) {
            is_new = rule->types[k] != type;
        }
        if (is_new) {
            load_add_type(loader, node, rule, type);
        }
    }
    if (rule->type_count == before) {
        read_report(loader, node, "L010", "no event type below \"%s\" under events:", node->text);
    }
    return true;
}

void load_lane_keys(const struct loader *loader, const struct tree_node *node,
                    const struct rule *rule)
{
    static const char *const OF_CASES[] = {"open",  "assign",   "merge",      "sla",
                                           "close", "activate", "late_report"};
    if (rule->lane == RULE_LANE_DISPATCH) {
        if (read_find(node, "open") == NULL) {
            read_report(loader, node, "L004", "a rule of lane dispatch needs \"open\"");
        }
        return;
    }
    for (uint32_t i = 0; i < COUNT_OF(OF_CASES); i++) {
        const struct tree_node *value = read_find(node, OF_CASES[i]);
        if (value != NULL) {
            read_report(loader, value, "L002",
                        "\"%s\" goes with lane dispatch; a rule of lane %s opens no case",
                        OF_CASES[i], LANES[rule->lane]);
        }
    }
    if (read_find(node, "escalate") == NULL) {
        read_report(loader, node, "L004", "a rule of lane %s needs \"escalate\": what it does",
                    LANES[rule->lane]);
    }
}

void load_lane_steps(const struct loader *loader, const struct tree_node *node,
                     const struct rule *rule)
{
    for (uint32_t i = 0; rule->lane != RULE_LANE_DISPATCH && i < rule->step_count; i++) {
        const struct rule_step *step = &rule->steps[i];
        const bool is_now = (step->when == STEP_OPENED || step->when == STEP_SEVERITY) &&
                            step->after_ms == 0 && step->after_permille == 0;
        if (!is_now) {
            read_report(loader, read_list_item(node, i), "L005",
                        "a rule of lane %s acts when the event comes: now: true",
                        LANES[rule->lane]);
        }
        if (rule->lane == RULE_LANE_NOTIFY && (step->flags != 0 || step->severity != 0)) {
            read_report(
                loader, read_list_item(node, i), "L005",
                "a rule of lane notify only tells posts; do and severity go with lane escalate");
        }
    }
}

#define GROUP_WAIT_MS (30 * SECOND_MS)
#define GROUP_INTERVAL_MS (5 * MINUTE_MS)
#define GROUP_REPEAT_MS (4 * HOUR_MS)

void load_group(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"by", KEY_KNOWN}, {"wait", KEY_KNOWN}, {"interval", KEY_KNOWN}, {"repeat", KEY_KNOWN}};
    const struct tree_node *value = NULL;
    if (rule->lane != RULE_LANE_NOTIFY) {
        read_report(loader, node, "L002",
                    "group goes with lane notify: steps of other lanes tell a post once per case");
        return;
    }
    if (!read_check_map(loader, node, "group", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    rule->group_wait_ms = GROUP_WAIT_MS;
    rule->group_interval_ms = GROUP_INTERVAL_MS;
    rule->group_repeat_ms = GROUP_REPEAT_MS;
    if ((value = read_find(node, "by")) != NULL) {
        (void)load_keys(loader, value, rule, "group.by", false, &rule->group_keys);
    }
    if ((value = read_find(node, "wait")) != NULL) {
        (void)read_duration(loader, value, "wait", &rule->group_wait_ms);
    }
    if ((value = read_find(node, "interval")) != NULL) {
        (void)read_duration(loader, value, "interval", &rule->group_interval_ms);
    }
    value = read_find(node, "repeat");
    const bool has_repeat =
        value == NULL || read_duration(loader, value, "repeat", &rule->group_repeat_ms);
    if (has_repeat && rule->group_repeat_ms < rule->group_interval_ms) {
        read_report(
            loader, value == NULL ? node : value, "L005",
            "a group is told again at the earliest after its interval: repeat must not be shorter");
    }
}

/* ---- held back ---- */

void load_tags(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const uint32_t count = node == NULL ? 0 : read_list_count(node);
    if (count > POLICY_TAGS_MAX) {
        read_report(loader, node, "L018", "%u tags; at most %u", count, POLICY_TAGS_MAX);
        return;
    }
    rule->tags = arena_take(loader->arena, count * sizeof rule->tags[0]);
    for (uint32_t i = 0; i < count; i++) {
        const char *text = NULL;
        if (read_text(loader, read_list_item(node, i), "tags", &text)) {
            rule->tags[rule->tag_count++] = text;
        }
    }
}

static void load_suppress(const struct loader *loader, const struct tree_node *node,
                          struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"never", KEY_KNOWN}, {"break_through", KEY_KNOWN}};
    if (!read_check_map(loader, node, "suppress", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *never = read_find(node, "never");
    const struct tree_node *through = read_find(node, "break_through");
    bool is_never = false;
    if (never != NULL && read_truth(loader, never, "never", &is_never) && is_never) {
        rule->flags |= RULE_NEVER_SILENCED;
    }
    if (is_never && through != NULL) {
        read_report(loader, through, "L005", "never: true leaves nothing to break through");
    } else if (through != NULL) {
        struct expr_scope scope = {rule, true, false};
        rule->breaks = expr_parse(loader, through, "break_through", &scope);
    }
}

static void load_inhibits(const struct loader *loader, const struct tree_node *node,
                          struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"rules", KEY_KNOWN},
                                           {"tags", KEY_KNOWN},
                                           {"equal", KEY_KNOWN},
                                           {"radius_m", KEY_KNOWN},
                                           {"max_severity", KEY_KNOWN}};
    if (!read_check_map(loader, node, "inhibits", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *equal = read_find(node, "equal");
    const struct tree_node *radius = read_find(node, "radius_m");
    const struct tree_node *severity = read_find(node, "max_severity");
    int64_t value = 0;
    rule->inhibits = node;
    if (read_find(node, "rules") == NULL && read_find(node, "tags") == NULL) {
        read_report(loader, node, "L004", "inhibits needs \"rules\" or \"tags\": what it hides");
    }
    if (equal == NULL && radius == NULL) {
        read_report(
            loader, node, "L004",
            "inhibits needs \"equal\" or \"radius_m\"; one open case would hide all of the city");
    }
    if (equal != NULL) {
        (void)load_keys(loader, equal, rule, "equal", false, &rule->inhibit_keys);
    }
    if (radius != NULL && read_integer(loader, radius, "radius_m", 1, 200000, &value)) {
        rule->inhibit_radius_cm = value * 100;
    }
    rule->inhibit_severity = 4;
    if (severity != NULL && read_integer(loader, severity, "max_severity", 1, 4, &value)) {
        rule->inhibit_severity = (uint32_t)value;
    }
}

void load_held_back(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const struct tree_node *inhibits = read_find(node, "inhibits");
    const struct tree_node *suppress = read_find(node, "suppress");
    if (inhibits != NULL && rule->lane != RULE_LANE_DISPATCH) {
        read_report(loader, inhibits, "L002",
                    "only open cases hide others: inhibits goes with lane dispatch");
    } else if (inhibits != NULL) {
        load_inhibits(loader, inhibits, rule);
    }
    if (suppress != NULL) {
        load_suppress(loader, suppress, rule);
    }
}

static bool has_tag(const struct rule *rule, const char *tag)
{
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        if (strcmp(rule->tags[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

/* Rules come in order of rows, so the same one twice is the last. */
static void hide(const struct loader *loader, const struct rule *by, struct rule *target)
{
    if (target == by || (target->inhibited_count > 0 &&
                         target->inhibited_by[target->inhibited_count - 1] == by->row)) {
        return;
    }
    if (target->inhibited_by == NULL) {
        target->inhibited_by =
            arena_take(loader->arena, POLICY_INHIBITED_MAX * sizeof target->inhibited_by[0]);
    }
    if (target->inhibited_count == POLICY_INHIBITED_MAX) {
        read_report(loader, by->inhibits, "L018", "rule %s is hidden by more than %u rules",
                    target->id, POLICY_INHIBITED_MAX);
        return;
    }
    target->inhibited_by[target->inhibited_count++] = by->row;
}

void load_inhibits_end(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *by = set->rules[i];
        const struct tree_node *rules =
            by->inhibits == NULL ? NULL : read_find(by->inhibits, "rules");
        const struct tree_node *tags =
            by->inhibits == NULL ? NULL : read_find(by->inhibits, "tags");
        for (uint32_t k = 0; rules != NULL && k < read_list_count(rules); k++) {
            const struct tree_node *item = read_list_item(rules, k);
            struct rule *target =
                item->kind == TREE_TEXT ? ruleset_find_rule(set, item->text) : NULL;
            if (target == NULL) {
                read_report(loader, item, "L009", "inhibits: there is no rule \"%s\"",
                            item->kind == TREE_TEXT ? item->text : "?");
            } else {
                hide(loader, by, target);
            }
        }
        for (uint32_t k = 0; tags != NULL && k < read_list_count(tags); k++) {
            const struct tree_node *item = read_list_item(tags, k);
            uint32_t hidden = 0;
            for (uint32_t r = 0; item->kind == TREE_TEXT && r < set->rule_count; r++) {
                if (has_tag(set->rules[r], item->text)) {
                    hide(loader, by, set->rules[r]);
                    hidden++;
                }
            }
            if (hidden == 0) {
                read_report(loader, item, "L009", "inhibits: no rule has the tag \"%s\"",
                            item->kind == TREE_TEXT ? item->text : "?");
            }
        }
    }
}

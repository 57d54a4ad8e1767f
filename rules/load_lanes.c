/* load_lanes.c: see load_lanes.h. */
#include "rules/load_lanes.h"

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
    static const char *const OF_CASES[] = {"open", "assign", "merge",    "sla",
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
                        "\"%s\" goes with lane dispatch; a rule of lane %s opens no case", OF_CASES[i],
                        LANES[rule->lane]);
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
                        "a rule of lane %s acts when the event comes: now: true", LANES[rule->lane]);
        }
        if (rule->lane == RULE_LANE_NOTIFY && (step->flags != 0 || step->severity != 0)) {
            read_report(loader, read_list_item(node, i), "L005",
                        "a rule of lane notify only tells posts; do and severity go with lane escalate");
        }
    }
}

/* load_rule.c: see load_rule.h. The order of reading matters: params and events first, since expressions, keys and
 * titles are read against them. */
#include "rules/load_rule.h"

#include "rules/load_basis.h"
#include "rules/load_clauses.h"
#include "rules/load_lanes.h"
#include "rules/load_plan.h"
#include "rules/load_window.h"

#define IDENTIFIER_SIZE_MAX 120u
#define RADIUS_M_MAX 200000
#define OWNERS_MAX 16u

static const struct key_spec RULE_KEYS[] = {
    {"id", KEY_REQUIRED},    {"title", KEY_REQUIRED},    {"title_en", KEY_KNOWN},
    {"owner", KEY_REQUIRED}, {"tags", KEY_KNOWN},        {"status", KEY_KNOWN},
    {"lane", KEY_KNOWN},     {"priority", KEY_KNOWN},    {"event", KEY_KNOWN},
    {"where", KEY_KNOWN},    {"params", KEY_KNOWN},      {"area", KEY_KNOWN},
    {"time", KEY_KNOWN},     {"dedupe", KEY_KNOWN},      {"merge", KEY_KNOWN},
    {"open", KEY_KNOWN},     {"assign", KEY_KNOWN},      {"sla", KEY_KNOWN},
    {"escalate", KEY_KNOWN}, {"close", KEY_KNOWN},       {"basis", KEY_KNOWN},
    {"note", KEY_KNOWN},     {"by", KEY_KNOWN},          {"for", KEY_KNOWN},
    {"gap", KEY_KNOWN},      {"window", KEY_KNOWN},      {"sequence", KEY_KNOWN},
    {"within", KEY_KNOWN},   {"absent", KEY_KNOWN},      {"levels", KEY_KNOWN},
    {"hold", KEY_KNOWN},     {"confirm", KEY_KNOWN},     {"inhibits", KEY_KNOWN},
    {"suppress", KEY_KNOWN}, {"activate", KEY_KNOWN},    {"group", KEY_KNOWN},
    {"valid", KEY_KNOWN},    {"supersedes", KEY_KNOWN},  {"was", KEY_KNOWN},
    {"tests", KEY_LATER},    {"lint_ignore", KEY_KNOWN}, {"late_report", KEY_KNOWN},
};

bool load_is_identifier(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= IDENTIFIER_SIZE_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.") == size;
}

bool load_status(const struct loader *loader, const struct tree_node *node,
                 enum rule_status *out_status)
{
    static const struct word_spec WORDS[] = {{"active", RULE_ACTIVE},
                                             {"disabled", RULE_DISABLED},
                                             {"deprecated", RULE_DEPRECATED},
                                             {"shadow", RULE_SHADOW}};
    uint32_t value = 0;
    if (!read_word(loader, node, "status", WORDS, COUNT_OF(WORDS), &value)) {
        return false;
    }
    *out_status = (enum rule_status)value;
    return true;
}

bool load_lane(const struct loader *loader, const struct tree_node *node, enum rule_lane *out_lane)
{
    static const struct word_spec WORDS[] = {{"dispatch", RULE_LANE_DISPATCH},
                                             {"escalate", RULE_LANE_ESCALATE},
                                             {"notify", RULE_LANE_NOTIFY}};
    uint32_t value = 0;
    if (!read_word(loader, node, "lane", WORDS, COUNT_OF(WORDS), &value)) {
        return false;
    }
    *out_lane = (enum rule_lane)value;
    return true;
}

static void load_params(const struct loader *loader, const struct tree_node *node,
                        struct rule *rule)
{
    if (node->kind != TREE_MAP) {
        read_report(loader, node, "L003", "params must be a map of names to constants");
        return;
    }
    if (node->count > RULE_PARAMS_MAX) {
        read_report(loader, node, "L018", "%u params; at most %u", node->count, RULE_PARAMS_MAX);
        return;
    }
    rule->params = arena_take(loader->arena, node->count * sizeof rule->params[0]);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct tree_node *value = node->items[i];
        struct rule_param param = {node->keys[i]->text, FIELD_STRING, 0, NULL};
        if (!read_text(loader, value, "a parameter", &param.text)) {
            continue;
        }
        if (value->is_plain && read_millionths(value->text, &param.number)) {
            param.kind = FIELD_NUMBER;
        } else if (value->is_plain &&
                   (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0)) {
            param.kind = FIELD_BOOL;
            param.number = value->text[0] == 't';
        } else if (strlen(value->text) > EVENT_STRING_MAX) {
            read_report(loader, value, "L005", "a text parameter of more than %u bytes",
                        EVENT_STRING_MAX);
        }
        rule->params[rule->param_count++] = param;
    }
}

/* The type of that name, or NULL after a report. */
struct rule_type *load_type(const struct loader *loader, const struct tree_node *node)
{
    const char *name = NULL;
    if (!read_text(loader, node, "event", &name)) {
        return NULL;
    }
    struct rule_type *type = ruleset_find_type(loader->set, name);
    if (type == NULL) {
        const char **names = arena_take(loader->arena, loader->set->type_count * sizeof names[0]);
        for (uint32_t i = 0; i < loader->set->type_count; i++) {
            names[i] = loader->set->types[i]->name;
        }
        const char *nearest = problems_nearest(name, names, loader->set->type_count);
        read_report(loader, node, "L010", "no event type \"%s\" under events:%s%s", name,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return type;
}

static void load_events(const struct loader *loader, const struct tree_node *node,
                        struct rule *rule)
{
    uint32_t count = read_list_count(node);
    if (count == 0 || count > RULE_EVENTS_MAX) {
        read_report(loader, node, "L018", "event names %u types; it must name 1 to %u", count,
                    RULE_EVENTS_MAX);
        return;
    }
    rule->types = arena_take(loader->arena, RULE_EVENTS_MAX * sizeof rule->types[0]);
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = read_list_item(node, i);
        if (load_types_below(loader, item, rule)) {
            continue;
        }
        struct rule_type *type = load_type(loader, item);
        bool is_repeated = false;
        for (uint32_t k = 0; k < rule->type_count; k++) {
            is_repeated = is_repeated || rule->types[k] == type;
        }
        if (is_repeated) {
            read_report(loader, item, "L006", "event type \"%s\" is named twice", item->text);
        } else if (type != NULL) {
            load_add_type(loader, item, rule, type);
        }
    }
}

static void load_time(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"in", KEY_KNOWN}, {"not_in", KEY_KNOWN}};
    if (!read_check_map(loader, node, "time", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *in = read_find(node, "in");
    const struct tree_node *out = read_find(node, "not_in");
    if (in != NULL && read_list_count(in) == 0) {
        read_report(loader, in, "L101", "an empty list of calendars: the rule could never match");
    } else if (in != NULL) {
        (void)read_names(loader, in, REF_CALENDAR, POLICY_CALENDARS_MAX, &rule->calendars_in);
    }
    if (out != NULL) {
        (void)read_names(loader, out, REF_CALENDAR, POLICY_CALENDARS_MAX, &rule->calendars_out);
    }
}

static void load_dedupe(const struct loader *loader, const struct tree_node *node,
                        struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"key", KEY_REQUIRED}, {"window", KEY_REQUIRED}, {"sliding", KEY_KNOWN}};
    const struct tree_node *sliding = NULL;
    bool slides = false;
    if (read_check_map(loader, node, "dedupe", KEYS, COUNT_OF(KEYS))) {
        (void)load_keys(loader, read_find(node, "key"), rule, "a dedupe key",
                        rule->lane == RULE_LANE_DISPATCH, &rule->dedupe_keys);
        (void)read_duration(loader, read_find(node, "window"), "window", &rule->dedupe_window_ms);
        if ((sliding = read_find(node, "sliding")) != NULL) {
            (void)read_truth(loader, sliding, "sliding", &slides);
        }
        rule->flags |= slides ? (uint32_t)RULE_DEDUPE_SLIDES : 0;
    }
}

/* asset: nearest(kind). */
static void load_merge_asset(const struct loader *loader, const struct tree_node *node,
                             struct rule *rule)
{
    size_t size = node->kind == TREE_TEXT ? strlen(node->text) : 0;
    if (size < 10 || strncmp(node->text, "nearest(", 8) != 0 || node->text[size - 1] != ')') {
        read_report(loader, node, "L003", "asset must be nearest(kind), such as nearest(manhole)");
        return;
    }
    struct tree_node kind = *node;
    kind.text = arena_text(loader->arena, node->text + 8, size - 9);
    kind.column += 8;
    (void)read_name(loader, &kind, REF_ASSET_KIND, &rule->merge_asset_kind);
}

static void load_merge_take(const struct loader *loader, const struct tree_node *node,
                            struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"severity", KEY_KNOWN}, {"location", KEY_KNOWN}, {"evidence", KEY_KNOWN}};
    static const struct word_spec SEVERITIES[] = {{"min", MERGE_TAKE_SEVERITY}, {"first", 0}};
    static const struct word_spec PLACES[] = {{"best_accuracy", MERGE_TAKE_PLACE}, {"first", 0}};
    static const struct word_spec EVIDENCES[] = {{"union", 0}};
    if (!read_check_map(loader, node, "take", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *value = NULL;
    uint32_t flag = 0;
    if ((value = read_find(node, "severity")) != NULL &&
        read_word(loader, value, "severity", SEVERITIES, COUNT_OF(SEVERITIES), &flag)) {
        rule->merge_flags |= flag;
    }
    if ((value = read_find(node, "location")) != NULL &&
        read_word(loader, value, "location", PLACES, COUNT_OF(PLACES), &flag)) {
        rule->merge_flags |= flag;
        if (flag != 0) {
            ruleset_find_field(loader->set, "accuracy_m")->is_used = true;
        }
    }
    if ((value = read_find(node, "evidence")) != NULL) {
        (void)read_word(loader, value, "evidence", EVIDENCES, COUNT_OF(EVIDENCES), &flag);
    }
}

static void load_merge(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {
        {"key", KEY_REQUIRED}, {"asset", KEY_KNOWN}, {"radius_m", KEY_KNOWN}, {"while", KEY_KNOWN},
        {"reopen", KEY_KNOWN}, {"take", KEY_KNOWN},  {"window", KEY_KNOWN}};
    static const struct word_spec WHILES[] = {{"open", 0}};
    if (!read_check_map(loader, node, "merge", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    rule->merge_flags = MERGE_ENABLED;
    (void)load_keys(loader, read_find(node, "key"), rule, "a merge key", true, &rule->merge_keys);
    const struct tree_node *value = NULL;
    const struct tree_node *asset = read_find(node, "asset");
    const struct tree_node *radius = read_find(node, "radius_m");
    if (asset != NULL) {
        load_merge_asset(loader, asset, rule);
        if (radius == NULL) {
            read_report(loader, asset, "L004", "asset: nearest(...) needs radius_m beside it");
        }
    }
    int64_t radius_m = 0;
    if (radius != NULL && read_integer(loader, radius, "radius_m", 1, RADIUS_M_MAX, &radius_m)) {
        rule->merge_radius_cm = radius_m * 100;
    }
    uint32_t ignored = 0;
    if ((value = read_find(node, "while")) != NULL) {
        (void)read_word(loader, value, "while", WHILES, COUNT_OF(WHILES), &ignored);
    }
    if ((value = read_find(node, "reopen")) != NULL) {
        (void)read_duration(loader, value, "reopen", &rule->merge_reopen_ms);
    }
    if ((value = read_find(node, "window")) != NULL) {
        (void)read_duration(loader, value, "window", &rule->merge_window_ms);
    }
    if ((value = read_find(node, "take")) != NULL) {
        load_merge_take(loader, value, rule);
    }
}

static void load_evidence(const struct loader *loader, const struct tree_node *node,
                          struct rule *rule)
{
    static const struct word_spec WORDS[] = {{"snapshot", EVIDENCE_SNAPSHOT},
                                             {"clip", EVIDENCE_CLIP},
                                             {"photo", EVIDENCE_PHOTO},
                                             {"audio", EVIDENCE_AUDIO},
                                             {"document", EVIDENCE_DOCUMENT}};
    for (uint32_t i = 0; i < read_list_count(node); i++) {
        uint32_t bit = 0;
        if (read_word(loader, read_list_item(node, i), "evidence", WORDS, COUNT_OF(WORDS), &bit)) {
            rule->evidence |= bit;
        }
    }
}

static void load_open(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"class", KEY_REQUIRED},   {"severity", KEY_KNOWN},
                                           {"title", KEY_REQUIRED},   {"title_en", KEY_KNOWN},
                                           {"evidence", KEY_KNOWN},   {"owner", KEY_KNOWN},
                                           {"owner_from", KEY_KNOWN}, {"geo", KEY_KNOWN}};
    static const struct word_spec OWNERS[] = {{"asset.owner", RULE_OWNER_OF_ASSET}};
    (void)read_check_map(loader, node, "open", KEYS, COUNT_OF(KEYS));
    const struct tree_node *value = NULL;
    int64_t severity = 4;
    if ((value = read_find(node, "class")) != NULL) {
        (void)read_name(loader, value, REF_CLASS, &rule->class_row);
    }
    const bool has_levels = read_find(rule->node, "levels") != NULL;
    if ((value = read_find(node, "severity")) != NULL) {
        if (has_levels) {
            read_report(loader, value, "L005", "the levels say how severe it is; remove severity");
        }
        (void)read_integer(loader, value, "severity", 1, 4, &severity);
    } else if (!has_levels) {
        read_report(loader, node, "L004", "open needs \"severity\"");
    }
    rule->severity = has_levels ? rule->severity : (uint32_t)severity;
    if ((value = read_find(node, "geo")) != NULL) {
        load_geo(loader, value, rule);
    }
    if ((value = read_find(node, "title")) != NULL) {
        (void)load_template(loader, value, rule, &rule->case_title);
    }
    if ((value = read_find(node, "title_en")) != NULL) {
        (void)load_template(loader, value, rule, &rule->case_title_en);
    }
    if ((value = read_find(node, "evidence")) != NULL) {
        load_evidence(loader, value, rule);
    }
    uint32_t flag = 0;
    if ((value = read_find(node, "owner_from")) != NULL &&
        read_word(loader, value, "owner_from", OWNERS, COUNT_OF(OWNERS), &flag)) {
        rule->flags |= flag;
    }
    if ((value = read_find(node, "owner")) != NULL) {
        (void)read_name(loader, value, REF_DEPARTMENT, &rule->case_department);
    }
}

static void load_sla(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"accept", KEY_KNOWN},
                                           {"arrive", KEY_KNOWN},
                                           {"handle", KEY_KNOWN},
                                           {"dispatch", KEY_KNOWN},
                                           {"make_safe", KEY_KNOWN}};
    (void)read_check_map(loader, node, "sla", KEYS, COUNT_OF(KEYS));
    const struct tree_node *value = NULL;
    if ((value = read_find(node, "accept")) != NULL) {
        (void)read_limit(loader, value, "accept", &rule->sla.accept);
    }
    if ((value = read_find(node, "arrive")) != NULL) {
        (void)read_limit(loader, value, "arrive", &rule->sla.arrive);
    }
    if ((value = read_find(node, "handle")) != NULL) {
        (void)read_limit(loader, value, "handle", &rule->sla.handle);
    }
    if ((value = read_find(node, "dispatch")) != NULL) {
        (void)read_limit(loader, value, "dispatch", &rule->sla.dispatch);
    }
    if ((value = read_find(node, "make_safe")) != NULL) {
        (void)read_limit(loader, value, "make_safe", &rule->sla.make_safe);
    }
}

bool load_type_carries(const struct rule_type *type, const struct rule_field *field)
{
    if (field->is_builtin) {
        return true;
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i] == field) {
            return true;
        }
    }
    return false;
}

static void load_close(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"event", KEY_REQUIRED},
                                           {"match", KEY_REQUIRED},
                                           {"within", KEY_KNOWN},
                                           {"else", KEY_KNOWN}};
    static const struct word_spec ELSES[] = {{"check_result", CLOSE_ELSE_CHECK}};
    if (!read_check_map(loader, node, "close", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const struct tree_node *match = read_find(node, "match");
    uint32_t otherwise = 0;
    rule->close_type = load_type(loader, read_find(node, "event"));
    const struct tree_node *otherwise_node = read_find(node, "else");
    const struct tree_node *within = read_find(node, "within");
    if (otherwise_node != NULL) {
        (void)read_word(loader, otherwise_node, "else", ELSES, COUNT_OF(ELSES), &otherwise);
    }
    if (within != NULL) {
        (void)read_duration(loader, within, "within", &rule->close_within_ms);
    }
    (void)load_keys(loader, match, rule, "a close match", false, &rule->close_keys);
    for (uint32_t i = 0; rule->close_type != NULL && i < rule->close_keys.count; i++) {
        const struct rule_field *field = rule->close_keys.fields[i];
        if (!load_type_carries(rule->close_type, field)) {
            read_report(loader, match, "L009", "the closing event %s has no field \"%s\"",
                        rule->close_type->name, field->name);
        }
    }
}

/* A text or a list of texts that only people read. */
static void check_words(const struct loader *loader, const struct tree_node *node, const char *what)
{
    for (uint32_t i = 0; node != NULL && i < read_list_count(node); i++) {
        const char *text = NULL;
        (void)read_text(loader, read_list_item(node, i), what, &text);
    }
}

static void add_key_captures(const struct loader *loader, struct rule *rule,
                             const struct rule_keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (keys->fields[i] != NULL && !load_add_key(&rule->captures, keys->fields[i])) {
            read_report(loader, rule->node, "L018",
                        "a case keeps %u fields: those of the title and of merge and close keys",
                        POLICY_KEYS_MAX);
            return;
        }
    }
}

/* One department, or several of which one is still to be chosen. */
static void load_owner(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    if (node->kind != TREE_LIST) {
        (void)read_name(loader, node, REF_DEPARTMENT, &rule->department);
    } else if (read_names(loader, node, REF_DEPARTMENT, OWNERS_MAX, &rule->owners) &&
               rule->owners.count > 0) {
        rule->department = rule->owners.items[0];
    }
}

static void load_head(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const struct tree_node *value = NULL;
    int64_t priority = 0;
    if ((value = read_find(node, "title")) != NULL) {
        (void)read_text(loader, value, "title", &rule->title);
    }
    if ((value = read_find(node, "title_en")) != NULL) {
        (void)read_text(loader, value, "title_en", &rule->title_en);
    }
    if ((value = read_find(node, "owner")) != NULL) {
        load_owner(loader, value, rule);
    }
    if ((value = read_find(node, "status")) != NULL) {
        (void)load_status(loader, value, &rule->status);
    }
    if (rule->owners.count > 1 && rule->status == RULE_ACTIVE) {
        rule->status = RULE_DISABLED;
    }
    if ((value = read_find(node, "lane")) != NULL) {
        (void)load_lane(loader, value, &rule->lane);
    }
    if ((value = read_find(node, "priority")) != NULL &&
        read_integer(loader, value, "priority", 0, POLICY_PRIORITY_MAX, &priority)) {
        rule->priority = (uint32_t)priority;
    }
    load_tags(loader, read_find(node, "tags"), rule);
    check_words(loader, read_find(node, "basis"), "basis");
    load_basis_rule(loader, node, rule);
    check_words(loader, read_find(node, "note"), "note");
}

static void load_conditions(const struct loader *loader, const struct tree_node *node,
                            struct rule *rule)
{
    const struct tree_node *value = NULL;
    if ((value = read_find(node, "params")) != NULL) {
        load_params(loader, value, rule);
    }
    const struct tree_node *sequence = read_find(node, "sequence");
    if ((value = read_find(node, "event")) != NULL && sequence == NULL) {
        load_events(loader, value, rule);
    } else if (value != NULL) {
        read_report(loader, value, "L005",
                    "the steps of the sequence name the events; remove event");
    } else if (sequence != NULL) {
        load_sequence_types(loader, sequence, rule);
    } else {
        read_report(loader, node, "L004", "a rule needs \"event\"");
    }
    if (rule->type_count == 0) {
        return; /* fields cannot be told right from wrong without the event */
    }
    if ((value = read_find(node, "where")) != NULL) {
        struct expr_scope scope = {rule, true, false};
        rule->where_node = value;
        rule->where = expr_parse(loader, value, "where", &scope);
    }
    if ((value = read_find(node, "area")) != NULL) {
        (void)load_area(loader, value, rule);
    }
    if ((value = read_find(node, "time")) != NULL) {
        load_time(loader, value, rule);
    }
    load_window(loader, node, rule);
}

static void load_actions(const struct loader *loader, const struct tree_node *node,
                         struct rule *rule)
{
    const struct tree_node *value = NULL;
    load_lane_keys(loader, node, rule);
    if ((value = read_find(node, "dedupe")) != NULL) {
        load_dedupe(loader, value, rule);
    }
    if ((value = read_find(node, "merge")) != NULL) {
        load_merge(loader, value, rule);
    }
    if ((value = read_find(node, "open")) != NULL) {
        load_open(loader, value, rule);
    }
    if ((value = read_find(node, "assign")) != NULL) {
        struct expr_scope scope = {rule, true, true};
        (void)load_assigns(loader, value, &scope, RIGHT_WORKER, &rule->assigns,
                           &rule->assign_count);
    }
    if ((value = read_find(node, "sla")) != NULL) {
        load_sla(loader, value, rule);
    }
    if ((value = read_find(node, "escalate")) != NULL) {
        (void)load_steps(loader, value, rule);
        load_lane_steps(loader, value, rule);
    }
    if ((value = read_find(node, "close")) != NULL) {
        load_close(loader, value, rule);
    }
    if ((value = read_find(node, "activate")) != NULL) {
        load_activate(loader, value, rule);
    } else if (rule->lane == RULE_LANE_DISPATCH && read_find(node, "assign") == NULL) {
        read_report(loader, node, "L004",
                    "a rule needs \"assign\", or \"activate\" and its owner's desk");
    }
    if ((value = read_find(node, "confirm")) != NULL) {
        load_confirm(loader, value, rule);
    }
    if ((value = read_find(node, "absent")) != NULL) {
        load_absent(loader, value, rule);
    }
    if ((value = read_find(node, "late_report")) != NULL) {
        load_late_report(loader, value, rule);
    }
    load_held_back(loader, node, rule);
    if ((value = read_find(node, "group")) != NULL) {
        load_group(loader, value, rule);
    }
    add_key_captures(loader, rule, &rule->merge_keys);
    add_key_captures(loader, rule, &rule->close_keys);
}

struct rule *load_rule(const struct loader *loader, const struct tree_node *node,
                       const struct rule_presets *presets)
{
    (void)read_check_map(loader, node, "a rule", RULE_KEYS, COUNT_OF(RULE_KEYS));
    const struct tree_node *id = read_find(node, "id");
    struct rule *rule = arena_take(loader->arena, sizeof *rule);
    if (id == NULL || !read_text(loader, id, "id", &rule->id)) {
        return NULL;
    }
    if (!load_is_identifier(rule->id)) {
        read_report(loader, id, "L005",
                    "id \"%s\" must be made of a-z, 0-9, _ and dots, at most %u bytes", rule->id,
                    IDENTIFIER_SIZE_MAX);
    }
    rule->node = node;
    const char *slash = strrchr(node->file, '/');
    rule->file = slash == NULL ? node->file : slash + 1;
    rule->title = rule->title_en = rule->case_title = rule->case_title_en = "";
    rule->priority = presets->priority;
    rule->status = presets->status;
    rule->lane = presets->lane;
    rule->class_row = NONE32;
    rule->severity = 4;
    rule->merge_asset_kind = rule->case_department = NONE32;
    load_head(loader, node, rule);
    load_conditions(loader, node, rule);
    if (rule->type_count > 0) {
        load_actions(loader, node, rule);
    }
    return rule;
}

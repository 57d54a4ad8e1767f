/* load_schema.c: see load_schema.h. Fields of one name share one row and one kind across all types. */
#include "rules/load_schema.h"

#include "rules/load_clauses.h"

#include <stdlib.h>

static const char *const BUILTINS[] = {"source",     "device",     "type",       "caller",
                                       "cell",       "zone",       "zone.name",  "zone.kind",
                                       "asset.code", "asset.name", "asset.kind", "accuracy_m"};

void load_schema_begin(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    set->fields = arena_take(loader->arena, RULE_FIELDS_MAX * sizeof set->fields[0]);
    set->types = arena_take(loader->arena, RULE_TYPES_MAX * sizeof set->types[0]);
    for (size_t i = 0; i < COUNT_OF(BUILTINS); i++) {
        struct rule_field *field = arena_take(loader->arena, sizeof *field);
        field->name = BUILTINS[i];
        field->kind = strcmp(BUILTINS[i], "accuracy_m") == 0 ? FIELD_NUMBER : FIELD_STRING;
        field->is_builtin = true;
        set->fields[set->field_count++] = field;
    }
}

/* Unsorted while files are read. */
static struct rule_field *scan_field(const struct ruleset *set, const char *name)
{
    for (uint32_t i = 0; i < set->field_count; i++) {
        if (strcmp(set->fields[i]->name, name) == 0) {
            return set->fields[i];
        }
    }
    return NULL;
}

static const char *kind_word(enum field_kind kind)
{
    return kind == FIELD_NUMBER ? "number" : kind == FIELD_STRING ? "string" : "bool";
}

static bool is_reserved(const char *name)
{
    static const char *const WORDS[] = {"severity", "class", "and", "or",         "not",     "in",
                                        "true",     "false", "has", "startsWith", "contains"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strcmp(name, WORDS[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, "params.", 7) == 0;
}

/* The field of a declaration, shared with earlier ones; NULL after a report. */
static struct rule_field *declare_field(const struct loader *loader, const struct tree_node *key,
                                        const struct tree_node *value)
{
    static const struct word_spec KINDS[] = {
        {"number", FIELD_NUMBER}, {"string", FIELD_STRING}, {"bool", FIELD_BOOL}};
    struct ruleset *set = loader->set;
    uint32_t kind = 0;
    if (!load_is_identifier(key->text) || is_reserved(key->text) ||
        (key->text[0] >= '0' && key->text[0] <= '9')) {
        read_report(loader, key, "L005",
                    "field \"%s\": names are made of a-z, 0-9, _ and dots, start with a letter and "
                    "are no word of the language",
                    key->text);
        return NULL;
    }
    if (!read_word(loader, value, "the kind of a field", KINDS, COUNT_OF(KINDS), &kind)) {
        return NULL;
    }
    struct rule_field *field = scan_field(set, key->text);
    if (field != NULL && field->is_builtin) {
        read_report(loader, key, "L006", "field \"%s\" is built in; remove it here", key->text);
        return NULL;
    }
    if (field != NULL && field->kind != (enum field_kind)kind) {
        read_report(loader, value, "L003", "field \"%s\" is a %s in %s:%d; one name, one kind",
                    key->text, kind_word(field->kind), field->node->file, field->node->line);
        return NULL;
    }
    if (field == NULL) {
        if (set->field_count == RULE_FIELDS_MAX) {
            read_report(loader, key, "L018", "more than %u fields", RULE_FIELDS_MAX);
            return NULL;
        }
        field = arena_take(loader->arena, sizeof *field);
        field->name = key->text;
        field->kind = (enum field_kind)kind;
        field->node = value;
        set->fields[set->field_count++] = field;
    }
    return field;
}

static void declare_fields(const struct loader *loader, const struct tree_node *node,
                           struct rule_type *type)
{
    if (node->kind != TREE_MAP) {
        read_report(loader, node, "L003",
                    "fields must be a map of names to number, string or bool");
        return;
    }
    if (node->count > EVENT_FIELDS_MAX) {
        read_report(loader, node, "L018", "%u fields; an event has at most %u", node->count,
                    EVENT_FIELDS_MAX);
        return;
    }
    type->fields = arena_take(loader->arena, node->count * sizeof type->fields[0]);
    for (uint32_t i = 0; i < node->count; i++) {
        struct rule_field *field = declare_field(loader, node->keys[i], node->items[i]);
        if (field != NULL) {
            type->fields[type->field_count++] = field;
        }
    }
}

static void declare_type(const struct loader *loader, const struct tree_node *key,
                         const struct tree_node *node)
{
    static const struct key_spec KEYS[] = {{"title", KEY_REQUIRED},
                                           {"title_en", KEY_KNOWN},
                                           {"lane", KEY_REQUIRED},
                                           {"fields", KEY_KNOWN}};
    static const struct word_spec LANES[] = {{"life_safety", LANE_LIFE_SAFETY},
                                             {"report", LANE_REPORT},
                                             {"telemetry", LANE_TELEMETRY},
                                             {"drain", LANE_DRAIN}};
    struct ruleset *set = loader->set;
    if (!load_is_identifier(key->text)) {
        read_report(loader, key, "L005", "event type \"%s\" must be made of a-z, 0-9, _ and dots",
                    key->text);
    }
    if (set->type_count == RULE_TYPES_MAX) {
        read_report(loader, key, "L018", "more than %u event types", RULE_TYPES_MAX);
        return;
    }
    struct rule_type *type = arena_take(loader->arena, sizeof *type);
    type->name = key->text;
    type->title = type->title_en = "";
    type->node = key;
    type->lane = LANE_REPORT;
    set->types[set->type_count++] = type;
    (void)read_check_map(loader, node, "an event type", KEYS, COUNT_OF(KEYS));
    const struct tree_node *value = NULL;
    uint32_t lane = LANE_REPORT;
    if ((value = read_find(node, "title")) != NULL) {
        (void)read_text(loader, value, "title", &type->title);
    }
    if ((value = read_find(node, "title_en")) != NULL) {
        (void)read_text(loader, value, "title_en", &type->title_en);
    }
    if ((value = read_find(node, "lane")) != NULL &&
        read_word(loader, value, "lane", LANES, COUNT_OF(LANES), &lane)) {
        type->lane = (enum lane)lane;
    }
    if ((value = read_find(node, "fields")) != NULL) {
        declare_fields(loader, value, type);
    }
}

void load_schema_file(const struct loader *loader, const struct tree_node *root)
{
    const struct tree_node *events = read_find(root, "events");
    if (events == NULL) {
        return;
    }
    if (events->kind != TREE_MAP) {
        read_report(loader, events, "L003", "events must be a map of type names");
        return;
    }
    for (uint32_t i = 0; i < events->count; i++) {
        declare_type(loader, events->keys[i], events->items[i]);
    }
}

static int field_compare(const void *left, const void *right)
{
    const struct rule_field *const *a = left;
    const struct rule_field *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static int type_compare(const void *left, const void *right)
{
    const struct rule_type *const *a = left;
    const struct rule_type *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

void load_schema_end(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    qsort(set->fields, set->field_count, sizeof set->fields[0], field_compare);
    if (set->type_count > 0) {
        qsort(set->types, set->type_count, sizeof set->types[0], type_compare);
    }
    for (uint32_t i = 0; i < set->type_count; i++) {
        set->types[i]->row = i;
        if (i > 0 && strcmp(set->types[i - 1]->name, set->types[i]->name) == 0) {
            const struct tree_node *first = set->types[i - 1]->node;
            read_report(loader, set->types[i]->node, "L006",
                        "event type \"%s\" is declared also in %s:%d", set->types[i]->name,
                        first->file, first->line);
        }
    }
}

void load_schema_number(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    uint32_t row = 0;
    uint32_t builtin_count = 0;
    for (uint32_t i = 0; i < set->field_count; i++) {
        struct rule_field *field = set->fields[i];
        bool is_lowered = !field->is_builtin || field->is_used;
        field->row = is_lowered ? row++ : NONE32;
        builtin_count += field->is_builtin && field->is_used;
    }
    for (uint32_t i = 0; i < set->type_count; i++) {
        const struct rule_type *type = set->types[i];
        if (type->field_count + builtin_count > EVENT_FIELDS_MAX) {
            read_report(loader, type->node, "L018",
                        "event type \"%s\" has %u fields and the rules use %u built-in ones; "
                        "an event holds %u",
                        type->name, type->field_count, builtin_count, EVENT_FIELDS_MAX);
        }
    }
}

/* ---- defaults ---- */

static void load_default_sla(const struct loader *loader, const struct tree_node *node,
                             struct rule_defaults *defaults)
{
    static const struct key_spec KEYS[] = {
        {"accept", KEY_KNOWN}, {"dispatch", KEY_KNOWN}, {"check", KEY_KNOWN}};
    (void)read_check_map(loader, node, "sla of defaults", KEYS, COUNT_OF(KEYS));
    const struct tree_node *value = NULL;
    if ((value = read_find(node, "accept")) != NULL) {
        (void)read_limit(loader, value, "accept", &defaults->accept);
    }
    if ((value = read_find(node, "dispatch")) != NULL) {
        (void)read_limit(loader, value, "dispatch", &defaults->dispatch);
    }
    if ((value = read_find(node, "check")) != NULL) {
        (void)read_limit(loader, value, "check", &defaults->check);
    }
}

static void load_default_durations(const struct loader *loader, const struct tree_node *node,
                                   struct rule_defaults *defaults)
{
    const struct {
        const char *key;
        int64_t *target;
    } DURATIONS[] = {{"lateness", &defaults->lateness_ms},
                     {"future", &defaults->future_ms},
                     {"seek_every", &defaults->seek_every_ms},
                     {"stale_fix", &defaults->stale_fix_ms},
                     {"worker_lost", &defaults->worker_lost_ms}};
    for (size_t i = 0; i < COUNT_OF(DURATIONS); i++) {
        const struct tree_node *value = read_find(node, DURATIONS[i].key);
        if (value != NULL) {
            (void)read_duration(loader, value, DURATIONS[i].key, DURATIONS[i].target);
        }
    }
}

/* Any inspector of the city, own cell first: who checks where nobody said who. */
static struct rule_assign *make_inspectors(const struct loader *loader)
{
    struct rule_assign *assign = arena_take(loader->arena, sizeof *assign);
    assign->task = "";
    assign->rings[0] = (struct policy_ring){0, RING_GRID, 0};
    assign->rings[1] = (struct policy_ring){0, RING_CITY, 0};
    assign->ring_count = 2;
    assign->count = 1;
    assign->parallel = 1;
    assign->fallback = NONE32;
    assign->rights = RIGHT_INSPECTOR;
    return assign;
}

static void set_defaults(const struct loader *loader)
{
    struct rule_defaults *defaults = &loader->set->defaults;
    defaults->lateness_ms = 30 * SECOND_MS;
    defaults->future_ms = 5 * MINUTE_MS;
    defaults->seek_every_ms = MINUTE_MS;
    defaults->stale_fix_ms = 30 * MINUTE_MS;
    defaults->worker_lost_ms = 10 * MINUTE_MS;
    defaults->accept = (struct clock_limit){15 * MINUTE_MS, UNIT_CONTINUOUS, 0};
    defaults->dispatch = (struct clock_limit){15 * MINUTE_MS, UNIT_CONTINUOUS, 0};
    defaults->check = (struct clock_limit){30 * MINUTE_MS, UNIT_CONTINUOUS, 0};
    defaults->check_assigns = make_inspectors(loader);
    defaults->verify_assigns = make_inspectors(loader);
    defaults->check_count = defaults->verify_count = 1;
    defaults->lanes_of_one |= 1u << RULE_LANE_DISPATCH;
    defaults->rounds = load_rounds_default();
}

/* verify_first: {below: 40, samples: 20}: in percent, and ends of a source's cases. */
static void load_verify_first(const struct loader *loader, const struct tree_node *node,
                              struct rule_defaults *defaults)
{
    static const struct key_spec KEYS[] = {{"below", KEY_REQUIRED}, {"samples", KEY_REQUIRED}};
    int64_t below = 0, samples = 0;
    if (!read_check_map(loader, node, "verify_first", KEYS, COUNT_OF(KEYS)) ||
        !read_integer(loader, read_find(node, "below"), "below", 0, 100, &below) ||
        !read_integer(loader, read_find(node, "samples"), "samples", 1, VERIFY_SAMPLES_MAX,
                      &samples)) {
        return;
    }
    defaults->verify_below_percent = (uint32_t)below;
    defaults->verify_samples = (uint32_t)samples;
}

void load_defaults(const struct loader *loader, const struct tree_node *node,
                   struct rule_presets *presets)
{
    static const struct key_spec KEYS[] = {
        {"lane", KEY_KNOWN},      {"status", KEY_KNOWN},      {"priority", KEY_KNOWN},
        {"lateness", KEY_KNOWN},  {"future", KEY_KNOWN},      {"seek_every", KEY_KNOWN},
        {"stale_fix", KEY_KNOWN}, {"worker_lost", KEY_KNOWN}, {"sla", KEY_KNOWN},
        {"check", KEY_KNOWN},     {"verify", KEY_KNOWN},      {"verify_first", KEY_KNOWN},
        {"reassign", KEY_KNOWN}};
    set_defaults(loader);
    if (node == NULL || !read_check_map(loader, node, "defaults", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct rule_defaults *defaults = &loader->set->defaults;
    /* No event is at hand when a result is checked, so `if` there may only ask for the severity. */
    struct rule *nobody = arena_take(loader->arena, sizeof *nobody);
    struct expr_scope scope = {nobody, false, true};
    const struct tree_node *value = NULL;
    int64_t priority = 0;
    if ((value = read_find(node, "lane")) != NULL) {
        (void)load_lane(loader, value, &presets->lane);
    }
    if ((value = read_find(node, "status")) != NULL) {
        (void)load_status(loader, value, &presets->status);
    }
    if ((value = read_find(node, "priority")) != NULL &&
        read_integer(loader, value, "priority", 0, POLICY_PRIORITY_MAX, &priority)) {
        presets->priority = (uint32_t)priority;
    }
    load_default_durations(loader, node, defaults);
    if ((value = read_find(node, "sla")) != NULL) {
        load_default_sla(loader, value, defaults);
    }
    if ((value = read_find(node, "check")) != NULL) {
        (void)load_assigns(loader, value, &scope, RIGHT_INSPECTOR, &defaults->check_assigns,
                           &defaults->check_count);
    }
    if ((value = read_find(node, "verify_first")) != NULL) {
        load_verify_first(loader, value, defaults);
    }
    if ((value = read_find(node, "reassign")) != NULL) {
        (void)load_rounds(loader, value, &defaults->rounds);
    }
    if ((value = read_find(node, "verify")) != NULL) {
        (void)load_assigns(loader, value, &scope, RIGHT_WORKER | RIGHT_INSPECTOR,
                           &defaults->verify_assigns, &defaults->verify_count);
    }
}

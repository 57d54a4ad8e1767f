/* load_clauses.c: see load_clauses.h. */
#include "rules/load_clauses.h"

#include "engine/core/limits.h"

#include <stdlib.h>

#define RADIUS_M_MAX 200000 /* larger than any city */

_Static_assert(CASE_FIELDS_MAX == POLICY_KEYS_MAX, "captures are kept in a rule_keys");

bool load_add_key(struct rule_keys *keys, struct rule_field *field)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        if (keys->fields[i] == field) {
            return true;
        }
    }
    if (keys->count == COUNT_OF(keys->fields)) {
        return false;
    }
    keys->fields[keys->count++] = field;
    return true;
}

static struct rule_field *find_field(const struct loader *loader, const struct tree_node *node,
                                     const struct rule *rule, const char *what, const char *name)
{
    struct rule_field *field = expr_find_field(loader->set, rule, name);
    if (field == NULL && expr_carries_too_much(rule, name)) {
        read_report(loader, node, "L018",
                    "%s: \"%s\": the steps of a sequence carry at most %u fields", what, name,
                    POLICY_CARRIED_MAX);
        return NULL;
    }
    if (field == NULL) {
        const char *nearest = expr_nearest_field(loader->set, rule, name);
        read_report(loader, node, "L009", "%s: no event of this rule has a field \"%s\"%s%s", what,
                    name, nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        return NULL;
    }
    field->is_used = true;
    return field;
}

bool load_keys(const struct loader *loader, const struct tree_node *node, const struct rule *rule,
               const char *what, bool class_is_allowed, struct rule_keys *out_keys)
{
    bool is_good = true;
    uint32_t count = read_list_count(node);
    if (count == 0 || count > POLICY_KEYS_MAX) {
        read_report(loader, node, "L018", "%s has %u parts; it must have 1 to %u", what, count,
                    POLICY_KEYS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = read_list_item(node, i);
        const char *name = NULL;
        if (!read_text(loader, item, what, &name)) {
            is_good = false;
            continue;
        }
        struct rule_field *field = NULL;
        if (!class_is_allowed || strcmp(name, "class") != 0) {
            field = find_field(loader, item, rule, what, name);
            if (field == NULL) {
                is_good = false;
                continue;
            }
        }
        (void)load_add_key(out_keys, field);
    }
    return is_good;
}

/* ---- area ---- */

static bool load_coordinate(const struct loader *loader, const struct tree_node *node,
                            const char *what, int32_t limit, int32_t *out_value)
{
    int64_t value = 0;
    if (node->kind != TREE_TEXT || !read_decimal(node->text, 7, &value)) {
        read_report(loader, node, "L003", "%s must be degrees with at most 7 decimals", what);
        return false;
    }
    if (value < -(int64_t)limit || value > limit) {
        read_report(loader, node, "L005", "%s is outside -%d to %d degrees", what, limit / 10000000,
                    limit / 10000000);
        return false;
    }
    *out_value = (int32_t)value;
    return true;
}

static bool load_circle(const struct loader *loader, const struct tree_node *node,
                        struct rule_places *places)
{
    static const struct key_spec KEYS[] = {{"at", KEY_REQUIRED}, {"radius_m", KEY_REQUIRED}};
    if (!read_check_map(loader, node, "a circle", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    const struct tree_node *at = read_find(node, "at");
    if (at->kind != TREE_LIST || at->count != 2) {
        read_report(loader, at, "L003", "at must be [longitude, latitude]");
        return false;
    }
    struct policy_circle circle = {0, 0, 0};
    int64_t radius_m = 0;
    bool is_good = load_coordinate(loader, at->items[0], "longitude", LON_LIMIT, &circle.lon);
    is_good = load_coordinate(loader, at->items[1], "latitude", LAT_LIMIT, &circle.lat) && is_good;
    is_good =
        read_integer(loader, read_find(node, "radius_m"), "radius_m", 1, RADIUS_M_MAX, &radius_m) &&
        is_good;
    if (places->circle_count == POLICY_CIRCLES_MAX) {
        read_report(loader, node, "L018", "more than %u circles", POLICY_CIRCLES_MAX);
        return false;
    }
    circle.radius_cm = radius_m * 100;
    places->circles[places->circle_count++] = circle;
    return is_good;
}

#define AREA_NAMES_MAX 1024u

static int row_compare(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

static bool is_code(const struct city *city, struct image_string code, const char *text)
{
    return code.size == strlen(text) && memcmp(city_text(city, code), text, code.size) == 0;
}

/* Is the cell, or a unit above it, called that? */
static bool cell_is_called(const struct city *city, uint32_t cell, const char *text)
{
    if (is_code(city, city->cells[cell].code, text)) {
        return true;
    }
    for (uint32_t unit = city->cells[cell].unit; unit != NONE32; unit = city->units[unit].parent) {
        if (is_code(city, city->units[unit].code, text)) {
            return true;
        }
    }
    return false;
}

/* The code of a cell or of a unit; false where it is neither, or no cell lies in the unit. */
static bool load_ground(const struct loader *loader, const struct tree_node *node,
                        struct rule_places *places)
{
    const struct city *city = loader->set->city;
    const uint32_t before = places->cells.count;
    bool is_found = false;
    for (uint32_t i = 0; node->kind == TREE_TEXT && i < city->cell_count; i++) {
        if (cell_is_called(city, i, node->text)) {
            is_found = true;
            if (places->cells.items == NULL) {
                places->cells.items =
                    arena_take(loader->arena, city->cell_count * sizeof places->cells.items[0]);
            }
            bool is_there = false;
            for (uint32_t k = 0; k < before; k++) {
                is_there = is_there || places->cells.items[k] == i;
            }
            if (!is_there) {
                places->cells.items[places->cells.count++] = i;
            }
        }
    }
    if (!is_found) {
        return false;
    }
    places->ground_names[places->ground_count++] = node->text;
    return true;
}

/* One side: names of areas, codes of cells and units, circles, or a list of them. */
static struct rule_places *load_places(const struct loader *loader, const struct tree_node *node)
{
    struct rule_places *places = arena_take(loader->arena, sizeof *places);
    struct tree_node names = *node;
    names.kind = TREE_LIST;
    names.count = 0;
    names.items = arena_take(loader->arena, read_list_count(node) * sizeof names.items[0]);
    places->ground_names =
        arena_take(loader->arena, (read_list_count(node) + 1) * sizeof places->ground_names[0]);
    for (uint32_t i = 0; i < read_list_count(node); i++) {
        const struct tree_node *item = read_list_item(node, i);
        if (item->kind == TREE_MAP) {
            (void)load_circle(loader, item, places);
        } else if (!load_ground(loader, item, places)) {
            struct tree_node *copy = arena_take(loader->arena, sizeof *copy);
            *copy = *item;
            names.items[names.count++] = copy;
        }
    }
    (void)read_names(loader, &names, REF_AREA, AREA_NAMES_MAX, &places->areas);
    if (places->cells.count > 1) {
        qsort(places->cells.items, places->cells.count, sizeof places->cells.items[0], row_compare);
    }
    if (read_list_count(node) == 0) {
        read_report(loader, node, "L101", "an empty list of areas: the rule could never match");
    }
    return places;
}

bool load_area(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"in", KEY_KNOWN}, {"not_in", KEY_KNOWN}};
    if (!read_check_map(loader, node, "area", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    const struct tree_node *in = read_find(node, "in");
    const struct tree_node *out = read_find(node, "not_in");
    rule->in = in == NULL ? NULL : load_places(loader, in);
    rule->out = out == NULL ? NULL : load_places(loader, out);
    return true;
}

/* ---- assign ---- */

static bool load_ring(const struct loader *loader, const struct tree_node *node,
                      struct policy_ring *out_ring)
{
    const struct city_info *info = loader->set->city->info;
    const char *text = NULL;
    if (!read_text(loader, node, "a search ring", &text)) {
        return false;
    }
    struct policy_ring ring = {0, RING_GRID, 0};
    if (text[0] >= '0' && text[0] <= '9') {
        int64_t radius_m = 0;
        if (text[strspn(text, "0123456789")] != '\0') {
            read_report(loader, node, "L003",
                        "a search ring is grid, street, district, city or whole metres such as "
                        "800, not \"%s\"",
                        text);
            return false;
        }
        if (!read_integer(loader, node, "a search ring", 1, RADIUS_M_MAX, &radius_m)) {
            return false;
        }
        ring.kind = RING_RADIUS;
        ring.radius_cm = radius_m * 100;
    } else if (strcmp(text, "street") == 0 && info->level_count >= 1) {
        ring.kind = RING_LEVEL;
        ring.level = 1;
    } else if (strcmp(text, "district") == 0 && info->level_count >= 1) {
        ring.kind = RING_LEVEL;
        ring.level = info->district_level;
    } else {
        static const struct word_spec WORDS[] = {
            {"grid", RING_GRID}, {"street", NONE32}, {"district", NONE32}, {"city", RING_CITY}};
        if (!read_word(loader, node, "a search ring (or metres)", WORDS, COUNT_OF(WORDS),
                       &ring.kind)) {
            return false;
        }
        if (ring.kind == NONE32) {
            read_report(loader, node, "L005", "the city has no level for the ring \"%s\"", text);
            return false;
        }
    }
    *out_ring = ring;
    return true;
}

static bool load_rings(const struct loader *loader, const struct tree_node *node,
                       struct rule_assign *assign)
{
    if (node == NULL) { /* nobody said where: the cell's own people, then everyone */
        assign->rings[0] = (struct policy_ring){0, RING_GRID, 0};
        assign->rings[1] = (struct policy_ring){0, RING_CITY, 0};
        assign->ring_count = 2;
        return true;
    }
    uint32_t count = read_list_count(node);
    if (count == 0 || count > POLICY_RINGS_MAX) {
        read_report(loader, node, "L018", "search has %u rings; it must have 1 to %u", count,
                    POLICY_RINGS_MAX);
        return false;
    }
    bool is_good = true;
    for (uint32_t i = 0; i < count; i++) {
        is_good = load_ring(loader, read_list_item(node, i), &assign->rings[i]) && is_good;
    }
    assign->ring_count = count;
    return is_good;
}

/* on_shift: any | true. */
static bool load_on_shift(const struct loader *loader, const struct tree_node *node,
                          uint32_t *out_ignore)
{
    static const struct word_spec WORDS[] = {{"any", 1}, {"true", 0}};
    return read_word(loader, node, "on_shift", WORDS, COUNT_OF(WORDS), out_ignore);
}

static bool load_assign(const struct loader *loader, const struct tree_node *node,
                        const struct expr_scope *scope, struct rule_assign *assign)
{
    static const struct key_spec KEYS[] = {
        {"role", KEY_KNOWN},     {"skills", KEY_KNOWN},   {"search", KEY_KNOWN},
        {"pick", KEY_KNOWN},     {"count", KEY_KNOWN},    {"max_load", KEY_KNOWN},
        {"on_shift", KEY_KNOWN}, {"fallback", KEY_KNOWN}, {"if", KEY_KNOWN},
        {"task", KEY_KNOWN},     {"batch", KEY_LATER},    {"reroute", KEY_KNOWN},
        {"offer", KEY_KNOWN},    {"preempt", KEY_KNOWN},  {"area_guard", KEY_KNOWN}};
    static const struct word_spec PICKS[] = {
        {"nearest", PICK_NEAREST}, {"least_loaded", PICK_LEAST_LOADED}, {"eta", PICK_ETA}};
    assign->count = 1;
    assign->parallel = 1;
    assign->fallback = NONE32;
    assign->task = "";
    bool is_good = read_check_map(loader, node, "assign", KEYS, COUNT_OF(KEYS));
    if (node->kind != TREE_MAP) {
        return false;
    }
    const struct tree_node *value = NULL;
    int64_t number = 0;
    if ((value = read_find(node, "role")) != NULL) {
        is_good = read_mask(loader, value, REF_ROLE, &assign->roles) && is_good;
    }
    if ((value = read_find(node, "skills")) != NULL) {
        is_good = read_mask(loader, value, REF_SKILL, &assign->skills) && is_good;
    }
    is_good = load_rings(loader, read_find(node, "search"), assign) && is_good;
    if ((value = read_find(node, "pick")) != NULL) {
        is_good =
            read_word(loader, value, "pick", PICKS, COUNT_OF(PICKS), &assign->pick) && is_good;
    }
    if ((value = read_find(node, "count")) != NULL) {
        is_good = read_integer(loader, value, "count", 1, ASSIGN_COUNT_MAX, &number) && is_good;
        assign->count = (uint32_t)number;
    }
    if ((value = read_find(node, "max_load")) != NULL) {
        is_good = read_integer(loader, value, "max_load", 1, 1000, &number) && is_good;
        assign->max_load = (uint32_t)number;
    }
    if ((value = read_find(node, "on_shift")) != NULL) {
        is_good = load_on_shift(loader, value, &assign->ignore_shift) && is_good;
    }
    if ((value = read_find(node, "fallback")) != NULL) {
        is_good = read_name(loader, value, REF_POST, &assign->fallback) && is_good;
    }
    if ((value = read_find(node, "task")) != NULL) {
        is_good = read_text(loader, value, "task", &assign->task) && is_good;
    }
    if ((value = read_find(node, "if")) != NULL) {
        assign->condition = expr_parse(loader, value, "if", scope);
        is_good = assign->condition != NULL && is_good;
    }
    return load_moves(loader, node, assign) && is_good;
}

bool load_assigns(const struct loader *loader, const struct tree_node *node,
                  const struct expr_scope *scope, uint32_t rights, struct rule_assign **out_assigns,
                  uint32_t *out_count)
{
    uint32_t count = read_list_count(node);
    if (count == 0 || count > POLICY_ASSIGNS_MAX) {
        read_report(loader, node, "L018", "assign has %u entries; it must have 1 to %u", count,
                    POLICY_ASSIGNS_MAX);
        return false;
    }
    struct rule_assign *assigns = arena_take(loader->arena, count * sizeof assigns[0]);
    bool is_good = true;
    for (uint32_t i = 0; i < count; i++) {
        assigns[i].rights = rights;
        is_good = load_assign(loader, read_list_item(node, i), scope, &assigns[i]) && is_good;
    }
    *out_assigns = assigns;
    *out_count = count;
    return is_good;
}

/* ---- escalate ---- */

static bool load_when(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                      struct rule_step *step)
{
    static const struct word_spec WORDS[] = {{"opened", STEP_OPENED},
                                             {"unaccepted", STEP_UNACCEPTED},
                                             {"not_arrived", STEP_NOT_ARRIVED},
                                             {"unhandled", STEP_UNHANDLED},
                                             {"not_safe", STEP_NOT_SAFE}};
    const char *text = NULL;
    if (!read_text(loader, node, "when", &text)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strcmp(WORDS[i].word, text) == 0) {
            step->when = WORDS[i].value;
            return true;
        }
    }
    if (strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text)) {
        /* One word that is none of ours: an expression would have an operator. */
        return read_word(loader, node, "when", WORDS, COUNT_OF(WORDS), &step->when);
    }
    struct expr_scope scope = {rule, false, true};
    step->when = STEP_SEVERITY;
    step->condition = expr_parse(loader, node, "when", &scope);
    return step->condition != NULL;
}

/* after: duration, or NN% of the handle clock. */
static bool load_after(const struct loader *loader, const struct tree_node *node,
                       struct rule_step *step)
{
    size_t size = node->kind == TREE_TEXT ? strlen(node->text) : 0;
    if (size == 0 || node->text[size - 1] != '%') {
        return read_duration(loader, node, "after", &step->after_ms);
    }
    int64_t permille = 0;
    const char *digits = arena_text(loader->arena, node->text, size - 1);
    if (!read_decimal(digits, 1, &permille) || permille < 1 || permille > 10000) {
        read_report(loader, node, "L005", "after must be more than 0%% and at most 1000%%");
        return false;
    }
    if (step->when != STEP_UNHANDLED) {
        read_report(loader, node, "L005",
                    "a percentage is of the handle clock: only with when: unhandled");
        return false;
    }
    step->after_permille = (uint32_t)permille;
    return true;
}

static bool load_step_time(const struct loader *loader, const struct tree_node *node,
                           struct rule_step *step)
{
    const struct tree_node *after = read_find(node, "after");
    const struct tree_node *now = read_find(node, "now");
    bool may_be_now = step->when == STEP_OPENED || step->when == STEP_SEVERITY;
    if ((after != NULL) == (now != NULL)) {
        read_report(loader, node, "L004", "a step needs one of after and now: true");
        return false;
    }
    if (after != NULL) {
        return load_after(loader, after, step);
    }
    bool is_now = false;
    if (!read_truth(loader, now, "now", &is_now)) {
        return false;
    }
    if (!is_now || !may_be_now) {
        read_report(loader, now, "L005",
                    "now: true goes with when: opened or a severity; else "
                    "write after");
        return false;
    }
    return true;
}

static bool load_step(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                      struct rule_step *step)
{
    static const struct key_spec KEYS[] = {
        {"when", KEY_REQUIRED}, {"after", KEY_KNOWN},    {"now", KEY_KNOWN},     {"to", KEY_KNOWN},
        {"do", KEY_KNOWN},      {"severity", KEY_KNOWN}, {"activate", KEY_KNOWN}};
    static const struct word_spec DOES[] = {{"reassign", STEP_REASSIGN}};
    if (!read_check_map(loader, node, "an escalate step", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    bool is_good = load_when(loader, read_find(node, "when"), rule, step);
    is_good = load_step_time(loader, node, step) && is_good;
    const struct tree_node *to = read_find(node, "to");
    const struct tree_node *act = read_find(node, "do");
    const struct tree_node *severity = read_find(node, "severity");
    if (to != NULL) {
        is_good = read_names(loader, to, REF_POST, POLICY_POSTS_MAX, &step->posts) && is_good;
    }
    if (act != NULL) {
        is_good = read_word(loader, act, "do", DOES, COUNT_OF(DOES), &step->flags) && is_good;
    }
    if (severity != NULL) {
        int64_t value = 0;
        is_good = read_integer(loader, severity, "severity", 1, 4, &value) && is_good;
        step->severity = (uint32_t)value;
    }
    step->plan_name = read_find(node, "activate");
    if (to == NULL && act == NULL && severity == NULL && step->plan_name == NULL) {
        read_report(loader, node, "L004",
                    "a step needs at least one of to, do, severity and activate");
        return false;
    }
    return is_good;
}

bool load_steps(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    uint32_t count = read_list_count(node);
    if (count > POLICY_STEPS_MAX) {
        read_report(loader, node, "L018", "escalate has %u steps; at most %u", count,
                    POLICY_STEPS_MAX);
        return false;
    }
    rule->steps = arena_take(loader->arena, count * sizeof rule->steps[0]);
    rule->step_count = count;
    bool is_good = true;
    for (uint32_t i = 0; i < count; i++) {
        is_good = load_step(loader, read_list_item(node, i), rule, &rule->steps[i]) && is_good;
    }
    return is_good;
}

/* ---- titles ---- */

bool load_template(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                   const char **out_text)
{
    if (!read_text(loader, node, "title", out_text)) {
        return false;
    }
    bool is_good = true;
    for (const char *at = *out_text; *at != '\0'; at++) {
        if (*at == '}') {
            read_report(loader, node, "L007", "title: a } without its {");
            return false;
        }
        if (*at != '{') {
            continue;
        }
        const char *end = strpbrk(at + 1, "{}");
        if (end == NULL || *end == '{') {
            read_report(loader, node, "L007", "title: a { without its }");
            return false;
        }
        const char *name = arena_text(loader->arena, at + 1, (size_t)(end - at - 1));
        struct rule_field *field = find_field(loader, node, rule, "title", name);
        if (field == NULL) {
            is_good = false;
        } else if (!load_add_key(&rule->captures, field)) {
            read_report(loader, node, "L018",
                        "a case keeps %u fields: those of the title and of merge and close keys",
                        CASE_FIELDS_MAX);
            is_good = false;
        }
        at = end;
    }
    return is_good;
}

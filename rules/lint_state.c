/* lint_state.c: rules that remember: how much, and whether it can ever be enough; and rules that hide each other. */
#include "rules/lint_parts.h"

#include "engine/core/distance.h"
#include "rules/read.h"
#include "rules/window.h"

#include <stdio.h>

#define HOLES_TOLD 5u /* devices named in one finding */

/* ---- L302 ---- */

/* Does a registry bound how many values the field has? */
static bool is_bounded(const struct rule_field *field)
{
    static const char *const NAMES[] = {"source",     "device",    "type",      "cell",
                                        "zone",       "zone.name", "zone.kind", "asset.code",
                                        "asset.name", "asset.kind"};
    for (size_t i = 0; i < COUNT_OF(NAMES) && field->is_builtin; i++) {
        if (strcmp(NAMES[i], field->name) == 0) {
            return true;
        }
    }
    return field->kind == FIELD_BOOL;
}

static void lint_keys(struct lint_run *run, const struct rule *rule)
{
    const struct rule_window *window = rule->window;
    const struct tree_node *written = read_find(rule->node, "window");
    const bool has_limit =
        written != NULL && written->kind == TREE_MAP && read_find(written, "max_keys") != NULL;
    for (uint32_t i = 0; i < window->by.count; i++) {
        const struct rule_field *field = window->by.fields[i];
        if (field->kind == FIELD_NUMBER) {
            (void)lint_add(run, LINT_L302, rule, NULL, rule->node, NULL,
                           "rule %s: by has the number %s: every measurement begins a window of "
                           "its own, so none ever fills",
                           rule->id, field->name);
        } else if (!is_bounded(field) && !has_limit) {
            (void)lint_add(run, LINT_L302, rule, NULL, rule->node, NULL,
                           "rule %s: by has %s, of which no registry says how many there are, and "
                           "no max_keys: at %u keys "
                           "further events are turned away; say how many you mean",
                           rule->id, field->name, window->max_keys);
        }
    }
}

/* ---- L304 ---- */

static bool is_of_registry(const struct city_device *device, uint32_t kind)
{
    return device->kind == kind && place_is_known((struct place){device->lon, device->lat});
}

/* Devices around one, itself included, as many as are needed. */
static uint32_t count_near(const struct city *city, const struct rule_window *window,
                           const struct city_device *middle)
{
    const struct place here = {middle->lon, middle->lat};
    uint32_t count = 0;
    for (uint32_t i = 0; i < city->device_count && count < window->at_least; i++) {
        const struct city_device *other = &city->devices[i];
        count +=
            is_of_registry(other, window->registry) &&
                    distance_cm(here, (struct place){other->lon, other->lat}) <= window->radius_cm
                ? 1
                : 0;
    }
    return count;
}

static void lint_quorum(struct lint_run *run, const struct rule *rule)
{
    const struct city *city = run->set->city;
    const struct rule_window *window = rule->window;
    char names[400] = "";
    size_t length = 0;
    uint32_t devices = 0, short_of = 0;
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct city_device *device = &city->devices[i];
        if (!is_of_registry(device, window->registry)) {
            continue;
        }
        devices++;
        if (count_near(city, window, device) >= window->at_least) {
            continue;
        }
        if (short_of++ < HOLES_TOLD && length < sizeof names) {
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%.*s",
                                       length == 0 ? "" : ", ", (int)device->id.size,
                                       city_text(city, device->id));
        }
    }
    if (short_of == 0) {
        return;
    }
    const enum lint_code code = short_of == devices ? LINT_L304 : LINT_L307;
    (void)lint_add(run, code, rule, NULL, rule->node, NULL,
                   "rule %s: %u of %u devices have fewer than %u of their kind within %lld m, so "
                   "it can never fire there: %s%s",
                   rule->id, short_of, devices, window->at_least,
                   (long long)(window->radius_cm / 100), names,
                   short_of > HOLES_TOLD ? " ..." : "");
}

/* ---- L206 ---- */

static bool hides(const struct rule *target, uint32_t by)
{
    for (uint32_t i = 0; i < target->inhibited_count; i++) {
        if (target->inhibited_by[i] == by) {
            return true;
        }
    }
    return false;
}

/* Is `from` hidden, over however many rules, by one that `from` itself hides? Looked for by a walk over all rules: marks of 1 are
 * still to be looked at. */
static bool is_in_circle(const struct ruleset *set, const struct rule *from, uint8_t *marks)
{
    memset(marks, 0, set->rule_count);
    marks[from->row] = 1;
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (uint32_t i = 0; i < set->rule_count; i++) {
            if (marks[i] != 1) {
                continue;
            }
            marks[i] = 2;
            for (uint32_t k = 0; k < set->rules[i]->inhibited_count; k++) {
                const uint32_t by = set->rules[i]->inhibited_by[k];
                if (by == from->row) {
                    return true;
                }
                has_more = has_more || marks[by] == 0;
                marks[by] = marks[by] == 0 ? 1 : marks[by];
            }
        }
    }
    return false;
}

static void lint_hiding(struct lint_run *run, const struct rule *target, uint8_t *marks)
{
    const struct ruleset *set = run->set;
    for (uint32_t i = 0; i < target->inhibited_count; i++) {
        const struct rule *by = set->rules[target->inhibited_by[i]];
        const uint32_t severity = by->severity == 0 || by->inhibit_severity < by->severity
                                      ? by->inhibit_severity
                                      : by->severity;
        if (target->severity != 0 && severity > target->severity) {
            (void)lint_add(run, LINT_L206, by, target, by->inhibits, NULL,
                           "rule %s of severity %u hides %s (%s:%d) of severity %u: the lesser "
                           "case would keep the greater "
                           "from being opened",
                           by->id, severity, target->id, target->file, target->node->line,
                           target->severity);
        }
    }
    if (target->inhibited_count > 0 && is_in_circle(set, target, marks)) {
        const struct rule *other = NULL;
        for (uint32_t i = 0; i < target->inhibited_count && other == NULL; i++) {
            const struct rule *by = set->rules[target->inhibited_by[i]];
            other = hides(by, target->row) ? by : NULL;
        }
        (void)lint_add(run, LINT_L206, target, other, target->node, NULL,
                       "rule %s is hidden by what it hides itself%s%s: which of them is told "
                       "depends on which came first",
                       target->id, other == NULL ? "" : ", ", other == NULL ? "" : other->id);
    }
}

void lint_state(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    uint8_t *marks = arena_take(set->arena, set->rule_count + 1u);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->status != RULE_ACTIVE) {
            continue;
        }
        if (rule->window != NULL) {
            lint_keys(run, rule);
        }
        if (rule->window != NULL && rule->window->of > 1 && rule->window->registry != NONE32) {
            lint_quorum(run, rule);
        }
        lint_hiding(run, rule, marks);
    }
}

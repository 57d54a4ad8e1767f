/* match.c: ANDs one bitset per attribute of the event's type, word by word, and verifies what is left.
 *
 * The words of all chosen bitsets are combined in one pass, so nothing larger than a list of pointers is kept
 * and the best rules come out first. */
#include "engine/core/match.h"

#include "engine/core/calendar.h"
#include "engine/core/expr.h"

/* The bitsets chosen for one event. */
struct match_sets {
    const uint64_t *sets[MATCH_ATTRIBUTES_MAX]; /* one per attribute that is not an area: AND */
    const uint64_t *areas[EVENT_AREAS_MAX + 1]; /* OR among themselves, then AND */
    uint32_t set_count;
    uint32_t area_count; /* 0 = the type has no area attribute */
};

static uint32_t bitset_words(uint32_t rule_count)
{
    return (rule_count + 63u) / 64u;
}

/* Number of cells of the range whose (a, b) is at most the key. */
static uint32_t count_cells_upto(const struct policy *policy, struct image_range range, uint64_t a,
                                 uint64_t b)
{
    uint32_t low = 0;
    uint32_t high = range.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct match_cell *cell = &policy->match_cells[range.first + middle];
        if (cell->a < a || (cell->a == a && cell->b <= b)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The cell with exactly this key, or NULL. */
static const struct match_cell *find_cell(const struct policy *policy, struct image_range range,
                                          uint64_t a, uint64_t b)
{
    uint32_t upto = count_cells_upto(policy, range, a, b);
    if (upto == 0) {
        return NULL;
    }
    const struct match_cell *cell = &policy->match_cells[range.first + upto - 1];
    return cell->a == a && cell->b == b ? cell : NULL;
}

static uint32_t choose_field_bits(const struct policy *policy,
                                  const struct match_attribute *attribute,
                                  const struct event *event)
{
    const struct event_field *field = event_find_field(event, attribute->field);
    if (field == NULL || field->kind != (uint8_t)policy->fields[attribute->field].kind) {
        return attribute->other;
    }
    if (attribute->kind == MATCH_TEXT) {
        const struct match_cell *cell = find_cell(policy, attribute->cells, field->a, field->b);
        return cell == NULL ? attribute->other : cell->bits;
    }
    int64_t value = (int64_t)field->a;
    if (field->kind == (uint8_t)FIELD_BOOL) {
        value = field->a != 0 ? MICRO : 0;
    }
    uint32_t upto = count_cells_upto(policy, attribute->cells, match_number_key(value), UINT64_MAX);
    return upto == 0 ? attribute->other
                     : policy->match_cells[attribute->cells.first + upto - 1].bits;
}

static void choose_area_bits(const struct policy *policy, const struct match_attribute *attribute,
                             const struct event *event, struct match_sets *sets)
{
    sets->areas[sets->area_count++] = policy->match_bits + attribute->other;
    must(event->head->area_count <= EVENT_AREAS_MAX);
    for (uint32_t i = 0; i < event->head->area_count; i++) {
        const struct match_cell *cell =
            find_cell(policy, attribute->cells, event->head->areas[i], 0);
        if (cell != NULL) {
            sets->areas[sets->area_count++] = policy->match_bits + cell->bits;
        }
    }
}

static void choose_sets(const struct policy *policy, const struct event *event,
                        struct match_sets *sets)
{
    const struct match_type *type = &policy->match_types[event->head->type];
    sets->set_count = 0;
    sets->area_count = 0;
    for (uint32_t i = 0; i < type->attributes.count; i++) {
        const struct match_attribute *attribute =
            &policy->match_attributes[type->attributes.first + i];
        if (attribute->kind == MATCH_AREA) {
            must(sets->area_count == 0);
            choose_area_bits(policy, attribute, event, sets);
        } else {
            must(sets->set_count < MATCH_ATTRIBUTES_MAX);
            sets->sets[sets->set_count++] =
                policy->match_bits + choose_field_bits(policy, attribute, event);
        }
    }
}

static uint64_t combine_word(const struct match_sets *sets, uint32_t word)
{
    uint64_t bits = UINT64_MAX;
    for (uint32_t i = 0; i < sets->set_count; i++) {
        bits &= sets->sets[i][word];
    }
    if (bits != 0 && sets->area_count > 0) {
        uint64_t any = 0;
        for (uint32_t i = 0; i < sets->area_count; i++) {
            any |= sets->areas[i][word];
        }
        bits &= any;
    }
    return bits;
}

static bool range_has_row(const struct policy *policy, struct image_range range, uint32_t row)
{
    uint32_t low = 0;
    uint32_t high = range.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t found = policy->rows[range.first + middle];
        if (found == row) {
            return true;
        }
        if (found < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* Is the event inside one of the areas or circles? An event without a place is in none. */
static bool is_in_places(const struct policy *policy, struct image_range areas,
                         struct image_range circles, const struct event *event)
{
    for (uint32_t i = 0; areas.count > 0 && i < event->head->area_count; i++) {
        if (range_has_row(policy, areas, event->head->areas[i])) {
            return true;
        }
    }
    if (circles.count == 0 || !place_is_known(event->head->place)) {
        return false;
    }
    for (uint32_t i = 0; i < circles.count; i++) {
        const struct policy_circle *circle = &policy->circles[circles.first + i];
        struct place centre = {circle->lon, circle->lat};
        if (distance_cm(event->head->place, centre) <= circle->radius_cm) {
            return true;
        }
    }
    return false;
}

static bool is_in_calendars(const struct policy *policy, const struct city *city,
                            struct image_range calendars, int64_t at_ms)
{
    for (uint32_t i = 0; i < calendars.count; i++) {
        if (calendar_contains(city, policy->rows[calendars.first + i], at_ms)) {
            return true;
        }
    }
    return false;
}

bool match_rule(const struct policy *policy, const struct city *city, uint32_t rule_row,
                const struct event *event)
{
    must(rule_row < policy->rule_count);
    const struct policy_rule *rule = &policy->rules[rule_row];
    if (rule->status != RULE_ACTIVE) {
        return false;
    }
    if (!expr_is_true(policy, rule->program, event, 0)) {
        return false;
    }
    bool has_in = rule->areas_in.count > 0 || rule->circles_in.count > 0;
    if (has_in && !is_in_places(policy, rule->areas_in, rule->circles_in, event)) {
        return false;
    }
    if (is_in_places(policy, rule->areas_out, rule->circles_out, event)) {
        return false;
    }
    int64_t at_ms = event->head->event_at_ms;
    if (rule->calendars_in.count > 0 && !is_in_calendars(policy, city, rule->calendars_in, at_ms)) {
        return false;
    }
    return !is_in_calendars(policy, city, rule->calendars_out, at_ms);
}

uint32_t match_event(const struct policy *policy, const struct city *city,
                     const struct event *event, uint32_t *out_rules, uint32_t limit)
{
    if (event->head->type >= policy->type_count) {
        return 0;
    }
    struct image_range rules = policy->types[event->head->type].rules;
    if (rules.count == 0) {
        return 0;
    }
    struct match_sets sets;
    choose_sets(policy, event, &sets);
    uint32_t matched = 0;
    uint32_t word_count = bitset_words(rules.count);
    for (uint32_t word = 0; word < word_count; word++) {
        uint64_t bits = combine_word(&sets, word);
        while (bits != 0) {
            uint32_t local = word * 64u + (uint32_t)__builtin_ctzll(bits);
            bits &= bits - 1;
            if (local >= rules.count) {
                break; /* no attribute at all: the last word's spare bits are set */
            }
            uint32_t rule = policy->type_rules[rules.first + local];
            if (!match_rule(policy, city, rule, event)) {
                continue;
            }
            if (matched < limit) {
                out_rules[matched] = rule;
            }
            matched++;
        }
    }
    return matched;
}

bool match_condition(const struct policy *policy, struct image_range program,
                     const struct event *event, uint32_t severity)
{
    return expr_is_true(policy, program, event, severity);
}

/* ---- checking ---- */

static bool bits_are_sound(const struct policy *policy, uint32_t first, uint32_t words)
{
    return first <= policy->match_bit_count && words <= policy->match_bit_count - first;
}

static bool attribute_is_sound(const struct policy *policy, const struct city *city,
                               const struct match_attribute *attribute, uint32_t words)
{
    struct image_range cells = attribute->cells;
    if (cells.first > policy->match_cell_count ||
        cells.count > policy->match_cell_count - cells.first ||
        !bits_are_sound(policy, attribute->other, words)) {
        return false;
    }
    if (attribute->kind == MATCH_AREA) {
        if (attribute->field != NONE32) {
            return false;
        }
    } else if (attribute->field >= policy->field_count) {
        return false;
    } else if (attribute->kind == MATCH_TEXT || attribute->kind == MATCH_NUMBER) {
        bool is_text = policy->fields[attribute->field].kind == FIELD_STRING;
        if (is_text != (attribute->kind == MATCH_TEXT)) {
            return false;
        }
    } else {
        return false;
    }
    for (uint32_t i = 0; i < cells.count; i++) {
        const struct match_cell *cell = &policy->match_cells[cells.first + i];
        const struct match_cell *before = i == 0 ? cell : cell - 1;
        bool is_ascending =
            i == 0 || before->a < cell->a || (before->a == cell->a && before->b < cell->b);
        bool is_area_known = attribute->kind != MATCH_AREA || cell->a < city->area_count;
        if (!is_ascending || !is_area_known || !bits_are_sound(policy, cell->bits, words)) {
            return false;
        }
    }
    return true;
}

enum err match_check(const struct policy *policy, const struct city *city)
{
    for (uint32_t t = 0; t < policy->type_count; t++) {
        struct image_range attributes = policy->match_types[t].attributes;
        if (attributes.first > policy->match_attribute_count ||
            attributes.count > policy->match_attribute_count - attributes.first ||
            attributes.count > MATCH_ATTRIBUTES_MAX) {
            return ERR_MALFORMED;
        }
        uint32_t words = bitset_words(policy->types[t].rules.count);
        uint32_t area_attributes = 0;
        for (uint32_t i = 0; i < attributes.count; i++) {
            const struct match_attribute *attribute =
                &policy->match_attributes[attributes.first + i];
            if (!attribute_is_sound(policy, city, attribute, words)) {
                return ERR_MALFORMED;
            }
            area_attributes += attribute->kind == MATCH_AREA;
        }
        if (area_attributes > 1) {
            return ERR_MALFORMED;
        }
    }
    return ERR_OK;
}

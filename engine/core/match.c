/* match.c: ANDs one set per attribute of the event's type, block by block, and verifies what is left.
 *
 * Nothing larger than a summary and one block is kept, whatever the number of rules. Attributes come texts first: they leave
 * least, and the AND ends as soon as nothing is left. */
#include "engine/core/match.h"

#include "engine/core/calendar.h"
#include "engine/core/expr.h"

/* One event on its way through the attributes of its type. */
struct match_walk {
    const struct policy *policy;
    const struct event *event;
    const struct match_type *type;
    struct match_shape shape;
    uint32_t field_at; /* cursor into the event's fields: attributes of a kind ascend by field */
    uint32_t kind;     /* of the attribute before */
    uint32_t sets[MATCH_ATTRIBUTES_MAX]; /* one per attribute that is not the area */
    uint32_t set_count;
    uint32_t areas[EVENT_AREAS_MAX + 1]; /* sets that are OR-ed */
    uint32_t area_count;                 /* 0 = the type has no area attribute */
};

/* What has been found so far. */
struct match_found {
    uint32_t *ranks; /* ascending; caller's room */
    uint32_t limit;
    uint32_t kept;
    uint32_t matched;
};

/* Number of ascending keys that are at most the wanted one. The comparison feeds an addition instead of a branch: which way it
 * goes cannot be guessed. */
static uint32_t count_keys_upto(const uint64_t *keys, uint32_t count, uint64_t wanted)
{
    uint32_t first = 0;
    while (count > 1) {
        const uint32_t half = count / 2;
        first += (uint32_t)(keys[first + half - 1] <= wanted) * half;
        count -= half;
    }
    return count == 0 ? 0 : first + (keys[first] <= wanted);
}

/* The set of the key, or the attribute's first set where it is none of the keys. */
static uint32_t find_set(const struct policy *policy, const struct match_attribute *attribute,
                         uint64_t key)
{
    const uint64_t *keys = policy->match_keys + attribute->keys.first;
    const uint32_t upto = count_keys_upto(keys, attribute->keys.count, key);
    return attribute->sets + (upto > 0 && keys[upto - 1] == key ? upto : 0);
}

static uint32_t choose_field_set(struct match_walk *walk, const struct match_attribute *attribute)
{
    const struct policy *policy = walk->policy;
    const struct event *event = walk->event;
    walk->field_at = attribute->kind == walk->kind ? walk->field_at : 0;
    walk->kind = attribute->kind;
    while (walk->field_at < event->head->field_count &&
           event->fields[walk->field_at].field < attribute->field) {
        walk->field_at++;
    }
    const struct event_field *field = &event->fields[walk->field_at];
    if (walk->field_at == event->head->field_count || field->field != attribute->field ||
        field->kind != (uint8_t)policy->fields[attribute->field].kind) {
        return attribute->sets;
    }
    if (attribute->kind == MATCH_TEXT) {
        return find_set(policy, attribute, field->a);
    }
    int64_t value = (int64_t)field->a;
    if (field->kind == (uint8_t)FIELD_BOOL) {
        value = field->a != 0 ? MICRO : 0;
    }
    return attribute->sets + count_keys_upto(policy->match_keys + attribute->keys.first,
                                             attribute->keys.count, match_number_key(value));
}

static void choose_area_sets(struct match_walk *walk, const struct match_attribute *attribute)
{
    const struct event_head *head = walk->event->head;
    walk->areas[walk->area_count++] = attribute->sets;
    must(head->area_count <= EVENT_AREAS_MAX);
    for (uint32_t i = 0; i < head->area_count; i++) {
        const uint32_t set = find_set(walk->policy, attribute, head->areas[i]);
        if (set != attribute->sets) {
            walk->areas[walk->area_count++] = set;
        }
    }
}

static const uint64_t *block_of(const struct match_walk *walk, uint32_t set, uint32_t block)
{
    const uint32_t *table = walk->policy->match_tables + walk->type->tables;
    return walk->policy->match_words + table[set * walk->shape.block_count + block];
}

static const uint64_t *summary_of(const struct match_walk *walk, uint32_t set)
{
    return walk->policy->match_summaries + walk->type->summaries +
           (size_t)set * walk->shape.summary_words;
}

/* words &= more; the OR of what is left. */
static uint64_t and_words(uint64_t *words, const uint64_t *more, uint32_t count)
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < count; i++) {
        words[i] &= more[i];
        any |= words[i];
    }
    return any;
}

/* The same for a block of the largest size; the count is known, so the compiler takes several words at a time. */
static uint64_t and_block(uint64_t *words, const uint64_t *more, uint32_t count)
{
    if (count != MATCH_BLOCK_WORDS_MAX) {
        return and_words(words, more, count);
    }
    uint64_t any = 0;
    for (uint32_t i = 0; i < MATCH_BLOCK_WORDS_MAX; i++) {
        words[i] &= more[i];
        any |= words[i];
    }
    return any;
}

/* Is so little left that verifying it costs less than asking the next attribute? One bit in the OR of the words: one
 * rule, or a few in the same place of different words. */
static bool is_nearly_done(uint64_t any)
{
    return (any & (any - 1)) == 0;
}

static bool and_areas(const struct match_walk *walk, uint32_t block, uint64_t *words)
{
    uint64_t any[MATCH_BLOCK_WORDS_MAX] = {0};
    for (uint32_t i = 0; i < walk->area_count; i++) {
        const uint64_t *more = block_of(walk, walk->areas[i], block);
        for (uint32_t w = 0; w < walk->shape.block_words; w++) {
            any[w] |= more[w];
        }
    }
    return and_block(words, any, walk->shape.block_words) != 0;
}

static bool and_area_summaries(const struct match_walk *walk, uint64_t *summary)
{
    uint64_t any[MATCH_SUMMARY_WORDS_MAX] = {0};
    for (uint32_t i = 0; i < walk->area_count; i++) {
        const uint64_t *more = summary_of(walk, walk->areas[i]);
        for (uint32_t w = 0; w < walk->shape.summary_words; w++) {
            any[w] |= more[w];
        }
    }
    return and_words(summary, any, walk->shape.summary_words) != 0;
}

/* Chooses the sets; false as soon as no block can hold a match. */
static bool choose_sets(struct match_walk *walk, uint64_t summary[MATCH_SUMMARY_WORDS_MAX])
{
    const struct image_range range = walk->type->attributes;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct match_attribute *attribute = &walk->policy->match_attributes[range.first + i];
        if (attribute->kind == MATCH_AREA) {
            choose_area_sets(walk, attribute);
            continue;
        }
        const uint32_t set = choose_field_set(walk, attribute);
        walk->sets[walk->set_count++] = set;
        if (and_words(summary, summary_of(walk, set), walk->shape.summary_words) == 0) {
            return false;
        }
    }
    return walk->area_count == 0 || and_area_summaries(walk, summary);
}

/* The same where the type has one block and so no summary: the block itself is combined. */
static bool choose_block(struct match_walk *walk, uint64_t words[MATCH_BLOCK_WORDS_MAX])
{
    const struct image_range range = walk->type->attributes;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct match_attribute *attribute = &walk->policy->match_attributes[range.first + i];
        if (attribute->kind == MATCH_AREA) {
            choose_area_sets(walk, attribute);
            continue;
        }
        const uint32_t set = choose_field_set(walk, attribute);
        const uint64_t any = and_block(words, block_of(walk, set, 0), walk->shape.block_words);
        if (is_nearly_done(any)) {
            return any != 0;
        }
    }
    return walk->area_count == 0 || and_areas(walk, 0, words);
}

static bool combine_block(const struct match_walk *walk, uint32_t block,
                          uint64_t words[MATCH_BLOCK_WORDS_MAX])
{
    memset(words, 0xff, sizeof(uint64_t) * MATCH_BLOCK_WORDS_MAX);
    for (uint32_t i = 0; i < walk->set_count; i++) {
        const uint64_t any =
            and_block(words, block_of(walk, walk->sets[i], block), walk->shape.block_words);
        if (is_nearly_done(any)) {
            return any != 0;
        }
    }
    return walk->area_count == 0 || and_areas(walk, block, words);
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

static void keep_rank(struct match_found *found, uint32_t rank)
{
    found->matched++;
    uint32_t at = found->kept;
    while (at > 0 && found->ranks[at - 1] > rank) {
        at--;
    }
    if (at == found->limit) {
        return;
    }
    found->kept += found->kept < found->limit;
    for (uint32_t i = found->kept - 1; i > at; i--) {
        found->ranks[i] = found->ranks[i - 1];
    }
    found->ranks[at] = rank;
}

/* Verifies the slots that are left of one block. */
static void verify_block(const struct match_walk *walk, const struct city *city, uint32_t block,
                         const uint64_t *words, struct match_found *found)
{
    const struct policy *policy = walk->policy;
    const struct image_range rules = policy->types[walk->event->head->type].rules;
    for (uint32_t word = 0; word < walk->shape.block_words; word++) {
        for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
            const uint32_t slot =
                (block * walk->shape.block_words + word) * 64u + (uint32_t)__builtin_ctzll(bits);
            if (slot >= rules.count) {
                return; /* no attribute at all: the last word's spare bits are set */
            }
            const uint32_t rank = policy->match_slots[walk->type->slots + slot];
            if (match_rule(policy, city, policy->type_rules[rules.first + rank], walk->event)) {
                keep_rank(found, rank);
            }
        }
    }
}

static void search_blocks(struct match_walk *walk, const struct city *city,
                          struct match_found *found)
{
    uint64_t summary[MATCH_SUMMARY_WORDS_MAX];
    uint64_t words[MATCH_BLOCK_WORDS_MAX];
    memset(summary, 0xff, sizeof summary);
    if (!choose_sets(walk, summary)) {
        return;
    }
    for (uint32_t word = 0; word < walk->shape.summary_words; word++) {
        for (uint64_t bits = summary[word]; bits != 0; bits &= bits - 1) {
            const uint32_t block = word * 64u + (uint32_t)__builtin_ctzll(bits);
            if (block >= walk->shape.block_count) {
                return; /* spare bits, as above */
            }
            if (combine_block(walk, block, words)) {
                verify_block(walk, city, block, words, found);
            }
        }
    }
}

uint32_t match_event(const struct policy *policy, const struct city *city,
                     const struct event *event, uint32_t *out_rules, uint32_t limit)
{
    if (event->head->type >= policy->type_count) {
        return 0;
    }
    const struct image_range rules = policy->types[event->head->type].rules;
    if (rules.count == 0) {
        return 0;
    }
    struct match_walk walk;
    walk.policy = policy;
    walk.event = event;
    walk.type = &policy->match_types[event->head->type];
    walk.shape = match_shape_of(rules.count);
    walk.field_at = walk.kind = walk.set_count = walk.area_count = 0;
    struct match_found found = {.ranks = out_rules, .limit = limit};
    if (walk.shape.block_count == 1) {
        uint64_t words[MATCH_BLOCK_WORDS_MAX];
        memset(words, 0xff, sizeof words);
        if (choose_block(&walk, words)) {
            verify_block(&walk, city, 0, words, &found);
        }
    } else {
        search_blocks(&walk, city, &found);
    }
    for (uint32_t i = 0; i < found.kept; i++) {
        out_rules[i] = policy->type_rules[rules.first + out_rules[i]];
    }
    return found.matched;
}

bool match_condition(const struct policy *policy, struct image_range program,
                     const struct event *event, uint32_t severity)
{
    return expr_is_true(policy, program, event, severity);
}

/* ---- checking ---- */

/* Are `count` rows from `first` on inside a section? */
static bool rows_are_inside(uint32_t first, uint64_t count, uint32_t row_count)
{
    return first <= row_count && count <= row_count - first;
}

static bool attribute_is_sound(const struct policy *policy, const struct city *city,
                               const struct match_attribute *attribute, uint32_t set_count)
{
    const struct image_range keys = attribute->keys;
    if (!rows_are_inside(keys.first, keys.count, policy->match_key_count) ||
        !rows_are_inside(attribute->sets, (uint64_t)keys.count + 1, set_count)) {
        return false;
    }
    if (attribute->kind == MATCH_AREA) {
        if (attribute->field != NONE32) {
            return false;
        }
    } else if (attribute->field >= policy->field_count) {
        return false;
    } else if (attribute->kind == MATCH_TEXT || attribute->kind == MATCH_NUMBER) {
        const bool is_text = policy->fields[attribute->field].kind == FIELD_STRING;
        if (is_text != (attribute->kind == MATCH_TEXT)) {
            return false;
        }
    } else {
        return false;
    }
    for (uint32_t i = 0; i < keys.count; i++) {
        const uint64_t key = policy->match_keys[keys.first + i];
        if ((i > 0 && policy->match_keys[keys.first + i - 1] >= key) ||
            (attribute->kind == MATCH_AREA && key >= city->area_count)) {
            return false;
        }
    }
    return true;
}

/* Every slot has one rank and every rank one slot. */
static bool slots_are_sound(const struct policy *policy, const struct match_type *type,
                            uint32_t rule_count)
{
    if (!rows_are_inside(type->slots, 2 * (uint64_t)rule_count, policy->match_slot_count)) {
        return false;
    }
    const uint32_t *ranks = policy->match_slots + type->slots;
    for (uint32_t slot = 0; slot < rule_count; slot++) {
        if (ranks[slot] >= rule_count || ranks[rule_count + ranks[slot]] != slot) {
            return false;
        }
    }
    return true;
}

static bool sets_are_sound(const struct policy *policy, const struct match_type *type,
                           uint32_t rule_count)
{
    const struct match_shape shape = match_shape_of(rule_count);
    const uint64_t rows = (uint64_t)type->set_count * shape.block_count;
    const uint64_t words = (uint64_t)type->set_count * shape.summary_words;
    if (rows > UINT32_MAX || !rows_are_inside(type->tables, rows, policy->match_table_count) ||
        !rows_are_inside(type->summaries, words, policy->match_summary_count)) {
        return false;
    }
    for (uint64_t i = 0; i < rows; i++) {
        if (!rows_are_inside(policy->match_tables[type->tables + i], shape.block_words,
                             policy->match_word_count)) {
            return false;
        }
    }
    return true;
}

enum err match_check(const struct policy *policy, const struct city *city)
{
    for (uint32_t t = 0; t < policy->type_count; t++) {
        const struct match_type *type = &policy->match_types[t];
        const struct image_range attributes = type->attributes;
        const uint32_t rule_count = policy->types[t].rules.count;
        if (!rows_are_inside(attributes.first, attributes.count, policy->match_attribute_count) ||
            attributes.count > MATCH_ATTRIBUTES_MAX || !slots_are_sound(policy, type, rule_count) ||
            !sets_are_sound(policy, type, rule_count)) {
            return ERR_MALFORMED;
        }
        for (uint32_t i = 0; i < attributes.count; i++) {
            const struct match_attribute *attribute =
                &policy->match_attributes[attributes.first + i];
            const bool is_ascending =
                i == 0 || attribute[-1].kind < attribute->kind ||
                (attribute[-1].kind == attribute->kind && attribute[-1].field < attribute->field);
            if (!is_ascending || !attribute_is_sound(policy, city, attribute, type->set_count)) {
                return ERR_MALFORMED;
            }
        }
    }
    return ERR_OK;
}

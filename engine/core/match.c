/* match.c: looks an event up in every access of its type and verifies what is filed there.
 *
 * All lookups come before the first verification: they wait for memory side by side, and which of them find something cannot be
 * guessed. */
#include "engine/core/match.h"

#include "engine/core/calendar.h"
#include "engine/core/expr.h"

#define MATCH_LISTS 64u  /* found before they are gone through */
#define MATCH_QUEUE 128u /* rules found before they are verified */

/* What has been found so far. */
struct match_found {
    uint32_t *ranks; /* ascending; caller's room */
    uint32_t limit;
    uint32_t kept;
    uint32_t matched;
};

/* One event on its way through the accesses of its type. */
struct match_walk {
    const struct policy *policy;
    const struct city *city;
    const struct event *event;
    const struct match_type *type;
    struct image_range rules; /* of the type, in POLICY_TYPE_RULES */
    struct match_found found;
    uint32_t present; /* bit i: the event carries attribute i; only then are the three below set */
    uint64_t values[MATCH_ATTRIBUTES_MAX + 1];
    uint64_t tokens[MATCH_ATTRIBUTES_MAX + 1]; /* for match_tag */
    uint8_t places[MATCH_ATTRIBUTES_MAX];      /* among the event's fields */
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

/* The event's fields by attribute: both ascend by field. A field sent in another kind is as good as absent. */
static void spread_fields(struct match_walk *walk)
{
    const struct policy *policy = walk->policy;
    const struct image_range range = walk->type->attributes;
    const struct match_attribute *attributes = policy->match_attributes + range.first;
    const struct event_field *fields = walk->event->fields;
    const uint32_t field_count = walk->event->head->field_count;
    uint32_t present = 0;
    for (uint32_t at = 0, i = 0; at < field_count && i < range.count;) {
        const struct event_field *field = &fields[at];
        const struct match_attribute *attribute = &attributes[i];
        if (field->field != attribute->field) {
            at += field->field < attribute->field;
            i += field->field > attribute->field;
            continue;
        }
        const uint64_t value =
            attribute->kind == FIELD_BOOL && field->a != 0 ? (uint64_t)MICRO : field->a;
        present |= (uint32_t)(field->kind == attribute->kind) << i;
        walk->places[i] = (uint8_t)at;
        walk->values[i] = walk->tokens[i] = value ^ attribute->flip;
        if (attribute->keys.count > 0) {
            walk->tokens[i] = count_keys_upto(policy->match_keys + attribute->keys.first,
                                              attribute->keys.count, walk->values[i]);
        }
        at++;
        i++;
    }
    walk->present = present;
    walk->values[MATCH_ATTRIBUTE_NONE] = walk->tokens[MATCH_ATTRIBUTE_NONE] = 0;
}

/* The list under a tag, 0 = none. No branch says which of a group's tags it is. */
static uint32_t find_list(const struct match_group *groups, uint32_t bits, uint32_t tag)
{
    const uint32_t mask = (UINT32_C(1) << bits) - 1;
    for (uint32_t at = match_home(tag, bits);; at = (at + 1) & mask) {
        const struct match_group *group = &groups[at];
        uint32_t list = 0;
        for (uint32_t i = 0; i < MATCH_GROUP_TAGS; i++) {
            list |= group->tags[i] == tag ? group->lists[i] : 0;
        }
        if ((list != 0) | (group->tags[MATCH_GROUP_TAGS - 1] == 0)) {
            return list;
        }
    }
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

/* Is the event inside one of the areas, cells or circles? An event without a place is in none. */
static bool is_in_places(const struct policy *policy, struct image_range areas,
                         struct image_range cells, struct image_range circles,
                         const struct event *event)
{
    if (cells.count > 0 && event->head->cell != NONE32 &&
        range_has_row(policy, cells, event->head->cell)) {
        return true;
    }
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

/* The part of a rule that no program says. */
static bool is_in_place_and_time(const struct policy *policy, const struct city *city,
                                 const struct policy_rule *rule, const struct event *event)
{
    bool has_in =
        rule->areas_in.count > 0 || rule->circles_in.count > 0 || rule->cells_in.count > 0;
    if (has_in && !is_in_places(policy, rule->areas_in, rule->cells_in, rule->circles_in, event)) {
        return false;
    }
    if (is_in_places(policy, rule->areas_out, rule->cells_out, rule->circles_out, event)) {
        return false;
    }
    int64_t at_ms = event->head->event_at_ms;
    if (rule->calendars_in.count > 0 && !is_in_calendars(policy, city, rule->calendars_in, at_ms)) {
        return false;
    }
    return !is_in_calendars(policy, city, rule->calendars_out, at_ms);
}

bool match_rule(const struct policy *policy, const struct city *city, uint32_t rule_row,
                const struct event *event)
{
    must(rule_row < policy->rule_count);
    const struct policy_rule *rule = &policy->rules[rule_row];
    return policy_rule_is_evaluated(rule) && expr_is_true(policy, rule->program, event, 0) &&
           is_in_place_and_time(policy, city, rule, event);
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

static bool record_holds(const struct match_walk *walk, const struct match_record *record)
{
    if ((walk->present & record->needs) != record->needs) {
        return false;
    }
    for (uint32_t i = 0; i < MATCH_TESTS; i++) {
        if (walk->values[record->tests[i]] - record->lows[i] > record->spans[i]) {
            return false;
        }
    }
    return true;
}

/* Two texts may share a value: the bytes decide. */
static bool clauses_hold(const struct match_walk *walk, const struct match_record *record)
{
    const struct policy *policy = walk->policy;
    const struct match_clause *clause = policy->match_clauses + record->clauses;
    const struct match_clause *end = clause + (record->rest & MATCH_REST_CLAUSES);
    for (; clause < end; clause++) {
        const struct event_field *field = &walk->event->fields[walk->places[clause->attribute]];
        if (field->kind != FIELD_STRING) {
            if (walk->values[clause->attribute] - clause->low > clause->span) {
                return false;
            }
        } else if (field->size != clause->text.size ||
                   memcmp(walk->event->text + field->text_offset, policy_text(policy, clause->text),
                          field->size) != 0) {
            return false;
        }
    }
    return true;
}

static void verify(struct match_walk *walk, uint32_t slot)
{
    const struct policy *policy = walk->policy;
    const struct match_record *record = &policy->match_records[walk->type->records + slot];
    if (!record_holds(walk, record) || !clauses_hold(walk, record)) {
        return;
    }
    const struct policy_rule *rule =
        &policy->rules[policy->type_rules[walk->rules.first + record->rank]];
    if ((record->rest & MATCH_REST_PROGRAM) != 0 &&
        !expr_is_true(policy, rule->program, walk->event, 0)) {
        return;
    }
    if ((record->rest & MATCH_REST_PLACE_TIME) != 0 &&
        !is_in_place_and_time(policy, walk->city, rule, walk->event)) {
        return;
    }
    keep_rank(&walk->found, record->rank);
}

/* Rules found and not verified yet: their records are on the way from memory meanwhile. */
struct match_queue {
    uint32_t slots[MATCH_QUEUE];
    uint32_t count;
};

static void verify_queue(struct match_walk *walk, struct match_queue *queue)
{
    for (uint32_t i = 0; i < queue->count; i++) {
        verify(walk, queue->slots[i]);
    }
    queue->count = 0;
}

static void queue_list(struct match_walk *walk, struct match_queue *queue, uint32_t list)
{
    const struct match_record *records = walk->policy->match_records + walk->type->records;
    const uint32_t *entry = walk->policy->match_entries + walk->type->entries.first + list;
    for (bool is_last = false; !is_last; entry++) {
        is_last = (*entry & MATCH_ENTRY_LAST) != 0;
        const uint32_t slot = *entry & ~MATCH_ENTRY_LAST;
        __builtin_prefetch(&records[slot]);
        queue->slots[queue->count++] = slot;
        if (queue->count == MATCH_QUEUE) {
            verify_queue(walk, queue);
        }
    }
}

/* A rule of several areas is filed under each: it counts under the first of them that the event is in. */
static void verify_area(struct match_walk *walk, uint32_t list, uint32_t area_at)
{
    const struct policy *policy = walk->policy;
    const struct event_head *head = walk->event->head;
    const uint32_t *entry = policy->match_entries + walk->type->entries.first + list;
    for (bool is_last = false; !is_last; entry++) {
        is_last = (*entry & MATCH_ENTRY_LAST) != 0;
        const uint32_t slot = *entry & ~MATCH_ENTRY_LAST;
        const uint32_t rank = policy->match_records[walk->type->records + slot].rank;
        const uint32_t rule = policy->type_rules[walk->rules.first + rank];
        bool is_counted = false;
        for (uint32_t i = 0; i < area_at; i++) {
            is_counted =
                is_counted || range_has_row(policy, policy->rules[rule].areas_in, head->areas[i]);
        }
        if (!is_counted) {
            verify(walk, slot);
        }
    }
}

static void search_areas(struct match_walk *walk, const struct match_access *access)
{
    const struct match_group *groups = walk->policy->match_groups + access->groups;
    const struct event_head *head = walk->event->head;
    must(head->area_count <= EVENT_AREAS_MAX);
    for (uint32_t i = 0; i < head->area_count; i++) {
        const uint32_t list = find_list(groups, access->bits, match_area_tag(head->areas[i]));
        if (list != 0) {
            verify_area(walk, list, i);
        }
    }
}

static void search_accesses(struct match_walk *walk)
{
    const struct image_range range = walk->type->accesses;
    const struct match_access *access = walk->policy->match_accesses + range.first;
    const struct match_access *end = access + range.count;
    const struct match_group *groups = walk->policy->match_groups;
    const uint32_t *entries = walk->policy->match_entries + walk->type->entries.first;
    const uint32_t present = walk->present;
    uint32_t lists[MATCH_LISTS];
    struct match_queue queue;
    queue.count = 0;
    while (access < end) {
        uint32_t count = 0;
        for (; access < end && count < MATCH_LISTS; access++) {
            if ((present & access->needs) != access->needs) {
                continue;
            }
            const uint32_t tag = match_tag(walk->tokens[access->left], walk->tokens[access->right]);
            lists[count] = find_list(groups + access->groups, access->bits, tag);
            __builtin_prefetch(&entries[lists[count]]);
            count += lists[count] != 0;
        }
        for (uint32_t i = 0; i < count; i++) {
            queue_list(walk, &queue, lists[i]);
        }
    }
    verify_queue(walk, &queue);
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
    walk.city = city;
    walk.event = event;
    walk.type = &policy->match_types[event->head->type];
    walk.found = (struct match_found){.ranks = out_rules, .limit = limit};
    walk.rules = rules;
    spread_fields(&walk);
    search_accesses(&walk);
    if (walk.type->areas.groups != NONE32) {
        search_areas(&walk, &walk.type->areas);
    }
    for (uint32_t slot = walk.type->loose; slot < rules.count; slot++) {
        verify(&walk, slot);
    }
    for (uint32_t i = 0; i < walk.found.kept; i++) {
        out_rules[i] = policy->type_rules[rules.first + out_rules[i]];
    }
    return walk.found.matched;
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

static bool attributes_are_sound(const struct policy *policy, struct image_range range)
{
    if (!rows_are_inside(range.first, range.count, policy->match_attribute_count) ||
        range.count > MATCH_ATTRIBUTES_MAX) {
        return false;
    }
    const struct match_attribute *attributes = policy->match_attributes + range.first;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct image_range keys = attributes[i].keys;
        const bool is_text = attributes[i].kind == FIELD_STRING;
        if (attributes[i].flip != (is_text ? 0 : match_number_key(0)) ||
            attributes[i].field >= policy->field_count ||
            attributes[i].kind != policy->fields[attributes[i].field].kind ||
            (i > 0 && attributes[i - 1].field >= attributes[i].field) ||
            !rows_are_inside(keys.first, keys.count, policy->match_key_count)) {
            return false;
        }
        for (uint32_t k = 1; k < keys.count; k++) {
            if (policy->match_keys[keys.first + k - 1] >= policy->match_keys[keys.first + k]) {
                return false;
            }
        }
    }
    return true;
}

/* Lists begin inside; no tag twice, as find_list joins what it finds. */
static bool group_is_sound(const struct match_group *group, uint32_t entry_count)
{
    for (uint32_t i = 0; i < MATCH_GROUP_TAGS; i++) {
        if (group->lists[i] >= entry_count) {
            return false;
        }
        for (uint32_t k = 0; k < i && group->tags[i] != 0; k++) {
            if (group->tags[k] == group->tags[i]) {
                return false;
            }
        }
    }
    return true;
}

/* A search ends: some group is not full. */
static bool groups_are_sound(const struct policy *policy, const struct match_access *access,
                             uint32_t entry_count)
{
    if (access->bits > MATCH_GROUP_BITS_MAX ||
        !rows_are_inside(access->groups, UINT64_C(1) << access->bits, policy->match_group_count)) {
        return false;
    }
    bool has_end = false;
    for (uint32_t g = 0; g < UINT32_C(1) << access->bits; g++) {
        const struct match_group *group = &policy->match_groups[access->groups + g];
        has_end = has_end || group->tags[MATCH_GROUP_TAGS - 1] == 0;
        if (!group_is_sound(group, entry_count)) {
            return false;
        }
    }
    return has_end;
}

static bool accesses_are_sound(const struct policy *policy, const struct match_type *type)
{
    const uint32_t attribute_count = type->attributes.count;
    if (!rows_are_inside(type->accesses.first, type->accesses.count, policy->match_access_count)) {
        return false;
    }
    for (uint32_t i = 0; i < type->accesses.count; i++) {
        const struct match_access *access = &policy->match_accesses[type->accesses.first + i];
        if (access->left >= attribute_count ||
            (access->right >= attribute_count && access->right != MATCH_ATTRIBUTE_NONE) ||
            access->needs != match_needs(access->left, access->right) ||
            !groups_are_sound(policy, access, type->entries.count)) {
            return false;
        }
    }
    return type->areas.groups == NONE32 ||
           groups_are_sound(policy, &type->areas, type->entries.count);
}

static bool entries_are_sound(const struct policy *policy, const struct match_type *type,
                              uint32_t rule_count)
{
    const struct image_range range = type->entries;
    if (!rows_are_inside(range.first, range.count, policy->match_entry_count)) {
        return false;
    }
    const uint32_t *entries = policy->match_entries + range.first;
    for (uint32_t i = 0; i < range.count; i++) {
        if ((entries[i] & ~MATCH_ENTRY_LAST) >= rule_count) {
            return false;
        }
    }
    return range.count == 0 || (entries[range.count - 1] & MATCH_ENTRY_LAST) != 0;
}

/* Values and places are only set where the event carries the attribute. */
static bool is_needed(const struct match_record *record, uint32_t attribute)
{
    return attribute < MATCH_ATTRIBUTES_MAX && (record->needs >> attribute & 1) != 0;
}

static bool clauses_are_sound(const struct policy *policy, const struct match_record *record)
{
    const uint32_t count = record->rest & MATCH_REST_CLAUSES;
    if (!rows_are_inside(record->clauses, count, policy->match_clause_count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct match_clause *clause = &policy->match_clauses[record->clauses + i];
        if (!is_needed(record, clause->attribute) || clause->text.offset > policy->string_size ||
            clause->text.size > policy->string_size - clause->text.offset) {
            return false;
        }
    }
    return true;
}

static bool records_are_sound(const struct policy *policy, const struct match_type *type,
                              struct image_range rules)
{
    if (!rows_are_inside(type->records, rules.count, policy->match_record_count) ||
        type->loose > rules.count) {
        return false;
    }
    for (uint32_t slot = 0; slot < rules.count; slot++) {
        const struct match_record *record = &policy->match_records[type->records + slot];
        if (record->rank >= rules.count || (record->needs >> type->attributes.count) != 0 ||
            !clauses_are_sound(policy, record)) {
            return false;
        }
        for (uint32_t i = 0; i < MATCH_TESTS; i++) {
            if (record->tests[i] != MATCH_ATTRIBUTE_NONE && !is_needed(record, record->tests[i])) {
                return false;
            }
        }
    }
    return true;
}

enum err match_check(const struct policy *policy)
{
    for (uint32_t t = 0; t < policy->type_count; t++) {
        const struct match_type *type = &policy->match_types[t];
        const struct image_range rules = policy->types[t].rules;
        if (!attributes_are_sound(policy, type->attributes) || !accesses_are_sound(policy, type) ||
            !entries_are_sound(policy, type, rules.count) ||
            !records_are_sound(policy, type, rules)) {
            return ERR_MALFORMED;
        }
    }
    return ERR_OK;
}

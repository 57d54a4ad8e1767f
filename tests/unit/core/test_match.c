/* test_match.c: the match index on hand-made tables: accesses, areas, records, order, limits, and what match_check refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/core/expr.h"
#include "engine/core/match.h"
#include "tests/unit/panic.h"

/* One type with a text (attribute 0) and a number (attribute 1). Rules are best first, slots run against them, the loose ones last:
 *   0 text "1"   1 text "2"   2 text "1" and a number of at least -5   3 area 1   4 area 0 or 1   5 loose, number of 10 to 20
 *   6 loose */
#define RULES 7u
#define LOOSE 5u
#define ACCESSES 2u

enum { BY_TEXT, BY_PAIR };

struct sample {
    struct policy_type type;
    struct policy_field fields[2];
    struct policy_rule rules[RULES];
    uint32_t type_rules[RULES];
    uint32_t rows[3];
    struct match_type match_type;
    struct match_attribute attributes[2];
    uint64_t keys[2];
    struct match_access accesses[ACCESSES];
    struct match_group groups[(ACCESSES + 1) * 2];
    uint32_t entries[7];
    struct match_record records[RULES];
    struct match_clause clauses[1];
    struct policy policy;
    struct city city;
    struct event_head head;
    struct event_field event_fields[2];
    struct event event;
};

static uint32_t slot_of(uint32_t rule)
{
    return rule < LOOSE ? LOOSE - 1 - rule : rule;
}

static void file(struct sample *s, const struct match_access *access, uint32_t tag, uint32_t list)
{
    struct match_group *group = &s->groups[access->groups + match_home(tag, 1)];
    for (uint32_t i = 0; i < MATCH_GROUP_TAGS; i++) {
        if (group->tags[i] == 0) {
            group->tags[i] = tag;
            group->lists[i] = list;
            return;
        }
    }
    fail();
}

static void make_index(struct sample *s)
{
    s->match_type = (struct match_type){{0, 2},
                                        {0, ACCESSES},
                                        {0, COUNT_OF(s->entries)},
                                        {4, 1, 0, MATCH_ATTRIBUTE_NONE, MATCH_ATTRIBUTE_NONE, 0},
                                        0,
                                        LOOSE};
    s->attributes[0] = (struct match_attribute){0, 0, FIELD_STRING, {0, 0}};
    s->attributes[1] = (struct match_attribute){match_number_key(0), 1, FIELD_NUMBER, {0, 2}};
    s->keys[0] = match_number_key(INT64_MIN);
    s->keys[1] = match_number_key(-5);
    s->accesses[BY_TEXT] = (struct match_access){0, 1, 1, 0, MATCH_ATTRIBUTE_NONE, 0};
    s->accesses[BY_PAIR] = (struct match_access){2, 1, 3, 0, 1, 0};
    s->entries[0] = MATCH_ENTRY_LAST;
    s->entries[1] = slot_of(0) | MATCH_ENTRY_LAST;
    s->entries[2] = slot_of(1) | MATCH_ENTRY_LAST;
    s->entries[3] = slot_of(2) | MATCH_ENTRY_LAST;
    s->entries[4] = slot_of(4) | MATCH_ENTRY_LAST;
    s->entries[5] = slot_of(4);
    s->entries[6] = slot_of(3) | MATCH_ENTRY_LAST;
    file(s, &s->accesses[BY_TEXT], match_tag(1, 0), 1);
    file(s, &s->accesses[BY_TEXT], match_tag(2, 0), 2);
    file(s, &s->accesses[BY_PAIR], match_tag(1, 2), 3);
    file(s, &s->match_type.areas, match_area_tag(0), 4);
    file(s, &s->match_type.areas, match_area_tag(1), 5);
    for (uint32_t i = 0; i < RULES; i++) {
        s->records[slot_of(i)] =
            (struct match_record){.rank = i, .rest = i == 3 || i == 4 ? MATCH_REST_PLACE_TIME : 0};
        memset(s->records[slot_of(i)].tests, MATCH_ATTRIBUTE_NONE, MATCH_TESTS);
    }
    struct match_record *record = &s->records[slot_of(5)];
    record->needs = 2;
    record->tests[0] = 1;
    record->lows[0] = match_number_key(10);
    record->spans[0] = 10;
}

static void make_sample(struct sample *s)
{
    memset(s, 0, sizeof *s);
    s->type.rules = (struct image_range){0, RULES};
    s->fields[0].kind = FIELD_STRING;
    s->fields[1].kind = FIELD_NUMBER;
    for (uint32_t i = 0; i < RULES; i++) {
        s->type_rules[i] = i;
    }
    s->rows[0] = 1;
    s->rows[1] = 0;
    s->rows[2] = 1;
    s->rules[3].areas_in = (struct image_range){0, 1};
    s->rules[4].areas_in = (struct image_range){1, 2};
    make_index(s);
    struct policy *policy = &s->policy;
    policy->types = &s->type;
    policy->type_count = 1;
    policy->fields = s->fields;
    policy->field_count = 2;
    policy->rules = s->rules;
    policy->rule_count = RULES;
    policy->type_rules = s->type_rules;
    policy->type_rule_count = RULES;
    policy->rows = s->rows;
    policy->row_count = COUNT_OF(s->rows);
    policy->match_types = &s->match_type;
    policy->match_attributes = s->attributes;
    policy->match_attribute_count = COUNT_OF(s->attributes);
    policy->match_keys = s->keys;
    policy->match_key_count = COUNT_OF(s->keys);
    policy->match_accesses = s->accesses;
    policy->match_access_count = COUNT_OF(s->accesses);
    policy->match_groups = s->groups;
    policy->match_group_count = COUNT_OF(s->groups);
    policy->match_entries = s->entries;
    policy->match_entry_count = COUNT_OF(s->entries);
    policy->match_records = s->records;
    policy->match_record_count = COUNT_OF(s->records);
    policy->match_clauses = s->clauses;
    policy->match_clause_count = COUNT_OF(s->clauses);
    policy->strings = "car";
    policy->string_size = 3;
    s->city.area_count = 2;
    s->head.place = place_none();
    s->event = (struct event){
        .head = &s->head, .fields = s->event_fields, .text = "carbus", .free_text = ""};
}

static void give_text(struct sample *s, uint64_t hash)
{
    s->event_fields[s->head.field_count++] = (struct event_field){0, FIELD_STRING, 0, 0, hash, 0};
}

static void give_number(struct sample *s, int64_t value)
{
    s->event_fields[s->head.field_count++] =
        (struct event_field){1, FIELD_NUMBER, 0, 0, (uint64_t)value, 0};
}

/* Are these the rules found? As digits, best first. */
static void expect(struct sample *s, const char *rules)
{
    uint32_t found[RULES];
    assert_int_equal(match_check(&s->policy), ERR_OK);
    const uint32_t count = match_event(&s->policy, &s->city, &s->event, found, RULES);
    assert_int_equal(count, strlen(rules));
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(found[i], rules[i] - '0');
    }
}

static void test_match_fields_absent_leave_loose_rules(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    expect(&s, "6");
}

static void test_match_texts_are_looked_up(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_text(&s, 1);
    expect(&s, "06");
    s.event_fields[0].a = 2;
    expect(&s, "16");
    s.event_fields[0].a = 3;
    expect(&s, "6");
    s.event_fields[0].a = 1;
    s.event_fields[0].kind = FIELD_NUMBER; /* as good as absent */
    expect(&s, "6");
}

static void test_match_number_cells_cover_the_line(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_text(&s, 1);
    give_number(&s, 0);
    const int64_t below[] = {INT64_MIN, -6};
    const int64_t above[] = {-5, 0, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        s.event_fields[1].a = (uint64_t)below[i];
        expect(&s, "06");
    }
    for (size_t i = 0; i < COUNT_OF(above); i++) {
        s.event_fields[1].a = (uint64_t)above[i];
        expect(&s, "026");
    }
}

static void test_match_records_are_tested(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_number(&s, 9);
    expect(&s, "6");
    s.event_fields[0].a = 10;
    expect(&s, "56");
    s.event_fields[0].a = 20;
    expect(&s, "56");
    s.event_fields[0].a = 21;
    expect(&s, "6");
    s.records[slot_of(5)].lows[0] = 0; /* an absent value is no value, though it is kept as 0 */
    s.records[slot_of(5)].spans[0] = UINT64_MAX;
    expect(&s, "56");
    s.head.field_count = 0;
    expect(&s, "6");
}

static void test_match_intervals_may_be_clauses(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_number(&s, 15);
    s.records[slot_of(5)].rest = 1;
    s.clauses[0] = (struct match_clause){.attribute = 1, .low = match_number_key(15), .span = 2};
    expect(&s, "56");
    s.event_fields[0].a = 17;
    expect(&s, "56");
    s.event_fields[0].a = 18;
    expect(&s, "6");
}

static void test_match_texts_and_programs_are_the_rest(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_text(&s, 1);
    s.event_fields[0].size = 3;
    s.records[slot_of(0)].needs = 1;
    s.records[slot_of(0)].rest = 1; /* one clause */
    s.clauses[0] = (struct match_clause){.attribute = 0, .text = {0, 3}};
    expect(&s, "06");
    s.event_fields[0].text_offset = 3; /* "bus", of the same hash */
    expect(&s, "6");
    s.event_fields[0].text_offset = 0;
    s.event_fields[0].size = 2;
    expect(&s, "6");
    s.event_fields[0].size = 3;
    static const struct expr_word NEVER[] = {{EXPR_TRUTH, 0, 0}};
    s.policy.program = NEVER;
    s.policy.program_count = 1;
    s.rules[0].program = (struct image_range){0, 1};
    expect(&s, "06");
    s.records[slot_of(0)].rest |= MATCH_REST_PROGRAM;
    expect(&s, "6");
}

static void test_match_rule_of_two_areas_is_found_once(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    s.head.area_count = 1;
    s.head.areas[0] = 1;
    expect(&s, "346");
    s.head.areas[0] = 0;
    expect(&s, "46");
    s.head.area_count = 2;
    s.head.areas[1] = 1;
    expect(&s, "346");
}

static void test_match_limit_keeps_the_best_and_counts_all(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_text(&s, 1);
    give_number(&s, 15);
    expect(&s, "0256");
    uint32_t rules[2] = {NONE32, NONE32};
    assert_int_equal(match_event(&s.policy, &s.city, &s.event, rules, 1), 4);
    assert_int_equal(rules[0], 0);
    assert_int_equal(rules[1], NONE32);
    assert_int_equal(match_event(&s.policy, &s.city, &s.event, NULL, 0), 4);
}

static void test_match_disabled_and_unknown_type(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    give_text(&s, 1);
    assert_true(match_rule(&s.policy, &s.city, 0, &s.event));
    s.rules[0].status = RULE_DISABLED; /* the index holds none such: policy_open sees to that */
    assert_false(match_rule(&s.policy, &s.city, 0, &s.event));
    s.head.type = NONE16;
    expect(&s, "");
}

static void test_match_full_group_overflows_into_the_next(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    const uint32_t tag = match_tag(1, 0);
    const uint32_t home = match_home(tag, 1);
    for (uint32_t i = 0; i < MATCH_GROUP_TAGS; i++) { /* four others in its place */
        s.groups[home].tags[i] = tag ^ (i + 1);
        s.groups[home].lists[i] = 2;
        s.groups[1 - home].tags[i] = 0;
    }
    give_text(&s, 1);
    expect(&s, "6");
    s.groups[1 - home].tags[0] = tag;
    s.groups[1 - home].lists[0] = 1;
    expect(&s, "06");
}

static void refuse(struct sample *s)
{
    assert_int_equal(match_check(&s->policy), ERR_MALFORMED);
    make_sample(s);
    assert_int_equal(match_check(&s->policy), ERR_OK);
}

static void test_match_check_refuses_unsound_attributes(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    s.match_type.attributes.count = 3;
    refuse(&s);
    s.attributes[1].field = 2;
    refuse(&s);
    s.attributes[1].kind = FIELD_BOOL; /* the field is a number */
    refuse(&s);
    s.attributes[0].field = 1; /* twice the same */
    s.attributes[0].kind = FIELD_NUMBER;
    refuse(&s);
    s.attributes[1].flip = 0;
    refuse(&s);
    s.attributes[1].keys.count = 3;
    refuse(&s);
    s.keys[1] = s.keys[0]; /* not ascending */
    refuse(&s);
}

static void test_match_check_refuses_unsound_accesses(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    s.match_type.accesses.count = ACCESSES + 1;
    refuse(&s);
    s.accesses[BY_TEXT].groups = COUNT_OF(s.groups) - 1;
    refuse(&s);
    s.accesses[BY_TEXT].bits = 32;
    refuse(&s);
    s.accesses[BY_TEXT].needs = 0; /* its value would be read where there is none */
    refuse(&s);
    s.accesses[BY_PAIR].needs = 1;
    refuse(&s);
    s.accesses[BY_PAIR].right = 2;
    refuse(&s);
    s.accesses[BY_TEXT].right = UINT8_MAX;
    refuse(&s);
    s.accesses[BY_TEXT].left = MATCH_ATTRIBUTE_NONE;
    refuse(&s);
    s.match_type.areas.groups = COUNT_OF(s.groups) - 1;
    refuse(&s);
    s.groups[0].lists[3] = COUNT_OF(s.entries);
    refuse(&s);
    s.groups[0].tags[2] = s.groups[0].tags[3] = 1; /* what is found under both would be joined */
    refuse(&s);
    for (uint32_t i = 0; i < 2 * MATCH_GROUP_TAGS; i++) { /* a search would not end */
        s.groups[i / MATCH_GROUP_TAGS].tags[i % MATCH_GROUP_TAGS] = i + 1;
    }
    refuse(&s);
}

static void test_match_check_refuses_unsound_lists(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    s.match_type.entries.count = COUNT_OF(s.entries) + 1;
    refuse(&s);
    s.entries[0] = RULES | MATCH_ENTRY_LAST;
    refuse(&s);
    s.entries[COUNT_OF(s.entries) - 1] &= ~MATCH_ENTRY_LAST;
    refuse(&s);
    s.match_type.records = 1;
    refuse(&s);
    s.match_type.loose = RULES + 1;
    refuse(&s);
    s.records[0].rank = RULES;
    refuse(&s);
    s.records[0].needs = 4;
    refuse(&s);
    s.records[0].tests[2] = 0; /* not needed: its value would be read where there is none */
    refuse(&s);
    s.records[0].needs = 2;
    s.records[0].tests[2] = UINT8_MAX;
    refuse(&s);
    s.records[0].rest = 2;
    refuse(&s);
    s.records[0].rest = 1; /* its attribute is not needed */
    refuse(&s);
    s.records[0].rest = 1;
    s.records[0].needs = 1;
    s.clauses[0].attribute = UINT32_MAX;
    refuse(&s);
    s.records[0].rest = 1;
    s.records[0].needs = 1;
    s.clauses[0].text.size = 4;
    refuse(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_fields_absent_leave_loose_rules),
        cmocka_unit_test(test_match_texts_are_looked_up),
        cmocka_unit_test(test_match_number_cells_cover_the_line),
        cmocka_unit_test(test_match_records_are_tested),
        cmocka_unit_test(test_match_intervals_may_be_clauses),
        cmocka_unit_test(test_match_texts_and_programs_are_the_rest),
        cmocka_unit_test(test_match_rule_of_two_areas_is_found_once),
        cmocka_unit_test(test_match_limit_keeps_the_best_and_counts_all),
        cmocka_unit_test(test_match_disabled_and_unknown_type),
        cmocka_unit_test(test_match_full_group_overflows_into_the_next),
        cmocka_unit_test(test_match_check_refuses_unsound_attributes),
        cmocka_unit_test(test_match_check_refuses_unsound_accesses),
        cmocka_unit_test(test_match_check_refuses_unsound_lists),
    };
    return cmocka_run_group_tests_name("core/match", tests, NULL, NULL);
}

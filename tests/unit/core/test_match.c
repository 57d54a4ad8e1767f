/* test_match.c: the match index on hand-made tables: cells, areas, order, limits, and what match_check refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/core/expr.h"
#include "engine/core/match.h"
#include "tests/unit/panic.h"

#define RULES 150u /* three words of bits: two blocks */
#define SETS 5u
#define SET_WORDS 4u

/* One type, one text field: rule 0 wants hash (1,1), rule 65 wants (2,2), the rest want nothing; rule 69 wants area 1.
 * Slots run against the ranks. */
struct sample {
    struct policy_type type;
    struct policy_field field;
    struct policy_rule rules[RULES];
    uint32_t type_rules[RULES];
    uint32_t rows[1];
    struct match_type match_type;
    struct match_attribute attributes[2];
    uint64_t keys[3];
    uint64_t words[SETS * SET_WORDS];
    uint32_t tables[SETS * 2];
    uint64_t summaries[SETS];
    uint32_t slots[2 * RULES];
    struct policy policy;
    struct city city;
    struct event_head head;
    struct event_field event_field;
    struct event event;
};

static void set_bits(uint64_t *words, uint32_t skip_a, uint32_t skip_b)
{
    for (uint32_t i = 0; i < RULES; i++) {
        const uint32_t slot = RULES - 1 - i;
        if (i != skip_a && i != skip_b) {
            words[slot / 64] |= UINT64_C(1) << (slot % 64);
        }
    }
}

static void make_sample(struct sample *s)
{
    memset(s, 0, sizeof *s);
    s->type.rules = (struct image_range){0, RULES};
    s->field.kind = FIELD_STRING;
    for (uint32_t i = 0; i < RULES; i++) {
        s->type_rules[i] = i;
        s->slots[i] = s->slots[RULES + i] = RULES - 1 - i;
    }
    for (uint32_t set = 0; set < SETS; set++) {
        s->tables[2 * set] = set * SET_WORDS;
        s->tables[2 * set + 1] = set * SET_WORDS + 2;
        s->summaries[set] = 3;
    }
    s->rows[0] = 1;
    s->rules[69].areas_in = (struct image_range){0, 1};
    s->match_type.attributes = (struct image_range){0, 2};
    s->match_type.set_count = SETS;
    s->attributes[0] = (struct match_attribute){MATCH_TEXT, 0, {0, 2}, 0, 0};
    s->attributes[1] = (struct match_attribute){MATCH_AREA, NONE32, {2, 1}, 3, 0};
    s->keys[0] = 1;
    s->keys[1] = 2;
    s->keys[2] = 1;
    set_bits(s->words, 0, 65);
    set_bits(s->words + SET_WORDS, NONE32, 65);
    set_bits(s->words + 2 * SET_WORDS, 0, NONE32);
    set_bits(s->words + 3 * SET_WORDS, NONE32, 69);
    set_bits(s->words + 4 * SET_WORDS, NONE32, NONE32);
    struct policy *policy = &s->policy;
    policy->types = &s->type;
    policy->type_count = 1;
    policy->fields = &s->field;
    policy->field_count = 1;
    policy->rules = s->rules;
    policy->rule_count = RULES;
    policy->type_rules = s->type_rules;
    policy->type_rule_count = RULES;
    policy->rows = s->rows;
    policy->row_count = 1;
    policy->match_types = &s->match_type;
    policy->match_attributes = s->attributes;
    policy->match_attribute_count = 2;
    policy->match_keys = s->keys;
    policy->match_key_count = COUNT_OF(s->keys);
    policy->match_words = s->words;
    policy->match_word_count = COUNT_OF(s->words);
    policy->match_tables = s->tables;
    policy->match_table_count = COUNT_OF(s->tables);
    policy->match_summaries = s->summaries;
    policy->match_summary_count = COUNT_OF(s->summaries);
    policy->match_slots = s->slots;
    policy->match_slot_count = COUNT_OF(s->slots);
    s->city.area_count = 2;
    s->head.place = place_none();
    s->event = (struct event){&s->head, &s->event_field, "", "", NULL};
}

static uint32_t match(struct sample *s, uint32_t *out_rules, uint32_t limit)
{
    return match_event(&s->policy, &s->city, &s->event, out_rules, limit);
}

static void test_match_value_absent_leaves_rules_without_need(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    uint32_t rules[RULES];
    assert_int_equal(match(&s, rules, RULES), RULES - 3);
    assert_int_equal(rules[0], 1);
    assert_int_equal(rules[RULES - 4], RULES - 1);
}

static void test_match_cell_of_the_value_is_chosen(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    uint32_t rules[RULES];
    s.head.field_count = 1;
    s.event_field = (struct event_field){0, FIELD_STRING, 0, 0, 1, 1};
    assert_int_equal(match(&s, rules, RULES), RULES - 2);
    assert_int_equal(rules[0], 0);
    s.event_field.a = s.event_field.b = 2;
    assert_int_equal(match(&s, rules, RULES), RULES - 2);
    assert_int_equal(rules[0], 1);
    s.event_field.a = 3; /* in no cell */
    assert_int_equal(match(&s, rules, RULES), RULES - 3);
}

static void test_match_areas_are_joined(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    uint32_t rules[RULES];
    s.head.area_count = 2;
    s.head.areas[0] = 0;
    s.head.areas[1] = 1;
    assert_int_equal(match(&s, rules, RULES), RULES - 2);
    assert_int_equal(rules[67], 69);
}

static void test_match_limit_keeps_the_best_and_counts_all(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    uint32_t rules[2] = {NONE32, NONE32};
    assert_int_equal(match(&s, rules, 1), RULES - 3);
    assert_int_equal(rules[0], 1);
    assert_int_equal(rules[1], NONE32);
    assert_int_equal(match(&s, NULL, 0), RULES - 3);
}

static void test_match_disabled_and_unknown_type(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    uint32_t rules[RULES];
    s.rules[1].status = RULE_DISABLED;
    s.rules[2].status = RULE_DEPRECATED;
    assert_int_equal(match(&s, rules, RULES), RULES - 5);
    assert_int_equal(rules[0], 3);
    s.head.type = NONE16;
    assert_int_equal(match(&s, rules, RULES), 0);
}

static void test_match_number_cells_cover_the_line(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    s.field.kind = FIELD_NUMBER;
    s.match_type.attributes.count = 1;
    s.attributes[0].kind = MATCH_NUMBER;
    s.keys[0] = match_number_key(INT64_MIN);
    s.keys[1] = match_number_key(-5);
    assert_int_equal(match_check(&s.policy, &s.city), ERR_OK);
    uint32_t rules[RULES];
    s.head.field_count = 1;
    const int64_t below[] = {INT64_MIN, -6};
    const int64_t above[] = {-5, 0, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        s.event_field = (struct event_field){0, FIELD_NUMBER, 0, 0, (uint64_t)below[i], 0};
        assert_int_not_equal(match(&s, rules, RULES), 0);
        assert_int_equal(rules[0], 0);
    }
    for (size_t i = 0; i < COUNT_OF(above); i++) {
        s.event_field = (struct event_field){0, FIELD_NUMBER, 0, 0, (uint64_t)above[i], 0};
        assert_int_not_equal(match(&s, rules, RULES), 0);
        assert_int_equal(rules[0], 1);
    }
}

static void test_match_check_refuses_unsound_tables(void **state)
{
    (void)state;
    static struct sample s;
    make_sample(&s);
    assert_int_equal(match_check(&s.policy, &s.city), ERR_OK);
    s.tables[9] = SETS * SET_WORDS - 1; /* two words from there pass the end */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[0].sets = NONE32;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[1].sets = 4; /* its key has no set */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.match_type.set_count = SETS + 1;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.policy.match_summary_count--;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.slots[1] = s.slots[0]; /* two slots of one rule */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.slots[RULES - 1] = RULES;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.keys[1] = 1; /* not ascending */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[0].field = 1;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[0].kind = MATCH_NUMBER; /* of a text field */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[0].keys.count = 4;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.match_type.attributes.count = 3;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.city.area_count = 1;
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
    make_sample(&s);
    s.attributes[0] = s.attributes[1]; /* two area attributes would overflow the list of sets */
    assert_int_equal(match_check(&s.policy, &s.city), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_value_absent_leaves_rules_without_need),
        cmocka_unit_test(test_match_cell_of_the_value_is_chosen),
        cmocka_unit_test(test_match_areas_are_joined),
        cmocka_unit_test(test_match_limit_keeps_the_best_and_counts_all),
        cmocka_unit_test(test_match_disabled_and_unknown_type),
        cmocka_unit_test(test_match_number_cells_cover_the_line),
        cmocka_unit_test(test_match_check_refuses_unsound_tables),
    };
    return cmocka_run_group_tests_name("core/match", tests, NULL, NULL);
}

/* test_change.c: what a change of rules keeps, and what it does not. */
#include "tests/unit/rules/fixture.h"

#include "rules/change.h"
#include "rules/compile.h"

#define HEAD                                                                                       \
    "ruleset: 1\nevents:\n  a.one: {title: t, lane: report, fields: {level: number, plate: "       \
    "string}}\n  a.two: {title: t, lane: report, fields: {level: number}}\nrules:\n"
#define RULE(id, event, more)                                                                      \
    "- {id: " id ", title: t, owner: dept.gas, event: " event                                      \
    ", open: {class: \"E.05.01\", severity: 2, title: t}, "                                        \
    "assign: {role: gas_crew}" more "}\n"

struct image_pair {
    void *bytes;
    struct policy policy;
};

static struct fixture_city city;

static struct image_pair compile(const char *text)
{
    struct image_pair out;
    struct scratch directory;
    size_t size = 0;
    struct problems *problems = problems_new();
    fixture_directory_init(&directory, text);
    const enum err err = rules_compile(directory.path, &city.city, problems, &out.bytes, &size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(policy_open(out.bytes, size, &city.city, &out.policy), ERR_OK);
    problems_free(problems);
    scratch_remove(&directory);
    return out;
}

/* The row of that id. */
static struct change_row row_of(const struct change *change, const char *id)
{
    for (uint32_t i = 0; i < change->count; i++) {
        uint32_t size = 0;
        const char *text = change_id(change, &change->rows[i], &size);
        if (size == strlen(id) && memcmp(text, id, size) == 0) {
            return change->rows[i];
        }
    }
    fail_msg("no row %s", id);
    return (struct change_row){.old = NONE32};
}

static void expect(const char *old, const char *new, enum change_kind kind, uint32_t shape)
{
    struct image_pair before = compile(old);
    struct image_pair after = compile(new);
    struct change change;
    change_make(&change, &before.policy, &after.policy);
    const struct change_row row = row_of(&change, "x");
    assert_int_equal(row.kind, kind);
    assert_int_equal(row.shape, shape);
    change_fini(&change);
    free(before.bytes);
    free(after.bytes);
}

#define BIT(name) (1u << CHANGE_SHAPE_BIT_##name)

static void test_change_conditions_keep_state(void **state)
{
    (void)state;
    static const char *const SAME[] = {
        RULE("x", "a.one", ", where: level >= 2, dedupe: {key: [plate], window: 1h}"),
        RULE("x", "a.one", ", priority: 7, dedupe: {key: [plate], window: 2h}"),
        RULE("x", "a.one",
             ", time: {in: cal.night}, sla: {accept: 3m}, dedupe: {key: [plate], window: 1h}"),
        /* Other fields come first in the table of the set: rows differ, names do not. */
        RULE("aa", "a.two", ", where: level > 1")
            RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}")};
    char before[1024], after[1024];
    (void)snprintf(before, sizeof before, "%s%s", HEAD,
                   RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}"));
    for (size_t i = 0; i < COUNT_OF(SAME); i++) {
        (void)snprintf(after, sizeof after, "%s%s", HEAD, SAME[i]);
        expect(before, after, CHANGE_KEPT, 0);
    }
}

static void test_change_shape_starts_anew(void **state)
{
    (void)state;
    expect(HEAD RULE("x", "a.one", ""), HEAD RULE("x", "[a.one, a.two]", ""), CHANGE_RESET,
           BIT(EVENTS));
    expect(HEAD RULE("x", "[a.two, a.one]", ""), HEAD RULE("x", "[a.one, a.two]", ""), CHANGE_KEPT,
           0);
    expect(HEAD RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}"),
           HEAD RULE("x", "a.one", ", dedupe: {key: [plate, device], window: 1h}"), CHANGE_RESET,
           BIT(DEDUPE));
    expect(HEAD RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}"),
           HEAD RULE("x", "a.one", ", dedupe: {key: [device], window: 1h}"), CHANGE_RESET,
           BIT(DEDUPE));
    expect(HEAD RULE("x", "a.one", ", merge: {key: [class], radius_m: 5}"),
           HEAD RULE("x", "a.one", ", merge: {key: [class], radius_m: 9}"), CHANGE_KEPT, 0);
    expect(HEAD RULE("x", "a.one", ", merge: {key: [class]}"),
           HEAD RULE("x", "a.one", ", merge: {key: [class, plate]}"), CHANGE_RESET, BIT(MERGE));
    expect(HEAD RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}, merge: {key: [plate]}"),
           HEAD RULE("x", "a.two", ", dedupe: {key: [device], window: 1h}"), CHANGE_RESET,
           BIT(EVENTS) | BIT(DEDUPE) | BIT(MERGE));
    /* There was nothing to forget. */
    expect(HEAD RULE("x", "a.one", ""),
           HEAD RULE("x", "a.one", ", dedupe: {key: [plate], window: 1h}"), CHANGE_KEPT, 0);
}

static void test_change_rules_come_and_go(void **state)
{
    (void)state;
    struct image_pair before =
        compile(HEAD RULE("b", "a.one", "") RULE("d", "a.one", ", priority: 3"));
    struct image_pair after = compile(HEAD RULE("a", "a.two", "") RULE(
        "b", "a.one", ", status: disabled") RULE("e", "a.one", ", priority: 3"));
    struct change change;
    change_make(&change, &before.policy, &after.policy);
    assert_int_equal(change.count, 4);
    assert_int_equal(row_of(&change, "a").kind, CHANGE_NEW);
    assert_int_equal(row_of(&change, "b").kind, CHANGE_KEPT);
    assert_true(row_of(&change, "b").was_active);
    assert_false(row_of(&change, "b").is_active);
    assert_int_equal(row_of(&change, "d").kind, CHANGE_REMOVED);
    assert_int_equal(row_of(&change, "e").kind, CHANGE_NEW);
    assert_int_equal(change.counts[CHANGE_NEW], 2);
    change_fini(&change);
    change_make(&change, NULL, &after.policy);
    assert_int_equal(change.counts[CHANGE_NEW], 3);
    change_fini(&change);
    free(before.bytes);
    free(after.bytes);
}

static void test_change_windows_go_by_what_they_keep(void **state)
{
    (void)state;
    static const char OLD[] =
        HEAD RULE("x", "a.one", ", by: [plate], window: {within: 5m, at_least: 3}");
    expect(OLD,
           HEAD RULE("x", "a.one",
                     ", by: [plate], window: {within: 5m, at_least: 7}, where: level > 1"),
           CHANGE_KEPT, 0);
    expect(OLD, HEAD RULE("x", "a.one", ", by: [plate], window: {within: 6m, at_least: 3}"),
           CHANGE_RESET, BIT(WINDOW));
    expect(OLD, HEAD RULE("x", "a.one", ", by: [device], window: {within: 5m, at_least: 3}"),
           CHANGE_RESET, BIT(WINDOW));
    expect(OLD, HEAD RULE("x", "a.one", ""), CHANGE_RESET, BIT(WINDOW));
}

static void test_change_was_takes_over_a_window(void **state)
{
    (void)state;
    struct image_pair before =
        compile(HEAD RULE("old", "a.one", ", by: [plate], window: {within: 5m, at_least: 3}"));
    struct image_pair after = compile(
        HEAD RULE("y.new", "a.one", ", was: old, by: [plate], window: {within: 5m, at_least: 4}"));
    struct change change;
    change_make(&change, &before.policy, &after.policy);
    assert_int_equal(change.count, 1);
    assert_int_equal(row_of(&change, "y.new").kind, CHANGE_KEPT);
    change_fini(&change);
    free(before.bytes);
    free(after.bytes);
}

int main(void)
{
    fixture_city_init(&city);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_change_conditions_keep_state),
                                       cmocka_unit_test(test_change_shape_starts_anew),
                                       cmocka_unit_test(test_change_rules_come_and_go),
                                       cmocka_unit_test(test_change_windows_go_by_what_they_keep),
                                       cmocka_unit_test(test_change_was_takes_over_a_window)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_city_fini(&city);
    return failed;
}

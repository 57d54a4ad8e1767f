/* test_damage.c: a policy image with changed bytes is refused or works within bounds; it never crashes.
 *
 * Run it under the address sanitizer to see reads outside the image: `make unit-rules EXTRA_CFLAGS=-fsanitize=address`. */
#include "tests/unit/rules/fixture.h"

#include "engine/core/match.h"
#include "rules/compile.h"
#include "tests/unit/panic.h"

static struct fixture_city fixture;
static void *image;
static size_t image_size;
static uint8_t *copy;

static int set_up(void **state)
{
    (void)state;
    fixture_city_init(&fixture);
    struct problems *problems = problems_new();
    assert_int_equal(
        rules_compile("rules/packs/city", &fixture.city, problems, &image, &image_size), ERR_OK);
    problems_free(problems);
    copy = malloc(image_size); /* exact size: the sanitizer guards the end */
    assert_non_null(copy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(copy);
    free(image);
    fixture_city_fini(&fixture);
    return 0;
}

/* Everything a reader would do with an opened policy. */
static void use(const struct policy *policy)
{
    static struct fixture_event event;
    uint32_t rules[8];
    for (uint32_t type = 0; type < policy->type_count; type++) {
        fixture_event_init(&event, type);
        for (uint32_t i = 0; i < policy->field_count && i < EVENT_FIELDS_MAX; i++) {
            if (policy->fields[i].kind == FIELD_STRING) {
                fixture_event_add_text(&event, i, "car");
            } else if (policy->fields[i].kind == FIELD_NUMBER) {
                fixture_event_add_number(&event, i, 3000000);
            } else {
                fixture_event_add_flag(&event, i, false);
            }
        }
        event.head.area_count = 2;
        event.head.areas[0] = 1;
        event.head.areas[1] = 7;
        event.head.place = (struct place){5000000, 5000000};
        (void)match_event(policy, &fixture.city, &event.event, rules, COUNT_OF(rules));
    }
    for (uint32_t i = 0; i < policy->assign_count; i++) {
        (void)match_condition(policy, policy->assigns[i].program, NULL, 2);
    }
    for (uint32_t i = 0; i < policy->step_count; i++) {
        (void)match_condition(policy, policy->steps[i].program, NULL, 1);
    }
}

static void test_damage_single_bytes(void **state)
{
    (void)state;
    uint32_t refused = 0;
    uint32_t tried = 0;
    uint64_t random = 20261121;
    for (size_t at = 0; at < image_size; at += 1 + fixture_random(&random) % 7) {
        memcpy(copy, image, image_size);
        copy[at] ^= (uint8_t)(1u << (fixture_random(&random) % 8));
        struct policy policy;
        tried++;
        if (policy_open(copy, image_size, &fixture.city, &policy) != ERR_OK) {
            refused++;
        } else {
            use(&policy);
        }
    }
    assert_true(refused > tried / 20);
}

/* Whole words replaced by numbers that bounds are made of. */
static void test_damage_words(void **state)
{
    (void)state;
    static const uint32_t WORDS[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x10000};
    uint64_t random = 7;
    for (size_t at = 0; at + 4 <= image_size; at += 4 * (1 + fixture_random(&random) % 3)) {
        memcpy(copy, image, image_size);
        uint32_t word = WORDS[fixture_random(&random) % COUNT_OF(WORDS)];
        memcpy(copy + at, &word, sizeof word);
        struct policy policy;
        if (policy_open(copy, image_size, &fixture.city, &policy) == ERR_OK) {
            use(&policy);
        }
    }
}

static void test_damage_cut_image_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < image_size; size += 1 + size / 16) {
        uint8_t *part = malloc(size == 0 ? 1 : size);
        assert_non_null(part);
        memcpy(part, image, size);
        struct policy policy;
        assert_int_not_equal(policy_open(part, size, &fixture.city, &policy), ERR_OK);
        free(part);
    }
}

static void test_damage_other_city_is_refused(void **state)
{
    (void)state;
    struct city other = fixture.city;
    other.image.digest.lo ^= 1;
    struct policy policy;
    assert_int_equal(policy_open(image, image_size, &other, &policy), ERR_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage_single_bytes),
        cmocka_unit_test(test_damage_words),
        cmocka_unit_test(test_damage_cut_image_is_refused),
        cmocka_unit_test(test_damage_other_city_is_refused),
    };
    return cmocka_run_group_tests_name("rules/damage", tests, set_up, tear_down);
}

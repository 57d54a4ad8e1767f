/* test_merging.c: finding the case an event belongs to, across rules with different radii and across an activation. */
#include "tests/unit/core/town.c"

static const struct place pond = {1163050000, 399050000};
static const struct place across = {1163055000, 399055000}; /* 70 m away */
static const struct town_field deep[] = {{"level", NULL, 500000}, {0}};

/* Squares grow with the greatest radius of a class: a case opened before must still be found by what comes after. */
static void test_merging_survives_other_radii(void **state)
{
    struct town *town = *state;
    const char *directory = town_copy();
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, pond, deep),
                     CODE_OPENED);
    town_edit(directory, "rules/town.yaml", "  merge: {key: [class], radius_m: 100, while: open}",
              "  merge: {key: [class], radius_m: 700, while: open}");
    town_move(town, directory);
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, across, deep),
                     CODE_MERGED);
    town_move(town, "tests/data/town");
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, across, deep),
                     CODE_MERGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_merging_survives_other_radii, town_setup,
                                        town_teardown),
    };
    return cmocka_run_group_tests_name("core/merging", tests, NULL, NULL);
}

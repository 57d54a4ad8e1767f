/* test_crs.c: GCJ-02 and BD-09 to WGS-84 and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "engine/city/crs.h"
#include "tests/unit/panic.h"

static uint64_t state = 2313;

static double random_unit(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return (double)(mix64(state) >> 11) / 9007199254740992.0;
}

static double metres(struct degrees a, struct degrees b)
{
    return (double)distance_cm(degrees_to_place(a), degrees_to_place(b)) / 100;
}

/* The pairs that come with the published formula (eviltransform, 2014): Shanghai, Shenzhen, Beijing. */
static void test_known_points(void **unused)
{
    (void)unused;
    static const struct degrees PAIRS[][2] = {
        {{121.5272106, 31.1774276}, {121.531541859215, 31.17530398364597}},
        {{113.912316, 22.543847}, {113.9171764808363, 22.540796131694766}},
        {{116.377817, 39.911954}, {116.38404722455657, 39.91334545536069}},
    };
    for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
        assert_true(metres(crs_from_wgs84(CRS_GCJ02, PAIRS[i][0]), PAIRS[i][1]) < 0.5);
        assert_true(metres(crs_to_wgs84(CRS_GCJ02, PAIRS[i][1]), PAIRS[i][0]) < 0.5);
    }
    struct degrees beijing = {116.3913, 39.9073};
    double shift = metres(beijing, crs_from_wgs84(CRS_GCJ02, beijing));
    assert_true(shift > 300 && shift < 700);
}

/* The pair of Baidu's own documents: GCJ-02 116.404, 39.915. */
static void test_bd09(void **unused)
{
    (void)unused;
    struct degrees wgs = crs_to_wgs84(CRS_GCJ02, (struct degrees){116.404, 39.915});
    struct degrees bd09 = {116.41036949371029, 39.92133699351021};
    assert_true(metres(crs_from_wgs84(CRS_BD09, wgs), bd09) < 0.5);
    assert_true(metres(crs_to_wgs84(CRS_BD09, bd09), wgs) < 0.5);
}

static void test_there_and_back_within_a_metre(void **unused)
{
    (void)unused;
    print_message("# seed %llu\n", (unsigned long long)state);
    double worst = 0;
    for (int i = 0; i < 100000; i++) {
        struct degrees truth = {73.5 + random_unit() * 62, 3.5 + random_unit() * 50};
        for (int crs = CRS_GCJ02; crs <= CRS_BD09; crs++) {
            struct degrees back = crs_to_wgs84((enum crs)crs, crs_from_wgs84((enum crs)crs, truth));
            worst = fmax(worst, metres(truth, back));
        }
    }
    print_message("# worst %.3f m\n", worst);
    assert_true(worst < 1.0);
}

static void test_outside_china_nothing_moves(void **unused)
{
    (void)unused;
    struct degrees paris = {2.3522, 48.8566};
    assert_true(metres(paris, crs_to_wgs84(CRS_GCJ02, paris)) == 0);
    assert_true(metres(paris, crs_to_wgs84(CRS_BD09, paris)) == 0);
    struct degrees beijing = {116.3913, 39.9073};
    assert_true(metres(beijing, crs_to_wgs84(CRS_WGS84, beijing)) == 0);
}

static void test_places_keep_their_limits(void **unused)
{
    (void)unused;
    struct place corner = {LON_LIMIT, LAT_LIMIT};
    for (int crs = CRS_WGS84; crs <= CRS_BD09; crs++) {
        assert_true(place_is_valid(crs_place_to_wgs84((enum crs)crs, corner)));
    }
    for (int i = 0; i < 100000; i++) { /* also on the edges of the shifted rectangle */
        struct degrees any = {random_unit() * 360 - 180, random_unit() * 180 - 90};
        struct degrees edge = {random_unit() < 0.5 ? 72.004 : 137.8347, any.lat};
        assert_true(place_is_valid(crs_place_to_wgs84(CRS_BD09, degrees_to_place(any))));
        assert_true(metres(edge, crs_to_wgs84(CRS_GCJ02, edge)) < 2000);
    }
    expect_panic((void)crs_place_to_wgs84(CRS_GCJ02, place_none()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_points),
        cmocka_unit_test(test_bd09),
        cmocka_unit_test(test_there_and_back_within_a_metre),
        cmocka_unit_test(test_outside_china_nothing_moves),
        cmocka_unit_test(test_places_keep_their_limits),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_crs", tests, NULL, NULL);
}

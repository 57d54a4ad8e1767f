/* test_distance.c: the plane of distance.c against geodesics (Vincenty 1975, iterated to 1e-12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "engine/core/distance.h"
#include "tests/unit/panic.h"

#define PI 3.14159265358979323846
#define AXIS_M 6378137.0
#define FLATTENING (1 / 298.257223563)

static uint64_t state = 4326;

static uint64_t next_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state);
}

static double random_unit(void)
{
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

/* Metres along the geodesic; NAN where the iteration does not settle (nearly antipodal). */
static double vincenty_m(struct place a, struct place b)
{
    double b_axis = AXIS_M * (1 - FLATTENING);
    double u1 = atan((1 - FLATTENING) * tan(a.lat * 1e-7 * PI / 180));
    double u2 = atan((1 - FLATTENING) * tan(b.lat * 1e-7 * PI / 180));
    double difference = remainder(((double)b.lon - a.lon) * 1e-7, 360) * PI / 180;
    double lambda = difference;
    for (int i = 0; i < 200; i++) {
        double x = cos(u2) * sin(lambda);
        double y = cos(u1) * sin(u2) - sin(u1) * cos(u2) * cos(lambda);
        double sin_sigma = sqrt(x * x + y * y);
        if (sin_sigma == 0) {
            return 0;
        }
        double cos_sigma = sin(u1) * sin(u2) + cos(u1) * cos(u2) * cos(lambda);
        double sigma = atan2(sin_sigma, cos_sigma);
        double sin_alpha = cos(u1) * cos(u2) * sin(lambda) / sin_sigma;
        double cos2_alpha = 1 - sin_alpha * sin_alpha;
        double cos_2m = cos2_alpha == 0 ? 0 : cos_sigma - 2 * sin(u1) * sin(u2) / cos2_alpha;
        double c = FLATTENING / 16 * cos2_alpha * (4 + FLATTENING * (4 - 3 * cos2_alpha));
        double inner = cos_2m + c * cos_sigma * (-1 + 2 * cos_2m * cos_2m);
        double next =
            difference + (1 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * inner);
        if (fabs(next - lambda) > 1e-12) {
            lambda = next;
            continue;
        }
        double u = cos2_alpha * (AXIS_M * AXIS_M - b_axis * b_axis) / (b_axis * b_axis);
        double big_a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)));
        double big_b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)));
        double tail =
            big_b / 6 * cos_2m * (-3 + 4 * sin_sigma * sin_sigma) * (-3 + 4 * cos_2m * cos_2m);
        double delta = big_b * sin_sigma *
                       (cos_2m + big_b / 4 * (cos_sigma * (-1 + 2 * cos_2m * cos_2m) - tail));
        return b_axis * big_a * (sigma - delta);
    }
    return NAN;
}

static struct place place_of(double lon, double lat)
{
    return (struct place){(int32_t)lround(remainder(lon, 360) * 1e7), (int32_t)lround(lat * 1e7)};
}

/* Somewhere within about reach_m of a, in any direction. */
static struct place random_near(struct place a, double reach_m)
{
    double angle = random_unit() * 2 * PI;
    double reach = random_unit() * reach_m / 111000;
    double lat = a.lat * 1e-7 + reach * sin(angle);
    return place_of(a.lon * 1e-7 + reach * cos(angle) / cos(lat * PI / 180), lat);
}

static void test_vincenty_itself(void **unused)
{
    (void)unused;
    /* Flinders Peak to Buninyon, the example of Geoscience Australia: 54,972.271 m. */
    struct place flinders =
        place_of(144 + 25 / 60.0 + 29.52440 / 3600, -(37 + 57 / 60.0 + 3.72030 / 3600));
    struct place buninyon =
        place_of(143 + 55 / 60.0 + 35.38390 / 3600, -(37 + 39 / 60.0 + 10.15610 / 3600));
    assert_true(fabs(vincenty_m(flinders, buninyon) - 54972.271) < 0.03);
}

static void test_close_to_geodesic(void **unused)
{
    (void)unused;
    print_message("# seed %llu\n", (unsigned long long)state);
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        struct place a = place_of(random_unit() * 360, random_unit() * 139 - 69.5);
        struct place b = random_near(a, 50000);
        double exact_cm = vincenty_m(a, b) * 100;
        double error = fabs((double)distance_cm(a, b) - exact_cm);
        if (exact_cm < 100000) {
            assert_true(error <= exact_cm * 0.001 + 2);
            continue;
        }
        worst = fmax(worst, error / exact_cm);
    }
    print_message("# worst error of 1 km to 50 km: %.4f %%\n", worst * 100);
    assert_true(worst <= 0.001);
}

static void test_wraps_at_the_date_line(void **unused)
{
    (void)unused;
    struct place west = place_of(179.99, -17);
    struct place east = place_of(-179.99, -17);
    double exact_cm = vincenty_m(west, east) * 100;
    assert_true(fabs((double)distance_cm(west, east) - exact_cm) <= exact_cm * 0.001);
    assert_int_equal(distance_cm(west, east), distance_cm(east, west));
    assert_int_equal(distance_cm((struct place){LON_LIMIT, 0}, (struct place){-LON_LIMIT, 0}), 0);
}

static void test_extremes_do_not_overflow(void **unused)
{
    (void)unused;
    struct place corners[] = {{LON_LIMIT, LAT_LIMIT},  {-LON_LIMIT, -LAT_LIMIT}, {0, 0},
                              {LON_LIMIT, -LAT_LIMIT}, {0, LAT_LIMIT},           {LON_LIMIT, 0}};
    for (size_t i = 0; i < COUNT_OF(corners); i++) {
        for (size_t j = 0; j < COUNT_OF(corners); j++) {
            int64_t cm = distance_cm(corners[i], corners[j]);
            assert_true(cm >= 0 && cm < INT64_C(3000000000));
            assert_int_equal(cm, distance_cm(corners[j], corners[i]));
        }
    }
    assert_int_equal(distance_cm(corners[2], corners[2]), 0);
}

/* The table, through the formula of its comment: a step of 1e-2 degrees around each whole degree. */
static void test_table_follows_the_formula(void **unused)
{
    (void)unused;
    double e2 = FLATTENING * (2 - FLATTENING);
    for (int degree = 0; degree < 90; degree++) {
        double p = degree * PI / 180;
        double w = 1 - e2 * sin(p) * sin(p);
        double per_unit = PI / 180 * 1e-7 * 100;
        double lat_cm = AXIS_M * (1 - e2) / (w * sqrt(w)) * per_unit;
        double lon_cm = AXIS_M / sqrt(w) * cos(p) * per_unit;
        struct place low = {0, degree * 10000000 - 100000};
        struct place high = {0, degree * 10000000 + 100000};
        struct place west = {0, degree * 10000000};
        struct place east = {200000, degree * 10000000};
        assert_true(fabs((double)distance_cm(low, high) - lat_cm * 200000) <= 1.01);
        assert_true(fabs((double)distance_cm(west, east) - lon_cm * 200000) <= 1.01);
    }
}

/* Spans must never be too short: a search by band would miss what lies inside the radius. */
static void test_spans_cover_the_radius(void **unused)
{
    (void)unused;
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < 200000; i++) {
        struct place a = place_of(random_unit() * 360, random_unit() * 179 - 89.5);
        struct place b = random_near(a, i % 2 == 0 ? 500 : 100000);
        if (!place_is_valid(b)) {
            continue;
        }
        int64_t cm = distance_cm(a, b);
        int64_t lon = llabs((int64_t)a.lon - b.lon);
        lon = lon > LON_LIMIT ? INT64_C(3600000000) - lon : lon;
        assert_true(llabs((int64_t)a.lat - b.lat) <= distance_lat_span(cm));
        assert_true(lon <= distance_lon_span(a.lat, cm));
    }
    assert_true(distance_lat_span(0) >= 1);
    assert_int_equal(distance_lon_span(LAT_LIMIT, 1), LON_LIMIT);
    assert_int_equal(distance_lat_span(INT64_MAX), INT64_C(1800000000));
}

static void test_spans_are_not_wasteful(void **unused)
{
    (void)unused;
    /* 1 km at 40 degrees: 0.00900..0.00905 degrees of latitude, 0.0117 of longitude. */
    assert_in_range((uintmax_t)distance_lat_span(100000), 90000, 91000);
    assert_in_range((uintmax_t)distance_lon_span(400000000, 100000), 117000, 118000);
}

static void test_places(void **unused)
{
    (void)unused;
    assert_false(place_is_known(place_none()));
    assert_false(place_is_valid(place_none()));
    assert_true(place_is_valid((struct place){LON_LIMIT, -LAT_LIMIT}));
    assert_false(place_is_valid((struct place){LON_LIMIT + 1, 0}));
    assert_false(place_is_valid((struct place){0, LAT_LIMIT + 1}));
    expect_panic((void)distance_cm(place_none(), (struct place){0, 0}));
}

/* Near and far, over the edges of degrees, the equator, the poles and the date line. */
static void test_distances_from_one_place_are_the_same(void **unused)
{
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        const int64_t reach = INT64_C(1) << (next_random() % 33);
        const int64_t degree = (int64_t)(next_random() % 181) - 90;
        const struct place from = {(int32_t)(random_unit() * 2 * LON_LIMIT - LON_LIMIT),
                                   (int32_t)(i % 2 == 0 ? random_unit() * 2 * LAT_LIMIT - LAT_LIMIT
                                                        : (double)(degree * LAT_LIMIT / 90))};
        const int64_t east = (int64_t)(next_random() % (uint64_t)(2 * reach)) - reach;
        const int64_t north = (int64_t)(next_random() % (uint64_t)(2 * reach)) - reach;
        const struct place to = {
            (int32_t)max_i64(-LON_LIMIT, min_i64(LON_LIMIT, from.lon + east)),
            (int32_t)max_i64(-LAT_LIMIT, min_i64(LAT_LIMIT, from.lat + north))};
        const struct distance_from prepared = distance_from(from);
        assert_true(distance_from_squared(&prepared, to) == distance_squared(from, to));
    }
    const struct distance_from prepared = distance_from((struct place){0, 0});
    expect_panic((void)distance_from_squared(&prepared, place_none()));
    expect_panic((void)distance_from(place_none()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vincenty_itself),
        cmocka_unit_test(test_close_to_geodesic),
        cmocka_unit_test(test_wraps_at_the_date_line),
        cmocka_unit_test(test_extremes_do_not_overflow),
        cmocka_unit_test(test_table_follows_the_formula),
        cmocka_unit_test(test_spans_cover_the_radius),
        cmocka_unit_test(test_spans_are_not_wasteful),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_distances_from_one_place_are_the_same),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_distance", tests, NULL, NULL);
}

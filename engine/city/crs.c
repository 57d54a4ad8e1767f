/* crs.c: see crs.h.
 *
 * Forward GCJ-02: the offset series published as eviltransform (2014) and used by every open map tool since, on the
 * Krasovsky 1940 ellipsoid (a = 6378245 m, e2 = 0.00669342162296594323). Forward BD-09: polar offset with
 * x_pi = pi * 3000 / 180. Inverses: p(n+1) = p(n) + (target - forward(p(n))); the forward maps differ from the
 * identity by a slope below 1e-2, so each step gains two digits. */
#include "engine/city/crs.h"

#include <math.h>

#define KRASOVSKY_A 6378245.0
#define KRASOVSKY_E2 0.00669342162296594323
#define PI 3.14159265358979323846
#define BD_PI (PI * 3000.0 / 180.0)
#define STEPS 8

const char *const CRS_NAMES[CRS_COUNT] = {"wgs84", "gcj02", "bd09"};

static bool is_shifted(struct degrees p)
{
    return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

/* The three waves both series share. */
static double waves(double x)
{
    return (20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI)) * 2.0 / 3.0;
}

static double lat_series(double x, double y)
{
    double sum = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));
    sum += waves(x);
    sum += (20.0 * sin(y * PI) + 40.0 * sin(y / 3.0 * PI)) * 2.0 / 3.0;
    sum += (160.0 * sin(y / 12.0 * PI) + 320.0 * sin(y * PI / 30.0)) * 2.0 / 3.0;
    return sum;
}

static double lon_series(double x, double y)
{
    double sum = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));
    sum += waves(x);
    sum += (20.0 * sin(x * PI) + 40.0 * sin(x / 3.0 * PI)) * 2.0 / 3.0;
    sum += (150.0 * sin(x / 12.0 * PI) + 300.0 * sin(x / 30.0 * PI)) * 2.0 / 3.0;
    return sum;
}

static struct degrees gcj02_from_wgs84(struct degrees p)
{
    if (!is_shifted(p)) {
        return p;
    }
    double x = p.lon - 105.0;
    double y = p.lat - 35.0;
    double lat_radians = p.lat / 180.0 * PI;
    double magic = sin(lat_radians);
    magic = 1.0 - KRASOVSKY_E2 * magic * magic;
    double root = sqrt(magic);
    double meridian = KRASOVSKY_A * (1.0 - KRASOVSKY_E2) / (magic * root);
    double parallel = KRASOVSKY_A / root * cos(lat_radians);
    return (struct degrees){p.lon + lon_series(x, y) * 180.0 / (parallel * PI),
                            p.lat + lat_series(x, y) * 180.0 / (meridian * PI)};
}

static struct degrees bd09_from_gcj02(struct degrees p)
{
    double radius = sqrt(p.lon * p.lon + p.lat * p.lat) + 0.00002 * sin(p.lat * BD_PI);
    double angle = atan2(p.lat, p.lon) + 0.000003 * cos(p.lon * BD_PI);
    return (struct degrees){radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006};
}

struct degrees crs_from_wgs84(enum crs crs, struct degrees from)
{
    switch (crs) {
    case CRS_GCJ02:
        return gcj02_from_wgs84(from);
    case CRS_BD09:
        return is_shifted(from) ? bd09_from_gcj02(gcj02_from_wgs84(from)) : from;
    case CRS_WGS84:
    case CRS_COUNT:
        break;
    }
    return from;
}

struct degrees crs_to_wgs84(enum crs crs, struct degrees from)
{
    if (crs == CRS_WGS84) {
        return from;
    }
    struct degrees p = from;
    for (int i = 0; i < STEPS; i++) {
        struct degrees image = crs_from_wgs84(crs, p);
        p.lon += from.lon - image.lon;
        p.lat += from.lat - image.lat;
    }
    return p;
}

struct place degrees_to_place(struct degrees degrees)
{
    must(fabs(degrees.lon) <= 180.0);
    must(fabs(degrees.lat) <= 90.0);
    return (struct place){(int32_t)lround(degrees.lon * 1e7), (int32_t)lround(degrees.lat * 1e7)};
}

struct degrees place_to_degrees(struct place place)
{
    return (struct degrees){place.lon / 1e7, place.lat / 1e7};
}

struct place crs_place_to_wgs84(enum crs crs, struct place place)
{
    must(place_is_valid(place));
    if (crs == CRS_WGS84) {
        return place;
    }
    struct degrees p = crs_to_wgs84(crs, place_to_degrees(place));
    p.lon = fmax(-180.0, fmin(180.0, p.lon));
    p.lat = fmax(-90.0, fmin(90.0, p.lat));
    return degrees_to_place(p);
}

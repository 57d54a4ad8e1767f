/* cap_shape.c: see cap_shape.h. Degrees as they are: an alert's area is of a size where the earth's curve does not matter, and
 * it is never finer than a grid cell. */
#include "engine/cli/cap_shape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRES_PER_DEGREE 111195.0
#define RADIUS_KM_MAX 20000.0

static double metres(struct cap_point a, struct cap_point b)
{
    const double middle = (a.lat + b.lat) / 2 * 3.14159265358979323846 / 180;
    const double x = (a.lon - b.lon) * cos(middle), y = a.lat - b.lat;
    return sqrt(x * x + y * y) * METRES_PER_DEGREE;
}

/* "39.98,116.32" at the start of text. */
static bool read_point(const char **text, struct cap_point *out)
{
    char *end;
    const char *at = *text;
    out->lat = strtod(at, &end);
    if (end == at || *end != ',') {
        return false;
    }
    at = end + 1;
    out->lon = strtod(at, &end);
    if (end == at || (*end != '\0' && strchr(" \t\r\n", *end) == NULL)) {
        return false;
    }
    *text = end + strspn(end, " \t\r\n");
    return out->lat >= -90 && out->lat <= 90 && out->lon >= -180 && out->lon <= 180;
}

static bool read_circle(const char *text, struct cap_shape *shape, char why[CAP_SHAPE_WHY_SIZE])
{
    char *end;
    if (!read_point(&text, &shape->points[0])) {
        (void)snprintf(why, CAP_SHAPE_WHY_SIZE,
                       "\"%.40s\": latitude,longitude and a radius in km expected", text);
        return false;
    }
    shape->radius_km = strtod(text, &end);
    if (end == text || end[strspn(end, " \t\r\n")] != '\0' || !(shape->radius_km >= 0) ||
        shape->radius_km > RADIUS_KM_MAX) {
        (void)snprintf(why, CAP_SHAPE_WHY_SIZE, "\"%.40s\": a radius of 0 to %.0f km expected",
                       text, RADIUS_KM_MAX);
        return false;
    }
    shape->count = 1;
    return true;
}

static bool read_polygon(const char *text, struct cap_shape *shape, char why[CAP_SHAPE_WHY_SIZE])
{
    while (*text != '\0') {
        if (shape->count == CAP_POINTS_MAX) {
            (void)snprintf(why, CAP_SHAPE_WHY_SIZE, "more than %u points", CAP_POINTS_MAX);
            return false;
        }
        if (!read_point(&text, &shape->points[shape->count])) {
            (void)snprintf(why, CAP_SHAPE_WHY_SIZE,
                           "point %u: \"%.40s\": latitude,longitude in degrees expected",
                           shape->count + 1, text);
            return false;
        }
        shape->count++;
    }
    const struct cap_point *first = &shape->points[0];
    const struct cap_point *last = &shape->points[shape->count == 0 ? 0 : shape->count - 1];
    if (shape->count < 4 || metres(*first, *last) > 0.01) {
        (void)snprintf(why, CAP_SHAPE_WHY_SIZE,
                       "%u points; at least 4 expected, the last equal to the first", shape->count);
        return false;
    }
    shape->count--;
    return true;
}

bool cap_shape_read(const char *text, bool is_circle, struct cap_info *info,
                    char why[CAP_SHAPE_WHY_SIZE])
{
    if (info->shape_count == CAP_SHAPES_MAX) {
        (void)snprintf(why, CAP_SHAPE_WHY_SIZE, "more than %u polygons and circles",
                       CAP_SHAPES_MAX);
        return false;
    }
    struct cap_shape *shape = &info->shapes[info->shape_count];
    *shape = (struct cap_shape){.is_circle = is_circle};
    shape->points = calloc(is_circle ? 1 : CAP_POINTS_MAX, sizeof *shape->points);
    if (shape->points == NULL) {
        (void)snprintf(why, CAP_SHAPE_WHY_SIZE, "no memory");
        return false;
    }
    info->shape_count++; /* freed with the alert, whatever it is */
    return is_circle ? read_circle(text, shape, why) : read_polygon(text, shape, why);
}

bool cap_shape_holds(const struct cap_shape *shape, struct cap_point place)
{
    bool is_inside = false;
    if (shape->is_circle) {
        return metres(shape->points[0], place) <= shape->radius_km * 1000;
    }
    for (uint32_t i = 0, j = shape->count - 1; i < shape->count; j = i++) {
        const struct cap_point a = shape->points[i], b = shape->points[j];
        const bool spans = (a.lat > place.lat) != (b.lat > place.lat);
        if (spans && place.lon < (b.lon - a.lon) * (place.lat - a.lat) / (b.lat - a.lat) + a.lon) {
            is_inside = !is_inside;
        }
    }
    return is_inside;
}

struct cap_point cap_shape_centre(const struct cap_shape *shape)
{
    const struct cap_point from = shape->points[0]; /* sums near zero lose nothing */
    double area = 0, lat = 0, lon = 0;
    for (uint32_t i = 0, j = shape->count - 1; !shape->is_circle && i < shape->count; j = i++) {
        const double ax = shape->points[j].lon - from.lon, ay = shape->points[j].lat - from.lat;
        const double bx = shape->points[i].lon - from.lon, by = shape->points[i].lat - from.lat;
        const double cross = ax * by - bx * ay;
        area += cross;
        lon += (ax + bx) * cross;
        lat += (ay + by) * cross;
    }
    if (fabs(area) < 1e-12) { /* a circle, or a polygon without an inside */
        return from;
    }
    return (struct cap_point){.lat = from.lat + lat / (3 * area),
                              .lon = from.lon + lon / (3 * area)};
}

double cap_shape_reach_m(const struct cap_shape *shape, struct cap_point place)
{
    double reach = 0;
    for (uint32_t i = 0; i < shape->count; i++) {
        const double far = metres(shape->points[i], place) + shape->radius_km * 1000;
        reach = far > reach ? far : reach;
    }
    return reach;
}

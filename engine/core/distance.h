/* distance.h: straight-line distance in integer centimetres on the WGS-84 ellipsoid.
 *
 * Local plane at the mean latitude: centimetres per 1e-7 degree from a table of one row per degree of
 * latitude, interpolated. Error <= 0.1 % of the geodesic up to 50 km below 70 degrees (tested).
 * Longitudes wrap at 180 degrees. */
#ifndef ENGINE_CORE_DISTANCE_H
#define ENGINE_CORE_DISTANCE_H

#include "engine/core/base.h"

#define LON_LIMIT 1800000000
#define LAT_LIMIT 900000000

/* A place in 1e-7 degrees. No place: lon == PLACE_NONE. */
#define PLACE_NONE INT32_MIN

struct place {
    int32_t lon;
    int32_t lat;
};

static inline bool place_is_known(struct place p)
{
    return p.lon != PLACE_NONE;
}

static inline struct place place_none(void)
{
    return (struct place){PLACE_NONE, PLACE_NONE};
}

/* |lon| <= 180 degrees and |lat| <= 90 degrees. Moved up by the limit, what lies below it is out of range too. */
static inline bool place_is_valid(struct place p)
{
    return (uint32_t)p.lon + LON_LIMIT <= 2u * LON_LIMIT &&
           (uint32_t)p.lat + LAT_LIMIT <= 2u * LAT_LIMIT;
}

/* Centimetres; both places known. */
int64_t distance_cm(struct place a, struct place b);

/* Its square before the root is taken and rounded down: far cheaper, enough to tell who is out of the question. */
uint64_t distance_squared(struct place a, struct place b);

#define DISTANCE_DEGREE 10000000u          /* 1e-7 degrees in one */
#define DISTANCE_SCALE INT64_C(1000000000) /* of the scales: 1e-9 cm */

/* What every distance from one place shares: the scales around mean latitudes of its own whole degree. */
struct distance_from {
    struct place place;
    uint32_t lat_first;          /* |latitude| of that degree */
    uint64_t lat, lon;           /* scales there */
    uint64_t lat_more, lon_less; /* up to the next degree */
};

/* The place is known. */
struct distance_from distance_from(struct place place);

/* distance_squared(from->place, to), for many near places: a third of the work. */
static inline uint64_t distance_from_squared(const struct distance_from *from, struct place to)
{
    const int64_t sum = (int64_t)from->place.lat + to.lat;
    const uint32_t part = (uint32_t)((sum < 0 ? -sum : sum) / 2) - from->lat_first;
    const int64_t up = (int64_t)from->place.lat - to.lat;
    const int64_t right = (int64_t)from->place.lon - to.lon;
    const uint64_t lat_difference = (uint64_t)(up < 0 ? -up : up);
    const uint64_t lon_difference = (uint64_t)(right < 0 ? -right : right);
    must(place_is_valid(to));
    if (part >= DISTANCE_DEGREE || lon_difference > LON_LIMIT) {
        return distance_squared(from->place, to);
    }
    const uint64_t lat = from->lat + from->lat_more * part / DISTANCE_DEGREE;
    const uint64_t lon = from->lon - from->lon_less * part / DISTANCE_DEGREE;
    const uint64_t north = lat_difference * lat / DISTANCE_SCALE;
    const uint64_t east = lon_difference * lon / DISTANCE_SCALE;
    return north * north + east * east;
}

/* How many 1e-7 degrees of latitude or of longitude (at lat) cover cm; rounded up. */
int64_t distance_lat_span(int64_t cm);
int64_t distance_lon_span(int32_t lat, int64_t cm);

#endif

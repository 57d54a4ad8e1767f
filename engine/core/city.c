/* city.c: opens a city image and answers what the core asks of it; the rows are checked in city_check.c.
 *
 * Cost    city_open: every row once; city_find_asset: O(log assets + assets of the kind in the band of latitude) */
#include "engine/core/city.h"

#include "engine/core/city_check.h"
#include "engine/core/distance.h"

/* Opens one section into the pointer and count of its view, keeping the first error. */
#define OPEN_ROWS(section, field, count)                                                           \
    do {                                                                                           \
        const void *rows = NULL;                                                                   \
        if (err == ERR_OK) {                                                                       \
            err = image_rows(&city.image, section, sizeof *city.field, &rows, &city.count);        \
            city.field = rows;                                                                     \
        }                                                                                          \
    } while (0)

enum err city_open(const void *bytes, uint64_t size, struct city *out_city)
{
    struct city city;
    memset(&city, 0, sizeof city);
    enum err err = image_open(bytes, size, IMAGE_CITY, &city.image);
    uint32_t info_count = 0;
    if (err == ERR_OK) {
        const void *rows = NULL;
        err = image_rows(&city.image, CITY_INFO, sizeof *city.info, &rows, &info_count);
        city.info = rows;
    }
    OPEN_ROWS(CITY_TRANSITIONS, transitions, transition_count);
    OPEN_ROWS(CITY_CELLS, cells, cell_count);
    OPEN_ROWS(CITY_CELL_PERSONS, cell_persons, cell_person_count);
    OPEN_ROWS(CITY_UNITS, units, unit_count);
    OPEN_ROWS(CITY_AREAS, areas, area_count);
    OPEN_ROWS(CITY_DEPARTMENTS, departments, department_count);
    OPEN_ROWS(CITY_POSTS, posts, post_count);
    OPEN_ROWS(CITY_POST_PERSONS, post_persons, post_person_count);
    OPEN_ROWS(CITY_PERSONS, persons, person_count);
    OPEN_ROWS(CITY_GATEWAYS, gateways, gateway_count);
    OPEN_ROWS(CITY_GATEWAY_TYPES, gateway_types, gateway_type_count);
    OPEN_ROWS(CITY_DEVICES, devices, device_count);
    OPEN_ROWS(CITY_ASSETS, assets, asset_count);
    OPEN_ROWS(CITY_ASSET_KINDS, asset_kinds, asset_kind_count);
    OPEN_ROWS(CITY_CALENDARS, calendars, calendar_count);
    OPEN_ROWS(CITY_INTERVALS, intervals, interval_count);
    OPEN_ROWS(CITY_EXCEPTIONS, exceptions, exception_count);
    OPEN_ROWS(CITY_CLASSES, classes, class_count);
    OPEN_ROWS(CITY_ROLES, roles, role_count);
    OPEN_ROWS(CITY_SKILLS, skills, skill_count);
    OPEN_ROWS(CITY_MODES, modes, mode_count);
    OPEN_ROWS(CITY_DEVICE_AREAS, device_areas, device_area_count);
    OPEN_ROWS(CITY_PERMITS, permits, permit_count);
    OPEN_ROWS(CITY_REGISTRIES, registries, registry_count);
    OPEN_ROWS(CITY_COLUMNS, columns, column_count);
    OPEN_ROWS(CITY_VALUES, values, value_count);
    OPEN_ROWS(CITY_ROAD_NODES, road_nodes, road_node_count);
    OPEN_ROWS(CITY_ROAD_ARCS, road_arcs, road_arc_count);
    OPEN_ROWS(CITY_ROAD_TIMES, road_times, road_time_count);
    OPEN_ROWS(CITY_ROAD_GRID, road_grid, road_grid_count);
    OPEN_ROWS(CITY_ROAD_SQUARES, road_squares, road_square_count);
    OPEN_ROWS(CITY_LABELS, labels, label_count);
    OPEN_ROWS(SECTION_STRINGS, strings, string_size);
    if (err != ERR_OK) {
        return err;
    }
    if (info_count != 1 || !city_check(&city)) {
        return ERR_MALFORMED;
    }
    *out_city = city;
    return ERR_OK;
}

const struct city_registry *city_registry_of(const struct city *city, uint32_t kind)
{
    for (uint32_t i = 0; i < city->registry_count; i++) {
        if (city->registries[i].kind == kind) {
            return &city->registries[i];
        }
    }
    return NULL;
}

const struct city_value *city_value_at(const struct city *city,
                                       const struct city_registry *registry, uint32_t asset,
                                       uint32_t column)
{
    const uint32_t row = asset - registry->assets.first;
    must(row < registry->assets.count && column < registry->columns.count);
    return &city->values[registry->value_first + row * registry->columns.count + column];
}

uint32_t city_unit_of_cell(const struct city *city, uint32_t cell, uint32_t level)
{
    must(cell < city->cell_count);
    must(level > 0);
    /* Levels rise on the way up (city_check), so this ends. */
    uint32_t unit = city->cells[cell].unit;
    while (unit != NONE32 && city->units[unit].level < level) {
        unit = city->units[unit].parent;
    }
    return unit != NONE32 && city->units[unit].level == level ? unit : NONE32;
}

int64_t city_local_ms(const struct city *city, int64_t at_ms)
{
    must(city->transition_count > 0);
    uint32_t low = 0; /* transitions[low].at_ms <= at_ms always */
    uint32_t high = city->transition_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (city->transitions[middle].at_ms <= at_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return add_clamped(at_ms, city->transitions[low].offset_ms);
}

/* Civil date of a day count, proleptic Gregorian, by eras of 400 years that start on 1 March
 * (H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days). */
static uint32_t date_of_day(int64_t day)
{
    int64_t shifted = day + 719468;
    int64_t era = div_floor(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return (uint32_t)(year * 10000 + month * 100 + day_of_month);
}

#define DAY_OF_YEAR_0 INT64_C(-719528)    /* 0000-01-01 */
#define DAY_OF_YEAR_9999 INT64_C(2932896) /* 9999-12-31 */

uint32_t city_local_date(const struct city *city, int64_t at_ms)
{
    int64_t day = div_floor(city_local_ms(city, at_ms), DAY_MS);
    return city_date_of_day(day);
}

uint32_t city_date_of_day(int64_t day)
{
    return date_of_day(max_i64(DAY_OF_YEAR_0, min_i64(day, DAY_OF_YEAR_9999)));
}

uint32_t city_find_permit(const struct city *city, uint32_t asset, uint32_t class_row,
                          uint32_t department, int64_t at_ms)
{
    const int64_t day = div_floor(city_local_ms(city, at_ms), DAY_MS);
    uint32_t low = 0;
    uint32_t high = city->permit_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (city->permits[middle].asset < asset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < city->permit_count && city->permits[low].asset == asset; low++) {
        const struct city_permit *permit = &city->permits[low];
        if (permit->class_row == class_row && permit->department != department &&
            permit->from_day <= day && day < permit->until_day) {
            return low;
        }
    }
    return NONE32;
}

/* First asset that is not before (kind, lat). */
static uint32_t asset_lower_bound(const struct city *city, uint32_t kind, int64_t lat)
{
    uint32_t low = 0;
    uint32_t high = city->asset_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct city_asset *asset = &city->assets[middle];
        if (asset->kind < kind || (asset->kind == kind && asset->lat < lat)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t city_find_asset(const struct city *city, uint32_t kind, int32_t lon, int32_t lat,
                         int64_t radius_cm)
{
    must(radius_cm >= 0);
    struct place from = {lon, lat};
    must(place_is_valid(from));
    int64_t span = distance_lat_span(radius_cm);
    uint32_t nearest = NONE32;
    int64_t nearest_cm = radius_cm;
    for (uint32_t row = asset_lower_bound(city, kind, (int64_t)lat - span);
         row < city->asset_count && city->assets[row].kind == kind &&
         city->assets[row].lat <= (int64_t)lat + span;
         row++) {
        struct place place = {city->assets[row].lon, city->assets[row].lat};
        int64_t cm = distance_cm(from, place);
        if (cm < nearest_cm || (cm == nearest_cm && nearest == NONE32)) {
            nearest = row;
            nearest_cm = cm;
        }
    }
    return nearest;
}

int64_t city_travel_ms(const struct city_mode *mode, int64_t distance_cm)
{
    must(distance_cm >= 0);
    /* cm x 10 = mm; x detour / 1000; / (mm/s) x 1000 = ms */
    const int64_t speed = max_i64(1, mode->speed_mm_per_s);
    if (mode->detour_permille <= 1000000) { /* 2e9 cm x 10 x 1e6 fits */
        return distance_cm * 10 * (int64_t)mode->detour_permille / speed;
    }
    return mul_div(mul_div(distance_cm, 10 * (int64_t)mode->detour_permille, 1), 1, speed);
}

bool city_gateway_may_send(const struct city *city, const struct city_gateway *gateway,
                           const char *type, uint64_t type_size)
{
    for (uint32_t i = 0; i < gateway->types.count; i++) {
        const struct image_string prefix = city->gateway_types[gateway->types.first + i];
        if (prefix.size <= type_size && memcmp(city_text(city, prefix), type, prefix.size) == 0) {
            return true;
        }
    }
    return gateway->types.count == 0;
}

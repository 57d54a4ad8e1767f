/* city_check.c: what must be true of every row of a city image, one function per table.
 *
 * Truths beside indices and ranges: cells, persons and gateways ascend by name (equal directories give equal
 * bytes); assets ascend by (kind, lat, lon) (binary search); a unit's parent has a higher level (the tree ends);
 * intervals and exceptions of a calendar ascend; the first transition is at INT64_MIN (every instant has one). */
#include "engine/core/city_check.h"

#include "engine/core/command.h"
#include "engine/core/distance.h"

#define RIGHTS_ALL ((RIGHT_ADMINISTRATOR << 1) - 1)
#define SPEED_LIMIT_MM_PER_S 300000u /* faster than any helicopter: a wrong unit */
#define DETOUR_PERMILLE_LIMIT 100000u

static bool text_is_inside(const struct city *city, struct image_string s)
{
    return s.offset <= city->string_size && s.size <= city->string_size - s.offset;
}

static bool name_is_sound(const struct city *city, struct image_string s)
{
    return s.size > 0 && text_is_inside(city, s);
}

static bool range_is_inside(struct image_range range, uint32_t count)
{
    return range.first <= count && range.count <= count - range.first;
}

static bool row_or_none(uint32_t row, uint32_t count)
{
    return row == NONE32 || row < count;
}

/* Byte order; a prefix comes first. Both strings were checked. */
static int text_compare(const struct city *city, struct image_string a, struct image_string b)
{
    uint32_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(city->strings + a.offset, city->strings + b.offset, size);
    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

static bool place_is_sound(int32_t lon, int32_t lat)
{
    return place_is_valid((struct place){lon, lat});
}

static bool rows_ascend(const uint32_t *rows, struct image_range range, uint32_t limit)
{
    for (uint32_t i = 0; i < range.count; i++) {
        uint32_t row = rows[range.first + i];
        if (row >= limit || (i > 0 && rows[range.first + i - 1] >= row)) {
            return false;
        }
    }
    return true;
}

static bool mask_is_sound(uint64_t mask, uint32_t bit_count)
{
    return bit_count >= 64 || mask >> bit_count == 0;
}

static bool info_is_sound(const struct city *city)
{
    const struct city_info *info = city->info;
    return text_is_inside(city, info->name) && text_is_inside(city, info->name_en) &&
           text_is_inside(city, info->time_zone) && text_is_inside(city, info->source_digest_hex) &&
           place_is_sound(info->lon_min, info->lat_min) &&
           place_is_sound(info->lon_max, info->lat_max) && info->lon_min <= info->lon_max &&
           info->lat_min <= info->lat_max && info->level_count <= CITY_LEVELS_MAX &&
           info->district_level <= info->level_count && info->command_post < city->post_count &&
           info->supervision_post < city->post_count && info->desk_post < city->post_count &&
           info->mode_default < city->mode_count && info->adjudication_post < city->post_count &&
           info->position_ms > 0 && info->position_ms <= CITY_LIMIT_DAYS_MAX * DAY_MS &&
           info->ruling_ms > 0 && info->ruling_ms <= CITY_LIMIT_DAYS_MAX * DAY_MS;
}

static bool transitions_are_sound(const struct city *city)
{
    if (city->transition_count == 0 || city->transitions[0].at_ms != INT64_MIN) {
        return false;
    }
    for (uint32_t i = 0; i < city->transition_count; i++) {
        const struct city_transition *row = &city->transitions[i];
        if (row->offset_ms <= -DAY_MS || row->offset_ms >= DAY_MS ||
            row->at_ms > CITY_DAY_LIMIT * DAY_MS) {
            return false;
        }
        /* Two changes within a day would let local time run through a day's edge twice over. */
        if (i > 0 && row->at_ms < add_clamped(row[-1].at_ms, 3 * DAY_MS)) {
            return false;
        }
    }
    return true;
}

static bool cells_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->cell_count; i++) {
        const struct city_cell *row = &city->cells[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->name) ||
            !range_is_inside(row->persons, city->cell_person_count) ||
            !rows_ascend(city->cell_persons, row->persons, city->person_count) ||
            !row_or_none(row->unit, city->unit_count) || !place_is_sound(row->lon, row->lat) ||
            row->reserved != 0) {
            return false;
        }
        if (i > 0 && text_compare(city, row[-1].code, row->code) >= 0) {
            return false;
        }
    }
    return true;
}

static bool units_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->unit_count; i++) {
        const struct city_unit *row = &city->units[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->name) ||
            row->level == 0 || row->level > city->info->level_count || row->reserved != 0 ||
            !row_or_none(row->parent, city->unit_count)) {
            return false;
        }
        if (row->parent != NONE32 && city->units[row->parent].level <= row->level) {
            return false;
        }
    }
    return true;
}

static bool areas_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->area_count; i++) {
        const struct city_area *row = &city->areas[i];
        if (!name_is_sound(city, row->name) || !name_is_sound(city, row->zone) ||
            !text_is_inside(city, row->title) || !text_is_inside(city, row->kind)) {
            return false;
        }
    }
    return city->area_count < NONE16; /* an event names areas by u16 */
}

static bool departments_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->department_count; i++) {
        const struct city_department *row = &city->departments[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->name) ||
            !text_is_inside(city, row->name_en) || !row_or_none(row->duty_post, city->post_count) ||
            !row_or_none(row->lead_post, city->post_count) ||
            !row_or_none(row->calendar, city->calendar_count) ||
            row->level > CITY_DEPARTMENT_LEVELS) {
            return false;
        }
    }
    return true;
}

static bool posts_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->post_count; i++) {
        const struct city_post *row = &city->posts[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->name) ||
            !text_is_inside(city, row->name_en) ||
            !range_is_inside(row->persons, city->post_person_count) ||
            !row_or_none(row->department, city->department_count) || row->reserved != 0) {
            return false;
        }
    }
    for (uint32_t i = 0; i < city->post_person_count; i++) {
        if (city->post_persons[i] >= city->person_count) {
            return false;
        }
    }
    return true;
}

static bool person_is_sound(const struct city *city, const struct city_person *row)
{
    bool is_named = name_is_sound(city, row->id) && text_is_inside(city, row->name) &&
                    text_is_inside(city, row->name_en) && text_is_inside(city, row->team) &&
                    !hash128_is_none(row->id_hash);
    bool is_placed = row_or_none(row->home_cell, city->cell_count) &&
                     ((row->lon == PLACE_NONE && row->lat == PLACE_NONE && row->has_base == 0) ||
                      place_is_sound(row->lon, row->lat));
    return is_named && is_placed && mask_is_sound(row->roles, city->role_count) &&
           mask_is_sound(row->skills, city->skill_count) && row->rights <= RIGHTS_ALL &&
           row_or_none(row->department, city->department_count) &&
           row_or_none(row->shift, city->calendar_count) && row->mode < city->mode_count &&
           row->has_base <= 1 && row->unit <= city->unit_count;
}

static bool persons_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct city_person *row = &city->persons[i];
        if (!person_is_sound(city, row) ||
            (i > 0 && text_compare(city, row[-1].id, row->id) >= 0)) {
            return false;
        }
    }
    return true;
}

static bool gateways_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        const struct city_gateway *row = &city->gateways[i];
        if (!name_is_sound(city, row->id) || !text_is_inside(city, row->name) ||
            hash128_is_none(row->id_hash) ||
            !range_is_inside(row->types, city->gateway_type_count) || row->kind < GATEWAY_SENSOR ||
            row->kind > GATEWAY_PATROL || row->is_trusted > 1) {
            return false;
        }
        if (i > 0 && text_compare(city, row[-1].id, row->id) >= 0) {
            return false;
        }
    }
    for (uint32_t i = 0; i < city->gateway_type_count; i++) {
        if (!name_is_sound(city, city->gateway_types[i])) {
            return false;
        }
    }
    return true;
}

static bool device_areas_ascend(const struct city *city, struct image_range range)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const uint16_t *area = &city->device_areas[range.first + i];
        if (*area >= city->area_count || (i > 0 && area[-1] >= *area)) {
            return false;
        }
    }
    return true;
}

static bool devices_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct city_device *row = &city->devices[i];
        if (!name_is_sound(city, row->id) || hash128_is_none(row->id_hash) ||
            row->areas.count > EVENT_AREAS_MAX ||
            !range_is_inside(row->areas, city->device_area_count) ||
            !device_areas_ascend(city, row->areas) || !place_is_sound(row->lon, row->lat) ||
            !row_or_none(row->cell, city->cell_count) ||
            !row_or_none(row->asset, city->asset_count) ||
            !row_or_none(row->kind, city->asset_kind_count) ||
            !row_or_none(row->zone, city->area_count)) {
            return false;
        }
    }
    return true;
}

static bool asset_is_before(const struct city_asset *a, const struct city_asset *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind;
    }
    return a->lat != b->lat ? a->lat < b->lat : a->lon < b->lon;
}

static bool assets_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->asset_count; i++) {
        const struct city_asset *row = &city->assets[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->name) ||
            row->kind >= city->asset_kind_count || !place_is_sound(row->lon, row->lat) ||
            !row_or_none(row->cell, city->cell_count) ||
            !row_or_none(row->department, city->department_count) || row->reserved != 0) {
            return false;
        }
        if (i > 0 && asset_is_before(row, &row[-1])) {
            return false;
        }
    }
    return true;
}

static bool names_are_sound(const struct city *city, const struct image_string *names,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!name_is_sound(city, names[i])) {
            return false;
        }
    }
    return true;
}

static bool calendar_is_sound(const struct city *city, const struct city_calendar *row)
{
    if (!name_is_sound(city, row->name) || !range_is_inside(row->intervals, city->interval_count) ||
        !range_is_inside(row->exceptions, city->exception_count) ||
        row->valid_from_day < -CITY_DAY_LIMIT || row->valid_until_day > CITY_DAY_LIMIT ||
        row->valid_from_day >= row->valid_until_day) {
        return false;
    }
    for (uint32_t i = 0; i < row->intervals.count; i++) {
        const struct city_interval *interval = &city->intervals[row->intervals.first + i];
        if (interval->start_minute >= interval->end_minute || interval->end_minute > 10080 ||
            (i > 0 && interval[-1].end_minute >= interval->start_minute)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < row->exceptions.count; i++) {
        const struct city_exception *exception = &city->exceptions[row->exceptions.first + i];
        if (exception->weekday < -1 || exception->weekday > 6 ||
            (i > 0 && exception[-1].day >= exception->day)) {
            return false;
        }
    }
    return true;
}

static bool calendars_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->calendar_count; i++) {
        if (!calendar_is_sound(city, &city->calendars[i])) {
            return false;
        }
    }
    return true;
}

static bool limit_is_sound(struct clock_limit limit)
{
    bool is_in_days = limit.unit == UNIT_WORK_DAY_END || limit.unit == UNIT_NATURAL_DAY;
    int64_t value_max = is_in_days ? CITY_LIMIT_DAYS_MAX : CITY_LIMIT_DAYS_MAX * DAY_MS;
    return limit.unit <= UNIT_NATURAL_DAY && limit.reserved == 0 && limit.value >= 0 &&
           limit.value <= value_max;
}

static bool classes_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->class_count; i++) {
        const struct city_class *row = &city->classes[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->title) ||
            !text_is_inside(city, row->title_en) || !text_is_inside(city, row->basis) ||
            !limit_is_sound(row->handle) || !row_or_none(row->department, city->department_count) ||
            row->check > CHECK_NONE || row->reopen_ms > CITY_LIMIT_DAYS_MAX * (uint64_t)DAY_MS ||
            row->notice_ms < 0 || row->notice_ms > CITY_LIMIT_DAYS_MAX * DAY_MS) {
            return false;
        }
    }
    return true;
}

static bool permits_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->permit_count; i++) {
        const struct city_permit *row = &city->permits[i];
        if (!name_is_sound(city, row->code) || !text_is_inside(city, row->title) ||
            !text_is_inside(city, row->basis) || row->asset >= city->asset_count ||
            row->class_row >= city->class_count || row->department >= city->department_count ||
            row->from_day < -CITY_DAY_LIMIT || row->until_day > CITY_DAY_LIMIT ||
            row->from_day >= row->until_day || row->reserved != 0) {
            return false;
        }
        if (i > 0 &&
            (row[-1].asset > row->asset ||
             (row[-1].asset == row->asset && text_compare(city, row[-1].code, row->code) >= 0))) {
            return false;
        }
    }
    return true;
}

static bool modes_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->mode_count; i++) {
        const struct city_mode *row = &city->modes[i];
        if (!name_is_sound(city, row->name) || row->speed_mm_per_s == 0 ||
            row->speed_mm_per_s > SPEED_LIMIT_MM_PER_S || row->detour_permille < 1000 ||
            row->detour_permille > DETOUR_PERMILLE_LIMIT) {
            return false;
        }
    }
    return true;
}

/* Every asset of the kind and no other, and a cell for every column of every one. */
static bool registry_is_sound(const struct city *city, const struct city_registry *row)
{
    if (row->kind >= city->asset_kind_count || !range_is_inside(row->assets, city->asset_count) ||
        !range_is_inside(row->columns, city->column_count) ||
        row->columns.count > REGISTRY_COLUMNS_MAX) {
        return false;
    }
    const uint64_t cells = (uint64_t)row->assets.count * row->columns.count;
    if (row->value_first > city->value_count || cells > city->value_count - row->value_first) {
        return false;
    }
    for (uint32_t i = 0; i < row->assets.count; i++) {
        if (city->assets[row->assets.first + i].kind != row->kind) {
            return false;
        }
    }
    for (uint32_t i = 1; i < row->columns.count; i++) {
        const struct city_column *column = &city->columns[row->columns.first + i];
        if (text_compare(city, column[-1].name, column->name) >= 0) {
            return false;
        }
    }
    return true;
}

static bool registries_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->column_count; i++) {
        const struct city_column *row = &city->columns[i];
        if (!name_is_sound(city, row->name) || row->kind < COLUMN_NUMBER ||
            row->kind > COLUMN_TRUTH) {
            return false;
        }
    }
    for (uint32_t i = 0; i < city->value_count; i++) {
        if (!text_is_inside(city, city->values[i].text)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < city->registry_count; i++) {
        if ((i > 0 && city->registries[i - 1].kind >= city->registries[i].kind) ||
            !registry_is_sound(city, &city->registries[i])) {
            return false;
        }
    }
    return true;
}

static bool road_arcs_are_sound(const struct city *city)
{
    uint32_t first = 0; /* every arc has one owner, in order */
    for (uint32_t i = 0; i < city->road_node_count; i++) {
        const struct city_road_node *row = &city->road_nodes[i];
        if (!place_is_valid((struct place){row->lon, row->lat}) || row->arcs.first != first ||
            !range_is_inside(row->arcs, city->road_arc_count)) {
            return false;
        }
        first += row->arcs.count;
    }
    if (first != city->road_arc_count) {
        return false;
    }
    for (uint32_t i = 0; i < city->road_arc_count; i++) {
        if (city->road_arcs[i] >= city->road_node_count) {
            return false;
        }
    }
    for (uint32_t i = 0; i < city->road_time_count; i++) {
        if (city->road_times[i] > ROAD_MS_MAX && city->road_times[i] != ROAD_CLOSED) {
            return false;
        }
    }
    return true;
}

/* Every node stands in its square, so that the search for the nearest misses none. */
static bool road_squares_are_sound(const struct city *city)
{
    const struct city_road_grid *grid = city->road_grid;
    const uint64_t squares = (uint64_t)grid->columns * grid->rows;
    if (grid->fastest_mm_per_s == 0 || grid->lon_span == 0 || grid->lat_span == 0 ||
        grid->lon_span > LON_LIMIT || grid->lat_span > LAT_LIMIT || squares == 0 ||
        squares + 1 != city->road_square_count || city->road_squares[0] != 0 ||
        city->road_squares[squares] != city->road_node_count) {
        return false;
    }
    for (uint64_t square = 0; square < squares; square++) {
        if (city->road_squares[square] > city->road_squares[square + 1] ||
            city->road_squares[square + 1] > city->road_node_count) {
            return false;
        }
        const int64_t column = (int64_t)(square % grid->columns);
        const int64_t row = (int64_t)(square / grid->columns);
        for (uint32_t i = city->road_squares[square]; i < city->road_squares[square + 1]; i++) {
            const struct city_road_node *node = &city->road_nodes[i];
            if (div_floor((int64_t)node->lon - grid->lon_min, grid->lon_span) != column ||
                div_floor((int64_t)node->lat - grid->lat_min, grid->lat_span) != row) {
                return false;
            }
        }
    }
    return true;
}

static bool roads_are_sound(const struct city *city)
{
    if (city->road_node_count == 0) {
        return city->road_arc_count == 0 && city->road_time_count == 0 &&
               city->road_grid_count == 0 && city->road_square_count == 0;
    }
    return city->road_node_count <= ROAD_NODES_MAX && city->mode_count <= ROAD_MODES_MAX &&
           city->road_grid_count == 1 &&
           (uint64_t)city->road_arc_count * city->mode_count == city->road_time_count &&
           road_squares_are_sound(city) && road_arcs_are_sound(city);
}

static bool labels_are_sound(const struct city *city)
{
    for (uint32_t i = 0; i < city->label_count; i++) {
        const struct city_label *row = &city->labels[i];
        if (!text_is_inside(city, row->kind) || !text_is_inside(city, row->code) ||
            !text_is_inside(city, row->zh) || !text_is_inside(city, row->en) ||
            row->zh.size > CITY_LABEL_SIZE_MAX || row->en.size > CITY_LABEL_SIZE_MAX ||
            row->reserved != 0) {
            return false;
        }
    }
    return city->label_count <= CITY_LABELS_MAX;
}

bool city_check(const struct city *city)
{
    return info_is_sound(city) && transitions_are_sound(city) && units_are_sound(city) &&
           cells_are_sound(city) && areas_are_sound(city) && departments_are_sound(city) &&
           posts_are_sound(city) && persons_are_sound(city) && gateways_are_sound(city) &&
           devices_are_sound(city) && assets_are_sound(city) &&
           names_are_sound(city, city->asset_kinds, city->asset_kind_count) &&
           registries_are_sound(city) && calendars_are_sound(city) && classes_are_sound(city) &&
           city->role_count <= CITY_ROLES_MAX && city->skill_count <= CITY_SKILLS_MAX &&
           names_are_sound(city, city->roles, city->role_count) &&
           names_are_sound(city, city->skills, city->skill_count) && modes_are_sound(city) &&
           permits_are_sound(city) && roads_are_sound(city) && labels_are_sound(city);
}

/* city_plan.c: the map of a synthetic city: vertices, codes, places, zones. */
#include "sim/city_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* South-west corner. Farmland on real maps; the city is invented. */
#define ORIGIN_LON_E7 INT32_C(1163000000)
#define ORIGIN_LAT_E7 INT32_C(400300000)
/* 500 m x 450 m cells at 40.03 degrees north: the usual size of a grid of a few hundred households. */
#define CELL_LON_E7 INT32_C(58600)
#define CELL_LAT_E7 INT32_C(40500)
#define LON_E7_PER_KM INT64_C(117200)
#define LAT_E7_PER_KM INT64_C(90060)

static const struct plan_size SIZES[] = {
    [CITY_SMALL] = {.name = "small",
                    .columns = 6,
                    .rows = 4,
                    .block_columns = 3,
                    .block_rows = 2,
                    .district_columns = 6,
                    .grid_workers = 24,
                    .city_officers = 4,
                    .community_workers = 3,
                    .traffic_officers = 3,
                    .police = 2,
                    .gas_crews = 2,
                    .repair_crews = 2,
                    .inspectors = 9,
                    .env_inspectors = 14,
                    .cameras = 3,
                    .gas_sensors = 2,
                    .manhole_sensors = 2,
                    .lamp_sensors = 2,
                    .rare_cells_per_sensor = 3,
                    .litter_bins = 4,
                    .manholes = 4,
                    .lamps = 4,
                    .trees = 3,
                    .valves = 1,
                    .camera_gateways = 1,
                    .sensor_gateways = 1},
    [CITY_MEDIUM] = {.name = "medium",
                     .columns = 20,
                     .rows = 10,
                     .block_columns = 5,
                     .block_rows = 5,
                     .district_columns = 10,
                     .grid_workers = 1000,
                     .city_officers = 150,
                     .community_workers = 130,
                     .traffic_officers = 100,
                     .police = 60,
                     .gas_crews = 24,
                     .repair_crews = 36,
                     .inspectors = 150,
                     .env_inspectors = 60,
                     .cameras = 6,
                     .gas_sensors = 6,
                     .manhole_sensors = 6,
                     .lamp_sensors = 6,
                     .rare_cells_per_sensor = 3,
                     .litter_bins = 8,
                     .manholes = 10,
                     .lamps = 10,
                     .trees = 6,
                     .valves = 2,
                     .camera_gateways = 2,
                     .sensor_gateways = 2},
    [CITY_LARGE] = {.name = "large",
                    .columns = 40,
                    .rows = 25,
                    .block_columns = 4,
                    .block_rows = 5,
                    .district_columns = 8,
                    .grid_workers = 6600,
                    .city_officers = 1000,
                    .community_workers = 900,
                    .traffic_officers = 700,
                    .police = 400,
                    .gas_crews = 150,
                    .repair_crews = 250,
                    .inspectors = 900,
                    .env_inspectors = 240,
                    .cameras = 11,
                    .gas_sensors = 20,
                    .manhole_sensors = 30,
                    .lamp_sensors = 35,
                    .rare_cells_per_sensor = 1,
                    .litter_bins = 12,
                    .manholes = 32,
                    .lamps = 40,
                    .trees = 12,
                    .valves = 4,
                    .camera_gateways = 4,
                    .sensor_gateways = 8},
};

bool city_demo_parse_size(const char *word, enum city_size *out_size)
{
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        if (strcmp(word, SIZES[i].name) == 0) {
            *out_size = (enum city_size)i;
            return true;
        }
    }
    return false;
}

uint32_t plan_street_of(const struct plan *plan, uint32_t cell)
{
    const struct plan_size *size = plan->size;
    must(cell < plan->cell_count);
    const uint32_t column = cell % size->columns / size->block_columns;
    const uint32_t row = cell / size->columns / size->block_rows;
    const uint32_t rows = size->rows / size->block_rows;
    return column * rows +
           row; /* by column, so that the streets of a district have neighbouring numbers */
}

uint32_t plan_district_of_street(const struct plan *plan, uint32_t street)
{
    const struct plan_size *size = plan->size;
    must(street < plan->street_count);
    const uint32_t column = street / (size->rows / size->block_rows);
    return column * size->block_columns / size->district_columns;
}

static struct plan_code code_text(uint64_t number)
{
    struct plan_code code;
    (void)snprintf(code.text, sizeof code.text, "%" PRIu64, number);
    return code;
}

/* 6 digits of the district, 3 of the street in it, 3 of the cell in that. */
static uint64_t street_number(const struct plan *plan, uint32_t street)
{
    const uint32_t per_district = plan->street_count / plan->district_count;
    return (110108 + plan_district_of_street(plan, street)) * UINT64_C(1000) +
           street % per_district + 1;
}

struct plan_code plan_district_code(uint32_t district)
{
    return code_text(110108 + district);
}

struct plan_code plan_street_code(const struct plan *plan, uint32_t street)
{
    return code_text(street_number(plan, street));
}

struct plan_code plan_cell_code(const struct plan *plan, uint32_t cell)
{
    const struct plan_size *size = plan->size;
    const uint32_t column = cell % size->columns % size->block_columns;
    const uint32_t row = cell / size->columns % size->block_rows;
    return code_text(street_number(plan, plan_street_of(plan, cell)) * 1000 +
                     row * size->block_columns + column + 1);
}

struct plan_point plan_move(struct plan_point from, int64_t east_m, int64_t north_m)
{
    return (struct plan_point){.lon = from.lon + (int32_t)(east_m * LON_E7_PER_KM / 1000),
                               .lat = from.lat + (int32_t)(north_m * LAT_E7_PER_KM / 1000)};
}

/* a + (b - a) * permille / 1000 */
static int32_t between(int32_t a, int32_t b, int64_t permille)
{
    return a + (int32_t)((int64_t)(b - a) * permille / 1000);
}

struct plan_point plan_place(const struct plan *plan, uint32_t cell, int64_t u, int64_t v)
{
    const uint32_t columns = plan->size->columns;
    const uint32_t south_west = cell / columns * (columns + 1) + cell % columns;
    const struct plan_point *south = plan->vertices + south_west;
    const struct plan_point *north = south + columns + 1;
    const int32_t south_lon = between(south[0].lon, south[1].lon, u);
    const int32_t south_lat = between(south[0].lat, south[1].lat, u);
    const int32_t north_lon = between(north[0].lon, north[1].lon, u);
    const int32_t north_lat = between(north[0].lat, north[1].lat, u);
    return (struct plan_point){.lon = between(south_lon, north_lon, v),
                               .lat = between(south_lat, north_lat, v)};
}

struct plan_point plan_random_place(const struct plan *plan, uint32_t cell, struct random *random)
{
    const int64_t u = random_between(random, 100, 900);
    const int64_t v = random_between(random, 100, 900);
    return plan_place(plan, cell, u, v);
}

struct plan_point plan_story_bin(const struct plan *plan)
{
    return plan_place(plan, plan->story_cell, 150, 170);
}

static void make_vertices(struct plan *plan)
{
    struct random random;
    random_init(&random, plan->seed, "vertices");
    const struct plan_size *size = plan->size;
    for (uint32_t row = 0; row <= size->rows; row++) {
        for (uint32_t column = 0; column <= size->columns; column++) {
            /* Up to a tenth of a cell off the lattice: quadrilaterals stay convex, neighbours share the vertex. */
            const int64_t lon_shift = random_between(&random, -CELL_LON_E7 / 10, CELL_LON_E7 / 10);
            const int64_t lat_shift = random_between(&random, -CELL_LAT_E7 / 10, CELL_LAT_E7 / 10);
            plan->vertices[row * (size->columns + 1) + column] = (struct plan_point){
                .lon = ORIGIN_LON_E7 + (int32_t)((int64_t)column * CELL_LON_E7 + lon_shift),
                .lat = ORIGIN_LAT_E7 + (int32_t)((int64_t)row * CELL_LAT_E7 + lat_shift)};
        }
    }
}

static void add_zone(struct plan *plan, const struct plan_zone *kind, uint32_t cell, int64_t u,
                     int64_t v)
{
    struct plan_zone *zone = &plan->zones[plan->zone_count];
    uint32_t serial = 1;
    for (uint32_t i = 0; i < plan->zone_count; i++) {
        serial += strcmp(plan->zones[i].area, kind->area) == 0;
    }
    *zone = *kind;
    const char *stem = strchr(kind->area, '.') + 1;
    (void)snprintf(zone->zone, sizeof zone->zone, "%s.%03" PRIu32, stem, serial);
    zone->cell = cell;
    zone->centre = plan_place(plan, cell, u, v);
    plan->zone_count++;
}

#define ZONES_PER_CELL_MAX 4u

/* Per street: a square, a school gate, a vending ban around it, a loading bay; no parking in every other
 * cell; a station per district. They keep apart inside a cell except the loading bay, which lies in the
 * no-parking street it excuses. */
static void make_zones(struct plan *plan)
{
    static const struct plan_zone SQUARE = {.area = "area.square",
                                            .kind = "square",
                                            .title = "广场",
                                            .title_en = "Square",
                                            .half_width_m = 60,
                                            .half_height_m = 45};
    static const struct plan_zone SCHOOL = {.area = "area.school_gate",
                                            .kind = "school_gate",
                                            .title = "校门口",
                                            .title_en = "School gate",
                                            .half_width_m = 40,
                                            .half_height_m = 30};
    static const struct plan_zone STATION = {.area = "area.station",
                                             .kind = "station",
                                             .title = "地铁站",
                                             .title_en = "Metro station",
                                             .half_width_m = 70,
                                             .half_height_m = 40};
    static const struct plan_zone NO_PARKING = {.area = "area.no_parking",
                                                .kind = "street",
                                                .title = "禁停路段",
                                                .title_en = "No-parking street",
                                                .half_width_m = 140,
                                                .half_height_m = 12};
    static const struct plan_zone FIRE_LANE = {.area = "area.no_parking",
                                               .kind = "fire_lane",
                                               .title = "消防通道",
                                               .title_en = "Fire lane",
                                               .half_width_m = 60,
                                               .half_height_m = 6};
    static const struct plan_zone LOADING = {.area = "area.loading_bay",
                                             .kind = "loading_bay",
                                             .title = "装卸泊位",
                                             .title_en = "Loading bay",
                                             .half_width_m = 15,
                                             .half_height_m = 6};
    static const struct plan_zone VENDING = {.area = "area.vending_ban",
                                             .kind = "vending_ban",
                                             .title = "禁止摆摊区",
                                             .title_en = "No-vending zone",
                                             .half_width_m = 90,
                                             .half_height_m = 70};
    const struct plan_size *size = plan->size;
    const uint32_t per_street = size->block_columns * size->block_rows;
    const uint32_t per_district = plan->street_count / plan->district_count;
    for (uint32_t cell = 0; cell < plan->cell_count; cell++) {
        const uint32_t row = cell / size->columns % size->block_rows;
        const uint32_t place =
            row * size->block_columns + cell % size->columns % size->block_columns;
        const uint32_t street = plan_street_of(plan, cell);
        must(place < per_street);
        if (place == 1) {
            add_zone(plan, &SQUARE, cell, 650, 650);
        } else if (place == 3) {
            add_zone(plan, &VENDING, cell, 600, 650);
            add_zone(plan, &SCHOOL, cell, 600, 650);
        } else if (place == 4 && street % per_district == 0) {
            add_zone(plan, &STATION, cell, 650, 650);
        }
        if (place % 2 == 0) {
            add_zone(plan, &NO_PARKING, cell, 500, 300);
        }
        if (place == 2) {
            add_zone(plan, &LOADING, cell, 450, 300);
        } else if (place == 5) {
            add_zone(plan, &FIRE_LANE, cell, 300, 500);
        }
    }
}

enum err plan_new(uint64_t seed, enum city_size size_name, struct plan **out_plan)
{
    const struct plan_size *size = &SIZES[size_name];
    must(size->columns % size->block_columns == 0);
    must(size->rows % size->block_rows == 0);
    must(size->district_columns % size->block_columns == 0);
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return ERR_MEMORY;
    }
    plan->size = size;
    plan->seed = seed;
    plan->cell_count = size->columns * size->rows;
    plan->street_count = plan->cell_count / (size->block_columns * size->block_rows);
    plan->district_count = size->columns / size->district_columns;
    plan->river_row = size->rows / 2;
    plan->story_cell = 16 / size->cameras; // C-017 is the seventeenth camera
    plan->vertices = calloc((size_t)(size->columns + 1) * (size->rows + 1), sizeof *plan->vertices);
    plan->zones = calloc((size_t)plan->cell_count * ZONES_PER_CELL_MAX, sizeof *plan->zones);
    plan->contacts = calloc(plan->cell_count, sizeof *plan->contacts);
    if (plan->vertices == NULL || plan->zones == NULL) {
        plan_free(plan);
        return ERR_MEMORY;
    }
    make_vertices(plan);
    make_zones(plan);
    *out_plan = plan;
    return ERR_OK;
}

void plan_free(struct plan *plan)
{
    if (plan != NULL) {
        free(plan->vertices);
        free(plan->zones);
        free(plan->contacts);
        free(plan);
    }
}

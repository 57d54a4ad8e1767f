/* city_things.c: gateways.csv, assets.csv and devices.csv of a synthetic city.
 *
 * Assets are numbered cell by cell, so that the n-th of a kind in a cell has a known code and a device can
 * name what it watches without a table. */
#include "sim/city_plan.h"
#include "sim/city_registries.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A kind of asset: code "LB-00017" for the 17th of the city. */
struct asset_kind {
    const char *prefix, *kind, *name, *department;
    uint32_t per_cell;
};

enum { KIND_BIN, KIND_MANHOLE, KIND_LAMP, KIND_HYDRANT, KIND_TREE, KIND_VALVE, KIND_COUNT };

struct things {
    const struct plan *plan;
    struct asset_kind kinds[KIND_COUNT];
    struct plan_point *places; /* of bins, manholes, lamps, ... by kind, cell, number */
    size_t place_first[KIND_COUNT];
    uint32_t assets, devices;
};

struct asset_code {
    char text[24];
};

static struct asset_code asset_code(const struct asset_kind *kind, uint32_t number)
{
    struct asset_code code;
    (void)snprintf(code.text, sizeof code.text, "%s-%05" PRIu32, kind->prefix, number + 1);
    return code;
}

static void set_kinds(struct things *things)
{
    const struct plan_size *size = things->plan->size;
    const struct asset_kind kinds[KIND_COUNT] = {
        [KIND_BIN] = {"LB", "litter_bin", "垃圾箱", "dept.sanitation", size->litter_bins},
        [KIND_MANHOLE] = {"MH", "manhole", "井盖", "dept.municipal", size->manholes},
        [KIND_LAMP] = {"SL", "street_lamp", "路灯", "dept.municipal", size->lamps},
        [KIND_HYDRANT] = {"HY", "hydrant", "消火栓", "dept.municipal", 1},
        [KIND_TREE] = {"TR", "tree", "行道树", "dept.municipal", size->trees},
        [KIND_VALVE] = {"VA", "valve", "燃气阀井", "dept.gas", size->valves},
    };
    memcpy(things->kinds, kinds, sizeof kinds);
}

static uint32_t asset_number(const struct things *things, uint32_t kind, uint32_t cell,
                             uint32_t index)
{
    must(index < things->kinds[kind].per_cell);
    return cell * things->kinds[kind].per_cell + index;
}

static struct plan_point asset_place(const struct things *things, uint32_t kind, uint32_t number)
{
    return things->places[things->place_first[kind] + number];
}

static uint32_t camera_cell(const struct plan *plan, uint32_t camera)
{
    return camera / plan->size->cameras;
}

/* The bin a camera watches, or NONE32: the first cameras of a cell watch its zones, the others bins.
 * Camera C-017 (16) always watches the story's bin. */
static uint32_t camera_bin(const struct things *things, uint32_t camera)
{
    const uint32_t cell = camera_cell(things->plan, camera);
    const uint32_t index = camera % things->plan->size->cameras;
    if (camera == 16) {
        return asset_number(things, KIND_BIN, cell, 0);
    }
    return index % 3 == 0
               ? NONE32
               : asset_number(things, KIND_BIN, cell, index % things->kinds[KIND_BIN].per_cell);
}

static enum err place_assets(struct things *things)
{
    const struct plan *plan = things->plan;
    size_t total = 0;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        things->place_first[kind] = total;
        total += (size_t)plan->cell_count * things->kinds[kind].per_cell;
    }
    things->places = calloc(total, sizeof *things->places);
    if (things->places == NULL) {
        return ERR_MEMORY;
    }
    struct random random;
    random_init(&random, plan->seed, "assets");
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        for (uint32_t i = 0; i < plan->cell_count * things->kinds[kind].per_cell; i++) {
            const uint32_t cell = i / things->kinds[kind].per_cell;
            things->places[things->place_first[kind] + i] = plan_random_place(plan, cell, &random);
        }
    }
    const uint32_t story = asset_number(things, KIND_BIN, plan->story_cell, 0);
    things->places[things->place_first[KIND_BIN] + story] = plan_story_bin(plan);
    return ERR_OK;
}

static enum err write_assets(struct things *things, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "assets.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,kind,lon,lat,department\n");
    const struct plan *plan = things->plan;
    for (uint32_t kind = 0; kind < KIND_COUNT; kind++) {
        const struct asset_kind *row = &things->kinds[kind];
        for (uint32_t i = 0; i < plan->cell_count * row->per_cell; i++) {
            const struct plan_point place = asset_place(things, kind, i);
            city_file_print(&file, "%s,%s%" PRIu32 "号,%s,%s,%s,%s\n", asset_code(row, i).text,
                            row->name, i + 1, row->kind, city_degrees(place.lon).text,
                            city_degrees(place.lat).text, row->department);
            things->assets++;
        }
    }
    /* A bridge wherever a street meets the river, every second column. */
    for (uint32_t column = 1; column <= plan->size->columns; column += 2) {
        const struct plan_point place =
            plan->vertices[plan->river_row * (plan->size->columns + 1) + column];
        city_file_print(&file, "BR-%05" PRIu32 ",清河%" PRIu32 "号桥,bridge,%s,%s,dept.municipal\n",
                        column / 2 + 1, column / 2 + 1, city_degrees(place.lon).text,
                        city_degrees(place.lat).text);
        things->assets++;
    }
    return city_file_close(&file);
}

static void print_device(struct things *things, struct city_file *file, const char *prefix,
                         uint32_t number, const char *kind, struct plan_point place,
                         const char *asset, const char *zone)
{
    city_file_print(file, "%s-%03" PRIu32 ",%s,%s,%s,%s,%s\n", prefix, number + 1, kind,
                    city_degrees(place.lon).text, city_degrees(place.lat).text, asset, zone);
    things->devices++;
}

static void write_cameras(struct things *things, struct city_file *file)
{
    const struct plan *plan = things->plan;
    struct random random;
    random_init(&random, plan->seed, "cameras");
    uint32_t next_zone = 0; /* zones are in cell order */
    for (uint32_t i = 0; i < plan->cell_count * plan->size->cameras; i++) {
        const uint32_t cell = camera_cell(plan, i);
        while (next_zone < plan->zone_count && plan->zones[next_zone].cell < cell) {
            next_zone++;
        }
        const uint32_t bin = camera_bin(things, i);
        if (bin != NONE32) {
            /* On a pole beside the bin. */
            const struct plan_point place = plan_move(asset_place(things, KIND_BIN, bin), 6, 4);
            print_device(things, file, "C", i, "camera", place,
                         asset_code(&things->kinds[KIND_BIN], bin).text, "");
        } else if (next_zone < plan->zone_count && plan->zones[next_zone].cell == cell) {
            const struct plan_zone *zone = &plan->zones[next_zone];
            print_device(things, file, "C", i, "camera", zone->centre, "", zone->zone);
            next_zone++;
        } else {
            print_device(things, file, "C", i, "camera", plan_random_place(plan, cell, &random), "",
                         "");
        }
    }
}

/* Sensors that sit on an asset of theirs. */
static void write_asset_sensors(struct things *things, struct city_file *file)
{
    const struct plan_size *size = things->plan->size;
    const struct {
        const char *prefix, *kind;
        uint32_t asset_kind, per_cell;
    } sensors[] = {{"M", "manhole_sensor", KIND_MANHOLE, size->manhole_sensors},
                   {"L", "lamp_sensor", KIND_LAMP, size->lamp_sensors}};
    for (size_t s = 0; s < COUNT_OF(sensors); s++) {
        for (uint32_t i = 0; i < things->plan->cell_count * sensors[s].per_cell; i++) {
            const uint32_t kind = sensors[s].asset_kind;
            const uint32_t asset =
                asset_number(things, kind, i / sensors[s].per_cell, i % sensors[s].per_cell);
            print_device(things, file, sensors[s].prefix, i, sensors[s].kind,
                         asset_place(things, kind, asset),
                         asset_code(&things->kinds[kind], asset).text, "");
        }
    }
}

/* Gas sensors stand within 60 m of their valve, so that several smell the same leak. */
static void write_gas_sensors(struct things *things, struct city_file *file)
{
    const struct plan_size *size = things->plan->size;
    struct random random;
    random_init(&random, things->plan->seed, "gas");
    for (uint32_t i = 0; i < things->plan->cell_count * size->gas_sensors; i++) {
        const uint32_t valve =
            asset_number(things, KIND_VALVE, i / size->gas_sensors,
                         i % size->gas_sensors % things->kinds[KIND_VALVE].per_cell);
        const int64_t east = random_between(&random, -42, 42);
        const struct plan_point place = plan_move(asset_place(things, KIND_VALVE, valve), east,
                                                  random_between(&random, -42, 42));
        print_device(things, file, "G", i, "gas_sensor", place,
                     asset_code(&things->kinds[KIND_VALVE], valve).text, "");
    }
}

static void write_rare_sensors(struct things *things, struct city_file *file)
{
    static const char *const RARE[][2] = {{"N", "noise_sensor"},
                                          {"D", "dust_sensor"},
                                          {"W", "water_sensor"},
                                          {"P", "pressure_sensor"}};
    const struct plan *plan = things->plan;
    const uint32_t count = plan->cell_count / plan->size->rare_cells_per_sensor;
    struct random random;
    random_init(&random, plan->seed, "rare");
    for (size_t kind = 0; kind < COUNT_OF(RARE); kind++) {
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t cell = i * plan->size->rare_cells_per_sensor;
            const uint32_t valve = asset_number(things, KIND_VALVE, cell, 0);
            const bool is_pressure = RARE[kind][0][0] == 'P'; /* in a valve chamber */
            print_device(things, file, RARE[kind][0], i, RARE[kind][1],
                         is_pressure ? asset_place(things, KIND_VALVE, valve)
                                     : plan_random_place(plan, cell, &random),
                         "", "");
        }
    }
}

static enum err write_devices(struct things *things, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "devices.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "id,kind,lon,lat,asset,zone\n");
    write_cameras(things, &file);
    write_gas_sensors(things, &file);
    write_asset_sensors(things, &file);
    write_rare_sensors(things, &file);
    things->devices += city_registries_devices(things->plan, &file);
    return city_file_close(&file);
}

static enum err write_gateways(const struct plan *plan, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "gateways.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "id,name,kind,trusted,types,crs\n");
    for (uint32_t i = 1; i <= plan->size->camera_gateways; i++) {
        city_file_print(
            &file, "camera-gateway-%" PRIu32 ",视频网关 %" PRIu32 ",camera,true,camera.,wgs84\n", i,
            i);
    }
    for (uint32_t i = 1; i <= plan->size->sensor_gateways; i++) {
        city_file_print(
            &file, "sensor-gateway-%" PRIu32 ",物联网关 %" PRIu32 ",sensor,true,sensor.,wgs84\n", i,
            i);
    }
    city_file_print(&file, "hotline-12345,12345 热线,hotline,false,hotline.,gcj02\n"
                           "patrol-app,巡查上报,patrol,true,patrol.,wgs84\n"
                           "department-exchange-1,部门数据交换,department,true,department.,wgs84\n"
                           "emergency-exchange,应急信息交换,department,true,warning. forecast. "
                           "report.,wgs84\n");
    return city_file_close(&file);
}

enum err city_things_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result)
{
    struct things things = {.plan = plan};
    set_kinds(&things);
    enum err err = place_assets(&things);
    if (err == ERR_OK) {
        err = write_gateways(plan, directory);
    }
    if (err == ERR_OK) {
        err = write_assets(&things, directory);
    }
    if (err == ERR_OK) {
        err = write_devices(&things, directory);
    }
    result->assets = things.assets;
    result->devices = things.devices;
    free(things.places);
    return err;
}

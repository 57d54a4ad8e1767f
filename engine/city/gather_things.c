/* gather_things.c: assets.csv, devices.csv and catalogue.csv to their rows; see gather.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/gather.h"

enum { ASSET_CODE, ASSET_NAME, ASSET_KIND, ASSET_LON, ASSET_LAT, ASSET_DEPARTMENT };
static const struct csv_column ASSET_COLUMNS[] = {{"code", true}, {"name", false},
                                                  {"kind", true}, {"lon", true},
                                                  {"lat", true},  {"department", false}};

enum { DEVICE_ID, DEVICE_KIND, DEVICE_LON, DEVICE_LAT, DEVICE_ASSET, DEVICE_ZONE, DEVICE_HEALTH };
static const struct csv_column DEVICE_COLUMNS[] = {
    {"id", true},     {"kind", false}, {"lon", true},     {"lat", true},
    {"asset", false}, {"zone", false}, {"health", false},
};

enum {
    CLASS_CODE,
    CLASS_TITLE,
    CLASS_TITLE_EN,
    CLASS_DEPARTMENT,
    CLASS_HANDLE,
    CLASS_CHECK,
    CLASS_REOPEN,
    CLASS_BASIS,
    CLASS_NOTICE
};
static const struct csv_column CLASS_COLUMNS[] = {
    {"class", true},       {"title", true},   {"title_en", false},
    {"department", false}, {"handle", false}, {"check", false},
    {"reopen", false},     {"basis", false},  {"notice_min", false},
};

static const char *const CHECK_WORDS[] = {"person", "device", "none"}; /* enum check_kind */

#define REOPEN_DEFAULT_MS (72 * HOUR_MS)

/* Kinds of assets and of devices share one list. */
static void read_kinds(struct gather *gather)
{
    const struct csv *tables[] = {&gather->assets, &gather->devices};
    const uint32_t columns[] = {ASSET_KIND, DEVICE_KIND};
    for (uint32_t table = 0; table < 2; table++) {
        for (uint32_t row = 0; row < tables[table]->row_count; row++) {
            const char *text = gather_text(tables[table], row, columns[table]);
            bool is_absent = csv_at(tables[table], row, columns[table])->column == 0;
            if (text[0] != '\0' && !gather_id_is_sound(text)) {
                gather_problem(gather, tables[table], row, columns[table], "C014",
                               "\"%s\" should be 1 to 64 bytes without spaces", text);
            } else if (text[0] != '\0') {
                names_add(&gather->kind_names, text, row);
            } else if (table == 0 && !is_absent) {
                gather_problem(gather, tables[table], row, columns[table], "C013",
                               "may not be empty");
            }
        }
    }
    for (uint32_t i = 0; i < gather->registry_count; i++) {
        names_add(&gather->kind_names, gather->registries[i].name,
                  0); /* an empty one is a kind too */
    }
    names_sort(&gather->kind_names, NULL, NULL);
}

void gather_things_read(struct gather *gather)
{
    gather_csv(gather, "assets.csv", false, ASSET_COLUMNS, COUNT_OF(ASSET_COLUMNS),
               &gather->assets);
    gather_csv(gather, "devices.csv", false, DEVICE_COLUMNS, COUNT_OF(DEVICE_COLUMNS),
               &gather->devices);
    gather_csv(gather, "catalogue.csv", true, CLASS_COLUMNS, COUNT_OF(CLASS_COLUMNS),
               &gather->catalogue);
    gather_registries_read(gather);
    gather_keys(gather, &gather->assets, ASSET_CODE, &gather->asset_names);
    gather_keys(gather, &gather->devices, DEVICE_ID, &gather->device_names);
    gather_keys(gather, &gather->catalogue, CLASS_CODE, &gather->class_names);
    read_kinds(gather);
}

/* An asset on its way to its row: sorted by (kind, lat, lon, code). */
struct asset_order {
    struct city_asset asset;
    uint32_t rank; /* of its code */
};

static int asset_compare(const void *a, const void *b)
{
    const struct asset_order *left = a;
    const struct asset_order *right = b;
    if (left->asset.kind != right->asset.kind) {
        return left->asset.kind < right->asset.kind ? -1 : 1;
    }
    if (left->asset.lat != right->asset.lat) {
        return left->asset.lat < right->asset.lat ? -1 : 1;
    }
    if (left->asset.lon != right->asset.lon) {
        return left->asset.lon < right->asset.lon ? -1 : 1;
    }
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

static void warn_outside(struct gather *gather, const struct csv *csv, uint32_t row,
                         uint32_t column, struct place place)
{
    const struct csv_cell *cell = csv_at(csv, row, column);
    if (place_is_known(place) && !gather_is_inside(gather, place)) {
        problems_add(gather->problems, PROBLEM_WARNING, "C020", csv->file, cell->line, cell->column,
                     "lies outside the box of city.yaml");
    }
}

static uint32_t cell_of(struct gather *gather, struct place place, uint16_t areas[EVENT_AREAS_MAX],
                        uint32_t *out_area_count)
{
    uint32_t cell = NONE32;
    *out_area_count = 0;
    if (place_is_known(place)) {
        *out_area_count = locator_find(gather->locator, place, &cell, areas);
    }
    return cell;
}

static void write_assets(struct gather *gather)
{
    const struct csv *csv = &gather->assets;
    const struct names *names = &gather->asset_names;
    struct asset_order *order = pool_take_rows(&gather->pool, sizeof *order, names->count);
    struct city_asset *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    gather->asset_rows = pool_take_rows(&gather->pool, sizeof *gather->asset_rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        const char *name = gather_text(csv, row, ASSET_NAME);
        struct place place = gather_place(gather, csv, row, ASSET_LON, true);
        uint16_t areas[EVENT_AREAS_MAX];
        uint32_t area_count;
        warn_outside(gather, csv, row, ASSET_LON, place);
        order[i].rank = i;
        order[i].asset = (struct city_asset){
            .code = gather_put(gather, names->texts[i]),
            .name = gather_put(gather, name[0] == '\0' ? names->texts[i] : name),
            .kind = names_find(&gather->kind_names, gather_text(csv, row, ASSET_KIND)),
            .lat = place.lat,
            .lon = place.lon,
            .cell = cell_of(gather, place, areas, &area_count),
            .department = gather_reference(gather, csv, row, ASSET_DEPARTMENT,
                                           &gather->department_names, "departments.csv"),
        };
    }
    if (names->count > 1) {
        qsort(order, names->count, sizeof *order, asset_compare);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        rows[i] = order[i].asset;
        gather->asset_rows[order[i].rank] = i;
    }
    image_writer_section(gather->writer, CITY_ASSETS, sizeof *rows, rows, names->count);
    gather_write_names(gather, CITY_ASSET_KINDS, &gather->kind_names);
    gather_registries_write(gather, rows, names->count);
}

static struct city_device make_device(struct gather *gather, uint32_t rank)
{
    const struct csv *csv = &gather->devices;
    const char *id = gather->device_names.texts[rank];
    uint32_t row = gather->device_names.entries[rank].source;
    struct place place = gather_place(gather, csv, row, DEVICE_LON, true);
    warn_outside(gather, csv, row, DEVICE_LON, place);
    uint32_t asset =
        gather_reference(gather, csv, row, DEVICE_ASSET, &gather->asset_names, "assets.csv");
    uint32_t zone = gather_reference(gather, csv, row, DEVICE_ZONE, &gather->zone_names,
                                     "the zones of areas/*.geojson");
    return (struct city_device){
        .id_hash = facts_hash(id, strlen(id)),
        .id = gather_put(gather, id),
        .lon = place.lon,
        .lat = place.lat,
        .asset = asset == NONE32 ? NONE32 : gather->asset_rows[asset],
        .kind = names_find(&gather->kind_names, gather_text(csv, row, DEVICE_KIND)),
        .zone = zone == NONE32 ? NONE32 : gather->area_rows[zone],
    };
}

static void write_devices(struct gather *gather)
{
    const struct csv *csv = &gather->devices;
    uint32_t count = gather->device_names.count;
    struct city_device *rows = pool_take_rows(&gather->pool, sizeof *rows, count);
    struct image_string *health = pool_take_rows(&gather->pool, sizeof *health, count);
    uint16_t *areas = pool_take_rows(&gather->pool, sizeof *areas, (size_t)count * EVENT_AREAS_MAX);
    uint32_t area_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *word = gather_text(csv, gather->device_names.entries[i].source, DEVICE_HEALTH);
        uint32_t found;
        rows[i] = make_device(gather, i);
        rows[i].cell =
            cell_of(gather, (struct place){rows[i].lon, rows[i].lat}, areas + area_count, &found);
        rows[i].areas = (struct image_range){area_count, found};
        area_count += found;
        health[i] = gather_put(gather, word[0] == '\0' ? "ok" : word);
    }
    image_writer_section(gather->writer, CITY_DEVICES, sizeof *rows, rows, count);
    image_writer_section(gather->writer, CITY_DEVICE_AREAS, sizeof *areas, areas, area_count);
    image_writer_section(gather->writer, CITY_DEVICE_HEALTH, sizeof *health, health, count);
}

/* "72h", "3d"; working time makes no sense after the end of work. */
static uint64_t reopen_of(struct gather *gather, uint32_t row)
{
    struct clock_limit limit = gather_limit(gather, &gather->catalogue, row, CLASS_REOPEN);
    if (gather_text(&gather->catalogue, row, CLASS_REOPEN)[0] == '\0') {
        return REOPEN_DEFAULT_MS;
    }
    if (limit.unit == UNIT_WORK_TIME || limit.unit == UNIT_WORK_DAY_END) {
        gather_problem(gather, &gather->catalogue, row, CLASS_REOPEN, "C030",
                       "a reopen window runs on continuously: 72h, 3d, 0h");
    }
    return (uint64_t)(limit.unit == UNIT_NATURAL_DAY ? limit.value * DAY_MS : limit.value);
}

static struct clock_limit handle_of(struct gather *gather, uint32_t row)
{
    struct clock_limit limit = gather_limit(gather, &gather->catalogue, row, CLASS_HANDLE);
    if (gather_text(&gather->catalogue, row, CLASS_HANDLE)[0] == '0' && limit.value == 0) {
        gather_problem(gather, &gather->catalogue, row, CLASS_HANDLE, "C030",
                       "a limit of zero; leave the cell empty where no clock shall run");
    }
    return limit;
}

/* How early an order of the class must reach its worker. */
static int64_t notice_of(struct gather *gather, uint32_t row)
{
    const struct clock_limit limit = gather_limit(gather, &gather->catalogue, row, CLASS_NOTICE);
    if (limit.unit == UNIT_WORK_TIME || limit.unit == UNIT_WORK_DAY_END) {
        gather_problem(gather, &gather->catalogue, row, CLASS_NOTICE, "C030",
                       "notice runs on continuously: 30m, 2h, 1d");
        return 0;
    }
    return limit.unit == UNIT_NATURAL_DAY ? limit.value * DAY_MS : limit.value;
}

static void write_catalogue(struct gather *gather)
{
    const struct csv *csv = &gather->catalogue;
    const struct names *names = &gather->class_names;
    struct city_class *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        rows[i] = (struct city_class){
            .code = gather_put(gather, names->texts[i]),
            .title = gather_string(gather, csv, row, CLASS_TITLE),
            .title_en = gather_string(gather, csv, row, CLASS_TITLE_EN),
            .basis = gather_string(gather, csv, row, CLASS_BASIS),
            .handle = handle_of(gather, row),
            .department = gather_reference(gather, csv, row, CLASS_DEPARTMENT,
                                           &gather->department_names, "departments.csv"),
            .check =
                gather_word(gather, csv, row, CLASS_CHECK, CHECK_WORDS, COUNT_OF(CHECK_WORDS), 0),
            .reopen_ms = reopen_of(gather, row),
            .notice_ms = notice_of(gather, row),
        };
    }
    image_writer_section(gather->writer, CITY_CLASSES, sizeof *rows, rows, names->count);
}

void gather_things_write(struct gather *gather)
{
    write_assets(gather);
    write_devices(gather);
    write_catalogue(gather);
}

/* load_things.c: assets.csv, devices.csv and catalogue.csv to their rows; see load.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/load.h"

enum { ASSET_CODE, ASSET_NAME, ASSET_KIND, ASSET_LON, ASSET_LAT, ASSET_DEPARTMENT };
static const struct csv_column ASSET_COLUMNS[] = {
    {"code", true}, {"name", false}, {"kind", true}, {"lon", true}, {"lat", true}, {"department", false}};

enum { DEVICE_ID, DEVICE_KIND, DEVICE_LON, DEVICE_LAT, DEVICE_ASSET, DEVICE_ZONE, DEVICE_HEALTH };
static const struct csv_column DEVICE_COLUMNS[] = {
    {"id", true},     {"kind", false}, {"lon", true},     {"lat", true},
    {"asset", false}, {"zone", false}, {"health", false},
};

enum { CLASS_CODE, CLASS_TITLE, CLASS_TITLE_EN, CLASS_DEPARTMENT, CLASS_HANDLE, CLASS_CHECK, CLASS_REOPEN, CLASS_BASIS };
static const struct csv_column CLASS_COLUMNS[] = {
    {"class", true},   {"title", true},  {"title_en", false}, {"department", false},
    {"handle", false}, {"check", false}, {"reopen", false},   {"basis", false},
};

static const char *const CHECK_WORDS[] = {"person", "device", "none"}; /* enum check_kind */

#define REOPEN_DEFAULT_MS (72 * HOUR_MS)

/* Kinds of assets and of devices share one list. */
static void read_kinds(struct load *load)
{
    const struct csv *tables[] = {&load->assets, &load->devices};
    const uint32_t columns[] = {ASSET_KIND, DEVICE_KIND};
    for (uint32_t table = 0; table < 2; table++) {
        for (uint32_t row = 0; row < tables[table]->row_count; row++) {
            const char *text = load_text(tables[table], row, columns[table]);
            bool is_absent = csv_at(tables[table], row, columns[table])->column == 0;
            if (text[0] != '\0' && !load_id_is_sound(text)) {
                load_problem(load, tables[table], row, columns[table], "C014",
                             "\"%s\" should be 1 to 64 bytes without spaces", text);
            } else if (text[0] != '\0') {
                names_add(&load->kind_names, text, row);
            } else if (table == 0 && !is_absent) {
                load_problem(load, tables[table], row, columns[table], "C013", "may not be empty");
            }
        }
    }
    names_sort(&load->kind_names, NULL, NULL);
}

void load_things_read(struct load *load)
{
    load_csv(load, "assets.csv", false, ASSET_COLUMNS, COUNT_OF(ASSET_COLUMNS), &load->assets);
    load_csv(load, "devices.csv", false, DEVICE_COLUMNS, COUNT_OF(DEVICE_COLUMNS), &load->devices);
    load_csv(load, "catalogue.csv", true, CLASS_COLUMNS, COUNT_OF(CLASS_COLUMNS), &load->catalogue);
    load_keys(load, &load->assets, ASSET_CODE, &load->asset_names);
    load_keys(load, &load->devices, DEVICE_ID, &load->device_names);
    load_keys(load, &load->catalogue, CLASS_CODE, &load->class_names);
    read_kinds(load);
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

static uint32_t cell_of(struct load *load, struct place place, uint16_t areas[EVENT_AREAS_MAX],
                        uint32_t *out_area_count)
{
    uint32_t cell = NONE32;
    *out_area_count = 0;
    if (place_is_known(place)) {
        *out_area_count = locator_find(load->locator, place, &cell, areas);
    }
    return cell;
}

static void write_assets(struct load *load)
{
    const struct csv *csv = &load->assets;
    const struct names *names = &load->asset_names;
    struct asset_order *order = pool_take_rows(&load->pool, sizeof *order, names->count);
    struct city_asset *rows = pool_take_rows(&load->pool, sizeof *rows, names->count);
    load->asset_rows = pool_take_rows(&load->pool, sizeof *load->asset_rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        const char *name = load_text(csv, row, ASSET_NAME);
        struct place place = load_place(load, csv, row, ASSET_LON, true);
        uint16_t areas[EVENT_AREAS_MAX];
        uint32_t area_count;
        order[i].rank = i;
        order[i].asset = (struct city_asset){
            .code = load_put(load, names->texts[i]),
            .name = load_put(load, name[0] == '\0' ? names->texts[i] : name),
            .kind = names_find(&load->kind_names, load_text(csv, row, ASSET_KIND)),
            .lat = place.lat,
            .lon = place.lon,
            .cell = cell_of(load, place, areas, &area_count),
            .department = load_reference(load, csv, row, ASSET_DEPARTMENT, &load->department_names,
                                         "departments.csv"),
        };
    }
    if (names->count > 1) {
        qsort(order, names->count, sizeof *order, asset_compare);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        rows[i] = order[i].asset;
        load->asset_rows[order[i].rank] = i;
    }
    image_writer_section(load->writer, CITY_ASSETS, sizeof *rows, rows, names->count);
    load_write_names(load, CITY_ASSET_KINDS, &load->kind_names);
}

static struct city_device make_device(struct load *load, uint32_t rank)
{
    const struct csv *csv = &load->devices;
    const char *id = load->device_names.texts[rank];
    uint32_t row = load->device_names.entries[rank].source;
    struct place place = load_place(load, csv, row, DEVICE_LON, true);
    uint32_t asset = load_reference(load, csv, row, DEVICE_ASSET, &load->asset_names, "assets.csv");
    uint32_t zone =
        load_reference(load, csv, row, DEVICE_ZONE, &load->zone_names, "the zones of areas/*.geojson");
    return (struct city_device){
        .id_hash = facts_hash(id, strlen(id)),
        .id = load_put(load, id),
        .lon = place.lon,
        .lat = place.lat,
        .asset = asset == NONE32 ? NONE32 : load->asset_rows[asset],
        .kind = names_find(&load->kind_names, load_text(csv, row, DEVICE_KIND)),
        .zone = zone == NONE32 ? NONE32 : load->area_rows[zone],
    };
}

static void write_devices(struct load *load)
{
    const struct csv *csv = &load->devices;
    uint32_t count = load->device_names.count;
    struct city_device *rows = pool_take_rows(&load->pool, sizeof *rows, count);
    struct image_string *health = pool_take_rows(&load->pool, sizeof *health, count);
    uint16_t *areas = pool_take_rows(&load->pool, sizeof *areas, (size_t)count * EVENT_AREAS_MAX);
    uint32_t area_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *word = load_text(csv, load->device_names.entries[i].source, DEVICE_HEALTH);
        uint32_t found;
        rows[i] = make_device(load, i);
        rows[i].cell =
            cell_of(load, (struct place){rows[i].lon, rows[i].lat}, areas + area_count, &found);
        rows[i].areas = (struct image_range){area_count, found};
        area_count += found;
        health[i] = load_put(load, word[0] == '\0' ? "ok" : word);
    }
    image_writer_section(load->writer, CITY_DEVICES, sizeof *rows, rows, count);
    image_writer_section(load->writer, CITY_DEVICE_AREAS, sizeof *areas, areas, area_count);
    image_writer_section(load->writer, CITY_DEVICE_HEALTH, sizeof *health, health, count);
}

/* "72h", "3d"; working time makes no sense after the end of work. */
static uint64_t reopen_of(struct load *load, uint32_t row)
{
    struct clock_limit limit = load_limit(load, &load->catalogue, row, CLASS_REOPEN);
    if (load_text(&load->catalogue, row, CLASS_REOPEN)[0] == '\0') {
        return REOPEN_DEFAULT_MS;
    }
    if (limit.unit == UNIT_WORK_TIME || limit.unit == UNIT_WORK_DAY_END) {
        load_problem(load, &load->catalogue, row, CLASS_REOPEN, "C030",
                     "a reopen window runs on continuously: 72h, 3d, 0h");
    }
    return (uint64_t)(limit.unit == UNIT_NATURAL_DAY ? limit.value * DAY_MS : limit.value);
}

static struct clock_limit handle_of(struct load *load, uint32_t row)
{
    struct clock_limit limit = load_limit(load, &load->catalogue, row, CLASS_HANDLE);
    if (load_text(&load->catalogue, row, CLASS_HANDLE)[0] == '0' && limit.value == 0) {
        load_problem(load, &load->catalogue, row, CLASS_HANDLE, "C030",
                     "a limit of zero; leave the cell empty where no clock shall run");
    }
    return limit;
}

static void write_catalogue(struct load *load)
{
    const struct csv *csv = &load->catalogue;
    const struct names *names = &load->class_names;
    struct city_class *rows = pool_take_rows(&load->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        rows[i] = (struct city_class){
            .code = load_put(load, names->texts[i]),
            .title = load_string(load, csv, row, CLASS_TITLE),
            .title_en = load_string(load, csv, row, CLASS_TITLE_EN),
            .basis = load_string(load, csv, row, CLASS_BASIS),
            .handle = handle_of(load, row),
            .department = load_reference(load, csv, row, CLASS_DEPARTMENT, &load->department_names,
                                         "departments.csv"),
            .check = load_word(load, csv, row, CLASS_CHECK, CHECK_WORDS, COUNT_OF(CHECK_WORDS), 0),
            .reopen_ms = reopen_of(load, row),
        };
    }
    image_writer_section(load->writer, CITY_CLASSES, sizeof *rows, rows, names->count);
}

void load_things_write(struct load *load)
{
    write_assets(load);
    write_devices(load);
    write_catalogue(load);
}

/* city_ground.c: units.csv, cells.geojson and areas of a synthetic city. */
#include "sim/city_names.h"
#include "sim/city_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Half the width of the river bed. */
#define RIVER_HALF_M 28

static void print_point(struct city_file *file, struct plan_point point)
{
    city_file_print(file, "[%s, %s]", city_degrees(point.lon).text, city_degrees(point.lat).text);
}

static enum err write_units(const struct plan *plan, const char *directory)
{
    struct city_file file;
    enum err err = city_file_open(&file, directory, "units.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,level,parent\n");
    for (uint32_t district = 0; district < plan->district_count; district++) {
        const struct city_place_name name = city_names_district(district);
        city_file_row(&file,
                      (const char *[]){plan_district_code(district).text, name.name, "2", ""}, 4);
    }
    for (uint32_t street = 0; street < plan->street_count; street++) {
        const struct city_place_name name = city_names_street(street);
        const struct plan_code parent = plan_district_code(plan_district_of_street(plan, street));
        city_file_row(
            &file,
            (const char *[]){plan_street_code(plan, street).text, name.name, "1", parent.text}, 4);
    }
    return city_file_close(&file);
}

static void print_ring(struct city_file *file, const struct plan_point *points, size_t count)
{
    city_file_print(file, "[[");
    for (size_t i = 0; i <= count; i++) {
        city_file_print(file, i == 0 ? "" : ", ");
        print_point(file, points[i % count]);
    }
    city_file_print(file, "]]");
}

static enum err write_cells(const struct plan *plan, const char *directory)
{
    struct city_file file;
    enum err err = city_file_open(&file, directory, "cells.geojson");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [\n");
    const uint32_t per_street = plan->size->block_columns * plan->size->block_rows;
    must(per_street < 1000);
    for (uint32_t cell = 0; cell < plan->cell_count; cell++) {
        const struct plan_code code = plan_cell_code(plan, cell);
        const uint32_t street = plan_street_of(plan, cell);
        const struct plan_point ring[] = {
            plan_place(plan, cell, 0, 0), plan_place(plan, cell, 1000, 0),
            plan_place(plan, cell, 1000, 1000), plan_place(plan, cell, 0, 1000)};
        city_file_print(
            &file,
            "{\"type\": \"Feature\", \"properties\": {\"code\": \"%s\", \"name\": \"%s第%d网格\", "
            "\"unit\": \"%s\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": ",
            code.text, city_names_street(street).name, atoi(code.text + 9),
            plan_street_code(plan, street).text);
        print_ring(&file, ring, COUNT_OF(ring));
        city_file_print(&file, "}}%s\n", cell + 1 == plan->cell_count ? "" : ",");
    }
    city_file_print(&file, "]}\n");
    return city_file_close(&file);
}

static void print_zone(struct city_file *file, const struct plan *plan,
                       const struct plan_zone *zone)
{
    const struct city_place_name street = city_names_street(plan_street_of(plan, zone->cell));
    const int32_t w = zone->half_width_m;
    const int32_t h = zone->half_height_m;
    const struct plan_point ring[] = {plan_move(zone->centre, -w, -h),
                                      plan_move(zone->centre, w, -h), plan_move(zone->centre, w, h),
                                      plan_move(zone->centre, -w, h)};
    city_file_print(file,
                    "{\"type\": \"Feature\", \"properties\": {\"area\": \"%s\", \"zone\": \"%s\", "
                    "\"title\": \"%s%s %s\", \"kind\": \"%s\"}, "
                    "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": ",
                    zone->area, zone->zone, street.name, zone->title, zone->zone, zone->kind);
    print_ring(file, ring, COUNT_OF(ring));
    city_file_print(file, "}}");
}

static enum err write_area(const struct plan *plan, const char *directory, const char *area)
{
    char name[64];
    (void)snprintf(name, sizeof name, "areas/%s.geojson", strchr(area, '.') + 1);
    struct city_file file;
    const enum err err = city_file_open(&file, directory, name);
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [");
    const char *separator = "\n";
    for (uint32_t i = 0; i < plan->zone_count; i++) {
        if (strcmp(plan->zones[i].area, area) == 0) {
            city_file_print(&file, "%s", separator);
            print_zone(&file, plan, &plan->zones[i]);
            separator = ",\n";
        }
    }
    city_file_print(&file, "\n]}\n");
    return city_file_close(&file);
}

/* A band along the vertices of river_row: down one bank from west to east, back along the other. */
static enum err write_river(const struct plan *plan, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "areas/river.geojson");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [\n"
                           "{\"type\": \"Feature\", \"properties\": {\"area\": \"area.river\", "
                           "\"zone\": \"river.001\", \"title\": \"清河\", \"kind\": \"river\"}, "
                           "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[");
    const uint32_t columns = plan->size->columns;
    const struct plan_point *row = plan->vertices + (size_t)plan->river_row * (columns + 1);
    for (uint32_t i = 0; i <= columns; i++) {
        print_point(&file, plan_move(row[i], 0, -RIVER_HALF_M));
        city_file_print(&file, ", ");
    }
    for (uint32_t i = columns + 1; i-- > 0;) {
        print_point(&file, plan_move(row[i], 0, RIVER_HALF_M));
        city_file_print(&file, ", ");
    }
    print_point(&file, plan_move(row[0], 0, -RIVER_HALF_M));
    city_file_print(&file, "]]}}\n]}\n");
    return city_file_close(&file);
}

enum err city_ground_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result)
{
    static const char *const AREAS[] = {"area.square",     "area.school_gate", "area.station",
                                        "area.no_parking", "area.loading_bay", "area.vending_ban"};
    enum err err = write_units(plan, directory);
    if (err == ERR_OK) {
        err = write_cells(plan, directory);
    }
    for (size_t i = 0; i < COUNT_OF(AREAS) && err == ERR_OK; i++) {
        err = write_area(plan, directory, AREAS[i]);
    }
    if (err == ERR_OK) {
        err = write_river(plan, directory);
    }
    result->cells = plan->cell_count;
    result->units = plan->street_count + plan->district_count;
    result->areas = plan->zone_count + 1;
    return err;
}

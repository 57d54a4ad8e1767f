/* real_ny.c: the city directory of New York's 311, from one public day of service requests.
 *
 * Boroughs are the cells, agencies the departments; every complaint type is a class with one rule that gives it to its
 * agency's desk. The data has no workers: desks close as recorded. docs/real-data.md says what is assumed. */
#include "sim/real_city.h"
#include "sim/real_files.h"
#include "sim/real_shapes.h"
#include "sim/trace_convert.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CITY_CODE "3651000" /* FIPS place 36-51000, New York city */
#define TYPES_MAX 512u
#define AGENCIES_MAX 64u
#define DUES_MAX 4096u

struct ny_type {
    const char *type;  /* "nyc311.hpd.heating", also its class */
    const char *title; /* "HEATING" */
    uint32_t agency;
    uint32_t requests;
    int64_t *dues_ms;
    uint32_t due_count;
};

struct ny_data {
    struct pool pool;
    struct ny_type types[TYPES_MAX];
    uint32_t type_count;
    const char *agencies[AGENCIES_MAX]; /* "HPD" */
    uint32_t agency_count;
    uint32_t requests, located, in_no_borough, in_two_agencies;
    uint32_t due_and_closed, in_time;
};

static const char *agency_name(const char *code)
{
    static const char *const NAMES[][2] = {
        {"3-1-1", "311 Customer Service"},
        {"DCA", "Department of Consumer Affairs"},
        {"DEP", "Department of Environmental Protection"},
        {"DOB", "Department of Buildings"},
        {"DOF", "Department of Finance"},
        {"DOHMH", "Department of Health and Mental Hygiene"},
        {"DOT", "Department of Transportation"},
        {"DPR", "Department of Parks and Recreation"},
        {"DSNY", "Department of Sanitation"},
        {"EDC", "Economic Development Corporation"},
        {"FDNY", "Fire Department"},
        {"HPD", "Department of Housing Preservation and Development"},
        {"HRA", "Human Resources Administration"},
        {"NYPD", "Police Department"},
        {"TLC", "Taxi and Limousine Commission"}};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(code, NAMES[i][0]) == 0) {
            return NAMES[i][1];
        }
    }
    return code;
}

/* "HPD" -> "hpd" */
struct ny_slug {
    char text[40];
};
static struct ny_slug slug_of(const char *agency)
{
    struct ny_slug slug;
    size_t i = 0;
    for (; agency[i] != '\0' && i + 1 < sizeof slug.text; i++) {
        slug.text[i] =
            isalnum((unsigned char)agency[i]) ? (char)tolower((unsigned char)agency[i]) : '_';
    }
    slug.text[i] = '\0';
    return slug;
}

static uint32_t find_agency(struct ny_data *data, const char *agency)
{
    for (uint32_t i = 0; i < data->agency_count; i++) {
        if (strcmp(data->agencies[i], agency) == 0) {
            return i;
        }
    }
    must(data->agency_count < AGENCIES_MAX);
    data->agencies[data->agency_count] = pool_text(&data->pool, agency, strlen(agency));
    return data->agency_count++;
}

static struct ny_type *find_type(struct ny_data *data, const char *type, const char *title,
                                 uint32_t agency)
{
    for (uint32_t i = 0; i < data->type_count; i++) {
        if (strcmp(data->types[i].type, type) == 0) {
            return &data->types[i];
        }
    }
    must(data->type_count < TYPES_MAX);
    struct ny_type *row = &data->types[data->type_count++];
    *row = (struct ny_type){.type = pool_text(&data->pool, type, strlen(type)),
                            .title = pool_text(&data->pool, title, strlen(title)),
                            .agency = agency,
                            .dues_ms = pool_take_rows(&data->pool, sizeof(int64_t), DUES_MAX)};
    return row;
}

static void add_request(struct ny_data *data, const struct trace_event *event,
                        struct real_shapes *boroughs)
{
    const char *agency = json_string_value(json_object_get(event->truth, "agency"));
    const char *title = json_string_value(json_object_get(event->truth, "complaint_type"));
    const json_t *due = json_object_get(event->truth, "due_ms");
    const json_t *closed = json_object_get(event->truth, "closed_ms");
    must(agency != NULL && title != NULL);
    struct ny_type *type = find_type(data, event->type, title, find_agency(data, agency));
    type->requests++;
    data->requests++;
    if (due != NULL && type->due_count < DUES_MAX) {
        type->dues_ms[type->due_count++] = json_integer_value(due);
    }
    if (due != NULL && closed != NULL) {
        data->due_and_closed++;
        data->in_time += json_integer_value(closed) <= json_integer_value(due);
    }
    if (place_is_known(event->place)) {
        data->located++;
        data->in_no_borough += real_shapes_find(boroughs, event->place) == NONE32;
    }
}

static enum err read_requests(struct ny_data *data, const char *path, struct real_shapes *boroughs,
                              struct problems *problems)
{
    struct trace_reader *reader;
    struct trace_event event;
    enum err err = trace_reader_open(path, problems, &reader);
    if (err != ERR_OK) {
        return err;
    }
    while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
        add_request(data, &event, boroughs);
    }
    trace_reader_close(reader);
    /* One complaint type, one agency: the rules below stand on it. */
    for (uint32_t i = 0; i < data->type_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            data->in_two_agencies += strcmp(data->types[i].title, data->types[k].title) == 0;
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- files ---- */

static enum err write_cells(struct real_shapes *boroughs, const char *out)
{
    static const char *const CODES[][2] = {{"Manhattan", "1-MN"},
                                           {"Bronx", "2-BX"},
                                           {"Brooklyn", "3-BK"},
                                           {"Queens", "4-QN"},
                                           {"Staten Island", "5-SI"}};
    struct city_file file;
    const enum err err = city_file_open(&file, out, "cells.geojson");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "{\"type\": \"FeatureCollection\", \"features\": [\n");
    for (uint32_t i = 0; i < boroughs->features.count; i++) {
        const char *name = real_shapes_text(boroughs, i, "name");
        const char *code = name;
        for (size_t k = 0; k < COUNT_OF(CODES); k++) {
            code = strcmp(name, CODES[k][0]) == 0 ? CODES[k][1] : code;
        }
        city_file_print(
            &file,
            "%s{\"type\": \"Feature\", \"properties\": {\"code\": \"%s\", \"name\": \"%s\", "
            "\"unit\": \"" CITY_CODE "\"}, \"geometry\": ",
            i == 0 ? "" : ",\n", code, name);
        real_shapes_print(boroughs, i, &file);
        city_file_print(&file, "}");
    }
    city_file_print(&file, "\n]}\n");
    return city_file_close(&file);
}

static int compare_ms(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The median of the due times the agency gave, in whole hours; 0 = it gives none. */
static int64_t due_hours(struct ny_type *type)
{
    if (type->due_count == 0) {
        return 0;
    }
    qsort(type->dues_ms, type->due_count, sizeof *type->dues_ms, compare_ms);
    return max_i64((type->dues_ms[type->due_count / 2] + HOUR_MS / 2) / HOUR_MS, 1);
}

static enum err write_catalogue(struct ny_data *data, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "catalogue.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "class,title,department,handle,check,reopen\n");
    for (uint32_t i = 0; i < data->type_count; i++) {
        struct ny_type *type = &data->types[i];
        char department[64];
        char handle[32] = "";
        (void)snprintf(department, sizeof department, "dept.%s",
                       slug_of(data->agencies[type->agency]).text);
        if (due_hours(type) > 0) {
            (void)snprintf(handle, sizeof handle, "%" PRId64 "h", due_hours(type));
        }
        city_file_row(
            &file, (const char *[]){type->type, type->title, department, handle, "none", "0h"}, 6);
    }
    return city_file_close(&file);
}

static enum err write_people(const struct ny_data *data, const char *out)
{
    struct city_file files[3];
    static const char *const NAMES[] = {"departments.csv", "posts.csv", "workers.csv"};
    enum err err = ERR_OK;
    size_t open = 0;
    for (; open < COUNT_OF(files) && err == ERR_OK; open++) {
        err = city_file_open(&files[open], out, NAMES[open]);
    }
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&files[0], "code,name,duty_post\n");
    city_file_print(&files[1], "code,name,department,persons\n"
                               "ops.dispatch,311 dispatch,,desk.dispatch\n"
                               "ops.supervision,311 supervision,,desk.supervision\n"
                               "ops.desk,311 intake,,desk.intake\n");
    city_file_print(&files[2], "id,name,rights,department,capacity\n"
                               "desk.dispatch,311 dispatch,dispatcher,,0\n"
                               "desk.supervision,311 supervision,shift_chief,,0\n"
                               "desk.intake,311 intake,intake department_desk,,0\n");
    for (uint32_t i = 0; i < data->agency_count; i++) {
        const struct ny_slug slug = slug_of(data->agencies[i]);
        const char *name = agency_name(data->agencies[i]);
        city_file_print(&files[0], "dept.%s,%s,dept.%s.duty\n", slug.text, name, slug.text);
        city_file_print(&files[1], "dept.%s.duty,%s desk,dept.%s,desk.%s\n", slug.text,
                        data->agencies[i], slug.text, slug.text);
        city_file_print(&files[2], "desk.%s,%s desk,department_desk,dept.%s,0\n", slug.text,
                        data->agencies[i], slug.text);
    }
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const enum err failed = city_file_close(&files[i]);
        err = err == ERR_OK ? failed : err;
    }
    return err;
}

static enum err write_rules(struct ny_data *data, const char *out)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, "rules/requests.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "# One complaint type, one agency, one rule. Nobody is offered "
                           "anything: the agency's desk holds it.\n"
                           "ruleset: 1\n# Nobody to look for: once a day is often enough.\n"
                           "defaults: {status: active, seek_every: 24h}\nevents:\n");
    for (uint32_t i = 0; i < data->type_count; i++) {
        city_file_print(
            &file,
            "  %s:\n    title: \"%s\"\n    lane: report\n"
            "    fields: {descriptor: string, borough: string, community_board: string}\n",
            data->types[i].type, data->types[i].title);
    }
    city_file_print(&file, "rules:\n");
    for (uint32_t i = 0; i < data->type_count; i++) {
        const struct ny_type *type = &data->types[i];
        const struct ny_slug slug = slug_of(data->agencies[type->agency]);
        city_file_print(
            &file,
            "- id: %s\n  title: \"%s\"\n  owner: dept.%s\n  priority: 100\n  event: %s\n"
            "  open: {class: %s, severity: 3, title: \"%s\"}\n"
            "  assign: {search: [grid], pick: nearest, fallback: dept.%s.duty}\n",
            type->type, type->title, slug.text, type->type, type->type, type->title, slug.text);
    }
    return city_file_close(&file);
}

static enum err write_tables(const char *out)
{
    static const char *const FILES[][2] = {
        {"units.csv", "code,name,level,parent\n" CITY_CODE ",New York,1,\n"},
        {"gateways.csv",
         "id,name,kind,trusted,types,crs\nnyc311,311 hotline,hotline,true,nyc311.,wgs84\n"},
        {"calendars.yaml", "calendars:\n  cal.always:\n    week: {mon-sun: \"00:00-24:00\"}\n"
                           "    valid: [2013-01-01, 2026-01-01]\n"},
        {"sim.yaml",
         "# There are no workers in the data: desks act when the record says so, and "
         "not at all where it does not.\n"
         "agents:\n  desk_return: 0\n  desk_void: 0\n  reopen: 0\n  exception: 0\n  check_fail: 0\n"
         "  close_as_recorded: true\n"},
        {"city.yaml",
         "city:\n  name: New York 311\n  name_en: New York 311\n  code: " CITY_CODE "\n"
         "  time_zone: America/New_York\n  crs: wgs84\n  levels: [city]\n  district_level: 1\n"
         "posts: {command: ops.dispatch, supervision: ops.supervision, desk: ops.desk}\n"
         "modes:\n  walk: {speed_kmh: 5, detour: 1.3}\nmode_default: walk\n"}};
    enum err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(FILES) && err == ERR_OK; i++) {
        err = real_write_text(out, FILES[i][0], FILES[i][1]);
    }
    return err;
}

static void add_facts(const struct ny_data *data, const struct trace_converted *counts,
                      uint32_t repaired, json_t *facts)
{
    const struct {
        const char *key;
        uint32_t value;
    } rows[] = {{"events", data->requests},
                {"complaint_types", data->type_count},
                {"complaint_types_of_two_agencies", data->in_two_agencies},
                {"agencies", data->agency_count},
                {"with_place", data->located},
                {"with_place_in_no_borough", data->in_no_borough},
                {"due_and_closed", data->due_and_closed},
                {"in_time", data->in_time},
                {"borough_polygons_repaired", repaired},
                {"no_coordinates", counts->flag_counts[MAP_FLAGS_MAX]},
                {"closed_before_created", counts->flag_counts[0]}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)json_object_set_new(facts, rows[i].key, json_integer(rows[i].value));
    }
}

static enum err write_all(struct ny_data *data, struct real_shapes *boroughs, const char *out)
{
    enum err err = write_tables(out);
    if (err == ERR_OK) {
        err = write_cells(boroughs, out);
    }
    if (err == ERR_OK) {
        err = write_catalogue(data, out);
    }
    if (err == ERR_OK) {
        err = write_people(data, out);
    }
    return err == ERR_OK ? write_rules(data, out) : err;
}

enum err real_import_ny(const char *data_directory, const char *out, struct problems *problems,
                        json_t **out_fit)
{
    char requests[CITY_PATH_MAX];
    char path[CITY_PATH_MAX];
    struct real_shapes boroughs;
    struct trace_converted counts;
    uint32_t repaired = 0;
    struct ny_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return ERR_MEMORY;
    }
    pool_init(&data->pool);
    (void)snprintf(path, sizeof path, "%s/polygons/cth_new-york-city-boroughs.geojson.gz",
                   data_directory);
    enum err err = real_find_records(data_directory, "nyc311", problems, requests);
    if (err == ERR_OK) {
        err = city_make_directory(out);
    }
    if (err == ERR_OK) {
        err = real_shapes_open(path, "name", &data->pool, problems, &boroughs);
    }
    if (err == ERR_OK) {
        (void)snprintf(path, sizeof path, "%s/trace.ndjson", out);
        err = trace_convert("nyc311", requests, path, &data->pool, problems, &counts);
        if (err == ERR_OK) {
            err = read_requests(data, path, &boroughs, problems);
        }
        if (err == ERR_OK) {
            err = write_all(data, &boroughs, out);
        }
        repaired = boroughs.repaired;
        real_shapes_close(&boroughs);
    }
    if (err == ERR_OK) {
        json_t *facts = json_object();
        add_facts(data, &counts, repaired, facts);
        err = real_write_facts(out, facts);
        *out_fit = facts;
    }
    pool_fini(&data->pool);
    free(data);
    return err;
}

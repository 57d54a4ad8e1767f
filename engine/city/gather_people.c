/* gather_people.c: departments.csv, posts.csv, workers.csv and gateways.csv to their rows; see gather.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/city/facts.h"
#include "engine/city/gather.h"

enum {
    DEPARTMENT_CODE,
    DEPARTMENT_NAME,
    DEPARTMENT_NAME_EN,
    DEPARTMENT_DUTY,
    DEPARTMENT_LEAD,
    DEPARTMENT_CALENDAR,
    DEPARTMENT_LEVEL
};
static const struct csv_column DEPARTMENT_COLUMNS[] = {
    {"code", true},       {"name", true},      {"name_en", false}, {"duty_post", false},
    {"lead_post", false}, {"calendar", false}, {"level", false},
};

enum { POST_CODE, POST_NAME, POST_NAME_EN, POST_DEPARTMENT, POST_PERSONS };
static const struct csv_column POST_COLUMNS[] = {
    {"code", true}, {"name", true}, {"name_en", false}, {"department", false}, {"persons", false}};

enum {
    WORKER_ID,
    WORKER_NAME,
    WORKER_NAME_EN,
    WORKER_ROLES,
    WORKER_SKILLS,
    WORKER_RIGHTS,
    WORKER_DEPARTMENT,
    WORKER_TEAM,
    WORKER_SHIFT,
    WORKER_CAPACITY,
    WORKER_HOME_CELL,
    WORKER_CELLS,
    WORKER_LON,
    WORKER_LAT,
    WORKER_HAS_BASE,
    WORKER_MODE,
    WORKER_UNIT
};
static const struct csv_column WORKER_COLUMNS[] = {
    {"id", true},      {"name", true},      {"name_en", false},    {"roles", false},
    {"skills", false}, {"rights", false},   {"department", false}, {"team", false},
    {"shift", false},  {"capacity", false}, {"home_cell", false},  {"cells", false},
    {"lon", false},    {"lat", false},      {"has_base", false},   {"mode", false},
    {"unit", false},
};

enum { GATEWAY_ID, GATEWAY_NAME, GATEWAY_KIND, GATEWAY_TRUSTED, GATEWAY_TYPES, GATEWAY_CRS };
static const struct csv_column GATEWAY_COLUMNS[] = {
    {"id", true},      {"name", true},   {"kind", true},
    {"trusted", true}, {"types", false}, {"crs", false},
};

/* Bit i of enum right, and value i + 1 of enum gateway_kind. */
static const char *const RIGHT_WORDS[] = {"intake",          "shift_chief", "dispatcher",
                                          "department_desk", "worker",      "inspector",
                                          "overseer",        "auditor",     "administrator"};
static const char *const KIND_WORDS[] = {"sensor", "camera", "hotline", "department", "patrol"};

#define CAPACITY_MAX 1000u

/* A worker's claim to a cell, sorted into the ranges of cells. */
struct claim {
    uint32_t cell;
    uint32_t person;
};

struct claims {
    struct claim *rows;
    uint32_t count, capacity;
};

void gather_people_read(struct gather *gather)
{
    gather_csv(gather, "departments.csv", true, DEPARTMENT_COLUMNS, COUNT_OF(DEPARTMENT_COLUMNS),
               &gather->departments);
    gather_csv(gather, "posts.csv", true, POST_COLUMNS, COUNT_OF(POST_COLUMNS), &gather->posts);
    gather_csv(gather, "workers.csv", true, WORKER_COLUMNS, COUNT_OF(WORKER_COLUMNS),
               &gather->workers);
    gather_csv(gather, "gateways.csv", false, GATEWAY_COLUMNS, COUNT_OF(GATEWAY_COLUMNS),
               &gather->gateways);
    gather_keys(gather, &gather->departments, DEPARTMENT_CODE, &gather->department_names);
    gather_keys(gather, &gather->posts, POST_CODE, &gather->post_names);
    gather_keys(gather, &gather->workers, WORKER_ID, &gather->person_names);
    gather_keys(gather, &gather->gateways, GATEWAY_ID, &gather->gateway_names);
    gather_vocabulary(gather, &gather->workers, WORKER_ROLES, &gather->role_names, CITY_ROLES_MAX);
    gather_vocabulary(gather, &gather->workers, WORKER_SKILLS, &gather->skill_names,
                      CITY_SKILLS_MAX);
}

static void write_departments(struct gather *gather)
{
    const struct csv *csv = &gather->departments;
    const struct names *names = &gather->department_names;
    struct city_department *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        rows[i] = (struct city_department){
            .code = gather_put(gather, names->texts[i]),
            .name = gather_string(gather, csv, row, DEPARTMENT_NAME),
            .name_en = gather_string(gather, csv, row, DEPARTMENT_NAME_EN),
            .duty_post = gather_reference(gather, csv, row, DEPARTMENT_DUTY, &gather->post_names,
                                          "posts.csv"),
            .lead_post = gather_reference(gather, csv, row, DEPARTMENT_LEAD, &gather->post_names,
                                          "posts.csv"),
            .calendar = gather_reference(gather, csv, row, DEPARTMENT_CALENDAR,
                                         &gather->calendar_names, "calendars.yaml"),
            .level = gather_number(gather, csv, row, DEPARTMENT_LEVEL, 0, CITY_DEPARTMENT_LEVELS),
        };
    }
    image_writer_section(gather->writer, CITY_DEPARTMENTS, sizeof *rows, rows, names->count);
}

static void write_posts(struct gather *gather)
{
    const struct csv *csv = &gather->posts;
    const struct names *names = &gather->post_names;
    struct city_post *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    uint32_t *persons = NULL;
    uint32_t person_count = 0;
    uint32_t person_capacity = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        uint32_t count;
        const uint32_t *roster = gather_references(gather, csv, row, POST_PERSONS,
                                                   &gather->person_names, "workers.csv", &count);
        rows[i] = (struct city_post){
            .code = gather_put(gather, names->texts[i]),
            .name = gather_string(gather, csv, row, POST_NAME),
            .name_en = gather_string(gather, csv, row, POST_NAME_EN),
            .persons = {person_count, count},
            .department = gather_reference(gather, csv, row, POST_DEPARTMENT,
                                           &gather->department_names, "departments.csv"),
        };
        for (uint32_t j = 0; j < count; j++) {
            persons = pool_grow_rows(persons, sizeof *persons, person_count, &person_capacity);
            persons[person_count++] = roster[j];
        }
    }
    image_writer_section(gather->writer, CITY_POSTS, sizeof *rows, rows, names->count);
    image_writer_section(gather->writer, CITY_POST_PERSONS, sizeof *persons, persons, person_count);
    free(persons);
}

static uint64_t mask_of(struct gather *gather, uint32_t row, uint32_t column,
                        const struct names *names)
{
    uint32_t count;
    const char **items = gather_list(gather, &gather->workers, row, column, &count);
    uint64_t mask = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = names_find(names, items[i]);
        if (bit < 64) {
            mask |= UINT64_C(1) << bit;
        }
    }
    return mask;
}

static uint32_t rights_of(struct gather *gather, uint32_t row)
{
    uint32_t count;
    const char **items = gather_list(gather, &gather->workers, row, WORKER_RIGHTS, &count);
    uint32_t rights = count == 0 ? RIGHT_WORKER : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = 0;
        while (bit < COUNT_OF(RIGHT_WORDS) && strcmp(RIGHT_WORDS[bit], items[i]) != 0) {
            bit++;
        }
        if (bit == COUNT_OF(RIGHT_WORDS)) {
            const char *nearest = problems_nearest(items[i], RIGHT_WORDS, COUNT_OF(RIGHT_WORDS));
            gather_problem(gather, &gather->workers, row, WORKER_RIGHTS, "C017",
                           "\"%s\" is no right%s%s", items[i],
                           nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        } else {
            rights |= 1u << bit;
        }
    }
    return rights;
}

static void claim_cells(struct gather *gather, uint32_t row, uint32_t person, struct claims *claims)
{
    uint32_t count;
    const uint32_t *cells = gather_references(gather, &gather->workers, row, WORKER_CELLS,
                                              &gather->cell_names, "cells.geojson", &count);
    for (uint32_t i = 0; i < count; i++) {
        claims->rows =
            pool_grow_rows(claims->rows, sizeof *claims->rows, claims->count, &claims->capacity);
        claims->rows[claims->count++] = (struct claim){cells[i], person};
    }
}

/* The base as given, else a point inside the home cell, else none. */
static void place_person(struct gather *gather, uint32_t row, struct city_person *person)
{
    struct place base = gather_place(gather, &gather->workers, row, WORKER_LON, false);
    bool has_base = gather_bool(gather, &gather->workers, row, WORKER_HAS_BASE, false);
    if (has_base && !place_is_known(base)) {
        gather_problem(gather, &gather->workers, row, WORKER_HAS_BASE, "C019",
                       "a base needs lon and lat");
    }
    if (!place_is_known(base) && person->home_cell != NONE32) {
        base = (struct place){gather->cell_rows[person->home_cell].lon,
                              gather->cell_rows[person->home_cell].lat};
    }
    person->lon = base.lon;
    person->lat = base.lat;
    person->has_base = has_base ? 1 : 0;
}

static struct city_person make_person(struct gather *gather, uint32_t rank)
{
    const struct csv *csv = &gather->workers;
    const char *id = gather->person_names.texts[rank];
    uint32_t row = gather->person_names.entries[rank].source;
    struct city_person person = {
        .id_hash = facts_hash(id, strlen(id)),
        .roles = mask_of(gather, row, WORKER_ROLES, &gather->role_names),
        .skills = mask_of(gather, row, WORKER_SKILLS, &gather->skill_names),
        .id = gather_put(gather, id),
        .name = gather_string(gather, csv, row, WORKER_NAME),
        .name_en = gather_string(gather, csv, row, WORKER_NAME_EN),
        .team = gather_string(gather, csv, row, WORKER_TEAM),
        .rights = rights_of(gather, row),
        .department = gather_reference(gather, csv, row, WORKER_DEPARTMENT,
                                       &gather->department_names, "departments.csv"),
        .shift = gather_reference(gather, csv, row, WORKER_SHIFT, &gather->calendar_names,
                                  "calendars.yaml"),
        .home_cell = gather_reference(gather, csv, row, WORKER_HOME_CELL, &gather->cell_names,
                                      "cells.geojson"),
        .mode = gather_reference(gather, csv, row, WORKER_MODE, &gather->mode_names,
                                 "modes of city.yaml"),
    };
    bool takes_orders = (person.rights & (RIGHT_WORKER | RIGHT_INSPECTOR)) != 0;
    person.capacity =
        gather_number(gather, csv, row, WORKER_CAPACITY, takes_orders ? 1 : 0, CAPACITY_MAX);
    if (gather_text(csv, row, WORKER_MODE)[0] == '\0' && gather->city_yaml.is_open) {
        const yaml_node_t *root = yaml_tree_root(&gather->city_yaml);
        const char *word =
            yaml_text(&gather->city_yaml, yaml_find(&gather->city_yaml, root, "mode_default"));
        person.mode = word == NULL ? NONE32 : names_find(&gather->mode_names, word);
    }
    const uint32_t unit =
        gather_reference(gather, csv, row, WORKER_UNIT, &gather->unit_names, "units.csv");
    person.unit = unit == NONE32 ? 0 : unit + 1;
    place_person(gather, row, &person);
    return person;
}

static int claim_compare(const void *a, const void *b)
{
    const struct claim *left = a;
    const struct claim *right = b;
    if (left->cell != right->cell) {
        return left->cell < right->cell ? -1 : 1;
    }
    return left->person < right->person ? -1 : left->person > right->person;
}

static void write_claims(struct gather *gather, struct claims *claims)
{
    if (claims->count > 1) {
        qsort(claims->rows, claims->count, sizeof *claims->rows, claim_compare);
    }
    uint32_t *persons = pool_take_rows(&gather->pool, sizeof *persons, claims->count);
    for (uint32_t i = 0; i < claims->count; i++) {
        struct city_cell *cell = &gather->cell_rows[claims->rows[i].cell];
        if (cell->persons.count == 0) {
            cell->persons.first = i;
        }
        cell->persons.count++;
        persons[i] = claims->rows[i].person;
    }
    image_writer_section(gather->writer, CITY_CELL_PERSONS, sizeof *persons, persons,
                         claims->count);
}

static void write_persons(struct gather *gather)
{
    uint32_t count = gather->person_names.count;
    struct city_person *rows = pool_take_rows(&gather->pool, sizeof *rows, count);
    struct claims claims = {.rows = NULL};
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = make_person(gather, i);
        claim_cells(gather, gather->person_names.entries[i].source, i, &claims);
    }
    write_claims(gather, &claims);
    free(claims.rows);
    image_writer_section(gather->writer, CITY_PERSONS, sizeof *rows, rows, count);
}

static void write_gateways(struct gather *gather)
{
    const struct csv *csv = &gather->gateways;
    const struct names *names = &gather->gateway_names;
    struct city_gateway *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    uint32_t *systems = pool_take_rows(&gather->pool, sizeof *systems, names->count);
    struct image_string *types = NULL;
    uint32_t type_count = 0;
    uint32_t type_capacity = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        uint32_t count;
        const char **prefixes = gather_list(gather, csv, row, GATEWAY_TYPES, &count);
        if (names_find(&gather->person_names, names->texts[i]) != NONE32) {
            gather_problem(gather, csv, row, GATEWAY_ID, "C015", "\"%s\" is the id of a worker too",
                           names->texts[i]);
        }
        rows[i] = (struct city_gateway){
            .id_hash = facts_hash(names->texts[i], strlen(names->texts[i])),
            .id = gather_put(gather, names->texts[i]),
            .name = gather_string(gather, csv, row, GATEWAY_NAME),
            .types = {type_count, count},
            .kind = 1 + gather_word(gather, csv, row, GATEWAY_KIND, KIND_WORDS,
                                    COUNT_OF(KIND_WORDS), NONE32),
            .is_trusted = gather_bool(gather, csv, row, GATEWAY_TRUSTED, false) ? 1 : 0,
        };
        systems[i] = gather_word(gather, csv, row, GATEWAY_CRS, CRS_NAMES, CRS_COUNT, gather->crs);
        for (uint32_t j = 0; j < count; j++) {
            types = pool_grow_rows(types, sizeof *types, type_count, &type_capacity);
            types[type_count++] = gather_put(gather, prefixes[j]);
        }
    }
    image_writer_section(gather->writer, CITY_GATEWAYS, sizeof *rows, rows, names->count);
    image_writer_section(gather->writer, CITY_GATEWAY_TYPES, sizeof *types, types, type_count);
    image_writer_section(gather->writer, CITY_GATEWAY_CRS, sizeof *systems, systems, names->count);
    free(types);
}

void gather_people_write(struct gather *gather)
{
    write_departments(gather);
    write_posts(gather);
    write_persons(gather);
    write_gateways(gather);
    gather_write_names(gather, CITY_ROLES, &gather->role_names);
    gather_write_names(gather, CITY_SKILLS, &gather->skill_names);
}

/* city_people.c: departments.csv, posts.csv and workers.csv of a synthetic city.
 *
 * Persons are drawn in a fixed order: desks first, then field workers by role, so that adding a role changes
 * nobody before it. Posts are written last because they name the persons. */
#include "sim/city_names.h"
#include "sim/city_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define POST_COUNT 20u
#define ROSTER_SIZE 256u

struct post {
    const char *code, *name, *name_en, *department;
    char roster[ROSTER_SIZE];
};

static const struct post POSTS[POST_COUNT] = {
    {"dept.sanitation.duty", "环卫值班", "Sanitation duty desk", "dept.sanitation", ""},
    {"dept.sanitation.lead", "环卫负责人", "Head of sanitation", "dept.sanitation", ""},
    {"dept.traffic.duty", "交通值班", "Traffic duty desk", "dept.traffic", ""},
    {"dept.traffic.lead", "交通负责人", "Head of traffic", "dept.traffic", ""},
    {"dept.public_security.duty", "公安值班", "Public security duty desk", "dept.public_security",
     ""},
    {"dept.public_security.lead", "公安负责人", "Head of public security", "dept.public_security",
     ""},
    {"dept.municipal.duty", "市政值班", "Municipal works duty desk", "dept.municipal", ""},
    {"dept.municipal.lead", "市政负责人", "Head of municipal works", "dept.municipal", ""},
    {"dept.gas.duty", "燃气值班", "Gas duty desk", "dept.gas", ""},
    {"dept.gas.lead", "燃气负责人", "Head of gas", "dept.gas", ""},
    {"dept.law_enforcement.duty", "城管执法值班", "Law enforcement duty desk",
     "dept.law_enforcement", ""},
    {"dept.law_enforcement.lead", "城管执法负责人", "Head of law enforcement",
     "dept.law_enforcement", ""},
    {"dept.ecology.duty", "生态环境值班", "Ecology duty desk", "dept.ecology", ""},
    {"dept.ecology.lead", "生态环境负责人", "Head of ecology", "dept.ecology", ""},
    {"district.command", "区指挥中心值班领导", "District command", "", ""},
    {"city.command", "市指挥中心", "City command", "", ""},
    {"fire.119", "119 指挥中心", "Fire control 119", "", ""},
    {"centre.supervision", "区监督中心", "Supervision centre", "", ""},
    {"district.desk", "区受理席", "District intake desk", "", ""},
    {"district.dispatch", "区派遣席", "District dispatch desk", "", ""},
};

static const char *const DEPARTMENTS[][3] = {
    {"dept.sanitation", "环卫中心", "Sanitation"},
    {"dept.traffic", "交通管理局", "Traffic"},
    {"dept.public_security", "公安分局", "Public security"},
    {"dept.municipal", "市政管理局", "Municipal works"},
    {"dept.gas", "燃气公司", "Gas company"},
    {"dept.law_enforcement", "城管执法局", "Law enforcement"},
    {"dept.ecology", "生态环境局", "Ecology"},
};

/* The persons of the demo's story. */
static const char *const RESERVED[] = {"wang.fang", "li.qiang", "chen.jing", "zhao.min", "sun.wei"};

static const char *const SHIFTS[] = {"shift.day", "shift.evening", "shift.night"};

struct crowd {
    const struct plan *plan;
    struct city_file file;
    struct city_names names;
    struct random random;
    struct post posts[POST_COUNT];
    uint32_t persons;
    uint32_t field_workers;
};

/* A row of workers.csv before it is written. */
struct person {
    const char *id; /* a reserved name, or NULL: drawn */
    const char *roles, *skills, *rights, *department, *team, *shift, *mode;
    uint32_t capacity;
    uint32_t home_cell;              /* NONE32: works at a desk */
    uint32_t cell_first, cell_count; /* responsible for, besides extra_cell */
    uint32_t extra_cell;             /* or NONE32 */
    struct plan_point base;
    bool has_base;
};

static struct person desk_person(const char *rights, const char *department, const char *shift)
{
    return (struct person){.roles = "",
                           .skills = "",
                           .rights = rights,
                           .department = department,
                           .team = "",
                           .shift = shift,
                           .mode = "",
                           .home_cell = NONE32,
                           .extra_cell = NONE32};
}

/* Cells of one worker as codes; the widest is a night worker of a whole district. */
static void append_cells(const struct plan *plan, const struct person *person, char *out,
                         size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < person->cell_count; i++) {
        const struct plan_code code = plan_cell_code(plan, person->cell_first + i);
        used += (size_t)snprintf(out + used, size - used, "%s%s", used == 0 ? "" : " ", code.text);
        must(used < size);
    }
    if (person->extra_cell != NONE32) {
        const struct plan_code code = plan_cell_code(plan, person->extra_cell);
        used += (size_t)snprintf(out + used, size - used, "%s%s", used == 0 ? "" : " ", code.text);
        must(used < size);
    }
}

static struct city_name write_person(struct crowd *crowd, const struct person *person)
{
    const struct city_name name = person->id != NULL
                                      ? city_names_take(&crowd->names, person->id)
                                      : city_names_draw(&crowd->names, &crowd->random);
    char cells[4096];
    append_cells(crowd->plan, person, cells, sizeof cells);
    const bool has_place = person->home_cell != NONE32;
    const char *home = "";
    struct plan_code code;
    if (has_place) {
        code = plan_cell_code(crowd->plan, person->home_cell);
        home = code.text;
    }
    const struct city_number lon = city_degrees(person->base.lon);
    const struct city_number lat = city_degrees(person->base.lat);
    const char *row[] = {name.id,
                         name.name,
                         name.name_en,
                         person->roles,
                         person->skills,
                         person->rights,
                         person->department,
                         person->team,
                         person->shift,
                         city_number(person->capacity).text,
                         home,
                         cells,
                         has_place ? lon.text : "",
                         has_place ? lat.text : "",
                         person->has_base ? "true" : "false",
                         person->mode};
    city_file_row(&crowd->file, row, COUNT_OF(row));
    crowd->persons++;
    crowd->field_workers += strstr(person->rights, "worker") != NULL;
    return name;
}

static void join_post(struct crowd *crowd, const char *post, const char *id)
{
    for (size_t i = 0; i < POST_COUNT; i++) {
        struct post *row = &crowd->posts[i];
        if (strcmp(row->code, post) == 0) {
            const size_t used = strlen(row->roster);
            must(used + strlen(id) + 2 < sizeof row->roster);
            (void)snprintf(row->roster + used, sizeof row->roster - used, "%s%s",
                           used == 0 ? "" : " ", id);
            return;
        }
    }
    gridloop_panic(__FILE__, __LINE__, "no such post");
}

static void write_desk(struct crowd *crowd, const char *post, const char *rights,
                       const char *department, bool by_shift)
{
    for (size_t i = 0; i < (by_shift ? COUNT_OF(SHIFTS) : 1); i++) {
        const struct person person = desk_person(rights, department, by_shift ? SHIFTS[i] : "");
        join_post(crowd, post, write_person(crowd, &person).id);
    }
}

static void write_desks(struct crowd *crowd)
{
    for (size_t i = 0; i < COUNT_OF(DEPARTMENTS); i++) {
        char post[64];
        (void)snprintf(post, sizeof post, "%s.duty", DEPARTMENTS[i][0]);
        write_desk(crowd, post, "department_desk", DEPARTMENTS[i][0], true);
        (void)snprintf(post, sizeof post, "%s.lead", DEPARTMENTS[i][0]);
        write_desk(crowd, post, "department_desk", DEPARTMENTS[i][0], false);
    }
    write_desk(crowd, "district.command", "dispatcher", "", true);
    write_desk(crowd, "city.command", "dispatcher", "", false);
    write_desk(crowd, "fire.119", "department_desk", "dept.public_security", true);
    write_desk(crowd, "centre.supervision", "shift_chief", "", true);
    write_desk(crowd, "district.desk", "intake department_desk", "", true);
    write_desk(crowd, "district.dispatch", "dispatcher", "", true);
    static const char *const WATCHERS[] = {"overseer", "auditor", "administrator"};
    for (size_t i = 0; i < COUNT_OF(WATCHERS); i++) {
        const struct person person = desk_person(WATCHERS[i], "", "");
        (void)write_person(crowd, &person);
    }
}

/* The part of n cells that worker `index` of `count` answers for: every cell has somebody. */
static void share_cells(uint32_t cell_count, uint32_t index, uint32_t count, struct person *person)
{
    if (count >= cell_count) {
        person->cell_first = (uint32_t)((uint64_t)index * cell_count / count);
        person->cell_count = 1;
        return;
    }
    person->cell_first = (uint32_t)((uint64_t)index * cell_count / count);
    person->cell_count =
        (uint32_t)((uint64_t)(index + 1) * cell_count / count) - person->cell_first;
}

/* The three of the demo's first case: who gets the full bin is decided by load and shift, not by luck. */
static void place_in_story(const struct plan *plan, struct person *person, bool *story_taken)
{
    static const struct {
        const char *id, *shift;
        int32_t east_m, north_m;
    } STORY[] = {
        {"wang.fang", "shift.day", 336, 252}, /* 420 m from the bin, her own cell */
        {"li.qiang", "shift.day", 108, 144},  /* 180 m, of the cell to the north, covers hers too */
        {"chen.jing", "shift.evening", 208, 156} /* 260 m, comes at 15:00 */
    };
    for (size_t i = 0; i < COUNT_OF(STORY); i++) {
        const uint32_t cell = plan->story_cell + (i == 1 ? plan->size->columns : 0);
        const bool covers =
            cell >= person->cell_first && cell < person->cell_first + person->cell_count;
        if (story_taken[i] || strcmp(person->shift, STORY[i].shift) != 0 || !covers) {
            continue;
        }
        story_taken[i] = true;
        person->id = STORY[i].id;
        person->home_cell = cell;
        person->extra_cell = cell == plan->story_cell ? NONE32 : plan->story_cell;
        person->base = plan_move(plan_story_bin(plan), STORY[i].east_m, STORY[i].north_m);
        person->skills = "sanitation first_aid";
        return;
    }
}

static void write_grid_workers(struct crowd *crowd)
{
    const struct plan *plan = crowd->plan;
    const uint32_t total = plan->size->grid_workers;
    /* 60 % by day, 25 % in the evening, 15 % at night: as reports come. */
    const uint32_t evening = total / 4;
    const uint32_t night = total * 15 / 100;
    const uint32_t counts[] = {total - evening - night, evening, night};
    bool story_taken[3] = {false, false, false};
    for (size_t shift = 0; shift < COUNT_OF(counts); shift++) {
        for (uint32_t i = 0; i < counts[shift]; i++) {
            struct person person = desk_person("worker", "", SHIFTS[shift]);
            share_cells(plan->cell_count, i, counts[shift], &person);
            person.home_cell = person.cell_first + person.cell_count / 2;
            must(person.home_cell < plan->cell_count);
            char team[64];
            (void)snprintf(team, sizeof team, "team.%s",
                           plan_street_code(plan, plan_street_of(plan, person.home_cell)).text);
            person.roles = "grid_worker";
            person.skills =
                random_chance(&crowd->random, 300) ? "sanitation first_aid" : "sanitation";
            person.team = team;
            person.mode = i % 3 == 0 ? "walk" : "bike";
            person.capacity = 6;
            person.base = plan_random_place(plan, person.home_cell, &crowd->random);
            place_in_story(plan, &person, story_taken);
            const struct city_name name = write_person(crowd, &person);
            for (uint32_t c = 0; shift == 0 && c < person.cell_count; c++) {
                (void)snprintf(plan->contacts[person.cell_first + c].text,
                               sizeof plan->contacts[0].text, "%s", name.id);
            }
        }
    }
    must(story_taken[0] && story_taken[1] && story_taken[2]);
}

/* A role beside the grid workers, spread over the city and the shifts. */
struct field_role {
    const char *roles, *skills, *department, *team, *mode, *rights;
    uint32_t count, capacity;
    bool has_base;        /* waits at a depot */
    bool is_round_clock;  /* shares the night equally; else nobody at night */
    uint32_t first_shift; /* of the first one, where round the clock */
    const char *first_id;
};

static void write_field_role(struct crowd *crowd, const struct field_role *role)
{
    const struct plan *plan = crowd->plan;
    for (uint32_t i = 0; i < role->count; i++) {
        const uint32_t shift =
            role->is_round_clock ? (i + role->first_shift) % 3 : (i % 5 < 3 ? 0 : 1);
        struct person person = desk_person(role->rights, role->department, SHIFTS[shift]);
        person.home_cell = (uint32_t)(((uint64_t)i * 2 + 1) * plan->cell_count / (2 * role->count));
        person.base = plan_random_place(plan, person.home_cell, &crowd->random);
        if (i == 0 && role->first_id != NULL) {
            person.id = role->first_id;
            person.home_cell = plan->story_cell;
            person.base = plan_place(plan, plan->story_cell, 750, 420);
        }
        person.roles = role->roles;
        person.skills = role->skills;
        person.team = role->team;
        person.mode = role->mode;
        person.capacity = role->capacity;
        person.has_base = role->has_base;
        (void)write_person(crowd, &person);
    }
}

static void write_field_roles(struct crowd *crowd)
{
    const struct plan_size *size = crowd->plan->size;
    const struct field_role roles[] = {
        {"city_officer traffic_officer", "sanitation parking", "dept.law_enforcement",
         "team.city_officers", "bike", "worker", size->city_officers, 6, false, false, 0,
         "sun.wei"},
        {"community_worker", "sanitation first_aid", "", "team.community", "walk", "worker",
         size->community_workers, 4, false, false, 0, NULL},
        {"traffic_officer", "parking", "dept.traffic", "team.traffic", "bike", "worker",
         size->traffic_officers, 8, false, false, 0, NULL},
        {"patrol_police", "first_aid", "dept.public_security", "team.police", "car", "worker",
         size->police, 4, true, true, 0, NULL},
        /* The small city's two come in the evening and at night: a leak at 08:20 finds no crew on shift. */
        {"gas_crew", "gas_emergency first_aid", "dept.gas", "team.gas", "car", "worker",
         size->gas_crews, 2, true, true, 1, NULL},
        {"repair_crew", "manhole electric", "dept.municipal", "team.repair", "car", "worker",
         size->repair_crews, 4, true, true, 0, NULL},
        {"inspector", "", "", "team.inspection", "bike", "inspector", size->inspectors, 8, false,
         true, 0, "zhao.min"},
        {"env_inspector", "", "dept.ecology", "team.environment", "car", "worker",
         size->env_inspectors, 12, true, false, 0, NULL},
        /* Two share day and evening: then a third is there at night. */
        {"patrol_police", "first_aid", "dept.public_security", "team.police", "car", "worker",
         size->police < COUNT_OF(SHIFTS) ? 1 : 0, 4, true, true, 2, NULL},
        {"repair_crew", "manhole electric", "dept.municipal", "team.repair", "car", "worker",
         size->repair_crews < COUNT_OF(SHIFTS) ? 1 : 0, 4, true, true, 2, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        write_field_role(crowd, &roles[i]);
    }
}

static enum err write_departments(const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "departments.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,name_en,duty_post,lead_post,calendar\n");
    for (size_t i = 0; i < COUNT_OF(DEPARTMENTS); i++) {
        const char *const *department = DEPARTMENTS[i];
        city_file_print(&file, "%s,%s,%s,%s.duty,%s.lead,cal.office\n", department[0],
                        department[1], department[2], department[0], department[0]);
    }
    return city_file_close(&file);
}

static enum err write_posts(struct crowd *crowd, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "posts.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "code,name,name_en,department,persons\n");
    for (size_t i = 0; i < POST_COUNT; i++) {
        const struct post *post = &crowd->posts[i];
        must(post->roster[0] != '\0');
        city_file_row(
            &file,
            (const char *[]){post->code, post->name, post->name_en, post->department, post->roster},
            5);
    }
    return city_file_close(&file);
}

enum err city_people_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result)
{
    enum err err = write_departments(directory);
    if (err != ERR_OK) {
        return err;
    }
    struct crowd *crowd = calloc(1, sizeof *crowd);
    if (crowd == NULL) {
        return ERR_MEMORY;
    }
    crowd->plan = plan;
    memcpy(crowd->posts, POSTS, sizeof POSTS);
    city_names_init(&crowd->names, RESERVED, COUNT_OF(RESERVED));
    random_init(&crowd->random, plan->seed, "people");
    err = city_file_open(&crowd->file, directory, "workers.csv");
    if (err == ERR_OK) {
        city_file_print(&crowd->file,
                        "id,name,name_en,roles,skills,rights,department,team,shift,capacity,"
                        "home_cell,cells,lon,lat,has_base,mode\n");
        write_desks(crowd);
        write_grid_workers(crowd);
        write_field_roles(crowd);
        err = city_file_close(&crowd->file);
    }
    if (err == ERR_OK) {
        err = write_posts(crowd, directory);
    }
    result->persons = crowd->persons;
    result->field_workers = crowd->field_workers;
    result->departments = COUNT_OF(DEPARTMENTS);
    free(crowd);
    return err;
}

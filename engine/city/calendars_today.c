/* calendars_today.c: see calendars_today.h. */
#include "engine/city/calendars_today.h"

#include "engine/city/pool.h"
#include "engine/city/yaml_tree.h"

#include <string.h>

#define SOON_DAYS 30

/* Where each calendar stands in its file. */
struct places {
    struct pool pool;
    struct problems *problems; /* of reading again; what is wrong was told by the load */
    struct yaml_tree tree;
    const yaml_node_t *calendars;
};

static void places_open(struct places *places, const char *directory)
{
    struct text_file file;
    *places = (struct places){.problems = problems_new()};
    if (text_file_read(&places->pool, places->problems, directory, "calendars.yaml", &file) &&
        yaml_tree_open(&places->tree, places->problems, &file)) {
        places->calendars = yaml_find(&places->tree, yaml_tree_root(&places->tree), "calendars");
    }
}

static void places_close(struct places *places)
{
    yaml_tree_close(&places->tree);
    pool_fini(&places->pool);
    problems_free(places->problems);
}

/* The line of a calendar's `valid`, from 1; 0 = unknown. */
static int line_of(struct places *places, const char *name, uint32_t size)
{
    const yaml_node_t *key, *value;
    for (size_t i = 0;
         places->calendars != NULL && yaml_pair(&places->tree, places->calendars, i, &key, &value);
         i++) {
        const char *text = yaml_text(&places->tree, key);
        if (text != NULL && strlen(text) == size && memcmp(text, name, size) == 0) {
            const yaml_node_t *valid = yaml_find(&places->tree, value, "valid");
            return (int)(valid == NULL ? key : valid)->start_mark.line + 1;
        }
    }
    return 0;
}

void calendars_check_today(const char *directory, const struct city *city, int32_t today,
                           struct problems *problems)
{
    struct places places;
    places_open(&places, directory);
    for (uint32_t i = 0; i < city->calendar_count; i++) {
        const struct city_calendar *row = &city->calendars[i];
        const char *name = city_text(city, row->name);
        const uint32_t last = city_date_of_day((int64_t)row->valid_until_day - 1);
        const bool is_over = row->valid_until_day <= today;
        uint32_t persons = 0, departments = 0;
        if (row->valid_until_day > today + SOON_DAYS) {
            continue;
        }
        for (uint32_t p = 0; p < city->person_count; p++) {
            persons += city->persons[p].shift == i;
        }
        for (uint32_t d = 0; d < city->department_count; d++) {
            departments += city->departments[d].calendar == i;
        }
        problems_add(problems, is_over ? PROBLEM_WARNING : PROBLEM_NOTE, "C036", "calendars.yaml",
                     line_of(&places, name, row->name.size), 0,
                     "calendar \"%.*s\" %s on %04u-%02u-%02u: from then on %u persons are on no "
                     "shift, working time of %u departments stands still, and rules within it take "
                     "nothing; extend `valid`",
                     (int)row->name.size, name, is_over ? "ended" : "ends", last / 10000,
                     last / 100 % 100, last % 100, persons, departments);
    }
    places_close(&places);
}

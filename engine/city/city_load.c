/* city_load.c: see city_load.h; the work is in the load_*.c files, in the order of load.h. */
#include "engine/city/city_load.h"

#include <stdlib.h>

#include "engine/city/load.h"

static void load_init(struct load *load, const char *directory, struct problems *problems)
{
    *load = (struct load){.directory = directory, .problems = problems};
    pool_init(&load->pool);
    load->writer = image_writer_new(IMAGE_CITY);
    must(load->writer != NULL);
    features_init(&load->cells, &load->pool, problems);
    features_init(&load->areas, &load->pool, problems);
}

static void load_fini(struct load *load)
{
    struct names *all[] = {
        &load->unit_names,     &load->department_names, &load->post_names,  &load->person_names,
        &load->gateway_names,  &load->device_names,     &load->asset_names, &load->class_names,
        &load->cell_names,     &load->zone_names,       &load->calendar_names, &load->mode_names,
        &load->kind_names,     &load->role_names,       &load->skill_names,
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        names_fini(all[i]);
    }
    locator_free(load->locator);
    features_fini(&load->cells);
    features_fini(&load->areas);
    yaml_tree_close(&load->city_yaml);
    yaml_tree_close(&load->calendars_yaml);
    image_writer_free(load->writer);
    pool_fini(&load->pool);
}

/* An image that its own reader refuses would be a bug here, not a problem of the files. */
static void prove(const void *bytes, size_t size)
{
    struct city city;
    enum err err = city_open(bytes, size, &city);
    must(err == ERR_OK);
    struct hash128 digest = image_digest(bytes, size);
    must(hash128_is_equal(city.image.digest, digest));
}

enum err city_load(const char *directory, struct problems *problems, void **out_bytes,
                   size_t *out_size)
{
    struct load load;
    int errors_before = problems_error_count(problems);
    load_init(&load, directory, problems);
    load_city_yaml(&load);
    load_calendars(&load);
    load_places_read(&load);
    load_people_read(&load);
    load_things_read(&load);
    load_people_write(&load);
    load_places_write(&load);
    load_things_write(&load);
    load_info(&load);
    enum err err = ERR_INPUT;
    if (problems_error_count(problems) == errors_before) {
        void *bytes = NULL;
        size_t size = 0;
        err = image_writer_finish(load.writer, &bytes, &size);
        if (err == ERR_OK) {
            prove(bytes, size);
            *out_bytes = bytes;
            *out_size = size;
        }
    }
    load_fini(&load);
    return err;
}

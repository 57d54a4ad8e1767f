/* city_load.c: see city_load.h; the work is in the gather_*.c files, in the order of gather.h. */
#include "engine/city/city_load.h"

#include <stdlib.h>

#include "engine/city/gather.h"
#include "engine/city/hours.h"

static void gather_init(struct gather *gather, const char *directory, struct problems *problems)
{
    *gather = (struct gather){.directory = directory, .problems = problems};
    pool_init(&gather->pool);
    gather->writer = image_writer_new(IMAGE_CITY);
    must(gather->writer != NULL);
    features_init(&gather->cells, &gather->pool, problems);
    features_init(&gather->areas, &gather->pool, problems);
}

static void gather_fini(struct gather *gather)
{
    struct names *all[] = {
        &gather->unit_names,   &gather->department_names, &gather->post_names,
        &gather->person_names, &gather->gateway_names,    &gather->device_names,
        &gather->asset_names,  &gather->class_names,      &gather->cell_names,
        &gather->zone_names,   &gather->calendar_names,   &gather->mode_names,
        &gather->kind_names,   &gather->role_names,       &gather->skill_names,
        &gather->permit_names,
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        names_fini(all[i]);
    }
    locator_free(gather->locator);
    features_fini(&gather->cells);
    features_fini(&gather->areas);
    yaml_tree_close(&gather->city_yaml);
    yaml_tree_close(&gather->calendars_yaml);
    image_writer_free(gather->writer);
    pool_fini(&gather->pool);
}

/* An image that its own reader refuses would be a bug here, not a problem of the files. What only the whole city shows is looked at
 * in it. */
static void prove(const void *bytes, size_t size, struct problems *problems)
{
    struct city city;
    enum err err = city_open(bytes, size, &city);
    must(err == ERR_OK);
    struct hash128 digest = image_digest(bytes, size);
    must(hash128_is_equal(city.image.digest, digest));
    hours_check(&city, problems);
}

enum err city_load(const char *directory, struct problems *problems, void **out_bytes,
                   size_t *out_size)
{
    struct gather gather;
    int errors_before = problems_error_count(problems);
    gather_init(&gather, directory, problems);
    gather_city_yaml(&gather);
    gather_calendars(&gather);
    gather_places_read(&gather);
    gather_people_read(&gather);
    gather_things_read(&gather);
    gather_permits_read(&gather);
    gather_people_write(&gather);
    gather_places_write(&gather);
    gather_things_write(&gather);
    gather_permits_write(&gather);
    gather_labels(&gather);
    gather_modes(&gather);
    gather_roads(&gather);
    gather_info(&gather);
    enum err err = ERR_INPUT;
    if (problems_error_count(problems) == errors_before) {
        void *bytes = NULL;
        size_t size = 0;
        err = image_writer_finish(gather.writer, &bytes, &size);
        if (err == ERR_OK) {
            prove(bytes, size, problems);
            err = problems_error_count(problems) == errors_before ? ERR_OK : ERR_INPUT;
        }
        if (err == ERR_OK) {
            *out_bytes = bytes;
            *out_size = size;
        } else {
            free(bytes);
        }
    }
    gather_fini(&gather);
    return err;
}

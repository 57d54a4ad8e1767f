/* city_demo.c: writes a synthetic city file by file. */
#include "sim/city_demo.h"

#include "sim/city_pack.h"
#include "sim/city_plan.h"
#include "sim/city_registries.h"

static enum err write_rules(const char *directory, struct city_demo_result *result)
{
    for (size_t i = 0; i < CITY_PACK_COUNT; i++) {
        char name[128];
        const int length = snprintf(name, sizeof name, "rules/%s", CITY_PACK[i].name);
        must(length > 0 && (size_t)length < sizeof name);
        struct city_file file;
        enum err err = city_file_open(&file, directory, name);
        if (err != ERR_OK) {
            return err;
        }
        if (fwrite(CITY_PACK[i].bytes, 1, CITY_PACK[i].size, file.file) != CITY_PACK[i].size) {
            file.err = ERR_IO;
        }
        err = city_file_close(&file);
        if (err != ERR_OK) {
            return err;
        }
        result->rule_files++;
    }
    return ERR_OK;
}

enum err city_demo_write(const char *directory, uint64_t seed, enum city_size size,
                         struct city_demo_result *out_result)
{
    struct city_demo_result result = {.cells = 0};
    struct plan *plan;
    enum err err = city_make_directory(directory);
    if (err != ERR_OK) {
        return err;
    }
    err = plan_new(seed, size, &plan);
    if (err != ERR_OK) {
        return err;
    }
    static enum err (*const PARTS[])(const struct plan *, const char *,
                                     struct city_demo_result *) = {
        city_ground_write,     city_streets_write, city_people_write,
        city_registries_write, city_things_write,  city_tables_write};
    for (size_t i = 0; i < COUNT_OF(PARTS) && err == ERR_OK; i++) {
        err = PARTS[i](plan, directory, &result);
    }
    if (err == ERR_OK) {
        err = write_rules(directory, &result);
    }
    plan_free(plan);
    if (err == ERR_OK) {
        *out_result = result;
    }
    return err;
}

/* city_registries.c: the registers of a synthetic city: enterprises and construction sites, with what emergency plans ask
 * of them.
 *
 * Every fourth enterprise is exempt (grade A, not on the reduction list). Of the small city's 1,600 a plan for grades B, C
 * and D thus means 1,200. The contact of an object is the grid worker of its cell by day. */
#include "sim/city_registries.h"

#include <inttypes.h>

#define ENTERPRISES_MAX 12000u
#define SITES_MAX 1200u
#define HAZARD_SENSORS 12u /* enterprises watched by a sensor of their own */

uint32_t city_enterprise_count(const struct plan *plan)
{
    const uint32_t count = 1600 + (plan->cell_count > 24 ? (plan->cell_count - 24) * 8 : 0);
    return count < ENTERPRISES_MAX ? count : ENTERPRISES_MAX;
}

static uint32_t site_count(const struct plan *plan)
{
    const uint32_t count = 80 + (plan->cell_count > 24 ? (plan->cell_count - 24) / 2 : 0);
    return count < SITES_MAX ? count : SITES_MAX;
}

static enum err write_enterprises(const struct plan *plan, const char *directory, uint32_t *written)
{
    static const char *const GRADES[] = {"B", "C", "D", "A"};
    static const char *const LINES[] = {"1 号窑炉", "喷涂线", "铸造线", "沥青拌合", "印刷线"};
    struct city_file file;
    struct random random;
    const enum err err = city_file_open(&file, directory, "registries/enterprise.csv");
    if (err != ERR_OK) {
        return err;
    }
    random_init(&random, plan->seed, "enterprises");
    city_file_print(&file,
                    "code,name,lon,lat,department,contact,grade,on_reduction_list,lines,cut_pct\n");
    for (uint32_t i = 0; i < city_enterprise_count(plan); i++) {
        const uint32_t cell = i % plan->cell_count;
        const struct plan_point place = plan_random_place(plan, cell, &random);
        city_file_print(
            &file, "ENT-%05" PRIu32 ",%s企业 %" PRIu32 "号,%s,%s,dept.ecology,%s,%s,%s,%s,%d\n",
            i + 1, i % 5 == 1 ? "涂装" : "制造", i + 1, city_degrees(place.lon).text,
            city_degrees(place.lat).text, plan->contacts[cell].text, GRADES[i % 4],
            i % 4 == 3 ? "false" : "true", LINES[i % COUNT_OF(LINES)],
            i % 4 == 3 ? 0 : 20 + (int)(i % 4) * 10);
        (*written)++;
    }
    return city_file_close(&file);
}

static enum err write_sites(const struct plan *plan, const char *directory, uint32_t *written)
{
    struct city_file file;
    struct random random;
    const enum err err = city_file_open(&file, directory, "registries/construction_site.csv");
    if (err != ERR_OK) {
        return err;
    }
    random_init(&random, plan->seed, "sites");
    city_file_print(&file, "code,name,lon,lat,department,contact,earthworks\n");
    for (uint32_t i = 0; i < site_count(plan); i++) {
        const uint32_t cell = (uint32_t)((uint64_t)i * 7 % plan->cell_count);
        const struct plan_point place = plan_random_place(plan, cell, &random);
        city_file_print(&file, "SITE-%04" PRIu32 ",%" PRIu32 " 号工地,%s,%s,dept.ecology,%s,%s\n",
                        i + 1, i + 1, city_degrees(place.lon).text, city_degrees(place.lat).text,
                        plan->contacts[cell].text, i % 3 == 0 ? "false" : "true");
        (*written)++;
    }
    return city_file_close(&file);
}

enum err city_registries_write(const struct plan *plan, const char *directory,
                               struct city_demo_result *result)
{
    uint32_t written = 0;
    enum err err = write_enterprises(plan, directory, &written);
    if (err == ERR_OK) {
        err = write_sites(plan, directory, &written);
    }
    result->objects = written;
    return err;
}

uint32_t city_registries_devices(const struct plan *plan, struct city_file *file)
{
    struct random random;
    random_init(&random, plan->seed, "enterprises"); /* the same places as in the register */
    for (uint32_t i = 0; i < HAZARD_SENSORS; i++) {
        const struct plan_point place = plan_random_place(plan, i % plan->cell_count, &random);
        city_file_print(file, "H-%03" PRIu32 ",hazard_sensor,%s,%s,ENT-%05" PRIu32 ",\n", i + 1,
                        city_degrees(place.lon).text, city_degrees(place.lat).text, i + 1);
    }
    return HAZARD_SENSORS;
}

/* city_tables.c: calendars.yaml, catalogue.csv and city.yaml of a synthetic city.
 *
 * Holidays and make-up days of 2026 as announced by the State Council on 2025-11-04. */
#include "sim/city_plan.h"

#include <inttypes.h>

#define VALID "    valid: [2025-01-01, 2031-01-01]\n"

static const char CALENDARS[] =
    "# Local time, Asia/Shanghai. Holidays and make-up days of 2026 as announced; other years "
    "follow\n"
    "# their week until their announcement is entered here.\n"
    "calendars:\n"
    "  cal.office:\n"
    "    week: {mon-fri: \"08:00-12:00,14:00-18:00\"}\n"
    "    holidays: [2026-01-01, 2026-01-02, 2026-01-03,\n"
    "               2026-02-15, 2026-02-16, 2026-02-17, 2026-02-18, 2026-02-19, 2026-02-20, "
    "2026-02-21,\n"
    "               2026-02-22, 2026-02-23, 2026-04-04, 2026-04-05, 2026-04-06,\n"
    "               2026-05-01, 2026-05-02, 2026-05-03, 2026-05-04, 2026-05-05,\n"
    "               2026-06-19, 2026-06-20, 2026-06-21, 2026-09-25, 2026-09-26, 2026-09-27,\n"
    "               2026-10-01, 2026-10-02, 2026-10-03, 2026-10-04, 2026-10-05, 2026-10-06, "
    "2026-10-07]\n"
    "    makeup: {2026-01-04: fri, 2026-02-14: mon, 2026-02-28: mon, 2026-05-09: mon,\n"
    "             2026-09-20: fri, 2026-10-10: fri}\n" VALID "  cal.urban_daytime:\n"
    "    week: {mon-sun: \"06:00-22:00\"}\n" VALID "  cal.traffic_control:\n"
    "    week: {mon-fri: \"07:00-20:00\", sat-sun: \"09:00-20:00\"}\n" VALID "  cal.night:\n"
    "    week: {mon-sun: \"22:00-06:00\"}\n" VALID "  cal.holiday_relaxed:\n"
    "    week: {sat-sun: \"00:00-24:00\"}\n" VALID "  shift.day:\n"
    "    week: {mon-sun: \"07:00-15:00\"}\n" VALID "  shift.evening:\n"
    "    week: {mon-sun: \"15:00-23:00\"}\n" VALID "  shift.night:\n"
    "    week: {mon-sun: \"23:00-07:00\"}\n" VALID;

static const char *const CLASSES[][8] = {
    {"E.01.02", "垃圾满溢", "Garbage overflow", "dept.sanitation", "4wh", "person", "72h",
     "示例条款 1-2"},
    {"E.01.03", "暴露垃圾与非法倾倒", "Illegal dumping", "dept.sanitation", "8wh", "person", "72h",
     "示例条款 1-3"},
    {"E.01.04", "渣土抛洒", "Spilled construction waste", "dept.sanitation", "8wh", "person", "72h",
     "示例条款 1-4"},
    {"E.01.05", "公厕脏污", "Public toilet not clean", "dept.sanitation", "4wh", "person", "72h",
     "示例条款 1-5"},
    {"E.02.01", "道路破损", "Road damage", "dept.municipal", "3wd", "person", "72h",
     "示例条款 2-1"},
    {"E.02.02", "树木倒伏", "Fallen tree", "dept.municipal", "4h", "person", "72h", "示例条款 2-2"},
    {"E.02.03", "道路积水", "Flooding", "dept.municipal", "2h", "device", "72h", "示例条款 2-3"},
    {"E.02.04", "污水外溢", "Sewage overflow", "dept.municipal", "8h", "person", "72h",
     "示例条款 2-4"},
    {"E.03.01", "无照游商", "Illegal vending", "dept.law_enforcement", "2h", "person", "72h",
     "示例条款 3-1"},
    {"E.03.02", "施工噪声", "Construction noise", "dept.ecology", "4h", "none", "72h",
     "示例条款 3-2"},
    {"E.03.03", "扬尘污染", "Dust", "dept.ecology", "4wh", "person", "72h", "示例条款 3-3"},
    {"E.03.04", "露天烧烤", "Open-air barbecue", "dept.law_enforcement", "2h", "person", "72h",
     "示例条款 3-4"},
    {"E.03.05", "违规户外广告", "Illegal billboard", "dept.law_enforcement", "2wd", "person", "72h",
     "示例条款 3-5"},
    {"E.03.06", "黑臭水体", "Black and smelly water", "dept.ecology", "2wd", "person", "72h",
     "示例条款 3-6"},
    {"E.04.01", "机动车乱停放", "Illegal parking", "dept.traffic", "2h", "person", "72h",
     "示例条款 4-1"},
    {"E.04.02", "共享单车乱停放", "Shared bikes in the way", "dept.traffic", "4wh", "person", "72h",
     "示例条款 4-2"},
    {"E.05.01", "燃气泄漏", "Gas leak", "dept.gas", "2h", "person", "72h", "示例条款 5-1"},
    {"E.05.02", "火情烟雾", "Fire or smoke", "dept.public_security", "2h", "person", "72h",
     "示例条款 5-2"},
    {"E.05.03", "人群聚集", "Crowd", "dept.public_security", "2h", "person", "72h", "示例条款 5-3"},
    {"E.05.04", "占用消防通道", "Fire lane blocked", "dept.public_security", "2h", "person", "72h",
     "示例条款 5-4"},
    {"E.05.05", "高空坠物隐患", "Loose object overhead", "dept.municipal", "4h", "person", "72h",
     "示例条款 5-5"},
    {"E.05.09", "重污染天气预警", "Heavy air pollution alert", "dept.ecology", "7d", "none", "72h",
     "示例条款 5-9"},
    {"E.05.10", "停限产检查", "Inspection of production cuts", "dept.ecology", "1d", "none", "2h",
     "示例条款 5-10"},
    {"E.05.11", "未落实减排", "Emissions not cut", "dept.ecology", "1d", "person", "72h",
     "示例条款 5-11"},
    {"E.05.12", "企业危险气体", "Dangerous gas in an enterprise", "dept.ecology", "4h", "person",
     "72h", "示例条款 5-12"},
    {"E.05.13", "迟报", "Accident reported late", "dept.ecology", "1d", "person", "72h",
     "示例条款 5-13"},
    {"C.01.01", "井盖缺失", "Manhole cover missing", "dept.municipal", "4h", "person", "72h",
     "示例条款 C1-1"},
    {"C.01.02", "路灯不亮", "Street light out", "dept.municipal", "2wd", "device", "72h",
     "示例条款 C1-2"},
    {"C.01.03", "供水管道破裂", "Water main burst", "dept.municipal", "4h", "person", "72h",
     "示例条款 C1-3"},
    {"C.01.04", "消火栓损坏", "Hydrant damaged", "dept.municipal", "8h", "person", "72h",
     "示例条款 C1-4"},
    {"C.02.01", "信号灯故障", "Traffic signal out", "dept.traffic", "4h", "person", "72h",
     "示例条款 C2-1"},
    {"C.02.02", "交通护栏破损", "Guard rail damaged", "dept.traffic", "2wd", "person", "72h",
     "示例条款 C2-2"},
};

static enum err write_calendars(const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "calendars.yaml");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "%s", CALENDARS);
    return city_file_close(&file);
}

static enum err write_catalogue(const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "catalogue.csv");
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "class,title,title_en,department,handle,check,reopen,basis\n");
    for (size_t i = 0; i < COUNT_OF(CLASSES); i++) {
        city_file_row(&file, CLASSES[i], COUNT_OF(CLASSES[i]));
    }
    return city_file_close(&file);
}

static enum err write_city(const struct plan *plan, const char *directory)
{
    struct city_file file;
    const enum err err = city_file_open(&file, directory, "city.yaml");
    if (err != ERR_OK) {
        return err;
    }
    const bool is_one_district = plan->district_count == 1;
    city_file_print(
        &file,
        "# Synthetic: made by `gridloop city demo --seed %" PRIu64 " --size %s`. No real place.\n"
        "city:\n"
        "  name: %s\n"
        "  name_en: %s (synthetic)\n"
        "  code: %s\n"
        "  time_zone: Asia/Shanghai\n"
        "  crs: wgs84\n"
        "  levels: [street, district]\n"
        "  district_level: 2\n",
        plan->seed, plan->size->name, is_one_district ? "清河区" : "清河市",
        is_one_district ? "Qinghe District" : "Qinghe City", is_one_district ? "110108" : "110100");
    const struct plan_point low = plan_place(plan, 0, 0, 0);
    const struct plan_point high = plan_place(plan, plan->cell_count - 1, 1000, 1000);
    city_file_print(&file,
                    "box: {lon: [%s, %s], lat: [%s, %s], margin_m: 2000}\n"
                    "posts:\n"
                    "  command: district.dispatch\n"
                    "  supervision: centre.supervision\n"
                    "  desk: district.desk\n"
                    "modes:\n"
                    "  walk: {speed_kmh: 5, detour: 1.3}\n"
                    "  bike: {speed_kmh: 14, detour: 1.3}\n"
                    "  car: {speed_kmh: 30, detour: 1.4}\n"
                    "mode_default: walk\n",
                    city_degrees(low.lon - 10000).text, city_degrees(high.lon + 10000).text,
                    city_degrees(low.lat - 10000).text, city_degrees(high.lat + 10000).text);
    return city_file_close(&file);
}

enum err city_tables_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result)
{
    (void)result;
    enum err err = write_calendars(directory);
    if (err == ERR_OK) {
        err = write_catalogue(directory);
    }
    return err == ERR_OK ? write_city(plan, directory) : err;
}

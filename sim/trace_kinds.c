/* trace_kinds.c: see trace_kinds.h. Weights and times are plausible inventions, not measurements. */
#include "sim/trace_kinds.h"

#include <inttypes.h>
#include <stdio.h>

const struct trace_kind TRACE_KINDS[] = {
    {.class_code = "E.01.02",
     .weight = 30,
     .profile = PROFILE_DAY,
     .device_kind = "camera",
     .watches = "litter_bin",
     .near_asset = "litter_bin",
     .first_type = "camera.garbage_overflow",
     .call_type = "hotline.garbage",
     .patrol_type = "patrol.garbage",
     .clear_type = "camera.garbage_cleared",
     .call_permille = 300,
     .patrol_permille = 100,
     .clear_permille = 500,
     .faint_permille = 200,
     .repeats_max = 5,
     .repeat_every_ms = 10 * MINUTE_MS,
     .words = "垃圾桶满了，垃圾掉在外面"},
    {.class_code = "E.04.01",
     .weight = 22,
     .profile = PROFILE_DAY,
     .device_kind = "camera",
     .watches = "area.no_parking",
     .first_type = "camera.vehicle_stationary",
     .call_type = "hotline.parking",
     .call_permille = 150,
     .faint_permille = 350,
     .repeats_max = 4,
     .repeat_every_ms = 5 * MINUTE_MS,
     .words = "有车停在路口，挡道"},
    {.class_code = "E.03.01",
     .weight = 9,
     .profile = PROFILE_EVENING,
     .device_kind = "camera",
     .watches = "area.vending_ban",
     .watches_too = "area.school_gate",
     .first_type = "camera.vending",
     .patrol_type = "patrol.vending",
     .patrol_permille = 250,
     .faint_permille = 200,
     .repeats_max = 3,
     .repeat_every_ms = 10 * MINUTE_MS,
     .words = ""},
    {.class_code = "E.05.03",
     .weight = 3,
     .profile = PROFILE_EVENING,
     .device_kind = "camera",
     .watches = "area.square",
     .watches_too = "area.station",
     .first_type = "camera.crowd_density",
     .faint_permille = 300,
     .repeats_max = 6,
     .repeat_every_ms = 5 * MINUTE_MS,
     .words = ""},
    {.class_code = "C.01.01",
     .weight = 4,
     .profile = PROFILE_EVEN,
     .device_kind = "manhole_sensor",
     .near_asset = "manhole",
     .first_type = "sensor.manhole_tilt",
     .call_type = "hotline.manhole",
     .patrol_type = "patrol.manhole",
     .call_permille = 350,
     .patrol_permille = 150,
     .faint_permille = 150,
     .repeats_max = 3,
     .repeat_every_ms = 5 * MINUTE_MS,
     .words = "路上井盖没了，很危险"},
    {.class_code = "E.05.01",
     .weight = 1,
     .profile = PROFILE_EVENING,
     .device_kind = "gas_sensor",
     .first_type = "sensor.gas",
     .faint_permille = 500,
     .repeats_max = 8,
     .repeat_every_ms = 30 * SECOND_MS,
     .words = ""},
    {.class_code = "C.01.02",
     .weight = 8,
     .profile = PROFILE_NIGHT,
     .device_kind = "lamp_sensor",
     .near_asset = "street_lamp",
     .first_type = "sensor.lamp_fault",
     .call_type = "hotline.lamp",
     .clear_type = "sensor.lamp_restored",
     .call_permille = 120,
     .clear_permille = 600,
     .repeats_max = 1,
     .repeat_every_ms = HOUR_MS,
     .words = "路灯不亮，晚上很黑"},
    {.class_code = "E.02.03",
     .weight = 2,
     .profile = PROFILE_EVEN,
     .device_kind = "water_sensor",
     .first_type = "sensor.water_level",
     .clear_type = "sensor.water_normal",
     .clear_permille = 700,
     .faint_permille = 300,
     .repeats_max = 4,
     .repeat_every_ms = 5 * MINUTE_MS,
     .words = ""},
    {.class_code = "E.03.02",
     .weight = 5,
     .profile = PROFILE_NIGHT,
     .device_kind = "noise_sensor",
     .first_type = "sensor.noise",
     .call_type = "hotline.noise",
     .call_permille = 300,
     .faint_permille = 300,
     .repeats_max = 4,
     .repeat_every_ms = 10 * MINUTE_MS,
     .words = "工地半夜还在施工，睡不着"},
    {.class_code = "E.03.03",
     .weight = 2,
     .profile = PROFILE_DAY,
     .device_kind = "dust_sensor",
     .first_type = "sensor.dust",
     .faint_permille = 300,
     .repeats_max = 4,
     .repeat_every_ms = 15 * MINUTE_MS,
     .words = ""},
    {.class_code = "E.05.02",
     .weight = 1,
     .profile = PROFILE_EVEN,
     .device_kind = "camera",
     .first_type = "camera.fire",
     .faint_permille = 400,
     .repeats_max = 3,
     .repeat_every_ms = 20 * SECOND_MS,
     .words = ""},
    {.class_code = "C.01.03",
     .weight = 1,
     .profile = PROFILE_EVEN,
     .device_kind = "pressure_sensor",
     .first_type = "sensor.water_pressure",
     .faint_permille = 300,
     .repeats_max = 3,
     .repeat_every_ms = 2 * MINUTE_MS,
     .words = ""},
    {.class_code = "E.01.03",
     .weight = 2,
     .profile = PROFILE_NIGHT,
     .device_kind = "camera",
     .first_type = "camera.dumping",
     .patrol_type = "patrol.dumping",
     .patrol_permille = 300,
     .faint_permille = 200,
     .words = ""},
    {.class_code = "E.02.01",
     .weight = 6,
     .profile = PROFILE_DAY,
     .first_type = "hotline.road_damage",
     .patrol_type = "patrol.road_damage",
     .patrol_permille = 200,
     .words = "路面坑洼，电动车容易摔"},
    {.class_code = "E.02.02",
     .weight = 2,
     .profile = PROFILE_EVEN,
     .near_asset = "tree",
     .first_type = "hotline.tree",
     .call_type = "hotline.tree",
     .patrol_type = "patrol.tree",
     .call_permille = 200,
     .patrol_permille = 200,
     .words = "树倒了"},
    {.class_code = "E.02.04",
     .weight = 3,
     .profile = PROFILE_DAY,
     .near_asset = "manhole",
     .first_type = "hotline.sewage",
     .call_type = "hotline.sewage",
     .call_permille = 250,
     .words = "污水冒出来了，味道很大"},
};

const uint32_t TRACE_KIND_COUNT = COUNT_OF(TRACE_KINDS);

uint32_t trace_profile_permille(enum trace_profile profile, uint32_t hour)
{
    static const uint16_t PERMILLE[PROFILE_COUNT][24] = {
        [PROFILE_DAY] = {60,  40,  30,  30,  50,  150,  400, 750, 1000, 950, 850, 800,
                         700, 700, 750, 800, 900, 1000, 850, 600, 450,  300, 180, 100},
        [PROFILE_EVENING] = {80,  50,  30,  30,  40,  100, 300,  600,  500, 400, 400, 600,
                             600, 450, 400, 500, 700, 900, 1000, 1000, 900, 600, 300, 150},
        [PROFILE_NIGHT] = {700, 600, 500, 450, 350, 200, 100, 60,  50,  50,   50,   50,
                           50,  50,  50,  50,  80,  200, 500, 800, 950, 1000, 1000, 900},
        [PROFILE_EVEN] = {500, 500, 500, 500, 500, 500, 600, 800, 800, 800, 800, 800,
                          800, 800, 800, 800, 800, 800, 800, 700, 700, 600, 600, 500},
    };
    must(hour < 24);
    return PERMILLE[profile][hour];
}

/* One measured field: what a true report shows, and what a faint one does. */
struct measure {
    const char *type, *field;
    int64_t low, high;             /* millionths */
    int64_t faint_low, faint_high; /* below every threshold of the shipped rules */
};

#define HUNDREDTHS(n) ((n) * (MICRO / 100))
#define UNITS(n) ((n)*MICRO)

static const struct measure MEASURES[] = {
    {"camera.garbage_overflow", "confidence", HUNDREDTHS(82), HUNDREDTHS(98), HUNDREDTHS(40),
     HUNDREDTHS(79)},
    {"camera.garbage_overflow", "fill", HUNDREDTHS(90), HUNDREDTHS(100), HUNDREDTHS(50),
     HUNDREDTHS(89)},
    {"camera.garbage_cleared", "confidence", HUNDREDTHS(80), HUNDREDTHS(99), HUNDREDTHS(80),
     HUNDREDTHS(99)},
    {"camera.vehicle_stationary", "confidence", HUNDREDTHS(76), HUNDREDTHS(98), HUNDREDTHS(40),
     HUNDREDTHS(74)},
    {"camera.vending", "confidence", HUNDREDTHS(72), HUNDREDTHS(96), HUNDREDTHS(30),
     HUNDREDTHS(69)},
    {"camera.vending", "dwell_s", UNITS(300), UNITS(1800), UNITS(60), UNITS(280)},
    {"camera.crowd_density", "confidence", HUNDREDTHS(65), HUNDREDTHS(95), HUNDREDTHS(65),
     HUNDREDTHS(95)},
    {"camera.crowd_density", "density", HUNDREDTHS(205), HUNDREDTHS(420), HUNDREDTHS(50),
     HUNDREDTHS(190)},
    {"camera.fire", "confidence", HUNDREDTHS(76), HUNDREDTHS(97), HUNDREDTHS(20), HUNDREDTHS(58)},
    {"camera.dumping", "confidence", HUNDREDTHS(76), HUNDREDTHS(95), HUNDREDTHS(30),
     HUNDREDTHS(74)},
    {"sensor.manhole_tilt", "tilt_deg", UNITS(18), UNITS(70), UNITS(3), UNITS(12)},
    {"sensor.gas", "lel_pct", UNITS(11), UNITS(35), UNITS(2), UNITS(8)},
    {"sensor.water_level", "level_cm", UNITS(16), UNITS(40), UNITS(3), UNITS(13)},
    {"sensor.water_pressure", "pressure_kpa", UNITS(90), UNITS(200), UNITS(250), UNITS(320)},
    {"sensor.water_pressure", "drop_kpa", UNITS(125), UNITS(220), UNITS(5), UNITS(60)},
    {"sensor.noise", "level_db", UNITS(57), UNITS(82), UNITS(38), UNITS(53)},
    {"sensor.dust", "pm10", UNITS(255), UNITS(520), UNITS(60), UNITS(220)},
    {"sensor.dust", "pm25", UNITS(70), UNITS(180), UNITS(20), UNITS(100)},
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The plate is drawn first, so that all reports of one incident (one seed) carry the same. */
static void add_plate(const char *type, struct random *random, char buffer[64],
                      struct trace_event *event)
{
    const uint64_t number = random_below(random, 100000);
    (void)snprintf(buffer, 64, "试A%05" PRIu64, number);
    const bool is_parking = strstr(type, "parking") != NULL || strstr(type, "vehicle") != NULL;
    if (is_parking || strcmp(type, "camera.dumping") == 0) {
        trace_event_add_text(event, "plate", buffer);
    }
}

static void add_site(const char *type, struct random *random, char buffer[64],
                     struct trace_event *event)
{
    const uint64_t site = random_below(random, 40);
    if (strcmp(type, "sensor.noise") == 0 || strcmp(type, "sensor.dust") == 0 ||
        strcmp(type, "hotline.noise") == 0) {
        (void)snprintf(buffer, 64, "site-%02" PRIu64, site + 1);
        trace_event_add_text(event, "site", buffer);
    }
}

void trace_kind_fields(const char *type, struct random *random, bool is_faint, uint32_t repeat,
                       char buffer[64], struct trace_event *event)
{
    add_plate(type, random, buffer, event);
    add_site(type, random, buffer, event);
    for (uint32_t draws = 0; draws < repeat; draws++) {
        (void)random_next(random); /* repeats measure anew */
    }
    for (size_t i = 0; i < COUNT_OF(MEASURES); i++) {
        const struct measure *row = &MEASURES[i];
        if (strcmp(type, row->type) == 0) {
            const int64_t low = is_faint ? row->faint_low : row->low;
            const int64_t high = is_faint ? row->faint_high : row->high;
            const int64_t value = random_between(random, low / 10000, high / 10000) * 10000;
            trace_event_add_number(event, row->field, value);
        }
    }
    if (strcmp(type, "camera.vehicle_stationary") == 0) {
        trace_event_add_text(event, "vehicle_class", random_chance(random, 150) ? "truck" : "car");
        trace_event_add_flag(event, "exempt", false);
        trace_event_add_number(event, "dwell_s",
                               UNITS((int64_t)(is_faint ? 120 : 620) + repeat * 300));
    } else if (strcmp(type, "camera.fire") == 0) {
        trace_event_add_text(event, "kind", random_chance(random, 700) ? "smoke" : "fire");
    } else if (strstr(type, ".tree") != NULL) {
        trace_event_add_flag(event, "blocks_road", random_chance(random, 400));
    } else if (starts_with(type, "sensor.") && strcmp(type, "sensor.noise") != 0 &&
               strcmp(type, "sensor.dust") != 0 && strcmp(type, "sensor.water_normal") != 0 &&
               strcmp(type, "sensor.lamp_restored") != 0) {
        trace_event_add_text(event, "device.health", "ok");
    }
}

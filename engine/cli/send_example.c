/* send_example.c: one believable event of a type, for `gridloop send --example`.
 *
 * Known types have a row with fields and the kind of device that reports them. A type without a row gets the fields of its
 * rules that have a usual value. Device, place and gateway come from the city where it is known. */
#include "engine/cli/send_event.h"

#include "engine/city/problems.h"
#include "engine/core/distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct example {
    const char *type;
    const char *device_kind; /* NULL: reported with a place */
    const char *asset_kind;  /* the device watches one, or NULL */
    const char *area;   /* the device watches, or the place lies in, a zone of this set; or NULL */
    const char *fields; /* JSON */
    const char *text;
};

static const struct example examples[] = {
    {"camera.garbage_overflow", "camera", "litter_bin", NULL, "{\"confidence\":0.94,\"fill\":0.93}",
     NULL},
    {"camera.garbage_cleared", "camera", "litter_bin", NULL, "{\"confidence\":0.97}", NULL},
    {"camera.vehicle_stationary", "camera", NULL, "area.no_parking",
     "{\"confidence\":0.91,\"plate\":\"京A12345\",\"vehicle_class\":\"car\",\"exempt\":false,"
     "\"dwell_s\":720}",
     NULL},
    {"camera.crowd_density", "camera", NULL, "area.square",
     "{\"confidence\":0.92,\"density\":4.2,\"people\":310}", NULL},
    {"camera.manhole_missing", "camera", NULL, NULL, "{\"confidence\":0.88}", NULL},
    {"camera.fire", "camera", NULL, NULL, "{\"confidence\":0.96,\"kind\":\"fire\"}", NULL},
    {"camera.vending", "camera", NULL, "area.vending_ban", "{\"confidence\":0.86,\"dwell_s\":900}",
     NULL},
    {"camera.dumping", "camera", NULL, NULL, "{\"confidence\":0.87,\"plate\":\"京B67890\"}", NULL},
    {"sensor.manhole_tilt", "manhole_sensor", NULL, NULL,
     "{\"tilt_deg\":41,\"device.health\":\"ok\"}", NULL},
    {"sensor.gas", "gas_sensor", NULL, NULL, "{\"lel_pct\":22,\"device.health\":\"ok\"}", NULL},
    {"sensor.lamp_fault", "lamp_sensor", NULL, NULL, "{\"device.health\":\"ok\"}", NULL},
    {"sensor.lamp_restored", "lamp_sensor", NULL, NULL, "{}", NULL},
    {"sensor.water_level", "water_sensor", NULL, NULL, "{\"level_cm\":46,\"device.health\":\"ok\"}",
     NULL},
    {"sensor.water_normal", "water_sensor", NULL, NULL, "{}", NULL},
    {"sensor.water_pressure", "pressure_sensor", NULL, NULL,
     "{\"pressure_kpa\":70,\"drop_kpa\":150,\"device.health\":\"ok\"}", NULL},
    {"sensor.noise", "noise_sensor", NULL, NULL, "{\"level_db\":82}", NULL},
    {"sensor.dust", "dust_sensor", NULL, NULL, "{\"pm10\":260,\"pm25\":180}", NULL},
    {"hotline.garbage", NULL, NULL, NULL, "{}",
     "The bin on the corner runs over. 路口的垃圾桶满了。"},
    {"hotline.manhole", NULL, NULL, NULL, "{}", "A manhole cover is missing. 井盖不见了。"},
    {"hotline.parking", NULL, NULL, NULL, "{\"plate\":\"京C24680\"}",
     "A car blocks the crossing. 车辆堵住路口。"},
    {"hotline.road_damage", NULL, NULL, NULL, "{}", "A deep hole in the road. 路面有深坑。"},
    {"hotline.tree", NULL, NULL, NULL, "{\"blocks_road\":true}",
     "A tree lies across the road. 树倒在路上。"},
    {"hotline.noise", NULL, NULL, NULL, "{}", "A building site works at night. 工地夜间施工。"},
    {"hotline.sewage", NULL, NULL, NULL, "{}", "Sewage comes up from the drain. 污水外溢。"},
    {"hotline.lamp", NULL, NULL, NULL, "{}", "The street light is out. 路灯不亮。"},
    {"patrol.manhole", NULL, NULL, NULL, "{}",
     "Manhole cover missing, fenced off. 井盖缺失，已临时围挡。"},
    {"patrol.garbage", NULL, NULL, NULL, "{}", "Bin full. 垃圾桶满溢。"},
    {"patrol.road_damage", NULL, NULL, NULL, "{}", "Road surface broken. 路面破损。"},
    {"patrol.tree", NULL, NULL, NULL, "{\"blocks_road\":false}",
     "Tree leans on a fence. 树木倾倒在围栏上。"},
    {"patrol.vending", NULL, NULL, "area.vending_ban", "{}", "Stall on the pavement. 占道摆摊。"},
    {"patrol.dumping", NULL, NULL, NULL, "{}", "Rubble left at the roadside. 路边倾倒渣土。"},
};

/* Values a field of that name usually has, for types without a row above. */
static const char usual_fields[] =
    "{\"confidence\":0.93,\"fill\":0.93,\"density\":4.2,\"count\":12,\"lel_pct\":22,\"level_cm\":"
    "46,\"angle_deg\":41,"
    "\"plate\":\"京A12345\",\"vehicle_class\":\"car\",\"exempt\":false,\"health\":\"ok\",\"device."
    "health\":\"ok\","
    "\"noise_db\":82,\"pm10\":260,\"pm25\":180,\"temp_c\":71,\"smoke\":true,\"rain_mm\":32}";

static const struct example *find_example(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        if (strcmp(examples[i].type, type) == 0) {
            return &examples[i];
        }
    }
    return NULL;
}

static bool text_is(const struct city *city, struct image_string text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(city_text(city, text), wanted, text.size) == 0;
}

static bool device_fits(const struct city *city, const struct city_device *device,
                        const struct example *example)
{
    if (example->device_kind != NULL &&
        (device->kind >= city->asset_kind_count ||
         !text_is(city, city->asset_kinds[device->kind], example->device_kind))) {
        return false;
    }
    if (example->area != NULL) {
        return device->zone != NONE32 &&
               text_is(city, city->areas[device->zone].name, example->area);
    }
    if (example->asset_kind == NULL) {
        return true;
    }
    return device->asset != NONE32 &&
           text_is(city, city->asset_kinds[city->assets[device->asset].kind], example->asset_kind);
}

static json_t *text_json(const struct city *city, struct image_string text)
{
    return json_stringn(city_text(city, text), text.size);
}

/* The gateway that may send the type: its prefix, else one without prefixes. */
static json_t *find_source(const struct city *city, const char *type)
{
    const struct city_gateway *open = NULL;
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        const struct city_gateway *gateway = &city->gateways[i];
        open = gateway->types.count == 0 && open == NULL ? gateway : open;
        for (uint32_t k = 0; k < gateway->types.count; k++) {
            struct image_string prefix = city->gateway_types[gateway->types.first + k];
            if (strlen(type) >= prefix.size &&
                memcmp(type, city_text(city, prefix), prefix.size) == 0) {
                return text_json(city, gateway->id);
            }
        }
    }
    return open != NULL ? text_json(city, open->id) : NULL;
}

/* Puts device, or lon and lat, and source into root. */
static void place_in_city(json_t *root, const char *type, const struct example *example,
                          const struct city *city)
{
    json_t *source = find_source(city, type);
    if (source != NULL) {
        (void)json_object_set_new(root, "source", source);
    }
    struct place place = place_none();
    if (city->cell_count > 0) {
        place = (struct place){city->cells[city->cell_count / 2].lon,
                               city->cells[city->cell_count / 2].lat};
    }
    const bool looks_for_device =
        example != NULL && (example->device_kind != NULL || example->area != NULL);
    for (uint32_t i = 0; looks_for_device && i < city->device_count; i++) {
        const struct city_device *device = &city->devices[i];
        if (!device_fits(city, device, example)) {
            continue;
        }
        if (example->device_kind != NULL) {
            (void)json_object_set_new(root, "device", text_json(city, device->id));
            return;
        }
        place = (struct place){device->lon, device->lat}; /* somebody standing there */
        break;
    }
    if (place_is_known(place)) {
        (void)json_object_set_new(root, "lon", json_real(place.lon / 1e7));
        (void)json_object_set_new(root, "lat", json_real(place.lat / 1e7));
    }
}

/* Keeps of the usual fields those the rules know. */
static void keep_known_fields(json_t *fields, const struct policy *policy)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(fields, next, name, value)
    {
        bool is_known = false;
        for (uint32_t i = 0; i < policy->field_count && !is_known; i++) {
            struct image_string text = policy->fields[i].name;
            is_known = text.size == strlen(name) &&
                       memcmp(policy_text(policy, text), name, text.size) == 0;
        }
        if (!is_known) {
            (void)json_object_del(fields, name);
        }
    }
}

/* ERR_NOT_FOUND with the nearest name when the rules do not know the type. */
static enum err check_type(const char *type, const struct policy *policy, struct send_why *why)
{
    const char **names = calloc((size_t)policy->type_count + 1, sizeof *names);
    if (names == NULL) {
        return ERR_MEMORY;
    }
    bool is_known = false;
    for (uint32_t i = 0; i < policy->type_count; i++) {
        struct image_string text = policy->types[i].name;
        names[i] = strndup(policy_text(policy, text), text.size);
        is_known |= names[i] != NULL && strcmp(names[i], type) == 0;
    }
    if (!is_known) {
        const char *nearest = problems_nearest(type, names, policy->type_count);
        (void)snprintf(why->text, sizeof why->text, "no active rule takes %s; %u types known%s%s",
                       type, policy->type_count, nearest != NULL ? ", nearest " : "",
                       nearest != NULL ? nearest : "");
    }
    for (uint32_t i = 0; i < policy->type_count; i++) {
        char *name;
        memcpy(&name, &names[i], sizeof name);
        free(name);
    }
    free(names);
    return is_known ? ERR_OK : ERR_NOT_FOUND;
}

enum err send_event_example(const char *type, const struct city *city, const struct policy *policy,
                            struct send_event *out_event, struct send_why *out_why)
{
    const struct example *example = find_example(type);
    if (policy != NULL) {
        enum err err = check_type(type, policy, out_why);
        if (err != ERR_OK) {
            return err;
        }
    }
    json_t *root = json_object();
    json_t *fields = json_loads(example != NULL ? example->fields : usual_fields, 0, NULL);
    must(fields != NULL);
    if (example == NULL && policy != NULL) {
        keep_known_fields(fields, policy);
    }
    (void)json_object_set_new(root, "type", json_string(type));
    (void)json_object_set_new(root, "fields", fields);
    if (example != NULL && example->text != NULL) {
        (void)json_object_set_new(root, "text", json_string(example->text));
    }
    if (city != NULL) {
        place_in_city(root, type, example, city);
    }
    char *line = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(root);
    if (line == NULL) {
        return ERR_MEMORY;
    }
    enum err err = send_event_parse(line, strlen(line), out_event, out_why);
    free(line);
    return err;
}

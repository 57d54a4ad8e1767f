/* send_example.c: one believable event of a type, for `gridloop send --example`.
 *
 * Known types have a row with fields and the kind of device that reports them. A type without a row gets the fields of its
 * rules that have a usual value. Device, place and gateway come from the city where it is known. */
#include "engine/cli/send_event.h"

#include "engine/city/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct example {
    const char *type;
    const char *device_kind; /* NULL: reported with a place */
    const char *asset_kind;  /* the device watches one, or NULL */
    bool is_zoned;           /* the device watches a zone */
    const char *fields;      /* JSON */
    const char *text;
};

static const struct example examples[] = {
    {"camera.garbage_overflow", "camera", "litter_bin", false, "{\"confidence\":0.94,\"fill\":0.93}", NULL},
    {"camera.garbage_cleared", "camera", "litter_bin", false, "{\"confidence\":0.97,\"fill\":0.05}", NULL},
    {"camera.vehicle_stationary", "camera", NULL, true,
     "{\"confidence\":0.91,\"plate\":\"京A12345\",\"vehicle_class\":\"car\",\"exempt\":false}", NULL},
    {"camera.crowd_density", "camera", NULL, true, "{\"density\":4.2,\"count\":310}", NULL},
    {"camera.fire", "camera", NULL, false, "{\"confidence\":0.96}", NULL},
    {"camera.manhole_missing", "camera", NULL, false, "{\"confidence\":0.88}", NULL},
    {"sensor.gas", "gas_sensor", NULL, false, "{\"lel_pct\":22,\"device.health\":\"ok\"}", NULL},
    {"sensor.manhole_tilt", "manhole_sensor", NULL, false, "{\"angle_deg\":41}", NULL},
    {"sensor.water_level", "water_sensor", NULL, false, "{\"level_cm\":46}", NULL},
    {"sensor.lamp_fault", "lamp_sensor", NULL, false, "{\"current_ma\":0}", NULL},
    {"hotline.garbage", NULL, NULL, false, "{}", "The bin on the corner runs over. 路口的垃圾桶满了。"},
    {"hotline.manhole", NULL, NULL, false, "{}", "A manhole cover is missing. 井盖不见了。"},
    {"patrol.manhole", NULL, NULL, false, "{}", "Manhole cover missing, fenced off. 井盖缺失，已临时围挡。"},
};

/* Values a field of that name usually has, for types without a row above. */
static const char usual_fields[] =
    "{\"confidence\":0.93,\"fill\":0.93,\"density\":4.2,\"count\":12,\"lel_pct\":22,\"level_cm\":46,\"angle_deg\":41,"
    "\"plate\":\"京A12345\",\"vehicle_class\":\"car\",\"exempt\":false,\"health\":\"ok\",\"device.health\":\"ok\","
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

static bool device_fits(const struct city *city, const struct city_device *device, const struct example *example)
{
    if (device->kind >= city->asset_kind_count || !text_is(city, city->asset_kinds[device->kind], example->device_kind)) {
        return false;
    }
    if (example->is_zoned != (device->zone != NONE32)) {
        return !example->is_zoned && example->asset_kind == NULL;
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
            if (strlen(type) >= prefix.size && memcmp(type, city_text(city, prefix), prefix.size) == 0) {
                return text_json(city, gateway->id);
            }
        }
    }
    return open != NULL ? text_json(city, open->id) : NULL;
}

/* Puts device, or lon and lat, and source into root. */
static void place_in_city(json_t *root, const char *type, const struct example *example, const struct city *city)
{
    json_t *source = find_source(city, type);
    if (source != NULL) {
        (void)json_object_set_new(root, "source", source);
    }
    for (uint32_t i = 0; example != NULL && example->device_kind != NULL && i < city->device_count; i++) {
        if (device_fits(city, &city->devices[i], example)) {
            (void)json_object_set_new(root, "device", text_json(city, city->devices[i].id));
            return;
        }
    }
    if (city->cell_count > 0) {
        const struct city_cell *cell = &city->cells[city->cell_count / 2];
        (void)json_object_set_new(root, "lon", json_real(cell->lon / 1e7));
        (void)json_object_set_new(root, "lat", json_real(cell->lat / 1e7));
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
            is_known = text.size == strlen(name) && memcmp(policy_text(policy, text), name, text.size) == 0;
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
        (void)snprintf(why->text, sizeof why->text, "no active rule takes %s; %u types known%s%s", type,
                       policy->type_count, nearest != NULL ? ", nearest " : "", nearest != NULL ? nearest : "");
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
    char *line = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (line == NULL) {
        return ERR_MEMORY;
    }
    enum err err = send_event_parse(line, strlen(line), out_event, out_why);
    free(line);
    return err;
}

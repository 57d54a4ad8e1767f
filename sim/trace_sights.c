/* trace_sights.c: see trace_sights.h. */
#include "sim/trace_sights.h"

#include "engine/city/shapes.h"

#include <stdlib.h>
#include <string.h>

static bool text_is(const struct city *city, struct image_string string, const char *text)
{
    return string.size == strlen(text) && memcmp(city_text(city, string), text, string.size) == 0;
}

static bool device_sees(const struct city *city, const struct city_device *device,
                        const struct trace_kind *kind)
{
    if (kind->device_kind == NULL || device->kind == NONE32 ||
        !text_is(city, city->asset_kinds[device->kind], kind->device_kind)) {
        return false;
    }
    if (kind->watches == NULL) {
        return true;
    }
    if (strncmp(kind->watches, "area.", 5) != 0) {
        return device->asset != NONE32 &&
               text_is(city, city->asset_kinds[city->assets[device->asset].kind], kind->watches);
    }
    return device->zone != NONE32 &&
           (text_is(city, city->areas[device->zone].name, kind->watches) ||
            (kind->watches_too != NULL &&
             text_is(city, city->areas[device->zone].name, kind->watches_too)));
}

static enum err sight_init(struct trace_sight *sight, const struct trace_kind *kind,
                           const struct city *city)
{
    sight->devices = calloc(city->device_count + 1u, sizeof *sight->devices);
    sight->assets = calloc(city->asset_count + 1u, sizeof *sight->assets);
    if (sight->devices == NULL || sight->assets == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t d = 0; d < city->device_count; d++) {
        if (device_sees(city, &city->devices[d], kind)) {
            sight->devices[sight->device_count++] = d;
        }
    }
    for (uint32_t a = 0; kind->near_asset != NULL && a < city->asset_count; a++) {
        if (text_is(city, city->asset_kinds[city->assets[a].kind], kind->near_asset)) {
            sight->assets[sight->asset_count++] = a;
        }
    }
    return ERR_OK;
}

static void find_gateways(struct trace_sights *sights)
{
    const struct city *city = sights->city;
    const void *rows = NULL;
    uint32_t count = 0;
    if (image_rows(&city->image, CITY_GATEWAY_CRS, sizeof(uint32_t), &rows, &count) == ERR_OK &&
        count == city->gateway_count) {
        sights->gateway_crs = rows;
    }
    for (uint32_t g = 0; g < city->gateway_count; g++) {
        const uint32_t kind = city->gateways[g].kind;
        must(kind < COUNT_OF(sights->gateway_counts));
        if (sights->gateway_counts[kind] < COUNT_OF(sights->gateways[kind])) {
            sights->gateways[kind][sights->gateway_counts[kind]++] = g;
        }
    }
}

enum err trace_sights_init(struct trace_sights *sights, const struct city *city)
{
    *sights = (struct trace_sights){.city = city};
    if (city->gateway_count == 0 || city->cell_count == 0) {
        return ERR_INPUT;
    }
    sights->kinds = calloc(TRACE_KIND_COUNT, sizeof *sights->kinds);
    enum err err = sights->kinds == NULL ? ERR_MEMORY : ERR_OK;
    for (uint32_t k = 0; err == ERR_OK && k < TRACE_KIND_COUNT; k++) {
        err = sight_init(&sights->kinds[k], &TRACE_KINDS[k], city);
    }
    if (err != ERR_OK) {
        trace_sights_fini(sights);
        return err;
    }
    find_gateways(sights);
    return ERR_OK;
}

void trace_sights_fini(struct trace_sights *sights)
{
    for (uint32_t k = 0; sights->kinds != NULL && k < TRACE_KIND_COUNT; k++) {
        free(sights->kinds[k].devices);
        free(sights->kinds[k].assets);
    }
    free(sights->kinds);
    sights->kinds = NULL;
}

uint32_t trace_sights_gateway(const struct trace_sights *sights, const char *type, uint32_t device,
                              uint32_t turn)
{
    const uint32_t kind = strncmp(type, "camera.", 7) == 0    ? GATEWAY_CAMERA
                          : strncmp(type, "sensor.", 7) == 0  ? GATEWAY_SENSOR
                          : strncmp(type, "hotline.", 8) == 0 ? GATEWAY_HOTLINE
                                                              : GATEWAY_PATROL;
    const uint32_t count = sights->gateway_counts[kind];
    const uint32_t first = device == NONE32 ? 0 : device;
    return count == 0 ? NONE32 : sights->gateways[kind][(first + turn) % count];
}

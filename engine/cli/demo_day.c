/* demo_day.c: see demo_day.h.
 *
 * The script: a bin overflows under a camera; a citizen calls about the same bin; the camera repeats itself; cars park
 * where they must not; gas leaks; a square fills. The rest of the morning is generated, the same for the same seed. */
#include "engine/cli/demo_day.h"

#include "engine/city/crs.h"
#include "sim/trace_file.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT_MAX 32

struct scripted {
    int64_t after_ms; /* since the start of the day */
    const char *source;
    const char *type;
    uint32_t device;    /* row, or NONE32 */
    struct place place; /* where there is no device, WGS-84 */
    const char *name_1;
    int64_t number_1;
    const char *name_2;
    int64_t number_2;
    const char *plate;
};

struct script {
    const struct city *city;
    struct scripted lines[SCRIPT_MAX];
    uint32_t count;
};

static uint32_t find_device(const struct city *city, const char *id)
{
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct image_string name = city->devices[i].id;
        if (name.size == strlen(id) && memcmp(city_text(city, name), id, name.size) == 0) {
            return i;
        }
    }
    return NONE32;
}

/* The nth device that watches an area of that name, or an asset of that kind. */
static uint32_t find_watcher(const struct city *city, const char *area, const char *id_prefix,
                             uint32_t nth)
{
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct city_device *device = &city->devices[i];
        const bool is_kind = device->id.size >= strlen(id_prefix) &&
                             memcmp(city_text(city, device->id), id_prefix, strlen(id_prefix)) == 0;
        bool is_there = area == NULL;
        for (uint32_t a = 0; area != NULL && a < device->areas.count; a++) {
            const struct image_string name =
                city->areas[city->device_areas[device->areas.first + a]].name;
            is_there = is_there || (name.size == strlen(area) &&
                                    memcmp(city_text(city, name), area, name.size) == 0);
        }
        if (is_kind && is_there && nth-- == 0) {
            return i;
        }
    }
    return NONE32;
}

static struct scripted *add(struct script *script, int64_t after_ms, const char *source,
                            const char *type, uint32_t device)
{
    must(script->count < SCRIPT_MAX);
    struct scripted *line = &script->lines[script->count++];
    *line = (struct scripted){.after_ms = after_ms,
                              .source = source,
                              .type = type,
                              .device = device,
                              .place = place_none()};
    return line;
}

static void add_bin(struct script *script, int64_t after_ms, uint32_t device, int64_t fill)
{
    struct scripted *line =
        add(script, after_ms, "camera-gateway-1", "camera.garbage_overflow", device);
    line->name_1 = "confidence";
    line->number_1 = 960000;
    line->name_2 = "fill";
    line->number_2 = fill;
}

/* Other bins under cameras, one after the other until before until_ms. */
static void add_more_bins(struct script *script, int64_t from_ms, int64_t until_ms, uint32_t but)
{
    const struct city *city = script->city;
    int64_t after_ms = from_ms;
    for (uint32_t i = 0; i < city->device_count && after_ms < until_ms; i++) {
        const struct city_device *device = &city->devices[i];
        const bool is_camera =
            device->id.size > 2 && memcmp(city_text(city, device->id), "C-", 2) == 0;
        /* Every other camera, so that the morning is spread over the district. */
        if (!is_camera || i == but || device->asset == NONE32 || i % 2 != 0) {
            continue;
        }
        const struct city_asset *asset = &city->assets[device->asset];
        const struct image_string kind = city->asset_kinds[asset->kind];
        if (kind.size == 10 && memcmp(city_text(city, kind), "litter_bin", 10) == 0) {
            add_bin(script, after_ms, i, 920000);
            after_ms += 14 * SECOND_MS;
        }
    }
}

/* In order of time. */
static enum err write_script(struct script *script)
{
    const struct city *city = script->city;
    const uint32_t bin = find_device(city, "C-017");
    const uint32_t gas = find_watcher(city, NULL, "G-", 0);
    const uint32_t square = find_watcher(city, "area.square", "C-", 0);
    if (bin == NONE32 || gas == NONE32 || square == NONE32) {
        (void)fprintf(stderr,
                      "gridloop demo: the city lacks camera C-017, a gas sensor or a square\n");
        return ERR_INPUT;
    }
    add_bin(script, 30 * SECOND_MS, bin, 930000);
    add_more_bins(script, 40 * SECOND_MS, 3 * MINUTE_MS, bin);
    /* A caller stands some eleven metres north-east of the bin. */
    struct scripted *call = add(script, 3 * MINUTE_MS, "hotline-12345", "hotline.garbage", NONE32);
    call->place = (struct place){city->devices[bin].lon + 900, city->devices[bin].lat + 700};
    add_bin(script, 5 * MINUTE_MS, bin, 950000);
    struct scripted *leak = add(script, 9 * MINUTE_MS, "sensor-gateway-1", "sensor.gas", gas);
    leak->name_1 = "lel_pct";
    leak->number_1 = 24 * MICRO;
    struct scripted *crowd =
        add(script, 15 * MINUTE_MS, "camera-gateway-1", "camera.crowd_density", square);
    crowd->name_1 = "confidence";
    crowd->number_1 = 950000;
    crowd->name_2 = "density";
    crowd->number_2 = 2600000;
    struct scripted *dense =
        add(script, 21 * MINUTE_MS, "camera-gateway-1", "camera.crowd_density", square);
    *dense = *crowd;
    dense->after_ms = 21 * MINUTE_MS;
    dense->number_2 = 3900000;
    return ERR_OK;
}

static void write_line(struct trace_writer *writer, const struct city *city,
                       const struct scripted *line, int64_t start_ms, uint32_t number)
{
    char id[32];
    char device[80];
    (void)snprintf(id, sizeof id, "story-%02u", number);
    struct trace_event event = {.at_ms = start_ms + line->after_ms,
                                .offset_minutes = 480,
                                .source = line->source,
                                .id = id,
                                .type = line->type,
                                .place = line->place};
    if (place_is_known(line->place)) { /* the hotline speaks GCJ-02, as maps in China do */
        event.place = degrees_to_place(crs_from_wgs84(CRS_GCJ02, place_to_degrees(line->place)));
    }
    if (line->device != NONE32) {
        const struct image_string name = city->devices[line->device].id;
        (void)snprintf(device, sizeof device, "%.*s", (int)name.size, city_text(city, name));
        event.device = device;
    }
    if (line->name_1 != NULL) {
        trace_event_add_number(&event, line->name_1, line->number_1);
    }
    if (line->name_2 != NULL) {
        trace_event_add_number(&event, line->name_2, line->number_2);
    }
    if (line->plate != NULL) {
        trace_event_add_text(&event, "plate", line->plate);
    }
    trace_writer_add(writer, &event);
}

static enum err merge(const struct script *script, struct trace_reader *reader,
                      struct trace_writer *writer, int64_t start_ms)
{
    struct trace_event event;
    uint32_t next = 0;
    enum err err;
    while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
        while (next < script->count && start_ms + script->lines[next].after_ms <= event.at_ms) {
            write_line(writer, script->city, &script->lines[next], start_ms, next + 1);
            next++;
        }
        if (next > 0) { /* the story's bin comes first: it is case 1 */
            trace_writer_add(writer, &event);
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err demo_day_write(const struct city *city, const char *from, const char *to, int64_t start_ms)
{
    struct script script = {.city = city};
    struct problems *problems = problems_new();
    struct trace_reader *reader = NULL;
    struct trace_writer *writer = NULL;
    enum err err = write_script(&script);
    if (err == ERR_OK) {
        err = trace_reader_open(from, problems, &reader);
    }
    if (err == ERR_OK) {
        err = trace_writer_open(to, &writer);
    }
    if (err == ERR_OK) {
        err = merge(&script, reader, writer, start_ms);
    }
    if (writer != NULL) {
        const enum err closed = trace_writer_close(writer);
        err = err == ERR_OK ? closed : err;
    }
    problems_print(problems, stderr);
    trace_reader_close(reader);
    problems_free(problems);
    return err;
}

/* log_events.c: see log_events.h. */
#include "engine/cli/log_events.h"

#include "engine/city/crs.h"
#include "engine/city/shapes.h"
#include "engine/core/calendar.h"
#include "engine/core/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* Fields that are found again from the registries. */
static bool is_found_again(const char *name, size_t size)
{
    static const char *const NAMES[] = {"source",     "device",     "type",
                                        "cell",       "zone.name",  "zone.kind",
                                        "asset.code", "asset.name", "asset.kind"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strlen(NAMES[i]) == size && memcmp(NAMES[i], name, size) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t find_gateway(const struct city *city, struct hash128 principal)
{
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        if (hash128_is_equal(city->gateways[i].id_hash, principal)) {
            return i;
        }
    }
    return NONE32;
}

/* In the gateway's own system, as it sent it. */
static struct place sent_place(const struct city *city, uint32_t gateway, struct place place)
{
    const void *rows = NULL;
    uint32_t count = 0;
    if (!place_is_known(place) ||
        image_rows(&city->image, CITY_GATEWAY_CRS, sizeof(uint32_t), &rows, &count) != ERR_OK ||
        gateway >= count) {
        return place;
    }
    const uint32_t crs = ((const uint32_t *)rows)[gateway];
    return crs == CRS_WGS84 || crs >= CRS_COUNT
               ? place
               : degrees_to_place(crs_from_wgs84((enum crs)crs, place_to_degrees(place)));
}

static void read_fields(const struct policy *policy, const struct event *event,
                        struct log_event *out)
{
    size_t used = 0;
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        const struct event_field *field = &event->fields[i];
        if (field->field >= policy->field_count || out->event.field_count >= EVENT_FIELDS_MAX) {
            continue;
        }
        const struct image_string name = policy->fields[field->field].name;
        char *copy = out->names + (size_t)i * 96;
        if (is_found_again(policy_text(policy, name), name.size)) {
            continue;
        }
        (void)snprintf(copy, 96, "%.*s", (int)name.size, policy_text(policy, name));
        if (field->kind == FIELD_STRING) {
            char *text = out->texts + used;
            memcpy(text, event->text + field->text_offset, field->size);
            text[field->size] = '\0';
            used += field->size + 1u;
            if (strcmp(copy, "caller") == 0) {
                out->event.caller = text;
            } else {
                trace_event_add_text(&out->event, copy, text);
            }
        } else if (field->kind == FIELD_BOOL) {
            trace_event_add_flag(&out->event, copy, field->a != 0);
        } else {
            trace_event_add_number(&out->event, copy, (int64_t)field->a);
        }
    }
}

bool log_event_read(const struct core *core, const struct log_entry *entry,
                    const struct command *command, const struct event *event,
                    struct log_event *out_event, struct log_events_counts *counts)
{
    const struct city *city = core_city(core);
    const struct policy *policy = core_policy(core);
    const struct event_head *head = event->head;
    counts->events++;
    const uint32_t gateway = city == NULL ? NONE32 : find_gateway(city, command->head->principal);
    const bool is_whole = hash128_is_equal(command->head->facts_digest, core_facts_digest(core));
    if (gateway == NONE32 || !is_whole) { /* what is resolved again stands in the log again */
        counts->by_persons += is_whole ? 1 : 0;
        return false;
    }
    if (head->verdict != CODE_NOTHING) {
        counts->refused++;
        return false;
    }
    if (head->type >= policy->type_count) {
        counts->unknown_types++;
        return false;
    }
    counts->contacts += event->contact != NULL ? 1 : 0;
    out_event->event =
        (struct trace_event){.at_ms = entry->time_ms,
                             .delay_ms = max_i64(0, entry->time_ms - head->event_at_ms),
                             .place = place_none()};
    struct trace_event *out = &out_event->event;
    out->offset_minutes =
        (int32_t)((city_local_ms(city, entry->time_ms) - entry->time_ms) / MINUTE_MS);
    const struct image_string source = city->gateways[gateway].id;
    const struct image_string type = policy->types[head->type].name;
    (void)snprintf(out_event->source, sizeof out_event->source, "%.*s", (int)source.size,
                   city_text(city, source));
    (void)snprintf(out_event->type, sizeof out_event->type, "%.*s", (int)type.size,
                   policy_text(policy, type));
    if (hash128_is_none(head->id)) {
        (void)snprintf(out_event->id, sizeof out_event->id, "%llu.%llu",
                       (unsigned long long)entry->position, (unsigned long long)counts->events);
    } else {
        (void)snprintf(out_event->id, sizeof out_event->id, "%016llx%016llx",
                       (unsigned long long)head->id.hi, (unsigned long long)head->id.lo);
    }
    out->source = out_event->source;
    out->type = out_event->type;
    out->id = out_event->id;
    if (head->device < city->device_count) {
        const struct city_device *device = &city->devices[head->device];
        (void)snprintf(out_event->device, sizeof out_event->device, "%.*s", (int)device->id.size,
                       city_text(city, device->id));
        out->device = out_event->device;
        const bool is_its_place = device->lon == head->place.lon && device->lat == head->place.lat;
        out->place = is_its_place ? place_none() : sent_place(city, gateway, head->place);
    } else {
        out->place = sent_place(city, gateway, head->place);
    }
    read_fields(policy, event, out_event);
    if (head->text_size > 0) {
        memcpy(out_event->text, event->free_text, head->text_size);
        out_event->text[head->text_size] = '\0';
        out->text = out_event->text;
    }
    return true;
}

/* ---- a whole log ---- */

struct writing {
    struct replay *replay;
    struct trace_writer *writer;
    struct log_event *event;
    struct log_events_counts *counts;
};

static void on_entry(void *context, const struct log_entry *entry)
{
    struct writing *writing = context;
    struct log_events_counts *counts = writing->counts;
    counts->redacted += entry->is_redacted ? 1 : 0;
    counts->first_position = counts->first_position == 0 ? entry->position : counts->first_position;
}

static void on_command(void *context, const struct log_entry *entry, const struct command *command)
{
    struct writing *writing = context;
    struct log_events_counts *counts = writing->counts;
    counts->acts += command->head->kind == COMMAND_ACT ? 1 : 0;
    if (command->head->kind != COMMAND_EVENTS) {
        return;
    }
    uint64_t offset = 0;
    struct event event;
    while (event_next(command, &offset, &event)) {
        if (log_event_read(replay_core(writing->replay), entry, command, &event, writing->event,
                           counts)) {
            trace_writer_add(writing->writer, &writing->event->event);
            counts->first_ms = counts->written == 0 ? entry->time_ms : counts->first_ms;
            counts->last_ms = entry->time_ms;
            counts->written++;
        }
    }
}

/* The rules that run at the end of the log. */
static void keep_rules(const struct core *core, struct log_last_rules *out_rules)
{
    const struct policy *policy = core_policy(core);
    *out_rules = (struct log_last_rules){.bytes = NULL};
    if (policy == NULL) {
        return;
    }
    out_rules->size = policy->image.size;
    out_rules->city = policy->info->city_digest;
    out_rules->rules = policy->info->rules_digest;
    out_rules->bytes = aligned_alloc(64, (out_rules->size + 63) & ~(size_t)63);
    must(out_rules->bytes != NULL);
    memcpy(out_rules->bytes, policy->image.bytes, out_rules->size);
}

int log_events_write(const char *command, const char *data, const char *path,
                     struct log_events_counts *counts, struct log_last_rules *out_rules)
{
    struct log_command options = {.data = data};
    struct data_directory directory;
    struct log_fault fault = {.what = ""};
    struct writing writing = {.counts = counts, .event = calloc(1, sizeof *writing.event)};
    must(writing.event != NULL);
    *counts = (struct log_events_counts){.events = 0};
    int exit_code = log_command_open(&options, &directory);
    if (exit_code != EX_OK) {
        free(writing.event);
        return exit_code;
    }
    const struct replay_options replay = {
        .disk = &directory.disk.disk,
        .log = log_options_default(),
        .limits = options.limits,
        .is_durable_only = true,
        .watch = {.on_entry = on_entry, .on_command = on_command, .context = &writing}};
    enum err err = trace_writer_open(path, &writing.writer);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "%s: %s cannot be written (exit %d)\n", command, path, EX_CANTCREAT);
        exit_code = EX_CANTCREAT;
    } else {
        err = replay_open(&replay, &writing.replay, &fault);
        err = err == ERR_OK ? replay_follow(writing.replay, UINT64_MAX, &fault) : err;
        exit_code = err == ERR_OK ? EX_OK : log_command_fail(&options, err, &fault);
        if (exit_code == EX_OK) {
            keep_rules(replay_core(writing.replay), out_rules);
        }
        if (trace_writer_close(writing.writer) != ERR_OK && exit_code == EX_OK) {
            (void)fprintf(stderr, "%s: %s cannot be written (exit %d)\n", command, path, EX_IOERR);
            exit_code = EX_IOERR;
        }
    }
    replay_close(writing.replay);
    data_directory_close(&directory);
    free(writing.event);
    return exit_code;
}

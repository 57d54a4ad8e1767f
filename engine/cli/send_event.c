/* send_event.c: reads lines of events strictly enough to help, leniently enough to type by hand. */
#include "engine/cli/send_event.h"

#include "sim/trace_file.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 3))) static enum err refuse(struct send_why *why,
                                                             const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    return ERR_INPUT;
}

static enum err read_text(const json_t *object, const char *key, const char **out_text,
                          struct send_why *why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value)) {
        return ERR_OK;
    }
    if (!json_is_string(value)) {
        return refuse(why, "%s: a string expected", key);
    }
    *out_text = json_string_value(value);
    return ERR_OK;
}

static enum err read_time(const json_t *object, const char *key, int64_t *out_ms,
                          struct send_why *why)
{
    const json_t *value = json_object_get(object, key);
    int32_t offset_minutes = 0;
    if (value == NULL || json_is_null(value)) {
        return ERR_OK;
    }
    if (json_is_integer(value)) {
        *out_ms = json_integer_value(value);
        return ERR_OK;
    }
    if (!json_is_string(value) ||
        !trace_parse_instant(json_string_value(value), out_ms, &offset_minutes)) {
        return refuse(why, "%s: a time such as 2026-03-03T08:20:00+08:00 expected", key);
    }
    return ERR_OK;
}

static enum err read_place(const json_t *object, struct gridloop_event *event, struct send_why *why)
{
    const json_t *lon = json_object_get(object, "lon");
    const json_t *lat = json_object_get(object, "lat");
    if (lon == NULL && lat == NULL) {
        return ERR_OK;
    }
    if (!json_is_number(lon) || !json_is_number(lat)) {
        return refuse(why, "lon and lat: two numbers in degrees expected");
    }
    event->has_place = true;
    event->lon = json_number_value(lon);
    event->lat = json_number_value(lat);
    return ERR_OK;
}

static enum err add_field(struct send_event *out, const char *name, const json_t *value,
                          struct send_why *why)
{
    if (out->event.field_count == SEND_FIELDS_MAX) {
        return refuse(why, "fields: more than %u", SEND_FIELDS_MAX);
    }
    struct gridloop_field field = {.name = name};
    if (json_is_number(value)) {
        field.kind = GRIDLOOP_NUMBER;
        field.number = json_number_value(value);
    } else if (json_is_boolean(value)) {
        field.kind = GRIDLOOP_FLAG;
        field.flag = json_is_true(value);
    } else if (json_is_string(value)) {
        field.kind = GRIDLOOP_TEXT;
        field.text = json_string_value(value);
    } else {
        return refuse(why, "field %s: a number, a string, true or false expected", name);
    }
    out->fields[out->event.field_count++] = field;
    return ERR_OK;
}

static enum err add_fields(struct send_event *out, json_t *fields, struct send_why *why)
{
    const char *name;
    json_t *value;
    if (fields != NULL && !json_is_object(fields)) {
        return refuse(why, "fields: an object expected");
    }
    json_object_foreach(fields, name, value)
    {
        enum err err = add_field(out, name, value, why);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

static bool is_one_of(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "contact": {"name": ..., "phone": ..., "note": ...} */
static enum err read_contact(const json_t *root, struct send_event *out, struct send_why *why)
{
    static const char *const keys[] = {"name", "phone", "note"};
    json_t *contact = json_object_get(root, "contact");
    const char *key;
    json_t *value;
    if (contact == NULL) {
        return ERR_OK;
    }
    if (!json_is_object(contact)) {
        return refuse(why, "contact: an object with name, phone, note expected");
    }
    json_object_foreach(contact, key, value)
    {
        if (!is_one_of(key, keys, COUNT_OF(keys))) {
            return refuse(why, "contact: unknown key \"%s\"; name, phone, note expected", key);
        }
    }
    enum err err = read_text(contact, "name", &out->contact.name, why);
    err = err != ERR_OK ? err : read_text(contact, "phone", &out->contact.phone, why);
    err = err != ERR_OK ? err : read_text(contact, "note", &out->contact.note, why);
    out->event.contact = &out->contact;
    return err;
}

/* The trace form. truth is for simulations and goes nowhere. */
static enum err read_plain(json_t *root, struct send_event *out, struct send_why *why)
{
    static const char *const keys[] = {"at",  "source", "id",   "type",  "device",  "caller", "lon",
                                       "lat", "fields", "text", "truth", "contact", "drill"};
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (!is_one_of(key, keys, COUNT_OF(keys))) {
            return refuse(why, "unknown key \"%s\"; measured values belong in \"fields\"", key);
        }
    }
    struct gridloop_event *event = &out->event;
    enum err err = read_text(root, "source", &out->source, why);
    err = err != ERR_OK ? err : read_text(root, "id", &event->id, why);
    err = err != ERR_OK ? err : read_text(root, "type", &event->type, why);
    err = err != ERR_OK ? err : read_text(root, "device", &event->device, why);
    err = err != ERR_OK ? err : read_text(root, "text", &event->text, why);
    err = err != ERR_OK ? err : read_time(root, "at", &event->at_ms, why);
    err = err != ERR_OK ? err : read_place(root, event, why);
    err = err != ERR_OK ? err : add_fields(out, json_object_get(root, "fields"), why);
    err = err != ERR_OK ? err : read_contact(root, out, why);
    const json_t *caller = json_object_get(root, "caller");
    event->flags |= json_is_true(json_object_get(root, "drill")) ? (uint32_t)GRIDLOOP_DRILL : 0;
    return err == ERR_OK && caller != NULL ? add_field(out, "caller", caller, why) : err;
}

/* CloudEvents 1.0: subject is the device; other members of data are fields. */
static enum err read_cloud(json_t *root, struct send_event *out, struct send_why *why)
{
    static const char *const keys[] = {"device", "lon", "lat", "fields", "text", "contact"};
    struct gridloop_event *event = &out->event;
    json_t *data = json_object_get(root, "data");
    if (data != NULL && !json_is_object(data)) {
        return refuse(why, "data: an object expected");
    }
    enum err err = read_text(root, "source", &out->source, why);
    err = err != ERR_OK ? err : read_text(root, "id", &event->id, why);
    err = err != ERR_OK ? err : read_text(root, "type", &event->type, why);
    err = err != ERR_OK ? err : read_text(root, "subject", &event->device, why);
    err = err != ERR_OK ? err : read_time(root, "time", &event->at_ms, why);
    err = err != ERR_OK ? err : read_text(data, "device", &event->device, why);
    err = err != ERR_OK ? err : read_text(data, "text", &event->text, why);
    err = err != ERR_OK ? err : read_place(data, event, why);
    err = err != ERR_OK ? err : add_fields(out, json_object_get(data, "fields"), why);
    err = err != ERR_OK ? err : read_contact(data, out, why);
    const char *key;
    json_t *value;
    json_object_foreach(data, key, value)
    {
        if (err == ERR_OK && !is_one_of(key, keys, COUNT_OF(keys))) {
            err = add_field(out, key, value, why);
        }
    }
    return err;
}

enum err send_event_parse(const char *line, size_t size, struct send_event *out_event,
                          struct send_why *out_why)
{
    json_error_t error;
    *out_event = (struct send_event){0};
    json_t *root = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return refuse(out_why, "column %d: %s", error.column > 0 ? error.column : 1,
                      root == NULL ? error.text : "a JSON object expected");
    }
    out_event->json = root;
    const json_t *version = json_object_get(root, "specversion");
    enum err err = ERR_OK;
    if (version == NULL) {
        err = read_plain(root, out_event, out_why);
    } else if (!json_is_string(version) || strcmp(json_string_value(version), "1.0") != 0) {
        err = refuse(out_why, "specversion: \"1.0\" expected");
    } else {
        err = read_cloud(root, out_event, out_why);
    }
    if (err == ERR_OK && (out_event->event.type == NULL || out_event->event.type[0] == '\0')) {
        err = refuse(out_why, "type: an event type is needed");
    }
    if (err != ERR_OK) {
        send_event_fini(out_event);
        return err;
    }
    out_event->event.fields = out_event->fields;
    return ERR_OK;
}

void send_event_fini(struct send_event *event)
{
    json_decref(event->json);
    event->json = NULL;
}

/* door_event_json.c: an event as JSON: what a dry run of a door shows. */
#include "engine/doors/door_event.h"

#include <math.h>

static void set_text(json_t *row, const char *key, const char *text)
{
    if (text != NULL) {
        (void)json_object_set_new(row, key, json_string(text));
    }
}

json_t *door_event_json(const struct gridloop_event *event)
{
    json_t *row = json_object(), *fields = json_object();
    set_text(row, "id", event->id);
    set_text(row, "type", event->type);
    if (event->at_ms != 0) {
        (void)json_object_set_new(row, "at", json_integer((json_int_t)event->at_ms));
    }
    set_text(row, "device", event->device);
    if (event->has_place) {
        (void)json_object_set_new(row, "lon", json_real(round(event->lon * 1e7) / 1e7));
        (void)json_object_set_new(row, "lat", json_real(round(event->lat * 1e7) / 1e7));
    }
    set_text(row, "text", event->text);
    for (size_t i = 0; i < event->field_count; i++) {
        const struct gridloop_field *field = &event->fields[i];
        (void)json_object_set_new(fields, field->name,
                                  field->kind == GRIDLOOP_NUMBER ? json_real(field->number)
                                  : field->kind == GRIDLOOP_FLAG ? json_boolean(field->flag)
                                                                 : json_string(field->text));
    }
    (void)json_object_set_new(row, "fields", fields);
    if ((event->flags & (uint32_t)GRIDLOOP_DRILL) != 0) {
        (void)json_object_set_new(row, "drill", json_true());
    }
    if (event->contact != NULL) {
        json_t *contact = json_object();
        set_text(contact, "name", event->contact->name);
        set_text(contact, "phone", event->contact->phone);
        set_text(contact, "note", event->contact->note);
        (void)json_object_set_new(row, "contact", contact);
    }
    return row;
}

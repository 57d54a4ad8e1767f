/* door_event.c: see door_event.h. */
#include "engine/doors/door_event.h"

#include "engine/core/base.h"
#include "engine/doors/door_mapping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define EACH_DEPTH_MAX 4u

/* ---- fields ---- */

static void put_field(struct door_mapping *mapping, struct door_event *to,
                      struct gridloop_field field)
{
    if (to->event.field_count == DOOR_FIELDS_MAX) {
        if (mapping->fields_left_out++ == 0) {
            mapping->first_left_out = field.name;
        }
        return;
    }
    to->fields[to->event.field_count++] = field;
}

static void add_field(struct door_mapping *mapping, struct door_event *to,
                      const struct door_value *value)
{
    char text[DOOR_SCALAR_SIZE];
    struct gridloop_field field = {
        .name = pool_text(&mapping->events->pool, value->name, strlen(value->name))};
    if (!door_mapping_text(mapping, value, text)) {
        if (value->is_needed) {
            door_mapping_say_missing(mapping, value);
        }
        return;
    }
    if (value->kind == DOOR_NUMBER) {
        field.kind = GRIDLOOP_NUMBER;
        if (!door_mapping_number(mapping, value, text, &field.number)) {
            return;
        }
    } else if (value->kind == DOOR_FLAG) {
        field.kind = GRIDLOOP_FLAG;
        if (!door_mapping_flag(mapping, value, text, &field.flag)) {
            return;
        }
    } else {
        field.kind = GRIDLOOP_TEXT;
        field.text = door_mapping_keep(mapping, value->name, text, DOOR_TEXT_SIZE - 1);
    }
    put_field(mapping, to, field);
}

/* Does the map take that member for something else than a field? */
static bool is_taken(const struct door_rules *rules, const char *parent, const char *member)
{
    const struct door_value *const values[] = {rules->id,           rules->at,
                                               rules->device,       rules->text,
                                               rules->lon,          rules->lat,
                                               rules->accuracy_m,   rules->drill,
                                               rules->contact_name, rules->contact_phone,
                                               rules->contact_note};
    char path[DOOR_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s.%s", parent, member);
    for (size_t v = 0; v < COUNT_OF(values); v++) {
        for (uint32_t i = 0; values[v] != NULL && i < values[v]->from_count; i++) {
            if (strcmp(values[v]->from[i], path) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Members of an object as they are: numbers, texts, flags; what is deeper, or has its place already, is left out. */
static void copy_fields(struct door_mapping *mapping, struct door_event *to, const char *path)
{
    const char *key;
    json_t *value, *copy = json_copy((json_t *)(uintptr_t)door_mapping_find(
                       mapping->member, path)); /* jansson walks no const */
    json_object_foreach(copy, key, value)
    {
        if (is_taken(mapping->rules, path, key)) {
            continue;
        }
        mapping->whole_size = 0;
        struct gridloop_field field = {.name =
                                           door_mapping_keep(mapping, "a field's name", key, 128)};
        if (json_is_number(value)) {
            field.kind = GRIDLOOP_NUMBER;
            field.number = json_number_value(value);
        } else if (json_is_boolean(value)) {
            field.kind = GRIDLOOP_FLAG;
            field.flag = json_is_true(value);
        } else if (json_is_string(value)) {
            field.kind = GRIDLOOP_TEXT;
            field.text =
                door_mapping_keep(mapping, key, json_string_value(value), DOOR_TEXT_SIZE - 1);
        } else {
            continue;
        }
        put_field(mapping, to, field);
    }
    json_decref(copy);
}

/* ---- one event ---- */

static void set_time(struct door_mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char text[DOOR_SCALAR_SIZE];
    if (rules->at == NULL) {
        return;
    }
    if (!door_mapping_text(mapping, rules->at, text)) {
        if (rules->at->is_needed) {
            door_mapping_say_missing(mapping, rules->at);
        }
        return;
    }
    if (!door_time_parse(text, rules->time_format, &rules->zone, &event->at_ms)) {
        door_mapping_refuse(
            mapping, "D012", "at: \"%.60s\" is no instant%s%s%s", text,
            rules->time_format != NULL ? " of the form " : "",
            rules->time_format != NULL ? rules->time_format : "",
            rules->zone.rows == NULL ? "; without an offset it needs `zone` in the map" : "");
    }
}

static void set_place(struct door_mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char lon[DOOR_SCALAR_SIZE], lat[DOOR_SCALAR_SIZE], accuracy[DOOR_SCALAR_SIZE];
    struct degrees at;
    double metres;
    if (rules->lon == NULL || !door_mapping_text(mapping, rules->lon, lon) ||
        !door_mapping_text(mapping, rules->lat, lat)) {
        return;
    }
    if (!door_mapping_number(mapping, rules->lon, lon, &at.lon) ||
        !door_mapping_number(mapping, rules->lat, lat, &at.lat)) {
        return;
    }
    if (at.lon == 0.0 && at.lat == 0.0) {
        return; /* what platforms send for "unknown" */
    }
    if (fabs(at.lon) > 180.0 || fabs(at.lat) > 90.0) {
        door_mapping_refuse(mapping, "D013",
                            "lon, lat: %g, %g is no place on earth; are they the other way?",
                            at.lon, at.lat);
        return;
    }
    at = rules->has_crs ? crs_to_wgs84(rules->crs, at) : at;
    event->has_place = true;
    event->lon = at.lon;
    event->lat = at.lat;
    if (rules->accuracy_m != NULL && door_mapping_text(mapping, rules->accuracy_m, accuracy) &&
        door_mapping_number(mapping, rules->accuracy_m, accuracy, &metres) && metres > 0 &&
        metres < 1e6) {
        event->accuracy_cm = (uint32_t)(metres * 100.0);
    }
}

static void set_contact(struct door_mapping *mapping, struct door_event *to)
{
    const struct door_rules *rules = mapping->rules;
    to->contact.name = door_mapping_take(mapping, rules->contact_name, 64);
    to->contact.phone = door_mapping_take(mapping, rules->contact_phone, 32);
    to->contact.note = door_mapping_take(mapping, rules->contact_note, 156);
    if (to->contact.name != NULL || to->contact.phone != NULL || to->contact.note != NULL) {
        to->event.contact = &to->contact;
    }
}

/* The record's own id, or a digest of it; with several events of one record each has its number. */
static void set_id(struct door_mapping *mapping, struct gridloop_event *event, uint32_t number)
{
    char id[DOOR_SCALAR_SIZE] = "", whole[DOOR_NAME_SIZE];
    const struct door_value *value = mapping->rules->id;
    const bool is_given = value != NULL && door_mapping_text(mapping, value, id);
    if (!is_given && value != NULL && value->is_needed) {
        door_mapping_say_missing(mapping, value);
    }
    if (!is_given && event->at_ms == 0) {
        return;
    }
    if (!is_given || strlen(id) > DOOR_NAME_SIZE - 40) {
        char *text = json_dumps(mapping->member, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        const XXH128_hash_t digest = XXH3_128bits(text, text != NULL ? strlen(text) : 0);
        (void)snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)digest.high64,
                       (unsigned long long)digest.low64);
        free(text);
    }
    if (number > 0) {
        (void)snprintf(whole, sizeof whole, "%.100s#%u", id, number + 1);
    } else {
        (void)snprintf(whole, sizeof whole, "%.128s", id);
    }
    event->id = pool_text(&mapping->events->pool, whole, strlen(whole));
}

static void set_flags(struct door_mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char text[DOOR_SCALAR_SIZE];
    bool is_drill = false;
    if (rules->drill != NULL && door_mapping_text(mapping, rules->drill, text)) {
        (void)door_mapping_flag(mapping, rules->drill, text, &is_drill);
    }
    event->flags = (rules->is_by_person ? (uint32_t)GRIDLOOP_BY_PERSON : 0) |
                   (rules->is_telemetry ? (uint32_t)GRIDLOOP_TELEMETRY : 0) |
                   (is_drill ? (uint32_t)GRIDLOOP_DRILL : 0);
}

/* The event of one row that fits; refused as a whole when anything of it is wrong. */
static void make_event(struct door_mapping *mapping, const struct door_row *row, uint32_t number)
{
    const struct door_rules *rules = mapping->rules;
    struct door_events *events = mapping->events;
    struct door_event made = {.member = mapping->index};
    const bool was_refused = mapping->is_refused;
    char type[DOOR_SCALAR_SIZE] = "";
    mapping->is_refused = false;
    mapping->fields_left_out = 0;
    if (!door_mapping_text(mapping, &row->type, type)) {
        door_mapping_say_missing(mapping, &row->type);
    }
    made.event.type = door_mapping_keep(mapping, "type", type, DOOR_NAME_SIZE - 1);
    made.event.device = door_mapping_take(
        mapping, row->device != NULL ? row->device : rules->device, DOOR_NAME_SIZE - 1);
    made.event.text = door_mapping_take(mapping, row->text != NULL ? row->text : rules->text,
                                        DOOR_SCALAR_SIZE - 1);
    set_time(mapping, &made.event);
    set_id(mapping, &made.event, number);
    set_place(mapping, &made.event);
    set_contact(mapping, &made);
    set_flags(mapping, &made.event);
    for (uint32_t i = 0; i < rules->copy_count; i++) {
        copy_fields(mapping, &made, rules->copy[i]);
    }
    for (uint32_t i = 0; i < rules->fields.count; i++) {
        add_field(mapping, &made, &rules->fields.values[i]);
    }
    for (uint32_t i = 0; i < row->fields.count; i++) {
        add_field(mapping, &made, &row->fields.values[i]);
    }
    if (mapping->fields_left_out > 0) {
        door_mapping_refuse(
            mapping, "D015", "%u fields, at most %u; \"%.80s\" is the first too many",
            DOOR_FIELDS_MAX + mapping->fields_left_out, DOOR_FIELDS_MAX, mapping->first_left_out);
    }
    if (!mapping->is_refused && events->count == DOOR_EVENTS_MAX) {
        door_mapping_refuse(mapping, "D015",
                            "more than %u events in one document; send it in parts",
                            DOOR_EVENTS_MAX);
    }
    if (!mapping->is_refused) {
        events->rows =
            pool_grow_rows(events->rows, sizeof *events->rows, events->count, &events->capacity);
        events->rows[events->count++] = made;
    }
    mapping->is_refused = mapping->is_refused || was_refused;
}

static void map_member(struct door_mapping *mapping)
{
    const struct door_rules *rules = mapping->rules;
    char seen[DOOR_SEEN_SIZE];
    uint32_t made = 0;
    mapping->is_refused = false;
    for (uint32_t r = 0; r < rules->row_count && (made == 0 || rules->takes_all); r++) {
        if (door_mapping_holds(mapping, &rules->rows[r])) {
            make_event(mapping, &rules->rows[r], made++);
        }
    }
    if (made == 0 && !rules->skips_others) {
        door_mapping_list_seen(mapping, seen);
        door_mapping_refuse(mapping, "D014", "no event of map %s fits; there is: %s", rules->name,
                            seen[0] != '\0' ? seen : "nothing");
    }
    mapping->events->refused += mapping->is_refused;
}

static void walk_member(struct door_mapping *mapping, const json_t *value, const char *key,
                        const char *star, uint32_t depth);

/* Every member of a list or object as a record, or as the way to the records. depth counts the "*" of the path. */
static void walk_each(struct door_mapping *mapping, const json_t *from, const char *path,
                      uint32_t depth)
{
    char head[DOOR_PATH_SIZE];
    const char *star = strstr(path, ".*.");
    const size_t size = star != NULL ? (size_t)(star - path) : strlen(path);
    const json_t *list = from;
    if (size >= sizeof head || depth == EACH_DEPTH_MAX) {
        door_mapping_refuse(mapping, "D017", "each: %s is too long", path);
        mapping->events->refused++;
        return;
    }
    memcpy(head, path, size);
    head[size] = '\0';
    list = strcmp(head, ".") == 0 ? from : door_mapping_find(from, head);
    const char *key;
    json_t *value, *copy = json_copy((json_t *)(uintptr_t)list); /* jansson walks no const */
    size_t index = 0;
    if (json_is_array(copy)) {
        json_array_foreach(copy, index, value)
        {
            walk_member(mapping, value, NULL, star, depth);
        }
    } else if (json_is_object(copy)) {
        json_object_foreach(copy, key, value)
        {
            walk_member(mapping, value, key, star, depth);
        }
    } else if (depth == 0) {
        door_mapping_refuse(mapping, "D017", "each: a list or an object expected at %s", head);
        mapping->events->refused++;
    }
    json_decref(copy);
}

static void walk_member(struct door_mapping *mapping, const json_t *value, const char *key,
                        const char *star, uint32_t depth)
{
    if (star != NULL) {
        walk_each(mapping, value, star + 3, depth + 1);
        return;
    }
    mapping->member = value;
    mapping->key = key;
    map_member(mapping);
    mapping->index++;
}

/* Events point at fields beside them: set once the rows lie where they stay. */
static void point_at_fields(struct door_events *events)
{
    for (uint32_t i = 0; i < events->count; i++) {
        struct door_event *row = &events->rows[i];
        row->event.fields = row->fields;
        row->event.contact = row->event.contact != NULL ? &row->contact : NULL;
    }
}

/* ---- whole documents ---- */

void door_events_init(struct door_events *events)
{
    *events = (struct door_events){.rows = NULL};
    pool_init(&events->pool);
}

void door_events_fini(struct door_events *events)
{
    free(events->rows);
    free(events->refusals);
    pool_fini(&events->pool);
}

bool door_events_map(struct door_events *events, const struct door_map *map,
                     struct problems *problems, struct door_origin origin, const json_t *record)
{
    const uint32_t refused = events->refused;
    struct door_mapping mapping = {.rules = door_map_rules(map),
                                   .events = events,
                                   .problems = problems,
                                   .origin = origin,
                                   .root = record,
                                   .member = record};
    const char *each = mapping.rules->each;
    if (each == NULL) {
        map_member(&mapping);
    } else {
        walk_each(&mapping, record, each, 0);
    }
    point_at_fields(events);
    return events->refused == refused;
}

bool door_events_map_text(struct door_events *events, const struct door_map *map,
                          struct problems *problems, struct door_origin origin, const char *bytes,
                          size_t size)
{
    json_error_t error;
    json_t *record = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (record == NULL) {
        const int line = origin.line > 0 ? origin.line + error.line - 1 : error.line;
        problems_add(problems, PROBLEM_ERROR, "D018", origin.file, line,
                     error.column > 0 ? error.column : 0, "not JSON: %s", error.text);
        events->refused++;
        return false;
    }
    const bool is_mapped = door_events_map(events, map, problems, origin, record);
    json_decref(record);
    return is_mapped;
}

/* door_event.c: see door_event.h. */
#include "engine/doors/door_event.h"

#include "engine/core/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SCALAR_SIZE 4001u /* the longest text of an event, terminated */
#define PATH_SIZE 128u
#define SEEN_SIZE 200u
#define EACH_DEPTH_MAX 4u

/* One record being mapped. */
struct mapping {
    const struct door_rules *rules;
    struct door_events *events;
    struct problems *problems;
    struct door_origin origin;
    const json_t *root;
    const json_t *member;
    const char *key; /* of the member, or NULL */
    uint32_t index;
    bool is_refused;
    size_t whole_size; /* bytes of the value looked up last, where it found no room; else 0 */
    uint32_t fields_left_out;
    const char *first_left_out;
};

/* Leaves out what is no whole character: a message that quotes a text may have cut one. */
static void drop_halves(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        const unsigned char head = (unsigned char)*from;
        const size_t size = head < 0x80 ? 1 : head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
        size_t there = 1;
        while (there < size && ((unsigned char)from[there] & 0xc0) == 0x80) {
            there++;
        }
        if (there == size && (head < 0x80 || head >= 0xc0)) {
            memmove(to, from, size);
            to += size;
        }
        from += there;
    }
    *to = '\0';
}

/* One row for a member, whatever is wrong with it. */
static void note_refusal(struct mapping *mapping, const char *code, const char *text)
{
    struct door_events *events = mapping->events;
    const bool is_size = strcmp(code, "D015") == 0 || strcmp(code, "D016") == 0;
    struct door_refusal *row =
        events->refusal_count > 0 ? &events->refusals[events->refusal_count - 1] : NULL;
    if (row == NULL || row->member != mapping->index) {
        events->refusals = pool_grow_rows(events->refusals, sizeof *events->refusals,
                                          events->refusal_count, &events->refusal_capacity);
        row = &events->refusals[events->refusal_count++];
        *row = (struct door_refusal){.member = mapping->index, .is_size = true};
    }
    const size_t used = strlen(row->text);
    row->is_size = row->is_size && is_size;
    (void)snprintf(row->text + used, sizeof row->text - used, "%s%s: %s", used > 0 ? "; " : "",
                   code, text);
    drop_halves(row->text);
}

__attribute__((format(printf, 3, 4))) static void refuse(struct mapping *mapping, const char *code,
                                                         const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    mapping->is_refused = true;
    note_refusal(mapping, code, text);
    problems_add(mapping->problems, PROBLEM_ERROR, code, mapping->origin.file, mapping->origin.line,
                 0, "%s", text);
}

/* ---- finding ---- */

/* So many bytes of a longer text, or a few less, that no character is cut. */
static size_t whole_characters(const char *text, size_t size)
{
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) {
        size--;
    }
    return size;
}

static const json_t *step(const json_t *from, const char *name)
{
    if (json_is_array(from)) {
        char *end = NULL;
        const unsigned long index = strtoul(name, &end, 10);
        return end != name && *end == '\0' ? json_array_get(from, index) : NULL;
    }
    return json_object_get(from, name);
}

static const json_t *find_below(const json_t *from, const char *path)
{
    char name[PATH_SIZE];
    while (from != NULL) {
        const json_t *whole = step(from, path);
        const size_t size = strcspn(path, ".");
        if (whole != NULL || path[size] == '\0' || size >= sizeof name) {
            return whole;
        }
        memcpy(name, path, size);
        name[size] = '\0';
        from = step(from, name);
        path += size + 1;
    }
    return NULL;
}

/* As much as there is room for, cut at a whole character. */
static void copy_text(struct mapping *mapping, char *out, const char *text)
{
    size_t size = strlen(text);
    if (size > SCALAR_SIZE - 1) {
        mapping->whole_size = size;
        size = whole_characters(text, SCALAR_SIZE - 1);
    }
    memcpy(out, text, size);
    out[size] = '\0';
}

/* The text at a path into out (SCALAR_SIZE); false where nothing is there, or no scalar. */
static bool find_text(struct mapping *mapping, const char *path, char *out)
{
    const json_t *value;
    if (path[0] == '@') {
        const bool is_key = strcmp(path, "@key") == 0 && mapping->key != NULL;
        if (is_key) {
            copy_text(mapping, out, mapping->key);
        } else {
            (void)snprintf(out, SCALAR_SIZE, "%u", mapping->index);
        }
        return is_key || strcmp(path, "@index") == 0;
    }
    value =
        path[0] == '^' ? find_below(mapping->root, path + 1) : find_below(mapping->member, path);
    switch (value == NULL ? JSON_NULL : json_typeof(value)) {
    case JSON_STRING:
        copy_text(mapping, out, json_string_value(value));
        break;
    case JSON_INTEGER:
        (void)snprintf(out, SCALAR_SIZE, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(out, SCALAR_SIZE, "%.15g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)snprintf(out, SCALAR_SIZE, "%s", json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
    default:
        return false;
    }
    return out[0] != '\0';
}

/* Is anything at all there? */
static bool is_there(const struct mapping *mapping, const char *path)
{
    const json_t *value =
        path[0] == '^' ? find_below(mapping->root, path + 1) : find_below(mapping->member, path);
    return value != NULL && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

static bool fits(const char *pattern, const char *text)
{
    const size_t size = strlen(pattern);
    return size > 0 && pattern[size - 1] == '*' ? strncmp(pattern, text, size - 1) == 0
                                                : strcmp(pattern, text) == 0;
}

static bool holds(struct mapping *mapping, const struct door_condition *condition)
{
    char text[SCALAR_SIZE];
    const bool is_text = find_text(mapping, condition->path, text);
    bool is_barred = false, wants = false, is_found = false;
    for (uint32_t p = 0; p < condition->pattern_count; p++) {
        const char *pattern = condition->patterns[p];
        if (pattern[0] == '!') {
            is_barred = is_barred || (is_text && fits(pattern + 1, text));
        } else if (strcmp(pattern, "*") == 0) {
            wants = true;
            is_found = is_found || is_there(mapping, condition->path);
        } else {
            wants = true;
            is_found = is_found || (is_text && fits(pattern, text));
        }
    }
    return !is_barred && (!wants || is_found);
}

static bool row_holds(struct mapping *mapping, const struct door_row *row)
{
    for (uint32_t c = 0; c < row->condition_count; c++) {
        if (!holds(mapping, &row->conditions[c])) {
            return false;
        }
    }
    return true;
}

/* ---- values ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void make_slug(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        const char c = *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
        const bool is_kept =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
        if (is_kept) {
            *to++ = c;
        } else if (to > text && to[-1] != '_') {
            *to++ = '_';
        }
    }
    while (to > text && to[-1] == '_') {
        to--;
    }
    *to = '\0';
}

/* What the paths give, joined or the first; false where that is nothing. */
static bool gather(struct mapping *mapping, const struct door_value *value, char *out)
{
    char part[SCALAR_SIZE];
    size_t used = 0, whole = 0;
    for (uint32_t i = 0; i < value->from_count; i++) {
        mapping->whole_size = 0;
        if (!find_text(mapping, value->from[i], part)) {
            continue;
        }
        if (value->separator == NULL) {
            (void)snprintf(out, SCALAR_SIZE, "%s", part);
            return true;
        }
        const char *between = whole > 0 ? value->separator : "";
        (void)snprintf(out + used, SCALAR_SIZE - used, "%s%s", between, part);
        whole += strlen(between) + (mapping->whole_size > 0 ? mapping->whole_size : strlen(part));
        used = least(whole, SCALAR_SIZE - 1);
    }
    mapping->whole_size = 0;
    if (whole > SCALAR_SIZE - 1) { /* what snprintf cut may be half a character */
        mapping->whole_size = whole;
        drop_halves(out);
    }
    return whole > 0;
}

static const char *translate(const struct door_value *value, const char *text)
{
    for (uint32_t w = 0; w < value->word_count; w++) {
        if (fits(value->words[w].from, text)) {
            return value->words[w].to;
        }
    }
    return value->otherwise;
}

/* The text of a value into out (SCALAR_SIZE). False where there is none. */
static bool value_text(struct mapping *mapping, const struct door_value *value, char *out)
{
    char raw[SCALAR_SIZE];
    const char *text = value->constant;
    mapping->whole_size = 0;
    if (value->constant == NULL) {
        const bool is_found = gather(mapping, value, raw);
        text = !is_found ? value->otherwise : value->word_count > 0 ? translate(value, raw) : raw;
        mapping->whole_size = text == raw ? mapping->whole_size : 0;
    }
    if (text == NULL) {
        return false;
    }
    (void)snprintf(out, SCALAR_SIZE, "%s%.4000s", value->prefix != NULL ? value->prefix : "", text);
    if (value->is_slug) {
        const size_t before = value->prefix != NULL ? strlen(value->prefix) : 0;
        make_slug(out + least(before, strlen(out)));
    }
    return out[0] != '\0';
}

/* The members of what was looked through, for whoever has to find the right name. */
static void list_seen(const struct mapping *mapping, char out[SEEN_SIZE])
{
    const char *key;
    json_t *value;
    size_t used = 0;
    json_t *member = json_copy((json_t *)(uintptr_t)mapping->member); /* jansson walks no const */
    out[0] = '\0';
    json_object_foreach(member, key, value)
    {
        if (used + 40 < SEEN_SIZE) {
            used += (size_t)snprintf(out + used, SEEN_SIZE - used, "%s%.30s", used > 0 ? ", " : "",
                                     key);
        }
    }
    json_decref(member);
}

static void say_missing(struct mapping *mapping, const struct door_value *value)
{
    char seen[SEEN_SIZE], raw[SCALAR_SIZE];
    if (value->word_count > 0 && gather(mapping, value, raw)) {
        refuse(mapping, "D010", "%s: \"%.60s\" is none of the words of line %d of map %s",
               value->name, raw, value->line, mapping->rules->name);
        return;
    }
    list_seen(mapping, seen);
    refuse(mapping, "D010", "%s: %s%s is missing (line %d of map %s); there is: %s", value->name,
           value->from_count > 0 ? value->from[0] : "", value->from_count > 1 ? " or another" : "",
           value->line, mapping->rules->name, seen[0] != '\0' ? seen : "nothing");
}

/* A copy of at most size_max bytes, cut at a whole character; a cut is told, or the event refused for it. */
static const char *keep(struct mapping *mapping, const char *name, const char *text,
                        size_t size_max)
{
    size_t size = strlen(text);
    const size_t whole = mapping->whole_size > size ? mapping->whole_size : size;
    mapping->whole_size = 0;
    if (whole > size_max && mapping->rules->refuses_long) {
        refuse(mapping, "D016", "%.80s: %zu bytes, at most %zu", name, whole, size_max);
    } else if (whole > size_max) {
        size = whole_characters(text, least(size, size_max));
        problems_add(mapping->problems, PROBLEM_WARNING, "D016", mapping->origin.file,
                     mapping->origin.line, 0, "%s: %zu bytes, cut to %zu", name, whole, size);
    }
    return pool_text(&mapping->events->pool, text, size);
}

/* The kept text of an optional value, or NULL. */
static const char *take_text(struct mapping *mapping, const struct door_value *value,
                             size_t size_max)
{
    char text[SCALAR_SIZE];
    if (value == NULL) {
        return NULL;
    }
    if (!value_text(mapping, value, text)) {
        if (value->is_needed) {
            say_missing(mapping, value);
        }
        return NULL;
    }
    return keep(mapping, value->name, text, size_max);
}

static bool parse_number(struct mapping *mapping, const struct door_value *value, const char *text,
                         double *out_number)
{
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number)) {
        refuse(mapping, "D011", "%s: a number expected, not \"%.60s\"", value->name, text);
        return false;
    }
    *out_number = number * value->factor + value->offset;
    return true;
}

static bool parse_flag(struct mapping *mapping, const struct door_value *value, const char *text,
                       bool *out_flag)
{
    static const char *const YES[] = {"true", "1", "yes", "Y", "是"};
    static const char *const NO[] = {"false", "0", "no", "N", "否"};
    for (size_t i = 0; i < COUNT_OF(YES); i++) {
        if (strcmp(text, YES[i]) == 0 || strcmp(text, NO[i]) == 0) {
            *out_flag = strcmp(text, YES[i]) == 0;
            return true;
        }
    }
    refuse(mapping, "D011", "%s: true or false expected, not \"%.60s\"", value->name, text);
    return false;
}

static void put_field(struct mapping *mapping, struct door_event *to, struct gridloop_field field)
{
    if (to->event.field_count == DOOR_FIELDS_MAX) {
        if (mapping->fields_left_out++ == 0) {
            mapping->first_left_out = field.name;
        }
        return;
    }
    to->fields[to->event.field_count++] = field;
}

static void add_field(struct mapping *mapping, struct door_event *to,
                      const struct door_value *value)
{
    char text[SCALAR_SIZE];
    struct gridloop_field field = {
        .name = pool_text(&mapping->events->pool, value->name, strlen(value->name))};
    if (!value_text(mapping, value, text)) {
        if (value->is_needed) {
            say_missing(mapping, value);
        }
        return;
    }
    if (value->kind == DOOR_NUMBER) {
        field.kind = GRIDLOOP_NUMBER;
        if (!parse_number(mapping, value, text, &field.number)) {
            return;
        }
    } else if (value->kind == DOOR_FLAG) {
        field.kind = GRIDLOOP_FLAG;
        if (!parse_flag(mapping, value, text, &field.flag)) {
            return;
        }
    } else {
        field.kind = GRIDLOOP_TEXT;
        field.text = keep(mapping, value->name, text, DOOR_TEXT_SIZE - 1);
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
    char path[PATH_SIZE];
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
static void copy_fields(struct mapping *mapping, struct door_event *to, const char *path)
{
    const char *key;
    json_t *value, *copy = json_copy((json_t *)(uintptr_t)find_below(
                       mapping->member, path)); /* jansson walks no const */
    json_object_foreach(copy, key, value)
    {
        if (is_taken(mapping->rules, path, key)) {
            continue;
        }
        mapping->whole_size = 0;
        struct gridloop_field field = {.name = keep(mapping, "a field's name", key, 128)};
        if (json_is_number(value)) {
            field.kind = GRIDLOOP_NUMBER;
            field.number = json_number_value(value);
        } else if (json_is_boolean(value)) {
            field.kind = GRIDLOOP_FLAG;
            field.flag = json_is_true(value);
        } else if (json_is_string(value)) {
            field.kind = GRIDLOOP_TEXT;
            field.text = keep(mapping, key, json_string_value(value), DOOR_TEXT_SIZE - 1);
        } else {
            continue;
        }
        put_field(mapping, to, field);
    }
    json_decref(copy);
}

/* ---- one event ---- */

static void set_time(struct mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char text[SCALAR_SIZE];
    if (rules->at == NULL) {
        return;
    }
    if (!value_text(mapping, rules->at, text)) {
        if (rules->at->is_needed) {
            say_missing(mapping, rules->at);
        }
        return;
    }
    if (!door_time_parse(text, rules->time_format, &rules->zone, &event->at_ms)) {
        refuse(mapping, "D012", "at: \"%.60s\" is no instant%s%s%s", text,
               rules->time_format != NULL ? " of the form " : "",
               rules->time_format != NULL ? rules->time_format : "",
               rules->zone.rows == NULL ? "; without an offset it needs `zone` in the map" : "");
    }
}

static void set_place(struct mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char lon[SCALAR_SIZE], lat[SCALAR_SIZE], accuracy[SCALAR_SIZE];
    struct degrees at;
    double metres;
    if (rules->lon == NULL || !value_text(mapping, rules->lon, lon) ||
        !value_text(mapping, rules->lat, lat)) {
        return;
    }
    if (!parse_number(mapping, rules->lon, lon, &at.lon) ||
        !parse_number(mapping, rules->lat, lat, &at.lat)) {
        return;
    }
    if (at.lon == 0.0 && at.lat == 0.0) {
        return; /* what platforms send for "unknown" */
    }
    if (fabs(at.lon) > 180.0 || fabs(at.lat) > 90.0) {
        refuse(mapping, "D013", "lon, lat: %g, %g is no place on earth; are they the other way?",
               at.lon, at.lat);
        return;
    }
    at = rules->has_crs ? crs_to_wgs84(rules->crs, at) : at;
    event->has_place = true;
    event->lon = at.lon;
    event->lat = at.lat;
    if (rules->accuracy_m != NULL && value_text(mapping, rules->accuracy_m, accuracy) &&
        parse_number(mapping, rules->accuracy_m, accuracy, &metres) && metres > 0 && metres < 1e6) {
        event->accuracy_cm = (uint32_t)(metres * 100.0);
    }
}

static void set_contact(struct mapping *mapping, struct door_event *to)
{
    const struct door_rules *rules = mapping->rules;
    to->contact.name = take_text(mapping, rules->contact_name, 64);
    to->contact.phone = take_text(mapping, rules->contact_phone, 32);
    to->contact.note = take_text(mapping, rules->contact_note, 156);
    if (to->contact.name != NULL || to->contact.phone != NULL || to->contact.note != NULL) {
        to->event.contact = &to->contact;
    }
}

/* The record's own id, or a digest of it; with several events of one record each has its number. */
static void set_id(struct mapping *mapping, struct gridloop_event *event, uint32_t number)
{
    char id[SCALAR_SIZE] = "", whole[DOOR_NAME_SIZE];
    const struct door_value *value = mapping->rules->id;
    const bool is_given = value != NULL && value_text(mapping, value, id);
    if (!is_given && value != NULL && value->is_needed) {
        say_missing(mapping, value);
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

static void set_flags(struct mapping *mapping, struct gridloop_event *event)
{
    const struct door_rules *rules = mapping->rules;
    char text[SCALAR_SIZE];
    bool is_drill = false;
    if (rules->drill != NULL && value_text(mapping, rules->drill, text)) {
        (void)parse_flag(mapping, rules->drill, text, &is_drill);
    }
    event->flags = (rules->is_by_person ? (uint32_t)GRIDLOOP_BY_PERSON : 0) |
                   (rules->is_telemetry ? (uint32_t)GRIDLOOP_TELEMETRY : 0) |
                   (is_drill ? (uint32_t)GRIDLOOP_DRILL : 0);
}

/* The event of one row that fits; refused as a whole when anything of it is wrong. */
static void make_event(struct mapping *mapping, const struct door_row *row, uint32_t number)
{
    const struct door_rules *rules = mapping->rules;
    struct door_events *events = mapping->events;
    struct door_event made = {.member = mapping->index};
    const bool was_refused = mapping->is_refused;
    char type[SCALAR_SIZE] = "";
    mapping->is_refused = false;
    mapping->fields_left_out = 0;
    if (!value_text(mapping, &row->type, type)) {
        say_missing(mapping, &row->type);
    }
    made.event.type = keep(mapping, "type", type, DOOR_NAME_SIZE - 1);
    made.event.device =
        take_text(mapping, row->device != NULL ? row->device : rules->device, DOOR_NAME_SIZE - 1);
    made.event.text =
        take_text(mapping, row->text != NULL ? row->text : rules->text, SCALAR_SIZE - 1);
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
        refuse(mapping, "D015", "%u fields, at most %u; \"%.80s\" is the first too many",
               DOOR_FIELDS_MAX + mapping->fields_left_out, DOOR_FIELDS_MAX,
               mapping->first_left_out);
    }
    if (!mapping->is_refused && events->count == DOOR_EVENTS_MAX) {
        refuse(mapping, "D015", "more than %u events in one document; send it in parts",
               DOOR_EVENTS_MAX);
    }
    if (!mapping->is_refused) {
        events->rows =
            pool_grow_rows(events->rows, sizeof *events->rows, events->count, &events->capacity);
        events->rows[events->count++] = made;
    }
    mapping->is_refused = mapping->is_refused || was_refused;
}

static void map_member(struct mapping *mapping)
{
    const struct door_rules *rules = mapping->rules;
    char seen[SEEN_SIZE];
    uint32_t made = 0;
    mapping->is_refused = false;
    for (uint32_t r = 0; r < rules->row_count && (made == 0 || rules->takes_all); r++) {
        if (row_holds(mapping, &rules->rows[r])) {
            make_event(mapping, &rules->rows[r], made++);
        }
    }
    if (made == 0 && !rules->skips_others) {
        list_seen(mapping, seen);
        refuse(mapping, "D014", "no event of map %s fits; there is: %s", rules->name,
               seen[0] != '\0' ? seen : "nothing");
    }
    mapping->events->refused += mapping->is_refused;
}

static void walk_member(struct mapping *mapping, const json_t *value, const char *key,
                        const char *star, uint32_t depth);

/* Every member of a list or object as a record, or as the way to the records. depth counts the "*" of the path. */
static void walk_each(struct mapping *mapping, const json_t *from, const char *path, uint32_t depth)
{
    char head[PATH_SIZE];
    const char *star = strstr(path, ".*.");
    const size_t size = star != NULL ? (size_t)(star - path) : strlen(path);
    const json_t *list = from;
    if (size >= sizeof head || depth == EACH_DEPTH_MAX) {
        refuse(mapping, "D017", "each: %s is too long", path);
        mapping->events->refused++;
        return;
    }
    memcpy(head, path, size);
    head[size] = '\0';
    list = strcmp(head, ".") == 0 ? from : find_below(from, head);
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
        refuse(mapping, "D017", "each: a list or an object expected at %s", head);
        mapping->events->refused++;
    }
    json_decref(copy);
}

static void walk_member(struct mapping *mapping, const json_t *value, const char *key,
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
    struct mapping mapping = {.rules = door_map_rules(map),
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

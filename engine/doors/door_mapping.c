/* door_mapping.c: see door_mapping.h. */
#include "engine/doors/door_mapping.h"

#include "engine/core/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static void note_refusal(struct door_mapping *mapping, const char *code, const char *text)
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

void door_mapping_refuse(struct door_mapping *mapping, const char *code, const char *format, ...)
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

const json_t *door_mapping_find(const json_t *from, const char *path)
{
    char name[DOOR_PATH_SIZE];
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
static void copy_text(struct door_mapping *mapping, char *out, const char *text)
{
    size_t size = strlen(text);
    if (size > DOOR_SCALAR_SIZE - 1) {
        mapping->whole_size = size;
        size = whole_characters(text, DOOR_SCALAR_SIZE - 1);
    }
    memcpy(out, text, size);
    out[size] = '\0';
}

/* The text at a path into out (DOOR_SCALAR_SIZE); false where nothing is there, or no scalar. */
static bool find_text(struct door_mapping *mapping, const char *path, char *out)
{
    const json_t *value;
    if (path[0] == '@') {
        const bool is_key = strcmp(path, "@key") == 0 && mapping->key != NULL;
        if (is_key) {
            copy_text(mapping, out, mapping->key);
        } else {
            (void)snprintf(out, DOOR_SCALAR_SIZE, "%u", mapping->index);
        }
        return is_key || strcmp(path, "@index") == 0;
    }
    value = path[0] == '^' ? door_mapping_find(mapping->root, path + 1)
                           : door_mapping_find(mapping->member, path);
    switch (value == NULL ? JSON_NULL : json_typeof(value)) {
    case JSON_STRING:
        copy_text(mapping, out, json_string_value(value));
        break;
    case JSON_INTEGER:
        (void)snprintf(out, DOOR_SCALAR_SIZE, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(out, DOOR_SCALAR_SIZE, "%.15g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)snprintf(out, DOOR_SCALAR_SIZE, "%s", json_is_true(value) ? "true" : "false");
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
static bool is_there(const struct door_mapping *mapping, const char *path)
{
    const json_t *value = path[0] == '^' ? door_mapping_find(mapping->root, path + 1)
                                         : door_mapping_find(mapping->member, path);
    return value != NULL && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

static bool fits(const char *pattern, const char *text)
{
    const size_t size = strlen(pattern);
    return size > 0 && pattern[size - 1] == '*' ? strncmp(pattern, text, size - 1) == 0
                                                : strcmp(pattern, text) == 0;
}

static bool holds(struct door_mapping *mapping, const struct door_condition *condition)
{
    char text[DOOR_SCALAR_SIZE];
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

bool door_mapping_holds(struct door_mapping *mapping, const struct door_row *row)
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
static bool gather(struct door_mapping *mapping, const struct door_value *value, char *out)
{
    char part[DOOR_SCALAR_SIZE];
    size_t used = 0, whole = 0;
    for (uint32_t i = 0; i < value->from_count; i++) {
        mapping->whole_size = 0;
        if (!find_text(mapping, value->from[i], part)) {
            continue;
        }
        if (value->separator == NULL) {
            (void)snprintf(out, DOOR_SCALAR_SIZE, "%s", part);
            return true;
        }
        const char *between = whole > 0 ? value->separator : "";
        (void)snprintf(out + used, DOOR_SCALAR_SIZE - used, "%s%s", between, part);
        whole += strlen(between) + (mapping->whole_size > 0 ? mapping->whole_size : strlen(part));
        used = least(whole, DOOR_SCALAR_SIZE - 1);
    }
    mapping->whole_size = 0;
    if (whole > DOOR_SCALAR_SIZE - 1) { /* what snprintf cut may be half a character */
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

bool door_mapping_text(struct door_mapping *mapping, const struct door_value *value, char *out)
{
    char raw[DOOR_SCALAR_SIZE];
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
    (void)snprintf(out, DOOR_SCALAR_SIZE, "%s%.4000s", value->prefix != NULL ? value->prefix : "",
                   text);
    if (value->is_slug) {
        const size_t before = value->prefix != NULL ? strlen(value->prefix) : 0;
        make_slug(out + least(before, strlen(out)));
    }
    return out[0] != '\0';
}

void door_mapping_list_seen(const struct door_mapping *mapping, char out[DOOR_SEEN_SIZE])
{
    const char *key;
    json_t *value;
    size_t used = 0;
    json_t *member = json_copy((json_t *)(uintptr_t)mapping->member); /* jansson walks no const */
    out[0] = '\0';
    json_object_foreach(member, key, value)
    {
        if (used + 40 < DOOR_SEEN_SIZE) {
            used += (size_t)snprintf(out + used, DOOR_SEEN_SIZE - used, "%s%.30s",
                                     used > 0 ? ", " : "", key);
        }
    }
    json_decref(member);
}

void door_mapping_say_missing(struct door_mapping *mapping, const struct door_value *value)
{
    char seen[DOOR_SEEN_SIZE], raw[DOOR_SCALAR_SIZE];
    if (value->word_count > 0 && gather(mapping, value, raw)) {
        door_mapping_refuse(mapping, "D010",
                            "%s: \"%.60s\" is none of the words of line %d of map %s", value->name,
                            raw, value->line, mapping->rules->name);
        return;
    }
    door_mapping_list_seen(mapping, seen);
    door_mapping_refuse(mapping, "D010", "%s: %s%s is missing (line %d of map %s); there is: %s",
                        value->name, value->from_count > 0 ? value->from[0] : "",
                        value->from_count > 1 ? " or another" : "", value->line,
                        mapping->rules->name, seen[0] != '\0' ? seen : "nothing");
}

const char *door_mapping_keep(struct door_mapping *mapping, const char *name, const char *text,
                              size_t size_max)
{
    size_t size = strlen(text);
    const size_t whole = mapping->whole_size > size ? mapping->whole_size : size;
    mapping->whole_size = 0;
    if (whole > size_max && mapping->rules->refuses_long) {
        door_mapping_refuse(mapping, "D016", "%.80s: %zu bytes, at most %zu", name, whole,
                            size_max);
    } else if (whole > size_max) {
        size = whole_characters(text, least(size, size_max));
        problems_add(mapping->problems, PROBLEM_WARNING, "D016", mapping->origin.file,
                     mapping->origin.line, 0, "%s: %zu bytes, cut to %zu", name, whole, size);
    }
    return pool_text(&mapping->events->pool, text, size);
}

const char *door_mapping_take(struct door_mapping *mapping, const struct door_value *value,
                              size_t size_max)
{
    char text[DOOR_SCALAR_SIZE];
    if (value == NULL) {
        return NULL;
    }
    if (!door_mapping_text(mapping, value, text)) {
        if (value->is_needed) {
            door_mapping_say_missing(mapping, value);
        }
        return NULL;
    }
    return door_mapping_keep(mapping, value->name, text, size_max);
}

bool door_mapping_number(struct door_mapping *mapping, const struct door_value *value,
                         const char *text, double *out_number)
{
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number)) {
        door_mapping_refuse(mapping, "D011", "%s: a number expected, not \"%.60s\"", value->name,
                            text);
        return false;
    }
    *out_number = number * value->factor + value->offset;
    return true;
}

bool door_mapping_flag(struct door_mapping *mapping, const struct door_value *value,
                       const char *text, bool *out_flag)
{
    static const char *const YES[] = {"true", "1", "yes", "Y", "是"};
    static const char *const NO[] = {"false", "0", "no", "N", "否"};
    for (size_t i = 0; i < COUNT_OF(YES); i++) {
        if (strcmp(text, YES[i]) == 0 || strcmp(text, NO[i]) == 0) {
            *out_flag = strcmp(text, YES[i]) == 0;
            return true;
        }
    }
    door_mapping_refuse(mapping, "D011", "%s: true or false expected, not \"%.60s\"", value->name,
                        text);
    return false;
}

/* json_read.c: see json_read.h. */
#include "engine/shell/json_read.h"

#include "engine/edge/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the reader stands: names from the outside in. */
struct path {
    const char *names[JSON_DEPTH_MAX];
    uint32_t depth;
    struct json_fault *fault;
};

/* RFC 6901: "~" is "~0", "/" is "~1". What does not fit is cut: the sentence still says enough. */
static void put_name(struct text *out, const char *name)
{
    text_format(out, "/");
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '~' || *at == '/') {
            text_format(out, *at == '~' ? "~0" : "~1");
        } else {
            text_format(out, "%c", *at);
        }
    }
}

static __attribute__((format(printf, 3, 4))) bool fail(const struct path *path, const char *name,
                                                       const char *format, ...)
{
    va_list arguments;
    struct text pointer;
    text_init(&pointer, path->fault->pointer, sizeof path->fault->pointer);
    for (uint32_t i = 0; i < path->depth; i++) {
        put_name(&pointer, path->names[i]);
    }
    if (name != NULL) {
        put_name(&pointer, name);
    }
    va_start(arguments, format);
    (void)vsnprintf(path->fault->detail, sizeof path->fault->detail, format, arguments);
    va_end(arguments);
    return false;
}

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

/* ---- values ---- */

static bool read_text(const struct path *path, const struct json_field *field, const json_t *value,
                      char *out)
{
    if (!json_is_string(value)) {
        return fail(path, field->name, "a text is expected, not %s", kind_of(value));
    }
    const char *text = json_string_value(value);
    const size_t size = json_string_length(value);
    if (strlen(text) != size) {
        return fail(path, field->name, "a text without a zero byte is expected");
    }
    if ((int64_t)size < field->from || (int64_t)size > field->to) {
        return fail(path, field->name,
                    "%" PRId64 " to %" PRId64 " bytes of UTF-8 are expected, not %zu", field->from,
                    field->to, size);
    }
    memcpy(out + field->offset, &text, sizeof text);
    return true;
}

static bool read_int(const struct path *path, const struct json_field *field, const json_t *value,
                     int64_t *out)
{
    if (!json_is_integer(value)) {
        return fail(path, field->name,
                    "a whole number from %" PRId64 " to %" PRId64 " is expected, not %s",
                    field->from, field->to, kind_of(value));
    }
    *out = json_integer_value(value);
    if (*out < field->from || *out > field->to) {
        return fail(path, field->name,
                    "a whole number from %" PRId64 " to %" PRId64 " is expected, not %" PRId64,
                    field->from, field->to, *out);
    }
    return true;
}

/* By its name in any case, or by a label; 0, "nothing", is left out instead. */
static bool read_word(const struct path *path, const struct json_field *field, const json_t *value,
                      int64_t *out)
{
    uint32_t number = 0;
    if (!json_is_string(value)) {
        return fail(path, field->name, "a word is expected, not %s", kind_of(value));
    }
    const char *text = json_string_value(value);
    if (strlen(text) > 40 || !words_parse(field->vocabulary, text, &number) || number == 0 ||
        (int64_t)number >= field->to) {
        return fail(path, field->name, "no such word: \"%.40s\"", text);
    }
    *out = number;
    return true;
}

static bool read_texts(const struct path *path, const struct json_field *field, const json_t *value,
                       struct json_texts *out)
{
    if (!json_is_array(value)) {
        return fail(path, field->name, "a list of texts is expected, not %s", kind_of(value));
    }
    const size_t count = json_array_size(value);
    must(field->to <= (int64_t)JSON_TEXTS_MAX);
    if ((int64_t)count > field->to) {
        return fail(path, field->name, "at most %" PRId64 " are expected, not %zu", field->to,
                    count);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(value, i);
        const size_t size = json_is_string(one) ? json_string_length(one) : 0;
        if (size == 0 || size > 64 || strlen(json_string_value(one)) != size) {
            return fail(path, field->name, "number %zu: a text of 1 to 64 bytes is expected", i);
        }
        out->texts[i] = json_string_value(one);
    }
    out->count = (uint32_t)count;
    return true;
}

/* ---- objects ---- */

static bool read_members(struct path *path, const json_t *object, const struct json_field *fields,
                         char *out);

static bool read_value(struct path *path, const struct json_field *field, const json_t *value,
                       char *out)
{
    int64_t number = JSON_ABSENT;
    struct json_texts texts = {{NULL}, 0};
    bool is_read = true;
    switch (field->want) {
    case JSON_WANT_TEXT:
        return read_text(path, field, value, out);
    case JSON_WANT_TEXTS:
        is_read = read_texts(path, field, value, &texts);
        memcpy(out + field->offset, &texts, sizeof texts);
        return is_read;
    case JSON_WANT_ANY:
        if (!json_is_object(value)) {
            return fail(path, field->name, "an object is expected, not %s", kind_of(value));
        }
        memcpy(out + field->offset, &value, sizeof value);
        return true;
    case JSON_WANT_INT:
        is_read = read_int(path, field, value, &number);
        break;
    case JSON_WANT_WORD:
        is_read = read_word(path, field, value, &number);
        break;
    case JSON_WANT_BOOL:
        if (!json_is_boolean(value)) {
            return fail(path, field->name, "true or false is expected, not %s", kind_of(value));
        }
        number = json_is_true(value);
        break;
    case JSON_WANT_OBJECT:
        if (!json_is_object(value)) {
            return fail(path, field->name, "an object is expected, not %s", kind_of(value));
        }
        must(path->depth < JSON_DEPTH_MAX);
        path->names[path->depth++] = field->name;
        is_read = read_members(path, value, field->fields, out);
        path->depth--;
        number = 1;
        break;
    }
    memcpy(out + field->offset, &number, sizeof number);
    return is_read;
}

static void set_absent(const struct json_field *fields, char *out)
{
    const int64_t absent = JSON_ABSENT;
    const struct json_texts none = {{NULL}, 0};
    const void *nothing = NULL;
    for (const struct json_field *field = fields; field->name != NULL; field++) {
        if (field->want == JSON_WANT_TEXT || field->want == JSON_WANT_ANY) {
            memcpy(out + field->offset, &nothing, sizeof nothing);
        } else if (field->want == JSON_WANT_TEXTS) {
            memcpy(out + field->offset, &none, sizeof none);
        } else {
            memcpy(out + field->offset, &absent, sizeof absent);
        }
        if (field->want == JSON_WANT_OBJECT) {
            set_absent(field->fields, out);
        }
    }
}

static bool is_known(const struct json_field *fields, const char *name)
{
    for (const struct json_field *field = fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_members(struct path *path, const json_t *object, const struct json_field *fields,
                         char *out)
{
    void *at = json_object_iter((json_t *)(uintptr_t)object);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *name = json_object_iter_key(at);
        if (!is_known(fields, name)) {
            return fail(path, name, "no such member here");
        }
    }
    for (const struct json_field *field = fields; field->name != NULL; field++) {
        const json_t *value = json_object_get(object, field->name);
        if (value == NULL || (json_is_null(value) && !field->is_required)) {
            if (field->is_required) {
                return fail(path, field->name, "is needed");
            }
        } else if (!read_value(path, field, value, out)) {
            return false;
        }
    }
    return true;
}

bool json_read_object(const json_t *object, const struct json_field *fields, void *out,
                      struct json_fault *out_fault)
{
    struct path path = {.fault = out_fault};
    set_absent(fields, out);
    if (!json_is_object(object)) {
        return fail(&path, NULL, "an object is expected, not %s", kind_of(object));
    }
    return read_members(&path, object, fields, out);
}

/* ---- the body ---- */

/* Deeper than anything of ours is refused before it is parsed: the parser would recurse as deep as it is told to. */
static bool is_shallow(const char *bytes, size_t size)
{
    uint32_t depth = 0;
    bool is_text = false;
    for (size_t i = 0; i < size; i++) {
        if (is_text) {
            is_text = bytes[i] != '"';
            i += bytes[i] == '\\'; /* whatever is escaped ends no text */
        } else if (bytes[i] == '"') {
            is_text = true;
        } else if (bytes[i] == '{' || bytes[i] == '[') {
            if (++depth > JSON_DEPTH_MAX) {
                return false;
            }
        } else if (bytes[i] == '}' || bytes[i] == ']') {
            depth -= depth > 0;
        }
    }
    return true;
}

json_t *json_read_body(const void *bytes, size_t size, struct json_fault *out_fault)
{
    json_error_t error;
    out_fault->pointer[0] = '\0';
    if (!is_shallow(bytes, size)) {
        (void)snprintf(out_fault->detail, sizeof out_fault->detail,
                       "JSON of at most %u levels is expected", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *body = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (body == NULL) {
        (void)snprintf(out_fault->detail, sizeof out_fault->detail,
                       "not JSON: line %d, column %d: %.100s", error.line, error.column,
                       error.text);
    }
    return body;
}

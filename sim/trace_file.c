/* trace_file.c: traces as newline-delimited JSON (docs/traces.md). */
#include "sim/trace_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct trace_reader {
    FILE *file;
    char *path;
    struct problems *problems;
    char *line;
    size_t line_capacity;
    int line_number;
    int64_t last_at_ms;
    json_t *root; /* of the line read last */
};

struct trace_writer {
    FILE *file;
    int64_t last_at_ms;
    enum err err;
};

/* ---- events ---- */

struct fact_event trace_event_as_fact(const struct trace_event *event)
{
    return (struct fact_event){.source = facts_text(event->source),
                               .id = facts_text(event->id),
                               .type = facts_text(event->type),
                               .device = facts_text(event->device),
                               .caller = facts_text(event->caller),
                               .at_ms = event->at_ms - event->delay_ms,
                               .place = event->place,
                               .fields = event->fields,
                               .field_count = event->field_count,
                               .text = facts_text(event->text),
                               .flags = event->is_drill ? (uint32_t)EVENT_IS_DRILL : 0};
}

static struct fact_field *next_field(struct trace_event *event, const char *name)
{
    must(event->field_count < EVENT_FIELDS_MAX);
    struct fact_field *field = &event->fields[event->field_count++];
    *field = (struct fact_field){.name = facts_text(name)};
    return field;
}

void trace_event_add_number(struct trace_event *event, const char *name, int64_t micro)
{
    struct fact_field *field = next_field(event, name);
    field->kind = FIELD_NUMBER;
    field->number = micro;
}

void trace_event_add_flag(struct trace_event *event, const char *name, bool flag)
{
    struct fact_field *field = next_field(event, name);
    field->kind = FIELD_BOOL;
    field->number = flag;
}

void trace_event_add_text(struct trace_event *event, const char *name, const char *text)
{
    struct fact_field *field = next_field(event, name);
    field->kind = FIELD_STRING;
    field->text = text;
    field->text_size = (uint32_t)strlen(text);
}

/* ---- reader ---- */

enum err trace_reader_open(const char *path, struct problems *problems,
                           struct trace_reader **out_reader)
{
    struct trace_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return ERR_MEMORY;
    }
    reader->path = strdup(path);
    reader->problems = problems;
    reader->last_at_ms = INT64_MIN;
    reader->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (reader->path == NULL || reader->file == NULL) {
        if (reader->file == NULL) {
            problems_add(problems, PROBLEM_ERROR, "T000", path, 0, 0, "cannot be opened: %s",
                         strerror(errno));
        }
        trace_reader_close(reader);
        return ERR_IO;
    }
    *out_reader = reader;
    return ERR_OK;
}

int trace_reader_line(const struct trace_reader *reader)
{
    return reader->line_number;
}

void trace_reader_close(struct trace_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->file != NULL && reader->file != stdin) {
        (void)fclose(reader->file);
    }
    json_decref(reader->root);
    free(reader->line);
    free(reader->path);
    free(reader);
}

__attribute__((format(printf, 2, 3))) static enum err complain(struct trace_reader *reader,
                                                               const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problems_add(reader->problems, PROBLEM_ERROR, "T001", reader->path, reader->line_number, 0,
                 "%s", text);
    return ERR_INPUT;
}

static enum err read_text(struct trace_reader *reader, const char *key, const json_t *value,
                          const char **out_text)
{
    if (!json_is_string(value)) {
        return complain(reader, "\"%s\" must be a string", key);
    }
    *out_text = json_string_value(value);
    return ERR_OK;
}

static enum err read_degrees(struct trace_reader *reader, const char *key, const json_t *value,
                             double limit, int32_t *out_e7)
{
    if (!json_is_number(value) || !(fabs(json_number_value(value)) <= limit)) {
        return complain(reader, "\"%s\" must be a number of degrees between -%g and %g", key, limit,
                        limit);
    }
    *out_e7 = (int32_t)llround(json_number_value(value) * 1e7);
    return ERR_OK;
}

static enum err read_at(struct trace_reader *reader, const json_t *value, struct trace_event *event)
{
    if (json_is_integer(value)) {
        event->at_ms = json_integer_value(value);
        return ERR_OK;
    }
    if (json_is_string(value) &&
        trace_parse_instant(json_string_value(value), &event->at_ms, &event->offset_minutes)) {
        return ERR_OK;
    }
    return complain(reader,
                    "\"at\" must be an instant such as 2026-03-03T08:20:01.000+08:00, or ms since "
                    "1970 UTC");
}

static enum err read_fields(struct trace_reader *reader, json_t *fields, struct trace_event *event)
{
    if (!json_is_object(fields)) {
        return complain(reader, "\"fields\" must be an object");
    }
    if (json_object_size(fields) > EVENT_FIELDS_MAX) {
        return complain(reader, "%zu fields; at most %u", json_object_size(fields),
                        EVENT_FIELDS_MAX);
    }
    const char *name;
    json_t *value;
    void *cursor = json_object_iter(fields);
    for (; cursor != NULL; cursor = json_object_iter_next(fields, cursor)) {
        name = json_object_iter_key(cursor);
        value = json_object_iter_value(cursor);
        if (json_is_string(value)) {
            trace_event_add_text(event, name, json_string_value(value));
            event->fields[event->field_count - 1].text_size = (uint32_t)json_string_length(value);
        } else if (json_is_boolean(value)) {
            trace_event_add_flag(event, name, json_is_true(value));
        } else if (json_is_number(value) && fabs(json_number_value(value)) < 9e12) {
            trace_event_add_number(event, name, llround(json_number_value(value) * 1e6));
        } else {
            return complain(
                reader, "field \"%s\" must be a string, true, false or a number below 9e12", name);
        }
    }
    return ERR_OK;
}

/* "happened": kept as delay_ms once `at` is known. */
static enum err read_happened(struct trace_reader *reader, const json_t *value, int64_t *out_ms)
{
    int32_t offset_minutes;
    if (json_is_integer(value)) {
        *out_ms = json_integer_value(value);
        return ERR_OK;
    }
    if (json_is_string(value) &&
        trace_parse_instant(json_string_value(value), out_ms, &offset_minutes)) {
        return ERR_OK;
    }
    return complain(reader, "\"happened\" must be an instant, as \"at\" is");
}

static void read_told(const json_t *truth, struct trace_truth *told)
{
    const json_t *flags = json_object_get(truth, "flags");
    told->incident = json_string_value(json_object_get(truth, "incident"));
    told->kind = json_string_value(json_object_get(truth, "kind"));
    told->class_code = json_string_value(json_object_get(truth, "class"));
    for (size_t i = 0; i < COUNT_OF(told->flags); i++) {
        told->flags[i] = json_string_value(json_array_get(flags, i));
    }
}

static enum err read_key(struct trace_reader *reader, const char *key, json_t *value,
                         struct trace_event *event)
{
    static const char *const KEYS[] = {"at",     "source",   "id",   "type", "device",
                                       "caller", "text",     "lon",  "lat",  "fields",
                                       "truth",  "happened", "drill"};
    const struct {
        const char *key;
        const char **text;
    } texts[] = {{"source", &event->source}, {"id", &event->id},         {"type", &event->type},
                 {"device", &event->device}, {"caller", &event->caller}, {"text", &event->text}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (strcmp(key, texts[i].key) == 0) {
            return read_text(reader, key, value, texts[i].text);
        }
    }
    if (strcmp(key, "at") == 0) {
        return read_at(reader, value, event);
    }
    if (strcmp(key, "happened") == 0) {
        return read_happened(reader, value, &event->delay_ms);
    }
    if (strcmp(key, "lon") == 0) {
        return read_degrees(reader, key, value, 180, &event->place.lon);
    }
    if (strcmp(key, "lat") == 0) {
        return read_degrees(reader, key, value, 90, &event->place.lat);
    }
    if (strcmp(key, "drill") == 0) {
        event->is_drill = json_is_true(value);
        return json_is_boolean(value) ? ERR_OK
                                      : complain(reader, "\"drill\" must be true or false");
    }
    if (strcmp(key, "fields") == 0) {
        return read_fields(reader, value, event);
    }
    if (strcmp(key, "truth") == 0) {
        event->truth = value;
        read_told(value, &event->told);
        return ERR_OK;
    }
    const char *nearest = problems_nearest(key, KEYS, COUNT_OF(KEYS));
    return complain(reader, "unknown key \"%s\"%s%s", key,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
}

static enum err read_event(struct trace_reader *reader, struct trace_event *event)
{
    /* delay_ms holds the instant "happened" until `at` is known: keys come in any order */
    *event = (struct trace_event){.at_ms = INT64_MIN, .delay_ms = INT64_MIN, .place = place_none()};
    if (!json_is_object(reader->root)) {
        return complain(reader, "a line must be one JSON object");
    }
    for (void *cursor = json_object_iter(reader->root); cursor != NULL;
         cursor = json_object_iter_next(reader->root, cursor)) {
        const enum err err =
            read_key(reader, json_object_iter_key(cursor), json_object_iter_value(cursor), event);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (event->at_ms == INT64_MIN || event->source == NULL || event->id == NULL ||
        event->type == NULL) {
        return complain(reader, "\"at\", \"source\", \"id\" and \"type\" are needed");
    }
    event->delay_ms = event->delay_ms == INT64_MIN ? 0 : event->at_ms - event->delay_ms;
    if (event->delay_ms < 0) {
        return complain(reader, "\"happened\" is after \"at\"");
    }
    if ((event->place.lon == PLACE_NONE) != (event->place.lat == PLACE_NONE)) {
        return complain(reader, "\"lon\" and \"lat\" come together or not at all");
    }
    if (event->at_ms < reader->last_at_ms) {
        return complain(reader, "goes back in time: %s after %s; sort the trace",
                        trace_format_instant(event->at_ms, event->offset_minutes).text,
                        trace_format_instant(reader->last_at_ms, event->offset_minutes).text);
    }
    reader->last_at_ms = event->at_ms;
    return ERR_OK;
}

enum err trace_reader_next(struct trace_reader *reader, struct trace_event *out_event)
{
    json_decref(reader->root);
    reader->root = NULL;
    ssize_t size;
    do {
        errno = 0;
        size = getline(&reader->line, &reader->line_capacity, reader->file);
        reader->line_number++;
    } while (size > 0 && strspn(reader->line, " \t\r\n") == (size_t)size);
    if (size < 0) {
        return ferror(reader->file) ? ERR_IO : ERR_NOT_FOUND;
    }
    json_error_t error;
    reader->root = json_loadb(reader->line, (size_t)size, JSON_REJECT_DUPLICATES, &error);
    if (reader->root == NULL) {
        problems_add(reader->problems, PROBLEM_ERROR, "T001", reader->path, reader->line_number,
                     error.column, "not a JSON object: %s", error.text);
        return ERR_INPUT;
    }
    return read_event(reader, out_event);
}

/* ---- writer ---- */

enum err trace_writer_open(const char *path, struct trace_writer **out_writer)
{
    struct trace_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return ERR_MEMORY;
    }
    writer->last_at_ms = INT64_MIN;
    writer->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (writer->file == NULL) {
        free(writer);
        return ERR_IO;
    }
    *out_writer = writer;
    return ERR_OK;
}

/* JSON is written by hand: a generator writes millions of lines, and a tree of each costs ten times the line. */
static void put_text(FILE *file, const char *text, size_t size)
{
    (void)putc_unlocked('"', file);
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            (void)putc_unlocked('\\', file);
        }
        if (c < 0x20) {
            (void)fprintf(file, "\\u%04x", c);
        } else {
            (void)putc_unlocked(c, file);
        }
    }
    (void)putc_unlocked('"', file);
}

static void put_words(FILE *file, const char *text)
{
    (void)fwrite_unlocked(text, 1, strlen(text), file);
}

static void put_key(FILE *file, const char *key, const char *text)
{
    if (text != NULL) {
        put_words(file, ",\"");
        put_words(file, key);
        put_words(file, "\":");
        put_text(file, text, strlen(text));
    }
}

/* value / unit exactly, without zeros at the end; unit is a power of ten. */
static void put_decimal(FILE *file, int64_t value, int64_t unit)
{
    char text[32];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    bool has_digit = false;
    for (int64_t part = unit; part > 1; part /= 10) {
        const char digit = (char)('0' + rest % 10);
        has_digit = has_digit || digit != '0';
        if (has_digit) {
            text[--at] = digit;
        }
        rest /= 10;
    }
    if (has_digit) {
        text[--at] = '.';
    }
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        text[--at] = '-';
    }
    (void)fwrite_unlocked(text + at, 1, sizeof text - at, file);
}

static void put_fields(FILE *file, const struct trace_event *event)
{
    put_words(file, ",\"fields\":{");
    for (uint32_t i = 0; i < event->field_count; i++) {
        const struct fact_field *field = &event->fields[i];
        if (i > 0) {
            (void)putc_unlocked(',', file);
        }
        put_text(file, field->name.bytes, field->name.size);
        (void)putc_unlocked(':', file);
        if (field->kind == FIELD_STRING) {
            put_text(file, field->text, field->text_size);
        } else if (field->kind == FIELD_BOOL) {
            put_words(file, field->number != 0 ? "true" : "false");
        } else {
            must(field->kind == FIELD_NUMBER);
            put_decimal(file, field->number, MICRO);
        }
    }
    (void)putc_unlocked('}', file);
}

static void put_told(FILE *file, const struct trace_truth *told)
{
    put_words(file, ",\"truth\":{\"incident\":");
    put_text(file, told->incident, strlen(told->incident));
    put_key(file, "kind", told->kind);
    put_key(file, "class", told->class_code);
    for (size_t i = 0; i < COUNT_OF(told->flags) && told->flags[i] != NULL; i++) {
        put_words(file, i == 0 ? ",\"flags\":[" : ",");
        put_text(file, told->flags[i], strlen(told->flags[i]));
    }
    put_words(file, told->flags[0] != NULL ? "]}" : "}");
}

void trace_writer_add(struct trace_writer *writer, const struct trace_event *event)
{
    FILE *file = writer->file;
    must(event->at_ms >= writer->last_at_ms);
    must(event->delay_ms >= 0);
    writer->last_at_ms = event->at_ms;
    put_words(file, "{\"at\":\"");
    put_words(file, trace_format_instant(event->at_ms, event->offset_minutes).text);
    (void)putc_unlocked('"', file);
    if (event->delay_ms > 0) {
        const int64_t happened_ms = event->at_ms - event->delay_ms;
        put_key(file, "happened", trace_format_instant(happened_ms, event->offset_minutes).text);
    }
    put_key(file, "source", event->source);
    put_key(file, "id", event->id);
    put_key(file, "type", event->type);
    put_key(file, "device", event->device);
    put_key(file, "caller", event->caller);
    if (place_is_known(event->place)) {
        put_words(file, ",\"lon\":");
        put_decimal(file, event->place.lon, 10000000);
        put_words(file, ",\"lat\":");
        put_decimal(file, event->place.lat, 10000000);
    }
    put_fields(file, event);
    put_key(file, "text", event->text);
    put_words(file, event->is_drill ? ",\"drill\":true" : "");
    if (event->truth != NULL) {
        put_words(file, ",\"truth\":");
        /* 15 digits print every millionth and every 1e-7 degree as it was written. */
        if (json_dumpf(event->truth, file, JSON_COMPACT | JSON_REAL_PRECISION(15)) != 0) {
            writer->err = ERR_IO;
        }
    } else if (event->told.incident != NULL) {
        put_told(file, &event->told);
    }
    put_words(file, "}\n");
    if (ferror(file)) {
        writer->err = ERR_IO;
    }
}

enum err trace_writer_close(struct trace_writer *writer)
{
    const enum err err = (writer->file == stdout ? fflush(stdout) : fclose(writer->file)) == 0
                             ? writer->err
                             : ERR_IO;
    free(writer);
    return err;
}

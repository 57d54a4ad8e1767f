/* open311_text.c: see open311_text.h. */
#include "engine/shell/open311_text.h"

#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- XML ---- */

static void put_escaped(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c == '&') {
            (void)fputs("&amp;", out);
        } else if (c == '<') {
            (void)fputs("&lt;", out);
        } else if (c == '>') {
            (void)fputs("&gt;", out);
        } else if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') {
            (void)fputc(c, out);
        }
    }
}

static void put_value(FILE *out, const json_t *value)
{
    if (json_is_string(value)) {
        put_escaped(out, json_string_value(value));
    } else if (json_is_integer(value)) {
        (void)fprintf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)fprintf(out, "%.7f", json_real_value(value));
    } else if (json_is_boolean(value)) {
        (void)fputs(json_is_true(value) ? "true" : "false", out);
    }
}

char *open311_xml(const json_t *rows, const char *list, const char *item)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    (void)fprintf(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<%s>\n", list);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        (void)fprintf(out, "  <%s>", item);
        for (void *at = json_object_iter(row); at != NULL; at = json_object_iter_next(row, at)) {
            const char *name = json_object_iter_key(at);
            (void)fprintf(out, "<%s>", name);
            put_value(out, json_object_iter_value(at));
            (void)fprintf(out, "</%s>", name);
        }
        (void)fprintf(out, "</%s>\n", item);
    }
    (void)fprintf(out, "</%s>\n", list);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- forms ---- */

static int hex_of(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

/* A piece decoded into out, which is as large as the piece. False: a broken escape, a zero byte. */
static bool decode(const char *bytes, size_t size, char *out, size_t *out_size)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i] == '+' ? ' ' : bytes[i];
        if (c == '%') {
            const int high = i + 2 < size ? hex_of(bytes[i + 1]) : -1;
            const int low = i + 2 < size ? hex_of(bytes[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0') {
            return false;
        }
        out[used++] = c;
    }
    *out_size = used;
    return true;
}

static bool take_pair(json_t *form, const char *bytes, size_t size, char *scratch)
{
    const char *equals = memchr(bytes, '=', size);
    const size_t name_size = equals != NULL ? (size_t)(equals - bytes) : size;
    char name[64];
    size_t used = 0;
    if (name_size == 0 || name_size >= sizeof name || !decode(bytes, name_size, name, &used)) {
        return false;
    }
    name[used] = '\0';
    const size_t value_size = equals != NULL ? size - name_size - 1 : 0;
    const char *value = equals != NULL ? equals + 1 : bytes + size;
    if (!decode(value, value_size, scratch, &used) || json_object_get(form, name) != NULL) {
        return false;
    }
    return json_object_set_new(form, name, json_stringn(scratch, used)) == 0;
}

json_t *open311_form(const char *bytes, size_t size)
{
    json_t *form = json_object();
    char *scratch = malloc(size + 1);
    bool is_good = form != NULL && scratch != NULL;
    size_t at = 0;
    while (is_good && at < size) {
        const char *end = memchr(bytes + at, '&', size - at);
        const size_t piece = end != NULL ? (size_t)(end - bytes) - at : size - at;
        is_good = piece == 0 || take_pair(form, bytes + at, piece, scratch);
        is_good = is_good && json_object_size(form) <= OPEN311_FORM_FIELDS_MAX;
        at += piece + 1;
    }
    free(scratch);
    if (!is_good) {
        json_decref(form);
        return NULL;
    }
    return form;
}

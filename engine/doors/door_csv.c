/* door_csv.c: see door_csv.h. */
#include "engine/doors/door_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool door_csv_is_whole(const char *bytes, size_t size)
{
    bool is_open = false;
    for (size_t i = 0; i < size; i++) {
        is_open = bytes[i] == '"' ? !is_open : is_open;
    }
    return !is_open;
}

/* Unquotes a cell from *at into out; false where its quotes are wrong. *at ends at the separator or the end. */
static bool take_cell(const char **at, const char *end, char *out, size_t *out_size)
{
    size_t used = 0;
    const char *from = *at;
    const bool is_quoted = from < end && *from == '"';
    if (!is_quoted) {
        while (from < end && *from != ',') {
            if (*from == '"') {
                return false;
            }
            out[used++] = *from++;
        }
    } else {
        from++;
        for (;; from++) {
            if (from >= end) {
                return false;
            }
            if (*from == '"' && (from + 1 == end || from[1] != '"')) {
                break;
            }
            from += *from == '"';
            out[used++] = *from;
        }
        from++;
        if (from < end && *from != ',') {
            return false;
        }
    }
    *at = from;
    *out_size = used;
    return true;
}

static size_t without_line_end(const char *record, size_t size)
{
    while (size > 0 && (record[size - 1] == '\n' || record[size - 1] == '\r')) {
        size--;
    }
    return size;
}

json_t *door_csv_cells(const char *record, size_t size, char *out_why)
{
    const char *at = record, *end = record + without_line_end(record, size);
    char *cell = malloc(size + 1);
    json_t *cells = cell != NULL ? json_array() : NULL;
    size_t used = 0;
    bool is_good = cells != NULL;
    (void)snprintf(out_why, DOOR_CSV_WHY_SIZE, "out of memory");
    for (bool has_more = true; is_good && has_more; at++) {
        const size_t count = json_array_size(cells) + 1;
        is_good = take_cell(&at, end, cell, &used);
        if (!is_good || count > DOOR_CSV_COLUMNS_MAX) {
            (void)snprintf(out_why, DOOR_CSV_WHY_SIZE,
                           is_good ? "more than %zu cells"
                                   : "cell %zu: quotes belong around a whole cell, doubled inside",
                           is_good ? (size_t)DOOR_CSV_COLUMNS_MAX : count);
            is_good = false;
            break;
        }
        json_t *text = json_stringn(cell, used);
        if (text == NULL) {
            (void)snprintf(out_why, DOOR_CSV_WHY_SIZE,
                           "cell %zu is not UTF-8; convert the file: iconv -f gb18030 -t utf-8",
                           count);
            is_good = false;
            break;
        }
        (void)json_array_append_new(cells, text);
        has_more = at < end;
    }
    free(cell);
    if (!is_good) {
        json_decref(cells);
        return NULL;
    }
    return cells;
}

json_t *door_csv_row(const json_t *header, const char *record, size_t size, char *out_why)
{
    json_t *cells = door_csv_cells(record, size, out_why);
    if (cells == NULL) {
        return NULL;
    }
    json_t *row = json_object();
    if (json_array_size(cells) != json_array_size(header)) {
        (void)snprintf(out_why, DOOR_CSV_WHY_SIZE, "%zu cells; the header has %zu",
                       json_array_size(cells), json_array_size(header));
        json_decref(row);
        row = NULL;
    }
    for (size_t i = 0; row != NULL && i < json_array_size(cells); i++) {
        json_t *cell = json_array_get(cells, i);
        const char *name = json_string_value(json_array_get(header, i));
        if (json_string_length(cell) > 0 && name[0] != '\0') {
            (void)json_object_set(row, name, cell);
        }
    }
    json_decref(cells);
    return row;
}

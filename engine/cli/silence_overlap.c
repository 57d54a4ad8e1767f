/* silence_overlap.c: see silence_overlap.h. */
#include "engine/cli/silence_overlap.h"

#include <stdbool.h>
#include <string.h>

static const char *text_at(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "";
}

/* An event has one of these; it may have several tags and lie in several areas. */
static bool is_single(const char *word, size_t size)
{
    static const char *const KINDS[] = {"rule", "class", "department", "device", "source"};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strlen(KINDS[i]) == size && strncmp(word, KINDS[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* Does the list ask for another one of that kind? */
static bool asks_other(const char *list, const char *word, size_t size, size_t kind_size)
{
    for (const char *at = list + strspn(list, " "); *at != '\0'; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        if (length > kind_size && strncmp(at, word, kind_size + 1) == 0 &&
            (length != size || strncmp(at, word, size) != 0)) {
            return true;
        }
        at += length;
    }
    return false;
}

static bool may_fit_both(const json_t *a, const json_t *b)
{
    const char *list = text_at(a, "matchers");
    for (const char *at = list + strspn(list, " "); *at != '\0'; at += strspn(at, " ")) {
        const size_t size = strcspn(at, " ");
        const char *equal = memchr(at, '=', size);
        const size_t kind_size = equal == NULL ? size : (size_t)(equal - at);
        if (is_single(at, kind_size) && asks_other(text_at(b, "matchers"), at, size, kind_size)) {
            return false;
        }
        at += size;
    }
    const char *desk = text_at(a, "desk");
    const char *other = text_at(b, "desk");
    return desk[0] == '\0' || other[0] == '\0' || strcmp(desk, other) == 0;
}

static json_int_t number_at(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static bool overlap(const json_t *a, const json_t *b)
{
    return number_at(a, "from_ms") < number_at(b, "until_ms") &&
           number_at(b, "from_ms") < number_at(a, "until_ms") && may_fit_both(a, b);
}

void silence_overlap_mark(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *numbers = json_array();
        for (size_t k = 0; k < json_array_size(rows); k++) {
            const json_t *other = json_array_get(rows, k);
            if (k != i && overlap(json_array_get(rows, i), other)) {
                (void)json_array_append_new(numbers, json_integer(number_at(other, "number")));
            }
        }
        (void)json_object_set_new(json_array_get(rows, i), "overlaps", numbers);
    }
}

json_t *silence_overlap_find(json_t *rows, json_int_t number)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (number_at(json_array_get(rows, i), "number") == number) {
            return json_array_get(rows, i);
        }
    }
    return NULL;
}

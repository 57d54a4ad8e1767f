/* read.c: see read.h. */
#include "rules/read.h"

#include <stdarg.h>
#include <stdlib.h>

#define DURATION_MS_MAX (INT64_C(3660) * DAY_MS)
#define WORK_DAYS_MAX 3660
#define MESSAGE_SIZE 512

void read_report(const struct loader *loader, const struct tree_node *node, const char *code,
                 const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    problems_add(loader->problems, PROBLEM_ERROR, code, node->file, node->line, node->column, "%s",
                 text);
}

static const char *kind_words(const struct tree_node *node)
{
    return node->kind == TREE_TEXT   ? "a single value"
           : node->kind == TREE_LIST ? "a list"
                                     : "a map";
}

#define SPECS_MAX 128u

static void report_unknown_key(const struct loader *loader, const struct tree_node *key,
                               const char *what, const struct key_spec *specs, uint32_t spec_count)
{
    const char *candidates[SPECS_MAX];
    must(spec_count <= SPECS_MAX);
    for (uint32_t i = 0; i < spec_count; i++) {
        candidates[i] = specs[i].name;
    }
    const char *nearest = problems_nearest(key->text, candidates, spec_count);
    read_report(loader, key, "L002", "%s has no key \"%s\"%s%s", what, key->text,
                nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
}

static const struct key_spec *find_spec(const struct key_spec *specs, uint32_t spec_count,
                                        const char *key)
{
    for (uint32_t i = 0; i < spec_count; i++) {
        if (strcmp(specs[i].name, key) == 0) {
            return &specs[i];
        }
    }
    return NULL;
}

bool read_check_map(const struct loader *loader, const struct tree_node *node, const char *what,
                    const struct key_spec *specs, uint32_t spec_count)
{
    if (node->kind != TREE_MAP) {
        read_report(loader, node, "L003", "%s must be a map, not %s", what, kind_words(node));
        return false;
    }
    bool is_good = true;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct key_spec *spec = find_spec(specs, spec_count, node->keys[i]->text);
        if (spec == NULL) {
            report_unknown_key(loader, node->keys[i], what, specs, spec_count);
            is_good = false;
        } else if (spec->status == KEY_LATER) {
            read_report(loader, node->keys[i], "L017",
                        "key \"%s\" of %s is in the language but not in this version; remove it",
                        spec->name, what);
            is_good = false;
        }
    }
    for (uint32_t i = 0; i < spec_count; i++) {
        if (specs[i].status == KEY_REQUIRED && read_find(node, specs[i].name) == NULL) {
            read_report(loader, node, "L004", "%s lacks the key \"%s\"", what, specs[i].name);
            is_good = false;
        }
    }
    return is_good;
}

const struct tree_node *read_find(const struct tree_node *map, const char *key)
{
    if (map->kind != TREE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

uint32_t read_list_count(const struct tree_node *node)
{
    return node->kind == TREE_LIST ? node->count : 1;
}

const struct tree_node *read_list_item(const struct tree_node *node, uint32_t index)
{
    must(index < read_list_count(node));
    return node->kind == TREE_LIST ? node->items[index] : node;
}

bool read_text(const struct loader *loader, const struct tree_node *node, const char *what,
               const char **out_text)
{
    if (node->kind != TREE_TEXT) {
        read_report(loader, node, "L003", "%s must be a text, not %s", what, kind_words(node));
        return false;
    }
    *out_text = node->text;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Leading digits of text; false when there are none or the number passes 10^15. */
static bool parse_digits(const char **text, int64_t *out_value)
{
    const char *at = *text;
    if (!is_digit(*at)) {
        return false;
    }
    int64_t value = 0;
    for (; is_digit(*at); at++) {
        value = value * 10 + (*at - '0');
        if (value > INT64_C(1000000000000000)) {
            return false;
        }
    }
    *text = at;
    *out_value = value;
    return true;
}

bool read_integer(const struct loader *loader, const struct tree_node *node, const char *what,
                  int64_t low, int64_t high, int64_t *out_value)
{
    const char *text = node->kind == TREE_TEXT && node->is_plain ? node->text : "";
    int64_t value = 0;
    if (!parse_digits(&text, &value) || *text != '\0') {
        read_report(loader, node, "L003", "%s must be a whole number", what);
        return false;
    }
    if (value < low || value > high) {
        read_report(loader, node, "L005", "%s is %lld; it must be %lld to %lld", what,
                    (long long)value, (long long)low, (long long)high);
        return false;
    }
    *out_value = value;
    return true;
}

bool read_truth(const struct loader *loader, const struct tree_node *node, const char *what,
                bool *out_value)
{
    bool is_plain = node->kind == TREE_TEXT && node->is_plain;
    if (is_plain && strcmp(node->text, "true") == 0) {
        *out_value = true;
        return true;
    }
    if (is_plain && strcmp(node->text, "false") == 0) {
        *out_value = false;
        return true;
    }
    read_report(loader, node, "L003", "%s must be true or false", what);
    return false;
}

bool read_word(const struct loader *loader, const struct tree_node *node, const char *what,
               const struct word_spec *specs, uint32_t spec_count, uint32_t *out_value)
{
    const char *text = NULL;
    if (!read_text(loader, node, what, &text)) {
        return false;
    }
    char words[256] = "";
    const char *candidates[SPECS_MAX];
    must(spec_count <= SPECS_MAX);
    size_t size = 0;
    for (uint32_t i = 0; i < spec_count; i++) {
        if (strcmp(specs[i].word, text) == 0) {
            *out_value = specs[i].value;
            return true;
        }
        candidates[i] = specs[i].word;
        if (size < sizeof words) {
            int written = snprintf(words + size, sizeof words - size, "%s%s", i == 0 ? "" : ", ",
                                   specs[i].word);
            size += written > 0 ? (size_t)written : 0;
        }
    }
    const char *nearest = problems_nearest(text, candidates, spec_count);
    read_report(loader, node, "L005", "%s is \"%s\"; it must be one of: %s%s%s", what, text, words,
                nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    return false;
}

/* ms per unit letter, 0 = no such unit. */
static int64_t unit_ms(const char *unit)
{
    static const struct {
        const char *word;
        int64_t ms;
    } UNITS[] = {{"s", SECOND_MS}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS}};
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        if (strcmp(unit, UNITS[i].word) == 0) {
            return UNITS[i].ms;
        }
    }
    return 0;
}

bool read_duration(const struct loader *loader, const struct tree_node *node, const char *what,
                   int64_t *out_ms)
{
    const char *text = node->kind == TREE_TEXT ? node->text : "";
    int64_t value = 0;
    if (!parse_digits(&text, &value) || unit_ms(text) == 0) {
        read_report(loader, node, "L003", "%s must be a duration such as 30s, 5m, 4h or 2d", what);
        return false;
    }
    int64_t ms = unit_ms(text);
    if (value == 0 || value > DURATION_MS_MAX / ms) {
        read_report(loader, node, "L005", "%s must be more than 0 and at most 3660d", what);
        return false;
    }
    *out_ms = value * ms;
    return true;
}

bool read_limit(const struct loader *loader, const struct tree_node *node, const char *what,
                struct clock_limit *out_limit)
{
    const char *text = node->kind == TREE_TEXT ? node->text : "";
    int64_t value = 0;
    bool has_digits = parse_digits(&text, &value);
    bool is_work_hours = has_digits && strcmp(text, "wh") == 0;
    bool is_work_days = has_digits && strcmp(text, "wd") == 0;
    if (!is_work_hours && !is_work_days) {
        int64_t ms = 0;
        if (!has_digits || unit_ms(text) == 0) {
            read_report(loader, node, "L003",
                        "%s must be a duration such as 30s, 5m, 4h, 2d, 4wh (working hours) or 2wd "
                        "(working days)",
                        what);
            return false;
        }
        if (!read_duration(loader, node, what, &ms)) {
            return false;
        }
        *out_limit = (struct clock_limit){ms, UNIT_CONTINUOUS, 0};
        return true;
    }
    if (value == 0 || value > (is_work_days ? WORK_DAYS_MAX : DURATION_MS_MAX / HOUR_MS)) {
        read_report(loader, node, "L005", "%s must be more than 0 and at most ten years", what);
        return false;
    }
    *out_limit = is_work_days ? (struct clock_limit){value, UNIT_WORK_DAY_END, 0}
                              : (struct clock_limit){value * HOUR_MS, UNIT_WORK_TIME, 0};
    return true;
}

struct ref_words {
    const char *code;
    const char *noun;
};

static const struct ref_words REF_WORDS[REF_KIND_COUNT] = {
    [REF_DEPARTMENT] = {"L011", "department"},
    [REF_POST] = {"L011", "post"},
    [REF_CALENDAR] = {"L013", "calendar"},
    [REF_AREA] = {"L014", "area"},
    [REF_CLASS] = {"L015", "class"},
    [REF_ASSET_KIND] = {"L016", "asset kind"},
    [REF_ROLE] = {"L012", "role"},
    [REF_SKILL] = {"L012", "skill"},
};

static uint32_t find_name(const struct loader *loader, const struct tree_node *node,
                          enum ref_kind kind, const uint32_t **out_rows)
{
    const char *name = NULL;
    if (!read_text(loader, node, REF_WORDS[kind].noun, &name)) {
        return 0;
    }
    uint32_t count = refs_find(loader->refs, kind, name, out_rows);
    if (count == 0) {
        const char *nearest = refs_nearest(loader->refs, kind, name);
        read_report(loader, node, REF_WORDS[kind].code, "the city has no %s \"%s\"%s%s",
                    REF_WORDS[kind].noun, name,
                    nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return count;
}

bool read_name(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
               uint32_t *out_row)
{
    const uint32_t *rows = NULL;
    if (find_name(loader, node, kind, &rows) == 0) {
        return false;
    }
    *out_row = rows[0];
    return true;
}

static int row_compare(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

static void keep_first_of_each(struct rule_rows *rows, bool is_sorted)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t k = is_sorted && kept > 0 ? kept - 1 : 0;
        while (k < kept && rows->items[k] != rows->items[i]) {
            k++;
        }
        if (k == kept) {
            rows->items[kept++] = rows->items[i];
        }
    }
    rows->count = kept;
}

bool read_names(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
                uint32_t name_max, struct rule_rows *out_rows)
{
    uint32_t name_count = read_list_count(node);
    if (name_count > name_max) {
        read_report(loader, node, "L018", "%u names in one list; at most %u", name_count, name_max);
        return false;
    }
    struct rule_rows found = {NULL, 0};
    bool is_good = true;
    for (uint32_t i = 0; i < name_count; i++) {
        const uint32_t *rows = NULL;
        uint32_t count = find_name(loader, read_list_item(node, i), kind, &rows);
        if (count == 0) {
            is_good = false;
            continue;
        }
        found.items = arena_grow(loader->arena, found.items, found.count * sizeof found.items[0],
                                 (found.count + count) * sizeof found.items[0]);
        memcpy(found.items + found.count, rows, count * sizeof rows[0]);
        found.count += count;
    }
    const bool is_sorted = kind != REF_POST; /* posts are told in the order they are written */
    if (found.count > 0 && is_sorted) {
        qsort(found.items, found.count, sizeof found.items[0], row_compare);
    }
    keep_first_of_each(&found, is_sorted);
    *out_rows = found;
    return is_good;
}

bool read_mask(const struct loader *loader, const struct tree_node *node, enum ref_kind kind,
               uint64_t *out_mask)
{
    uint64_t mask = 0;
    bool is_good = true;
    for (uint32_t i = 0; i < read_list_count(node); i++) {
        uint32_t row = 0;
        if (!read_name(loader, read_list_item(node, i), kind, &row)) {
            is_good = false;
            continue;
        }
        must(row < 64);
        mask |= UINT64_C(1) << row;
    }
    *out_mask = mask;
    return is_good;
}

bool read_decimal(const char *text, uint32_t decimals, int64_t *out_value)
{
    int64_t unit = 1;
    for (uint32_t i = 0; i < decimals; i++) {
        unit *= 10;
    }
    bool is_negative = *text == '-';
    text += is_negative;
    int64_t whole = 0;
    if (!parse_digits(&text, &whole) || whole > INT64_C(100000000000)) {
        return false;
    }
    int64_t value = whole * unit;
    if (*text == '.') {
        text++;
        if (!is_digit(*text)) {
            return false;
        }
        for (; is_digit(*text); text++) {
            unit /= 10;
            if (unit == 0) {
                return false;
            }
            value += unit * (*text - '0');
        }
    }
    if (*text != '\0') {
        return false;
    }
    *out_value = is_negative ? -value : value;
    return true;
}

bool read_millionths(const char *text, int64_t *out_value)
{
    return read_decimal(text, 6, out_value);
}

/* trace_map.c: reads column maps (docs/traces.md, Converting CSV files). */
#include "sim/trace_map.h"

#include "engine/city/yaml_tree.h"
#include "sim/city_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE_MAX 4000u

struct map_reader {
    struct yaml_tree tree;
    struct pool *pool;
};

static const char *keep(struct map_reader *reader, const char *text)
{
    return pool_text(reader->pool, text, strlen(text));
}

/* A needed text below node, "" after a problem. */
static const char *needed_text(struct map_reader *reader, const yaml_node_t *node, const char *key)
{
    const char *text = yaml_text(&reader->tree, yaml_find(&reader->tree, node, key));
    return text == NULL ? "" : keep(reader, text);
}

static bool read_kind(struct map_reader *reader, const yaml_node_t *node, const char *word,
                      enum map_kind *out_kind)
{
    static const char *const KINDS[] = {[MAP_STRING] = "string",
                                        [MAP_NUMBER] = "number",
                                        [MAP_BOOLEAN] = "boolean",
                                        [MAP_SLUG] = "slug",
                                        [MAP_AFTER] = "after"};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(word, KINDS[i]) == 0) {
            *out_kind = (enum map_kind)i;
            return true;
        }
    }
    yaml_problem(&reader->tree, node, "M001",
                 "kind or style is string, number, boolean, slug or after; not \"%s\"", word);
    return false;
}

static void add_part(struct map_reader *reader, const yaml_node_t *node, struct map_value *value)
{
    const char *text = yaml_text(&reader->tree, node);
    if (text == NULL) {
        return;
    }
    if (value->part_count == MAP_PARTS_MAX) {
        yaml_problem(&reader->tree, node, "M001", "at most %u columns", MAP_PARTS_MAX);
        return;
    }
    value->parts[value->part_count++] = keep(reader, text);
}

/* `column`, or {column: .., columns: [..], prefix: .., kind: .., size_max: ..}. A bare text is a column,
 * or a constant where is_constant says so. */
static struct map_value read_value(struct map_reader *reader, const yaml_node_t *node,
                                   bool is_constant)
{
    static const struct yaml_key KEYS[] = {{"column", false}, {"columns", false},
                                           {"prefix", false}, {"kind", false},
                                           {"style", false},  {"size_max", false}};
    struct map_value value = {.prefix = "", .size_max = EVENT_STRING_MAX, .name = ""};
    if (node == NULL) {
        return value;
    }
    value.line = (int)node->start_mark.line + 1;
    if (node->type == YAML_SCALAR_NODE) {
        if (is_constant) {
            value.constant = keep(reader, yaml_text(&reader->tree, node));
        } else {
            add_part(reader, node, &value);
        }
        return value;
    }
    struct yaml_tree *tree = &reader->tree;
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return value;
    }
    const yaml_node_t *column = yaml_find(tree, node, "column");
    if (column != NULL) {
        add_part(reader, column, &value);
    }
    const yaml_node_t *columns = yaml_find(tree, node, "columns");
    for (size_t i = 0; columns != NULL && yaml_item(tree, columns, i) != NULL; i++) {
        add_part(reader, yaml_item(tree, columns, i), &value);
    }
    const char *prefix = yaml_text(tree, yaml_find(tree, node, "prefix"));
    value.prefix = prefix == NULL ? "" : keep(reader, prefix);
    const yaml_node_t *kind = yaml_find(tree, node, "kind");
    kind = kind == NULL ? yaml_find(tree, node, "style") : kind;
    if (kind != NULL) {
        (void)read_kind(reader, kind, yaml_text(tree, kind), &value.kind);
    }
    const yaml_node_t *size = yaml_find(tree, node, "size_max");
    if (size != NULL) {
        const long number = strtol(yaml_text(tree, size), NULL, 10);
        value.size_max =
            number > 0 && number <= (long)TEXT_SIZE_MAX ? (uint32_t)number : EVENT_STRING_MAX;
    }
    if (value.part_count == 0) {
        yaml_problem(tree, node, "M001", "column or columns is needed");
    }
    return value;
}

static struct map_list read_list(struct map_reader *reader, const yaml_node_t *node,
                                 uint32_t count_max)
{
    struct map_list list = {.values = pool_take_rows(reader->pool, sizeof *list.values, count_max)};
    const yaml_node_t *key;
    const yaml_node_t *value;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return list;
    }
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &value); i++) {
        if (list.count == count_max) {
            yaml_problem(&reader->tree, key, "M001", "at most %u entries", count_max);
            break;
        }
        list.values[list.count] = read_value(reader, value, false);
        list.values[list.count++].name = keep(reader, yaml_text(&reader->tree, key));
    }
    return list;
}

static void read_flag(struct map_reader *reader, const yaml_node_t *key, const yaml_node_t *node,
                      struct trace_map *map)
{
    static const struct yaml_key KEYS[] = {{"column", true}, {"before", false}, {"is", false}};
    struct yaml_tree *tree = &reader->tree;
    if (map->flag_count == MAP_FLAGS_MAX) {
        yaml_problem(tree, key, "M001", "at most %u flags", MAP_FLAGS_MAX);
        return;
    }
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct map_flag *flag = &map->flags[map->flag_count++];
    flag->word = keep(reader, yaml_text(tree, key));
    flag->value = read_value(reader, yaml_find(tree, node, "column"), false);
    const yaml_node_t *before = yaml_find(tree, node, "before");
    const char *is = yaml_text(tree, yaml_find(tree, node, "is"));
    if (before != NULL) {
        flag->test = MAP_IS_BEFORE;
        flag->other = read_value(reader, before, false);
    } else if (is != NULL && strcmp(is, "midnight") == 0) {
        flag->test = MAP_IS_MIDNIGHT;
    } else if (is != NULL && strcmp(is, "empty") == 0) {
        flag->test = MAP_IS_EMPTY;
    } else {
        yaml_problem(tree, node, "M001",
                     "a flag has {column, before: column} or {column, is: midnight | empty}");
    }
}

static void read_place(struct map_reader *reader, const yaml_node_t *node, struct trace_map *map)
{
    static const struct yaml_key KEYS[] = {
        {"lon", false}, {"lat", false}, {"column", false}, {"style", false}, {"when_empty", false}};
    struct yaml_tree *tree = &reader->tree;
    if (node == NULL || !yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const yaml_node_t *column = yaml_find(tree, node, "column");
    if (column != NULL) {
        const char *style = yaml_text(tree, yaml_find(tree, node, "style"));
        if (style == NULL || strcmp(style, "(lat, lon)") != 0) {
            yaml_problem(tree, node, "M001", "style of a place column is \"(lat, lon)\"");
        }
        map->pair = read_value(reader, column, false);
    } else {
        map->lon = read_value(reader, yaml_find(tree, node, "lon"), false);
        map->lat = read_value(reader, yaml_find(tree, node, "lat"), false);
        if (map->lon.part_count == 0 || map->lat.part_count == 0) {
            yaml_problem(tree, node, "M001", "a place has lon and lat, or column and style");
        }
    }
    const char *word = yaml_text(tree, yaml_find(tree, node, "when_empty"));
    map->place_when_empty = word == NULL ? NULL : keep(reader, word);
}

static void read_group(struct map_reader *reader, const yaml_node_t *root, struct trace_map *map)
{
    static const struct yaml_key GROUP[] = {{"column", true}, {"first", true}};
    static const struct yaml_key ROWS[] = {{"key", true}, {"order", true}, {"truth", true}};
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *group = yaml_find(tree, root, "group");
    const yaml_node_t *rows = yaml_find(tree, root, "rows");
    if (group != NULL && yaml_check_keys(tree, group, GROUP, COUNT_OF(GROUP))) {
        map->has_group = true;
        map->group_key = read_value(reader, yaml_find(tree, group, "column"), false);
        map->group_first = read_value(reader, yaml_find(tree, group, "first"), false);
    }
    if (rows != NULL && yaml_check_keys(tree, rows, ROWS, COUNT_OF(ROWS))) {
        map->rows_key = needed_text(reader, rows, "key");
        map->rows_order = read_value(reader, yaml_find(tree, rows, "order"), false);
        map->row_truths = read_list(reader, yaml_find(tree, rows, "truth"), MAP_TRUTHS_MAX);
    }
}

static void read_root(struct map_reader *reader, const yaml_node_t *root, struct trace_map *map)
{
    static const struct yaml_key KEYS[] = {{"source", true}, {"type", true},    {"id", true},
                                           {"at", true},     {"time", true},    {"place", false},
                                           {"group", false}, {"fields", false}, {"text", false},
                                           {"truth", false}, {"rows", false},   {"flags", false}};
    static const struct yaml_key TIME[] = {{"format", true}, {"zone", true}};
    struct yaml_tree *tree = &reader->tree;
    if (!yaml_check_keys(tree, root, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    map->source = needed_text(reader, root, "source");
    map->type = read_value(reader, yaml_find(tree, root, "type"), true);
    map->id = read_value(reader, yaml_find(tree, root, "id"), false);
    map->at = read_value(reader, yaml_find(tree, root, "at"), false);
    const yaml_node_t *time = yaml_find(tree, root, "time");
    if (yaml_check_keys(tree, time, TIME, COUNT_OF(TIME))) {
        map->time_format = needed_text(reader, time, "format");
        map->zone = needed_text(reader, time, "zone");
    }
    read_place(reader, yaml_find(tree, root, "place"), map);
    read_group(reader, root, map);
    map->fields = read_list(reader, yaml_find(tree, root, "fields"), EVENT_FIELDS_MAX);
    map->truths = read_list(reader, yaml_find(tree, root, "truth"), MAP_TRUTHS_MAX);
    const yaml_node_t *text = yaml_find(tree, root, "text");
    map->has_text = text != NULL;
    map->text = read_value(reader, text, false);
    map->text.size_max = TEXT_SIZE_MAX;
    const yaml_node_t *flags = yaml_find(tree, root, "flags");
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; flags != NULL && yaml_pair(tree, flags, i, &key, &value); i++) {
        read_flag(reader, key, value, map);
    }
}

/* A shipped map by its stem. */
static char *find_shipped(const char *name, struct pool *pool, size_t *out_size)
{
    for (size_t i = 0; i < TRACE_MAPS_COUNT; i++) {
        const char *dot = strchr(TRACE_MAPS[i].name, '.');
        const size_t stem =
            dot == NULL ? strlen(TRACE_MAPS[i].name) : (size_t)(dot - TRACE_MAPS[i].name);
        if (strlen(name) == stem && memcmp(name, TRACE_MAPS[i].name, stem) == 0) {
            *out_size = TRACE_MAPS[i].size;
            return pool_text(pool, (const char *)TRACE_MAPS[i].bytes, TRACE_MAPS[i].size);
        }
    }
    return NULL;
}

enum err trace_map_read(const char *name, struct pool *pool, struct problems *problems,
                        struct trace_map *out_map)
{
    struct text_file file = {.name = pool_text(pool, name, strlen(name))};
    file.bytes = find_shipped(name, pool, &file.size);
    if (file.bytes == NULL) {
        file.bytes = trace_file_slurp(name, pool, problems, &file.size);
    }
    if (file.bytes == NULL) {
        return ERR_IO;
    }
    const int errors = problems_error_count(problems);
    struct map_reader reader = {.pool = pool};
    struct trace_map map = {.file = file.name};
    if (yaml_tree_open(&reader.tree, problems, &file)) {
        read_root(&reader, yaml_tree_root(&reader.tree), &map);
        yaml_tree_close(&reader.tree);
    }
    *out_map = map;
    return problems_error_count(problems) > errors ? ERR_INPUT : ERR_OK;
}

/* ---- binding ---- */

static void bind_value(const struct trace_map *map, const struct trace_csv *csv,
                       struct problems *problems, struct map_value *value)
{
    for (uint32_t i = 0; i < value->part_count; i++) {
        value->columns[i] = trace_csv_find(csv, value->parts[i]);
        if (value->columns[i] != NONE32) {
            continue;
        }
        const char *names[64];
        size_t count = 0;
        for (; count < csv->column_count && count < COUNT_OF(names); count++) {
            names[count] = csv->names[count].text;
        }
        const char *nearest = problems_nearest(value->parts[i], names, count);
        problems_add(problems, PROBLEM_ERROR, "M002", map->file, value->line, 0,
                     "%s has no column \"%s\"%s%s", csv->file, value->parts[i],
                     nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
}

static void bind_list(const struct trace_map *map, const struct trace_csv *csv,
                      struct problems *problems, struct map_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        bind_value(map, csv, problems, &list->values[i]);
    }
}

enum err trace_map_bind(struct trace_map *map, const struct trace_csv *csv,
                        struct problems *problems)
{
    const int errors = problems_error_count(problems);
    struct map_value *const single[] = {
        &map->type, &map->id,   &map->at,        &map->text,        &map->lon,
        &map->lat,  &map->pair, &map->group_key, &map->group_first, &map->rows_order};
    for (size_t i = 0; i < COUNT_OF(single); i++) {
        bind_value(map, csv, problems, single[i]);
    }
    struct map_list *const lists[] = {&map->fields, &map->truths, &map->row_truths};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        bind_list(map, csv, problems, lists[i]);
    }
    for (uint32_t i = 0; i < map->flag_count; i++) {
        bind_value(map, csv, problems, &map->flags[i].value);
        bind_value(map, csv, problems, &map->flags[i].other);
    }
    return problems_error_count(problems) > errors ? ERR_INPUT : ERR_OK;
}

/* cap_map.c: see cap_map.h. */
#include "engine/cli/cap_map.h"

#include "engine/city/yaml_tree.h"
#include "engine/core/base.h"
#include "sim/city_pack.h"

#include <stdlib.h>
#include <string.h>

struct cap_map {
    struct pool pool;
    const char *identity, *language;
    struct cap_row *rows;
    uint32_t row_count;
};

struct map_reader {
    struct cap_map *map;
    struct yaml_tree tree;
};

static const char *keep(struct map_reader *reader, const yaml_node_t *node)
{
    return yaml_keep(&reader->tree, &reader->map->pool, node);
}

/* One text or a list of them. */
static uint32_t read_texts(struct map_reader *reader, const yaml_node_t *node, const char **out,
                           uint32_t limit)
{
    return yaml_keep_list(&reader->tree, &reader->map->pool, node, "M001", out, limit);
}

static void read_conditions(struct map_reader *reader, const yaml_node_t *node, struct cap_row *row)
{
    const yaml_node_t *key, *value;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return;
    }
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &value); i++) {
        if (row->condition_count == CAP_CONDITIONS_MAX) {
            yaml_problem(&reader->tree, key, "M001", "at most %u conditions", CAP_CONDITIONS_MAX);
            return;
        }
        struct cap_condition *condition = &row->conditions[row->condition_count++];
        condition->element = keep(reader, key);
        condition->pattern_count = read_texts(reader, value, condition->patterns, CAP_WORDS_MAX);
    }
}

static void read_words(struct map_reader *reader, const yaml_node_t *node, struct cap_field *field)
{
    const yaml_node_t *key, *value;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return;
    }
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &value); i++) {
        if (field->word_count == CAP_WORDS_MAX) {
            yaml_problem(&reader->tree, key, "M001", "at most %u words", CAP_WORDS_MAX);
            return;
        }
        field->words[field->word_count].from = keep(reader, key);
        field->words[field->word_count].to = keep(reader, value);
        field->word_count += field->words[field->word_count].to != NULL;
    }
}

static void read_field(struct map_reader *reader, const yaml_node_t *node, struct cap_field *field)
{
    static const struct yaml_key KEYS[] = {{"from", true}, {"words", false}, {"number", false}};
    struct yaml_tree *tree = &reader->tree;
    if (node->type != YAML_MAPPING_NODE) {
        field->from_count = read_texts(reader, node, field->from, CAP_FROM_MAX);
        return;
    }
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const char *number = yaml_text(tree, yaml_find(tree, node, "number"));
    field->from_count =
        read_texts(reader, yaml_find(tree, node, "from"), field->from, CAP_FROM_MAX);
    field->is_number = number != NULL && strcmp(number, "true") == 0;
    read_words(reader, yaml_find(tree, node, "words"), field);
}

static void read_row(struct map_reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {
        {"event", true}, {"lifted", false}, {"when", true}, {"fields", false}};
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *key, *value;
    if (reader->map->row_count == CAP_ROWS_MAX) {
        yaml_problem(tree, node, "M001", "at most %u rows", CAP_ROWS_MAX);
        return;
    }
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct cap_row *row = &reader->map->rows[reader->map->row_count++];
    row->line = (int)node->start_mark.line + 1;
    row->event = keep(reader, yaml_find(tree, node, "event"));
    row->lifted = keep(reader, yaml_find(tree, node, "lifted"));
    read_conditions(reader, yaml_find(tree, node, "when"), row);
    const yaml_node_t *fields = yaml_find(tree, node, "fields");
    if (fields == NULL || !yaml_check_free_keys(tree, fields)) {
        return;
    }
    for (size_t i = 0; yaml_pair(tree, fields, i, &key, &value); i++) {
        const char *name = keep(reader, key);
        if (row->field_count == CAP_FIELDS_MAX) {
            yaml_problem(tree, key, "M001", "at most %u fields", CAP_FIELDS_MAX);
            return;
        }
        if (name != NULL && (strcmp(name, "alert") == 0 || strcmp(name, "refers") == 0)) {
            yaml_problem(tree, key, "M001", "%s is filled in by itself", name);
            continue;
        }
        row->fields[row->field_count].name = name;
        read_field(reader, value, &row->fields[row->field_count++]);
    }
}

static void read_root(struct map_reader *reader)
{
    static const struct yaml_key KEYS[] = {
        {"cap", true}, {"identity", true}, {"language", false}, {"alerts", true}};
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *root = yaml_tree_root(tree), *item;
    if (!yaml_check_keys(tree, root, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const char *version = yaml_text(tree, yaml_find(tree, root, "cap"));
    if (version != NULL && strcmp(version, "1") != 0) {
        yaml_problem(tree, root, "M001", "cap: 1 expected, not %s", version);
    }
    const char *language = keep(reader, yaml_find(tree, root, "language"));
    reader->map->identity = keep(reader, yaml_find(tree, root, "identity"));
    reader->map->language = language != NULL ? language : "";
    const yaml_node_t *alerts = yaml_find(tree, root, "alerts");
    for (size_t i = 0; (item = yaml_item(tree, alerts, i)) != NULL; i++) {
        read_row(reader, item);
    }
}

struct cap_map *cap_map_read(struct problems *problems, const char *directory, const char *name)
{
    struct cap_map *map = calloc(1, sizeof *map);
    struct map_reader reader = {.map = map};
    struct text_file file;
    const int before = problems_error_count(problems);
    if (map == NULL) {
        return NULL;
    }
    pool_init(&map->pool);
    map->rows = calloc(CAP_ROWS_MAX, sizeof *map->rows);
    if (directory == NULL) {
        file = (struct text_file){.name = CAP_PACK[0].name, .size = CAP_PACK[0].size};
        file.bytes = pool_text(&map->pool, (const char *)CAP_PACK[0].bytes, CAP_PACK[0].size);
    } else if (!text_file_read(&map->pool, problems, directory, name, &file)) {
        cap_map_free(map);
        return NULL;
    }
    if (map->rows != NULL && yaml_tree_open(&reader.tree, problems, &file)) {
        read_root(&reader);
        yaml_tree_close(&reader.tree);
    }
    if (map->rows == NULL || problems_error_count(problems) > before) {
        cap_map_free(map);
        return NULL;
    }
    return map;
}

void cap_map_free(struct cap_map *map)
{
    if (map != NULL) {
        free(map->rows);
        pool_fini(&map->pool);
        free(map);
    }
}

const char *cap_map_identity(const struct cap_map *map)
{
    return map->identity;
}

const char *cap_map_language(const struct cap_map *map)
{
    return map->language;
}

/* ---- using it ---- */

static const struct cap_value *value_of(const char *element, uint32_t i,
                                        const struct cap_alert *alert, const struct cap_info *info)
{
    const struct cap_value *value =
        info == NULL ? NULL : cap_values_find(&info->values, element, i);
    return value != NULL ? value : cap_values_find(&alert->values, element, i);
}

static bool fits(const char *pattern, const char *text)
{
    const size_t size = strlen(pattern);
    return size > 0 && pattern[size - 1] == '*' ? strncmp(pattern, text, size - 1) == 0
                                                : strcmp(pattern, text) == 0;
}

static bool holds(const struct cap_condition *condition, const struct cap_alert *alert,
                  const struct cap_info *info)
{
    const struct cap_value *value;
    for (uint32_t i = 0; (value = value_of(condition->element, i, alert, info)) != NULL; i++) {
        for (uint32_t p = 0; p < condition->pattern_count; p++) {
            if (fits(condition->patterns[p], value->text)) {
                return true;
            }
        }
    }
    return info == NULL && value_of(condition->element, 0, alert, NULL) == NULL;
}

const struct cap_row *cap_map_find(const struct cap_map *map, const struct cap_alert *alert,
                                   const struct cap_info *info)
{
    for (uint32_t r = 0; r < map->row_count; r++) {
        const struct cap_row *row = &map->rows[r];
        bool is_fit = true;
        for (uint32_t c = 0; is_fit && c < row->condition_count; c++) {
            is_fit = holds(&row->conditions[c], alert, info);
        }
        if (is_fit) {
            return row;
        }
    }
    return NULL;
}

const char *cap_map_value(const struct cap_field *field, const struct cap_alert *alert,
                          const struct cap_info *info)
{
    for (uint32_t f = 0; f < field->from_count; f++) {
        const struct cap_value *value = value_of(field->from[f], 0, alert, info);
        if (value == NULL || value->text[0] == '\0') {
            continue;
        }
        if (field->word_count == 0) {
            return value->text;
        }
        for (uint32_t w = 0; w < field->word_count; w++) {
            if (strcmp(field->words[w].from, value->text) == 0) {
                return field->words[w].to;
            }
        }
    }
    return NULL;
}

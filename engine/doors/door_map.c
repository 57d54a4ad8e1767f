/* door_map.c: see door_map.h. */
#include "engine/doors/door_map.h"

#include "engine/city/yaml_tree.h"
#include "engine/core/base.h"
#include "engine/doors/door_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_NAME_SIZE 64u

struct door_map {
    struct pool pool;
    struct door_rules rules;
    char name[MAP_NAME_SIZE];
};

struct map_reader {
    struct door_map *map;
    struct yaml_tree tree;
};

static const char *keep(struct map_reader *reader, const yaml_node_t *node)
{
    return yaml_keep(&reader->tree, &reader->map->pool, node);
}

static int line_of(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

/* One text or a list of them. */
static uint32_t read_texts(struct map_reader *reader, const yaml_node_t *node, const char **out,
                           uint32_t limit)
{
    return yaml_keep_list(&reader->tree, &reader->map->pool, node, "D001", out, limit);
}

static bool read_yes(struct map_reader *reader, const yaml_node_t *node)
{
    const char *text = yaml_text(&reader->tree, node);
    if (text != NULL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        yaml_problem(&reader->tree, node, "D001", "true or false expected, not \"%s\"", text);
    }
    return text != NULL && strcmp(text, "true") == 0;
}

static double read_number(struct map_reader *reader, const yaml_node_t *node, double otherwise)
{
    const char *text = yaml_text(&reader->tree, node);
    char *end = NULL;
    if (text == NULL) {
        return otherwise;
    }
    const double value = strtod(text, &end);
    if (end == text || *end != '\0') {
        yaml_problem(&reader->tree, node, "D001", "a number expected, not \"%s\"", text);
    }
    return value;
}

static void read_words(struct map_reader *reader, const yaml_node_t *node, struct door_value *value)
{
    const yaml_node_t *key, *word;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return;
    }
    value->words = pool_take_rows(&reader->map->pool, sizeof *value->words, (size_t)DOOR_WORDS_MAX);
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &word); i++) {
        if (value->word_count == DOOR_WORDS_MAX) {
            yaml_problem(&reader->tree, key, "D001", "at most %u words", DOOR_WORDS_MAX);
            return;
        }
        struct door_word *to = &value->words[value->word_count++];
        to->from = keep(reader, key);
        to->to = keep(reader, word);
    }
}

/* The long form: a mapping. */
static void read_long_value(struct map_reader *reader, const yaml_node_t *node,
                            struct door_value *value)
{
    static const struct yaml_key KEYS[] = {
        {"from", false},   {"is", false},        {"join", false},   {"prefix", false},
        {"words", false},  {"otherwise", false}, {"number", false}, {"flag", false},
        {"factor", false}, {"offset", false},    {"slug", false},   {"needed", false}};
    struct yaml_tree *tree = &reader->tree;
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const yaml_node_t *factor = yaml_find(tree, node, "factor");
    const yaml_node_t *offset = yaml_find(tree, node, "offset");
    value->from_count =
        read_texts(reader, yaml_find(tree, node, "from"), value->from, DOOR_FROM_MAX);
    value->constant = keep(reader, yaml_find(tree, node, "is"));
    value->separator = keep(reader, yaml_find(tree, node, "join"));
    value->prefix = keep(reader, yaml_find(tree, node, "prefix"));
    value->otherwise = keep(reader, yaml_find(tree, node, "otherwise"));
    value->factor = read_number(reader, factor, 1.0);
    value->offset = read_number(reader, offset, 0.0);
    value->is_slug = read_yes(reader, yaml_find(tree, node, "slug"));
    value->is_needed = read_yes(reader, yaml_find(tree, node, "needed"));
    const bool is_number =
        read_yes(reader, yaml_find(tree, node, "number")) || factor != NULL || offset != NULL;
    const bool is_flag = read_yes(reader, yaml_find(tree, node, "flag"));
    value->kind = is_number ? DOOR_NUMBER : is_flag ? DOOR_FLAG : DOOR_TEXT;
    read_words(reader, yaml_find(tree, node, "words"), value);
    if ((value->from_count == 0) == (value->constant == NULL)) {
        yaml_problem(tree, node, "D001", "%s: either from or is expected", value->name);
    }
    if (is_number && is_flag) {
        yaml_problem(tree, node, "D001", "%s: a number or a flag, not both", value->name);
    }
}

/* A path, a list of paths of which the first that is there counts, or the long form. */
static void read_value(struct map_reader *reader, const char *name, const yaml_node_t *node,
                       struct door_value *value)
{
    *value = (struct door_value){.name = name, .factor = 1.0, .line = line_of(node)};
    if (node->type == YAML_MAPPING_NODE) {
        read_long_value(reader, node, value);
        return;
    }
    value->from_count = read_texts(reader, node, value->from, DOOR_FROM_MAX);
}

static struct door_value *read_optional(struct map_reader *reader, const yaml_node_t *parent,
                                        const char *key, const char *name)
{
    const yaml_node_t *node = yaml_find(&reader->tree, parent, key);
    if (node == NULL) {
        return NULL;
    }
    struct door_value *value = pool_take(&reader->map->pool, sizeof *value);
    read_value(reader, name, node, value);
    return value;
}

static void read_fields(struct map_reader *reader, const yaml_node_t *node,
                        struct door_fields *fields)
{
    const yaml_node_t *key, *value;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return;
    }
    fields->values = pool_take_rows(&reader->map->pool, sizeof *fields->values, DOOR_FIELDS_MAX);
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &value); i++) {
        if (fields->count == DOOR_FIELDS_MAX) {
            yaml_problem(&reader->tree, key, "D001", "at most %u fields", DOOR_FIELDS_MAX);
            return;
        }
        const char *name = keep(reader, key);
        read_value(reader, name != NULL ? name : "", value, &fields->values[fields->count++]);
    }
}

static void read_conditions(struct map_reader *reader, const yaml_node_t *node,
                            struct door_row *row)
{
    const yaml_node_t *key, *value;
    if (node == NULL || !yaml_check_free_keys(&reader->tree, node)) {
        return;
    }
    for (size_t i = 0; yaml_pair(&reader->tree, node, i, &key, &value); i++) {
        if (row->condition_count == DOOR_CONDITIONS_MAX) {
            yaml_problem(&reader->tree, key, "D001", "at most %u conditions", DOOR_CONDITIONS_MAX);
            return;
        }
        struct door_condition *condition = &row->conditions[row->condition_count++];
        condition->path = keep(reader, key);
        condition->pattern_count =
            read_texts(reader, value, condition->patterns, DOOR_PATTERNS_MAX);
    }
}

/* A type without a mapping is the type itself, not a path: it is the one constant everybody writes. */
static void read_type(struct map_reader *reader, const yaml_node_t *node, struct door_value *type)
{
    if (node == NULL) {
        return;
    }
    if (node->type == YAML_SCALAR_NODE) {
        *type = (struct door_value){
            .name = "type", .constant = keep(reader, node), .line = line_of(node)};
        return;
    }
    read_value(reader, "type", node, type);
}

static void read_rows(struct map_reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {
        {"type", true}, {"when", false}, {"device", false}, {"text", false}, {"fields", false}};
    struct door_rules *rules = &reader->map->rules;
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *item;
    rules->rows = pool_take_rows(&reader->map->pool, sizeof *rules->rows, DOOR_ROWS_MAX);
    for (size_t i = 0; (item = yaml_item(tree, node, i)) != NULL; i++) {
        if (rules->row_count == DOOR_ROWS_MAX) {
            yaml_problem(tree, item, "D001", "at most %u events", DOOR_ROWS_MAX);
            return;
        }
        if (!yaml_check_keys(tree, item, KEYS, COUNT_OF(KEYS))) {
            continue;
        }
        struct door_row *row = &rules->rows[rules->row_count++];
        row->line = line_of(item);
        read_type(reader, yaml_find(tree, item, "type"), &row->type);
        read_conditions(reader, yaml_find(tree, item, "when"), row);
        row->device = read_optional(reader, item, "device", "device");
        row->text = read_optional(reader, item, "text", "text");
        read_fields(reader, yaml_find(tree, item, "fields"), &row->fields);
    }
    if (rules->row_count == 0) {
        yaml_problem(tree, yaml_tree_root(tree), "D001", "events: at least one expected");
    }
}

static void read_at(struct map_reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {{"from", true}, {"format", false}, {"zone", false}};
    struct door_rules *rules = &reader->map->rules;
    struct yaml_tree *tree = &reader->tree;
    if (node == NULL || !yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    rules->at = read_optional(reader, node, "from", "at");
    rules->time_format = keep(reader, yaml_find(tree, node, "format"));
    const yaml_node_t *zone = yaml_find(tree, node, "zone");
    const char *name = yaml_text(tree, zone);
    if (name != NULL && door_zone_init(&rules->zone, name) != ERR_OK) {
        yaml_problem(tree, zone, "D001",
                     "no zone \"%s\"; an offset such as +08:00 or a name such as Asia/Shanghai "
                     "expected",
                     name);
    }
}

static void read_place(struct map_reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {
        {"lon", true}, {"lat", true}, {"crs", false}, {"accuracy_m", false}};
    struct door_rules *rules = &reader->map->rules;
    struct yaml_tree *tree = &reader->tree;
    if (node == NULL || !yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    rules->lon = read_optional(reader, node, "lon", "lon");
    rules->lat = read_optional(reader, node, "lat", "lat");
    rules->accuracy_m = read_optional(reader, node, "accuracy_m", "accuracy_m");
    const yaml_node_t *crs = yaml_find(tree, node, "crs");
    const char *name = yaml_text(tree, crs);
    for (uint32_t i = 0; name != NULL && i < CRS_COUNT; i++) {
        if (strcmp(name, CRS_NAMES[i]) == 0) {
            rules->has_crs = true;
            rules->crs = (enum crs)i;
        }
    }
    if (name != NULL && !rules->has_crs) {
        yaml_problem(tree, crs, "D001", "wgs84, gcj02 or bd09 expected, not \"%s\"", name);
    }
}

static void read_contact(struct map_reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {{"name", false}, {"phone", false}, {"note", false}};
    struct door_rules *rules = &reader->map->rules;
    if (node == NULL || !yaml_check_keys(&reader->tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    rules->contact_name = read_optional(reader, node, "name", "contact.name");
    rules->contact_phone = read_optional(reader, node, "phone", "contact.phone");
    rules->contact_note = read_optional(reader, node, "note", "contact.note");
}

/* One of two words; otherwise a problem. */
static bool read_choice(struct map_reader *reader, const yaml_node_t *node, const char *yes,
                        const char *no)
{
    const char *text = yaml_text(&reader->tree, node);
    if (text != NULL && strcmp(text, yes) != 0 && strcmp(text, no) != 0) {
        yaml_problem(&reader->tree, node, "D001", "%s or %s expected, not \"%s\"", no, yes, text);
    }
    return text != NULL && strcmp(text, yes) == 0;
}

static void read_root(struct map_reader *reader)
{
    static const struct yaml_key KEYS[] = {
        {"map", true},        {"title", false},  {"source", false}, {"each", false},
        {"events", true},     {"take", false},   {"others", false}, {"id", false},
        {"at", false},        {"device", false}, {"place", false},  {"text", false},
        {"contact", false},   {"fields", false}, {"drill", false},  {"by_person", false},
        {"telemetry", false}, {"topics", false}, {"copy", false},   {"long", false}};
    struct door_rules *rules = &reader->map->rules;
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *root = yaml_tree_root(tree);
    if (!yaml_check_keys(tree, root, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const char *version = yaml_text(tree, yaml_find(tree, root, "map"));
    if (version != NULL && strcmp(version, "1") != 0) {
        yaml_problem(tree, root, "D001", "map: 1 expected, not %s", version);
    }
    rules->source = keep(reader, yaml_find(tree, root, "source"));
    rules->each = keep(reader, yaml_find(tree, root, "each"));
    rules->copy_count =
        read_texts(reader, yaml_find(tree, root, "copy"), rules->copy, DOOR_FROM_MAX);
    rules->takes_all = read_choice(reader, yaml_find(tree, root, "take"), "all", "first");
    rules->skips_others = read_choice(reader, yaml_find(tree, root, "others"), "skip", "refuse");
    rules->refuses_long = read_choice(reader, yaml_find(tree, root, "long"), "refuse", "cut");
    rules->is_by_person = read_yes(reader, yaml_find(tree, root, "by_person"));
    rules->is_telemetry = read_yes(reader, yaml_find(tree, root, "telemetry"));
    rules->id = read_optional(reader, root, "id", "id");
    rules->device = read_optional(reader, root, "device", "device");
    rules->text = read_optional(reader, root, "text", "text");
    rules->drill = read_optional(reader, root, "drill", "drill");
    rules->topic_count =
        read_texts(reader, yaml_find(tree, root, "topics"), rules->topics, DOOR_PATTERNS_MAX);
    read_at(reader, yaml_find(tree, root, "at"));
    read_place(reader, yaml_find(tree, root, "place"));
    read_contact(reader, yaml_find(tree, root, "contact"));
    read_fields(reader, yaml_find(tree, root, "fields"), &rules->fields);
    read_rows(reader, yaml_find(tree, root, "events"));
}

/* ---- finding the file ---- */

static bool is_word(const char *name)
{
    return name[0] != '\0' && strlen(name) < MAP_NAME_SIZE - 8 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
               '\0';
}

static bool find_shipped(struct door_map *map, const char *name, struct text_file *out_file)
{
    for (size_t i = 0; i < DOOR_MAPS_COUNT; i++) {
        const size_t size = strlen(name);
        if (strncmp(DOOR_MAPS[i].name, name, size) == 0 &&
            strcmp(DOOR_MAPS[i].name + size, ".yaml") == 0) {
            *out_file = (struct text_file){.name = DOOR_MAPS[i].name, .size = DOOR_MAPS[i].size};
            out_file->bytes =
                pool_text(&map->pool, (const char *)DOOR_MAPS[i].bytes, DOOR_MAPS[i].size);
            return true;
        }
    }
    return false;
}

static void say_unknown(struct problems *problems, const char *name)
{
    char list[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < DOOR_MAPS_COUNT && used < sizeof list - MAP_NAME_SIZE; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", i > 0 ? ", " : "",
                                 (int)strcspn(DOOR_MAPS[i].name, "."), DOOR_MAPS[i].name);
    }
    problems_add(problems, PROBLEM_ERROR, "D001", name, 0, 0,
                 "no such map; a file, or one of the shipped: %s", list);
}

/* Reads file into map; frees the map after problems. */
static struct door_map *finish(struct door_map *map, struct problems *problems,
                               const struct text_file *file)
{
    struct map_reader reader = {.map = map};
    const int before = problems_error_count(problems);
    if (yaml_tree_open(&reader.tree, problems, file)) {
        read_root(&reader);
        yaml_tree_close(&reader.tree);
    }
    if (problems_error_count(problems) > before) {
        door_map_free(map);
        return NULL;
    }
    return map;
}

static struct door_map *begin(const char *name)
{
    struct door_map *map = calloc(1, sizeof *map);
    if (map != NULL) {
        const char *slash = strrchr(name, '/');
        const char *last = slash != NULL ? slash + 1 : name;
        (void)snprintf(map->name, sizeof map->name, "%.*s", (int)strcspn(last, "."), last);
        pool_init(&map->pool);
        map->rules.name = map->name;
    }
    return map;
}

struct door_map *door_map_read(struct problems *problems, const char *name)
{
    struct text_file file;
    struct door_map *map = begin(name);
    if (map == NULL) {
        return NULL;
    }
    if (is_word(name) && find_shipped(map, name, &file)) {
        return finish(map, problems, &file);
    }
    const char *slash = strrchr(name, '/');
    const char *directory = slash == NULL   ? "."
                            : slash == name ? "/"
                                            : pool_text(&map->pool, name, (size_t)(slash - name));
    if (!text_file_exists(directory, slash != NULL ? slash + 1 : name)) {
        say_unknown(problems, name);
    } else if (text_file_read(&map->pool, problems, directory, slash != NULL ? slash + 1 : name,
                              &file)) {
        return finish(map, problems, &file);
    }
    door_map_free(map);
    return NULL;
}

struct door_map *door_map_find(struct problems *problems, const char *directory, const char *name)
{
    char file_name[MAP_NAME_SIZE];
    struct text_file file;
    struct door_map *map = is_word(name) ? begin(name) : NULL;
    if (map == NULL) {
        say_unknown(problems, name);
        return NULL;
    }
    (void)snprintf(file_name, sizeof file_name, "%s.yaml", name);
    if (directory != NULL && text_file_exists(directory, file_name)) {
        if (text_file_read(&map->pool, problems, directory, file_name, &file)) {
            return finish(map, problems, &file);
        }
    } else if (find_shipped(map, name, &file)) {
        return finish(map, problems, &file);
    } else {
        say_unknown(problems, name);
    }
    door_map_free(map);
    return NULL;
}

void door_map_free(struct door_map *map)
{
    if (map != NULL) {
        door_zone_fini(&map->rules.zone);
        pool_fini(&map->pool);
        free(map);
    }
}

const struct door_rules *door_map_rules(const struct door_map *map)
{
    return &map->rules;
}

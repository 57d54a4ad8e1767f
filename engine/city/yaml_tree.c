/* yaml_tree.c: see yaml_tree.h. */
#include "engine/city/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/core/base.h"

#define MESSAGE_MAX 512
#define KEYS_MAX 32

static int line_of(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

static int column_of(const yaml_node_t *node)
{
    return (int)node->start_mark.column + 1;
}

void yaml_problem(struct yaml_tree *tree, const yaml_node_t *node, const char *code,
                  const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problems_add(tree->problems, PROBLEM_ERROR, code, tree->file, node == NULL ? 0 : line_of(node),
                 node == NULL ? 0 : column_of(node), "%s", message);
}

static void parser_problem(struct yaml_tree *tree, const yaml_parser_t *parser)
{
    problems_add(tree->problems, PROBLEM_ERROR, "C008", tree->file,
                 (int)parser->problem_mark.line + 1, (int)parser->problem_mark.column + 1,
                 "not YAML: %s%s%s", parser->problem == NULL ? "?" : parser->problem,
                 parser->context == NULL ? "" : ", ",
                 parser->context == NULL ? "" : parser->context);
}

/* True when nothing but the end of the stream follows the document. */
static bool is_single(struct yaml_tree *tree, yaml_parser_t *parser)
{
    yaml_document_t next;
    if (yaml_parser_load(parser, &next) == 0) {
        parser_problem(tree, parser);
        return false;
    }
    bool is_end = yaml_document_get_root_node(&next) == NULL;
    yaml_document_delete(&next);
    if (!is_end) {
        problems_add(tree->problems, PROBLEM_ERROR, "C008", tree->file, 0, 0,
                     "holds more than one YAML document");
    }
    return is_end;
}

bool yaml_tree_open(struct yaml_tree *tree, struct problems *problems, const struct text_file *file)
{
    *tree = (struct yaml_tree){.file = file->name, .problems = problems};
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        problems_add(problems, PROBLEM_ERROR, "C001", file->name, 0, 0, "out of memory");
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->bytes, file->size);
    if (yaml_parser_load(&parser, &tree->document) == 0) {
        parser_problem(tree, &parser);
        yaml_parser_delete(&parser);
        return false;
    }
    tree->is_open = true;
    const yaml_node_t *root = yaml_tree_root(tree);
    bool is_sound = is_single(tree, &parser);
    yaml_parser_delete(&parser);
    if (is_sound && (root == NULL || root->type != YAML_MAPPING_NODE)) {
        problems_add(problems, PROBLEM_ERROR, "C012", file->name, 1, 1,
                     "should be a mapping of keys to values");
        is_sound = false;
    }
    if (!is_sound) {
        yaml_tree_close(tree);
    }
    return is_sound;
}

void yaml_tree_close(struct yaml_tree *tree)
{
    if (tree->is_open) {
        yaml_document_delete(&tree->document);
        tree->is_open = false;
    }
}

const yaml_node_t *yaml_tree_root(struct yaml_tree *tree)
{
    must(tree->is_open);
    return yaml_document_get_root_node(&tree->document);
}

static const yaml_node_t *node_at(struct yaml_tree *tree, int number)
{
    return yaml_document_get_node(&tree->document, number);
}

bool yaml_pair(struct yaml_tree *tree, const yaml_node_t *node, size_t number,
               const yaml_node_t **out_key, const yaml_node_t **out_value)
{
    must(node->type == YAML_MAPPING_NODE);
    const yaml_node_pair_t *start = node->data.mapping.pairs.start;
    if (number >= (size_t)(node->data.mapping.pairs.top - start)) {
        return false;
    }
    *out_key = node_at(tree, start[number].key);
    *out_value = node_at(tree, start[number].value);
    return true;
}

static const char *scalar_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

bool yaml_check_free_keys(struct yaml_tree *tree, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) {
        yaml_problem(tree, node, "C012", "should be a mapping of keys to values");
        return false;
    }
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; yaml_pair(tree, node, i, &key, &value); i++) {
        const char *text = scalar_text(key);
        if (text == NULL) {
            yaml_problem(tree, key, "C012", "a key should be a text");
            return false;
        }
        const yaml_node_t *other;
        for (size_t j = 0; j < i && yaml_pair(tree, node, j, &other, &value); j++) {
            if (scalar_text(other) != NULL && strcmp(scalar_text(other), text) == 0) {
                yaml_problem(tree, key, "C011", "key \"%s\" stands twice, first in line %d", text,
                             line_of(other));
            }
        }
    }
    return true;
}

bool yaml_check_keys(struct yaml_tree *tree, const yaml_node_t *node, const struct yaml_key *keys,
                     size_t key_count)
{
    must(key_count <= KEYS_MAX);
    if (!yaml_check_free_keys(tree, node)) {
        return false;
    }
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < key_count; i++) {
        names[i] = keys[i].name;
        if (keys[i].is_needed && yaml_find(tree, node, keys[i].name) == NULL) {
            yaml_problem(tree, node, "C010", "key \"%s\" is missing", keys[i].name);
        }
    }
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; yaml_pair(tree, node, i, &key, &value); i++) {
        const char *text = scalar_text(key);
        bool is_known = false;
        for (size_t j = 0; j < key_count; j++) {
            is_known = is_known || strcmp(names[j], text) == 0;
        }
        if (!is_known) {
            const char *nearest = problems_nearest(text, names, key_count);
            yaml_problem(tree, key, "C009", "unknown key \"%s\"%s%s", text,
                         nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
        }
    }
    return true;
}

const yaml_node_t *yaml_find(struct yaml_tree *tree, const yaml_node_t *node, const char *name)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    const yaml_node_t *key;
    const yaml_node_t *value;
    for (size_t i = 0; yaml_pair(tree, node, i, &key, &value); i++) {
        if (scalar_text(key) != NULL && strcmp(scalar_text(key), name) == 0) {
            return value;
        }
    }
    return NULL;
}

const char *yaml_text(struct yaml_tree *tree, const yaml_node_t *node)
{
    if (node == NULL) {
        return NULL;
    }
    const char *text = scalar_text(node);
    if (text == NULL || strlen(text) != node->data.scalar.length) {
        yaml_problem(tree, node, "C012", "should be a single text or number");
        return NULL;
    }
    return text;
}

const char *yaml_keep(struct yaml_tree *tree, struct pool *pool, const yaml_node_t *node)
{
    const char *text = yaml_text(tree, node);
    return text == NULL ? NULL : pool_text(pool, text, strlen(text));
}

uint32_t yaml_keep_list(struct yaml_tree *tree, struct pool *pool, const yaml_node_t *node,
                        const char *code, const char **out, uint32_t limit)
{
    uint32_t count = 0;
    if (node == NULL) {
        return 0;
    }
    if (node->type == YAML_SCALAR_NODE) {
        out[0] = yaml_keep(tree, pool, node);
        return 1;
    }
    for (const yaml_node_t *item; (item = yaml_item(tree, node, count)) != NULL;) {
        if (count == limit) {
            yaml_problem(tree, item, code, "at most %u entries", limit);
            break;
        }
        const char *text = yaml_keep(tree, pool, item);
        out[count++] = text != NULL ? text : "";
    }
    return count;
}

const yaml_node_t *yaml_item(struct yaml_tree *tree, const yaml_node_t *node, size_t number)
{
    if (node == NULL) {
        return NULL;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        if (number == 0) {
            yaml_problem(tree, node, "C012", "should be a list: [a, b]");
        }
        return NULL;
    }
    const yaml_node_item_t *start = node->data.sequence.items.start;
    if (number >= (size_t)(node->data.sequence.items.top - start)) {
        return NULL;
    }
    return node_at(tree, start[number]);
}

/* yaml_tree.h: one YAML document, read strictly, every node with its place.
 *
 * Every scalar is text (no booleans or numbers are guessed). Anchors work; merge keys are unknown keys.
 * Problems C008..C012.
 *
 * Owner   open/close; nodes and texts are borrowed from the open document */
#ifndef ENGINE_CITY_YAML_TREE_H
#define ENGINE_CITY_YAML_TREE_H

#include <yaml.h>

#include "engine/city/pool.h"
#include "engine/city/text_file.h"

struct yaml_tree {
    yaml_document_t document;
    const char *file;
    struct problems *problems;
    bool is_open;
};

/* One allowed key of a mapping. */
struct yaml_key {
    const char *name;
    bool is_needed;
};

/* False after a problem was listed; the root is a mapping then. */
bool yaml_tree_open(struct yaml_tree *tree, struct problems *problems,
                    const struct text_file *file);
void yaml_tree_close(struct yaml_tree *tree);

const yaml_node_t *yaml_tree_root(struct yaml_tree *tree);

/* Lists unknown, repeated and missing keys of a mapping; false where node is no mapping (listed as well). */
bool yaml_check_keys(struct yaml_tree *tree, const yaml_node_t *node, const struct yaml_key *keys,
                     size_t key_count);

/* As above for free keys: only repeats and keys that are not texts are problems. */
bool yaml_check_free_keys(struct yaml_tree *tree, const yaml_node_t *node);

/* Value of key, or NULL. node may be NULL. */
const yaml_node_t *yaml_find(struct yaml_tree *tree, const yaml_node_t *node, const char *key);

/* The text of a scalar; NULL where node is NULL, and after a problem where it is not a scalar. */
const char *yaml_text(struct yaml_tree *tree, const yaml_node_t *node);

/* The same as a copy in the pool. */
const char *yaml_keep(struct yaml_tree *tree, struct pool *pool, const yaml_node_t *node);

/* Copies of one text or of a list of at most `limit`; more are a problem of that code. node may be NULL. Returns how many. */
uint32_t yaml_keep_list(struct yaml_tree *tree, struct pool *pool, const yaml_node_t *node,
                        const char *code, const char **out, uint32_t limit);

/* Pairs of a checked mapping, 0.. ; false after the last. */
bool yaml_pair(struct yaml_tree *tree, const yaml_node_t *node, size_t number,
               const yaml_node_t **out_key, const yaml_node_t **out_value);

/* Items of a sequence, 0.. ; NULL after the last, and where node is NULL. A problem where it is no sequence, told at
 * number 0. */
const yaml_node_t *yaml_item(struct yaml_tree *tree, const yaml_node_t *node, size_t number);

/* A problem at a node. */
__attribute__((format(printf, 4, 5))) void yaml_problem(struct yaml_tree *tree,
                                                        const yaml_node_t *node, const char *code,
                                                        const char *format, ...);

#endif

/* tree.h: a rule file as a tree of texts, lists and maps, each node with its place in the file.
 *
 * Strict: YAML 1.2 core words only, one document, no merge keys, no tags, no repeated keys, no key without value, and
 * none of the plain words that other YAML readers take for booleans (yes, no, on, off). Anchors are expanded and
 * counted, so that a small file cannot unfold into a large tree.
 *
 * Owner   nodes live in the arena
 * Errors  every finding goes to problems: L001 syntax, L006 repeated key, L018 a limit, L020 a YAML trap */
#ifndef RULES_TREE_H
#define RULES_TREE_H

#include "engine/city/problems.h"
#include "rules/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define TREE_FILE_SIZE_MAX ((size_t)16 * 1024 * 1024)
#define TREE_NODES_MAX 2000000u /* of one file, anchors expanded */
#define TREE_DEPTH_MAX 16u

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree_node {
    enum tree_kind kind;
    bool is_plain;    /* TREE_TEXT: written without quotes */
    bool is_flow;     /* lists and maps: written with brackets */
    int line, column; /* from 1 */
    uint32_t count;   /* TREE_LIST: items; TREE_MAP: pairs */
    const char *file;
    const char *text;         /* TREE_TEXT: terminated, without inner NUL */
    struct tree_node **keys;  /* TREE_MAP: count TREE_TEXT nodes */
    struct tree_node **items; /* count items or values */
};

/* NULL when the file cannot be used at all. Findings, the milder ones included, have been reported under `file`, which must
 * live as long as the tree. */
struct tree_node *tree_parse(struct arena *arena, struct problems *problems, const char *file,
                             const char *bytes, size_t size);

#endif

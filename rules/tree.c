/* tree.c: from libyaml's document to our tree, refusing what a strict reader must refuse. */
#include "rules/tree.h"

#include "engine/core/base.h"

#include <yaml.h>

#include <strings.h>

/* One file being read. */
struct tree_builder {
    struct arena *arena;
    struct problems *problems;
    const char *file;
    yaml_document_t *document;
    uint32_t node_count;
    bool is_cut; /* a node is missing: the tree cannot be used */
};

static int line_of(yaml_mark_t mark)
{
    return (int)mark.line + 1;
}

static int column_of(yaml_mark_t mark)
{
    return (int)mark.column + 1;
}

#define REFUSE(builder, code, mark, ...)                                                           \
    do {                                                                                           \
        problems_add((builder)->problems, PROBLEM_ERROR, (code), (builder)->file, line_of(mark),   \
                     column_of(mark), __VA_ARGS__);                                                \
    } while (0)

/* Words that YAML 1.1 readers turn into true or false. */
static bool is_boolean_looking(const char *text)
{
    static const char *const WORDS[] = {"yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strcasecmp(text, WORDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_null_word(const char *text)
{
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0;
}

static void check_scalar(struct tree_builder *builder, const struct tree_node *node,
                         yaml_mark_t mark)
{
    if (!node->is_plain) {
        return;
    }
    if (is_boolean_looking(node->text)) {
        REFUSE(builder, "L020", mark,
               "the plain word %s is a boolean to some YAML readers; write true or false, or put "
               "it in quotes",
               node->text);
    }
}

static struct tree_node *build_node(struct tree_builder *builder, int index, uint32_t depth);

static bool check_tag(struct tree_builder *builder, const yaml_node_t *raw)
{
    static const char *const TAGS[] = {YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG};
    const char *tag = (const char *)raw->tag;
    for (size_t i = 0; tag != NULL && i < COUNT_OF(TAGS); i++) {
        if (strcmp(tag, TAGS[i]) == 0) {
            return true;
        }
    }
    REFUSE(builder, "L001", raw->start_mark, "tag %s: rule files do not use tags; remove it",
           tag == NULL ? "?" : tag);
    return false;
}

static void build_scalar(struct tree_builder *builder, struct tree_node *node,
                         const yaml_node_t *raw)
{
    node->kind = TREE_TEXT;
    node->is_plain = raw->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *text = (const char *)raw->data.scalar.value;
    if (memchr(text, '\0', raw->data.scalar.length) != NULL) {
        REFUSE(builder, "L001", raw->start_mark, "a text may not contain the character NUL");
    }
    node->text = arena_text(builder->arena, text, raw->data.scalar.length);
    check_scalar(builder, node, raw->start_mark);
}

static void build_list(struct tree_builder *builder, struct tree_node *node, const yaml_node_t *raw,
                       uint32_t depth)
{
    node->kind = TREE_LIST;
    node->is_flow = raw->data.sequence.style == YAML_FLOW_SEQUENCE_STYLE;
    size_t count = (size_t)(raw->data.sequence.items.top - raw->data.sequence.items.start);
    node->items = arena_take(builder->arena, count * sizeof node->items[0]);
    for (size_t i = 0; i < count; i++) {
        struct tree_node *item = build_node(builder, raw->data.sequence.items.start[i], depth + 1);
        if (item == NULL) {
            return;
        }
        if (item->kind == TREE_TEXT && item->is_plain && is_null_word(item->text)) {
            problems_add(builder->problems, PROBLEM_ERROR, "L020", builder->file, item->line,
                         item->column, "an item without a value; remove it or quote it");
        }
        node->items[node->count++] = item;
    }
}

static bool key_is_repeated(const struct tree_node *map, const char *text)
{
    /* Maps written by people are short; the bound on nodes bounds this too. */
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, text) == 0) {
            return true;
        }
    }
    return false;
}

static void check_pair(struct tree_builder *builder, const struct tree_node *map,
                       const struct tree_node *key, const struct tree_node *value, yaml_mark_t mark)
{
    if (key->is_plain && strcmp(key->text, "<<") == 0) {
        REFUSE(builder, "L001", mark, "merge keys (<<) are not accepted; repeat the values");
    }
    if (key_is_repeated(map, key->text)) {
        REFUSE(builder, "L006", mark, "key \"%s\" appears twice in one map", key->text);
    }
    if (value->kind == TREE_TEXT && value->is_plain && is_null_word(value->text)) {
        REFUSE(builder, "L020", mark, "key \"%s\" has no value%s", key->text,
               map->is_flow ? "; inside { } an expression with a comma or bracket must be quoted"
                            : "; give one or remove the key");
    }
}

#define MAP_PAIRS_MAX 4096u /* keeps the search for repeated keys short */

static void build_map(struct tree_builder *builder, struct tree_node *node, const yaml_node_t *raw,
                      uint32_t depth)
{
    node->kind = TREE_MAP;
    node->is_flow = raw->data.mapping.style == YAML_FLOW_MAPPING_STYLE;
    size_t count = (size_t)(raw->data.mapping.pairs.top - raw->data.mapping.pairs.start);
    if (count > MAP_PAIRS_MAX) {
        REFUSE(builder, "L018", raw->start_mark, "%zu keys in one map; at most %u", count,
               MAP_PAIRS_MAX);
        builder->is_cut = true;
        return;
    }
    node->keys = arena_take(builder->arena, count * sizeof node->keys[0]);
    node->items = arena_take(builder->arena, count * sizeof node->items[0]);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = &raw->data.mapping.pairs.start[i];
        struct tree_node *key = build_node(builder, pair->key, depth + 1);
        struct tree_node *value = build_node(builder, pair->value, depth + 1);
        if (key == NULL || value == NULL) {
            return;
        }
        const yaml_node_t *raw_key = yaml_document_get_node(builder->document, pair->key);
        if (key->kind != TREE_TEXT) {
            REFUSE(builder, "L001", raw_key->start_mark, "a key must be a plain word");
            builder->is_cut = true;
            return;
        }
        check_pair(builder, node, key, value, raw_key->start_mark);
        node->keys[node->count] = key;
        node->items[node->count] = value;
        node->count++;
    }
}

static struct tree_node *build_node(struct tree_builder *builder, int index, uint32_t depth)
{
    const yaml_node_t *raw = yaml_document_get_node(builder->document, index);
    must(raw != NULL);
    if (builder->is_cut) {
        return NULL; /* said once */
    }
    if (depth > TREE_DEPTH_MAX) {
        REFUSE(builder, "L018", raw->start_mark, "nested more than %u levels deep", TREE_DEPTH_MAX);
        builder->is_cut = true;
        return NULL;
    }
    if (++builder->node_count > TREE_NODES_MAX) {
        builder->is_cut = true;
        if (builder->node_count == TREE_NODES_MAX + 1) {
            REFUSE(builder, "L018", raw->start_mark,
                   "more than %u values in one file (anchors expanded); split the file",
                   TREE_NODES_MAX);
        }
        return NULL;
    }
    if (!check_tag(builder, raw)) {
        builder->is_cut = true;
        return NULL;
    }
    struct tree_node *node = arena_take(builder->arena, sizeof *node);
    node->line = line_of(raw->start_mark);
    node->column = column_of(raw->start_mark);
    node->file = builder->file;
    if (raw->type == YAML_SCALAR_NODE) {
        build_scalar(builder, node, raw);
    } else if (raw->type == YAML_SEQUENCE_NODE) {
        build_list(builder, node, raw, depth);
    } else {
        build_map(builder, node, raw, depth);
    }
    return node;
}

static void report_syntax(struct tree_builder *builder, const yaml_parser_t *parser)
{
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    bool is_split = strstr(problem, "',' or '}'") != NULL || strstr(problem, "',' or ']'") != NULL;
    REFUSE(builder, is_split ? "L020" : "L001", parser->problem_mark, "%s%s%s%s", problem,
           parser->context == NULL ? "" : ", ", parser->context == NULL ? "" : parser->context,
           is_split ? "; quote an expression that has a comma or bracket in it" : "");
}

static bool has_second_document(yaml_parser_t *parser)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        return true;
    }
    bool has_root = yaml_document_get_root_node(&document) != NULL;
    yaml_document_delete(&document);
    return has_root;
}

/* Brackets that stay open, those in texts included: more than a tree may have is worth a closer look. */
static bool may_be_deep(const char *bytes, size_t size)
{
    uint32_t open = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '[' || bytes[i] == '{') {
            if (++open > 4 * TREE_DEPTH_MAX) {
                return true;
            }
        } else if ((bytes[i] == ']' || bytes[i] == '}') && open > 0) {
            open--;
        }
    }
    return false;
}

/* libyaml's time grows with the square of the brackets that are open (0.2.5: half a million take an hour), so a file that may
 * be deep is first read event by event, which ends at the first one too many. True: it was refused. */
static bool refuse_deep(struct tree_builder *builder, const char *bytes, size_t size)
{
    yaml_parser_t parser;
    bool is_deep = false;
    if (!may_be_deep(bytes, size) || !yaml_parser_initialize(&parser)) {
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
    uint32_t depth = 0;
    for (bool is_over = false; !is_over && !is_deep;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            break; /* told by the second reading */
        }
        is_over = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT) {
            is_deep = ++depth > TREE_DEPTH_MAX + 1;
        } else if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            depth--;
        }
        if (is_deep) {
            REFUSE(builder, "L018", event.start_mark, "nested more than %u levels deep",
                   TREE_DEPTH_MAX);
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return is_deep;
}

struct tree_node *tree_parse(struct arena *arena, struct problems *problems, const char *file,
                             const char *bytes, size_t size)
{
    struct tree_builder builder = {arena, problems, file, NULL, 0, false};
    yaml_mark_t start = {0, 0, 0};
    if (size > TREE_FILE_SIZE_MAX) {
        REFUSE(&builder, "L018", start, "%zu bytes; a rule file may have %zu", size,
               TREE_FILE_SIZE_MAX);
        return NULL;
    }
    if (refuse_deep(&builder, bytes, size)) {
        return NULL;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        REFUSE(&builder, "L001", start, "out of memory while reading");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
    yaml_document_t document;
    struct tree_node *root = NULL;
    if (!yaml_parser_load(&parser, &document)) {
        report_syntax(&builder, &parser);
    } else {
        builder.document = &document;
        if (yaml_document_get_root_node(&document) == NULL) {
            REFUSE(&builder, "L001", start, "the file is empty");
        } else {
            root = build_node(&builder, 1, 0);
            if (has_second_document(&parser)) {
                REFUSE(&builder, "L001", parser.mark,
                       "one YAML document per file; remove the rest");
            }
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return builder.is_cut ? NULL : root;
}

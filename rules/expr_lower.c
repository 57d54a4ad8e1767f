/* expr_lower.c: one walk behind the tree; the same walk with nothing written measures it. */
#include "rules/expr_lower.h"

/* A walk: writes when writer is given, always counts. */
struct expr_walk {
    struct program_writer *writer;
    uint64_t word_count;
    uint32_t depth, depth_max;
};

static uint32_t add_constant(struct program_writer *writer, const char *text)
{
    struct image_string string = image_writer_string(writer->image, text, strlen(text));
    for (uint32_t i = 0; i < writer->constant_count; i++) {
        if (writer->constants[i].offset == string.offset &&
            writer->constants[i].size == string.size) {
            return i;
        }
    }
    if (writer->constant_count == writer->constant_capacity) {
        uint32_t capacity = writer->constant_capacity == 0 ? 64 : writer->constant_capacity * 2;
        writer->constants = arena_grow(writer->arena, writer->constants,
                                       writer->constant_count * sizeof writer->constants[0],
                                       capacity * sizeof writer->constants[0]);
        writer->constant_capacity = capacity;
    }
    writer->constants[writer->constant_count] = string;
    return writer->constant_count++;
}

static void put_word(struct expr_walk *walk, uint32_t op, uint32_t arg, int64_t value)
{
    walk->word_count++;
    struct program_writer *writer = walk->writer;
    if (writer == NULL) {
        return;
    }
    if (writer->word_count == writer->word_capacity) {
        uint32_t capacity = writer->word_capacity == 0 ? 256 : writer->word_capacity * 2;
        writer->words =
            arena_grow(writer->arena, writer->words, writer->word_count * sizeof writer->words[0],
                       capacity * sizeof writer->words[0]);
        writer->word_capacity = capacity;
    }
    writer->words[writer->word_count++] = (struct expr_word){op, arg, value};
}

static void push(struct expr_walk *walk, uint32_t op, uint32_t arg, int64_t value)
{
    walk->depth++;
    if (walk->depth > walk->depth_max) {
        walk->depth_max = walk->depth;
    }
    put_word(walk, op, arg, value);
}

/* A word that takes two values and leaves one. */
static void join(struct expr_walk *walk, uint32_t op)
{
    must(walk->depth >= 2);
    walk->depth--;
    put_word(walk, op, 0, 0);
}

static void push_text(struct expr_walk *walk, uint32_t op, const struct rule_field *field,
                      const char *text)
{
    int64_t constant = walk->writer == NULL ? 0 : add_constant(walk->writer, text);
    push(walk, op, field->row, constant);
}

static void walk_node(struct expr_walk *walk, const struct ast_node *node);

/* A truth as a number that may be missing, for == and !=. */
static void walk_flag(struct expr_walk *walk, const struct ast_node *node)
{
    if (node->kind == AST_FIELD) {
        push(walk, EXPR_LOAD_FLAG, node->field->row, 0);
    } else {
        must(node->kind == AST_TRUTH);
        push(walk, EXPR_NUMBER, 0, node->number * MICRO);
    }
}

static void walk_compare(struct expr_walk *walk, const struct ast_node *node)
{
    if (node->left->type == TYPE_TRUTH) {
        walk_flag(walk, node->left);
        walk_flag(walk, node->right);
    } else {
        walk_node(walk, node->left);
        walk_node(walk, node->right);
    }
    join(walk, node->op);
}

static void walk_match(struct expr_walk *walk, const struct ast_node *node)
{
    bool is_equal = node->op == EXPR_EQ;
    if (node->right->kind == AST_FIELD) {
        push(walk, is_equal ? EXPR_FIELD_EQ : EXPR_FIELD_NE, node->left->field->row,
             node->right->field->row);
    } else {
        push_text(walk, is_equal ? EXPR_TEXT_EQ : EXPR_TEXT_NE, node->left->field,
                  node->right->text);
    }
}

static void walk_in(struct expr_walk *walk, const struct ast_node *node)
{
    for (uint32_t i = 0; i < node->item_count; i++) {
        if (node->left->type == TYPE_TEXT) {
            push_text(walk, EXPR_TEXT_EQ, node->left->field, node->items[i]->text);
        } else {
            walk_node(walk, node->left);
            walk_node(walk, node->items[i]);
            join(walk, EXPR_EQ);
        }
        if (i > 0) {
            join(walk, EXPR_OR);
        }
    }
}

static void walk_node(struct expr_walk *walk, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_NUMBER:
        push(walk, EXPR_NUMBER, 0, node->number);
        return;
    case AST_TRUTH:
        push(walk, EXPR_TRUTH, 0, node->number);
        return;
    case AST_FIELD:
        push(walk, node->type == TYPE_NUMBER ? EXPR_LOAD : EXPR_FLAG, node->field->row, 0);
        return;
    case AST_SEVERITY:
        push(walk, EXPR_SEVERITY, 0, 0);
        return;
    case AST_HAS:
        push(walk, EXPR_HAS, node->field->row, 0);
        return;
    case AST_NOT:
    case AST_NEGATE:
        walk_node(walk, node->left);
        put_word(walk, node->kind == AST_NOT ? EXPR_NOT : EXPR_NEGATE, 0, 0);
        return;
    case AST_AND:
    case AST_OR:
        walk_node(walk, node->left);
        walk_node(walk, node->right);
        join(walk, node->kind == AST_AND ? EXPR_AND : EXPR_OR);
        return;
    case AST_SUM:
        walk_node(walk, node->left);
        walk_node(walk, node->right);
        join(walk, node->op);
        return;
    case AST_COMPARE:
        walk_compare(walk, node);
        return;
    case AST_MATCH:
        walk_match(walk, node);
        return;
    case AST_IN:
        walk_in(walk, node);
        return;
    case AST_STARTS:
    case AST_CONTAINS:
        push_text(walk, node->kind == AST_STARTS ? EXPR_TEXT_STARTS : EXPR_TEXT_CONTAINS,
                  node->left->field, node->right->text);
        return;
    case AST_TEXT: /* only ever a side of another node */
    default:
        must(false);
    }
}

bool expr_fits(const struct ast_node *root)
{
    struct expr_walk walk = {NULL, 0, 0, 0};
    walk_node(&walk, root);
    return walk.word_count <= EXPR_WORDS_MAX && walk.depth_max <= EXPR_STACK_MAX;
}

struct image_range expr_lower(struct program_writer *writer, const struct ast_node *root)
{
    struct image_range range = {writer->word_count, 0};
    if (root == NULL) {
        return (struct image_range){0, 0};
    }
    struct expr_walk walk = {writer, 0, 0, 0};
    walk_node(&walk, root);
    must(walk.depth == 1);
    range.count = (uint32_t)walk.word_count;
    return range;
}

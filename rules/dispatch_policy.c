/* dispatch_policy.c: see dispatch_policy.h. */
#include "rules/dispatch_policy.h"

#include "engine/city/facts.h"
#include "rules/load_clauses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_FILE_MAX (64u * 1024u) /* bytes */

static char *read_whole(const struct loader *loader, const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = arena_take(loader->arena, POLICY_FILE_MAX + 1);
    *out_size = file != NULL ? fread(bytes, 1, POLICY_FILE_MAX + 1, file) : 0;
    const bool is_read = file != NULL && ferror(file) == 0 && *out_size <= POLICY_FILE_MAX;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!is_read) {
        problems_add(loader->problems, PROBLEM_ERROR, "L019", path, 0, 0,
                     "cannot be read, or is longer than %u bytes: name a dispatch policy file",
                     POLICY_FILE_MAX);
        return NULL;
    }
    return bytes;
}

static bool lay_over_assign(const struct loader *loader, const struct tree_node *node,
                            struct rule_assign *assign)
{
    static const struct word_spec PICKS[] = {
        {"nearest", PICK_NEAREST}, {"least_loaded", PICK_LEAST_LOADED}, {"eta", PICK_ETA}};
    const struct tree_node *pick = read_find(node, "pick");
    if (pick != NULL && !read_word(loader, pick, "pick", PICKS, COUNT_OF(PICKS), &assign->pick)) {
        return false;
    }
    return load_moves(loader, node, assign);
}

static bool lay_over_rules(const struct loader *loader, const struct tree_node *node)
{
    static const struct key_spec KEYS[] = {{"pick", KEY_KNOWN},
                                           {"reroute", KEY_KNOWN},
                                           {"offer", KEY_KNOWN},
                                           {"preempt", KEY_KNOWN},
                                           {"area_guard", KEY_KNOWN}};
    if (!read_check_map(loader, node, "assign", KEYS, COUNT_OF(KEYS))) {
        return false;
    }
    for (uint32_t r = 0; r < loader->set->rule_count; r++) {
        struct rule *rule = loader->set->rules[r];
        for (uint32_t i = 0; i < rule->assign_count; i++) {
            const bool is_work = (rule->assigns[i].rights & RIGHT_WORKER) != 0;
            if (is_work && !lay_over_assign(loader, node, &rule->assigns[i])) {
                return false; /* the file says it wrong: once is enough */
            }
        }
    }
    return true;
}

enum err dispatch_policy_lay_over(const char *path, struct ruleset *set, struct problems *problems)
{
    static const struct key_spec KEYS[] = {{"policy", KEY_REQUIRED},
                                           {"title", KEY_KNOWN},
                                           {"title_en", KEY_KNOWN},
                                           {"assign", KEY_KNOWN},
                                           {"reassign", KEY_KNOWN}};
    struct loader loader = {set->arena, problems, NULL, set};
    const struct tree_node *value = NULL;
    size_t size = 0;
    int64_t version = 0;
    const char *bytes = read_whole(&loader, path, &size);
    if (bytes == NULL) {
        return ERR_INPUT;
    }
    set->digest = hash128_join(set->digest, facts_hash(bytes, size));
    const struct tree_node *root =
        tree_parse(set->arena, problems, arena_text(set->arena, path, strlen(path)), bytes, size);
    if (root == NULL || !read_check_map(&loader, root, "a dispatch policy", KEYS, COUNT_OF(KEYS)) ||
        !read_integer(&loader, read_find(root, "policy"), "policy", 1, 1, &version)) {
        return ERR_INPUT;
    }
    if ((value = read_find(root, "assign")) != NULL && !lay_over_rules(&loader, value)) {
        return ERR_INPUT;
    }
    if ((value = read_find(root, "reassign")) != NULL &&
        !load_rounds(&loader, value, &set->defaults.rounds)) {
        return ERR_INPUT;
    }
    return ERR_OK;
}

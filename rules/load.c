/* load.c: the files of a rule directory in four passes: trees, defaults and schema, rules, order.
 *
 * Schema and defaults of all files come before the first rule, so that it does not matter which file says what. */
#include "rules/ruleset.h"

#include "rules/load_basis.h"
#include "rules/load_clauses.h"
#include "rules/load_lanes.h"
#include "rules/load_plan.h"
#include "rules/load_rule.h"
#include "rules/load_schema.h"
#include "rules/load_window.h"
#include "rules/read.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

#define FILES_MAX 1000u

/* The files of one load. */
struct load_files {
    const char **names;       /* sorted by bytes */
    struct tree_node **roots; /* NULL where a file could not be used */
    uint32_t count;
};

static int text_compare(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static void list_files(const struct loader *loader, const char *directory, bool is_needed,
                       struct load_files *files)
{
    files->names = arena_take(loader->arena, FILES_MAX * sizeof files->names[0]);
    DIR *dir = opendir(directory);
    if (dir == NULL && !is_needed) {
        return;
    }
    if (dir == NULL) {
        problems_add(loader->problems, PROBLEM_ERROR, "L019", directory, 0, 0,
                     "the directory cannot be read: %s", strerror(errno));
        return;
    }
    struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] == '.' || !ends_with(name, ".yaml") || ends_with(name, ".test.yaml")) {
            continue;
        }
        if (files->count == FILES_MAX) {
            problems_add(loader->problems, PROBLEM_ERROR, "L018", directory, 0, 0,
                         "more than %u files; join some", FILES_MAX);
            break;
        }
        files->names[files->count++] = arena_text(loader->arena, name, strlen(name));
    }
    (void)closedir(dir);
    if (files->count == 0 && is_needed) {
        problems_add(loader->problems, PROBLEM_ERROR, "L019", directory, 0, 0,
                     "no *.yaml file in this directory");
        return;
    }
    if (files->count == 0) {
        return;
    }
    qsort(files->names, files->count, sizeof files->names[0], text_compare);
}

/* The bytes of a file in the arena; NULL after a report. */
static char *read_file(const struct loader *loader, const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t size = 0;
    if (file != NULL) {
        bytes = malloc(TREE_FILE_SIZE_MAX + 1);
        must(bytes != NULL);
        size = fread(bytes, 1, TREE_FILE_SIZE_MAX + 1, file);
        if (ferror(file)) {
            free(bytes);
            bytes = NULL;
        }
        (void)fclose(file);
    }
    if (bytes == NULL) {
        problems_add(loader->problems, PROBLEM_ERROR, "L019", path, 0, 0,
                     "the file cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *copy = arena_text(loader->arena, bytes, size);
    free(bytes);
    *out_size = size;
    return copy;
}

/* Trees of all files; every name and byte goes into the digest. */
static void read_trees(const struct loader *loader, const char *directory, XXH3_state_t *digest,
                       struct load_files *files)
{
    files->roots = arena_take(loader->arena, files->count * sizeof files->roots[0]);
    for (uint32_t i = 0; i < files->count; i++) {
        size_t path_size = strlen(directory) + strlen(files->names[i]) + 2;
        char *path = arena_take(loader->arena, path_size);
        (void)snprintf(path, path_size, "%s/%s", directory, files->names[i]);
        size_t size = 0;
        char *bytes = read_file(loader, path, &size);
        if (bytes == NULL) {
            continue;
        }
        uint64_t size_word = size;
        (void)XXH3_128bits_update(digest, files->names[i], strlen(files->names[i]) + 1);
        (void)XXH3_128bits_update(digest, &size_word, sizeof size_word);
        (void)XXH3_128bits_update(digest, bytes, size);
        files->roots[i] = tree_parse(loader->arena, loader->problems, path, bytes, size);
    }
}

/* The rules, then the plans beside them. */
static void read_directory(const struct loader *loader, const char *directory,
                           struct load_files *rules, struct load_files *plans)
{
    const size_t size = strlen(directory) + sizeof "/plans";
    char *path = arena_take(loader->arena, size);
    (void)snprintf(path, size, "%s/plans", directory);
    XXH3_state_t *digest = XXH3_createState();
    must(digest != NULL);
    (void)XXH3_128bits_reset(digest);
    list_files(loader, directory, true, rules);
    read_trees(loader, directory, digest, rules);
    list_files(loader, path, false, plans);
    read_trees(loader, path, digest, plans);
    XXH128_hash_t hash = XXH3_128bits_digest(digest);
    loader->set->digest = (struct hash128){hash.high64, hash.low64};
    (void)XXH3_freeState(digest);
}

static void load_plans(const struct loader *loader, const struct load_files *files)
{
    loader->set->plans = arena_take(loader->arena, POLICY_PLANS_MAX * sizeof loader->set->plans[0]);
    for (uint32_t i = 0; i < files->count; i++) {
        if (files->roots[i] != NULL) {
            load_plan_file(loader, files->roots[i]);
        }
    }
    load_plans_end(loader);
}

static void check_top(const struct loader *loader, const struct tree_node *root)
{
    static const struct key_spec KEYS[] = {
        {"ruleset", KEY_REQUIRED}, {"defaults", KEY_KNOWN}, {"events", KEY_KNOWN},
        {"rules", KEY_KNOWN},      {"lanes", KEY_KNOWN},    {"plans", KEY_LATER},
        {"basis", KEY_KNOWN},      {"plan", KEY_LATER},     {"tests", KEY_KNOWN}};
    int64_t version = 0;
    (void)read_check_map(loader, root, "a rule file", KEYS, COUNT_OF(KEYS));
    const struct tree_node *value = read_find(root, "ruleset");
    if (value != NULL) {
        (void)read_integer(loader, value, "ruleset", 1, 1, &version);
    }
}

static int rule_compare(const void *left, const void *right)
{
    const struct rule *const *a = left;
    const struct rule *const *b = right;
    int order = strcmp((*a)->id, (*b)->id);
    if (order != 0) {
        return order;
    }
    return (*a)->row < (*b)->row ? -1 : (*a)->row > (*b)->row;
}

static void load_rules(const struct loader *loader, const struct load_files *files,
                       const struct rule_presets *presets)
{
    struct ruleset *set = loader->set;
    uint64_t total = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        const struct tree_node *list =
            files->roots[i] == NULL ? NULL : read_find(files->roots[i], "rules");
        if (list != NULL && list->kind != TREE_LIST) {
            read_report(loader, list, "L003", "rules must be a list");
        }
        total += list == NULL || list->kind != TREE_LIST ? 0 : list->count;
    }
    if (total > RULES_MAX) {
        problems_add(loader->problems, PROBLEM_ERROR, "L018", files->names[0], 0, 0,
                     "more than %u rules", RULES_MAX);
        return;
    }
    set->rules = arena_take(loader->arena, (size_t)total * sizeof set->rules[0]);
    for (uint32_t i = 0; i < files->count; i++) {
        const struct tree_node *list =
            files->roots[i] == NULL ? NULL : read_find(files->roots[i], "rules");
        for (uint32_t k = 0; list != NULL && list->kind == TREE_LIST && k < list->count; k++) {
            struct rule *rule = load_rule(loader, list->items[k], presets);
            if (rule != NULL) {
                rule->row = set->rule_count; /* order of writing, for the sort below */
                set->rules[set->rule_count++] = rule;
            }
        }
    }
}

static void sort_rules(const struct loader *loader)
{
    struct ruleset *set = loader->set;
    if (set->rule_count == 0) {
        return;
    }
    qsort(set->rules, set->rule_count, sizeof set->rules[0], rule_compare);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        struct rule *rule = set->rules[i];
        rule->row = i;
        if (i > 0 && strcmp(set->rules[i - 1]->id, rule->id) == 0) {
            const struct tree_node *first = set->rules[i - 1]->node;
            read_report(loader, rule->node, "L006", "rule id \"%s\" is used already in %s:%d",
                        rule->id, first->file, first->line);
        }
    }
}

enum err ruleset_load(const char *directory, const struct city *city, struct problems *problems,
                      struct ruleset **out_set)
{
    struct arena *arena = arena_new();
    struct ruleset *set = arena_take(arena, sizeof *set);
    set->arena = arena;
    set->city = city;
    struct loader loader = {arena, problems, refs_new(arena, city), set};
    struct load_files files = {NULL, NULL, 0};
    struct load_files plans = {NULL, NULL, 0};
    read_directory(&loader, directory, &files, &plans);
    struct rule_presets presets = {100, RULE_ACTIVE, RULE_LANE_DISPATCH};
    struct tree_node *defaults = NULL;
    load_schema_begin(&loader);
    for (uint32_t i = 0; i < files.count; i++) {
        if (files.roots[i] == NULL) {
            continue;
        }
        check_top(&loader, files.roots[i]);
        load_schema_file(&loader, files.roots[i]);
        load_basis_file(&loader, files.roots[i]);
        load_lanes_file(&loader, files.roots[i]);
        const struct tree_node *found = read_find(files.roots[i], "defaults");
        if (found != NULL && defaults != NULL) {
            read_report(&loader, found, "L006", "defaults are given already in %s:%d",
                        defaults->file, defaults->line);
        } else if (found != NULL) {
            defaults = arena_take(arena, sizeof *defaults);
            *defaults = *found;
        }
    }
    load_schema_end(&loader);
    load_defaults(&loader, defaults, &presets);
    load_rules(&loader, &files, &presets);
    load_plans(&loader, &plans);
    sort_rules(&loader);
    load_inhibits_end(&loader);
    load_basis_check(&loader);
    load_windows_end(&loader);
    load_schema_number(&loader);
    *out_set = set;
    return problems_error_count(problems) > 0 ? ERR_INPUT : ERR_OK;
}

void ruleset_free(struct ruleset *set)
{
    if (set != NULL) {
        arena_free(set->arena);
    }
}

struct rule_field *ruleset_find_field(const struct ruleset *set, const char *name)
{
    uint32_t low = 0;
    uint32_t high = set->field_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(set->fields[middle]->name, name);
        if (order == 0) {
            return set->fields[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct rule_type *ruleset_find_type(const struct ruleset *set, const char *name)
{
    uint32_t low = 0;
    uint32_t high = set->type_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(set->types[middle]->name, name);
        if (order == 0) {
            return set->types[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct rule *ruleset_find_rule(const struct ruleset *set, const char *id)
{
    uint32_t low = 0;
    uint32_t high = set->rule_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(set->rules[middle]->id, id);
        if (order == 0) {
            return set->rules[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct rule_basis *ruleset_find_basis(const struct ruleset *set, const char *id)
{
    for (uint32_t i = 0; i < set->base_count; i++) {
        if (strcmp(set->bases[i].id, id) == 0) {
            return &set->bases[i];
        }
    }
    return NULL;
}

/* webhook_config.c: see webhook_config.h. */
#include "engine/cli/webhook_config.h"

#include "engine/city/yaml_tree.h"
#include "engine/core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_DEFAULT 12u
#define RETRY_S_DEFAULT 5u
#define SECRET_SIZE_MIN 16u

struct reader {
    struct webhook_config *config;
    struct yaml_tree tree;
};

static const char *keep(struct reader *reader, const yaml_node_t *node)
{
    const char *text = yaml_text(&reader->tree, node);
    return text == NULL ? NULL : pool_text(reader->config->pool, text, strlen(text));
}

static uint32_t read_words(struct reader *reader, const yaml_node_t *node, const char **out)
{
    uint32_t count = 0;
    for (const yaml_node_t *item; (item = yaml_item(&reader->tree, node, count)) != NULL;) {
        if (count == WEBHOOK_WORDS_MAX) {
            yaml_problem(&reader->tree, item, "W001", "at most %u words", WEBHOOK_WORDS_MAX);
            break;
        }
        const char *text = keep(reader, item);
        out[count++] = text != NULL ? text : "";
    }
    return count;
}

static uint32_t read_number(struct reader *reader, const yaml_node_t *node, uint32_t otherwise,
                            uint32_t high)
{
    const char *text = yaml_text(&reader->tree, node);
    char *end = NULL;
    const unsigned long value = text == NULL ? otherwise : strtoul(text, &end, 10);
    if (text != NULL && (end == text || *end != '\0' || value < 1 || value > high)) {
        yaml_problem(&reader->tree, node, "W001", "1 to %u expected, not \"%s\"", high, text);
        return otherwise;
    }
    return (uint32_t)value;
}

static void read_secret(struct reader *reader, const yaml_node_t *node, struct webhook *hook)
{
    const char *path = yaml_text(&reader->tree, node);
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    if (path != NULL && (file == NULL || fgets(hook->secret, sizeof hook->secret, file) == NULL)) {
        yaml_problem(&reader->tree, node, "W001", "secret_file %s: cannot be read", path);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    hook->secret[strcspn(hook->secret, "\r\n")] = '\0';
    if (path != NULL && file != NULL && strlen(hook->secret) < SECRET_SIZE_MIN) {
        yaml_problem(&reader->tree, node, "W001",
                     "secret_file %s: at least %u characters expected in its first line", path,
                     SECRET_SIZE_MIN);
    }
}

static bool is_id(const char *text)
{
    static const char LETTERS[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t size = strlen(text);
    return size >= 1 && size <= 32 && strspn(text, LETTERS) == size;
}

static void read_hook(struct reader *reader, const yaml_node_t *node)
{
    static const struct yaml_key KEYS[] = {
        {"id", true},        {"url", true},      {"secret_file", true},
        {"actions", false},  {"classes", false}, {"departments", false},
        {"attempts", false}, {"retry_s", false}, {"from", false}};
    struct yaml_tree *tree = &reader->tree;
    struct webhook_config *config = reader->config;
    if (config->count == WEBHOOKS_MAX) {
        yaml_problem(tree, node, "W001", "at most %u hooks", WEBHOOKS_MAX);
        return;
    }
    if (!yaml_check_keys(tree, node, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct webhook *hook = &config->hooks[config->count];
    const char *from = yaml_text(tree, yaml_find(tree, node, "from"));
    hook->id = keep(reader, yaml_find(tree, node, "id"));
    hook->url = keep(reader, yaml_find(tree, node, "url"));
    hook->from_start = from != NULL && strcmp(from, "start") == 0;
    hook->action_count = read_words(reader, yaml_find(tree, node, "actions"), hook->actions);
    hook->class_count = read_words(reader, yaml_find(tree, node, "classes"), hook->classes);
    hook->department_count =
        read_words(reader, yaml_find(tree, node, "departments"), hook->departments);
    hook->attempts_max =
        read_number(reader, yaml_find(tree, node, "attempts"), ATTEMPTS_DEFAULT, 100);
    hook->retry_s = read_number(reader, yaml_find(tree, node, "retry_s"), RETRY_S_DEFAULT, 3600);
    read_secret(reader, yaml_find(tree, node, "secret_file"), hook);
    if (hook->id == NULL || !is_id(hook->id) || webhook_config_find(config, hook->id) != NULL) {
        yaml_problem(tree, node, "W001",
                     "id: 1 to 32 of a-z A-Z 0-9 _ - expected, each once, not \"%s\"",
                     hook->id != NULL ? hook->id : "");
        return;
    }
    if (hook->url == NULL ||
        (strncmp(hook->url, "https://", 8) != 0 && strncmp(hook->url, "http://", 7) != 0)) {
        yaml_problem(tree, node, "W001", "url: https:// or http:// expected");
    }
    if (from != NULL && !hook->from_start && strcmp(from, "now") != 0) {
        yaml_problem(tree, node, "W001", "from: now or start expected, not \"%s\"", from);
    }
    config->count++;
}

static void read_root(struct reader *reader)
{
    static const struct yaml_key KEYS[] = {{"webhooks", true}, {"hooks", true}};
    struct yaml_tree *tree = &reader->tree;
    const yaml_node_t *root = yaml_tree_root(tree), *item;
    if (!yaml_check_keys(tree, root, KEYS, COUNT_OF(KEYS))) {
        return;
    }
    const char *version = yaml_text(tree, yaml_find(tree, root, "webhooks"));
    if (version != NULL && strcmp(version, "1") != 0) {
        yaml_problem(tree, root, "W001", "webhooks: 1 expected, not %s", version);
    }
    const yaml_node_t *hooks = yaml_find(tree, root, "hooks");
    for (size_t i = 0; (item = yaml_item(tree, hooks, i)) != NULL; i++) {
        read_hook(reader, item);
    }
}

struct webhook_config *webhook_config_read(struct problems *problems, const char *path)
{
    struct webhook_config *config = calloc(1, sizeof *config);
    struct reader reader = {.config = config};
    struct text_file file;
    const int before = problems_error_count(problems);
    const char *slash = strrchr(path, '/');
    if (config == NULL) {
        return NULL;
    }
    config->pool = calloc(1, sizeof *config->pool);
    if (config->pool == NULL) {
        free(config);
        return NULL;
    }
    pool_init(config->pool);
    const char *folder =
        slash == NULL ? "." : pool_text(config->pool, path, (size_t)(slash - path) + 1);
    if (text_file_read(config->pool, problems, folder, slash != NULL ? slash + 1 : path, &file) &&
        yaml_tree_open(&reader.tree, problems, &file)) {
        read_root(&reader);
        yaml_tree_close(&reader.tree);
    }
    if (problems_error_count(problems) > before) {
        webhook_config_free(config);
        return NULL;
    }
    return config;
}

void webhook_config_free(struct webhook_config *config)
{
    if (config != NULL) {
        pool_fini(config->pool);
        free(config->pool);
        free(config);
    }
}

const struct webhook *webhook_config_find(const struct webhook_config *config, const char *id)
{
    for (uint32_t i = 0; i < config->count; i++) {
        if (strcmp(config->hooks[i].id, id) == 0) {
            return &config->hooks[i];
        }
    }
    return NULL;
}

static bool is_among(const char *const *words, uint32_t count, const char *word)
{
    for (uint32_t i = 0; i < count; i++) {
        const size_t size = strlen(words[i]);
        const bool is_open = size > 0 && words[i][size - 1] == '*';
        if (is_open ? strncmp(words[i], word, size - 1) == 0 : strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return count == 0;
}

bool webhook_wants(const struct webhook *hook, const char *action, const char *class_code,
                   const char *department)
{
    return is_among(hook->actions, hook->action_count, action) &&
           is_among(hook->classes, hook->class_count, class_code) &&
           is_among(hook->departments, hook->department_count, department);
}

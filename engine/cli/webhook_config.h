/* webhook_config.h: who is told what: CITY/webhooks.yaml (docs/webhooks.md).
 *
 * Secrets lie in files of their own, never in the configuration.
 *
 * Owner   new/free
 * Errors  problems W001, with line */
#ifndef ENGINE_CLI_WEBHOOK_CONFIG_H
#define ENGINE_CLI_WEBHOOK_CONFIG_H

#include "engine/city/problems.h"

#include <stdint.h>

#define WEBHOOKS_MAX 64u
#define WEBHOOK_WORDS_MAX 32u
#define WEBHOOK_SECRET_SIZE 257u

struct webhook {
    const char *id; /* 1..32 of a-z A-Z 0-9 _ - */
    const char *url;
    char secret[WEBHOOK_SECRET_SIZE];
    const char *actions[WEBHOOK_WORDS_MAX]; /* of the case's story; none: all */
    uint32_t action_count;
    const char
        *classes[WEBHOOK_WORDS_MAX]; /* of the case, a '*' at the end for anything; none: all */
    uint32_t class_count;
    const char *departments[WEBHOOK_WORDS_MAX];
    uint32_t department_count;
    uint32_t attempts_max;
    uint32_t retry_s; /* before the second attempt; doubles */
    bool from_start;  /* of the history, where it was never asked before */
};

struct webhook_config {
    struct pool *pool;
    struct webhook hooks[WEBHOOKS_MAX];
    uint32_t count;
};

/* NULL after problems. */
struct webhook_config *webhook_config_read(struct problems *problems, const char *path);
void webhook_config_free(struct webhook_config *config);

const struct webhook *webhook_config_find(const struct webhook_config *config, const char *id);

/* Is a line of a case's story to be told to it? */
bool webhook_wants(const struct webhook *hook, const char *action, const char *class_code,
                   const char *department);

#endif

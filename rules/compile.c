/* compile.c: load, lint, lower; then opens its own image, so that what is handed out is what the core accepts. */
#include "rules/compile.h"

#include "rules/lint.h"
#include "rules/lower.h"
#include "rules/ruleset.h"

#include <stdlib.h>

enum err rules_compile(const char *directory, const struct city *city, struct problems *problems,
                       void **out_bytes, size_t *out_size)
{
    struct ruleset *set = NULL;
    void *bytes = NULL;
    size_t size = 0;
    enum err err = ruleset_load(directory, city, problems, &set);
    if (err == ERR_OK) {
        ruleset_lint(set, problems);
        err = problems_error_count(problems) > 0 ? ERR_INPUT : ERR_OK;
    }
    if (err == ERR_OK) {
        err = ruleset_lower(set, &bytes, &size);
    }
    ruleset_free(set);
    if (err != ERR_OK) {
        return err;
    }
    struct policy policy;
    err = policy_open(bytes, size, city, &policy);
    must(err == ERR_OK);
    *out_bytes = bytes;
    *out_size = size;
    return ERR_OK;
}

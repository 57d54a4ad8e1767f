/* compile.c: load, lint, lower; then opens its own image, so that what is handed out is what the core accepts. */
#include "rules/compile.h"

#include "rules/dispatch_policy.h"
#include "rules/lint.h"
#include "rules/lower.h"
#include "rules/ruleset.h"

#include <stdlib.h>
#include <time.h>

/* Which clauses are in force is asked of the day on which rules are loaded. */
static int32_t today(const struct city *city)
{
    return (int32_t)div_floor(city_local_ms(city, (int64_t)time(NULL) * 1000), DAY_MS);
}

enum err rules_compile(const char *directory, const struct city *city, struct problems *problems,
                       void **out_bytes, size_t *out_size)
{
    return rules_compile_under(directory, NULL, city, problems, out_bytes, out_size);
}

enum err rules_compile_under(const char *directory, const char *dispatch, const struct city *city,
                             struct problems *problems, void **out_bytes, size_t *out_size)
{
    struct ruleset *set = NULL;
    void *bytes = NULL;
    size_t size = 0;
    enum err err = ruleset_load(directory, city, problems, &set);
    if (err == ERR_OK && dispatch != NULL) {
        err = dispatch_policy_lay_over(dispatch, set, problems);
    }
    if (err == ERR_OK) {
        const struct lint_options options = {.errors_only = true, .as_of_day = today(city)};
        const struct lint lint = lint_ruleset(set, &options);
        lint_report(set, &lint, problems);
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

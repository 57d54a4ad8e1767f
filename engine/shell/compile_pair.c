/* compile_pair.c: city first, then the rules against it. */
#include "engine/shell/compile_pair.h"

#include "engine/city/city_load.h"
#include "engine/edge/words_city.h"
#include "rules/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void compiled_pair_fini(struct compiled_pair *pair)
{
    free(pair->city_bytes);
    free(pair->policy_bytes);
    *pair = (struct compiled_pair){0};
}

static enum err compile(const char *city_directory, const char *rules, struct problems *problems,
                        struct compiled_pair *pair)
{
    enum err err = city_load(city_directory, problems, &pair->city_bytes, &pair->city_size);
    if (err == ERR_OK) {
        err = city_open(pair->city_bytes, pair->city_size, &pair->city);
    }
    if (err == ERR_OK) {
        words_check(&pair->city, problems);
        err = problems_error_count(problems) > 0 ? ERR_INPUT : ERR_OK;
    }
    if (err == ERR_OK) {
        err = rules_compile(rules, &pair->city, problems, &pair->policy_bytes, &pair->policy_size);
    }
    if (err == ERR_OK) {
        err = policy_open(pair->policy_bytes, pair->policy_size, &pair->city, &pair->policy);
    }
    return err;
}

enum err compile_pair(const char *city_directory, const char *rules_directory,
                      struct problems *problems, struct compiled_pair *out_pair,
                      struct pair_missing *out_missing)
{
    char rules[512];
    (void)snprintf(rules, sizeof rules, "%s%s",
                   rules_directory != NULL ? rules_directory : city_directory,
                   rules_directory != NULL ? "" : "/rules");
    const char *missing = !is_directory(city_directory) ? city_directory
                          : !is_directory(rules)        ? rules
                                                        : NULL;
    if (missing != NULL) {
        (void)snprintf(out_missing->path, sizeof out_missing->path, "%s", missing);
        return ERR_NOT_FOUND;
    }
    struct compiled_pair pair = {0};
    enum err err = compile(city_directory, rules, problems, &pair);
    if (err != ERR_OK) {
        compiled_pair_fini(&pair);
        return err;
    }
    *out_pair = pair;
    return ERR_OK;
}

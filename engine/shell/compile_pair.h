/* compile_pair.h: a city directory and its rules, compiled to the two images an engine runs on.
 *
 * Owner   compiled_pair_fini frees the bytes; city and policy are views into them */
#ifndef ENGINE_SHELL_COMPILE_PAIR_H
#define ENGINE_SHELL_COMPILE_PAIR_H

#include "engine/city/problems.h"
#include "engine/core/policy.h"

struct compiled_pair {
    void *city_bytes;
    size_t city_size;
    void *policy_bytes;
    size_t policy_size;
    struct city city;
    struct policy policy;
};

/* rules_directory NULL: CITY/rules. ERR_NOT_FOUND: the directory is not there (out_missing names it); ERR_INPUT: problems
 * holds what is wrong; ERR_MALFORMED and the like: a compiled image does not open, which is a bug of the compiler. */
struct pair_missing {
    char path[512];
};
enum err compile_pair(const char *city_directory, const char *rules_directory,
                      struct problems *problems, struct compiled_pair *out_pair,
                      struct pair_missing *out_missing) WARN_UNUSED;
void compiled_pair_fini(struct compiled_pair *pair);

#endif

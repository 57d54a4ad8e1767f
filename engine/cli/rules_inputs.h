/* rules_inputs.h: a city, its rules, and what they are lowered to: what the tools for rules start from.
 *
 * Owner   rules_inputs_fini frees all of it, after a failure too; city, policy and facts are views into the bytes */
#ifndef ENGINE_CLI_RULES_INPUTS_H
#define ENGINE_CLI_RULES_INPUTS_H

#include "engine/city/facts.h"
#include "engine/city/problems.h"
#include "engine/core/policy.h"
#include "rules/ruleset.h"

#define RULES_PATH_SIZE 512u

struct rules_inputs {
    struct problems *problems;
    char rules[RULES_PATH_SIZE]; /* the directory that was read */
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct city city;
    struct ruleset *set;
    struct policy policy; /* these two by rules_inputs_lower */
    struct facts *facts;
};

/* Both directories are there? rules NULL: CITY/rules. Else the exit code, after saying which is missing. */
int rules_inputs_find(const char *command, const char *city, const char *rules,
                      struct rules_inputs *inputs);

/* Reads both. ERR_INPUT: the files themselves are wrong, problems says where; set is there all the same if the city was good. */
enum err rules_inputs_read(struct rules_inputs *inputs, const char *city) WARN_UNUSED;

/* Lowers what was read without an error. */
enum err rules_inputs_lower(struct rules_inputs *inputs) WARN_UNUSED;

/* Prints what is wrong and says so; returns the exit code. */
int rules_inputs_refuse(const char *command, const struct rules_inputs *inputs);

void rules_inputs_fini(struct rules_inputs *inputs);

#endif

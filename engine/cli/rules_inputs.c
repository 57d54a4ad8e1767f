/* rules_inputs.c: see rules_inputs.h. */
#include "engine/cli/rules_inputs.h"

#include "engine/city/city_load.h"
#include "engine/cli/cli.h"
#include "rules/lower.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

int rules_inputs_find(const char *command, const char *city, const char *rules,
                      struct rules_inputs *inputs)
{
    *inputs = (struct rules_inputs){.problems = problems_new()};
    (void)snprintf(inputs->rules, sizeof inputs->rules, "%s%s", rules != NULL ? rules : city,
                   rules != NULL ? "" : "/rules");
    return cli_has_input(command, city) && cli_has_input(command, inputs->rules) ? EX_OK
                                                                                 : EX_NOINPUT;
}

enum err rules_inputs_read(struct rules_inputs *inputs, const char *city)
{
    enum err err = city_load(city, inputs->problems, &inputs->city_bytes, &inputs->city_size);
    if (err == ERR_OK) {
        err = city_open(inputs->city_bytes, inputs->city_size, &inputs->city);
    }
    return err == ERR_OK
               ? ruleset_load(inputs->rules, &inputs->city, inputs->problems, &inputs->set)
               : err;
}

enum err rules_inputs_lower(struct rules_inputs *inputs)
{
    enum err err = ruleset_lower(inputs->set, &inputs->policy_bytes, &inputs->policy_size);
    if (err == ERR_OK) {
        err =
            policy_open(inputs->policy_bytes, inputs->policy_size, &inputs->city, &inputs->policy);
    }
    return err == ERR_OK ? facts_new(&inputs->city, &inputs->policy, &inputs->facts) : err;
}

int rules_inputs_refuse(const char *command, const struct rules_inputs *inputs)
{
    problems_print(inputs->problems, stdout);
    (void)fprintf(
        stderr, "%s: the files cannot be read as a city and rules; repair these first (exit %d)\n",
        command, EX_DATAERR);
    return EX_DATAERR;
}

void rules_inputs_fini(struct rules_inputs *inputs)
{
    if (inputs->facts != NULL) {
        facts_free(inputs->facts);
    }
    ruleset_free(inputs->set);
    free(inputs->policy_bytes);
    free(inputs->city_bytes);
    problems_free(inputs->problems);
}

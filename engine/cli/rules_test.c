/* rules_test.c: see rules_test.h. Each test runs straight and with the core saved, restored and activated again in the middle;
 * both must meet the expectations and emit the same effects. */
#include "engine/cli/rules_test.h"

#include "engine/city/city_load.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "rules/lower.h"
#include "sim/rule_trial.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct test_request {
    const char *city, *rules, *tests, *junit, *only;
    bool is_verbose;
};

/* Everything that was loaded; freed together. */
struct test_inputs {
    struct problems *problems;
    void *city_bytes, *policy_bytes;
    struct city city;
    struct policy policy;
    struct trial_ground ground;
    struct suite suite;
    struct trial_coverage coverage;
};

struct test_totals {
    uint32_t passed, failed;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct test_request *request = state->input;
    switch (key) {
    case 'r':
        request->rules = value;
        return 0;
    case 't':
        request->tests = value;
        return 0;
    case 'J':
        request->junit = value;
        return 0;
    case 'o':
        request->only = value;
        return 0;
    case 'v':
        request->is_verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (request->city != NULL) {
            argp_error(state, "one city is tested; \"%s\" is a second one", value);
        }
        request->city = value;
        return 0;
    case ARGP_KEY_END:
        if (request->city == NULL) {
            argp_error(state, "name a city directory, for example: gridloop rules test ./qinghe");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void inputs_fini(struct test_inputs *inputs)
{
    if (inputs->ground.facts != NULL) {
        facts_free(inputs->ground.facts);
    }
    ruleset_free(inputs->ground.set);
    free(inputs->policy_bytes);
    free(inputs->city_bytes);
    problems_free(inputs->problems);
}

static void coverage_init(struct test_inputs *inputs)
{
    const struct ruleset *set = inputs->ground.set;
    struct trial_coverage *coverage = &inputs->coverage;
    coverage->rules = arena_take(set->arena, set->rule_count * sizeof coverage->rules[0]);
    coverage->steps =
        arena_take(set->arena, inputs->policy.step_count * sizeof coverage->steps[0]);
    coverage->terms = arena_take(set->arena, set->rule_count * sizeof coverage->terms[0]);
    coverage->regions = arena_take(set->arena, set->rule_count * sizeof coverage->regions[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        coverage->regions[i] = region_of(set->arena, set->rules[i]->where);
        coverage->terms[i] =
            arena_take(set->arena, coverage->regions[i].count * sizeof coverage->terms[i][0]);
    }
}

static enum err inputs_init(const struct test_request *request, const char *rules,
                            struct test_inputs *inputs)
{
    *inputs = (struct test_inputs){.problems = problems_new()};
    struct trial_ground *ground = &inputs->ground;
    enum err err =
        city_load(request->city, inputs->problems, &inputs->city_bytes, &ground->city_size);
    if (err == ERR_OK) {
        err = city_open(inputs->city_bytes, ground->city_size, &inputs->city);
    }
    if (err == ERR_OK) {
        err = ruleset_load(rules, &inputs->city, inputs->problems, &ground->set);
    }
    if (err == ERR_OK) {
        err = ruleset_lower(ground->set, &inputs->policy_bytes, &ground->policy_size);
    }
    if (err == ERR_OK) {
        err = policy_open(inputs->policy_bytes, ground->policy_size, &inputs->city, &inputs->policy);
    }
    if (err == ERR_OK) {
        err = facts_new(&inputs->city, &inputs->policy, &ground->facts);
    }
    if (err != ERR_OK) {
        return err;
    }
    ground->city_bytes = inputs->city_bytes;
    ground->policy_bytes = inputs->policy_bytes;
    ground->city = &inputs->city;
    ground->policy = &inputs->policy;
    coverage_init(inputs);
    return suite_load(ground->set, request->tests != NULL ? request->tests : rules, inputs->problems,
                      &inputs->suite);
}

/* ---- one test ---- */

static bool run_test(struct test_inputs *inputs, const struct suite_test *test,
                     struct trial_failure *failure)
{
    static const char *const WAYS[TRIAL_WAY_COUNT] = {
        [TRIAL_STRAIGHT] = "", [TRIAL_RESTORED] = " (saved, restored and activated again midway)"};
    struct hash128 digests[TRIAL_WAY_COUNT];
    for (int way = 0; way < TRIAL_WAY_COUNT; way++) {
        failure->node = test->node;
        if (!trial_run(&inputs->ground, test, (enum trial_way)way, &inputs->coverage, &digests[way],
                       failure)) {
            const size_t size = strlen(failure->text);
            (void)snprintf(failure->text + size, sizeof failure->text - size, "%s", WAYS[way]);
            return false;
        }
    }
    if (digests[0].hi != digests[1].hi || digests[0].lo != digests[1].lo) {
        (void)snprintf(failure->text, sizeof failure->text,
                       "other effects after a restore and an activation of the same rules");
        failure->node = test->node;
        return false;
    }
    return true;
}

/* ---- JUnit ---- */

static void put_xml(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        switch (*at) {
        case '<':
            (void)fputs("&lt;", file);
            break;
        case '&':
            (void)fputs("&amp;", file);
            break;
        case '"':
            (void)fputs("&quot;", file);
            break;
        default:
            if ((unsigned char)*at >= ' ' || *at == '\n') {
                (void)fputc(*at, file);
            }
        }
    }
}

static void put_junit(FILE *file, const struct suite_test *test, const struct trial_failure *failure)
{
    (void)fputs("  <testcase classname=\"", file);
    put_xml(file, test->suite);
    (void)fputs("\" name=\"", file);
    put_xml(file, test->name);
    (void)fputs(failure == NULL ? "\"/>\n" : "\"><failure message=\"", file);
    if (failure != NULL) {
        put_xml(file, failure->text);
        (void)fprintf(file, "\">");
        put_xml(file, failure->node->file);
        (void)fprintf(file, ":%d</failure></testcase>\n", failure->node->line);
    }
}

/* ---- coverage ---- */

static void print_coverage(const struct test_inputs *inputs, bool is_verbose)
{
    const struct ruleset *set = inputs->ground.set;
    const struct trial_coverage *coverage = &inputs->coverage;
    uint32_t rules = 0, active = 0, terms = 0, term_count = 0, steps = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (set->rules[i]->status != RULE_ACTIVE) {
            continue;
        }
        active++;
        rules += coverage->rules[i] ? 1 : 0;
        for (uint32_t k = 0; k < coverage->regions[i].count; k++) {
            term_count++;
            terms += coverage->terms[i][k] ? 1 : 0;
        }
    }
    for (uint32_t i = 0; i < inputs->policy.step_count; i++) {
        steps += coverage->steps[i] ? 1 : 0;
    }
    (void)printf("coverage: %u of %u rules, %u of %u terms of conditions, %u of %u escalation steps\n",
                 rules, active, terms, term_count, steps, inputs->policy.step_count);
    for (uint32_t i = 0; is_verbose && i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->status == RULE_ACTIVE && !coverage->rules[i]) {
            (void)printf("  no test fires %s (%s:%d)\n", rule->id, rule->file, rule->node->line);
        }
    }
}

/* ---- all tests ---- */

static struct test_totals run_all(struct test_inputs *inputs, const struct test_request *request,
                                  FILE *junit)
{
    struct test_totals totals = {0, 0};
    for (uint32_t i = 0; i < inputs->suite.count; i++) {
        const struct suite_test *test = &inputs->suite.tests[i];
        if (request->only != NULL && strstr(test->name, request->only) == NULL) {
            continue;
        }
        struct trial_failure failure = {.node = test->node};
        const bool is_good = run_test(inputs, test, &failure);
        totals.passed += is_good ? 1 : 0;
        totals.failed += is_good ? 0 : 1;
        if (!is_good) {
            (void)printf("FAILED  %s: %s\n        %s:%d: %s\n", test->suite, test->name,
                         failure.node->file, failure.node->line, failure.text);
        } else if (request->is_verbose) {
            (void)printf("ok      %s: %s\n", test->suite, test->name);
        }
        if (junit != NULL) {
            put_junit(junit, test, is_good ? NULL : &failure);
        }
    }
    return totals;
}

static int test(const struct test_request *request)
{
    char rules[512];
    struct test_inputs inputs;
    (void)snprintf(rules, sizeof rules, "%s%s",
                   request->rules != NULL ? request->rules : request->city,
                   request->rules != NULL ? "" : "/rules");
    if (!cli_has_input("gridloop rules test", request->city) ||
        !cli_has_input("gridloop rules test", rules)) {
        return EX_NOINPUT;
    }
    const enum err err = inputs_init(request, rules, &inputs);
    FILE *junit = NULL;
    int exit_code = EX_OK;
    if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr, "gridloop rules test: no *.test.yaml in %s (exit %d)\n",
                      request->tests != NULL ? request->tests : rules, EX_NOINPUT);
        exit_code = EX_NOINPUT;
    } else if (err != ERR_OK) {
        problems_print(inputs.problems, stdout);
        (void)fprintf(stderr, "gridloop rules test: repair these first (exit %d)\n", EX_DATAERR);
        exit_code = EX_DATAERR;
    } else if (request->junit != NULL && (junit = fopen(request->junit, "w")) == NULL) {
        (void)fprintf(stderr, "gridloop rules test: %s cannot be written (exit %d)\n",
                      request->junit, EX_CANTCREAT);
        exit_code = EX_CANTCREAT;
    } else {
        if (junit != NULL) {
            (void)fprintf(junit, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite "
                                 "name=\"rules\">\n");
        }
        const struct test_totals totals = run_all(&inputs, request, junit);
        if (junit != NULL) {
            (void)fprintf(junit, "</testsuite>\n");
            (void)fclose(junit);
        }
        print_coverage(&inputs, request->is_verbose);
        (void)printf("%u passed, %u failed\n", totals.passed, totals.failed);
        exit_code = totals.failed > 0 ? 1 : totals.passed == 0 ? EX_NOINPUT : EX_OK;
    }
    inputs_fini(&inputs);
    return exit_code;
}

int rules_test(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"tests", 't', "DIR", 0, "where *.test.yaml files are; default beside the rules", 0},
        {"only", 'o', "TEXT", 0, "tests whose name contains it", 0},
        {"junit", 'J', "FILE", 0, "write the results as JUnit XML", 0},
        {"verbose", 'v', NULL, 0, "also tests that pass, and rules that none fires", 0},
        {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "CITY",
        .doc = "Runs the tests beside the rules on a fresh core with a virtual clock: as they are, against "
               "the naive evaluator, and with a restore and a reload in the middle.\vExit 0: all passed. 1: "
               "some failed. 65: files that cannot be read. 66: no tests."};
    struct test_request request = {.city = NULL};
    argp_err_exit_status = EX_USAGE;
    return arguments_parse(&ARGP, argc, argv, &request) != 0 ? EX_USAGE : test(&request);
}

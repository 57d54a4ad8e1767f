/* rules_test.c: see rules_test.h. Each test runs straight, with the core saved, restored and activated again in the middle, and with
 * the same rules among others taking over there; all must meet the expectations and emit the same effects. */
#include "engine/cli/rules_test.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/rules_beside.h"
#include "engine/cli/rules_inputs.h"
#include "sim/rule_trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define COMMAND "gridloop rules test"

struct test_request {
    const char *city, *rules, *tests, *junit, *only;
    bool is_verbose;
};

struct test_inputs {
    struct rules_inputs read;
    struct trial_ground ground;
    struct suite suite;
    struct trial_coverage coverage;
    struct rules_inputs other_read; /* the same and a rule more */
    struct trial_ground other_ground;
    struct suite other_suite;
};

struct test_totals {
    uint32_t passed, failed;
};

static void coverage_init(struct test_inputs *inputs)
{
    const struct ruleset *set = inputs->ground.set;
    struct trial_coverage *coverage = &inputs->coverage;
    coverage->rules = arena_take(set->arena, set->rule_count * sizeof coverage->rules[0]);
    coverage->steps =
        arena_take(set->arena, inputs->read.policy.step_count * sizeof coverage->steps[0]);
    coverage->levels =
        arena_take(set->arena, inputs->read.policy.level_count * sizeof coverage->levels[0]);
    coverage->terms = arena_take(set->arena, set->rule_count * sizeof coverage->terms[0]);
    coverage->regions = arena_take(set->arena, set->rule_count * sizeof coverage->regions[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        coverage->regions[i] = region_of(set->arena, set->rules[i]->where);
        coverage->terms[i] =
            arena_take(set->arena, coverage->regions[i].count * sizeof coverage->terms[i][0]);
    }
}

static struct trial_ground ground_of(const struct rules_inputs *read)
{
    return (struct trial_ground){.set = read->set,
                                 .city_bytes = read->city_bytes,
                                 .city_size = read->city_size,
                                 .city = &read->city,
                                 .policy_bytes = read->policy_bytes,
                                 .policy_size = read->policy_size,
                                 .policy = &read->policy,
                                 .facts = read->facts};
}

static enum err inputs_init(const struct test_request *request, struct test_inputs *inputs)
{
    struct rules_inputs *read = &inputs->read;
    enum err err = rules_inputs_read(read, request->city);
    err = err == ERR_OK ? rules_inputs_lower(read) : err;
    if (err != ERR_OK) {
        return err;
    }
    inputs->ground = ground_of(read);
    coverage_init(inputs);
    return suite_load(read->set, request->tests != NULL ? request->tests : read->rules,
                      read->problems, &inputs->suite);
}

/* The rules that take over in the middle of every test, and the tests as they name them. */
static enum err other_init(const struct test_request *request, struct test_inputs *inputs)
{
    struct rules_inputs *read = &inputs->other_read;
    enum err err = rules_beside_read(&inputs->read, request->city, read);
    if (err == ERR_OK) {
        inputs->other_ground = ground_of(read);
        err = suite_load(read->set, request->tests != NULL ? request->tests : inputs->read.rules,
                         read->problems, &inputs->other_suite);
    }
    problems_print(read->problems, stderr);
    return err;
}

/* ---- one test ---- */

static bool is_equal(struct hash128 a, struct hash128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* Runs 0 and 1 under these rules, 2 under these and then the others, 3 under the others all along. */
enum { RUN_RELOADED = TRIAL_RELOADED, RUN_OTHER, RUN_COUNT };

static bool run_test(struct test_inputs *inputs, uint32_t row, struct trial_failure *failure)
{
    static const char *const RUNS[RUN_COUNT] = {
        [TRIAL_STRAIGHT] = "",
        [TRIAL_RESTORED] = " (saved, restored and activated again midway)",
        [RUN_RELOADED] = " (other rules beside these take over midway)",
        [RUN_OTHER] = " (other rules beside these)"};
    const struct suite_test *test = &inputs->suite.tests[row];
    const struct trial_next next = {&inputs->other_ground, &inputs->other_suite.tests[row]};
    struct trial_digest digests[RUN_COUNT];
    for (int run = 0; run < RUN_COUNT; run++) {
        const bool is_other = run == RUN_OTHER;
        failure->node = test->node;
        if (!trial_run(is_other ? next.ground : &inputs->ground, is_other ? next.test : test,
                       is_other ? TRIAL_STRAIGHT : (enum trial_way)run, &next,
                       run == 0 ? &inputs->coverage : NULL, &digests[run], failure)) {
            const size_t size = strlen(failure->text);
            (void)snprintf(failure->text + size, sizeof failure->text - size, "%s", RUNS[run]);
            return false;
        }
    }
    const char *why =
        !is_equal(digests[0].before, digests[TRIAL_RESTORED].before) ||
                !is_equal(digests[0].after, digests[TRIAL_RESTORED].after)
            ? "other effects after a restore and an activation of the same rules"
        : !is_equal(digests[0].before, digests[RUN_RELOADED].before) ||
                !is_equal(digests[RUN_OTHER].after, digests[RUN_RELOADED].after)
            ? "other effects after a rule was added midway than if it had been there from the start"
            : NULL;
    if (why != NULL) {
        (void)snprintf(failure->text, sizeof failure->text, "%s", why);
        failure->node = test->node;
    }
    return why == NULL;
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

static void put_junit(FILE *file, const struct suite_test *test,
                      const struct trial_failure *failure)
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
    uint32_t rules = 0, active = 0, terms = 0, term_count = 0, levels = 0, steps = 0;
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
    for (uint32_t i = 0; i < inputs->read.policy.step_count; i++) {
        steps += coverage->steps[i] ? 1 : 0;
    }
    for (uint32_t i = 0; i < inputs->read.policy.level_count; i++) {
        levels += coverage->levels[i] ? 1 : 0;
    }
    (void)printf("coverage: %u of %u rules, %u of %u terms of conditions, %u of %u levels, %u of "
                 "%u escalation steps\n",
                 rules, active, terms, term_count, levels, inputs->read.policy.level_count, steps,
                 inputs->read.policy.step_count);
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
        const bool is_good = run_test(inputs, i, &failure);
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
    struct test_inputs inputs = {.other_read.problems = NULL};
    FILE *junit = NULL;
    int exit_code = rules_inputs_find(COMMAND, request->city, request->rules, &inputs.read);
    enum err err = exit_code == EX_OK ? inputs_init(request, &inputs) : ERR_OK;
    err = exit_code == EX_OK && err == ERR_OK ? other_init(request, &inputs) : err;
    if (exit_code != EX_OK) {
        rules_inputs_fini(&inputs.read);
        return exit_code;
    }
    if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr, "gridloop rules test: no *.test.yaml in %s (exit %d)\n",
                      request->tests != NULL ? request->tests : inputs.read.rules, EX_NOINPUT);
        exit_code = EX_NOINPUT;
    } else if (err != ERR_OK) {
        exit_code = rules_inputs_refuse(COMMAND, &inputs.read);
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
    rules_inputs_fini(&inputs.other_read);
    rules_inputs_fini(&inputs.read);
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
    struct test_request request = {.city = NULL};
    const struct arguments_slot slots[] = {
        {'r', &request.rules, NULL},      {'t', &request.tests, NULL},
        {'o', &request.only, NULL},       {'J', &request.junit, NULL},
        {'v', NULL, &request.is_verbose}, {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Runs the tests beside the rules on a fresh core with a virtual clock: as they are, "
        "against "
        "the naive evaluator, with a restore, and with a set of one rule more taking over in the "
        "middle.\vExit 0: all passed. 1: "
        "some failed. 65: files that cannot be read. 66: no tests.",
        slots,
        COUNT_OF(slots),
        "name a city directory, for example: gridloop rules test ./qinghe"};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : test(&request);
}

/* test_plan_errors.c: what the loader refuses in plans, with code, line, column and what was expected: over the registers of the
 * synthetic city. */
#include "engine/city/city_load.h"
#include "rules/compile.h"
#include "sim/city_demo.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRINTED_SIZE 8192u

static struct scratch work;
static struct city city;
static void *city_bytes;

static void load(void)
{
    size_t size = 0;
    struct problems *problems = problems_new();
    free(city_bytes);
    city_bytes = NULL;
    if (city_load(work.path, problems, &city_bytes, &size) != ERR_OK) {
        problems_print(problems, stderr);
        fail_msg("the city does not load");
    }
    problems_free(problems);
    assert_int_equal(city_open(city_bytes, size, &city), ERR_OK);
}

static int set_up(void **state)
{
    struct city_demo_result result;
    (void)state;
    assert_int_equal(scratch_make_directory(&work, "plan-errors"), ERR_OK);
    assert_int_equal(city_demo_write(work.path, 7, CITY_SMALL, &result), ERR_OK);
    load();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(city_bytes);
    scratch_remove(&work);
    return 0;
}

static void put_file(const char *name, const char *text)
{
    char path[SCRATCH_PATH_SIZE + 32];
    (void)snprintf(path, sizeof path, "%s/%s", work.path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Compiles one rule file and one plan; what was found, as printed. */
static enum err compile(const char *rules, const char *plan, char out[PRINTED_SIZE])
{
    char path[SCRATCH_PATH_SIZE + 32];
    (void)snprintf(path, sizeof path, "%s/case", work.path);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/case/plans", work.path);
    (void)mkdir(path, 0700);
    put_file("case/rules.yaml", rules);
    put_file("case/plans/x.yaml", plan);
    (void)snprintf(path, sizeof path, "%s/case", work.path);
    struct problems *problems = problems_new();
    void *bytes = NULL;
    size_t size = 0;
    const enum err err = rules_compile(path, &city, problems, &bytes, &size);
    memset(out, 0, PRINTED_SIZE);
    FILE *file = fmemopen(out, PRINTED_SIZE - 1, "w");
    assert_non_null(file);
    problems_print(problems, file);
    (void)fclose(file);
    problems_free(problems);
    free(bytes);
    return err;
}

#define EVENTS                                                                                     \
    "ruleset: 1\n"                                                                                 \
    "events:\n"                                                                                    \
    "  warning.x: {title: t, lane: report, fields: {words: string, level: number}}\n"
#define RULE                                                                                       \
    "rules:\n"                                                                                     \
    "- id: r.one\n"                                                                                \
    "  title: t\n"                                                                                 \
    "  owner: dept.ecology\n"                                                                      \
    "  event: warning.x\n"                                                                         \
    "  open: {class: \"E.05.09\", severity: 3, title: t}\n"
/* Lines 1 to 9; a test adds its own from line 10. */
#define RULES EVENTS RULE
#define GOOD_RULES RULES "  activate: {plan: plan.x}\n"

#define HEAD "plan: plan.x\ntitle: t\nowner: dept.ecology\n"
#define EACH "for_each:\n- {registry: enterprise, as: e}\n- {registry: construction_site, as: s}\n"
/* Lines 1 to 7; a test adds its own from line 8. */
#define TASKS HEAD EACH "tasks:\n"
#define ACK "- {id: a, for: e, to: \"{e.contact}\", due: 2h}\n"
#define OPENED "open: {class: \"E.05.10\", severity: 3, title: t}"
#define SENT "assign: {role: grid_worker}, "
#define LOOK "- {id: b, for: e, needs: [a], " SENT OPENED ", due: 1d}\n"
#define CHECK(line) TASKS "- {id: b, for: e, " SENT OPENED ", due: 1d,\n   checklist: [" line "]}\n"

struct refusal {
    const char *text;
    const char *expected; /* a part of what is printed */
};

static const struct refusal PLANS[] = {
    /* the plan itself */
    {"- a\n", "x.yaml:1:1: error"},
    {"plan: plan.x\nowner: dept.ecology\nunits: []\n",
     "x.yaml:1:1: error L004: a plan lacks the key \"title\""},
    {HEAD "unit: []\n", "x.yaml:4:1: error L002: a plan has no key \"unit\"; nearest: units"},
    {"plan: Plan X\ntitle: t\nowner: dept.ecology\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:1:7: error L005: plan \"Plan X\" must be made of a-z, 0-9, _ and dots"},
    {"plan: plan.x\ntitle: t\nowner: dept.ecolgy\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:3:8: error L011: the city has no department \"dept.ecolgy\"; nearest: dept.ecology"},
    {HEAD, "x.yaml:1:1: error L004: a plan needs units or tasks"},
    {HEAD "progress: {every: 1h, to: city.comand}\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:4:27: error L011: the city has no post \"city.comand\"; nearest: city.command"},
    {HEAD "progress: {every: 0h, to: city.command}\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:4:19: error L005: every must be more than 0"},
    {HEAD "progress: {every: 1h, to: city.command, show: [dne]}\nunits: [{id: u, to: city.command, "
          "due: 1h}]\n",
     "x.yaml:4:48: error L005: show is \"dne\"; it must be one of: done, overdue, failed, "
     "by_district; nearest: done"},
    {HEAD "silent: {to: city.command}\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:4:9: error L004: silent lacks the key \"after\""},
    {HEAD "deactivate: {tasks: drop}\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:4:21: error L005: tasks"},
    {HEAD "deactivate: {grace: soon}\nunits: [{id: u, to: city.command, due: 1h}]\n",
     "x.yaml:4:21: error L003: grace must be a duration"},
    /* registers */
    {HEAD "for_each: {registry: enterprises, as: e}\ntasks:\n" ACK,
     "x.yaml:4:22: error L016: the city has no asset kind \"enterprises\"; nearest: enterprise"},
    {HEAD "for_each: {registry: manhole, as: e}\ntasks:\n" ACK,
     "x.yaml:4:22: error L016: \"manhole\" is a kind of assets without columns; a registry is "
     "registries/manhole.csv"},
    {HEAD "for_each: {registry: enterprise}\ntasks:\n" ACK,
     "x.yaml:4:11: error L004: for_each lacks the key \"as\""},
    {HEAD "for_each:\n- {registry: enterprise, as: e}\n- {registry: construction_site, as: "
          "e}\ntasks:\n" ACK,
     "x.yaml:6:3: error L006: \"e\" names another for_each already"},
    {HEAD "for_each: {registry: enterprise, as: e, where: e.grad == \"A\"}\ntasks:\n" ACK,
     "x.yaml:4:48: error L009: "},
    {HEAD "for_each: {registry: enterprise, as: e, where: e.grade > 5}\ntasks:\n" ACK,
     "x.yaml:4:48: error L008"},
    /* units and tasks */
    {HEAD "units:\n- {id: u, to: dept.ecology.leed, due: 1h}\n",
     "x.yaml:5:15: error L013: no person and no post \"dept.ecology.leed\"; nearest post: "
     "dept.ecology.lead"},
    {HEAD "units:\n- {id: u, due: 1h}\n",
     "x.yaml:5:3: error L004: a unit needs to: a person or a post"},
    {HEAD "units:\n- {id: u, to: city.command}\n",
     "x.yaml:5:3: error L004: a task lacks the key \"due\""},
    {HEAD "units:\n- {id: u, to: city.command, due: 0h}\n",
     "x.yaml:5:34: error L005: due must be more than 0"},
    {HEAD "units:\n- {id: u, to: city.command, due: 1x}\n",
     "x.yaml:5:34: error L003: due must be a duration"},
    {HEAD "units:\n- {id: u, to: city.command, due: 1h}\n- {id: u, to: city.command, due: 1h}\n",
     "x.yaml:6:3: error L006: task \"u\" is there already"},
    {TASKS "- {id: a, to: \"{e.contact}\", due: 2h}\n",
     "x.yaml:8:3: error L004: for: one of the names given by `as`"},
    {TASKS "- {id: a, for: x, to: \"{x.contact}\", due: 2h}\n",
     "x.yaml:8:16: error L012: for: one of the names"},
    {TASKS "- {id: a, for: e, due: 2h}\n", "x.yaml:8:3: error L004: a task needs one of to"},
    {TASKS "- {id: a, for: e, to: city.command, due: 2h}\n",
     "x.yaml:8:23: error L003: to must be a column that names somebody, \"{e.contact}\""},
    {TASKS "- {id: a, for: e, to: \"{e.contct}\", due: 2h}\n",
     "x.yaml:8:23: error L009: the registry enterprise has no column \"contct\"; nearest: contact"},
    {TASKS "- {id: a, for: e, to: \"{e.grade}\", due: 2h}\n",
     "x.yaml:8:23: error L013: column \"grade\" of "},
    {TASKS "- {id: a, for: e, to: \"{e.contact}\", due: 2h, text: \"{e.nam}\"}\n",
     "x.yaml:8:53: error L009: the registry enterprise has no column \"nam\""},
    {TASKS "- {id: a, for: e, to: \"{e.contact}\", due: 2h, text: \"{s.name}\"}\n",
     "x.yaml:8:53: error L009: text: {e.name}, {e.code} or {e.column} expected"},
    {TASKS "- {id: a, for: e, to: \"{e.contact}\", due: 2h, ack: maybe}\n",
     "x.yaml:8:52: error L005: ack"},
    /* what waits for what */
    {TASKS "- {id: b, for: e, needs: [a], " SENT OPENED ", due: 1d}\n" ACK,
     "x.yaml:8:27: error L012: needs: \"a\" stands further down: a task waits only for those above "
     "it, so that no two wait for each other"},
    {TASKS ACK "- {id: b, for: e, needs: [b], " SENT OPENED ", due: 1d}\n",
     "x.yaml:9:27: error L012: needs: \"b\" is this task itself"},
    {TASKS ACK "- {id: b, for: e, needs: [aa], " SENT OPENED ", due: 1d}\n",
     "x.yaml:9:27: error L012: needs: no task \"aa\" stands before this one for the same targets"},
    {TASKS ACK "- {id: b, for: s, needs: [a], " SENT OPENED ", due: 1d}\n",
     "x.yaml:9:27: error L012: needs: no task \"a\" stands before this one for the same targets"},
    /* inspections */
    {TASKS "- {id: b, for: e, " SENT "due: 1d}\n",
     "x.yaml:8:3: error L004: an inspection needs open"},
    {TASKS "- {id: b, for: e, " SENT
           "open: {class: \"E.99.99\", severity: 3, title: t}, due: 1d}\n",
     "x.yaml:8:62: error L015: the city has no class \"E.99.99\""},
    {TASKS "- {id: b, for: e, " SENT
           "open: {class: \"E.05.10\", severity: 5, title: t}, due: 1d}\n",
     "L005: severity is 5; it must be 1 to 4"},
    {TASKS "- {id: b, for: e, " SENT
           "open: {class: \"E.05.10\", severity: 3, title: \"{e.nam}\"}, due: 1d}\n",
     "L009: the registry enterprise has no column \"nam\""},
    {TASKS "- {id: b, for: e, assign: {role: grid_workr}, " OPENED ", due: 1d}\n",
     "x.yaml:8:34: error L012: the city has no role \"grid_workr\"; nearest: grid_worker"},
    {TASKS "- {id: b, for: e, assign: {fallback: dept.x.duty}, " OPENED ", due: 1d}\n",
     "L011: the city has no post \"dept.x.duty\""},
    {TASKS "- {id: b, for: e, " SENT OPENED
           ", due: 1d, on_fail: {open: {class: \"E.99.99\", severity: 3, title: t}}}\n",
     "L015: the city has no class \"E.99.99\""},
    {TASKS "- {id: b, for: e, " SENT OPENED ", due: 1d, on_fail: {close: x}}\n",
     "L002: on_fail has no key \"close\""},
    /* checklists */
    {CHECK("{id: x}"), "x.yaml:9:16: error L004: a checklist line lacks the key \"text\""},
    {CHECK("{id: x, text: t, txt: t}"), "L002: a checklist line has no key \"txt\"; nearest: text"},
    {CHECK("{id: x, text: t}, {id: x, text: t}"),
     "x.yaml:9:34: error L006: checklist line \"x\" is there already"},
    {CHECK("{id: x, text: \"{e.cut}\"}"), "L009: the registry enterprise has no column \"cut\""},
    {CHECK("{id: x, text: t, pass: \"value => 3\"}"),
     "L007: pass must compare value with a number or a column"},
    {CHECK("{id: x, text: t, pass: \"value >= e.cut\"}"),
     "L009: the registry enterprise has no column \"cut\""},
    {CHECK("{id: x, text: t, pass: \"3 >= value\"}"), "L007: pass must compare"},
    {CHECK("{id: x, text: t, evidence: film}"), "L005: evidence"},
    {CHECK("{id: x, text: t, input: colour}"), "L005: input"},
    {CHECK("{id: x, text: t, required: maybe}"), "L003: required"},
};

static const struct refusal LEADS[] = {
    {RULES "  activate: {plan: plan.y}\n",
     "rules.yaml:10:20: error L012: no plan \"plan.y\" in plans/; nearest: plan.x"},
    {RULES "  activate: {confirm_by: city.command}\n",
     "rules.yaml:10:13: error L004: activate lacks the key \"plan\""},
    {RULES "  activate: {plan: plan.x, confirm_by: city.command}\n",
     "rules.yaml:10:13: error L004: confirm_by and confirm_within belong together"},
    {RULES "  activate: {plan: plan.x, confirm_by: city.comand, confirm_within: 1h}\n",
     "rules.yaml:10:40: error L011: the city has no post \"city.comand\"; nearest: city.command"},
    {RULES "  activate: {plan: plan.x, confirm_by: city.command, confirm_within: 0m}\n",
     "rules.yaml:10:70: error L005: confirm_within must be more than 0"},
    {RULES "  activate: {plan: plan.x, confirm_by: city.command, confirm_within: 1h, else: wait}\n",
     "L005: else"},
    {RULES "  activate: {plan: plan.x}\n  late_report: {registry: factory, within: 1h, event: "
           "warning.x, " OPENED "}\n",
     "rules.yaml:11:27: error L016: the city has no asset kind \"factory\""},
    {RULES "  activate: {plan: plan.x}\n  late_report: {registry: manhole, within: 1h, event: "
           "warning.x, " OPENED "}\n",
     "rules.yaml:11:27: error L016: \"manhole\" is a kind of assets without columns"},
    {RULES "  activate: {plan: plan.x}\n  late_report: {registry: enterprise, within: 1h, event: "
           "report.y, " OPENED "}\n",
     "rules.yaml:11:58: error L010: no event type \"report.y\""},
    {RULES "  activate: {plan: plan.x}\n  late_report: {registry: enterprise, within: 1h, event: "
           "warning.x, field: level, " OPENED "}\n",
     "rules.yaml:11:76: error L009: warning.x has no text field \"level\""},
    {RULES
     "  activate: {plan: plan.x}\n  late_report: {registry: enterprise, event: warning.x, " OPENED
     "}\n",
     "rules.yaml:11:16: error L004: late_report lacks the key \"within\""},
};

static void test_plan_errors_name_line_column_and_what_was_expected(void **state)
{
    char out[PRINTED_SIZE];
    uint32_t missed = 0;
    (void)state;
    assert_int_equal(compile(GOOD_RULES, TASKS ACK LOOK, out), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(PLANS); i++) {
        const enum err err = compile(GOOD_RULES, PLANS[i].text, out);
        if (err != ERR_INPUT || strstr(out, PLANS[i].expected) == NULL) {
            print_error("plan %zu:\n%sexpected %s\ngot %s\n", i, PLANS[i].text, PLANS[i].expected,
                        out);
            missed++;
        }
    }
    for (size_t i = 0; i < COUNT_OF(LEADS); i++) {
        const enum err err = compile(LEADS[i].text, TASKS ACK LOOK, out);
        if (err != ERR_INPUT || strstr(out, LEADS[i].expected) == NULL) {
            print_error("rules %zu:\n%sexpected %s\ngot %s\n", i, LEADS[i].text, LEADS[i].expected,
                        out);
            missed++;
        }
    }
    assert_int_equal(missed, 0);
}

/* Nobody would be sent: said, not refused, for a register may fill up later. */
static void test_plan_errors_an_empty_registry_is_warned_of(void **state)
{
    char out[PRINTED_SIZE];
    (void)state;
    assert_int_equal(
        compile(GOOD_RULES,
                HEAD
                "for_each: {registry: enterprise, as: e, where: e.grade == \"Z\"}\ntasks:\n" ACK,
                out),
        ERR_OK);
    assert_non_null(strstr(
        out,
        "x.yaml:4:11: warning L021: for_each e: none of the 1600 rows of the registry is chosen"));
    put_file("registries/construction_site.csv", "code,name,lon,lat,department,contact\n");
    load();
    const enum err err = compile(GOOD_RULES,
                                 HEAD "for_each: {registry: construction_site, as: s}\ntasks:\n- "
                                      "{id: a, to: \"{s.contact}\", due: 2h}\n",
                                 out);
    if (err != ERR_OK ||
        strstr(out, "x.yaml:4:11: warning L021: for_each s: none of the 0 rows") == NULL) {
        fail_msg("%d %s", (int)err, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_errors_name_line_column_and_what_was_expected),
        cmocka_unit_test(test_plan_errors_an_empty_registry_is_warned_of),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_plan_errors.c", tests, set_up,
                                       tear_down);
}

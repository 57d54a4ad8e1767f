/* test_errors.c: what the loader refuses, with code, line, column and the nearest name. */
#include "tests/unit/rules/fixture.h"

#include "rules/compile.h"
#include "tests/unit/panic.h"

static struct fixture_city fixture;

static int set_up(void **state)
{
    (void)state;
    fixture_city_init(&fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_city_fini(&fixture);
    return 0;
}

/* Compiles text, which must fail, and gives the findings as printed without the directory. */
static void compile_fails(const char *text, char *out, size_t out_size)
{
    struct scratch directory;
    fixture_directory_init(&directory, text);
    struct problems *problems = problems_new();
    void *bytes = NULL;
    size_t size = 0;
    enum err err = rules_compile(directory.path, &fixture.city, problems, &bytes, &size);
    FILE *file = fmemopen(out, out_size, "w");
    assert_non_null(file);
    problems_print(problems, file);
    (void)fclose(file);
    problems_free(problems);
    scratch_remove(&directory);
    if (err != ERR_INPUT) {
        fail_msg("expected a refusal of:\n%s", text);
    }
    assert_null(bytes);
}

#define EVENTS                                                                                     \
    "ruleset: 1\n"                                                                                 \
    "events:\n"                                                                                    \
    "  camera.a: {title: t, lane: report, fields: {confidence: number, plate: string, hit: "       \
    "bool}}\n"                                                                                     \
    "  camera.b: {title: t, lane: drain, fields: {other: number}}\n"
/* Lines 5 to 9; a test adds its own from line 10. */
#define RULE                                                                                       \
    "rules:\n"                                                                                     \
    "- id: r.one\n"                                                                                \
    "  title: t\n"                                                                                 \
    "  owner: dept.traffic\n"                                                                      \
    "  event: camera.a\n"
/* A rule of steps; a test adds its own second step. */
#define STEPS                                                                                      \
    "rules:\n- id: r.one\n  title: t\n  owner: dept.traffic\n  by: [device]\n  within: 1m\n"       \
    "  sequence:\n  - {event: camera.a, as: first}\n"
#define OPEN "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
#define ASSIGN "  assign: {role: grid_worker}\n"

struct refusal {
    const char *text;     /* of the file */
    const char *expected; /* a part of what is printed */
};

static const struct refusal REFUSALS[] = {
    /* YAML */
    {"ruleset: 1\nrules: [\n", "L001"},
    {"", "L001"},
    {"ruleset: 1\n---\nruleset: 1\n", "one YAML document"},
    {"ruleset: 1\nrules: !custom []\n", "tag !custom"},
    {EVENTS RULE OPEN ASSIGN "  where: yes\n", "rules.yaml:12:10: error L020: the plain word yes"},
    {EVENTS RULE OPEN ASSIGN "  on: x\n", "rules.yaml:12:3: error L020: the plain word on"},
    {EVENTS RULE OPEN ASSIGN "  where:\n", "L020: key \"where\" has no value"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, if: plate in [\"a\", \"b\"]}\n", "L020"},
    {EVENTS RULE OPEN ASSIGN "  title: again\n", "L006: key \"title\" appears twice"},
    {EVENTS RULE OPEN ASSIGN "  <<: {note: x}\n", "merge keys"},
    {"ruleset: 1\nx: &a [*a]\n", "nested more than"},
    /* absent */
    {EVENTS RULE OPEN ASSIGN
     "  absent: {after: camera.a, expect: camera.c, match: [device], within: 30m}\n",
     "rules.yaml:12:37: error L010: no event type \"camera.c\""},
    {EVENTS RULE OPEN ASSIGN
     "  absent: {after: camera.b, expect: camera.b, match: [device], within: 30m}\n",
     "error L005: after: camera.b must be"},
    {EVENTS RULE OPEN ASSIGN "  absent: {expect: camera.b, match: [device]}\n",
     "error L004: absent lacks the key \"within\""},
    {EVENTS RULE OPEN ASSIGN "  absent: {expect: camera.b, match: [plate], within: 30m}\n",
     "error L009: the expected event camera.b has no field \"plate\""},
    {EVENTS RULE OPEN ASSIGN "  absent: {expect: camera.b, match: [device], within: 30}\n",
     "error L003"},
    {EVENTS RULE OPEN ASSIGN "  absent: {expect: camera.b, match: [device], within: 400d}\n",
     "error L005: within may be a year"},
    {EVENTS RULE OPEN ASSIGN "  absent: {expect: camera.b, match: [device], within: 30m, to: x}\n",
     "error L002"},
    {EVENTS RULE OPEN ASSIGN
     "  absent: {expect: camera.b, match: [device], within: 30m}\n  by: [device]\n",
     "error L005: with absent, match is the key"},
    {EVENTS RULE OPEN ASSIGN
     "  absent: {expect: camera.b, match: [device], within: 30m}\n  for: 3m\n",
     "L005: a rule has one of for, window, sequence and absent"},
    /* what a step is called */
    {EVENTS STEPS "  - {event: camera.b, where: plate == first.plate}\n" OPEN ASSIGN,
     "L009: where: no event of this rule has a field \"plate\""},
    {EVENTS STEPS "  - {event: camera.b, where: other > first.confidense}\n" OPEN ASSIGN,
     "L009: where: no event of this rule has a field \"first.confidense\"; nearest: "
     "first.confidence"},
    {EVENTS STEPS "  - {event: camera.b, as: last, where: other > last.other}\n" OPEN ASSIGN,
     "L009: where: no event of this rule has a field \"last.other\""},
    {EVENTS STEPS "  - {event: camera.b, where: first.plate > 1}\n" OPEN ASSIGN, "L008: where:"},
    {EVENTS STEPS "  - {event: camera.b, as: first}\n" OPEN ASSIGN,
     "L006: as \"first\": an earlier step has that name"},
    {EVENTS STEPS "  - {event: camera.b, as: zone}\n" OPEN ASSIGN,
     "L006: as \"zone\": events have a field \"zone."},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, offer: parallel 1}\n",
     "L018: offer is \"parallel 1\"; write one, or parallel 2 to parallel 8"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, pick: least_loaded, reroute: true}\n",
     "L018: reroute moves orders to who is there sooner"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, area_guard: 150}\n",
     "L018: area_guard bounds what reroute may do"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, reroute: true, area_guard: 99}\n",
     "area_guard (percent)"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, reroute: sometimes}\n", "reroute"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, preempt: maybe}\n", "preempt"},
    {EVENTS RULE OPEN "  assign: {role: grid_worker, batch: 30s}\n", "L017"},
    {"defaults: {check: {role: inspector, reroute: true}}\n" EVENTS RULE OPEN ASSIGN,
     "for orders to handle a case, not for checks"},
    {"defaults: {reassign: {every: 500s, weights: [1, 2]}}\n" EVENTS RULE OPEN ASSIGN,
     "L018: weights has 2 entries"},
    {"defaults: {reassign: {every: 2d}}\n" EVENTS RULE OPEN ASSIGN, "every must be 1s to 1d"},
    {"defaults: {reassign: {nearest: 65}}\n" EVENTS RULE OPEN ASSIGN, "nearest"},
    {"defaults: {reassign: {switch_limit: 11}}\n" EVENTS RULE OPEN ASSIGN, "switch_limit"},
    {"defaults: {reassign: {ageing: 1001}}\n" EVENTS RULE OPEN ASSIGN, "ageing (percent)"},
    {"defaults: {reassign: {speed: 1}}\n" EVENTS RULE OPEN ASSIGN, "speed"},
    {EVENTS STEPS "  - {event: camera.b, as: First}\n" OPEN ASSIGN,
     "rules.yaml:13:27: error L005: as \"First\": a step is named"},
    {EVENTS
     "rules:\n- id: r.one\n  title: t\n  owner: dept.traffic\n  by: [first.plate]\n"
     "  within: 1m\n  sequence:\n  - {event: camera.a, as: first}\n  - {event: camera.b}\n" OPEN
         ASSIGN,
     "L009: by: \"first.plate\" is known only once the step has come"},
    {EVENTS STEPS
     "  - {event: camera.b, where: has(first.plate) and has(first.hit) and has(first.confidence) and "
     "has(first.source) and has(first.device) and has(first.type) and has(first.cell) and "
     "has(first.zone) and has(first.caller)}\n" OPEN ASSIGN,
     "L018: where: \"first.caller\": the steps of a sequence carry at most 8 fields"},
    /* keys and values */
    {"ruleset: 2\n"
     "rules: []\n",
     "L005: ruleset is 2"},
    {EVENTS RULE OPEN ASSIGN "  inhibits: {rules: [r.one]}\n",
     "L004: inhibits needs \"equal\" or \"radius_m\""},
    {EVENTS RULE OPEN ASSIGN "  inhibits: {rules: [x.y], radius_m: 5}\n",
     "L009: inhibits: there is no rule \"x.y\""},
    {EVENTS RULE OPEN ASSIGN "  inhibits: {tags: [t], equal: [device]}\n",
     "L009: inhibits: no rule has the tag \"t\""},
    {EVENTS RULE OPEN ASSIGN "  inhibits: {equal: [device]}\n",
     "L004: inhibits needs \"rules\" or \"tags\""},
    {EVENTS RULE OPEN ASSIGN "  suppress: {never: true, break_through: hit}\n",
     "L005: never: true leaves nothing"},
    {"lanes: {dispatch: {hit: all}}\n" EVENTS RULE OPEN ASSIGN,
     "L005: lane dispatch is \"hit: priority\""},
    {EVENTS RULE OPEN ASSIGN "  lane: notify\n", "L002: \"open\" goes with lane dispatch"},
    {EVENTS RULE ASSIGN, "L004: a rule of lane dispatch needs \"open\""},
    {EVENTS RULE "  lane: escalate\n", "L004: a rule of lane escalate needs \"escalate\""},
    {EVENTS RULE "  lane: escalate\n  escalate: [{when: opened, after: 5m, severity: 2}]\n",
     "L005: a rule of lane escalate acts when the event comes: now: true"},
    {EVENTS RULE OPEN ASSIGN "  group: {wait: 30s}\n", "L002: group goes with lane notify"},
    {EVENTS RULE "  lane: notify\n  escalate: [{when: opened, now: true, to: dept.a.duty}]\n  "
                 "group: {interval: 5h}\n",
     "L005: a group is told again at the earliest after its interval"},
    {EVENTS RULE "  lane: notify\n  escalate: [{when: opened, now: true, to: dept.a.duty}]\n  "
                 "group: {by: [nosuch]}\n",
     "L009: group.by: no event of this rule has a field"},
    {EVENTS RULE "  lane: notify\n  escalate: [{when: opened, now: true, severity: 2}]\n",
     "L005: a rule of lane notify only tells posts"},
    {EVENTS RULE OPEN ASSIGN "  wher: hit\n",
     "rules.yaml:12:3: error L002: a rule has no key \"wher\"; nearest: where"},
    {EVENTS RULE OPEN, "L004: a rule needs \"assign\", or \"activate\""},
    {EVENTS RULE OPEN ASSIGN "  priority: 1001\n", "L005: priority is 1001; it must be 0 to 1000"},
    {EVENTS RULE OPEN ASSIGN "  priority: high\n", "L003: priority must be a whole number"},
    {EVENTS RULE OPEN ASSIGN "  sla: {accept: 5}\n", "L003: accept must be a duration"},
    {EVENTS RULE OPEN ASSIGN "  status: activ\n", "nearest: active"},
    {EVENTS RULE OPEN ASSIGN "  dedupe: {key: [device], window: 0m}\n",
     "L005: window must be more than 0"},
    {EVENTS RULE OPEN ASSIGN "  escalate: {when: unaccepted, after: 80%, to: fire.119}\n",
     "only with when: unhandled"},
    {EVENTS RULE OPEN ASSIGN "  escalate: {when: unaccepted, now: true, to: fire.119}\n",
     "L005: now: true"},
    {EVENTS RULE OPEN ASSIGN "  escalate: {when: opened, now: true}\n",
     "at least one of to, do, severity and activate"},
    {EVENTS RULE OPEN ASSIGN "  escalate: {when: confidence > 1, now: true, to: fire.119}\n",
     "only severity can be used here"},
    {EVENTS RULE OPEN ASSIGN
     "- id: r.one\n  title: t\n  owner: dept.gas\n  event: camera.b\n" OPEN ASSIGN,
     "L006: rule id \"r.one\" is used already"},
    {EVENTS RULE OPEN ASSIGN
     "- id: R two\n  title: t\n  owner: dept.gas\n  event: camera.b\n" OPEN ASSIGN,
     "L005: id \"R two\""},
    /* names of the city */
    {EVENTS RULE OPEN "  assign: {role: grid_workr}\n",
     "L012: the city has no role \"grid_workr\"; nearest: grid_worker"},
    {EVENTS RULE OPEN "  assign: {skills: parkin}\n",
     "L012: the city has no skill \"parkin\"; nearest: parking"},
    {EVENTS RULE OPEN "  assign: {fallback: dept.traffic.dutty}\n", "L011: the city has no post"},
    {EVENTS RULE OPEN "  assign: {search: [grids]}\n", "nearest: grid"},
    {EVENTS RULE OPEN "  assign: {search: [1km]}\n",
     "L003: a search ring is grid, street, district, city or whole metres such as 800, not \"1km\""},
    {EVENTS RULE OPEN ASSIGN "  area: {in: square}\n",
     "L014: the city has no area \"square\"; nearest: area.square"},
    {EVENTS RULE OPEN ASSIGN "  time: {in: cal.nigth}\n",
     "L013: the city has no calendar \"cal.nigth\"; nearest: cal.night"},
    {EVENTS RULE OPEN ASSIGN "  area: {in: [area.sqare]}\n",
     "L014: the city has no area \"area.sqare\"; nearest: area.square"},
    {EVENTS RULE "  open: {class: \"E.01.2\", severity: 3, title: t}\n" ASSIGN,
     "L015: the city has no class \"E.01.2\""},
    {EVENTS RULE OPEN ASSIGN "  merge: {key: [class], asset: nearest(manhol), radius_m: 5}\n",
     "L016: the city has no asset kind \"manhol\"; nearest: manhole"},
    {EVENTS RULE OPEN ASSIGN "  merge: {key: [class], asset: nearest(manhole)}\n",
     "needs radius_m"},
    /* events and fields */
    {EVENTS "rules:\n- {id: r, title: t, owner: dept.gas, event: camera.c, open: x, assign: x}\n",
     "L010: no event type \"camera.c\""},
    {EVENTS RULE OPEN ASSIGN "  dedupe: {key: [plat], window: 5m}\n",
     "L009: a dedupe key: no event of this rule has a field \"plat\"; nearest: plate"},
    {EVENTS RULE ASSIGN "  open: {class: \"E.01.02\", severity: 3, title: \"{plat}\"}\n",
     "L009: title: no event of this rule has a field \"plat\"; nearest: plate"},
    {EVENTS RULE ASSIGN "  open: {class: \"E.01.02\", severity: 3, title: \"{plate\"}\n",
     "L007: title: a { without its }"},
    {EVENTS RULE OPEN ASSIGN
     "  close: {event: camera.b, match: [plate], within: 1h, else: check_result}\n",
     "closing event camera.b has no field \"plate\""},
    {"ruleset: 1\nevents:\n  a: {title: t, lane: report, fields: {x: number}}\n  b: {title: t, "
     "lane: report, fields: {x: string}}\nrules: []\n",
     "one name, one kind"},
    {"ruleset: 1\nevents:\n  a: {title: t, lane: report, fields: {device: string}}\nrules: []\n",
     "built in"},
    /* expressions */
    {EVENTS RULE OPEN ASSIGN "  where: confidence >= 0.5 and\n",
     "L007: where: expected a value before the end"},
    {EVENTS RULE OPEN ASSIGN "  where: confidence = 1\n",
     "rules.yaml:12:21: error L007: where: =: write == to compare"},
    {EVENTS RULE OPEN ASSIGN "  where: confidence >= \"x\"\n",
     "L008: where: a number is compared with a text"},
    {EVENTS RULE OPEN ASSIGN "  where: plate < \"x\"\n",
     "L008: where: a text can only be compared with == and !="},
    {EVENTS RULE OPEN ASSIGN "  where: confidence\n",
     "L008: where: a condition needs true or false, not a number"},
    {EVENTS RULE OPEN ASSIGN "  where: hit and confidense > 1\n",
     "rules.yaml:12:18: error L009: where: no event of this rule has a field \"confidense\"; "
     "nearest: confidence"},
    {EVENTS RULE OPEN ASSIGN "  where: other > 1\n", "L009"},
    {EVENTS RULE OPEN ASSIGN "  where: confidence > params.x\n", "no parameter \"x\""},
    {EVENTS RULE OPEN ASSIGN "  where: slope(confidence)\n", "L007: where: no function \"slope\""},
    {EVENTS RULE OPEN ASSIGN "  where: severity > 1\n", "L009"},
    {EVENTS RULE OPEN ASSIGN "  where: confidence > 5m\n", "L007"},
    {EVENTS RULE OPEN ASSIGN "  where: ((((((((((((((((((((((((((hit))))))))))))))))))))))))))\n",
     "L018: where: nested more than"},
    /* clauses */
    {EVENTS RULE OPEN ASSIGN "  valid: {from: x}\n",
     "rules.yaml:12:17: error L005: from \"x\" should be a date that exists"},
    {EVENTS RULE OPEN ASSIGN "  valid: {from: 2026-02-01, until: 2026-01-01}\n",
     "until should be later than from"},
    {EVENTS RULE OPEN ASSIGN "  supersedes: [r.zero]\n", "L016: supersedes: no rule \"r.zero\""},
    {EVENTS "basis: {gb.1: {title: t}}\n" RULE OPEN ASSIGN "  basis: [gb.2]\n",
     "L016: no clause \"gb.2\" under basis:; nearest: gb.1"},
    {EVENTS "basis: {gb.1: {title: t, until: 2020-01-01}}\n" RULE OPEN ASSIGN "  basis: [gb.1]\n",
     "L207: rule r.one (dept.traffic) stands on gb.1 (t), which is no longer in force since "
     "2020-01-01"},
    {EVENTS RULE OPEN ASSIGN "  lint_ignore: [L204]\n", "L003: lint_ignore is a list"},
    /* lint */
    {EVENTS RULE OPEN ASSIGN "  where: confidence > 5 and confidence < 3\n",
     "L101: rule r.one: where can never be true"},
    {EVENTS RULE OPEN ASSIGN "  where: plate == \"a\" and plate == \"b\"\n", "L101"},
    {EVENTS RULE OPEN ASSIGN "  time: {in: cal.night, not_in: [cal.night, cal.office]}\n", "L101"},
    {EVENTS RULE OPEN ASSIGN
     "- id: r.two\n  title: t\n  owner: dept.gas\n  event: [camera.b, camera.a]\n" OPEN ASSIGN,
     "L201: rules r.two (dept.gas) and r.one (dept.traffic, rules.yaml:6) take the same camera.a "
     "events"},
    {EVENTS RULE OPEN ASSIGN "  where: hit\n- id: r.two\n  title: t\n  owner: dept.gas\n  event: "
                             "camera.a\n  where: hit\n" OPEN ASSIGN,
     "L201"},
    {EVENTS RULE OPEN ASSIGN
     "- id: r.two\n  title: t\n  owner: dept.gas\n  event: camera.a\n  where: hit\n" OPEN ASSIGN,
     "L201"},
};

static void test_errors_are_told_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(REFUSALS); i++) {
        char printed[8192] = "";
        compile_fails(REFUSALS[i].text, printed, sizeof printed);
        if (strstr(printed, REFUSALS[i].expected) == NULL) {
            fail_msg("expected\n%s\nin\n%sfor\n%s", REFUSALS[i].expected, printed,
                     REFUSALS[i].text);
        }
    }
}

static void test_errors_keys_of_later_versions_are_refused(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"tests: []"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        char text[2048];
        char printed[8192] = "";
        (void)snprintf(text, sizeof text, "%s  %s\n", EVENTS RULE OPEN ASSIGN, KEYS[i]);
        compile_fails(text, printed, sizeof printed);
        if (strstr(printed, "L017") == NULL ||
            strstr(printed, "in the language but not in this version") == NULL) {
            fail_msg("%s gave %s", KEYS[i], printed);
        }
    }
}

static void test_errors_all_are_listed(void **state)
{
    (void)state;
    char printed[8192] = "";
    compile_fails(EVENTS RULE
                  "  open: {class: X, severity: 9, title: t}\n  assign: {role: nobody}\n"
                  "  where: plate > 1\n  time: {in: cal.x}\n",
                  printed, sizeof printed);
    assert_non_null(strstr(printed, "L015"));
    assert_non_null(strstr(printed, "L005"));
    assert_non_null(strstr(printed, "L012"));
    assert_non_null(strstr(printed, "L008"));
    assert_non_null(strstr(printed, "L013"));
}

static void test_errors_case_fields_are_bounded(void **state)
{
    (void)state;
    char printed[8192] = "";
    compile_fails(
        "ruleset: 1\nevents:\n  camera.a: {title: t, lane: report, fields: {a: number, b: "
        "number, c: number, d: number, e: number, f: number, g: number, h: number, i: "
        "number}}\n" RULE ASSIGN
        "  open: {class: \"E.01.02\", severity: 3, title: \"{a}{b}{c}{d}{e}{f}{g}{h}{i}\"}\n",
        printed, sizeof printed);
    assert_non_null(strstr(printed, "L018: a case keeps 8 fields"));
}

/* A file that unfolds: nine anchors, each ten times the one before. */
static void test_errors_unfolding_anchors_are_bounded(void **state)
{
    (void)state;
    char text[4096] = "ruleset: 1\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n";
    for (int i = 1; i < 9; i++) {
        char line[256];
        (void)snprintf(line, sizeof line,
                       "x%d: &x%d [*x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d]\n",
                       i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    char printed[8192] = "";
    compile_fails(text, printed, sizeof printed);
    assert_non_null(strstr(printed, "L018: more than 2000000 values"));
}

/* Any text ends in an image or in findings, never in a crash. */
static void test_errors_damaged_text_never_crashes(void **state)
{
    (void)state;
    static const char TEXT[] =
        EVENTS RULE OPEN ASSIGN "  where: confidence >= 0.5 and plate in [\"a\", \"b\"]\n"
                                "  area: {in: [area.square, {at: [0.5, 0.5], radius_m: 100}]}\n"
                                "  escalate: [{when: unaccepted, after: 10m, do: reassign}]\n";
    const char *given = getenv("GRIDLOOP_SEED");
    uint64_t random = given == NULL ? (uint64_t)getpid() : (uint64_t)strtoull(given, NULL, 10);
    (void)fprintf(stdout, "# seed %llu\n", (unsigned long long)random);
    for (int i = 0; i < 600; i++) {
        char text[sizeof TEXT];
        memcpy(text, TEXT, sizeof TEXT);
        for (uint64_t k = fixture_random(&random) % 4 + 1; k > 0; k--) {
            static const char BYTES[] = "{}[],:\"'#&*!|>-%@ \n\t0a()=.<\x80\xff";
            text[fixture_random(&random) % (sizeof TEXT - 1)] =
                BYTES[fixture_random(&random) % (sizeof BYTES - 1)];
        }
        struct scratch directory;
        fixture_directory_init(&directory, text);
        struct problems *problems = problems_new();
        void *bytes = NULL;
        size_t size = 0;
        enum err err = rules_compile(directory.path, &fixture.city, problems, &bytes, &size);
        assert_true(err == ERR_OK || (err == ERR_INPUT && problems_error_count(problems) > 0));
        free(bytes);
        problems_free(problems);
        scratch_remove(&directory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_are_told_in_words),
        cmocka_unit_test(test_errors_keys_of_later_versions_are_refused),
        cmocka_unit_test(test_errors_all_are_listed),
        cmocka_unit_test(test_errors_case_fields_are_bounded),
        cmocka_unit_test(test_errors_unfolding_anchors_are_bounded),
        cmocka_unit_test(test_errors_damaged_text_never_crashes),
    };
    return cmocka_run_group_tests_name("rules/errors", tests, set_up, tear_down);
}

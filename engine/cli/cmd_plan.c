/* cmd_plan.c: `gridloop plan`: how emergency plans stand in a running engine, and the acts on them.
 *
 * list and show ask the engine (plan_ask.h); ack, confirm, stand-down, start and drill are commands in its log, with who did
 * it and why. After an act the plan is shown as it stands then. */
#include "engine/cli/arguments.h"
#include "engine/cli/identities.h"
#include "engine/cli/plan_ask.h"
#include "engine/cli/plan_print.h"
#include "engine/core/life.h"
#include "proto/client/gridloop.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define ACT_WAIT_MS 5000u

struct plan_options {
    const char *word; /* PLAN */
    const char *url, *lang, *as, *reason, *text, *tasks;
    uint64_t order;
    bool takes_word;
    bool is_json;
};

/* ---- reading ---- */

static void print_json(json_t *root)
{
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(root);
}

static int list(struct plan_asker *asker, const struct plan_options *options)
{
    json_t *plans = plan_ask_plans(asker);
    if (plans == NULL) {
        return asker->exit_code;
    }
    if (options->is_json) {
        print_json(plans);
        return EX_OK;
    }
    plan_print_list(asker, plans);
    json_decref(plans);
    return EX_OK;
}

static int show(struct plan_asker *asker, const struct plan_options *options)
{
    json_t *plans = plan_ask_plans(asker);
    const json_t *plan = plans == NULL ? NULL : plan_ask_find(asker, plans, options->word);
    const char *number = plan == NULL ? NULL : json_string_value(json_object_get(plan, "case"));
    json_t *districts = number == NULL ? NULL : plan_ask_districts(asker, number);
    json_t *tasks = districts == NULL ? NULL : plan_ask_tasks(asker, number);
    if (tasks != NULL && options->is_json) {
        json_t *root = json_deep_copy(plan);
        (void)json_object_set(root, "districts", districts);
        (void)json_object_set(root, "tasks", tasks);
        print_json(root);
    } else if (tasks != NULL) {
        plan_print_show(asker, plan, districts, tasks, options->tasks);
    }
    json_decref(tasks);
    json_decref(districts);
    json_decref(plans);
    return asker->exit_code;
}

/* ---- acting ---- */

/* What is possible, in the words of this command. */
static void put_possible(uint64_t possible, char *out, size_t out_size)
{
    static const struct {
        enum action action;
        const char *verb;
    } VERBS[] = {{ACTION_PLAN_CONFIRM, "confirm"},
                 {ACTION_PLAN_STAND_DOWN, "stand-down"},
                 {ACTION_PLAN_ACK, "ack"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(VERBS); i++) {
        if ((possible & action_bit(VERBS[i].action)) != 0) {
            const int size =
                snprintf(out + used, out_size - used, "%s%s", used > 0 ? ", " : "", VERBS[i].verb);
            used += size > 0 && (size_t)size < out_size - used ? (size_t)size : 0;
        }
    }
}

static int refused(struct plan_asker *asker, const struct plan_options *options,
                   const struct gridloop_operator_result *result, const json_t *plan)
{
    char possible[64], near[IDENTITIES_NEAR_SIZE] = "";
    uint32_t state = 0;
    const uint32_t code = (uint32_t)result->code;
    put_possible(result->possible, possible, sizeof possible);
    if (code == CODE_UNKNOWN_IDENTITY) {
        (void)identities_near(NULL, options->as, near);
    }
    const char *name = plan == NULL ? NULL : json_string_value(json_object_get(plan, "state"));
    const bool has_state = name != NULL && words_parse_plan_state(name, &state);
    (void)fprintf(stderr, "%s %s: %s%s%s%s%s%s%s%s%s (exit %d)\n", cli_refused(asker->lang),
                  words_code_name(code), words_code(code, asker->lang), near,
                  result->case_no[0] == '\0' ? ""
                  : asker->lang == LANG_ZH   ? "；预案 "
                                             : "; plan ",
                  result->case_no, has_state ? ": " : "",
                  has_state ? words_plan_state(state, asker->lang) : "",
                  possible[0] != '\0' ? cli_possible(asker->lang) : "", possible,
                  code != CODE_NO_RIGHT ? ""
                  : asker->lang == LANG_ZH
                      ? "；可由被询问的岗位、主管部门牵头岗位或值班长办理"
                      : "; by: the post that is asked, the owner's lead post, the shift chief",
                  EX_NOPERM);
    cli_say_hint(code, result->possible, result->hint);
    return EX_NOPERM;
}

/* The plan as it stands after the act. */
static int print_done(struct plan_asker *asker, const struct plan_options *options,
                      const struct gridloop_operator_result *result)
{
    json_t *plans = plan_ask_plans(asker);
    const json_t *plan = plans == NULL ? NULL : plan_ask_find(asker, plans, result->case_no);
    if (plan != NULL && options->is_json) {
        json_t *row = json_deep_copy(plan);
        (void)json_object_set_new(row, "code",
                                  json_string(words_code_name((uint32_t)result->code)));
        print_json(row);
    } else if (plan != NULL) {
        plan_print_line(asker, plan);
    }
    json_decref(plans);
    return asker->exit_code;
}

static int act(struct plan_asker *asker, const struct plan_options *options,
               struct gridloop_act *wanted, const json_t *plan)
{
    struct gridloop_operator_result result;
    uint32_t reason = 0;
    if (options->reason != NULL && !words_parse_reason(options->reason, &reason)) {
        (void)fprintf(stderr,
                      "gridloop plan: no reason \"%s\": gridloop case act --help (exit %d)\n",
                      options->reason, EX_USAGE);
        return EX_USAGE;
    }
    wanted->reason =
        wanted->reason == REASON_NONE ? (int)reason : wanted->reason; /* a drill stays one */
    wanted->text = options->text;
    const int status =
        gridloop_operator_act(link_url(&asker->link), options->as, wanted, ACT_WAIT_MS, &result);
    if (status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT) {
        return cli_no_engine(link_url(&asker->link));
    }
    if (status != GRIDLOOP_OK && !(status == GRIDLOOP_HELD && result.code != 0)) {
        (void)fprintf(stderr, "gridloop plan: %s%s%s (exit %d)\n", gridloop_status_text(status),
                      result.hint[0] != '\0' ? ": " : "", result.hint, EX_USAGE);
        return EX_USAGE;
    }
    return words_code_is_refusal((uint32_t)result.code) ? refused(asker, options, &result, plan)
                                                        : print_done(asker, options, &result);
}

/* confirm, stand-down: a plan by its case. */
static int steer(struct plan_asker *asker, const struct plan_options *options, enum action action)
{
    json_t *plans = plan_ask_plans(asker);
    const json_t *plan = plans == NULL ? NULL : plan_ask_find(asker, plans, options->word);
    if (plan != NULL) {
        struct gridloop_act wanted = {.action = (int)action,
                                      .case_no = json_string_value(json_object_get(plan, "case"))};
        asker->exit_code = act(asker, options, &wanted, plan);
    }
    json_decref(plans);
    return asker->exit_code;
}

static int confirm(struct plan_asker *asker, const struct plan_options *options)
{
    return steer(asker, options, ACTION_PLAN_CONFIRM);
}

static bool has_why(const struct plan_options *options)
{
    if (options->reason == NULL && options->text == NULL) {
        (void)fprintf(
            stderr,
            "gridloop plan: why? --reason or --text is needed, it goes on record (exit %d)\n",
            EX_USAGE);
    }
    return options->reason != NULL || options->text != NULL;
}

static int stand_down(struct plan_asker *asker, const struct plan_options *options)
{
    return has_why(options) ? steer(asker, options, ACTION_PLAN_STAND_DOWN) : EX_USAGE;
}

static int start_with(struct plan_asker *asker, const struct plan_options *options,
                      enum reason reason)
{
    if (options->word == NULL) {
        (void)fprintf(stderr, "gridloop plan: which? start plan.air.orange (exit %d)\n", EX_USAGE);
        return EX_USAGE;
    }
    struct gridloop_act wanted = {
        .action = ACTION_PLAN_START, .subject = options->word, .reason = (int)reason};
    return act(asker, options, &wanted, NULL);
}

static int start(struct plan_asker *asker, const struct plan_options *options)
{
    return has_why(options) ? start_with(asker, options, REASON_NONE) : EX_USAGE;
}

static int drill(struct plan_asker *asker, const struct plan_options *options)
{
    return start_with(asker, options, REASON_DRILL);
}

/* ---- acknowledging ---- */

/* The one task that asks this person: by name, else the only one this person may answer. 0 after listing them. */
static uint64_t find_own(struct plan_asker *asker, const struct plan_options *options,
                         const json_t *tasks)
{
    uint64_t named = 0, any = 0;
    uint32_t named_count = 0, any_count = 0;
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *task = json_array_get(tasks, i);
        const char *person = json_string_value(json_object_get(task, "person"));
        if (!json_is_true(json_object_get(task, "yours"))) {
            continue;
        }
        const uint64_t order = (uint64_t)json_integer_value(json_object_get(task, "order"));
        if (person != NULL && strcmp(person, options->as) == 0) {
            named = order;
            named_count++;
        }
        any = order;
        any_count++;
    }
    if (named_count == 1 || (named_count == 0 && any_count == 1)) {
        return named_count == 1 ? named : any;
    }
    (void)fprintf(
        stderr,
        any_count == 0
            ? "gridloop plan ack: nothing of this plan waits for %s (exit %d)\n"
            : "gridloop plan ack: several wait for %s; say which with --order (exit %d)\n",
        options->as, any_count == 0 ? EX_NOINPUT : EX_USAGE);
    asker->exit_code = any_count == 0 ? EX_NOINPUT : EX_USAGE;
    for (size_t i = 0; any_count > 0 && i < json_array_size(tasks); i++) {
        const json_t *task = json_array_get(tasks, i);
        if (json_is_true(json_object_get(task, "yours"))) {
            plan_print_task(asker, task);
        }
    }
    return 0;
}

static int ack(struct plan_asker *asker, const struct plan_options *options)
{
    struct gridloop_act wanted = {.action = ACTION_PLAN_ACK, .order = options->order};
    json_t *plans = NULL, *tasks = NULL;
    if (wanted.order == 0) {
        plans = plan_ask_plans(asker);
        const json_t *plan = plans == NULL ? NULL : plan_ask_find(asker, plans, options->word);
        tasks = plan == NULL
                    ? NULL
                    : plan_ask_tasks(asker, json_string_value(json_object_get(plan, "case")));
        wanted.order = tasks == NULL ? 0 : find_own(asker, options, tasks);
    }
    if (wanted.order != 0) {
        asker->exit_code = act(asker, options, &wanted, NULL);
    }
    json_decref(tasks);
    json_decref(plans);
    return asker->exit_code;
}

/* ---- options ---- */

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct plan_options *options = state->input;
    const struct {
        int key;
        const char **to;
    } texts[] = {{'u', &options->url},    {'L', &options->lang}, {'A', &options->as},
                 {'r', &options->reason}, {'t', &options->text}, {'T', &options->tasks}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].key == key) {
            *texts[i].to = value;
            return 0;
        }
    }
    char *end = NULL;
    switch (key) {
    case 'N':
        options->order = strtoull(value, &end, 10);
        if (*end != '\0' || end == value) {
            argp_error(state, "--order: a task's number is expected, not \"%s\"", value);
        }
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (!options->takes_word || options->word != NULL) {
            argp_error(state, "\"%s\" is not expected here", value);
        }
        options->word = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef int run_fn(struct plan_asker *asker, const struct plan_options *options);

static int run(const struct argp *argp, int argc, char **argv, run_fn *function)
{
    struct plan_asker asker;
    struct plan_options options = {.takes_word = argp->args_doc != NULL};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(argp, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    int exit_code = plan_ask_open(&asker, options.url, options.as, options.lang);
    if (exit_code == EX_OK) {
        exit_code = function(&asker, &options);
        plan_ask_close(&asker);
    }
    return exit_code;
}

#define REASONED                                                                                   \
    {"reason", 'r', "REASON", 0, "why, as a word", 0},                                             \
    {                                                                                              \
        "text", 't', "TEXT", 0, "why, in words; at most 1000 bytes", 0                             \
    }

static int run_list(int argc, char **argv)
{
    static const struct argp_option rows[] = {PLAN_ASK_OPTIONS, {0}};
    static const struct argp argp = {
        .options = rows, .parser = parse, .doc = "Activated plans and how far they are."};
    return run(&argp, argc, argv, list);
}

/* --tasks by itself lists all of them: another option behind it is not its value. */
static void complete_tasks(int argc, char **argv)
{
    static char all[] = "--tasks=all";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const bool is_bare = strcmp(argv[i], "--tasks") == 0 || strcmp(argv[i], "-T") == 0;
        if (is_bare && (i + 1 == argc || argv[i + 1][0] == '-')) {
            argv[i] = all;
        }
    }
}

static int run_show(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        PLAN_ASK_OPTIONS,
        {"tasks", 'T', "all|open|overdue|failed|done", 0,
         "list these tasks, with who and when; all where nothing is said", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse,
                                     .args_doc = "[PLAN]",
                                     .doc = "Progress by district, who acknowledged and when, what "
                                            "is overdue, which districts are silent, "
                                            "checklists that failed. PLAN is its case, a tail of "
                                            "that, or the plan's id; default the one that runs."};
    complete_tasks(argc, argv);
    return run(&argp, argc, argv, show);
}

static int run_ack(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        PLAN_ASK_OPTIONS,
        REASONED,
        {"order", 'N', "N", 0, "this task; default the one that waits for you", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse,
                                     .args_doc = "[PLAN]",
                                     .doc = "Acknowledges that a task of a plan has begun."};
    return run(&argp, argc, argv, ack);
}

static int run_steer(int argc, char **argv, const char *doc, run_fn *function)
{
    static const struct argp_option rows[] = {PLAN_ASK_OPTIONS, REASONED, {0}};
    const struct argp argp = {.options = rows, .parser = parse, .args_doc = "[PLAN]", .doc = doc};
    return run(&argp, argc, argv, function);
}

static int run_confirm(int argc, char **argv)
{
    return run_steer(argc, argv, "Confirms a plan that waits: it begins.", confirm);
}

static int run_stand_down(int argc, char **argv)
{
    return run_steer(argc, argv, "Ends a plan; what nobody has begun is cancelled after its grace.",
                     stand_down);
}

static int run_start(int argc, char **argv)
{
    return run_steer(argc, argv, "Starts a plan by hand: PLAN is its id, plan.air.orange.", start);
}

static int run_drill(int argc, char **argv)
{
    return run_steer(argc, argv, "Starts a plan as a drill, marked everywhere: PLAN is its id.",
                     drill);
}

int cmd_plan(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"list", run_list, "activated plans and how far they are"},
        {"show", run_show, "one of them: districts, who acknowledged, overdue, silent, failed"},
        {"ack", run_ack, "acknowledge that your task has begun"},
        {"confirm", run_confirm, "confirm a plan that waits: it begins"},
        {"stand-down", run_stand_down, "end a plan, with a reason"},
        {"start", run_start, "start a plan by hand, with a reason"},
        {"drill", run_drill, "start a plan as a drill"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop plan", VERBS, argc, argv);
}

/* cmd_case.c: `gridloop case list | show | explain`; what somebody does with a case is case_act.c.
 *
 * They read the log of a data directory by replay, beside a running engine or without one. */
#include "engine/cli/arguments.h"
#include "engine/cli/case_act.h"
#include "engine/cli/case_record.h"
#include "engine/cli/case_status.h"
#include "engine/cli/case_story.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"
#include "engine/edge/labels.h"
#include "engine/edge/story.h"
#include "engine/edge/title.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct case_options {
    const char *words[2]; /* case, action */
    uint32_t word_count;
    uint32_t words_max;
    const char *data; /* from run_* on: found */
    const char *url;
    const char *lang;
    bool is_json;
    bool has_closed; /* list: closed ones too */
};

/* ---- shared ---- */

/* What one case is, as words. */
struct case_words {
    char no[WORDS_CASE_NO_SIZE];
    char title[256];
    char holder[128];
    char deadline[32];
    char place[160];
};

static void put_holder(struct text *text, const struct city *city, struct holder holder,
                       enum lang lang)
{
    if (holder.kind == HOLDER_PERSON) {
        (void)labels_put_person(text, city, holder.index, lang);
    } else if (holder.kind == HOLDER_POST) {
        (void)labels_put_post(text, city, holder.index, lang);
    }
}

static void describe(const struct core *core, const struct case_view *view, enum lang lang,
                     struct case_words *out)
{
    const struct city *city = core_city(core);
    struct text text;
    (void)words_case_no(view->no, out->no);
    title_render(city, core_policy(core), view, out->title, sizeof out->title);
    text_init(&text, out->holder, sizeof out->holder);
    put_holder(&text, city, view->holder, lang);
    text_init(&text, out->place, sizeof out->place);
    (void)labels_put_where(
        &text, city, &(struct labels_where){view->asset, view->device, view->cell, view->place},
        lang);
    out->deadline[0] = '\0';
    if (view->deadline_ms != NEVER_MS && !case_state_is_terminal(view->state)) {
        (void)story_instant(city, view->deadline_ms, core_now_ms(core), out->deadline,
                            sizeof out->deadline);
    }
}

static json_t *case_json(const struct case_view *view, const struct case_words *words)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "case", json_string(words->no));
    (void)json_object_set_new(row, "state",
                              json_string(words_case_state_name((uint32_t)view->state)));
    (void)json_object_set_new(row, "severity", json_integer(view->severity));
    (void)json_object_set_new(row, "title", json_string(words->title));
    (void)json_object_set_new(row, "place", json_string(words->place));
    (void)json_object_set_new(row, "holder_kind",
                              json_string(words_holder_kind_name(view->holder.kind)));
    (void)json_object_set_new(row, "holder", json_string(words->holder));
    (void)json_object_set_new(row, "clock", json_string(words_clock_name(view->clock)));
    (void)json_object_set_new(row, "deadline_ms",
                              view->deadline_ms != NEVER_MS ? json_integer(view->deadline_ms)
                                                            : json_null());
    (void)json_object_set_new(row, "is_overdue", json_boolean(view->is_overdue));
    (void)json_object_set_new(row, "opened_at_ms", json_integer(view->opened_at_ms));
    (void)json_object_set_new(row, "events", json_integer(view->event_count));
    return row;
}

static int open_story(const struct case_options *options, struct case_no part,
                      struct case_story *out_story)
{
    struct data_fault fault = {.text = ""};
    enum err err = case_story_open(options->data, part, cli_lang(options->lang), out_story, &fault);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop case: %s (exit %d)\n", fault.text, cli_exit_of(err));
        return cli_exit_of(err);
    }
    if (core_city(replay_core(out_story->replay)) == NULL) {
        (void)fprintf(stderr, "gridloop case: the log holds no city yet (exit %d)\n", EX_NOINPUT);
        case_story_close(out_story);
        return EX_NOINPUT;
    }
    return EX_OK;
}

static void print_json(json_t *root)
{
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(root);
}

/* ---- list ---- */

static int compare_views(const void *a, const void *b)
{
    const struct case_view *left = a, *right = b;
    const uint32_t keys[][2] = {{left->no.day, right->no.day},
                                {left->no.district, right->no.district},
                                {left->no.serial, right->no.serial}};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

/* All cases in the order of their numbers; malloc'ed. */
static struct case_view *collect(const struct core *core, bool has_closed, uint32_t *out_count)
{
    struct case_view view, *views = calloc(core_limits(core)->cases, sizeof *views);
    uint32_t slot = 0, count = 0;
    while (views != NULL && core_next_case(core, &slot, &view)) {
        if (has_closed || !case_state_is_terminal(view.state)) {
            views[count++] = view;
        }
    }
    if (views != NULL) {
        qsort(views, count, sizeof *views, compare_views);
    }
    *out_count = count;
    return views;
}

static int case_list(const struct case_options *options)
{
    struct case_story story;
    int exit_code = open_story(options, (struct case_no){0, 0, 0}, &story);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const struct core *core = replay_core(story.replay);
    uint32_t count = 0;
    struct case_view *views = collect(core, options->has_closed, &count);
    json_t *rows = json_array();
    for (uint32_t i = 0; i < count; i++) {
        struct case_words words;
        describe(core, &views[i], story.lang, &words);
        if (options->is_json) {
            (void)json_array_append_new(rows, case_json(&views[i], &words));
        } else {
            (void)printf("%s  %s  %s  %s  %s%s%s%s\n", words.no, story_severity(views[i].severity),
                         words_case_state((uint32_t)views[i].state, story.lang), words.title,
                         words.holder, words.deadline[0] != '\0' ? "  " : "", words.deadline,
                         views[i].is_overdue ? (story.lang == LANG_ZH ? "  已超时" : "  OVERDUE")
                                             : "");
        }
    }
    if (options->is_json) {
        print_json(json_incref(rows));
    } else if (count == 0) {
        (void)printf(story.lang == LANG_ZH ? "没有在办案件\n" : "no open cases\n");
    }
    json_decref(rows);
    free(views);
    case_story_close(&story);
    return EX_OK;
}

/* ---- show, explain ---- */

/* Is every kept line about one case? Otherwise says which there are. */
static int check_unique(const struct case_story *story, const char *asked)
{
    char first[WORDS_CASE_NO_SIZE], other[WORDS_CASE_NO_SIZE];
    if (story->line_count == 0) {
        (void)fprintf(
            stderr,
            "UNKNOWN_CASE: no case ends in \"%s\"; gridloop case list --all shows them (exit %d)\n",
            asked, EX_NOINPUT);
        return EX_NOINPUT;
    }
    for (uint32_t i = 1; i < story->line_count; i++) {
        if (!case_no_is_equal(story->lines[i].no, story->lines[0].no)) {
            (void)fprintf(stderr,
                          "AMBIGUOUS: \"%s\" fits %s and %s; give more of the number (exit %d)\n",
                          asked, words_case_no(story->lines[0].no, first),
                          words_case_no(story->lines[i].no, other), EX_USAGE);
            return EX_USAGE;
        }
    }
    return EX_OK;
}

static bool is_shown(const struct case_line *line, bool is_explained)
{
    if (is_explained) {
        return !line->is_told_before;
    }
    return line->kind == EFFECT_TIMELINE || line->is_by_hand;
}

static json_t *line_json(const struct case_line *line)
{
    json_t *row = json_object();
    (void)json_object_set_new(row, "position", json_integer((json_int_t)line->position));
    (void)json_object_set_new(row, "at_ms", json_integer(line->at_ms));
    (void)json_object_set_new(row, "kind",
                              json_string(line->kind == EFFECT_TIMELINE   ? "timeline"
                                          : line->kind == EFFECT_DECISION ? "decision"
                                          : line->kind == EFFECT_NOTICE   ? "notice"
                                                                          : "firing"));
    if (line->kind == EFFECT_TIMELINE) {
        (void)json_object_set_new(row, "action", json_string(words_action_name(line->action)));
        (void)json_object_set_new(row, "state", json_string(words_case_state_name(line->state)));
    }
    if (line->code != CODE_NOTHING) {
        (void)json_object_set_new(row, "code", json_string(words_code_name(line->code)));
    }
    (void)json_object_set_new(row, "text", json_string(line->text));
    if (line->looked != NULL) {
        (void)json_object_set(row, "candidates", line->looked);
    }
    return row;
}

/* The rule as it was written: where to look. */
static void print_rule(const struct core *core, const struct case_view *view, enum lang lang)
{
    const struct policy *policy = core_policy(core);
    if (view->rule >= policy->rule_count) {
        return;
    }
    const struct policy_rule *rule = &policy->rules[view->rule];
    (void)printf("%s %.*s (%.*s:%u)\n", lang == LANG_ZH ? "规则" : "rule", (int)rule->id.size,
                 policy_text(policy, rule->id), (int)rule->file.size,
                 policy_text(policy, rule->file), rule->line);
}

/* Who reported, as far as everybody may know: "138****1234". */
static void name_reporter(const struct case_options *options, const struct core *core,
                          struct case_no no, char out[CASE_REPORTER_SIZE])
{
    out[0] = '\0';
    case_record_reporter(options->data, core, no, cli_lang(options->lang), out);
}

static void print_head(const struct core *core, const struct case_view *view, enum lang lang,
                       bool is_explained)
{
    struct case_words words;
    describe(core, view, lang, &words);
    (void)printf("%s  %s  %s\n%s", words.no, story_severity(view->severity), words.title,
                 words.place);
    (void)printf("  %s", words_case_state((uint32_t)view->state, lang));
    if (words.holder[0] != '\0') {
        (void)printf("  %s", words.holder);
    }
    if (words.deadline[0] != '\0') {
        (void)printf("  %s %s", words_clock(view->clock, lang), words.deadline);
    }
    (void)printf("\n");
    if (is_explained) {
        print_rule(core, view, lang);
    }
    (void)printf("\n");
}

/* The record of a case that the engine no longer holds: from the history. EX_NOINPUT when it has
 * none. */
static int tell_record(const struct case_options *options, struct case_no part,
                       const struct history_telling *telling)
{
    sqlite3 *db = NULL;
    struct history_fault fault = {.text = ""};
    struct history_telling told = *telling;
    uint32_t count = 0;
    int exit_code = history_print_open(options->data, NULL, &db);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    enum err err = history_read_find(db, part, &told.case_id, &count, &fault);
    if (err == ERR_OK) {
        exit_code = options->is_json ? history_print_case_json(db, told.case_id)
                                     : history_print_case(db, &told);
    } else {
        exit_code = err == ERR_NOT_FOUND || err == ERR_INPUT ? EX_NOINPUT
                                                             : history_print_fault(err, &fault);
    }
    (void)sqlite3_close(db);
    return exit_code;
}

/* Who was accountable and who handed over are found by stepping the log, and what expired cannot be stepped. */
static void say_expired(const struct case_story *story, FILE *out)
{
    const struct core *core = replay_core(story->replay);
    const bool is_zh = story->lang == LANG_ZH;
    const int64_t at_ms = story->from_ms != 0 ? story->from_ms : core_now_ms(core);
    const int64_t local_ms =
        core_city(core) == NULL ? at_ms : city_local_ms(core_city(core), at_ms);
    const uint32_t date = city_date_of_day(div_floor(local_ms, DAY_MS));
    const uint64_t minute = (uint64_t)(local_ms - div_floor(local_ms, DAY_MS) * DAY_MS) / MINUTE_MS;
    (void)fprintf(
        out,
        is_zh
            ? "\n责任区间和移交不再列出：%04u-%02u-%02u %02u:%02u（第 %llu 条）之前的人员位置已到期删除，"
              "日志不能从头重放；各条记录仍载明责任人。\n"
            : "\nWho was accountable, by interval, and hand-overs are not listed: positions of people before "
              "%04u-%02u-%02u %02u:%02u (entry %llu) have expired from the log, which can no "
              "longer be replayed from its beginning. The lines above name the holders.\n",
        date / 10000, date / 100 % 100, date % 100, (uint32_t)(minute / 60),
        (uint32_t)(minute % 60), (unsigned long long)replay_snapshot_position(story->replay));
}

/* view: NULL = the engine no longer has it. */
static void print_story_json(const struct case_options *options, const struct case_story *story,
                             const struct case_view *view, json_t *rows)
{
    const struct core *core = replay_core(story->replay);
    json_t *root = json_object();
    if (view != NULL) {
        struct case_words words;
        char reporter[CASE_REPORTER_SIZE];
        describe(core, view, story->lang, &words);
        json_t *row = case_json(view, &words);
        name_reporter(options, core, view->no, reporter);
        (void)json_object_set_new(row, "reporter",
                                  reporter[0] != '\0' ? json_string(reporter) : json_null());
        (void)json_object_set_new(root, "case", row);
        case_accounts_json(&story->accounts, core, view->no, story->lang, root);
    }
    (void)json_object_set(root, "story", rows);
    print_json(root);
}

static int tell(const struct case_options *options, bool is_explained)
{
    struct case_no part;
    struct case_story story;
    struct case_view view;
    char reporter[CASE_REPORTER_SIZE] = "";
    if (options->word_count < 1 || !words_parse_case_no(options->words[0], &part)) {
        (void)fprintf(stderr,
                      "gridloop case: name a case, by its number or its tail: gridloop case show 1 "
                      "(exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    int exit_code = open_story(options, part, &story);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (replay_snapshot_position(story.replay) > 0) {
        /* Positions in older entries have expired: what was decided on them stands in the history. */
        struct history_telling telling = {.lang = story.lang, .is_explained = is_explained};
        exit_code = tell_record(options, part, &telling);
        if (exit_code == EX_OK) {
            say_expired(&story, options->is_json ? stderr : stdout);
        }
        case_story_close(&story);
        return exit_code;
    }
    exit_code = check_unique(&story, options->words[0]);
    const struct core *core = replay_core(story.replay);
    bool is_here = exit_code == EX_OK && core_find_case(core, story.lines[0].no, &view);
    json_t *rows = json_array();
    if (exit_code == EX_OK && !is_here) {
        /* GONE: the history tells it as it was known by name at the time. */
        struct history_telling telling = {.lang = story.lang, .is_explained = is_explained};
        if (tell_record(options, story.lines[0].no, &telling) == EX_OK) {
            case_story_close(&story);
            return EX_OK;
        }
    }
    if (exit_code == EX_OK && !options->is_json && is_here) {
        print_head(core, &view, story.lang, is_explained);
        name_reporter(options, core, view.no, reporter);
        if (reporter[0] != '\0') {
            (void)printf("%s %s\n", story.lang == LANG_ZH ? "上报人" : "reporter", reporter);
        }
    }
    for (uint32_t i = 0; exit_code == EX_OK && i < story.line_count; i++) {
        if (options->is_json) {
            (void)json_array_append_new(rows, line_json(&story.lines[i]));
        } else if (is_shown(&story.lines[i], is_explained)) {
            (void)printf(
                "%s\n%s", story.lines[i].text,
                is_explained && story.lines[i].candidates != NULL ? story.lines[i].candidates : "");
        }
    }
    if (exit_code == EX_OK && !options->is_json && !is_explained && is_here) {
        case_accounts_print(&story.accounts, core, view.no, story.lang);
    }
    if (exit_code == EX_OK && options->is_json) {
        print_story_json(options, &story, is_here ? &view : NULL, rows);
    }
    if (exit_code == EX_OK && story.left_out > 0) {
        (void)fprintf(stderr, "%u more lines were left out\n", story.left_out);
    }
    json_decref(rows);
    case_story_close(&story);
    return exit_code;
}

/* ---- options ---- */

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct case_options *options = state->input;
    switch (key) {
    case 'd':
        options->data = value;
        return 0;
    case 'u':
        options->url = value;
        return 0;
    case 'L':
        options->lang = value;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case 'a':
        options->has_closed = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->word_count == options->words_max) {
            argp_error(state, "\"%s\" is not expected here", value);
        }
        options->words[options->word_count++] = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Reads the command line and finds the log that is meant; path: room for its name. EX_OK or the exit. */
static int read_options(const struct argp *argp, int argc, char **argv,
                        struct case_options *options, char path[CLI_URL_SIZE])
{
    int exit_code = EX_USAGE;
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(argp, argc, argv, options) != 0) {
        return EX_USAGE;
    }
    options->data = cli_find_data_of(options->data, options->url, path, &exit_code);
    return options->data != NULL ? EX_OK : exit_code;
}

#define READ_OPTIONS                                                                               \
    {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},         \
        {"url", 'u', "URL", 0, "that of the engine at this address of this machine", 0},           \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print JSON", 0                                                      \
    }

static int run_list(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        READ_OPTIONS,
        {"all", 'a', NULL, 0, "closed ones too, while the engine holds them", 0},
        {0}};
    static const struct argp ARGP = {
        .options = OPTIONS, .parser = parse, .doc = "Lists the open cases of an engine's log."};
    char path[CLI_URL_SIZE];
    struct case_options options = {.words_max = 0};
    const int exit_code = read_options(&ARGP, argc, argv, &options, path);
    return exit_code != EX_OK ? exit_code : case_list(&options);
}

static int run_tell(int argc, char **argv, const char *doc, bool is_explained)
{
    static const struct argp_option OPTIONS[] = {READ_OPTIONS, {0}};
    const struct argp argp = {.options = OPTIONS, .parser = parse, .args_doc = "CASE", .doc = doc};
    char path[CLI_URL_SIZE];
    struct case_options options = {.words_max = 1};
    const int exit_code = read_options(&argp, argc, argv, &options, path);
    return exit_code != EX_OK ? exit_code : tell(&options, is_explained);
}

static int run_show(int argc, char **argv)
{
    return run_tell(argc, argv,
                    "Tells what happened to a case, in sentences. CASE is its number or a tail: 1.",
                    false);
}

static int run_explain(int argc, char **argv)
{
    return run_tell(
        argc, argv,
        "Tells why: each decision with who was looked at and what spoke against them. CASE is its "
        "number or a tail: 1.",
        true);
}

int cmd_case(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"list", run_list, "open cases"},
        {"show", run_show, "what happened to one, in sentences"},
        {"explain", run_explain, "and why each decision fell as it did"},
        {"status", case_status, "how a report stands, by its receipt, without personal data"},
        {"act", case_act_run,
         "comment, reassign, close, suspend, ...; the action may stand first: case suspend 1"},
        {"reveal", case_record_reveal, "the reporter's contact, with a reason, on record"},
        {"erase", case_record_erase, "delete the reporter's contact for good, on record"},
        {"evidence", case_record_evidence,
         "photos and files of a case; --save takes them out, on record"},
        {NULL, NULL, NULL}};
    for (const struct cli_verb *verb = VERBS; argc >= 2 && verb->name != NULL; verb++) {
        if (strcmp(argv[1], verb->name) == 0) {
            return cli_run_verb("gridloop case", VERBS, argc,
                                argv); /* before an action of that name */
        }
    }
    return case_act_is_action(argc, argv) ? case_act_run_action(argc, argv)
                                          : cli_run_verb("gridloop case", VERBS, argc, argv);
}

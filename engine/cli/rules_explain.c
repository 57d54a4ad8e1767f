/* rules_explain.c: see rules_explain.h. The event is resolved by the same facts as in the engine; what the state of cases
 * makes of a rule that takes it (a repeat, a merge) is not asked here. */
#include "engine/cli/rules_explain.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/explain_log.h"
#include "engine/cli/explain_state.h"
#include "engine/cli/rules_inputs.h"
#include "engine/cli/send_event.h"
#include "engine/core/code.h"
#include "rules/explain.h"
#include "sim/trace_file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#define COMMAND "gridloop rules explain"
#define EVENT_FILE_MAX 65536u

struct explain_request {
    const char *city, *rules, *event, *log, *rule, *lang, *at;
    bool is_json;
    int64_t at_ms; /* of at */
};

/* The text of --event: JSON itself, a file, or - for standard input. */
static char *read_event(const char *asked)
{
    if (asked[0] == '{') {
        return strdup(asked);
    }
    const bool is_stdin = strcmp(asked, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(asked[0] == '@' ? asked + 1 : asked, "r");
    if (file == NULL) {
        return NULL;
    }
    char *text = calloc(1, EVENT_FILE_MAX + 1);
    must(text != NULL);
    const size_t size = fread(text, 1, EVENT_FILE_MAX, file);
    text[size] = '\0';
    if (!is_stdin) {
        (void)fclose(file);
    }
    return text;
}

/* JSON, a file or standard input; else the name of a recorded one. */
static bool is_written_out(const char *asked)
{
    return asked[0] == '{' || asked[0] == '@' || strcmp(asked, "-") == 0;
}

static void resolve(const struct rules_inputs *inputs, const struct explain_request *request,
                    const struct send_event *sent, struct fact_record *record)
{
    struct fact_field fields[SEND_FIELDS_MAX];
    const struct gridloop_event *event = &sent->event;
    struct fact_event fact = {.source = facts_text(sent->source),
                              .id = facts_text(event->id),
                              .type = facts_text(event->type),
                              .device = facts_text(event->device),
                              .at_ms = request->at != NULL ? request->at_ms : event->at_ms,
                              .place = place_none(),
                              .fields = fields,
                              .field_count = (uint32_t)event->field_count,
                              .text = facts_text(event->text)};
    if (event->has_place) {
        fact.place =
            (struct place){(int32_t)lround(event->lon * 1e7), (int32_t)lround(event->lat * 1e7)};
    }
    for (uint32_t i = 0; i < fact.field_count; i++) {
        const struct gridloop_field *field = &event->fields[i];
        fields[i] = (struct fact_field){.name = facts_text(field->name)};
        if (field->kind == GRIDLOOP_TEXT) {
            fields[i].kind = FIELD_STRING;
            fields[i].text = field->text;
            fields[i].text_size = (uint32_t)strlen(field->text);
            if (strcmp(field->name, "caller") == 0) {
                fact.caller = facts_text(field->text);
            }
        } else if (field->kind == GRIDLOOP_FLAG) {
            fields[i].kind = FIELD_BOOL;
            fields[i].number = field->flag ? 1 : 0;
        } else {
            fields[i].kind = FIELD_NUMBER;
            fields[i].number = llround(field->number * (double)MICRO);
        }
    }
    facts_resolve(inputs->facts, &fact, (int64_t)time(NULL) * 1000, record);
}

/* state: what rules had seen before, or NULL where the record of the event says it. */
static void print_words(const struct explanation *explanation, const struct explain_state *state,
                        bool is_chinese)
{
    for (uint32_t i = 0; i < explanation->count; i++) {
        const struct explain_line *line = &explanation->lines[i];
        (void)printf("%*s%s %s\n", (int)(2 * line->depth), "", line->holds ? "✓" : "✗",
                     is_chinese ? line->zh : line->en);
    }
    if (state != NULL && explanation->rule->window != NULL) {
        char en[EXPLAIN_STATE_TEXT_SIZE], zh[EXPLAIN_STATE_TEXT_SIZE];
        explain_state_words(state, explanation->rule, en, zh);
        (void)printf("    - %s\n", is_chinese ? zh : en);
    }
}

static json_t *as_json(const struct explanation *explanation, const struct explain_state *state)
{
    json_t *lines = json_array();
    for (uint32_t i = 1; i < explanation->count; i++) {
        const struct explain_line *line = &explanation->lines[i];
        (void)json_array_append_new(lines, json_pack("{s:i, s:b, s:s, s:s}", "depth",
                                                     (int)line->depth, "holds", line->holds, "en",
                                                     line->en, "zh", line->zh));
    }
    json_t *row = json_pack("{s:s, s:b, s:i, s:o}", "rule", explanation->rule->id, "takes",
                            explanation->takes, "priority", (int)explanation->rule->priority,
                            "clauses", lines);
    if (state != NULL && explanation->rule->window != NULL) {
        (void)json_object_set_new(row, "window", explain_state_json(state, explanation->rule));
    }
    return row;
}

static bool is_of_type(const struct rule *rule, uint32_t type)
{
    for (uint32_t i = 0; i < rule->type_count; i++) {
        if (rule->types[i]->row == type) {
            return true;
        }
    }
    return false;
}

/* The rule asked for, or all of the event's type, and which of them has its turn. */
static void explain_all(const struct rules_inputs *inputs, const struct explain_request *request,
                        const struct event *event, json_t *recorded,
                        const struct explain_state *state)
{
    const struct ruleset *set = inputs->set;
    const bool is_chinese = cli_lang(request->lang) == LANG_ZH;
    const struct rule *winner = NULL;
    json_t *rows = json_array();
    uint32_t told = 0;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        const bool is_asked = request->rule == NULL ? is_of_type(rule, event->head->type)
                                                    : strcmp(rule->id, request->rule) == 0;
        if (!is_asked) {
            continue;
        }
        const struct explanation explanation = explain_rule(set, rule, event);
        told++;
        const bool competes = rule->lane == RULE_LANE_DISPATCH && rule->status == RULE_ACTIVE;
        if (explanation.takes && competes &&
            (winner == NULL || rule->priority > winner->priority)) {
            winner = rule;
        }
        if (request->is_json) {
            (void)json_array_append_new(rows, as_json(&explanation, state));
        } else {
            print_words(&explanation, state, is_chinese);
        }
    }
    if (request->is_json) {
        json_t *root =
            json_pack("{s:o, s:s?}", "rules", rows, "winner", winner == NULL ? NULL : winner->id);
        if (recorded != NULL) {
            (void)json_object_set(root, "recorded", recorded);
        }
        (void)json_dumpf(root, stdout, JSON_INDENT(1));
        (void)printf("\n");
        json_decref(root);
        return;
    }
    json_decref(rows);
    if (told == 0) {
        (void)printf(is_chinese ? "没有规则涉及该事件类型\n" : "no rule names this event type\n");
    } else if (request->rule == NULL) {
        (void)printf(is_chinese ? "结果：%s%s\n" : "in the end: %s%s\n",
                     winner == NULL ? (is_chinese ? "无规则命中" : "no rule takes it") : winner->id,
                     winner == NULL ? ""
                     : is_chinese   ? " 命中，优先级最高"
                                    : " has its turn: the highest priority of those that take it");
    }
}

static int refuse_rule(const struct ruleset *set, const char *asked)
{
    const char **ids = calloc(set->rule_count + 1u, sizeof ids[0]);
    must(ids != NULL);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        ids[i] = set->rules[i]->id;
    }
    const char *nearest = problems_nearest(asked, ids, set->rule_count);
    (void)fprintf(stderr, "gridloop rules explain: no rule \"%s\"%s%s%s (exit %d)\n", asked,
                  nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
                  nearest == NULL ? "" : "\"?", EX_NOINPUT);
    free(ids);
    return EX_NOINPUT;
}

/* type: as it was written. recorded: what a log says of it, or NULL. */
static int explain_record(const struct rules_inputs *inputs, const struct explain_request *request,
                          const struct fact_record *record, const char *type, json_t *recorded)
{
    struct explain_state state = explain_state_none();
    if (record->head.verdict != CODE_NOTHING) {
        (void)fprintf(stderr, COMMAND ": the event would be refused: %s %s (exit %d)\n",
                      words_code_name(record->head.verdict),
                      words_code(record->head.verdict, cli_lang(request->lang)), EX_DATAERR);
        return EX_DATAERR;
    }
    if (record->head.type == NONE16) {
        const char *nearest = facts_nearest_type(inputs->facts, type);
        (void)fprintf(stderr,
                      COMMAND ": no rule file declares the event type \"%s\"%s%s%s "
                              "(exit %d)\n",
                      type, nearest == NULL ? "" : "; did you mean \"",
                      nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?", EX_DATAERR);
        return EX_DATAERR;
    }
    const struct event event = {.head = &record->head,
                                .fields = record->fields,
                                .text = record->text,
                                .free_text = record->free_text};
    int exit_code = EX_OK;
    if (recorded == NULL && request->log != NULL && is_written_out(request->event)) {
        exit_code = explain_state_read(request->log, inputs->set, &event, &state);
    }
    if (exit_code == EX_OK) {
        const bool is_recorded = request->log != NULL && !is_written_out(request->event);
        explain_all(inputs, request, &event, recorded, is_recorded ? NULL : &state);
    }
    explain_state_fini(&state);
    return exit_code;
}

/* An event of a log: what was decided then, and why, by the rules at hand. */
static int explain_recorded(const struct rules_inputs *inputs,
                            const struct explain_request *request)
{
    static struct fact_record record; /* large */
    struct explain_log found;
    int exit_code = explain_log_find(COMMAND, request->log, request->event, &found);
    if (exit_code == EX_OK) {
        const struct fact_event fact = trace_event_as_fact(&found.event->event);
        const bool is_same = hash128_is_equal(found.rules, inputs->set->digest);
        json_t *recorded = request->is_json ? explain_log_json(&found, is_same) : NULL;
        facts_resolve(inputs->facts, &fact, found.event->event.at_ms, &record);
        if (!request->is_json) {
            explain_log_print(&found, is_same, cli_lang(request->lang));
        }
        exit_code = explain_record(inputs, request, &record, found.event->event.type, recorded);
        json_decref(recorded);
    }
    explain_log_fini(&found);
    return exit_code;
}

static int explain_event(const struct rules_inputs *inputs, const struct explain_request *request)
{
    char *text = read_event(request->event);
    if (text == NULL) {
        (void)cli_has_input("gridloop rules explain", request->event);
        return EX_NOINPUT;
    }
    struct send_event sent;
    struct send_why why;
    if (send_event_parse(text, strlen(text), &sent, &why) != ERR_OK) {
        (void)fprintf(stderr, "gridloop rules explain: the event: %s (exit %d)\n", why.text,
                      EX_DATAERR);
        free(text);
        return EX_DATAERR;
    }
    static struct fact_record record; /* large */
    resolve(inputs, request, &sent, &record);
    const int exit_code = explain_record(inputs, request, &record, sent.event.type, NULL);
    send_event_fini(&sent);
    free(text);
    return exit_code;
}

int rules_explain(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"event", 'e', "JSON|FILE|-", 0, "the event, in a form gridloop send takes", 0},
        {"log", 'l', "DIR", 0,
         "--event is SOURCE/ID, ID or ENTRY.N of the log in this data directory; with --at, an "
         "event of your own beside what its rules had seen until then",
         0},
        {"rule", 'R', "ID", 0, "this rule only, whatever its event types", 0},
        {"at", 't', "TIME", 0, "as if it happened then", 0},
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"lang", 'L', "zh|en", 0, "language", 0},
        {"json", 'j', NULL, 0, "both languages, as JSON", 0},
        {0}};
    struct explain_request request = {.city = NULL};
    const struct arguments_slot slots[] = {
        {'r', &request.rules, NULL},   {'e', &request.event, NULL},
        {'l', &request.log, NULL},     {'R', &request.rule, NULL},
        {'t', &request.at, NULL},      {'L', &request.lang, NULL},
        {'j', NULL, &request.is_json}, {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Tells of every rule on the event's type, clause by clause and with the values that stood "
        "in "
        "the event, whether it takes the event. Of an event of a log also what was decided then, "
        "and by which rules.\vWhat became of a firing in a running engine is "
        "told by gridloop case explain. Exit 65: the event is wrong, and how.",
        slots,
        COUNT_OF(slots),
        "name a city and an event: gridloop rules explain ./qinghe --event '{\"type\": "
        "\"camera.dumping\", \"device\": \"cam-0001\"}'"};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (request.event == NULL) {
        (void)fprintf(stderr, COMMAND ": %s (exit %d)\n", form.needs, EX_USAGE);
        return EX_USAGE;
    }
    int32_t offset_minutes = 0;
    if (request.at != NULL && !trace_parse_instant(request.at, &request.at_ms, &offset_minutes)) {
        (void)fprintf(
            stderr,
            COMMAND ": --at takes a time such as 2026-03-03T08:20:00+08:00, not \"%s\" (exit %d)\n",
            request.at, EX_USAGE);
        return EX_USAGE;
    }
    if (request.log != NULL && request.at == NULL && is_written_out(request.event)) {
        (void)fprintf(stderr,
                      COMMAND
                      ": an event that is not in the log needs --at TIME: as if it had come "
                      "then (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    struct rules_inputs inputs;
    int exit_code = rules_inputs_find(COMMAND, request.city, request.rules, &inputs);
    if (exit_code == EX_OK) {
        if (rules_inputs_read(&inputs, request.city) != ERR_OK ||
            rules_inputs_lower(&inputs) != ERR_OK) {
            exit_code = rules_inputs_refuse(COMMAND, &inputs);
        } else if (request.rule != NULL && ruleset_find_rule(inputs.set, request.rule) == NULL) {
            exit_code = refuse_rule(inputs.set, request.rule);
        } else {
            exit_code = request.log != NULL && !is_written_out(request.event)
                            ? explain_recorded(&inputs, &request)
                            : explain_event(&inputs, &request);
        }
    }
    rules_inputs_fini(&inputs);
    return exit_code;
}

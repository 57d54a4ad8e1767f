/* rules_explain.c: see rules_explain.h. The event is resolved by the same facts as in the engine; what the state of cases
 * makes of a rule that takes it (a repeat, a merge) is not asked here. */
#include "engine/cli/rules_explain.h"

#include "engine/city/city_load.h"
#include "engine/city/facts.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/send_event.h"
#include "engine/core/code.h"
#include "rules/explain.h"
#include "rules/lower.h"
#include "sim/trace_file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#define EVENT_FILE_MAX 65536u

struct explain_request {
    const char *city, *rules, *event, *rule, *lang;
    bool is_json, has_at;
    int64_t at_ms;
};

/* Everything that was loaded; freed together. */
struct explain_inputs {
    struct problems *problems;
    void *city_bytes, *policy_bytes;
    struct city city;
    struct policy policy;
    struct ruleset *set;
    struct facts *facts;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct explain_request *request = state->input;
    int32_t offset_minutes = 0;
    switch (key) {
    case 'r':
        request->rules = value;
        return 0;
    case 'e':
        request->event = value;
        return 0;
    case 'R':
        request->rule = value;
        return 0;
    case 'L':
        request->lang = value;
        return 0;
    case 'j':
        request->is_json = true;
        return 0;
    case 't':
        if (!trace_parse_instant(value, &request->at_ms, &offset_minutes)) {
            argp_error(state, "--at takes a time such as 2026-03-03T08:20:00+08:00, not \"%s\"",
                       value);
        }
        request->has_at = true;
        return 0;
    case ARGP_KEY_ARG:
        if (request->city != NULL) {
            argp_error(state, "one city is looked at; \"%s\" is a second one", value);
        }
        request->city = value;
        return 0;
    case ARGP_KEY_END:
        if (request->city == NULL || request->event == NULL) {
            argp_error(state, "name a city and an event: gridloop rules explain ./qinghe --event "
                              "'{\"type\": \"camera.dumping\", \"device\": \"cam-0001\"}'");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void inputs_fini(struct explain_inputs *inputs)
{
    if (inputs->facts != NULL) {
        facts_free(inputs->facts);
    }
    ruleset_free(inputs->set);
    free(inputs->policy_bytes);
    free(inputs->city_bytes);
    problems_free(inputs->problems);
}

static enum err inputs_init(const struct explain_request *request, const char *rules,
                            struct explain_inputs *inputs)
{
    *inputs = (struct explain_inputs){.problems = problems_new()};
    size_t size = 0;
    enum err err = city_load(request->city, inputs->problems, &inputs->city_bytes, &size);
    if (err == ERR_OK) {
        err = city_open(inputs->city_bytes, size, &inputs->city);
    }
    if (err == ERR_OK) {
        err = ruleset_load(rules, &inputs->city, inputs->problems, &inputs->set);
    }
    if (err == ERR_OK) {
        err = ruleset_lower(inputs->set, &inputs->policy_bytes, &size);
    }
    if (err == ERR_OK) {
        err = policy_open(inputs->policy_bytes, size, &inputs->city, &inputs->policy);
    }
    return err == ERR_OK ? facts_new(&inputs->city, &inputs->policy, &inputs->facts) : err;
}

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

static void resolve(const struct explain_inputs *inputs, const struct explain_request *request,
                    const struct send_event *sent, struct fact_record *record)
{
    struct fact_field fields[SEND_FIELDS_MAX];
    const struct gridloop_event *event = &sent->event;
    struct fact_event fact = {.source = facts_text(sent->source),
                              .id = facts_text(event->id),
                              .type = facts_text(event->type),
                              .device = facts_text(event->device),
                              .at_ms = request->has_at ? request->at_ms : event->at_ms,
                              .place = place_none(),
                              .fields = fields,
                              .field_count = (uint32_t)event->field_count,
                              .text = facts_text(event->text)};
    if (event->has_place) {
        fact.place = (struct place){(int32_t)lround(event->lon * 1e7), (int32_t)lround(event->lat * 1e7)};
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

static void print_words(const struct explanation *explanation, bool is_chinese)
{
    for (uint32_t i = 0; i < explanation->count; i++) {
        const struct explain_line *line = &explanation->lines[i];
        (void)printf("%*s%s %s\n", (int)(2 * line->depth), "", line->holds ? "✓" : "✗",
                     is_chinese ? line->zh : line->en);
    }
}

static json_t *as_json(const struct explanation *explanation)
{
    json_t *lines = json_array();
    for (uint32_t i = 1; i < explanation->count; i++) {
        const struct explain_line *line = &explanation->lines[i];
        (void)json_array_append_new(lines, json_pack("{s:i, s:b, s:s, s:s}", "depth",
                                                     (int)line->depth, "holds", line->holds, "en",
                                                     line->en, "zh", line->zh));
    }
    return json_pack("{s:s, s:b, s:i, s:o}", "rule", explanation->rule->id, "takes",
                     explanation->takes, "priority", (int)explanation->rule->priority, "clauses",
                     lines);
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
static void explain_all(const struct explain_inputs *inputs, const struct explain_request *request,
                        const struct event *event)
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
        if (explanation.takes && (winner == NULL || rule->priority > winner->priority)) {
            winner = rule;
        }
        if (request->is_json) {
            (void)json_array_append_new(rows, as_json(&explanation));
        } else {
            print_words(&explanation, is_chinese);
        }
    }
    if (request->is_json) {
        json_t *root = json_pack("{s:o, s:s?}", "rules", rows, "winner",
                                 winner == NULL ? NULL : winner->id);
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

static int explain_event(const struct explain_inputs *inputs, const struct explain_request *request)
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
    int exit_code = EX_OK;
    if (record.head.verdict != CODE_NOTHING) {
        (void)fprintf(stderr, "gridloop rules explain: the event would be refused: %s %s (exit %d)\n",
                      words_code_name(record.head.verdict),
                      words_code(record.head.verdict, cli_lang(request->lang)), EX_DATAERR);
        exit_code = EX_DATAERR;
    } else if (record.head.type == NONE16) {
        const char *nearest = facts_nearest_type(inputs->facts, sent.event.type);
        (void)fprintf(stderr, "gridloop rules explain: no rule file declares the event type \"%s\"%s%s%s "
                              "(exit %d)\n",
                      sent.event.type, nearest == NULL ? "" : "; did you mean \"",
                      nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?", EX_DATAERR);
        exit_code = EX_DATAERR;
    } else {
        const struct event event = {.head = &record.head,
                                    .fields = record.fields,
                                    .text = record.text,
                                    .free_text = record.free_text};
        explain_all(inputs, request, &event);
    }
    send_event_fini(&sent);
    free(text);
    return exit_code;
}

int rules_explain(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"event", 'e', "JSON|FILE|-", 0, "the event, in a form gridloop send takes", 0},
        {"rule", 'R', "ID", 0, "this rule only, whatever its event types", 0},
        {"at", 't', "TIME", 0, "as if it happened then", 0},
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"lang", 'L', "zh|en", 0, "language", 0},
        {"json", 'j', NULL, 0, "both languages, as JSON", 0},
        {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "CITY",
        .doc = "Tells of every rule on the event's type, clause by clause and with the values that stood in "
               "the event, whether it takes the event.\vWhat became of a firing in a running engine is "
               "told by gridloop case explain. Exit 65: the event is wrong, and how."};
    struct explain_request request = {.city = NULL};
    char rules[512];
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &request) != 0) {
        return EX_USAGE;
    }
    (void)snprintf(rules, sizeof rules, "%s%s", request.rules != NULL ? request.rules : request.city,
                   request.rules != NULL ? "" : "/rules");
    if (!cli_has_input("gridloop rules explain", request.city) ||
        !cli_has_input("gridloop rules explain", rules)) {
        return EX_NOINPUT;
    }
    struct explain_inputs inputs;
    int exit_code = EX_DATAERR;
    if (inputs_init(&request, rules, &inputs) != ERR_OK) {
        problems_print(inputs.problems, stdout);
        (void)fprintf(stderr, "gridloop rules explain: repair these first (exit %d)\n", EX_DATAERR);
    } else if (request.rule != NULL && ruleset_find_rule(inputs.set, request.rule) == NULL) {
        exit_code = refuse_rule(inputs.set, request.rule);
    } else {
        exit_code = explain_event(&inputs, &request);
    }
    inputs_fini(&inputs);
    return exit_code;
}

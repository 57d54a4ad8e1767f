/* lint_sarif.c: see lint_sarif.h.
 *
 * Source  SARIF 2.1.0, OASIS standard of 2020-03-27: one run, a reporting descriptor per code, a result per finding; what a rule
 *         waives is a result with an inSource suppression */
#include "engine/cli/lint_sarif.h"

#include "engine/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URI_SIZE 1600u

static const char *level_word(enum problem_level level)
{
    return level == PROBLEM_ERROR ? "error" : level == PROBLEM_WARNING ? "warning" : "note";
}

/* A path as a URI reference. */
static const char *uri_of(const char *path, char out[URI_SIZE])
{
    static const char PLAIN[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    size_t size = 0;
    for (const char *at = path; *at != '\0' && size + 4 < URI_SIZE; at++) {
        if (strchr(PLAIN, *at) != NULL) {
            out[size++] = *at;
        } else {
            size += (size_t)snprintf(out + size, 4, "%%%02X", (unsigned char)*at);
        }
    }
    out[size] = '\0';
    return out;
}

static json_t *location(const char *file, int line, int column)
{
    char uri[URI_SIZE];
    json_t *physical = json_pack("{s:{s:s}}", "artifactLocation", "uri", uri_of(file, uri));
    if (line > 0) {
        json_t *region = json_pack("{s:i}", "startLine", line);
        if (column > 0) {
            (void)json_object_set_new(region, "startColumn", json_integer(column));
        }
        (void)json_object_set_new(physical, "region", region);
    }
    return json_pack("{s:o}", "physicalLocation", physical);
}

/* The descriptor of a code, added where it is new; its index. */
static size_t descriptor(json_t *rules, const char *code, const char *level, const char *en,
                         const char *zh)
{
    const size_t count = json_array_size(rules);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(json_string_value(json_object_get(json_array_get(rules, i), "id")), code) == 0) {
            return i;
        }
    }
    json_t *row = json_pack("{s:s, s:{s:s}, s:{s:s}}", "id", code, "shortDescription", "text", en,
                            "defaultConfiguration", "level", level);
    if (zh != NULL) {
        (void)json_object_set_new(row, "properties", json_pack("{s:s}", "zh", zh));
    }
    (void)json_array_append_new(rules, row);
    return count;
}

static json_t *result(const char *code, size_t index, const char *level, const char *text)
{
    return json_pack("{s:s, s:i, s:s, s:{s:s}}", "ruleId", code, "ruleIndex", (int)index, "level",
                     level, "message", "text", text);
}

static void put_finding(json_t *rules, json_t *results, const struct lint_finding *finding)
{
    const char *code = lint_code_name(finding->code);
    const char *level = level_word(lint_code_level(finding->code));
    const size_t index = descriptor(rules, code, level, lint_code_words(finding->code, false),
                                    lint_code_words(finding->code, true));
    json_t *row = result(code, index, level, finding->text);
    if (finding->node != NULL) {
        (void)json_object_set_new(
            row, "locations",
            json_pack("[o]",
                      location(finding->node->file, finding->node->line, finding->node->column)));
    }
    if (finding->other != NULL) {
        const struct tree_node *node = finding->other->node;
        json_t *other = location(node->file, node->line, node->column);
        (void)json_object_set_new(other, "message", json_pack("{s:s}", "text", finding->other->id));
        (void)json_object_set_new(row, "relatedLocations", json_pack("[o]", other));
    }
    if (finding->reason != NULL) {
        (void)json_object_set_new(
            row, "suppressions",
            json_pack("[{s:s, s:s}]", "kind", "inSource", "justification", finding->reason));
    }
    if (finding->witness != NULL) {
        (void)json_object_set_new(row, "properties", json_pack("{s:s}", "event", finding->witness));
    }
    (void)json_array_append_new(results, row);
}

static const char *text_at(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text == NULL ? "" : text;
}

static void put_problems(json_t *rules, json_t *results, const struct problems *problems)
{
    char *text = problems_to_json(problems);
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *code = text_at(row, "code");
        const size_t index =
            descriptor(rules, code, text_at(row, "level"), "see docs/rules.md", NULL);
        json_t *item = result(code, index, text_at(row, "level"), text_at(row, "text"));
        if (text_at(row, "file")[0] != '\0') {
            (void)json_object_set_new(
                item, "locations",
                json_pack("[o]",
                          location(text_at(row, "file"),
                                   (int)json_integer_value(json_object_get(row, "line")),
                                   (int)json_integer_value(json_object_get(row, "column")))));
        }
        (void)json_array_append_new(results, item);
    }
    json_decref(list);
    free(text);
}

json_t *lint_sarif(const struct problems *problems, const struct lint *lint)
{
    json_t *rules = json_array();
    json_t *results = json_array();
    for (int code = 0; code < LINT_CODE_COUNT; code++) {
        const enum lint_code row = (enum lint_code)code;
        (void)descriptor(rules, lint_code_name(row), level_word(lint_code_level(row)),
                         lint_code_words(row, false), lint_code_words(row, true));
    }
    put_problems(rules, results, problems);
    for (uint32_t i = 0; lint != NULL && i < lint->count; i++) {
        put_finding(rules, results, &lint->items[i]);
    }
    json_t *run =
        json_pack("{s:{s:{s:s, s:s, s:o}}, s:o}", "tool", "driver", "name", "gridloop rules lint",
                  "version", GRIDLOOP_VERSION, "rules", rules, "results", results);
    return json_pack(
        "{s:s, s:s, s:[o]}", "$schema",
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version", "2.1.0", "runs", run);
}

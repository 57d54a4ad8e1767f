/* rules_plan.c: see rules_plan.h. New rules are compiled and linted here, then held against the image that the running engine
 * uses: it names the digest, its data directory has the bytes. Activating asks the engine to read the same files; it is told
 * the digest that was checked here. */
#include "engine/cli/rules_plan.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/cli/rules_inputs.h"
#include "engine/core/code.h"
#include "engine/edge/image_store.h"
#include "engine/shell/last_engine.h"
#include "engine/shell/posix_disk.h"
#include "proto/client/gridloop.h"
#include "rules/change.h"
#include "rules/lint.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define ASK_WAIT_MS 3000u
#define ACTIVATE_WAIT_MS 120000u /* a large set takes its time */

struct plan_request {
    const char *command;
    const char *city, *rules, *against, *data, *url, *lang, *as, *reason;
    bool is_json, is_activation;
};

/* The rules of before. */
struct plan_before {
    struct rules_inputs read; /* --against */
    void *city_bytes, *policy_bytes;
    struct policy policy;
    bool is_there;
};

/* Both sets as they are written; old NULL: it is the image of a running engine. */
struct plan_sides {
    const struct ruleset *old, *new;
};

static struct hash128 digest_of(const unsigned char bytes[16])
{
    struct hash128 digest = {0, 0};
    for (uint32_t i = 0; i < 8; i++) {
        digest.hi = digest.hi << 8 | bytes[i];
        digest.lo = digest.lo << 8 | bytes[8 + i];
    }
    return digest;
}

static void bytes_of(struct hash128 digest, unsigned char out[16])
{
    for (uint32_t i = 0; i < 8; i++) {
        out[i] = (unsigned char)(digest.hi >> (56 - 8 * i));
        out[8 + i] = (unsigned char)(digest.lo >> (56 - 8 * i));
    }
}

static const char *digest_words(struct hash128 digest, char out[33])
{
    (void)snprintf(out, 33, "%016llx%016llx", (unsigned long long)digest.hi,
                   (unsigned long long)digest.lo);
    return out;
}

/* ---- the rules of before ---- */

/* An image of the running engine, out of its data directory. The city it was lowered for is named by the image. */
static enum err load_images(const char *data, struct hash128 policy_digest,
                            struct plan_before *before)
{
    struct posix_disk disk = {.directory = -1};
    struct image image;
    struct city city;
    uint64_t size = 0, city_size = 0;
    enum err err = posix_disk_open(&disk, data);
    if (err != ERR_OK) {
        return err;
    }
    err = image_store_get(&disk.disk, policy_digest, &before->policy_bytes, &size);
    if (err == ERR_OK) {
        err = image_open(before->policy_bytes, size, IMAGE_POLICY, &image);
    }
    if (err == ERR_OK) {
        struct hash128 city_digest = {0, 0};
        const void *info = NULL;
        uint32_t rows = 0;
        err = image_rows(&image, POLICY_INFO, sizeof(struct policy_info), &info, &rows);
        err = err == ERR_OK && rows != 1 ? ERR_MALFORMED : err;
        if (err == ERR_OK) {
            city_digest = ((const struct policy_info *)info)->city_digest;
            err = image_store_get(&disk.disk, city_digest, &before->city_bytes, &city_size);
        }
    }
    posix_disk_close(&disk);
    if (err == ERR_OK) {
        err = city_open(before->city_bytes, city_size, &city);
    }
    if (err == ERR_OK) {
        err = policy_open(before->policy_bytes, size, &city, &before->policy);
    }
    before->is_there = err == ERR_OK;
    return err;
}

static int refuse_answer(const struct plan_request *request,
                         const struct gridloop_rules_result *got)
{
    char near[IDENTITIES_NEAR_SIZE] = "";
    const bool is_right = got->code == CODE_NO_RIGHT || got->code == CODE_UNKNOWN_IDENTITY;
    const int exit_code = is_right                          ? EX_NOPERM
                          : got->code == CODE_OVERLOADED    ? EX_TEMPFAIL
                          : got->code == CODE_RULES_DIFFER  ? EX_DATAERR
                          : got->code == CODE_RULES_REFUSED ? EX_DATAERR
                                                            : EX_USAGE;
    if (request->is_json) {
        (void)printf("{\"code\": \"%s\"}\n", words_code_name((uint32_t)got->code));
    }
    (void)fprintf(stderr, "%s %s: %s%s%s%s (exit %d)\n", cli_refused(cli_lang(request->lang)),
                  words_code_name((uint32_t)got->code),
                  words_code((uint32_t)got->code, cli_lang(request->lang)),
                  got->code == CODE_UNKNOWN_IDENTITY ? identities_near(NULL, request->as, near)
                                                     : "",
                  got->hint[0] != '\0' ? "\n" : "", got->hint, exit_code);
    return exit_code;
}

/* Asks the engine; EX_OK when it answered DONE. */
static int ask(const struct plan_request *request, const char *identity,
               const struct gridloop_rules_request *wanted, uint32_t wait_ms,
               struct gridloop_rules_result *out_result)
{
    char url[CLI_URL_SIZE];
    if (cli_find_url(request->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    const int status = gridloop_operator_rules(url, identity, wanted, wait_ms, out_result);
    if (status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT) {
        return cli_no_engine(url);
    }
    if (status != GRIDLOOP_OK && (status != GRIDLOOP_HELD || out_result->code == 0)) {
        (void)fprintf(stderr, "%s: %s%s%s (exit %d)\n", request->command,
                      gridloop_status_text(status), out_result->hint[0] != '\0' ? ": " : "",
                      out_result->hint, EX_USAGE);
        return EX_USAGE;
    }
    return out_result->code == CODE_DONE ? EX_OK : refuse_answer(request, out_result);
}

/* What the running engine uses. */
static int find_running(const struct plan_request *request, const struct city *city,
                        struct plan_before *before)
{
    char data[CLI_URL_SIZE], identity[96] = "nobody";
    struct gridloop_rules_result got;
    const struct gridloop_rules_request wanted = {.activate = 0};
    if (city->person_count > 0) {
        (void)snprintf(identity, sizeof identity, "%.*s", (int)city->persons[0].id.size,
                       city_text(city, city->persons[0].id));
    }
    const int exit_code =
        ask(request, request->as != NULL ? request->as : identity, &wanted, ASK_WAIT_MS, &got);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    /* An engine that is reached by its address may lie elsewhere: it can use its files without being compared with. */
    const bool may_go_without = request->is_activation && request->data == NULL;
    struct last_engine note;
    if (may_go_without && getenv("GRIDLOOP_DATA") == NULL && last_engine_read(&note) != ERR_OK) {
        return EX_OK;
    }
    if (cli_find_data(request->data, data) == NULL) {
        return EX_NOINPUT;
    }
    const enum err err = load_images(data, digest_of(got.policy), before);
    if (err != ERR_OK && may_go_without) {
        return EX_OK;
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr,
                      "%s: the running engine names its rules by digest, and what they are stands "
                      "in its data directory alone; in %s: %s. Name the right one with --data, or "
                      "the rules of before with --against (exit %d)\n",
                      request->command, data, words_err(err), cli_exit_of(err));
        return cli_exit_of(err);
    }
    return EX_OK;
}

static int find_before(const struct plan_request *request, const struct city *city,
                       struct plan_before *before)
{
    if (request->against == NULL) {
        return find_running(request, city, before);
    }
    int exit_code =
        rules_inputs_find(request->command, request->city, request->against, &before->read);
    if (exit_code == EX_OK && (rules_inputs_read(&before->read, request->city) != ERR_OK ||
                               rules_inputs_lower(&before->read) != ERR_OK)) {
        exit_code = rules_inputs_refuse(request->command, &before->read);
    }
    before->policy = before->read.policy;
    before->is_there = exit_code == EX_OK;
    return exit_code;
}

static void before_fini(struct plan_before *before)
{
    rules_inputs_fini(&before->read);
    free(before->policy_bytes);
    free(before->city_bytes);
}

/* ---- kept, and edited ---- */

/* Written alike, wherever it stands? Trees are no deeper than TREE_DEPTH_MAX. */
static bool trees_are_equal(const struct tree_node *a, const struct tree_node *b)
{
    if (a->kind != b->kind || a->count != b->count) {
        return false;
    }
    if (a->kind == TREE_TEXT) {
        return strcmp(a->text, b->text) == 0;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if ((a->kind == TREE_MAP && strcmp(a->keys[i]->text, b->keys[i]->text) != 0) ||
            !trees_are_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

static const struct rule *find_rule(const struct ruleset *set, const char *id, uint32_t size)
{
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (strlen(set->rules[i]->id) == size && memcmp(set->rules[i]->id, id, size) == 0) {
            return set->rules[i];
        }
    }
    return NULL;
}

/* A rule that keeps its state and is written otherwise. Not known of a running engine: it has no text. */
static bool is_edited(const struct plan_sides *sides, const struct change *change,
                      const struct change_row *row)
{
    uint32_t size = 0;
    if (sides->old == NULL || sides->new == NULL || row->kind != CHANGE_KEPT) {
        return false;
    }
    const char *id = change_id(change, row, &size);
    const struct rule *was = find_rule(sides->old, id, size);
    const struct rule *is = find_rule(sides->new, id, size);
    return was != NULL && is != NULL && was->node != NULL && is->node != NULL &&
           !trees_are_equal(was->node, is->node);
}

/* ---- telling ---- */

static json_t *shape_json(const struct change_row *row)
{
    json_t *because = json_array();
    for (uint32_t bit = 0; bit < CHANGE_SHAPE_COUNT; bit++) {
        if ((row->shape >> bit & 1) != 0) {
            (void)json_array_append_new(because,
                                        json_string(change_shape_json((enum change_shape_bit)bit)));
        }
    }
    return because;
}

static json_t *change_json(const struct change *change, const struct lint *lint,
                           const struct plan_sides *sides)
{
    json_t *root = json_object();
    uint32_t levels[3] = {0, 0, 0};
    char digest[33];
    for (int code = 0; code < LINT_CODE_COUNT; code++) {
        levels[lint_code_level((enum lint_code)code)] += lint->found[code];
    }
    (void)json_object_set_new(root, "rules",
                              json_string(digest_words(change->new->info->rules_digest, digest)));
    (void)json_object_set_new(root, "against",
                              json_string(digest_words(change->old->info->rules_digest, digest)));
    (void)json_object_set_new(root, "warnings", json_integer((json_int_t)levels[PROBLEM_WARNING]));
    for (int kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
        (void)json_object_set_new(root, change_kind_json((enum change_kind)kind), json_array());
    }
    if (sides->old != NULL) {
        (void)json_object_set_new(root, "edited", json_array());
    }
    for (uint32_t i = 0; i < change->count; i++) {
        const struct change_row *row = &change->rows[i];
        uint32_t size = 0;
        const char *id = change_id(change, row, &size);
        json_t *item =
            row->kind == CHANGE_RESET
                ? json_pack("{s:s%, s:o}", "rule", id, (size_t)size, "because", shape_json(row))
                : json_stringn(id, size);
        (void)json_array_append_new(json_object_get(root, change_kind_json(row->kind)), item);
        if (is_edited(sides, change, row)) {
            (void)json_array_append_new(json_object_get(root, "edited"), json_stringn(id, size));
        }
    }
    return root;
}

static void print_row(const struct change *change, const struct change_row *row, bool has_changed,
                      bool is_chinese)
{
    uint32_t size = 0;
    const char *id = change_id(change, row, &size);
    (void)printf("  %-14s %.*s", change_kind_words(row->kind, is_chinese), (int)size, id);
    for (uint32_t bit = 0, told = 0; bit < CHANGE_SHAPE_COUNT; bit++) {
        if ((row->shape >> bit & 1) != 0) {
            (void)printf("%s%s",
                         told++ == 0 ? (is_chinese ? "：" : ": ") : (is_chinese ? "、" : ", "),
                         change_shape_words((enum change_shape_bit)bit, is_chinese));
        }
    }
    if (has_changed) {
        (void)printf(is_chinese ? "（内容已修改）" : " (edited)");
    }
    if (row->kind == CHANGE_RESET) {
        (void)printf(is_chinese ? "已变化" : " changed");
    }
    if (row->kind != CHANGE_NEW && row->was_active && !row->is_active && row->new != NONE32) {
        (void)printf(is_chinese ? "（停用）" : " (switched off)");
    }
    (void)printf("\n");
}

static void print_change(const struct change *change, const struct plan_sides *sides,
                         bool is_chinese)
{
    char old[33], new[33];
    (void)printf(is_chinese ? "规则集 %s，对照 %s\n" : "rules %s against %s\n",
                 digest_words(change->new->info->rules_digest, new),
                 digest_words(change->old->info->rules_digest, old));
    for (uint32_t i = 0; i < change->count; i++) {
        const struct change_row *row = &change->rows[i];
        const bool has_changed = is_edited(sides, change, row);
        if (row->kind != CHANGE_KEPT || row->was_active != row->is_active || has_changed) {
            print_row(change, row, has_changed, is_chinese);
        }
    }
    (void)printf(is_chinese ? "保留 %u，重置 %u，新增 %u，移除 %u\n"
                            : "%u kept, %u start anew, %u new, %u removed\n",
                 change->counts[CHANGE_KEPT], change->counts[CHANGE_RESET],
                 change->counts[CHANGE_NEW], change->counts[CHANGE_REMOVED]);
    if (change->counts[CHANGE_RESET] > 0) {
        (void)printf(
            "%s\n",
            is_chinese
                ? "重置的规则：此前的重复上报记录不再有效，新事件不会并入旧键立的案件。"
                : "A rule that starts anew forgets which reports were repeats; new events do not "
                  "join a case that its old keys opened.");
    }
    if (change->counts[CHANGE_RESET] + change->counts[CHANGE_REMOVED] > 0) {
        (void)printf("%s\n", is_chinese ? "在办案件继续按立案时的规则办理。"
                                        : "Open cases go on under the rules that opened them.");
    }
}

/* ---- all of it ---- */

static struct lint lint_of(const struct rules_inputs *inputs)
{
    const int64_t now_ms = (int64_t)time(NULL) * 1000;
    const struct lint_options options = {
        .as_of_day = (int32_t)div_floor(city_local_ms(&inputs->city, now_ms), DAY_MS)};
    return lint_ruleset(inputs->set, &options);
}

/* Reads, lints and lowers the new rules; findings that stop them are printed. */
static int read_new(const struct plan_request *request, struct rules_inputs *inputs,
                    struct lint *out_lint)
{
    if (rules_inputs_read(inputs, request->city) != ERR_OK) {
        return rules_inputs_refuse(request->command, inputs);
    }
    *out_lint = lint_of(inputs);
    uint32_t errors = 0;
    for (uint32_t i = 0; i < out_lint->count; i++) {
        errors += lint_code_level(out_lint->items[i].code) == PROBLEM_ERROR ? 1 : 0;
    }
    if (errors > 0) {
        lint_report(inputs->set, out_lint, inputs->problems);
        return rules_inputs_refuse(request->command, inputs);
    }
    if (rules_inputs_lower(inputs) != ERR_OK) {
        return rules_inputs_refuse(request->command, inputs);
    }
    return EX_OK;
}

static int activate(const struct plan_request *request, const struct policy *policy,
                    struct gridloop_rules_result *out_result)
{
    unsigned char expected[16];
    bytes_of(policy->info->rules_digest, expected);
    const struct gridloop_rules_request wanted = {1, request->reason, expected};
    return ask(request, request->as, &wanted, ACTIVATE_WAIT_MS, out_result);
}

static json_t *activated_json(const struct gridloop_rules_result *got, const char *digest)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "code", words_code_name((uint32_t)got->code),
                     "rules", digest, "kept", (int)got->kept, "reset", (int)got->reset, "new",
                     (int)got->added, "removed", (int)got->removed);
}

static void print_activated(const struct gridloop_rules_result *got, const char *digest,
                            bool is_chinese)
{
    (void)printf(is_chinese ? "已启用 %s：保留 %u，重置 %u，新增 %u，移除 %u\n"
                            : "active: %s, %u kept, %u start anew, %u new, %u removed\n",
                 digest, got->kept, got->reset, got->added, got->removed);
}

/* The rules of before are out of reach: what is kept, the engine says. */
static int activate_blind(const struct plan_request *request, const struct policy *policy)
{
    struct gridloop_rules_result got = {.code = CODE_NOTHING};
    const bool is_chinese = cli_lang(request->lang) == LANG_ZH;
    char digest[33];
    (void)fprintf(stderr, "%s: %s\n", request->command,
                  is_chinese ? "引擎的数据目录不在此处，不与原规则比较（--data 指定后可比较）"
                             : "the engine's data directory is not here: not compared with the "
                               "rules of before (name it with --data to see what changes)");
    const int exit_code = activate(request, policy, &got);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    (void)digest_words(digest_of(got.rules), digest);
    if (request->is_json) {
        json_t *root = json_pack("{s:s, s:n, s:o}", "rules", digest, "against", "activated",
                                 activated_json(&got, digest));
        (void)json_dumpf(root, stdout, JSON_INDENT(1));
        (void)printf("\n");
        json_decref(root);
    } else {
        print_activated(&got, digest, is_chinese);
    }
    return EX_OK;
}

static int compare(const struct plan_request *request, const struct change *change,
                   const struct lint *lint, const struct plan_sides *sides)
{
    const bool is_chinese = cli_lang(request->lang) == LANG_ZH;
    struct gridloop_rules_result got = {.code = CODE_NOTHING};
    if (!request->is_json) {
        print_change(change, sides, is_chinese);
    }
    const int exit_code = request->is_activation ? activate(request, change->new, &got) : EX_OK;
    if (exit_code != EX_OK) {
        return exit_code;
    }
    char digest[33];
    (void)digest_words(digest_of(got.rules), digest);
    if (request->is_json) {
        json_t *root = change_json(change, lint, sides);
        if (request->is_activation) {
            (void)json_object_set_new(root, "activated", activated_json(&got, digest));
        }
        (void)json_dumpf(root, stdout, JSON_INDENT(1));
        (void)printf("\n");
        json_decref(root);
    } else if (request->is_activation) {
        print_activated(&got, digest, is_chinese);
    }
    return EX_OK;
}

static int run(const struct plan_request *request)
{
    struct rules_inputs inputs;
    struct plan_before before = {.is_there = false};
    struct lint lint;
    int exit_code = rules_inputs_find(request->command, request->city, request->rules, &inputs);
    if (exit_code == EX_OK) {
        exit_code = read_new(request, &inputs, &lint);
    }
    if (exit_code == EX_OK) {
        exit_code = find_before(request, &inputs.city, &before);
    }
    if (exit_code == EX_OK && !before.is_there) {
        exit_code = activate_blind(request, &inputs.policy);
    } else if (exit_code == EX_OK) {
        struct change change;
        change_make(&change, &before.policy, &inputs.policy);
        const struct plan_sides sides = {before.read.set, inputs.set};
        exit_code = compare(request, &change, &lint, &sides);
        change_fini(&change);
    }
    before_fini(&before);
    rules_inputs_fini(&inputs);
    return exit_code;
}

int rules_plan(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "the new rules; default CITY/rules", 0},
        {"against", 'a', "DIR", 0, "the rules before; default those the running engine uses", 0},
        {"data", 'd', "DIR", 0,
         "data directory of that engine; default that of the last one started", 0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct plan_request request = {.command = "gridloop rules plan"};
    const struct arguments_slot slots[] = {
        {'r', &request.rules, NULL},          {'a', &request.against, NULL},
        {'d', &request.data, NULL},           {'u', &request.url, NULL},
        {'L', &request.lang, NULL},           {'j', NULL, &request.is_json},
        {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Says which rules would keep their state, start anew, come or go if these rules took the "
        "place of those in use. "
        "Nothing is changed.\vState goes by a rule's id, its event types, and the fields of its "
        "dedupe and merge keys. Exit "
        "65: the rules are refused, and why. 69: no engine; compare with --against.",
        slots,
        COUNT_OF(slots),
        "name a city directory, for example: gridloop rules plan ./qinghe"};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : run(&request);
}

int rules_activate(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"as", 'A', "ID", 0,
         "who activates them: a person with the right administrator or shift_chief", 0},
        {"reason", 'm', "TEXT", 0, "why; kept in the log with the command, at most 119 bytes", 0},
        {"rules", 'r', "DIR", 0,
         "the files as they were checked, if they are not CITY/rules; the engine reads its own", 0},
        {"data", 'd', "DIR", 0,
         "data directory of the engine, to say what would change; default that of the last one "
         "started, and without it only the engine says what was kept",
         0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct plan_request request = {.command = "gridloop rules activate", .is_activation = true};
    const struct arguments_slot slots[] = {
        {'A', &request.as, NULL},      {'m', &request.reason, NULL},
        {'r', &request.rules, NULL},   {'d', &request.data, NULL},
        {'u', &request.url, NULL},     {'L', &request.lang, NULL},
        {'j', NULL, &request.is_json}, {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Checks the rules as gridloop rules plan does, then has the running engine read, check and "
        "use them. The old ones stay "
        "when anything is wrong.\vThe engine refuses files that differ from those checked here "
        "(RULES_DIFFER). Exit 65: the "
        "rules are refused. 69: no engine. 77: not that person's right.",
        slots,
        COUNT_OF(slots),
        "name a city, who and why: gridloop rules activate ./qinghe --as administrator --reason "
        "'night noise'"};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (request.as == NULL || request.reason == NULL) {
        (void)fprintf(stderr, "%s: %s (exit %d)\n", request.command, form.needs, EX_USAGE);
        return EX_USAGE;
    }
    return run(&request);
}

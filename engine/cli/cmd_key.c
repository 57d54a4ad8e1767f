/* cmd_key.c: `gridloop key new | show | register | list | revoke | rotate`: identity keys. The secret half stays in its file; the engine
 * knows public halves alone, and what is registered and revoked stands in its log. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/ledger.h"
#include "engine/core/life.h"
#include "engine/shell/engine_key.h"
#include "proto/client/gridloop.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define ACT_WAIT_MS 10000
#define SHORT_SIZE 16 /* digits that name a key among those of a city */

struct key_options {
    const char *word; /* FILE, or what names a key */
    const char *as, *id, *engine, *reason, *url, *data, *lang;
    bool is_json;
};

static int fail(const char *verb, int exit_code, const char *text)
{
    (void)fprintf(stderr, "gridloop key %s: %s (exit %d)\n", verb, text, exit_code);
    return exit_code;
}

static int exit_of_key(enum err err)
{
    return err == ERR_EXISTS ? EX_CANTCREAT : err == ERR_REFUSED ? EX_NOPERM : cli_exit_of(err);
}

static int read_key(const char *verb, const char *path, struct key_text *out_key)
{
    char why[ENGINE_KEY_WHY_SIZE];
    const enum err err = engine_key_read(path, out_key, why);
    return err == ERR_OK ? EX_OK : fail(verb, exit_of_key(err), why);
}

static json_t *tell_key(const struct key_text *key)
{
    char public[KEY_TEXT_HEX_SIZE], engine[KEY_TEXT_HEX_SIZE];
    key_text_put_public(key->key.public, public);
    key_text_put_public(key->engine, engine);
    return json_pack("{s:s, s:s, s:s?}", "identity", key->identity, "public", public, "engine",
                     key->has_engine ? engine : NULL);
}

static void print_key(const struct key_text *key, bool is_json)
{
    json_t *row = tell_key(key);
    if (is_json) {
        ledger_print_json(row);
    } else {
        const char *engine = json_string_value(json_object_get(row, "engine"));
        (void)printf("identity  %s\npublic    %s\nengine    %s\n", key->identity,
                     json_string_value(json_object_get(row, "public")),
                     engine != NULL ? engine : "-");
    }
    json_decref(row);
}

/* Every option of every verb, and the word of those that take one; the form says which a verb has. */
static int read_options(const struct arguments_form *form, int argc, char **argv,
                        struct key_options *out)
{
    const struct arguments_slot slots[] = {
        {ARGUMENTS_WORD, &out->word, NULL}, {'A', &out->as, NULL},  {'d', &out->data, NULL},
        {'e', &out->engine, NULL},          {'i', &out->id, NULL},  {'L', &out->lang, NULL},
        {'r', &out->reason, NULL},          {'u', &out->url, NULL}, {'j', NULL, &out->is_json}};
    const size_t first = form->args_doc == NULL ? 1 : 0;
    struct arguments_form filled = *form;
    *out = (struct key_options){.word = NULL};
    filled.slots = slots + first;
    filled.count = COUNT_OF(slots) - first;
    return arguments_fill(&filled, argc, argv);
}

/* ---- new, show ---- */

static int new_key(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"id", 'i', "ID", 0, "whose: an id of workers.csv or gateways.csv", 0},
        {"engine-key", 'e', "HEX", 0,
         "the engine's public key, as its first line says it: no other will be believed", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .args_doc = "PATH",
        .doc =
            "Makes a pair of keys for an identity into a new file of mode 0600 and prints the public one, "
            "which is to be registered.",
        .needs = "into which file? camera-gateway-1.key"};
    uint8_t engine[SEAL_PUBLIC_SIZE];
    char why[ENGINE_KEY_WHY_SIZE];
    struct key_text key;
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (options.id == NULL || !codec_is_key_id(options.id, strlen(options.id))) {
        return fail("new", EX_USAGE, "--id ID is needed: whose key, 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    if (options.engine != NULL && !key_text_parse_public(options.engine, engine)) {
        return fail("new", EX_USAGE, "--engine-key takes 64 hex digits");
    }
    const enum err err = engine_key_make(options.word, options.id,
                                         options.engine != NULL ? engine : NULL, &key, why);
    if (err != ERR_OK) {
        return fail("new", exit_of_key(err), why);
    }
    print_key(&key, options.is_json);
    key_text_wipe(&key);
    return EX_OK;
}

static int show(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {{"json", 'j', NULL, 0, "print JSON", 0}, {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .args_doc = "FILE",
        .doc = "Whose key a file holds, its public half, and which engine "
               "it believes. Also of an engine's DATA/engine.key.",
        .needs = "of which file?"};
    struct key_text key;
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    const int exit_code = read_key("show", options.word, &key);
    if (exit_code == EX_OK) {
        print_key(&key, options.is_json);
        key_text_wipe(&key);
    }
    return exit_code;
}

/* ---- acts ---- */

#define ACT_OPTIONS                                                                                \
    {"as", 'A', "ID", 0, "who acts: an administrator, or whose key it is", 0},                     \
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},                         \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print JSON", 0                                                      \
    }

static int print_result(const struct key_options *options, const char *verb,
                        const struct gridloop_operator_result *result, const char *public)
{
    const uint32_t code = (uint32_t)result->code;
    const enum lang lang = cli_lang(options->lang);
    if (options->is_json) {
        json_t *row = json_pack("{s:s, s:s, s:s}", "code", words_code_name(code), "public", public,
                                "hint", result->hint);
        ledger_print_json(row);
        json_decref(row);
    } else if (code == CODE_DONE) {
        (void)printf("%s  %s\n", public, words_code(code, lang));
    } else {
        const bool is_said = strcmp(result->hint, words_code(code, LANG_EN)) == 0;
        (void)fprintf(stderr, "gridloop key %s: %s %s: %s%s%s (exit %d)\n", verb, cli_refused(lang),
                      words_code_name(code), words_code(code, lang),
                      result->hint[0] != '\0' && !is_said ? "; " : "", is_said ? "" : result->hint,
                      EX_NOPERM);
    }
    return code == CODE_DONE ? EX_OK : EX_NOPERM;
}

static int act_on_key(const struct key_options *options, const char *verb, enum action action,
                      const char *subject, const uint8_t public[SEAL_PUBLIC_SIZE])
{
    char url[CLI_URL_SIZE], hex[KEY_TEXT_HEX_SIZE];
    uint8_t halves[2][16];
    uint32_t reason = 0;
    struct gridloop_operator_result result;
    if (options->as == NULL) {
        return fail(verb, EX_USAGE, "--as ID is needed: an administrator, or whose key it is");
    }
    if (options->reason != NULL && !words_parse_reason(options->reason, &reason)) {
        return fail(verb, EX_USAGE, "--reason takes key_exposed, key_followed or other");
    }
    if (cli_find_url(options->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    memcpy(halves, public, sizeof halves);
    key_text_put_public(public, hex);
    const struct gridloop_act act = {.action = (int)action,
                                     .reason = (int)reason,
                                     .subject = subject,
                                     .evidence = (const uint8_t(*)[16])halves,
                                     .evidence_count = COUNT_OF(halves)};
    const int status = gridloop_operator_act(url, options->as, &act, ACT_WAIT_MS, &result);
    if (status == GRIDLOOP_OK || (status == GRIDLOOP_HELD && result.code != 0)) {
        return print_result(options, verb, &result, hex);
    }
    return status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT
               ? cli_no_engine(url)
               : fail(verb, EX_USAGE, gridloop_status_text(status));
}

static int register_key(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        ACT_OPTIONS,
        {"id", 'i', "ID", 0, "whose, where 64 hex digits are given instead of a file", 0},
        {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .args_doc = "KEY",
        .doc =
            "Lets a key, a file or with --id 64 hex digits, speak for its identity, as a logged command: of a person or gateway of the city, "
            "with the rights that the city gives it. At most four keys of one identity are good at a "
            "time.",
        .needs = "which key? its file, or its public half with --id"};
    struct key_text key;
    uint8_t public[SEAL_PUBLIC_SIZE];
    char id[CODEC_KEY_ID_SIZE_MAX + 1];
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (options.id != NULL) {
        if (!key_text_parse_public(options.word, public)) {
            return fail("register", EX_USAGE, "with --id 64 hex digits are expected");
        }
        return act_on_key(&options, "register", ACTION_KEY_REGISTER, options.id, public);
    }
    const int exit_code = read_key("register", options.word, &key);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    memcpy(public, key.key.public, sizeof public);
    (void)snprintf(id, sizeof id, "%s", key.identity);
    key_text_wipe(&key);
    return act_on_key(&options, "register", ACTION_KEY_REGISTER, id, public);
}

/* ---- list ---- */

static const char *name_of(const struct ledger *ledger, struct hash128 principal,
                           char out[LEDGER_NAME_SIZE])
{
    const struct city *city = ledger->city;
    for (uint32_t i = 0; i < city->person_count; i++) {
        if (hash128_is_equal(city->persons[i].id_hash, principal)) {
            return ledger_text(ledger, city->persons[i].id, out);
        }
    }
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        if (hash128_is_equal(city->gateways[i].id_hash, principal)) {
            return ledger_text(ledger, city->gateways[i].id, out);
        }
    }
    return "";
}

static void put_row(const struct ledger *ledger, const struct key_row *row, json_t *rows)
{
    char public[KEY_TEXT_HEX_SIZE], id[LEDGER_NAME_SIZE], by[LEDGER_NAME_SIZE],
        at[LEDGER_NAME_SIZE], end[LEDGER_NAME_SIZE];
    const bool is_good = row->revoked_at_ms == NEVER_MS;
    key_text_put_public(row->public, public);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:I, s:o}", "public", public, "identity",
                  name_of(ledger, row->principal, id), "by", name_of(ledger, row->by, by),
                  "registered_ms", (json_int_t)row->registered_at_ms, "revoked_ms",
                  is_good ? json_null() : json_integer((json_int_t)row->revoked_at_ms));
    if (!ledger->is_json) {
        (void)printf("%.*s  %-24s  %s  %s%s\n", SHORT_SIZE, public,
                     json_string_value(json_object_get(object, "identity")),
                     ledger_instant(ledger, row->registered_at_ms, at),
                     is_good ? "" : ledger_pick(ledger, "revoked ", "已吊销 "),
                     is_good ? "" : ledger_instant(ledger, row->revoked_at_ms, end));
    }
    (void)json_array_append_new(rows, object);
}

static int list(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {LEDGER_OPTIONS, {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .doc = "Keys that are registered or were revoked, out of an engine's log."};
    struct ledger ledger;
    struct key_row row;
    uint32_t slot = 0;
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    const struct ledger_options wanted = {
        .data = options.data, .lang = options.lang, .is_json = options.is_json};
    const int exit_code = ledger_open(&wanted, "key list", &ledger);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    json_t *rows = json_array();
    while (core_next_key(ledger.core, &slot, &row)) {
        put_row(&ledger, &row, rows);
    }
    if (options.is_json) {
        ledger_print_json(rows);
    } else if (slot == 0) {
        (void)printf("%s\n", ledger_pick(&ledger, "no key is registered", "未登记任何密钥"));
    }
    json_decref(rows);
    case_story_close(&ledger.story);
    return EX_OK;
}

/* ---- revoke ---- */

/* The one registered key that begins with those digits. */
static int find_key(const struct key_options *options, uint8_t out_public[SEAL_PUBLIC_SIZE])
{
    struct ledger ledger;
    struct key_row row;
    uint32_t slot = 0, found = 0;
    const struct ledger_options wanted = {.data = options->data};
    const int exit_code = ledger_open(&wanted, "key revoke", &ledger);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    while (core_next_key(ledger.core, &slot, &row)) {
        char public[KEY_TEXT_HEX_SIZE];
        key_text_put_public(row.public, public);
        if (strncmp(public, options->word, strlen(options->word)) == 0) {
            memcpy(out_public, row.public, SEAL_PUBLIC_SIZE);
            found++;
        }
    }
    case_story_close(&ledger.story);
    return found == 1  ? EX_OK
           : found > 1 ? fail("revoke", EX_USAGE, "more than one key begins so")
                       : fail("revoke", EX_NOINPUT, "no key begins so; see: gridloop key list");
}

static int revoke(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        ACT_OPTIONS,
        {"reason", 'r', "REASON", 0, "key_exposed, key_followed, or another", 0},
        {"data", 'd', "DIR", 0, "data directory to look a short key up in", 0},
        {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .args_doc = "KEY",
        .doc =
            "Ends what a key may, for good, as a logged command: its sessions are cut at once. KEY is its "
            "public half, or the beginning of it as key list shows it.",
        .needs = "which key? gridloop key list"};
    uint8_t public[SEAL_PUBLIC_SIZE];
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!key_text_parse_public(options.word, public)) {
        const int exit_code = find_key(&options, public);
        if (exit_code != EX_OK) {
            return exit_code;
        }
    }
    return act_on_key(&options, "revoke", ACTION_KEY_REVOKE, NULL, public);
}

/* ---- rotate ---- */

/* The new file takes the old one's name; the old one stays beside it until it is revoked. */
static int put_in_place(const char *file, const char *fresh)
{
    char old[PATH_MAX], text[PATH_MAX + 128];
    if (snprintf(old, sizeof old, "%s.old", file) >= (int)sizeof old || rename(file, old) != 0 ||
        rename(fresh, file) != 0) {
        (void)snprintf(text, sizeof text, "the new key is registered and lies in %.400s: %s", fresh,
                       strerror(errno));
        return fail("rotate", EX_CANTCREAT, text);
    }
    (void)printf("the old key is in %s and still good: when nobody uses it any more, gridloop key "
                 "revoke it\n",
                 old);
    return EX_OK;
}

static int rotate(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {ACT_OPTIONS, {0}};
    struct key_options options;
    const struct arguments_form form = {
        .options = OPTIONS,
        .args_doc = "KEY",
        .doc =
            "Makes another pair for the identity of a key file, registers it, and puts it in the file's "
            "place. Both are good until the old one is revoked.",
        .needs = "of which file?"};
    struct key_text old, fresh;
    char path[PATH_MAX], why[ENGINE_KEY_WHY_SIZE], id[CODEC_KEY_ID_SIZE_MAX + 1];
    uint8_t public[SEAL_PUBLIC_SIZE];
    if (read_options(&form, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    int exit_code = read_key("rotate", options.word, &old);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (snprintf(path, sizeof path, "%s.new", options.word) >= (int)sizeof path) {
        key_text_wipe(&old);
        return fail("rotate", EX_USAGE, "the file's name is too long");
    }
    const enum err err =
        engine_key_make(path, old.identity, old.has_engine ? old.engine : NULL, &fresh, why);
    (void)snprintf(id, sizeof id, "%s", old.identity);
    key_text_wipe(&old);
    if (err != ERR_OK) {
        return fail("rotate", exit_of_key(err), why);
    }
    memcpy(public, fresh.key.public, sizeof public);
    key_text_wipe(&fresh);
    exit_code = act_on_key(&options, "rotate", ACTION_KEY_REGISTER, id, public);
    if (exit_code != EX_OK) {
        (void)remove(path);
        return exit_code;
    }
    return put_in_place(options.word, path);
}

int cmd_key(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"new", new_key, "make a pair of keys for an identity"},
        {"show", show, "whose key a file holds, and its public half"},
        {"register", register_key, "let a key speak for its identity"},
        {"list", list, "keys that are registered or were revoked"},
        {"revoke", revoke, "end what a key may, and cut its sessions"},
        {"rotate", rotate, "put another key in a key's place"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop key", VERBS, argc, argv);
}

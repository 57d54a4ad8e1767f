/* case_record.c: see case_record.h. Looking up and erasing go over the wire as logged acts with actor and reason. */
#include "engine/cli/case_record.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/shell/key_vault.h"
#include "proto/client/gridloop.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <sysexits.h>

#define ACT_WAIT_MS 5000u

struct record_options {
    const char *case_no;
    const char *url, *lang, *as, *reason, *text;
    bool is_json;
    enum action action;
};

/* ---- what came back ---- */

static void print_contacts(const struct record_options *options,
                           const struct gridloop_operator_result *result)
{
    const bool is_zh = cli_lang(options->lang) == LANG_ZH;
    json_t *rows = json_array();
    for (uint32_t i = 0; i < result->contact_count; i++) {
        if (options->is_json) {
            (void)json_array_append_new(
                rows, json_pack("{s:s, s:s, s:s}", "name", result->contacts[i].name, "phone",
                                result->contacts[i].phone, "note", result->contacts[i].note));
        } else {
            (void)printf("%s  %s  %s\n", result->contacts[i].name, result->contacts[i].phone,
                         result->contacts[i].note);
        }
    }
    if (options->is_json) {
        json_t *root = json_pack("{s:s, s:s, s:o}", "code", words_code_name((uint32_t)result->code),
                                 "case", result->case_no, "contacts", rows);
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)printf("\n");
        json_decref(root);
        return;
    }
    json_decref(rows);
    if (options->action == ACTION_REVEAL && result->contact_count == 0) {
        (void)fprintf(stderr,
                      is_zh ? "密钥已不在 keys.db 中，联系方式无法读取\n"
                            : "the key is no longer in keys.db: the contact cannot be read\n");
    }
}

static int print_answer(const struct record_options *options,
                        const struct gridloop_operator_result *result)
{
    const enum lang lang = cli_lang(options->lang);
    char near[IDENTITIES_NEAR_SIZE] = "";
    if (!words_code_is_refusal((uint32_t)result->code)) {
        if (!options->is_json) {
            (void)printf("%s: %s\n", result->case_no,
                         words_action((uint32_t)options->action, lang));
        }
        if (options->action == ACTION_REVEAL || options->is_json) {
            print_contacts(options, result);
        }
        return EX_OK;
    }
    (void)fprintf(stderr, "%s %s: %s%s%s (exit %d)\n", cli_refused(lang),
                  words_code_name((uint32_t)result->code), words_code((uint32_t)result->code, lang),
                  result->code == CODE_UNKNOWN_IDENTITY ? identities_near(NULL, options->as, near)
                                                        : "",
                  result->hint[0] == '\0' || result->code != CODE_NO_RIGHT ? ""
                  : lang == LANG_ZH ? "；受理员和值班长可办理，调度员可查看"
                                    : "; intake and shift chief may, a dispatcher may look",
                  EX_NOPERM);
    return EX_NOPERM;
}

static int act(const struct record_options *options)
{
    char url[CLI_URL_SIZE];
    uint32_t reason = 0;
    if (options->case_no == NULL || options->as == NULL || options->reason == NULL) {
        (void)fprintf(stderr,
                      "gridloop case: a case, --as ID and --reason are needed: it is written down "
                      "who looked and why; "
                      "gridloop case reveal 1 --as INTAKE --reason call_back (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    if (!words_parse_reason(options->reason, &reason) || reason == 0) {
        (void)fprintf(stderr,
                      "gridloop case: no reason \"%s\"; usual ones here: call_back, "
                      "reporter_asked, instructed, other "
                      "(then say more with --text) (exit %d)\n",
                      options->reason, EX_USAGE);
        return EX_USAGE;
    }
    if (cli_find_url(options->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    struct gridloop_operator_result result;
    struct gridloop_act wanted = {.case_no = options->case_no,
                                  .action = (int)options->action,
                                  .reason = (int)reason,
                                  .text = options->text};
    const int status = gridloop_operator_act(url, options->as, &wanted, ACT_WAIT_MS, &result);
    int exit_code = EX_USAGE;
    if (status == GRIDLOOP_OK || (status == GRIDLOOP_HELD && result.code != 0)) {
        exit_code = print_answer(options, &result);
    } else if (status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT) {
        exit_code = cli_no_engine(url);
    } else {
        (void)fprintf(stderr, "gridloop case: %s%s%s (exit %d)\n", gridloop_status_text(status),
                      result.hint[0] != '\0' ? ": " : "", result.hint, EX_USAGE);
    }
    sodium_memzero(&result, sizeof result);
    return exit_code;
}

static int run(int argc, char **argv, enum action action, const char *doc)
{
    static const struct argp_option OPTIONS[] = {
        {"as", 'A', "ID", 0, "who asks: a person of the city with the right", 0},
        {"reason", 'r', "REASON", 0, "why: call_back, reporter_asked, instructed, other", 0},
        {"text", 't', "TEXT", 0, "more about why; goes into the case's story", 0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct record_options options = {.action = action};
    const struct arguments_slot slots[] = {{'A', &options.as, NULL},
                                           {'r', &options.reason, NULL},
                                           {'t', &options.text, NULL},
                                           {'u', &options.url, NULL},
                                           {'L', &options.lang, NULL},
                                           {'j', NULL, &options.is_json},
                                           {ARGUMENTS_WORD, &options.case_no, NULL}};
    const struct arguments_form form = {OPTIONS, "CASE", doc, slots, COUNT_OF(slots), NULL};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : act(&options);
}

int case_record_reveal(int argc, char **argv)
{
    return run(argc, argv, ACTION_REVEAL,
               "Shows how the reporters of a case can be reached. Who looked and why stands in the "
               "case's story.");
}

int case_record_erase(int argc, char **argv)
{
    return run(argc, argv, ACTION_ERASE,
               "Deletes the keys of a case's contacts: what the log still holds of them can then "
               "be read by nobody.");
}

/* ---- masked ---- */

void case_record_reporter(const char *data, const struct core *core, struct case_no no,
                          enum lang lang, char out[CASE_REPORTER_SIZE])
{
    struct contact_view views[8];
    struct key_vault *vault = NULL;
    struct contact contact;
    uint8_t key[CONTACT_KEY_SIZE];
    char mask[CONTACT_MASK_SIZE] = "";
    bool is_erased;
    const bool is_zh = lang == LANG_ZH;
    const uint32_t count = core_case_contacts(core, no, views, COUNT_OF(views), &is_erased);
    out[0] = '\0';
    if (count == 0) {
        (void)snprintf(out, CASE_REPORTER_SIZE, "%s",
                       !is_erased ? ""
                       : is_zh    ? "联系方式已删除"
                                  : "contact erased");
        return;
    }
    if (key_vault_read(data, &vault) == ERR_OK) {
        const struct contact_keys keys = key_vault_keys(vault);
        if (keys.find(keys.context, views[count - 1].id, key) &&
            contact_open(views[count - 1].sealed, views[count - 1].id, key, &contact)) {
            contact_mask(&contact, mask);
            contact_forget(&contact);
        }
        key_vault_close(vault);
    }
    (void)snprintf(out, CASE_REPORTER_SIZE,
                   is_zh ? "%s（%u 人留有联系方式）" : "%s (%u with a contact)",
                   mask[0] != '\0' ? mask
                   : is_zh         ? "已加密"
                                   : "sealed",
                   count);
}

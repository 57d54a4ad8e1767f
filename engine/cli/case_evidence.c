/* case_evidence.c: `gridloop case evidence`: what photos and files the acts on a case name, and taking them out.
 *
 * The list comes from the log, the files from DATA/evidence; what an act names and nobody has put there is MISSING. Taking
 * out is a logged act first. JPEG and PNG are saved without their metadata (position, device, time, comments) unless the
 * original is asked for; it is never read as a place. */
#include "engine/cli/arguments.h"
#include "engine/cli/case_record.h"
#include "engine/cli/cli.h"
#include "engine/edge/replay.h"
#include "engine/edge/story.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/data_limits.h"
#include "engine/shell/evidence.h"
#include "engine/shell/photo.h"
#include "proto/client/gridloop.h"

#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define ACT_WAIT_MS 5000u
#define FILES_MAX 512u

struct named {
    struct hash128 digest;
    int64_t at_ms;
    uint16_t action;
    char who[96];
    uint64_t size; /* on disk */
    bool is_there;
};

struct evidence_options {
    const char *case_no;
    const char *data, *url, *lang, *as, *save;
    bool is_json, is_original;
};

struct evidence_list {
    struct replay *replay;
    struct case_no part, no;
    const struct command *command; /* being stepped, where it names evidence */
    struct named files[FILES_MAX];
    uint32_t count;
    uint32_t cases; /* that the part fits */
};

/* ---- reading the log ---- */

static void on_command(void *context, const struct log_entry *entry, const struct command *command)
{
    struct evidence_list *list = context;
    (void)entry;
    const bool names =
        command->head->kind == COMMAND_ACT && command->body.act.head->evidence_count > 0;
    list->command = names ? command : NULL;
}

static bool fits(struct case_no part, struct case_no no)
{
    return part.serial == no.serial && (part.day == 0 || part.day == no.day) &&
           (part.district == 0 || part.district == no.district);
}

static void take_files(struct evidence_list *list, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    const struct city *city = core_city(replay_core(list->replay));
    const struct act_body *act = list->command->body.act.head;
    for (uint32_t i = 0; i < act->evidence_count && list->count < FILES_MAX; i++) {
        struct named *file = &list->files[list->count++];
        *file = (struct named){.digest = list->command->body.act.evidence[i],
                               .at_ms = effect->at_ms,
                               .action = line->action};
        if (line->actor < city->person_count) {
            const struct image_string id = city->persons[line->actor].id;
            (void)snprintf(file->who, sizeof file->who, "%.*s", (int)id.size, city_text(city, id));
        }
    }
    list->command = NULL;
}

static void on_effect(void *context, const struct log_entry *entry, const struct effect *effect)
{
    struct evidence_list *list = context;
    (void)entry;
    if (effect->kind != EFFECT_TIMELINE || !fits(list->part, effect->of.timeline.case_no)) {
        return;
    }
    const struct case_no no = effect->of.timeline.case_no;
    if (list->cases == 0 || !case_no_is_equal(no, list->no)) {
        list->cases += effect->of.timeline.action == ACTION_OPEN;
        list->no = no;
    }
    if (list->command != NULL &&
        effect->of.timeline.action == list->command->body.act.head->action) {
        take_files(list, effect);
    }
}

static int read_log(const char *data, struct evidence_list *list)
{
    struct data_directory directory;
    struct data_fault fault = {.text = ""};
    struct log_fault log_fault = {.what = ""};
    enum err err = data_directory_read(&directory, data, &fault);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop case: %s (exit %d)\n", fault.text, cli_exit_of(err));
        return cli_exit_of(err);
    }
    struct replay_options options = {
        .disk = &directory.disk.disk,
        .log = log_options_default(),
        .limits = limits_default(),
        .watch = {.on_command = on_command, .on_effect = on_effect, .context = list}};
    err = data_limits_read(data, &options.limits);
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        err = replay_open(&options, &list->replay, &log_fault);
    }
    if (err == ERR_OK) {
        err = replay_follow(list->replay, UINT64_MAX, &log_fault);
    }
    replay_close(list->replay);
    data_directory_close(&directory);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop case: cannot read the log in %s: %s%s%s (exit %d)\n", data,
                      words_err(err), log_fault.what[0] != '\0' ? ": " : "", log_fault.what,
                      cli_exit_of(err));
        return cli_exit_of(err);
    }
    if (list->cases != 1) {
        (void)fprintf(stderr, "gridloop case: %s (exit %d)\n",
                      list->cases == 0 ? "no such case in the log"
                                       : "more than one case has that suffix",
                      EX_NOINPUT);
        return EX_NOINPUT;
    }
    return EX_OK;
}

/* ---- files ---- */

static void path_of(const char *data, struct hash128 digest, char *out, size_t size)
{
    uint8_t bytes[NODE_DIGEST_SIZE];
    char name[EVIDENCE_NAME_SIZE];
    memcpy(bytes, &digest, sizeof bytes);
    evidence_name(bytes, name);
    (void)snprintf(out, size, "%.400s/%s", data, name);
}

static void look_up(const char *data, struct evidence_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        char path[512];
        struct stat status;
        path_of(data, list->files[i].digest, path, sizeof path);
        list->files[i].is_there = lstat(path, &status) == 0 && S_ISREG(status.st_mode);
        list->files[i].size = list->files[i].is_there ? (uint64_t)status.st_size : 0;
    }
}

static void hex_of(struct hash128 digest, char out[2 * NODE_DIGEST_SIZE + 1])
{
    uint8_t bytes[NODE_DIGEST_SIZE];
    memcpy(bytes, &digest, sizeof bytes);
    (void)sodium_bin2hex(out, 2 * NODE_DIGEST_SIZE + 1, bytes, sizeof bytes);
}

/* Reads it whole and checks that it is what its name says. */
static uint8_t *read_blob(const char *path, struct hash128 digest, size_t *out_size)
{
    uint8_t found[NODE_DIGEST_SIZE];
    uint8_t *bytes = malloc(2u << 20);
    FILE *file = bytes == NULL ? NULL : fopen(path, "rb");
    *out_size = file == NULL ? 0 : fread(bytes, 1, 2u << 20, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)crypto_generichash(found, sizeof found, bytes, *out_size, NULL, 0);
    if (*out_size == 0 || memcmp(found, &digest, sizeof found) != 0) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* The name is the digest and an ending that the bytes themselves show: nothing that anybody sent. */
static bool save_one(const struct evidence_options *options, const char *data,
                     const struct named *file)
{
    char path[512], hex[2 * NODE_DIGEST_SIZE + 1], out[640];
    size_t size;
    path_of(data, file->digest, path, sizeof path);
    hex_of(file->digest, hex);
    uint8_t *bytes = read_blob(path, file->digest, &size);
    if (bytes == NULL) {
        (void)fprintf(
            stderr, "gridloop case: %s is damaged: its bytes do not have the digest of its name\n",
            path);
        return false;
    }
    const enum photo_kind kind = photo_kind_of(bytes, size);
    if (!options->is_original) {
        size = photo_strip(kind, bytes, size);
    }
    (void)snprintf(out, sizeof out, "%.500s/%s%s", options->save, hex, photo_ending(kind));
    int saved = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    const bool is_good = saved >= 0 && size > 0 && write(saved, bytes, size) == (ssize_t)size;
    if (saved >= 0) {
        (void)close(saved);
    }
    free(bytes);
    (void)fprintf(is_good ? stdout : stderr, is_good ? "%s\n" : "gridloop case: cannot write %s\n",
                  out);
    return is_good;
}

/* On record first: who takes it out. */
static int ask(const struct evidence_options *options, struct case_no no)
{
    char url[CLI_URL_SIZE], number[WORDS_CASE_NO_SIZE];
    struct gridloop_operator_result result;
    if (options->as == NULL) {
        (void)fprintf(stderr,
                      "gridloop case: --save needs --as ID: it is written down who takes evidence "
                      "out (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    if (cli_find_url(options->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    const struct gridloop_act act = {.case_no = words_case_no(no, number),
                                     .action = ACTION_READ_EVIDENCE};
    const int status = gridloop_operator_act(url, options->as, &act, ACT_WAIT_MS, &result);
    if (status != GRIDLOOP_OK) {
        return cli_no_engine(url);
    }
    if (words_code_is_refusal((uint32_t)result.code)) {
        const enum lang lang = cli_lang(options->lang);
        (void)fprintf(stderr, "%s %s: %s (exit %d)\n", cli_refused(lang),
                      words_code_name((uint32_t)result.code),
                      words_code((uint32_t)result.code, lang), EX_NOPERM);
        return EX_NOPERM;
    }
    return EX_OK;
}

static int save_all(const struct evidence_options *options, const char *data,
                    const struct evidence_list *list)
{
    int exit_code = ask(options, list->no);
    if (exit_code == EX_OK && mkdir(options->save, 0700) != 0 && access(options->save, W_OK) != 0) {
        (void)fprintf(stderr, "gridloop case: cannot write into %s (exit %d)\n", options->save,
                      EX_CANTCREAT);
        return EX_CANTCREAT;
    }
    for (uint32_t i = 0; exit_code == EX_OK && i < list->count; i++) {
        if (list->files[i].is_there && !save_one(options, data, &list->files[i])) {
            exit_code = EX_IOERR;
        }
    }
    return exit_code;
}

static void print_list(const struct evidence_options *options, const struct evidence_list *list)
{
    const enum lang lang = cli_lang(options->lang);
    json_t *rows = json_array();
    for (uint32_t i = 0; i < list->count; i++) {
        const struct named *file = &list->files[i];
        char hex[2 * NODE_DIGEST_SIZE + 1];
        hex_of(file->digest, hex);
        if (options->is_json) {
            (void)json_array_append_new(
                rows, json_pack("{s:s, s:s, s:s, s:I, s:b, s:I}", "digest", hex, "who", file->who,
                                "action", words_action_name(file->action), "at_ms",
                                (json_int_t)file->at_ms, "is_there", file->is_there ? 1 : 0, "size",
                                (json_int_t)file->size));
        } else if (file->is_there) {
            (void)printf("%s  %8llu  %s  %s\n", hex, (unsigned long long)file->size, file->who,
                         words_action(file->action, lang));
        } else {
            (void)printf("%s  %8s  %s  %s\n", hex, lang == LANG_ZH ? "缺失" : "MISSING", file->who,
                         words_action(file->action, lang));
        }
    }
    if (options->is_json) {
        (void)json_dumpf(rows, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(rows);
}

static int tell(const struct evidence_options *options)
{
    char path[CLI_URL_SIZE];
    struct evidence_list *list = calloc(1, sizeof *list);
    const char *data = cli_find_data(options->data, path);
    int exit_code = EX_NOINPUT;
    if (list == NULL || data == NULL) {
        free(list);
        return exit_code;
    }
    if (options->case_no == NULL || !words_parse_case_no(options->case_no, &list->part)) {
        (void)fprintf(stderr, "gridloop case: name a case: gridloop case evidence 1 (exit %d)\n",
                      EX_USAGE);
        free(list);
        return EX_USAGE;
    }
    exit_code = read_log(data, list);
    if (exit_code == EX_OK) {
        look_up(data, list);
        if (options->save != NULL) {
            exit_code = save_all(options, data, list);
        } else {
            print_list(options, list);
        }
    }
    free(list);
    return exit_code;
}

int case_record_evidence(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"save", 's', "DIR", 0, "take the files out into this directory, on record", 0},
        {"as", 'A', "ID", 0, "who takes them out", 0},
        {"original", 'O', NULL, 0,
         "byte for byte, with the metadata that phones write (position, device)", 0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct evidence_options options = {.case_no = NULL};
    const struct arguments_slot slots[] = {
        {'d', &options.data, NULL},    {'A', &options.as, NULL},
        {'s', &options.save, NULL},    {'O', NULL, &options.is_original},
        {'u', &options.url, NULL},     {'L', &options.lang, NULL},
        {'j', NULL, &options.is_json}, {ARGUMENTS_WORD, &options.case_no, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CASE",
        "Lists the photos and files that acts on a case name; --save takes them out.",
        slots,
        COUNT_OF(slots),
        NULL};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : tell(&options);
}

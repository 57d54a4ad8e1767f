/* cmd_log.c: `gridloop log info | verify | replay | dump`: looks at a log, also while its engine runs. */
#include "engine/cli/cmd_log.h"
#include "engine/cli/arguments.h"

#include "engine/cli/log_history.h"
#include "engine/cli/progress.h"

#include "engine/edge/image_store.h"
#include "engine/edge/log_files.h"
#include "engine/shell/data_limits.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "engine/cli/dump_json.h"

#define PROGRESS_ENTRIES 10000u

/* ---- arguments ---- */

static bool parse_position(const char *text, uint64_t *out_position)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value == 0) {
        return false;
    }
    *out_position = value;
    return true;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct log_command *command = state->input;
    switch (key) {
    case 'd':
        command->data = text;
        return 0;
    case 'l':
        command->lang = text;
        return 0;
    case 'j':
        command->is_json = true;
        return 0;
    case 'e':
        command->has_effects = true;
        return 0;
    case 'r':
        command->has_replay = true;
        return 0;
    case 's':
        command->is_from_snapshot = true;
        return 0;
    case 'H':
        command->history = text;
        return 0;
    case 'f':
    case 'u':
        if (!parse_position(text, key == 'f' ? &command->from : &command->until)) {
            argp_error(state, "a position is a whole number from 1, not \"%s\"", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is one word too many; the data directory is given with --data",
                   text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

#define OPTION_DATA                                                                                \
    {                                                                                              \
        "data", 'd', "DIR", 0, "data directory (default: the last started engine's)", 0            \
    }
#define OPTION_LANG                                                                                \
    {                                                                                              \
        "lang", 'l', "zh|en", 0, "language", 0                                                     \
    }
#define OPTION_JSON                                                                                \
    {                                                                                              \
        "json", 'j', 0, 0, "for machines", 0                                                       \
    }
#define OPTION_UNTIL                                                                               \
    {                                                                                              \
        "until", 'u', "POSITION", 0, "stop behind this entry", 0                                   \
    }

int log_command_open(struct log_command *command, struct data_directory *data)
{
    char path[CLI_URL_SIZE];
    if (cli_find_data(command->data, path) == NULL) {
        return EX_NOINPUT;
    }
    command->limits = limits_default();
    enum err err = data_limits_read(path, &command->limits);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        (void)fprintf(stderr, "%s/limits is damaged; restore it from a backup (exit %d)\n", path,
                      EX_DATAERR);
        return EX_DATAERR;
    }
    struct data_fault fault;
    err = data_directory_read(data, path, &fault);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "%s (exit %d)\n", fault.text, cli_exit_of(err));
        return cli_exit_of(err);
    }
    return 0;
}

int log_command_fail(const struct log_command *command, enum err err, const struct log_fault *fault)
{
    (void)command;
    int code = cli_exit_of(err);
    if (fault->what[0] != '\0') {
        (void)fprintf(stderr, "%s at byte %" PRIu64 ", entry %" PRIu64 ": %s (%s, exit %d)\n",
                      fault->file, fault->offset, fault->position, fault->what, words_err_name(err),
                      code);
    } else {
        (void)fprintf(stderr, "the log cannot be read: %s (exit %d)\n", words_err(err), code);
    }
    return code;
}

void log_command_print(const struct log_command *command, const char *en, const char *zh,
                       const char *value)
{
    (void)printf("%s%s%s\n", cli_lang(command->lang) == LANG_ZH ? zh : en,
                 cli_lang(command->lang) == LANG_ZH ? "：" : ": ", value);
}

__attribute__((format(printf, 4, 5))) static void print_value(const struct log_command *command,
                                                              const char *en, const char *zh,
                                                              const char *format, ...)
{
    char value[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    log_command_print(command, en, zh, value);
}

/* ---- info and verify: every byte is checked, nothing is stepped ---- */

struct survey {
    uint64_t entries, seals, redacted, unproven, bytes, commands;
    int64_t first_time_ms, last_time_ms;
    struct start_body start;
    bool has_start;
    char tail[160]; /* what lies behind the last entry; "" for nothing */
    uint32_t segments;
    uint64_t segment_bytes;
    uint32_t images;
    uint64_t image_bytes;
};

static enum err survey_commands(struct survey *survey, const struct log_entry *entry)
{
    struct batch_reader reader;
    struct command command;
    enum err err =
        batch_open(&reader, entry->payload, entry->payload_size, entry->places, entry->places_size);
    while (err == ERR_OK) {
        err = batch_next(&reader, &command);
        if (err == ERR_OK) {
            survey->commands++;
            if (command.head->kind == COMMAND_START && !survey->has_start) {
                survey->has_start = true;
                survey->start = *command.body.start;
            }
        }
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err survey_entries(const struct disk *disk, struct survey *survey,
                               struct progress *progress, struct log_fault *fault)
{
    struct log_options options = log_options_default();
    struct log_reader *reader;
    enum err err = log_reader_open(disk, &options, 1, &reader, fault);
    if (err != ERR_OK) {
        return err;
    }
    struct log_entry entry;
    while ((err = log_reader_next(reader, &entry, fault)) == ERR_OK) {
        survey->first_time_ms = survey->entries == 0 ? entry.time_ms : survey->first_time_ms;
        survey->last_time_ms = entry.time_ms;
        survey->entries++;
        survey->seals += entry.kind == LOG_SEAL;
        survey->redacted += entry.is_redacted;
        survey->unproven += !entry.is_durable;
        survey->bytes += entry.payload_size + entry.places_size;
        if (entry.kind == LOG_BATCH) {
            err = survey_commands(survey, &entry);
            if (err != ERR_OK) {
                log_fault_set(fault, 0, 0, entry.position,
                              "the commands do not follow their format");
                break;
            }
        }
        progress_count(progress, survey->entries);
    }
    log_reader_close(reader);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    (void)snprintf(survey->tail, sizeof survey->tail, "%s", fault->what);
    return ERR_OK;
}

static enum err survey_files(const struct disk *disk, struct survey *survey)
{
    struct log_files files;
    enum err err = log_files_list(disk, &files);
    if (err != ERR_OK) {
        return err;
    }
    survey->segments = files.count;
    for (uint32_t i = 0; err == ERR_OK && i < files.count; i++) {
        char path[LOG_PATH_SIZE];
        log_segment_path(files.firsts[i], path);
        int file;
        uint64_t size = 0;
        err = disk->open(disk->context, path, DISK_READ, &file);
        if (err == ERR_OK) {
            err = disk->size(disk->context, file, &size);
            disk->close(disk->context, file);
        }
        survey->segment_bytes += size;
    }
    log_files_fini(&files);
    return err == ERR_OK ? image_store_measure(disk, &survey->images, &survey->image_bytes) : err;
}

static void print_survey(const struct log_command *command, const struct survey *survey,
                         const struct snapshot_survey *snapshots)
{
    struct dump_names names = {NULL, NULL};
    json_t *first = dump_time(names, survey->entries == 0 ? NEVER_MS : survey->first_time_ms);
    json_t *last = dump_time(names, survey->entries == 0 ? NEVER_MS : survey->last_time_ms);
    const char *clock = !survey->has_start              ? "unknown"
                        : survey->start.clock_mode == 0 ? "wall"
                                                        : "scaled";
    if (command->is_json) {
        json_t *object = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:O, s:O, s:s}",
            "entries", (json_int_t)survey->entries, "commands", (json_int_t)survey->commands,
            "seals", (json_int_t)survey->seals, "redacted", (json_int_t)survey->redacted,
            "not_proven_on_disk", (json_int_t)survey->unproven, "bytes", (json_int_t)survey->bytes,
            "segments", (json_int_t)survey->segments, "segment_bytes",
            (json_int_t)survey->segment_bytes, "images", (json_int_t)survey->images, "image_bytes",
            (json_int_t)survey->image_bytes, "clock", clock, "speed",
            (json_int_t)survey->start.speed, "first_time", first, "last_time", last, "tail",
            survey->tail);
        (void)json_object_set_new(object, "snapshots", log_snapshots_json(snapshots));
        (void)json_dumpf(object, stdout, JSON_COMPACT);
        (void)printf("\n");
        json_decref(object);
    } else {
        print_value(command, "entries", "条目", "%" PRIu64, survey->entries);
        print_value(command, "commands", "命令", "%" PRIu64, survey->commands);
        print_value(command, "seals", "封条", "%" PRIu64, survey->seals);
        print_value(command, "from", "起", "%s",
                    json_is_string(first) ? json_string_value(first) : "-");
        print_value(command, "until", "止", "%s",
                    json_is_string(last) ? json_string_value(last) : "-");
        print_value(command, "clock", "时钟", "%s x%" PRIu32, clock,
                    survey->has_start ? survey->start.speed : 0);
        print_value(command, "segments", "段文件", "%" PRIu32, survey->segments);
        print_value(command, "bytes on disk", "占用字节", "%" PRIu64, survey->segment_bytes);
        print_value(command, "bytes of commands", "命令字节", "%" PRIu64, survey->bytes);
        print_value(command, "images", "映像", "%" PRIu32, survey->images);
        print_value(command, "bytes of images", "映像字节", "%" PRIu64, survey->image_bytes);
        print_value(command, "redacted", "已脱敏", "%" PRIu64, survey->redacted);
        print_value(command, "not proven on disk", "未证实落盘", "%" PRIu64, survey->unproven);
        log_snapshots_print(command, snapshots);
        if (survey->tail[0] != '\0') {
            log_command_print(command, "behind the last entry (is cut at the next start)",
                              "末条之后（下次启动时截去）", survey->tail);
        }
    }
    json_decref(first);
    json_decref(last);
}

static int run_info(const struct log_command *command, struct data_directory *data)
{
    struct survey survey = {0};
    struct snapshot_survey snapshots;
    struct log_fault fault = {.what = ""};
    enum err err = log_snapshots_survey(&data->disk.disk, &snapshots);
    if (err == ERR_OK) {
        err = survey_files(&data->disk.disk, &survey);
    }
    if (err == ERR_OK) {
        struct progress progress;
        progress_begin(&progress, "reading the log", "entries");
        err = survey_entries(&data->disk.disk, &survey, &progress, &fault);
        progress_end(&progress);
    }
    print_survey(command, &survey, &snapshots);
    return err == ERR_OK ? EX_OK : log_command_fail(command, err, &fault);
}

/* ---- replay ---- */

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static json_t *replay_json(const struct replay *replay, double seconds)
{
    const struct replay_counts *counts = replay_counts_now(replay);
    const struct core_counts *core = core_counts_now(replay_core(replay));
    return json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "position",
        (json_int_t)replay_position(replay), "snapshot",
        (json_int_t)replay_snapshot_position(replay), "time_ms", (json_int_t)replay_time_ms(replay),
        "state", dump_hash(core_digest(replay_core(replay))), "effects_digest",
        dump_hash(counts->effects_digest), "commands", (json_int_t)counts->commands, "effects",
        (json_int_t)counts->effects, "checkpoints", (json_int_t)counts->checkpoints, "redacted",
        (json_int_t)counts->redacted, "events", (json_int_t)core->events, "cases_opened",
        (json_int_t)core->cases_opened, "closed", (json_int_t)core->closed, "open_now",
        (json_int_t)core->open_now, "seconds", seconds, "commands_per_second",
        seconds > 0 ? (double)counts->commands / seconds : 0.0);
}

static void print_replay(const struct log_command *command, const struct replay *replay,
                         double seconds)
{
    json_t *json = replay_json(replay, seconds);
    if (command->is_json) {
        (void)json_dumpf(json, stdout, JSON_COMPACT);
        (void)printf("\n");
        json_decref(json);
        return;
    }
    const struct replay_counts *counts = replay_counts_now(replay);
    const struct core_counts *core = core_counts_now(replay_core(replay));
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *effects = json_string_value(json_object_get(json, "effects_digest"));
    print_value(command, "position", "位置", "%" PRIu64, replay_position(replay));
    print_value(command, "state", "状态摘要", "%s", state != NULL ? state : "-");
    print_value(command, "effects", "效果摘要", "%s", effects != NULL ? effects : "-");
    print_value(command, "checkpoints agreed", "核对点一致", "%" PRIu64, counts->checkpoints);
    print_value(command, "commands", "命令", "%" PRIu64 ", %.0f/s", counts->commands,
                seconds > 0 ? (double)counts->commands / seconds : 0.0);
    print_value(command, "events", "事件", "%" PRIu64, core->events);
    print_value(command, "cases opened", "立案", "%" PRIu64, core->cases_opened);
    print_value(command, "cases closed", "结案", "%" PRIu64, core->closed);
    print_value(command, "cases open now", "在办", "%" PRIu64, core->open_now);
    json_decref(json);
}

/* Everything up to until, in strides, so that it can be told how far it is. */
static enum err follow(struct replay *replay, uint64_t until, struct log_fault *fault)
{
    struct progress progress;
    uint64_t before = UINT64_MAX;
    enum err err = ERR_OK;
    progress_begin(&progress, "stepping the log", "entries");
    while (err == ERR_OK && replay_position(replay) != before && replay_position(replay) < until) {
        before = replay_position(replay);
        progress_count(&progress, before);
        const uint64_t stride =
            until - before > PROGRESS_ENTRIES ? before + PROGRESS_ENTRIES : until;
        err = replay_follow(replay, stride, fault);
    }
    progress_end(&progress);
    return err;
}

/* The replay is open: steps it, into a history when there is one. */
static int step_all(const struct log_command *command, struct replay *replay,
                    struct log_history *rebuild)
{
    struct log_fault fault;
    int code = rebuild != NULL ? log_history_follow(rebuild, replay) : EX_OK;
    if (code != EX_OK) {
        return code;
    }
    double start = seconds_now();
    enum err err = follow(replay, command->until, &fault);
    if (err != ERR_OK) {
        code = log_command_fail(command, err, &fault);
    } else {
        core_check(replay_core(replay));
        code = rebuild != NULL ? log_history_finish(rebuild, cli_lang(command->lang)) : EX_OK;
    }
    print_replay(command, replay, seconds_now() - start);
    return code;
}

static int run_replay_into(const struct log_command *command, struct data_directory *data,
                           struct log_history *rebuild)
{
    struct replay_options options = {.disk = &data->disk.disk,
                                     .log = log_options_default(),
                                     .limits = command->limits,
                                     .is_from_snapshot = command->is_from_snapshot,
                                     .snapshot_until =
                                         command->until == UINT64_MAX ? 0 : command->until,
                                     .refused = log_snapshots_tell_refused};
    struct replay *replay;
    struct log_fault fault;
    if (rebuild != NULL) {
        options.watch = log_history_watch(rebuild);
        options.is_durable_only =
            true; /* an engine may be writing the log: what it may still lose is not history */
    }
    enum err err = replay_open(&options, &replay, &fault);
    if (err != ERR_OK) {
        return log_command_fail(command, err, &fault);
    }
    int code = step_all(command, replay, rebuild);
    replay_close(replay);
    return code;
}

static int run_replay(const struct log_command *command, struct data_directory *data)
{
    struct log_history rebuild;
    if (command->history == NULL) {
        return run_replay_into(command, data, NULL);
    }
    if (command->is_from_snapshot) {
        (void)fprintf(stderr,
                      "gridloop log replay: a history is written from the first entry: leave "
                      "--from-snapshot out (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    int code = log_history_open(&rebuild, data, command->history);
    if (code == EX_OK) {
        code = run_replay_into(command, data, &rebuild);
        log_history_close(&rebuild);
    }
    return code;
}

int log_command_verify(const struct log_command *command, struct data_directory *data)
{
    int code = run_info(command, data);
    if (code == EX_OK && command->has_replay) {
        code = run_replay(command, data);
    }
    if (!command->is_json) {
        bool is_zh = cli_lang(command->lang) == LANG_ZH;
        (void)printf("%s\n", code == EX_OK ? (is_zh ? "校验通过：校验和与链条完整"
                                                    : "verified: checksums and chain are whole")
                                           : (is_zh ? "校验未通过" : "NOT verified"));
    }
    return code;
}

/* ---- verbs ---- */

static int run_with(int argc, char **argv, const struct argp *argp,
                    int (*run)(const struct log_command *, struct data_directory *))
{
    struct log_command command = {.from = 1, .until = UINT64_MAX};
    if (arguments_parse(argp, argc, argv, &command) != 0) {
        return EX_USAGE;
    }
    struct data_directory data;
    int code = log_command_open(&command, &data);
    if (code != 0) {
        return code;
    }
    code = run(&command, &data);
    data_directory_close(&data);
    return code;
}

static int log_info(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {OPTION_DATA, OPTION_JSON, OPTION_LANG, {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_option,
        NULL,    "Positions, times, clock, files of a log. Every byte is checked.",
        NULL,    NULL,
        NULL};
    return run_with(argc, argv, &ARGP, run_info);
}

static int log_verify(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        OPTION_DATA,
        OPTION_JSON,
        OPTION_LANG,
        {"replay", 'r', 0, 0, "also step all commands and compare the recorded state digests", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_option,
        NULL,    "Checks every checksum and the chain. Exit 65 names the place.",
        NULL,    NULL,
        NULL};
    return run_with(argc, argv, &ARGP, log_command_verify);
}

static int log_replay(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        OPTION_DATA,
        OPTION_UNTIL,
        {"from-snapshot", 's', 0, 0, "begin with the newest snapshot, as a restart does", 0},
        {"history", 'H', "OUT.db", 0,
         "write the history of these entries; goes on with one of this log", 0},
        OPTION_JSON,
        OPTION_LANG,
        {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_option,
        NULL,    "Steps all commands from the first and prints the state digest, counts and speed.",
        NULL,    NULL,
        NULL};
    return run_with(argc, argv, &ARGP, run_replay);
}

static int log_dump(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        OPTION_DATA,
        {"from", 'f', "POSITION", 0, "start with this entry", 0},
        OPTION_UNTIL,
        {"effects", 'e', 0, 0, "with what each command led to: results, decisions, timeline", 0},
        {"json", 'j', 0, 0, "one JSON object per line (the only form)", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_option, NULL, "Every command with all its facts, one JSON object per line.",
        NULL,    NULL,         NULL};
    return run_with(argc, argv, &ARGP, log_command_dump);
}

int cmd_log(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"info", log_info, "positions, times, clock, files"},
        {"verify", log_verify, "check every checksum and the chain; with --replay the state too"},
        {"replay", log_replay, "step all commands; state digest, counts, speed"},
        {"dump", log_dump, "every command as JSON, with --effects what it led to"},
        {NULL, NULL, NULL},
    };
    return cli_run_verb("gridloop log", VERBS, argc, argv);
}

/* cmd_backup.c: `gridloop backup DIR`: a verified copy of a data directory, also while its engine runs.
 *
 * Everything goes to DIR.partial, is read back there, and only then gets its name: a DIR that exists is a good backup. */
#include "engine/cli/arguments.h"
#include "engine/cli/cmd_log.h"
#include "engine/edge/backup.h"
#include "engine/shell/accounts.h"
#include "engine/shell/data_limits.h"
#include "engine/shell/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

struct backup_options {
    const char *data;
    const char *lang;
    const char *directory;
    bool has_replay;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct backup_options *options = state->input;
    switch (key) {
    case 'd':
        options->data = text;
        return 0;
    case 'l':
        options->lang = text;
        return 0;
    case 'r':
        options->has_replay = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->directory != NULL) {
            argp_error(state, "\"%s\" is one word too many; one directory is named", text);
        }
        options->directory = text;
        return 0;
    case ARGP_KEY_END:
        if (options->directory == NULL) {
            argp_error(state, "name a new directory for the copy: gridloop backup DIR");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int fail(int code, const char *what, const char *path, const char *why)
{
    (void)fprintf(stderr, "gridloop backup: %s %s: %s (exit %d)\n", what, path, why, code);
    return code;
}

/* The lock is free: nothing is written to the log now. It is not kept, so that an engine may start. */
static bool is_at_rest(const char *data)
{
    char path[CLI_URL_SIZE + 8];
    (void)snprintf(path, sizeof path, "%s/lock", data);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT;
    }
    const bool is_free = flock(file, LOCK_SH | LOCK_NB) == 0;
    (void)close(file);
    return is_free;
}

static int make_target(const char *directory, char *out_partial, size_t size)
{
    struct stat status;
    const int length = snprintf(out_partial, size, "%s.partial", directory);
    if (length < 0 || (size_t)length >= size) {
        return fail(EX_USAGE, "cannot use", directory, "the path is too long");
    }
    if (lstat(directory, &status) == 0) {
        return fail(EX_CANTCREAT, "cannot use", directory, "it exists; name a new directory");
    }
    if (mkdir(out_partial, 0750) != 0) {
        return fail(EX_CANTCREAT, "cannot make", out_partial,
                    errno == EEXIST ? "a backup that was interrupted left it; remove it first"
                                    : strerror(errno));
    }
    return EX_OK;
}

static int copy(const char *data, const char *partial, struct log_command *command,
                struct backup_counts *out_counts)
{
    struct posix_disk from;
    struct posix_disk to;
    struct log_fault fault = {.what = ""};
    const struct log_options options = log_options_default();
    if (posix_disk_open(&from, data) != ERR_OK) {
        return fail(EX_NOINPUT, "cannot open", data, strerror(errno));
    }
    if (posix_disk_open(&to, partial) != ERR_OK) {
        posix_disk_close(&from);
        return fail(EX_CANTCREAT, "cannot open", partial, strerror(errno));
    }
    enum err err = data_limits_read(data, &command->limits);
    if (err == ERR_OK) {
        err = data_limits_write(partial, &command->limits);
    }
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        const struct backup_job job = {
            .from = &from.disk, .to = &to.disk, .log = &options, .is_at_rest = is_at_rest(data)};
        err = backup_copy(&job, out_counts, &fault);
    }
    posix_disk_close(&from);
    posix_disk_close(&to);
    return err == ERR_OK ? EX_OK : log_command_fail(command, err, &fault);
}

static int copy_accounts(const char *data, const char *partial)
{
    struct accounts_fault fault = {.text = ""};
    const enum err err = accounts_copy(data, partial, &fault);
    if (err == ERR_OK || err == ERR_NOT_FOUND) { /* without HTTP there are none */
        return EX_OK;
    }
    (void)fprintf(stderr, "gridloop backup: %s (exit %d)\n", fault.text, cli_exit_of(err));
    return cli_exit_of(err);
}

/* After the log: what an act in it names was stored before. */
static int copy_evidence(const char *data, const char *partial, struct evidence_copied *out_copied)
{
    struct data_fault fault = {.text = ""};
    const enum err err = evidence_copy(data, partial, out_copied, &fault);
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        return EX_OK;
    }
    (void)fprintf(stderr, "gridloop backup: %s (exit %d)\n", fault.text, cli_exit_of(err));
    return cli_exit_of(err);
}

/* As `gridloop log verify --replay` on the copy; with snapshots from the newest one, unless all is asked for. */
static int verify(struct log_command *command, const char *partial)
{
    struct data_directory data;
    struct data_fault fault = {.text = ""};
    enum err err = data_directory_read(&data, partial, &fault);
    if (err != ERR_OK) {
        return fail(cli_exit_of(err), "cannot read back", partial, fault.text);
    }
    const int code = log_command_verify(command, &data);
    data_directory_close(&data);
    return code;
}

static int give_name(const char *partial, const char *directory)
{
    if (rename(partial, directory) != 0) {
        return fail(EX_IOERR, "cannot rename to", directory, strerror(errno));
    }
    char parent[CLI_URL_SIZE];
    (void)snprintf(parent, sizeof parent, "%s/..", directory);
    const int file = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = file >= 0 && fsync(file) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    return is_synced ? EX_OK : fail(EX_IOERR, "cannot sync", parent, strerror(errno));
}

static int run(const struct backup_options *options)
{
    char path[CLI_URL_SIZE];
    char partial[CLI_URL_SIZE];
    struct backup_counts counts = {.position = 0};
    struct evidence_copied evidence = {.files = 0};
    const char *data = cli_find_data(options->data, path);
    if (data == NULL) {
        return EX_NOINPUT;
    }
    struct log_command command = {.limits = limits_default(),
                                  .data = data,
                                  .lang = options->lang,
                                  .from = 1,
                                  .until = UINT64_MAX,
                                  .has_replay = true,
                                  .is_from_snapshot = !options->has_replay};
    int code = make_target(options->directory, partial, sizeof partial);
    if (code == EX_OK) {
        code = copy(data, partial, &command, &counts);
        code = code == EX_OK ? copy_accounts(data, partial) : code;
        code = code == EX_OK ? copy_evidence(data, partial, &evidence) : code;
        code = code == EX_OK ? verify(&command, partial) : code;
        code = code == EX_OK ? give_name(partial, options->directory) : code;
        if (code != EX_OK) {
            (void)fprintf(stderr, "gridloop backup: %s is NOT a backup; remove it\n", partial);
        }
    }
    if (code == EX_OK) {
        const bool is_zh = cli_lang(options->lang) == LANG_ZH;
        char left_out[64] = "";
        if (evidence.left_out > 0) {
            (void)snprintf(left_out, sizeof left_out,
                           is_zh ? "（另有 %" PRIu32 " 个已损坏，未备份）"
                                 : " (%" PRIu32 " left out as damaged)",
                           evidence.left_out);
        }
        (void)printf(is_zh ? "%s：%" PRIu32 " 个段、%" PRIu32 " 个快照、%" PRIu32
                             " 个映像、%" PRIu32 " 个证据文件%s，%" PRIu64 " 字节，已读回校验\n"
                           : "%s: %" PRIu32 " segments, %" PRIu32 " snapshots, %" PRIu32
                             " images, %" PRIu32 " files of evidence%s, %" PRIu64
                             " bytes, read back and verified\n",
                     options->directory, counts.segments, counts.snapshots, counts.images,
                     evidence.files, left_out, counts.bytes + evidence.bytes);
    }
    return code;
}

int cmd_backup(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"data", 'd', "DIR", 0, "data directory (default: the last started engine's)", 0},
        {"replay", 'r', 0, 0,
         "read the copy back by stepping all commands, not only those behind "
         "its newest snapshot",
         0},
        {"lang", 'l', "zh|en", 0, "language", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS,
        parse_option,
        "DIR",
        "Copies log, snapshots, images, limits, accounts and evidence to a new directory, also while "
        "the engine runs, and verifies the copy.\vTo restore, start an engine with --data DIR. The history is not "
        "copied: it is rebuilt from the log. Nor are the keys of contacts (keys.db), the engine's key (engine.key) and the key of "
        "receipts: keep them elsewhere. A damaged photo is left out and told.",
        NULL,
        NULL,
        NULL};
    struct backup_options options = {.data = NULL};
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    return run(&options);
}

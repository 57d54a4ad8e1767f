/* data_directory.c: see data_directory.h. */
#include "engine/shell/data_directory.h"

#include "engine/edge/image_store.h"
#include "engine/edge/log_expiry.h"
#include "engine/edge/snapshot_restore.h"
#include "engine/edge/words.h"
#include "engine/shell/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void say(struct data_fault *fault, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
}

/* mkdir -p. */
static bool make_directories(const char *path)
{
    char part[512];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return false;
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0750) != 0 && errno != EEXIST) {
                return false;
            }
        }
    }
    return true;
}

static enum err take_lock(struct data_directory *data, const char *path, struct data_fault *fault)
{
    char name[600], pid[32] = "";
    (void)snprintf(name, sizeof name, "%s/lock", path);
    data->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (data->lock_fd < 0) {
        say(fault, "cannot open %s: %s", name, strerror(errno));
        return ERR_IO;
    }
    if (flock(data->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t size = pread(data->lock_fd, pid, sizeof pid - 1, 0);
        pid[size > 0 ? size : 0] = '\0';
        pid[strcspn(pid, "\n")] = '\0';
        say(fault,
            "an engine runs on %s already (pid %s); stop it (kill -TERM %s) or give another --data",
            path, pid[0] != '\0' ? pid : "unknown", pid[0] != '\0' ? pid : "PID");
        return ERR_BUSY;
    }
    int length = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(data->lock_fd, 0) != 0 ||
        pwrite(data->lock_fd, pid, (size_t)length, 0) != length) {
        say(fault, "cannot write %s: %s", name, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

/* What a log said, in one sentence with the place. */
static void say_log(struct data_fault *fault, const char *path, enum err err,
                    const struct log_fault *log_fault)
{
    if (log_fault->what[0] == '\0') {
        say(fault, "the log in %s: %s", path, words_err(err));
        return;
    }
    say(fault,
        "the log in %s: %s at byte %llu, entry %llu: %s. Nothing was skipped; restore the file "
        "from a backup or a copy, then start again",
        path, log_fault->file, (unsigned long long)log_fault->offset,
        (unsigned long long)log_fault->position, log_fault->what);
}

enum err data_directory_open(struct data_directory *data, const char *path,
                             struct data_fault *out_fault)
{
    *data = (struct data_directory){.lock_fd = -1, .disk.directory = -1};
    if (!make_directories(path)) {
        say(out_fault, "cannot make the data directory %s: %s", path, strerror(errno));
        return ERR_IO;
    }
    enum err err = take_lock(data, path, out_fault);
    if (err != ERR_OK) {
        data_directory_close(data);
        return err;
    }
    err = posix_disk_open(&data->disk, path);
    if (err != ERR_OK) {
        say(out_fault, "cannot open %s: %s", path, words_err(err));
        data_directory_close(data);
        return err;
    }
    struct log_options options = log_options_default();
    struct log_fault log_fault = {.file = ""};
    if (getrandom(&options.salt, sizeof options.salt, 0) != (ssize_t)sizeof options.salt) {
        options.salt = (uint64_t)getpid();
    }
    err = log_open(&data->disk.disk, &options, &data->log, &data->cut_bytes, &log_fault);
    if (err == ERR_OK) {
        err = log_reserve_make(&data->disk.disk, LOG_RESERVE_SIZE_DEFAULT);
        if (err == ERR_NO_SPACE) {
            /* Open cases must be worked on even so; reports are refused until there is room. */
            log_note_no_reserve(data->log);
            err = ERR_OK;
        }
    }
    if (err == ERR_OK) {
        err = snapshot_directory_make(&data->disk.disk);
    }
    if (err != ERR_OK) {
        say_log(out_fault, path, err, &log_fault);
        data_directory_close(data);
    }
    return err;
}

enum err data_directory_read(struct data_directory *data, const char *path,
                             struct data_fault *out_fault)
{
    *data = (struct data_directory){.lock_fd = -1, .disk.directory = -1};
    char name[600];
    struct stat status;
    (void)snprintf(name, sizeof name, "%s/log", path);
    if (stat(name, &status) != 0) {
        say(out_fault, "%s holds no log; name the data directory of an engine with --data", path);
        return ERR_NOT_FOUND;
    }
    enum err err = posix_disk_open(&data->disk, path);
    if (err != ERR_OK) {
        say(out_fault, "cannot open %s: %s", path, words_err(err));
    }
    return err;
}

void data_directory_close(struct data_directory *data)
{
    if (data->log != NULL) {
        log_close(data->log);
        data->log = NULL;
    }
    if (data->disk.directory >= 0) {
        posix_disk_close(&data->disk);
        data->disk.directory = -1;
    }
    if (data->lock_fd >= 0) {
        (void)close(data->lock_fd);
        data->lock_fd = -1;
    }
}

enum err data_directory_load_image(void *context, struct hash128 digest, void **out_bytes,
                                   uint64_t *out_size)
{
    struct data_directory *data = context;
    return image_store_get(&data->disk.disk, digest, out_bytes, out_size);
}

static void say_recovery(struct data_fault *fault, enum err err, const struct log_entry *entry)
{
    const char *why = words_err(err);
    if (err == ERR_MISMATCH) {
        why =
            "replaying the log gives another state than the engine that wrote it recorded; run the "
            "version that wrote it, and report this";
    } else if (err == ERR_NOT_FOUND) {
        why = "an image that the log names is missing from images/";
    }
    say(fault, "entry %llu of the log: %s", (unsigned long long)entry->position, why);
}

/* ---- recovery ---- */

struct restoring {
    struct data_directory *data;
    struct node *node;
};

static enum err restore(void *context, const struct snapshot_info *info,
                        struct log_fault *out_fault)
{
    const struct restoring *restoring = context;
    return node_restore(restoring->node, &restoring->data->disk.disk, info, out_fault);
}

static void tell_refused(void *context, uint64_t position, enum err err,
                         const struct log_fault *fault)
{
    (void)context;
    report(REPORT_WARN, "snapshot_refused", "position=%llu error=%s file=%s byte=%llu why=%s",
           (unsigned long long)position, words_err_name(err), fault->file,
           (unsigned long long)fault->offset, REPORT_TEXT(fault->what));
}

/* Opens a reader behind what the node holds when this returns. */
static enum err begin(struct restoring *restoring, uint64_t until_position,
                      struct log_reader **out_reader, struct data_recovery *recovery,
                      struct log_fault *fault)
{
    const struct disk *disk = &restoring->data->disk.disk;
    const struct log_options options = log_options_default();
    struct snapshot_info info;
    uint64_t expired;
    if (log_expired_read(disk, &expired) != ERR_OK) {
        (void)snprintf(fault->what, sizeof fault->what, "it is damaged; restore it from a backup");
        (void)snprintf(fault->file, sizeof fault->file, LOG_EXPIRED_PATH);
        return ERR_DAMAGED;
    }
    if (until_position < expired) {
        report(REPORT_WARN, "history_gap",
               "history=%llu expired=%llu note=\"positions in the entries between have expired: "
               "the history cannot be "
               "written for them and goes on behind the snapshot\"",
               (unsigned long long)until_position, (unsigned long long)expired);
        until_position = UINT64_MAX;
    }
    const struct snapshot_search search = {.disk = disk,
                                           .log = &options,
                                           .limits = core_limits(node_core(restoring->node)),
                                           .until_position = until_position,
                                           .restore = restore,
                                           .refused = tell_refused,
                                           .context = restoring};
    enum err err = snapshot_restore(&search, &info, out_reader, &recovery->refused, fault);
    if (err == ERR_OK) {
        recovery->snapshot_position = info.position;
        return ERR_OK;
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (recovery->refused > 0) {
        report(REPORT_WARN, "no_good_snapshot",
               "refused=%u doing=\"replaying the whole log; the snapshots can be removed\"",
               recovery->refused);
    }
    if (expired > 0) {
        (void)snprintf(fault->what, sizeof fault->what,
                       "positions up to entry %llu have expired and no good snapshot is left",
                       (unsigned long long)expired);
        (void)snprintf(fault->file, sizeof fault->file, "snapshots");
        return ERR_EXPIRED;
    }
    return log_reader_open(disk, &options, 1, out_reader, fault);
}

enum err data_directory_recover(struct data_directory *data, struct node *node,
                                uint64_t until_position, struct data_recovery *out_recovery,
                                struct data_fault *out_fault)
{
    struct restoring restoring = {data, node};
    struct log_fault log_fault = {.file = ""};
    struct log_reader *reader = NULL;
    struct log_entry entry = {.position = 0};
    struct data_recovery recovery = {.entries = 0};
    enum err err = begin(&restoring, until_position, &reader, &recovery, &log_fault);
    if (err == ERR_NOT_FOUND) {
        *out_recovery = recovery;
        return ERR_OK;
    }
    while (err == ERR_OK) {
        err = log_reader_next(reader, &entry, &log_fault);
        if (err == ERR_OK) {
            err = node_recover(node, &entry);
            if (err != ERR_OK) {
                say_recovery(out_fault, err, &entry);
                log_reader_close(reader);
                return err;
            }
            recovery.entries++;
        }
    }
    log_reader_close(reader);
    if (err != ERR_NOT_FOUND) {
        say_log(out_fault, "the data directory", err, &log_fault);
        return err;
    }
    *out_recovery = recovery;
    return ERR_OK;
}

/* data_dir.c: the directory one engine owns. */
#include "engine/shell/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#define ENGINE_PATH "engine.json"
#define ENGINE_TEMPORARY_PATH "engine.json.tmp"

__attribute__((format(printf, 2, 3))) static void say(char why[DATA_DIR_WHY_SIZE],
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, DATA_DIR_WHY_SIZE, format, arguments);
    va_end(arguments);
}

/* mkdir -p. */
static enum err make_path(const char *path)
{
    char part[DATA_DIR_PATH_SIZE];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return ERR_TOO_LARGE;
    }
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0750) != 0 && errno != EEXIST) {
            return errno == ENOSPC ? ERR_NO_SPACE : ERR_IO;
        }
        if (i < size) {
            part[i] = '/';
        }
    }
    return ERR_OK;
}

static enum err open_disk(struct data_dir *data, const char *path, char why[DATA_DIR_WHY_SIZE])
{
    data->lock = -1;
    data->disk.directory = -1;
    char *absolute = realpath(path, NULL);
    if (absolute == NULL || strlen(absolute) >= sizeof data->path) {
        say(why, "no data directory at %s", path);
        free(absolute);
        return ERR_NOT_FOUND;
    }
    memcpy(data->path, absolute, strlen(absolute) + 1);
    free(absolute);
    enum err err = posix_disk_open(&data->disk, data->path);
    if (err != ERR_OK) {
        say(why, "cannot open %s: %s", data->path, strerror(errno));
    }
    return err;
}

static long long lock_owner(int file)
{
    char text[32] = "";
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    return size > 0 ? strtoll(text, NULL, 10) : 0;
}

static enum err take_lock(struct data_dir *data, char why[DATA_DIR_WHY_SIZE])
{
    int file = openat(data->disk.directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (file < 0) {
        say(why, "cannot write in %s: %s", data->path, strerror(errno));
        return ERR_IO;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        bool is_held = errno == EWOULDBLOCK;
        if (is_held) {
            say(why, "another engine (pid %lld) uses %s", lock_owner(file), data->path);
        } else {
            say(why, "cannot lock %s/lock: %s", data->path, strerror(errno));
        }
        (void)close(file);
        return is_held ? ERR_BUSY : ERR_IO;
    }
    char text[32];
    int size = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)size, 0) != size) {
        say(why, "cannot write %s/lock: %s", data->path, strerror(errno));
        (void)close(file);
        return errno == ENOSPC ? ERR_NO_SPACE : ERR_IO;
    }
    data->lock = file;
    return ERR_OK;
}

enum err data_dir_open(struct data_dir *data, const char *path, char out_why[DATA_DIR_WHY_SIZE])
{
    out_why[0] = '\0';
    enum err err = make_path(path);
    if (err != ERR_OK) {
        say(out_why, "cannot make the data directory %s: %s", path, strerror(errno));
        return err;
    }
    err = open_disk(data, path, out_why);
    if (err == ERR_OK) {
        err = take_lock(data, out_why);
        if (err != ERR_OK) {
            data_dir_close(data);
        }
    }
    return err;
}

enum err data_dir_open_reading(struct data_dir *data, const char *path,
                               char out_why[DATA_DIR_WHY_SIZE])
{
    out_why[0] = '\0';
    enum err err = open_disk(data, path, out_why);
    if (err != ERR_OK) {
        return err;
    }
    struct stat status;
    if (fstatat(data->disk.directory, "log", &status, 0) != 0 || !S_ISDIR(status.st_mode)) {
        say(out_why, "%s is not a data directory: it has no log/", data->path);
        data_dir_close(data);
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

void data_dir_close(struct data_dir *data)
{
    posix_disk_close(&data->disk);
    if (data->lock >= 0) {
        (void)close(data->lock);
        data->lock = -1;
    }
}

struct log_options data_dir_log_options(const struct data_dir *data)
{
    (void)data;
    struct log_options options = log_options_default();
    randombytes_buf(&options.salt, sizeof options.salt);
    return options;
}

static enum err write_all(const struct disk *disk, const char *text)
{
    enum err err = disk->remove(disk->context, ENGINE_TEMPORARY_PATH);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int file;
    err = disk->open(disk->context, ENGINE_TEMPORARY_PATH, DISK_CREATE, &file);
    if (err != ERR_OK) {
        return err;
    }
    err = disk->write(disk->context, file, 0, text, strlen(text));
    if (err == ERR_OK) {
        err = disk->sync(disk->context, file);
    }
    disk->close(disk->context, file);
    return err == ERR_OK ? disk->rename(disk->context, ENGINE_TEMPORARY_PATH, ENGINE_PATH) : err;
}

enum err data_dir_write_engine(const struct data_dir *data, const struct engine_note *note)
{
    json_t *sockets = json_array();
    for (const char *const *socket = note->sockets; *socket != NULL; socket++) {
        (void)json_array_append_new(sockets, json_string(*socket));
    }
    json_t *json = json_pack("{s:I, s:o, s:s, s:s, s:I}", "pid", (json_int_t)getpid(), "sockets",
                             sockets, "city", note->city, "version", note->version, "started_at_ms",
                             (json_int_t)note->started_at_ms);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    enum err err = text == NULL ? ERR_MEMORY : write_all(&data->disk.disk, text);
    free(text);
    json_decref(json);
    return err;
}

enum err data_dir_remove_engine(const struct data_dir *data)
{
    enum err err = data->disk.disk.remove(data->disk.disk.context, ENGINE_PATH);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* data_dir.h: the directory one engine owns: who holds it, what runs in it.
 *
 *   DATA/lock         held with flock by the engine; its text is the engine's pid
 *   DATA/log/         the command log (engine/edge/log_format.c)
 *   DATA/images/      images the log names (engine/edge/image_store.c)
 *   DATA/reserve      gives way when the disk is full
 *   DATA/engine.json  pid, sockets, city, version, start; there while the engine runs
 *
 * The kernel drops the lock with the process, so a killed engine leaves nothing to clean. Readers need no lock.
 *
 * Errors  each with a sentence for people in out_why */
#ifndef ENGINE_SHELL_DATA_DIR_H
#define ENGINE_SHELL_DATA_DIR_H

#include "engine/core/err.h"
#include "engine/edge/log.h"
#include "engine/shell/posix_disk.h"

#define DATA_DIR_PATH_SIZE 4096u
#define DATA_DIR_WHY_SIZE 512u

struct data_dir {
    char path[DATA_DIR_PATH_SIZE]; /* absolute */
    struct posix_disk disk;
    int lock; /* descriptor; -1 when opened for reading */
};

/* Creates the directory where needed and holds it. ERR_BUSY names the owner's pid. */
enum err data_dir_open(struct data_dir *data, const char *path,
                       char out_why[DATA_DIR_WHY_SIZE]) WARN_UNUSED;

/* Only looks; an engine may be running in it. ERR_NOT_FOUND when it is not a data directory. */
enum err data_dir_open_reading(struct data_dir *data, const char *path,
                               char out_why[DATA_DIR_WHY_SIZE]) WARN_UNUSED;
void data_dir_close(struct data_dir *data);

/* Options for a log in this directory, with a fresh random salt for the case that it is created. */
struct log_options data_dir_log_options(const struct data_dir *data);

struct engine_note {
    const char *const *sockets; /* addresses it listens on, terminated by NULL */
    const char *city;           /* directory or name */
    const char *version;
    int64_t started_at_ms; /* wall clock */
};

/* Written whole or not at all, to be removed at a clean stop. */
enum err data_dir_write_engine(const struct data_dir *data,
                               const struct engine_note *note) WARN_UNUSED;
enum err data_dir_remove_engine(const struct data_dir *data) WARN_UNUSED;

#endif

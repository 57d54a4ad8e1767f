/* last_engine.c: writes beside and renames; reads "key value" lines. */
#include "engine/shell/last_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 600

/* The directory of the note. false when it would not fit. */
static bool note_directory(char out[PATH_SIZE])
{
    const char *state = getenv("GRIDLOOP_STATE");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int length;
    if (state != NULL && state[0] != '\0') {
        length = snprintf(out, PATH_SIZE, "%s", state);
    } else if (runtime != NULL && runtime[0] != '\0') {
        length = snprintf(out, PATH_SIZE, "%s/gridloop", runtime);
    } else {
        length = snprintf(out, PATH_SIZE, "/tmp/gridloop-%u", (unsigned)getuid());
    }
    return length > 0 && length < PATH_SIZE - 32;
}

enum err last_engine_write(const struct last_engine *note)
{
    char directory[PATH_SIZE], path[PATH_SIZE + 32], fresh[PATH_SIZE + 64];
    struct stat status;
    if (!note_directory(directory)) {
        return ERR_TOO_LARGE;
    }
    /* In /tmp somebody else may have made the directory: never write into a stranger's. */
    if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || stat(directory, &status) != 0 ||
        status.st_uid != getuid()) {
        return ERR_IO;
    }
    (void)snprintf(path, sizeof path, "%s/last-engine", directory);
    (void)snprintf(fresh, sizeof fresh, "%s.%lld", path, (long long)note->pid);
    FILE *file = fopen(fresh, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    int written = fprintf(file, "url %s\ndata %s\ncity %s\npid %lld\n", note->url, note->data,
                          note->city, (long long)note->pid);
    int closed = fclose(file);
    if (written < 0 || closed != 0 || rename(fresh, path) != 0) {
        (void)unlink(fresh);
        return ERR_IO;
    }
    return ERR_OK;
}

/* The value of a "key value" line, or NULL. Cuts the end of line. */
static const char *value_of(char *line, const char *key)
{
    size_t size = strlen(key);
    if (strncmp(line, key, size) != 0 || line[size] != ' ') {
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line + size + 1;
}

enum err last_engine_read(struct last_engine *out_note)
{
    char directory[PATH_SIZE], path[PATH_SIZE + 32], line[640];
    if (!note_directory(directory)) {
        return ERR_NOT_FOUND;
    }
    (void)snprintf(path, sizeof path, "%s/last-engine", directory);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    struct last_engine note = {.pid = 0};
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value;
        if ((value = value_of(line, "url")) != NULL) {
            (void)snprintf(note.url, sizeof note.url, "%s", value);
        } else if ((value = value_of(line, "data")) != NULL) {
            (void)snprintf(note.data, sizeof note.data, "%s", value);
        } else if ((value = value_of(line, "city")) != NULL) {
            (void)snprintf(note.city, sizeof note.city, "%s", value);
        } else if ((value = value_of(line, "pid")) != NULL) {
            note.pid = strtoll(value, NULL, 10);
        }
    }
    (void)fclose(file);
    if (note.url[0] == '\0') {
        return ERR_NOT_FOUND;
    }
    *out_note = note;
    return ERR_OK;
}

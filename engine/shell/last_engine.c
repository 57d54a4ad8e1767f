/* last_engine.c: see last_engine.h. Writes beside and renames. */
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

/* All notes, oldest first; of more than there is room for the newest. Returns how many. */
static uint32_t read_all(struct last_engine notes[LAST_ENGINES_MAX])
{
    char directory[PATH_SIZE], path[PATH_SIZE + 32], line[640];
    if (!note_directory(directory)) {
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/last-engine", directory);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    uint32_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value;
        if ((value = value_of(line, "url")) != NULL) {
            if (count == LAST_ENGINES_MAX) {
                memmove(notes, notes + 1, (LAST_ENGINES_MAX - 1) * sizeof notes[0]);
                count--;
            }
            notes[count] = (struct last_engine){.pid = 0};
            (void)snprintf(notes[count].url, sizeof notes[count].url, "%s", value);
            count++;
        } else if (count > 0) {
            struct last_engine *note = &notes[count - 1];
            if ((value = value_of(line, "data")) != NULL) {
                (void)snprintf(note->data, sizeof note->data, "%s", value);
            } else if ((value = value_of(line, "city")) != NULL) {
                (void)snprintf(note->city, sizeof note->city, "%s", value);
            } else if ((value = value_of(line, "pid")) != NULL) {
                note->pid = strtoll(value, NULL, 10);
            }
        }
    }
    (void)fclose(file);
    return count;
}

static bool is_same_url(const char *a, const char *b)
{
    const size_t size = strcspn(a, "#");
    return size == strcspn(b, "#") && strncmp(a, b, size) == 0;
}

static bool write_one(FILE *file, const struct last_engine *note)
{
    return fprintf(file, "url %s\ndata %s\ncity %s\npid %lld\n", note->url, note->data, note->city,
                   (long long)note->pid) > 0;
}

enum err last_engine_write(const struct last_engine *note)
{
    char directory[PATH_SIZE], path[PATH_SIZE + 32], fresh[PATH_SIZE + 64];
    struct last_engine notes[LAST_ENGINES_MAX];
    struct stat status;
    if (!note_directory(directory)) {
        return ERR_TOO_LARGE;
    }
    /* In /tmp somebody else may have made the directory: never write into a stranger's. */
    if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || stat(directory, &status) != 0 ||
        status.st_uid != getuid()) {
        return ERR_IO;
    }
    const uint32_t count = read_all(notes);
    (void)snprintf(path, sizeof path, "%s/last-engine", directory);
    (void)snprintf(fresh, sizeof fresh, "%s.%lld", path, (long long)note->pid);
    FILE *file = fopen(fresh, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    bool is_good = true;
    for (uint32_t i = count == LAST_ENGINES_MAX ? 1 : 0; i < count; i++) {
        is_good = (is_same_url(notes[i].url, note->url) || write_one(file, &notes[i])) && is_good;
    }
    is_good = write_one(file, note) && is_good;
    is_good = fclose(file) == 0 && is_good;
    if (!is_good || rename(fresh, path) != 0) {
        (void)unlink(fresh);
        return ERR_IO;
    }
    return ERR_OK;
}

enum err last_engine_read(struct last_engine *out_note)
{
    struct last_engine notes[LAST_ENGINES_MAX];
    const uint32_t count = read_all(notes);
    if (count == 0 || notes[count - 1].url[0] == '\0') {
        return ERR_NOT_FOUND;
    }
    *out_note = notes[count - 1];
    return ERR_OK;
}

enum err last_engine_find(const char *url, struct last_engine *out_note)
{
    struct last_engine notes[LAST_ENGINES_MAX];
    for (uint32_t i = read_all(notes); i > 0; i--) {
        if (is_same_url(notes[i - 1].url, url)) {
            *out_note = notes[i - 1];
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

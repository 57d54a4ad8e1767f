/* real_files.c: see real_files.h. */
#include "sim/real_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text);
    const size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

enum err real_find_records(const char *directory, const char *prefix, struct problems *problems,
                           char out_path[CITY_PATH_MAX])
{
    char folder[CITY_PATH_MAX - 300];
    char best[256] = "";
    (void)snprintf(folder, sizeof folder, "%s/incidents", directory);
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        const bool is_csv = ends_with(name, ".csv") || ends_with(name, ".csv.gz");
        if (strncmp(name, prefix, strlen(prefix)) == 0 && is_csv && strcmp(name, best) > 0) {
            (void)snprintf(best, sizeof best, "%s", name);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    if (best[0] == '\0') {
        problems_add(problems, PROBLEM_ERROR, "R000", folder, 0, 0, "holds no %s*.csv.gz", prefix);
        return ERR_IO;
    }
    (void)snprintf(out_path, CITY_PATH_MAX, "%s/%s", folder, best);
    return ERR_OK;
}

enum err real_write_text(const char *out, const char *name, const char *text)
{
    struct city_file file;
    const enum err err = city_file_open(&file, out, name);
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "%s", text);
    return city_file_close(&file);
}

enum err real_write_facts(const char *out, const json_t *facts)
{
    char *text = json_dumps(facts, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (text == NULL) {
        return ERR_MEMORY;
    }
    enum err err = real_write_text(out, "fit.json", text);
    free(text);
    return err;
}

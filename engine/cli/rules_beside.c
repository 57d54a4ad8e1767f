/* rules_beside.c: see rules_beside.h. A directory of links to the rule files and one file more, gone again when it is read. */
#include "engine/cli/rules_beside.h"

#include "sim/scratch.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXTRA_FILE "00.reload.yaml"

static bool write_extra(const char *directory, const struct city *city)
{
    char path[RULES_PATH_SIZE];
    if (city->department_count == 0 || city->class_count == 0) {
        return false;
    }
    const struct image_string owner = city->departments[0].code;
    const struct image_string class_code = city->classes[0].code;
    (void)snprintf(path, sizeof path, "%s/" EXTRA_FILE, directory);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    (void)fprintf(file,
                  "ruleset: 1\nevents:\n  a.a.reload: {title: t, lane: report, fields: {a_reload: "
                  "number}}\nrules:\n"
                  "- {id: a.a.reload, title: t, owner: %.*s, priority: 1, event: a.a.reload, "
                  "where: a_reload > 1, "
                  "dedupe: {key: [a_reload], window: 1m}, open: {class: \"%.*s\", severity: 4, "
                  "title: t}, assign: {on_shift: any}}\n",
                  (int)owner.size, city_text(city, owner), (int)class_code.size,
                  city_text(city, class_code));
    return fclose(file) == 0;
}

/* Links to all rule files, and the extra one. */
static bool fill_directory(const struct rules_inputs *read, const char *out)
{
    char from[PATH_MAX], to[2 * RULES_PATH_SIZE], target[PATH_MAX + 300];
    DIR *directory = realpath(read->rules, from) == NULL ? NULL : opendir(from);
    if (directory == NULL) {
        return false;
    }
    bool is_good = write_extra(out, &read->city);
    for (const struct dirent *entry; is_good && (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(target, sizeof target, "%s/%s", from, entry->d_name);
            (void)snprintf(to, sizeof to, "%s/%s", out, entry->d_name);
            is_good = symlink(target, to) == 0;
        }
    }
    (void)closedir(directory);
    return is_good;
}

enum err rules_beside_read(const struct rules_inputs *read, const char *city,
                           struct rules_inputs *out)
{
    *out = (struct rules_inputs){.problems = problems_new()};
    struct scratch directory;
    enum err err = scratch_make_directory(&directory, "reload");
    (void)snprintf(out->rules, sizeof out->rules, "%s", directory.path);
    if (err == ERR_OK && !fill_directory(read, out->rules)) {
        err = ERR_IO;
    }
    if (err == ERR_OK) {
        err = rules_inputs_read(out, city);
        err = err == ERR_OK ? rules_inputs_lower(out) : err;
    }
    scratch_remove(&directory);
    return err;
}

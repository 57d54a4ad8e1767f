/* settings.c: reads variables and a file of settings. What a key means is for the caller. */
#include "engine/cli/settings.h"

#include "engine/core/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LINE_SIZE 1200
#define VALUE_SIZE 1024

const char *settings_origin_name(enum setting_origin origin)
{
    static const char *const NAMES[ORIGIN_COUNT] = {"built-in", "last engine", "file",
                                                    "environment", "flag"};
    must(origin < ORIGIN_COUNT);
    return NAMES[origin];
}

const char *settings_variable(const char *key, char out[SETTING_VARIABLE_SIZE])
{
    size_t used = (size_t)snprintf(out, SETTING_VARIABLE_SIZE, "GRIDLOOP_");
    for (const char *at = key; *at != '\0' && used < SETTING_VARIABLE_SIZE - 1; at++) {
        out[used++] = (char)(*at == '-' ? '_' : *at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    }
    out[used] = '\0';
    return out;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        text[--size] = '\0';
    }
    return text;
}

int settings_read_file(const char *path, setting_fn *set, void *context)
{
    char line[LINE_SIZE], why[256];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr,
                      "gridloop: settings file %s cannot be read: %s; name another with --config "
                      "or GRIDLOOP_CONFIG (exit %d)\n",
                      path, strerror(errno), EX_NOINPUT);
        return EX_NOINPUT;
    }
    int exit_code = EX_OK;
    for (int number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        char *text = trim(line);
        char *equals = strchr(text, '=');
        if (text[0] == '\0' || text[0] == '#') {
            continue;
        }
        (void)snprintf(why, sizeof why, "\"key = value\" is expected");
        bool is_good = equals != NULL;
        if (is_good) {
            *equals = '\0';
            is_good = set(context, trim(text), trim(equals + 1), why, sizeof why);
        }
        if (!is_good) {
            (void)fprintf(stderr, "%s:%d: error: %s (exit %d)\n", path, number, why, EX_CONFIG);
            exit_code = EX_CONFIG;
        }
    }
    (void)fclose(file);
    return exit_code;
}

int settings_read_variable(const char *key, bool is_list, setting_fn *set, void *context)
{
    char name[SETTING_VARIABLE_SIZE], why[256];
    const char *found = getenv(settings_variable(key, name));
    if (found == NULL || found[0] == '\0') {
        return EX_OK;
    }
    char *values = strdup(found), *rest = NULL;
    if (values == NULL) {
        (void)fprintf(stderr, "gridloop: out of memory (exit %d)\n", EX_OSERR);
        return EX_OSERR;
    }
    int exit_code = EX_OK;
    for (char *value = is_list ? strtok_r(values, ",", &rest) : values;
         value != NULL && exit_code == EX_OK; value = is_list ? strtok_r(NULL, ",", &rest) : NULL) {
        if (!set(context, key, trim(value), why, sizeof why)) {
            (void)fprintf(stderr, "gridloop: %s: %s (exit %d)\n", name, why, EX_CONFIG);
            exit_code = EX_CONFIG;
        }
    }
    free(values);
    return exit_code;
}

/* What settings_find looks for while it reads. */
struct search {
    const char *key;
    char *out;
    size_t size;
    bool is_found;
};

static bool take_if_wanted(void *context, const char *key, const char *value, char *out_why,
                           size_t why_size)
{
    struct search *search = context;
    (void)out_why;
    (void)why_size;
    if (strcmp(key, search->key) == 0 && value[0] != '\0') {
        (void)snprintf(search->out, search->size, "%s", value);
        search->is_found = true;
    }
    return true; /* other keys are somebody else's */
}

bool settings_find(const char *key, char *out, size_t size, enum setting_origin *out_origin)
{
    char name[SETTING_VARIABLE_SIZE];
    struct search search = {.key = key, .out = out, .size = size};
    const char *text = getenv(settings_variable(key, name));
    *out_origin = ORIGIN_ENVIRONMENT;
    if (text != NULL && text[0] != '\0') {
        (void)snprintf(out, size, "%s", text);
        return true;
    }
    const char *path = getenv("GRIDLOOP_CONFIG");
    *out_origin = ORIGIN_FILE;
    return path != NULL && path[0] != '\0' &&
           settings_read_file(path, take_if_wanted, &search) == EX_OK && search.is_found;
}

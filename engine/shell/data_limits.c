/* data_limits.c: see data_limits.h. A limit that the file does not name has its default. */
#include "engine/shell/data_limits.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct limit_place {
    const char *name;
    size_t offset;
};

#define LIMIT_PLACE(name, value, text) {#name, offsetof(struct limits, name)},
static const struct limit_place PLACES[] = {LIMITS_LIST(LIMIT_PLACE)};

static uint32_t value_at(const struct limits *limits, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const uint8_t *)limits + offset, sizeof value);
    return value;
}

static bool set_value(struct limits *limits, const char *name, uint32_t value)
{
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        if (strcmp(PLACES[i].name, name) == 0) {
            memcpy((uint8_t *)limits + PLACES[i].offset, &value, sizeof value);
            return true;
        }
    }
    return false;
}

enum err data_limits_read(const char *data_directory, struct limits *out_limits)
{
    char path[600], name[64];
    unsigned value;
    struct limits limits = limits_default();
    (void)snprintf(path, sizeof path, "%s/limits", data_directory);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    enum err err = ERR_OK;
    int count;
    while ((count = fscanf(file, "%63s %u\n", name, &value)) == 2 && err == ERR_OK) {
        err = value > 0 && set_value(&limits, name, value) ? ERR_OK : ERR_MALFORMED;
    }
    (void)fclose(file);
    if (err == ERR_OK && count == EOF) {
        *out_limits = limits;
        return ERR_OK;
    }
    return ERR_MALFORMED;
}

enum err data_limits_write(const char *data_directory, const struct limits *limits)
{
    char path[600], fresh[620];
    (void)snprintf(path, sizeof path, "%s/limits", data_directory);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    if (file == NULL) {
        return ERR_IO;
    }
    bool is_good = true;
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        is_good =
            fprintf(file, "%s %u\n", PLACES[i].name, value_at(limits, PLACES[i].offset)) > 0 &&
            is_good;
    }
    is_good = fflush(file) == 0 && fsync(fileno(file)) == 0 && is_good;
    is_good = fclose(file) == 0 && is_good;
    return is_good && rename(fresh, path) == 0 ? ERR_OK : ERR_IO;
}

const char *data_limits_differ(const struct limits *a, const struct limits *b)
{
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        if (value_at(a, PLACES[i].offset) != value_at(b, PLACES[i].offset)) {
            return PLACES[i].name;
        }
    }
    return NULL;
}

/* city_file.c: text files of a city directory. */
#include "sim/city_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

enum err city_make_directory(const char *path)
{
    char part[CITY_PATH_MAX];
    const size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return ERR_TOO_LARGE;
    }
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        const char end = part[i];
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return ERR_IO;
        }
        part[i] = end;
    }
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) ? ERR_OK : ERR_IO;
}

enum err city_file_open(struct city_file *file, const char *directory, const char *name)
{
    *file = (struct city_file){.err = ERR_OK};
    const char *slash = strrchr(name, '/');
    int length = 0;
    if (slash != NULL) {
        length = snprintf(file->path, sizeof file->path, "%s/%.*s", directory, (int)(slash - name),
                          name);
        if (length < 0 || (size_t)length >= sizeof file->path) {
            return ERR_TOO_LARGE;
        }
        const enum err err = city_make_directory(file->path);
        if (err != ERR_OK) {
            return err;
        }
    }
    length = snprintf(file->path, sizeof file->path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof file->path) {
        return ERR_TOO_LARGE;
    }
    file->file = fopen(file->path, "wb");
    return file->file == NULL ? ERR_IO : ERR_OK;
}

enum err city_file_close(struct city_file *file)
{
    must(file->file != NULL);
    if (fclose(file->file) != 0) {
        file->err = ERR_IO;
    }
    file->file = NULL;
    return file->err;
}

void city_file_print(struct city_file *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vfprintf(file->file, format, arguments) < 0) {
        file->err = ERR_IO;
    }
    va_end(arguments);
}

void city_file_row(struct city_file *file, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i];
        if (i > 0) {
            city_file_print(file, ",");
        }
        if (strpbrk(cell, ",\"\r\n") == NULL) {
            city_file_print(file, "%s", cell);
            continue;
        }
        city_file_print(file, "\"");
        for (const char *c = cell; *c != '\0'; c++) {
            if (*c == '"') {
                city_file_print(file, "\"");
            }
            city_file_print(file, "%c", *c);
        }
        city_file_print(file, "\"");
    }
    city_file_print(file, "\n");
}

struct city_number city_degrees(int32_t degrees_e7)
{
    struct city_number number;
    const int64_t value = degrees_e7;
    const int64_t size = value < 0 ? -value : value;
    (void)snprintf(number.text, sizeof number.text, "%s%" PRId64 ".%07" PRId64,
                   value < 0 ? "-" : "", size / 10000000, size % 10000000);
    return number;
}

struct city_number city_number(int64_t value)
{
    struct city_number number;
    (void)snprintf(number.text, sizeof number.text, "%" PRId64, value);
    return number;
}

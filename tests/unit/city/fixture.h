/* fixture.h: a private copy of tests/data/small_city that a test may spoil, and what its load reports. */
#ifndef TESTS_UNIT_CITY_FIXTURE_H
#define TESTS_UNIT_CITY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/city_load.h"
#include "engine/core/base.h"
#include "sim/scratch.h"

struct fixture {
    struct scratch copy; /* the directory */
    char *report;        /* of the last load, as printed */
    int errors;
    int problems;
    void *bytes; /* of the last load, NULL where it failed */
    size_t size;
};

static inline void fixture_run(const char *command)
{
    int status = system(command);
    must(status == 0);
}

static inline void fixture_open(struct fixture *fixture)
{
    char command[SCRATCH_PATH_SIZE + 64];
    *fixture = (struct fixture){0};
    must(scratch_make_directory(&fixture->copy, "city") == ERR_OK);
    (void)snprintf(command, sizeof command, "cp -r tests/data/small_city/. %s", fixture->copy.path);
    fixture_run(command);
}

static inline void fixture_close(struct fixture *fixture)
{
    scratch_remove(&fixture->copy);
    free(fixture->report);
    free(fixture->bytes);
}

static inline FILE *fixture_file(const struct fixture *fixture, const char *name, const char *mode)
{
    char path[SCRATCH_PATH_SIZE + 64];
    (void)snprintf(path, sizeof path, "%s/%s", fixture->copy.path, name);
    FILE *file = fopen(path, mode);
    must(file != NULL);
    return file;
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
    FILE *file = fixture_file(fixture, name, "wb");
    must(fwrite(text, 1, strlen(text), file) == strlen(text));
    must(fclose(file) == 0);
}

static inline void fixture_append(const struct fixture *fixture, const char *name, const char *text)
{
    FILE *file = fixture_file(fixture, name, "ab");
    must(fwrite(text, 1, strlen(text), file) == strlen(text));
    must(fclose(file) == 0);
}

/* Replaces the first occurrence of old, which must be there. */
static inline void fixture_replace(const struct fixture *fixture, const char *name, const char *old,
                                   const char *fresh)
{
    static char text[65536];
    FILE *file = fixture_file(fixture, name, "rb");
    size_t size = fread(text, 1, sizeof text - 1, file);
    must(fclose(file) == 0);
    text[size] = '\0';
    const char *at = strstr(text, old);
    must(at != NULL);
    file = fixture_file(fixture, name, "wb");
    (void)fwrite(text, 1, (size_t)(at - text), file);
    (void)fwrite(fresh, 1, strlen(fresh), file);
    (void)fwrite(at + strlen(old), 1, strlen(at + strlen(old)), file);
    must(fclose(file) == 0);
}

static inline enum err fixture_load(struct fixture *fixture)
{
    struct problems *problems = problems_new();
    size_t report_size = 0;
    free(fixture->report);
    free(fixture->bytes);
    fixture->bytes = NULL;
    fixture->report = NULL;
    enum err err = city_load(fixture->copy.path, problems, &fixture->bytes, &fixture->size);
    FILE *out = open_memstream(&fixture->report, &report_size);
    must(out != NULL);
    problems_print(problems, out);
    must(fclose(out) == 0);
    fixture->errors = problems_error_count(problems);
    fixture->problems = problems_count(problems);
    problems_free(problems);
    return err;
}

/* Whether the last load reported a line that holds text. */
static inline int fixture_reported(const struct fixture *fixture, const char *text)
{
    if (strstr(fixture->report, text) != NULL) {
        return 1;
    }
    (void)fprintf(stderr, "wanted: %s\nreported:\n%s\n", text, fixture->report);
    return 0;
}

#endif

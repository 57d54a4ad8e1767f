/* city_file.h: one text file of a city directory being written: lines, CSV rows, coordinates.
 *
 * The first failure is kept and reported by city_file_close, so that writers need no check per line.
 *
 * Owner   the caller; open/close
 * Errors  ERR_IO from open (the directory is missing or read-only) and close; city_file_path says which file */
#ifndef SIM_CITY_FILE_H
#define SIM_CITY_FILE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stdio.h>

#define CITY_PATH_MAX 1024u

struct city_file {
    FILE *file;
    enum err err; /* first failure */
    char path[CITY_PATH_MAX];
};

/* Makes directory/name for writing, replacing what is there. name may hold folders, which are made. */
enum err city_file_open(struct city_file *file, const char *directory,
                        const char *name) WARN_UNUSED;
enum err city_file_close(struct city_file *file) WARN_UNUSED;

__attribute__((format(printf, 2, 3))) void city_file_print(struct city_file *file,
                                                           const char *format, ...);

/* One CSV row (RFC 4180, LF ends): cells that hold a comma, quote or line end are quoted. */
void city_file_row(struct city_file *file, const char *const *cells, size_t count);

/* "116.3000000" for 1163000000. */
struct city_number {
    char text[24];
};
struct city_number city_degrees(int32_t degrees_e7);
struct city_number city_number(int64_t number);

/* mkdir -p. ERR_IO. */
enum err city_make_directory(const char *path) WARN_UNUSED;

#endif

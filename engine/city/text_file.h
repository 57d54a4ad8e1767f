/* text_file.h: one whole UTF-8 file of a directory in memory.
 *
 * Owner   bytes lie in the caller's pool
 * Errors  listed as problems C001 (cannot be read) and C002 (not UTF-8, with the place) */
#ifndef ENGINE_CITY_TEXT_FILE_H
#define ENGINE_CITY_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/city/pool.h"
#include "engine/city/problems.h"

struct text_file {
    const char *name; /* inside the directory, as shown to people */
    char *bytes;      /* terminated, without byte order mark; may be changed in place */
    size_t size;
};

/* False where there is no such file; nothing is reported then. */
bool text_file_exists(const char *directory, const char *name);

/* False after a problem was listed. name is copied. */
bool text_file_read(struct pool *pool, struct problems *problems, const char *directory,
                    const char *name, struct text_file *out_file);

/* The same for a file that is not text. */
bool file_read(struct pool *pool, struct problems *problems, const char *directory,
               const char *name, struct text_file *out_file);

/* Bytes of the UTF-8 character at the start of bytes, 0 where there is none (overlong forms, surrogates and
 * code points past U+10FFFF included). */
size_t utf8_size(const char *bytes, size_t size);

#endif

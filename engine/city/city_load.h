/* city_load.h: reads a city directory strictly and lowers it to one image.
 *
 * Every problem of every file is reported, with file, line and column (or feature), and what was expected.
 * Owner   out_bytes is malloc'ed, 8-aligned, freed by the caller */
#ifndef ENGINE_CITY_CITY_LOAD_H
#define ENGINE_CITY_CITY_LOAD_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stddef.h>

/* ERR_INPUT when problems holds at least one error. */
enum err city_load(const char *directory, struct problems *problems, void **out_bytes,
                   size_t *out_size) WARN_UNUSED;

#endif

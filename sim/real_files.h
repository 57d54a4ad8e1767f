/* real_files.h: what the city importers share: finding the records, writing one text, writing the facts. */
#ifndef SIM_REAL_FILES_H
#define SIM_REAL_FILES_H

#include "engine/city/problems.h"
#include "sim/city_file.h"

#include <jansson.h>

/* The file of directory/incidents whose name starts with prefix and ends in .csv or .csv.gz: the last by name.
 * ERR_IO after a problem. */
enum err real_find_records(const char *directory, const char *prefix, struct problems *problems,
                           char out_path[CITY_PATH_MAX]) WARN_UNUSED;

enum err real_write_text(const char *out, const char *name, const char *text) WARN_UNUSED;

/* facts as OUT/fit.json. */
enum err real_write_facts(const char *out, const json_t *facts) WARN_UNUSED;

#endif

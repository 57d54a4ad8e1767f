/* real_city.h: builds city directories from public records, for replays that can be compared with what happened.
 *
 * What is fitted and what is assumed stands in docs/real-data.md; every number that was fitted is also in
 * OUT/fit.json. The data itself is never copied into the project.
 *
 * Errors  ERR_INPUT, ERR_IO with problems */
#ifndef SIM_REAL_CITY_H
#define SIM_REAL_CITY_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

#include <jansson.h>

/* data: the folder with incidents/, polygons/ and stations/. Writes the city, its rules, sim.yaml, trace.ndjson and
 * fit.json into out. *out_fit: a JSON object, the caller's reference. */
enum err real_import_sf(const char *data, const char *out, struct problems *problems,
                        json_t **out_fit) WARN_UNUSED;
enum err real_import_ny(const char *data, const char *out, struct problems *problems,
                        json_t **out_fit) WARN_UNUSED;

#endif

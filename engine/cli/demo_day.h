/* demo_day.h: what happens in the demo: a generated morning with a few events that everybody should see. */
#ifndef ENGINE_CLI_DEMO_DAY_H
#define ENGINE_CLI_DEMO_DAY_H

#include "engine/core/city.h"
#include "engine/core/err.h"

/* Merges the scripted events into the generated trace `from` and writes `to`. start_ms: first instant of the day. ERR_INPUT
 * when the city lacks what the script names; said on standard error. */
enum err demo_day_write(const struct city *city, const char *from, const char *to,
                        int64_t start_ms) WARN_UNUSED;

#endif

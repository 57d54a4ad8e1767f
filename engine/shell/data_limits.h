/* data_limits.h: the limits a log was written under: DATA/limits, lines "name value".
 *
 * A refusal for a full table is in the log as a decision; a replay under other limits would decide otherwise. So the
 * limits of the first start stay with the data, and whoever replays reads them from there. */
#ifndef ENGINE_SHELL_DATA_LIMITS_H
#define ENGINE_SHELL_DATA_LIMITS_H

#include "engine/core/err.h"
#include "engine/core/limits.h"

/* ERR_NOT_FOUND: nothing is kept there; ERR_MALFORMED: not a limits file. */
enum err data_limits_read(const char *data_directory, struct limits *out_limits) WARN_UNUSED;
enum err data_limits_write(const char *data_directory, const struct limits *limits) WARN_UNUSED;

/* The name of the first limit that differs, or NULL. */
const char *data_limits_differ(const struct limits *a, const struct limits *b);

#endif

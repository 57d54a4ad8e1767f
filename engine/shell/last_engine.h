/* last_engine.h: the note an engine leaves so that clients on this machine find it without being told.
 *
 * One small text file per user: GRIDLOOP_STATE/last-engine if that variable is set, else XDG_RUNTIME_DIR/gridloop/
 * last-engine, else /tmp/gridloop-UID/last-engine. Lines "key value": url, data, city, pid, clock. */
#ifndef ENGINE_SHELL_LAST_ENGINE_H
#define ENGINE_SHELL_LAST_ENGINE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

struct last_engine {
    char url[512];  /* first listening address */
    char data[512]; /* data directory, absolute */
    char city[512]; /* city directory, absolute */
    int64_t pid;
};

/* Written whole or not at all. A failure only costs the convenience: the caller says so and goes on. */
enum err last_engine_write(const struct last_engine *note) WARN_UNUSED;

/* ERR_NOT_FOUND when no engine was started by this user. */
enum err last_engine_read(struct last_engine *out_note) WARN_UNUSED;

#endif

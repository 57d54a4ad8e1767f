/* last_engine.h: the note an engine leaves so that clients on this machine find it, and its data, without being told.
 *
 * One small text file per user: GRIDLOOP_STATE/last-engine if that variable is set, else XDG_RUNTIME_DIR/gridloop/
 * last-engine, else /tmp/gridloop-UID/last-engine. Lines "key value": url, data, city, pid; url begins a note. The newest note
 * stands last; the LAST_ENGINES_MAX newest of different urls are kept. */
#ifndef ENGINE_SHELL_LAST_ENGINE_H
#define ENGINE_SHELL_LAST_ENGINE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define LAST_ENGINES_MAX 16u

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

/* The one that listened there last; what stands behind a # in the url does not count. ERR_NOT_FOUND: none of this user's. */
enum err last_engine_find(const char *url, struct last_engine *out_note) WARN_UNUSED;

#endif

/* engine_key.h: files of identity keys (proto/key_text.h): the engine's own, DATA/engine.key, made at the first start with keys, and
 * whatever `gridloop key new` makes. Mode 0600, made under that mode, never written over. */
#ifndef ENGINE_SHELL_ENGINE_KEY_H
#define ENGINE_SHELL_ENGINE_KEY_H

#include "engine/core/err.h"
#include "proto/key_text.h"

#define ENGINE_KEY_WHY_SIZE 700u

/* A new pair for that identity into a new file, on disk when this returns. ERR_EXISTS, ERR_IO with a sentence. The caller wipes out_key. */
enum err engine_key_make(const char *path, const char *identity,
                         const uint8_t engine[SEAL_PUBLIC_SIZE], struct key_text *out_key,
                         char *out_why) WARN_UNUSED;

/* ERR_NOT_FOUND, ERR_REFUSED (others may read it), ERR_MALFORMED, ERR_IO. */
enum err engine_key_read(const char *path, struct key_text *out_key, char *out_why) WARN_UNUSED;

/* DATA/engine.key, made when there is none. */
enum err engine_key_open(const char *data, struct key_text *out_key, char *out_why) WARN_UNUSED;

#endif

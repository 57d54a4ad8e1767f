/* block.h: the memory a core lives in: zeroed, and in large pages where the system gives them.
 *
 * A core looks up rows and tables all over its block. With pages of 2 MB instead of 4 KB its addresses fit into the
 * processor's tables, and a fork for a snapshot has 500 times fewer entries to copy: for 128 MB 0.3 ms instead of 5, 1.5 while the
 * last snapshot's copies are still apart (measured 2026-11). A page is there once it is used.
 *
 * Owner   the caller, until block_free
 * Errors  ERR_MEMORY */
#ifndef ENGINE_EDGE_BLOCK_H
#define ENGINE_EDGE_BLOCK_H

#include "engine/core/base.h"
#include "engine/core/err.h"

struct block {
    void *bytes; /* for core_init_zeroed; NULL = none */
    void *mapped;
    size_t mapped_size;
};

enum err block_new(size_t size, struct block *out_block) WARN_UNUSED;

/* Large pages for whole ones of them in memory just allocated: for images, which are read everywhere too. */
void block_enlarge(void *bytes, size_t size);

/* A block that is none is left alone. */
void block_free(struct block *block);

#endif
